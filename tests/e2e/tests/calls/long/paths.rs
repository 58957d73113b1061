//! A media path that is cut for longer, or while nobody looks.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use visavis_e2e::Setup;
use visavis_e2e::call::{media_recovers, sees};

use crate::paths::Call;

/// Waits until the browser slows the timers of the page down.
const SLOW: &str = "return new Promise(slow => {
    const tick = last => setTimeout(() => {
        const now = performance.now();
        now - last > 900 ? slow(now - last) : tick(now);
    }, 100);
    tick(performance.now());
});";

/// Ann reads something else for a minute, and her page may hardly do anything while the path breaks and comes back.
#[tokio::test]
async fn a_call_in_a_hidden_tab_survives_a_minute_and_a_cut_path() {
    let Some(call) = Call::between(Setup::throttled_chrome(), Setup::chrome()).await else { return };
    let (ann, ben) = (&call.ann, &call.ben);
    let tab = ann.hide().await;
    let hidden = Instant::now();
    ann.eval(SLOW, vec![]).await;
    call.network.cut();
    // The length of the cut is what is tested, and so is that of the minute.
    sleep(Duration::from_secs(20)).await;
    ben.wait_until("to be told that the path is lost", |snapshot| {
        snapshot.tile("Ann").is_some_and(|tile| tile.connection == "reconnecting")
    })
    .await;
    call.network.restore();
    sees(ben, &["Ann"]).await;
    sleep(Duration::from_secs(60).saturating_sub(hidden.elapsed())).await;
    let snapshot = sees(ben, &["Ann"]).await;
    assert_eq!(snapshot.state, "joined");
    assert!(ann.snapshot().await.hidden, "all the while");
    ann.unhide(tab).await;
    media_recovers(&[ann, ben], "a minute in a hidden tab").await;
}

#[tokio::test]
async fn a_cut_path_is_mended_in_place() {
    if let Some(call) = Call::start(Setup::chrome()).await {
        call.survives_cuts(&[1, 5, 20]).await;
        call.survives_an_address_change().await;
    }
}

#[tokio::test]
async fn a_path_to_a_firefox_that_is_cut_for_long_is_mended_in_place() {
    if let Some(call) = Call::start(Setup::small_firefox()).await {
        call.survives_cuts(&[1, 20]).await;
    }
}
