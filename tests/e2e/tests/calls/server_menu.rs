//! Choosing the server in the lobby, and watching what is said to it.

use serde_json::{Value, json};
use visavis_e2e::call::{join, sees};
use visavis_e2e::{Browser, Bundle, Page, Server, StaticSite};

pub(crate) async fn text(page: &Page, selector: &str) -> String {
    let script = "const it = document.querySelector(arguments[0]);
        return it?.checkVisibility() ? it.innerText.trim() : '';";
    page.eval(script, vec![json!(selector)]).await.as_str().unwrap_or_default().to_owned()
}

/// Until this is written there.
pub(crate) async fn wait_for_text(page: &Page, selector: &str, part: &str) {
    for _ in 0..200 {
        if text(page, selector).await.contains(part) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    page.fail(&format!("{part:?} in {selector}"), &page.snapshot().await).await;
}

/// Opens the menu and chooses a kind of server, as a person does.
async fn choose(page: &Page, kind: &str) {
    // It is in a part of the page that is loaded after the lobby.
    wait_for_text(page, "details.server summary", "erver").await;
    page.click("details.server summary").await;
    let script = "const select = document.querySelector('select[name=dialect]');
        select.value = arguments[0]; select.dispatchEvent(new Event('change'));";
    page.eval(script, vec![json!(kind)]).await;
}

async fn address(page: &Page) -> String {
    page.eval("return location.search + location.hash", vec![]).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_server_is_chosen_in_the_lobby_and_carried_by_a_link() {
    let bundle = Bundle::with_config(&json!({ "signaling": { "url": "/ws", "choose": true } }));
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &site.url()).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert_eq!(text(&ann, "[data-server]").await, "", "nothing was chosen");

    choose(&ann, "create-room").await;
    wait_for_text(&ann, "label small", "the id that the server gave").await;
    ann.fill("input[name=server]", "example.org").await;
    ann.press("use-server").await;
    wait_for_text(&ann, ".wrong", "wss://").await;

    // The server of the page itself, by its whole address.
    let url = format!("ws://127.0.0.1:{}/ws", site.port());
    let script = "const select = document.querySelector('select[name=dialect]');
        select.value = 'visavis'; select.dispatchEvent(new Event('change'));";
    ann.eval(script, vec![]).await;
    ann.fill("input[name=server]", &url).await;
    ann.press("use-server").await;
    wait_for_text(&ann, "[data-server]", &format!(": 127.0.0.1:{} (", site.port())).await;
    assert!(address(&ann).await.contains("dialect=visavis&server=ws"), "{}", address(&ann).await);
    join(&ann, "tea").await;
    ann.eval("while (!location.hash) await new Promise(done => setTimeout(done, 20));", vec![]).await;

    // Another person follows the link: it says where it leads before they join, even if it says to join at once.
    let stranger = Browser::chrome().await;
    let link = format!("{}{}&join", site.url(), address(&ann).await.replace('#', "&"));
    let ben = stranger.open("Ben", &link).await;
    wait_for_text(&ben, "[data-server]", "This link leads to another server").await;
    assert_eq!(ben.snapshot().await.state, "lobby");
    join(&ben, "tea").await;
    sees(&ben, &["Ann"]).await;
    sees(&ann, &["Ben"]).await;
}

#[tokio::test]
async fn a_link_chooses_nothing_where_the_page_says_so() {
    let bundle = Bundle::with_config(&json!({ "signaling": { "url": "/ws" } }));
    let site = Server::serving(&bundle).await;
    let link = format!("{}?room=tea&dialect=ayame&server=ws://127.0.0.1:1/", site.url());
    let ann = Browser::chrome().await.open("Ann", &link).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert_eq!(text(&ann, "[data-server]").await, "");
    assert_eq!(text(&ann, "details.server summary").await, "");
    join(&ann, "tea").await;
}

#[tokio::test]
async fn where_there_is_no_server_one_can_be_chosen() {
    let site = StaticSite::start().await;
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &site.url()).await;
    ann.wait_until("to be told that there is no server", |snapshot| snapshot.notice("no-server").is_some())
        .await;
    choose(&ann, "visavis").await;
    let url = format!("ws://127.0.0.1:{}/ws", server.port());
    ann.fill("input[name=server]", &url).await;
    ann.press("use-server").await;
    wait_for_text(&ann, "[data-server]", &format!(": 127.0.0.1:{} (", server.port())).await;
    join(&ann, "tea").await;
    let ben = browser.open("Ben", &server.url()).await;
    join(&ben, "tea").await;
    sees(&ann, &["Ben"]).await;
}

#[tokio::test]
async fn messages_are_shown_without_secrets() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &format!("{}?try", server.url())).await;
    join(&ann, "tea").await;
    for (kind, part) in
        [("socket", "/ws"), ("said", "join tea"), ("out", "•••"), ("in", "joined"), ("heard", "joined")]
    {
        let script = "return [...document.querySelectorAll(`.trace li[data-kind=${arguments[0]}]`)].map(it => it.innerText)";
        let lines = ann.eval(script, vec![json!(kind)]).await;
        let found = lines.as_array().is_some_and(|lines| {
            lines.iter().any(|line| line.as_str().is_some_and(|line| line.contains(part)))
        });
        assert!(found, "{kind} {part}: {lines}");
    }
    let whole = text(&ann, ".trace ol").await;
    let identity = whole.split("\"identity\":\"").nth(1).and_then(|rest| rest.split('"').next());
    assert_eq!(identity, Some("•••"), "{whole}");
    ann.press("close-trace").await;
    assert_eq!(ann.eval("return document.querySelector('.trace')", vec![]).await, Value::Null);
}
