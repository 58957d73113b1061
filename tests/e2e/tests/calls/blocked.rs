//! Browsers that make no connections, or none that anybody can reach: said at once, on both sides.

use serde_json::json;
use visavis_e2e::call::join;
use visavis_e2e::{Browser, Page, Server, Setup, Snapshot};

/// What takes the place of `RTCPeerConnection` where an extension or a setting keeps pages from it.
const STUBS: [(&str, &str); 4] = [
    ("absent", "delete window.RTCPeerConnection"),
    ("throws", "window.RTCPeerConnection = class { constructor() { throw new Error('blocked') } }"),
    ("empty", "window.RTCPeerConnection = function () {}"),
    (
        "mute",
        "window.RTCPeerConnection = class extends EventTarget {
            addTransceiver() {} createDataChannel() {} getTransceivers() { return [] } close() {}
            setLocalDescription() { return new Promise(() => {}) }
            createOffer() { return new Promise(() => {}) }
        }",
    ),
];

/// What the check says about connections, once it says something.
const CONNECTION_LINE: &str = r"
const line = () => document.querySelector('[data-check=connection]')?.dataset.checkState;
for (let i = 0; i < 100 && !line(); i++) await new Promise(done => setTimeout(done, 100));
return line() ?? '';
";

/// Both say why nothing comes of it.
async fn both_show_reason(ann: &Page, ben: &Page, here: &str, there: &str) {
    for (page, reason) in [(ben, here), (ann, there)] {
        let other = if page.name() == ann.name() { ben } else { ann };
        page.wait_until(&format!("{reason} about {}", other.name()), |snapshot| {
            snapshot
                .tile(other.name())
                .is_some_and(|tile| tile.reason == reason && tile.connection == "failed")
        })
        .await;
    }
}

#[tokio::test]
async fn a_browser_without_connections_says_so_in_the_lobby_and_to_the_others() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    for (name, stub) in STUBS {
        let ben = browser.open_blank(name).await;
        ben.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": stub })).await;
        ben.goto(&server.url()).await;
        let has_notice =
            |snapshot: &Snapshot| snapshot.notices.iter().any(|notice| notice.code == "unsupported");
        ben.wait_until("to be told in the lobby", |snapshot| {
            snapshot.state == "lobby" && has_notice(snapshot)
        })
        .await;
        join(&ben, "tea").await;
        both_show_reason(&ann, &ben, "blocked", "blocked-there").await;
        assert_eq!(ben.snapshot().await.errors, [""; 0], "{name}");
        ben.press("leave").await;
        ann.wait_until("the tile to go", |snapshot| snapshot.others().count() == 0).await;
        ben.close().await;
    }
    assert_eq!(ann.snapshot().await.errors, [""; 0]);
}

#[tokio::test]
async fn a_browser_that_hides_its_addresses_is_named_on_both_sides_and_in_the_check() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    let hiding = Setup::small_chrome().with("--webrtc-ip-handling-policy=disable_non_proxied_udp");
    let ben = Browser::start(hiding).await.open("Ben", &server.url()).await;
    join(&ben, "tea").await;
    both_show_reason(&ann, &ben, "no-addresses", "no-addresses-there").await;
    ben.press("leave").await;
    ann.wait_until("the tile to go", |snapshot| snapshot.others().count() == 0).await;
    ben.press("lobby").await;
    ben.wait_until("the lobby", |snapshot| snapshot.control("check").is_some()).await;
    ben.press("check").await;
    assert_eq!(ben.eval(CONNECTION_LINE, vec![]).await, json!("failed"), "what the check says");
}
