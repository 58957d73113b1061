//! Pages of earlier versions, which somebody may have left open, and those of today.

use std::sync::Arc;

use serde_json::{Value, json};
use visavis_e2e::call::{all_see_and_hear_somebody, join};
use visavis_e2e::screen::{start_sharing, stop_sharing};
use visavis_e2e::{Browser, Bundle, Page, Server, StaticSite};

use crate::scenes::{Fixture, SceneRunner};

/// Neither knows of screens, or of the data channel between Visavis pages. A week's work lies between the two.
const COMMITS: [&str; 2] = ["5102730", "ebf3950"];

const ROOM: &str = "tea-and-cake";

#[tokio::test]
async fn pages_of_earlier_versions_hold_calls_with_those_of_today() {
    let mut runner = SceneRunner::new().await;
    for commit in COMMITS {
        let browser = runner.browser();
        runner.run(&format!("{commit} through our server"), through_our_server(browser, commit)).await;
        let browser = runner.browser();
        runner.run(&format!("{commit} through a group-chat"), through_group_chat(browser, commit)).await;
    }
    runner.finish();
}

async fn through_our_server(browser: Arc<Browser>, commit: &str) {
    let server = Server::start().await;
    let url = format!("ws://127.0.0.1:{}/ws", server.port());
    call(&browser, commit, &json!({ "signaling": { "url": url } }), &server.url()).await;
}

async fn through_group_chat(browser: Arc<Browser>, commit: &str) {
    let mut fixture = Fixture::start("group-chat --version 4", "group-chat", "/").await;
    let url = format!("ws://127.0.0.1:{}/", fixture.server.port());
    let config = json!({ "signaling": { "url": url, "dialect": "group-chat" } });
    call(&browser, commit, &config, &fixture.app.url()).await;
    fixture.server.assert_alive();
}

/// The old page is there first, sees nothing of a screen and is not disturbed by it, and then the new one comes again, with its devices
/// late.
async fn call(browser: &Arc<Browser>, commit: &str, config: &Value, today: &str) {
    let bundle = Bundle::of_commit(commit, config);
    let site = StaticSite::serving(bundle.path(), 0).await;
    let old = browser.open("Ann", &site.url()).await;
    join(&old, ROOM).await;
    let new = browser.open("Ben", today).await;
    join(&new, ROOM).await;
    let both: [&Page; 2] = [&old, &new];
    all_see_and_hear_somebody(&both).await;

    start_sharing(&new).await;
    all_see_and_hear_somebody(&both).await;
    stop_sharing(&new).await;

    new.press("leave").await;
    old.wait_until("the new page to be gone", |snapshot| snapshot.others().count() == 0).await;
    new.press("rejoin").await;
    all_see_and_hear_somebody(&both).await;
    for page in both {
        assert_eq!(page.snapshot().await.errors, Vec::<String>::new(), "{}: nothing goes wrong", page.name());
    }
    old.close().await;
    new.close().await;
}
