//! Calls through a real Janus, which forwards everybody's media.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join, media_recovers, muting_is_seen, sees, wait_until_rejoined};
use visavis_e2e::{Browser, Bundle, Janus, JanusRooms, Network, Page, Server, Setup, tools};

use crate::clients::wait_until_ready;
use crate::interactions::{people_do_all_that_they_can, the_stage_follows};

/// Keeps the page's sockets and what is said on them, so that a test can close one: as when a proxy between page and server
/// is restarted.
const KEEP_SOCKETS: &str = "window.sockets = [];
    window.said = [];
    window.WebSocket = class extends WebSocket {
        constructor(...a) { super(...a); window.sockets.push(this); }
        send(text) { window.said.push(JSON.parse(text)); super.send(text); }
    };";
/// Janus in one network, people in the other, and a router between them that also hands out the page.
pub(crate) struct JanusFixture {
    pub(crate) network: Network,
    pub(crate) janus: Janus,
    site: Server,
    _bundle: Bundle,
}

impl JanusFixture {
    /// `None` where that cannot be had.
    pub(crate) async fn start(rooms: &JanusRooms) -> Option<Self> {
        let network = Network::new()?;
        let janus = Janus::start(&network.hosts[1], rooms).await?;
        let modules = tools::packages().join("node_modules");
        let bundle = Bundle::with_config(&json!({ "signaling": { "choose": true } }))
            .with_scripts(&[("keep-sockets.js", KEEP_SOCKETS)])
            .with_folders(&[
                ("theirs", tools::repository().join("tests/e2e/servers/pages")),
                ("theirs/janus-gateway", modules.join("janus-gateway")),
                ("theirs/webrtc-adapter", modules.join("webrtc-adapter")),
            ]);
        let site = Server::serving_on_router(&network, &bundle).await;
        Some(Self { network, janus, site, _bundle: bundle })
    }

    /// Starts a browser that reaches it.
    pub(crate) async fn browser(&self, setup: Setup) -> Arc<Browser> {
        Browser::start(setup.on_host(&self.network.hosts[0])).await
    }

    /// Opens the link that leads to this Janus. `query` goes with its URL.
    pub(crate) async fn open(&self, browser: &Arc<Browser>, name: &str, query: &str) -> Page {
        let link = format!("{}?dialect=janus&server={}{query}", self.site.url(), self.janus.url());
        browser.open(name, &link).await
    }

    /// Opens a page that uses Janus' own library.
    pub(crate) async fn open_theirs(&self, browser: &Arc<Browser>, room: &str) -> Page {
        let server = self.janus.url();
        let url =
            format!("{}theirs/client.html?kind=janus&server={server}&room={room}&name=Zoe", self.site.url());
        let page = browser.open("Zoe", &url).await;
        wait_until_ready(&page).await;
        page
    }

    /// Two people in a room.
    pub(crate) async fn call(&self, second: Setup, room: &str) -> (Page, Page) {
        let chrome = self.browser(Setup::small_chrome()).await;
        let ann = self.open(&chrome, "Ann", "").await;
        join(&ann, room).await;
        let ben = self.open(&self.browser(second).await, "Ben", "").await;
        join(&ben, room).await;
        all_see_and_hear(&[&ann, &ben]).await;
        (ann, ben)
    }
}

#[tokio::test]
async fn two_chromes_and_a_third_who_comes_late() {
    let Some(fixture) = JanusFixture::start(&JanusRooms::default()).await else { return };
    let (ann, ben) = fixture.call(Setup::small_chrome(), "tea").await;
    let words = "return document.querySelectorAll('[data-participant] .safety:not([hidden])').length";
    assert_eq!(ann.eval(words, vec![]).await, json!(0), "safety words would prove nothing");
    muting_is_seen(&ann, &ben).await;
    let cem = fixture.open(ben.browser(), "Cem", "").await;
    join(&cem, "Tea").await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;
    cem.press("leave").await;
    for page in [&ann, &ben] {
        page.wait_until("Cem to be gone", |snapshot| snapshot.others().count() == 1).await;
    }
    ben.reload().await;
    wait_until_rejoined(&ben).await;
    all_see_and_hear(&[&ann, &ben]).await;
}

#[tokio::test]
async fn people_write_react_record_and_choose_layouts_on_janus() {
    let Some(fixture) = JanusFixture::start(&JanusRooms::default()).await else { return };
    let (quiet, speaking) =
        (fixture.browser(Setup::silent_chrome()).await, fixture.browser(Setup::speaking_chrome()).await);
    let ann = fixture.open(&quiet, "Ann", "").await;
    join(&ann, "tea").await;
    let ben = fixture.open(&speaking, "Ben", "").await;
    join(&ben, "tea").await;
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    let cem = fixture.open(&quiet, "Cem", "").await;
    people_do_all_that_they_can(&ann, &ben, &cem, "tea").await;
    the_stage_follows(&ann, "Cem", "Ben").await;
}

