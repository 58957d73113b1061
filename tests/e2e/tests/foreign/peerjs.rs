//! The real PeerJS client through the real PeerServer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::join;
use visavis_e2e::{Browser, Page, StaticSite};

use crate::clients::{see_and_hear_each_other, their_page, their_site};
use crate::scenes::{Fixture, SceneRunner};

/// Who hangs up is gone for the other before anybody could have waited for silence.
const HANG_UP_LIMIT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn visavis_and_peerjs_call_each_other_and_hang_up() {
    let mut scenes = SceneRunner::new().await;
    let pages = their_site().await;
    scenes.run("PeerJS calls us, and hangs up", they_call(scenes.browser(), &pages)).await;
    scenes.run("we call PeerJS, and hang up", we_call(scenes.browser(), &pages)).await;
    scenes.finish();
}

async fn they_call(browser: Arc<Browser>, pages: &StaticSite) {
    let mut fixture = Fixture::start("peerjs", "peerjs", "/").await;
    let visavis = browser.open("Ann", &fixture.app.url()).await;
    join(&visavis, "ann").await;
    let theirs = their_page(&browser, pages, &fixture.server, "peerjs", "zoe", "").await;
    theirs.eval("window.client.call('ann')", vec![]).await;
    see_and_hear_each_other(&visavis, &theirs).await;
    theirs.eval("window.client.close()", vec![]).await;
    visavis.within(HANG_UP_LIMIT, "the caller to be gone", |snapshot| snapshot.others().count() == 0).await;
    assert_eq!(visavis.snapshot().await.state, "joined", "the room stays");

    theirs.eval("window.client.call('ann')", vec![]).await;
    see_and_hear_each_other(&visavis, &theirs).await;
    visavis.press("leave").await;
    assert_call_closed(&theirs, 2).await;
    fixture.server.assert_alive();
    visavis.close().await;
    theirs.close().await;
}

async fn we_call(browser: Arc<Browser>, pages: &StaticSite) {
    let mut fixture = Fixture::start("peerjs", "peerjs", "/").await;
    let theirs = their_page(&browser, pages, &fixture.server, "peerjs", "zoe", "").await;
    let visavis = browser.open("Ann", &fixture.app.url()).await;
    join(&visavis, "@zoe").await;
    see_and_hear_each_other(&visavis, &theirs).await;
    visavis.press("leave").await;
    assert_call_closed(&theirs, 1).await;

    visavis.press("rejoin").await;
    see_and_hear_each_other(&visavis, &theirs).await;
    theirs.eval("window.client.close()", vec![]).await;
    visavis
        .within(HANG_UP_LIMIT, "the called one to be gone", |snapshot| snapshot.others().count() == 0)
        .await;
    fixture.server.assert_alive();
    visavis.close().await;
    theirs.close().await;
}

/// Their call has ended so many times.
async fn assert_call_closed(page: &Page, count: u32) {
    let begin = Instant::now();
    while page.eval("return window.client.closed", vec![]).await != json!(count) {
        assert!(begin.elapsed() < HANG_UP_LIMIT, "PeerJS is not told that we hung up");
        sleep(Duration::from_millis(50)).await;
    }
}
