//! The real PeerJS client through the real PeerServer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::join;
use visavis_e2e::{Browser, Page, Site};

use crate::clients::{meet, their_page, their_site};
use crate::stage::{House, Stage};

/// Who hangs up is gone for the other before anybody could have waited for silence.
const GOODBYE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn ours_and_peerjs_call_each_other_and_hang_up() {
    let mut stage = Stage::new().await;
    let pages = their_site().await;
    stage.play("PeerJS calls us, and hangs up", they_call(stage.browser(), &pages)).await;
    stage.play("we call PeerJS, and hang up", we_call(stage.browser(), &pages)).await;
    stage.close();
}

async fn they_call(browser: Arc<Browser>, pages: &Site) {
    let mut house = House::open("peerjs", "peerjs", "/").await;
    let ours = browser.open("Ann", &house.app.url()).await;
    join(&ours, "ann").await;
    let theirs = their_page(&browser, pages, &house.other, "peerjs", "zoe", "").await;
    theirs.eval("window.client.call('ann')", vec![]).await;
    meet(&ours, &theirs).await;
    theirs.eval("window.client.close()", vec![]).await;
    ours.within(GOODBYE, "the caller to be gone", |look| look.others().count() == 0).await;
    assert_eq!(ours.look().await.state, "joined", "the room stays");

    theirs.eval("window.client.call('ann')", vec![]).await;
    meet(&ours, &theirs).await;
    ours.press("leave").await;
    hears_goodbye(&theirs, 2).await;
    house.other.assert_alive();
    ours.close().await;
    theirs.close().await;
}

async fn we_call(browser: Arc<Browser>, pages: &Site) {
    let mut house = House::open("peerjs", "peerjs", "/").await;
    let theirs = their_page(&browser, pages, &house.other, "peerjs", "zoe", "").await;
    let ours = browser.open("Ann", &house.app.url()).await;
    join(&ours, "@zoe").await;
    meet(&ours, &theirs).await;
    ours.press("leave").await;
    hears_goodbye(&theirs, 1).await;

    ours.press("rejoin").await;
    meet(&ours, &theirs).await;
    theirs.eval("window.client.close()", vec![]).await;
    ours.within(GOODBYE, "the called one to be gone", |look| look.others().count() == 0).await;
    house.other.assert_alive();
    ours.close().await;
    theirs.close().await;
}

/// Their call has ended so many times.
async fn hears_goodbye(page: &Page, count: u32) {
    let begin = Instant::now();
    while page.eval("return window.client.closed", vec![]).await != json!(count) {
        assert!(begin.elapsed() < GOODBYE, "PeerJS is not told that we hung up");
        sleep(Duration::from_millis(50)).await;
    }
}