#[tokio::test]
async fn a_chrome_and_a_firefox_and_a_path_that_is_cut() {
    let Some(fixture) = JanusFixture::start(&JanusRooms::default()).await else { return };
    let (ann, ben) = fixture.call(Setup::small_firefox(), "tea").await;
    muting_is_seen(&ben, &ann).await;
    fixture.network.cut();
    // The length of the cut is what is tested.
    sleep(Duration::from_secs(5)).await;
    fixture.network.restore();
    media_recovers(&[&ann, &ben], "a cut of 5 s").await;
}

/// How the area of the tiles is put into the page.
async fn place_tiles(page: &Page, css: &str) {
    page.eval(&format!("document.querySelector('.tiles').style.cssText = '{css}'"), vec![]).await;
}

/// Waits until the picture of somebody has a width that fits, and says how long that took.
async fn has_width(page: &Page, of: &str, what: &str, fits: impl Fn(u32) -> bool) {
    let (begin, mut seen) = (Instant::now(), 0);
    while !fits(seen) {
        assert!(begin.elapsed() < Duration::from_secs(20), "{of} is {seen} wide, and not {what}");
        let script = "return document.querySelector('[data-participant]:not([data-self]) video').videoWidth";
        seen = page.eval(script, vec![]).await.as_u64().unwrap_or_default() as u32;
        sleep(Duration::from_millis(20)).await;
    }
    println!("{}: {of} {what}, {seen} wide, after {:.2} s", page.name(), begin.elapsed().as_secs_f64());
}

async fn video_bytes(page: &Page) -> u64 {
    page.eval("return (await window.__e2e.received()).videoBytes", vec![]).await.as_u64().unwrap_or_default()
}

/// Waits until no more of a picture comes, and says how long that took; then it is shown again.
async fn is_hidden_and_shown(page: &Page) {
    place_tiles(page, "transform:translateY(4000px)").await;
    let begin = Instant::now();
    let mut before = video_bytes(page).await;
    let mut last = begin.elapsed();
    while begin.elapsed() < Duration::from_secs(5) {
        sleep(Duration::from_millis(50)).await;
        let now = video_bytes(page).await;
        if std::mem::replace(&mut before, now) != now {
            last = begin.elapsed();
        }
    }
    println!("{}: the last of a hidden picture after {:.2} s", page.name(), last.as_secs_f64());
    // One second until it is told, because it may come back; and another for all else.
    assert!(last < Duration::from_secs(2), "{}: a hidden picture still comes after {last:?}", page.name());
    place_tiles(page, "").await;
    let begin = Instant::now();
    while video_bytes(page).await < before + 20_000 {
        assert!(begin.elapsed() < Duration::from_secs(10), "{}: no picture comes back", page.name());
        sleep(Duration::from_millis(20)).await;
    }
    println!("{}: 20 KB of it {:.2} s after it is shown", page.name(), begin.elapsed().as_secs_f64());
}

/// The layers of its camera that a page sends, from the smallest up: their widths, or 0.
async fn layers(page: &Page) -> serde_json::Value {
    page.eval("return window.__e2e.layers()", vec![]).await
}

#[tokio::test]
async fn a_picture_is_received_as_large_as_it_is_shown() {
    let Some(fixture) = JanusFixture::start(&JanusRooms::default()).await else { return };
    let chrome = fixture.browser(Setup::chrome()).await;
    let ann = fixture.open(&chrome, "Ann", "").await;
    join(&ann, "tea").await;
    let ben = fixture.open(&fixture.browser(Setup::small_chrome()).await, "Ben", "").await;
    join(&ben, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let begin = Instant::now();
    while layers(&ann).await != json!([320, 640, 1280]) {
        assert!(begin.elapsed() < Duration::from_secs(20), "{}", layers(&ann).await);
        sleep(Duration::from_millis(100)).await;
    }
    println!("Ann: sends three layers after {:.1} s", begin.elapsed().as_secs_f64());
    has_width(&ben, "Ann", "large", |width| width == 1280).await;
    place_tiles(&ben, "flex:none;width:320px;height:180px").await;
    has_width(&ben, "Ann", "small", |width| width == 320).await;
    place_tiles(&ben, "").await;
    has_width(&ben, "Ann", "large again", |width| width == 1280).await;
    is_hidden_and_shown(&ben).await;
    all_see_and_hear(&[&ann, &ben]).await;
    // The camera of 320x180 has one layer of use, and that is all of it.
    has_width(&ann, "Ben", "whole", |width| width == 320).await;
    assert_eq!(layers(&ben).await, json!([320, 0, 0]));
}
