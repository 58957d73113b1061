//! The page inside another page, which decides what it may do.

use serde_json::json;
use visavis_e2e::call::{join, sees};
use visavis_e2e::{Browser, Bundle, Page, Server, Setup, StaticSite, tools};

const ENTER: &str = "\u{E007}";

/// Shows an address in a frame with these attributes, and looks into it.
async fn frame(page: &Page, around: &StaticSite, attributes: serde_json::Value, address: &str) {
    page.goto(&format!("{}servers.txt", around.url())).await;
    let script = "const frame = document.createElement('iframe');
        for (const [name, value] of Object.entries(arguments[0])) frame.setAttribute(name, value);
        frame.width = 900;
        frame.height = 500;
        frame.src = arguments[1];
        document.body.replaceChildren(frame);
        return new Promise(loaded => { frame.onload = () => loaded(true) });";
    page.eval(script, vec![attributes, json!(address)]).await;
    page.enter_frame().await;
}

/// The lobby says that neither device may be used, in words that are true there.
async fn shows_notice(page: &Page, code: &str, words: &str) {
    let snapshot =
        page.wait_until("a sentence about both devices", |snapshot| snapshot.notice(code).is_some()).await;
    let text = &snapshot.notice(code).expect("it was just there").text;
    assert!(text.contains(words), "{text}");
    assert!(code == "denied" || !text.contains("address bar"), "nothing can be allowed there: {text}");
}

async fn join_by_key(page: &Page) {
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    page.fill("input[name=room]", "tea").await;
    page.fill("input[name=name]", "Guest").await;
    page.type_keys(ENTER).await;
    page.wait_until("to be in the room", |snapshot| snapshot.state == "joined").await;
}

/// A sandbox without `allow-forms`, and a frame without `allow`.
async fn in_frames(setup: Setup, without_allow: &str) {
    let server = Server::start().await;
    let host = Browser::chrome().await.open("Host", &server.url()).await;
    join(&host, "tea").await;
    let bundle = Bundle::with_signaling_url(&format!("ws://127.0.0.1:{}/ws", server.port()));
    let (site, around) = (StaticSite::serving(bundle.path(), 0).await, StaticSite::start().await);
    let page = Browser::start(setup).await.open_blank("Guest").await;
    let sandbox = json!({ "sandbox": "allow-scripts allow-same-origin", "allow": "camera; microphone" });

    frame(&page, &around, sandbox.clone(), &site.url()).await;
    join(&page, "tea").await;
    sees(&host, &["Guest"]).await;

    frame(&page, &around, sandbox, &site.url()).await;
    join_by_key(&page).await;

    frame(&page, &around, json!({}), &site.url()).await;
    shows_notice(&page, without_allow, "page around this one").await;
    join(&page, "tea").await;
}

#[tokio::test]
async fn a_frame_lets_one_in_and_says_what_it_forbids() {
    in_frames(Setup::small_chrome(), "policy").await;
}

/// It does not tell what a frame may do.
#[tokio::test]
async fn a_frame_in_firefox_lets_one_in_and_says_what_it_may_forbid() {
    in_frames(Setup::small_firefox(), "denied").await;
}

#[tokio::test]
async fn a_site_that_forbids_itself_the_camera_is_named() {
    let site = StaticSite::with_header("permissions-policy: camera=()", &tools::dist()).await;
    let page = Browser::chrome().await.open("Ann", &site.url()).await;
    shows_notice(&page, "policy", "change its Permissions-Policy").await;
    page.wait_until("the microphone alone", |snapshot| {
        snapshot.control("microphone").is_some_and(|it| it.state == "on")
            && snapshot.control("camera").is_some_and(|it| it.error == "policy")
    })
    .await;
}
