//! Pictures are sent as large as they are shown, and not at all to whoever does not show them.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::{Browser, Page, Server, Setup};

/// Long enough for what becomes smaller: a second until it is told, two more until it is done, and the encoder.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(20);

/// What a page has received since it began, of everybody together.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    frames_decoded: u64,
    audio_packets: u64,
}

async fn received(page: &Page) -> Received {
    let value: Value = page.eval("return window.__e2e.received()", vec![]).await;
    serde_json::from_value(value).expect("two numbers")
}

/// How the area of the tiles is put into the page.
async fn place_tiles(page: &Page, css: &str) {
    let script = format!("document.querySelector('.tiles').style.cssText = '{css}'");
    page.eval(&script, vec![]).await;
}

const SMALL: &str = "flex:none;width:320px;height:180px";
const LARGE: &str = "";
const OUT_OF_VIEW: &str = "transform:translateY(4000px)";

/// Waits until the picture of somebody has a width that fits, and says how long that took.
async fn has_width(page: &Page, of: &str, what: &str, fits: impl Fn(u32) -> bool) {
    let begin = Instant::now();
    page.within(SETTLE_TIMEOUT, &format!("{of} to be {what}"), |snapshot| {
        let video = snapshot.tile(of).and_then(|tile| tile.video.as_ref());
        video.is_some_and(|video| fits(video.width))
    })
    .await;
    let width = page.snapshot().await.tile(of).and_then(|tile| tile.video.as_ref().map(|video| video.width));
    println!("{}: {of} {what}, {width:?} wide, after {:.1} s", page.name(), begin.elapsed().as_secs_f64());
}

/// Nobody misses anything.
async fn all_is_well(pages: &[&Page]) {
    for page in pages {
        let snapshot = page.snapshot().await;
        for tile in snapshot.others() {
            assert_eq!((tile.connection.as_str(), tile.reason.as_str()), ("connected", ""), "{snapshot}");
        }
        assert!(snapshot.notice("stalled").is_none(), "{snapshot}");
    }
}

/// While a page does not show anybody, no picture comes, and sound does; for longer than a picture is missed.
async fn only_hears(page: &Page, all: &[&Page]) {
    // The last frames before it is told, and those under way.
    sleep(Duration::from_secs(4)).await;
    let before = received(page).await;
    for _ in 0..5 {
        sleep(Duration::from_secs(2)).await;
        all_is_well(all).await;
    }
    let after = received(page).await;
    // Firefox forgets the counters of a stream that has ended.
    assert!(after.frames_decoded <= before.frames_decoded, "{}: {before:?} {after:?}", page.name());
    assert!(after.audio_packets > before.audio_packets + 300, "{before:?} {after:?}");
}

/// Shows the tiles again, and waits for the next frame. On a quiet machine it is there after 0.15 s.
async fn picture_is_back(page: &Page) {
    let before = received(page).await.frames_decoded;
    place_tiles(page, LARGE).await;
    let begin = Instant::now();
    while received(page).await.frames_decoded == before {
        assert!(begin.elapsed() < Duration::from_secs(10), "{}: no picture comes back", page.name());
        sleep(Duration::from_millis(20)).await;
    }
    println!("{}: a frame {} ms after it is shown", page.name(), begin.elapsed().as_millis());
}

/// Of two who see the sender, one does not want much.
async fn pictures_follow_their_tiles(sender: &Page, viewer: &Page, other: &Page) {
    let all = [sender, viewer, other];
    for page in all {
        join(page, "tea").await;
    }
    all_see_and_hear(&all).await;
    let name = sender.name();
    place_tiles(viewer, SMALL).await;
    has_width(viewer, name, "small", |width| (1..=400).contains(&width)).await;
    let shown = viewer.snapshot().await;
    let small = shown.tile(name).and_then(|tile| tile.video.as_ref()).map_or(0, |video| video.width);
    all_is_well(&all).await;
    place_tiles(viewer, LARGE).await;
    has_width(viewer, name, "large again", |width| width > small).await;

    place_tiles(viewer, OUT_OF_VIEW).await;
    only_hears(viewer, &all).await;
    picture_is_back(viewer).await;
    all_see_and_hear(&all).await;
    all_is_well(&all).await;
}

#[tokio::test]
async fn pictures_follow_their_tiles_in_chrome() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome()).await;
    let url = server.url();
    let (ann, ben) = (browser.open("Ann", &url).await, browser.open("Ben", &url).await);
    let cem = browser.open("Cem", &url).await;
    pictures_follow_their_tiles(&ann, &ben, &cem).await;
}

#[tokio::test]
async fn a_page_that_is_hidden_as_a_whole_only_hears() {
    let server = Server::start().await;
    let (browser, hiding) =
        (Browser::start(Setup::chrome()).await, Browser::start(Setup::throttled_chrome()).await);
    let url = server.url();
    let (ann, ben) = (browser.open("Ann", &url).await, hiding.open("Ben", &url).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    let tab = ben.hide().await;
    only_hears(&ben, &[&ann]).await;
    ben.unhide(tab).await;
    all_see_and_hear(&[&ann, &ben]).await;
    all_is_well(&[&ann, &ben]).await;
}

#[tokio::test]
async fn pictures_follow_their_tiles_in_firefox_and_between_browsers() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::start(Setup::chrome()).await, Browser::start(Setup::firefox()).await);
    let url = server.url();
    let (ann, ben) = (chrome.open("Ann", &url).await, firefox.open("Ben", &url).await);
    let cem = firefox.open("Cem", &url).await;
    pictures_follow_their_tiles(&ann, &ben, &cem).await;
    // And the other way round.
    place_tiles(&ann, SMALL).await;
    has_width(&ann, "Cem", "small", |width| (1..=400).contains(&width)).await;
    place_tiles(&ann, OUT_OF_VIEW).await;
    only_hears(&ann, &[&ann, &ben, &cem]).await;
    picture_is_back(&ann).await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;
}
