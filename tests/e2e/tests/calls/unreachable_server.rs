//! A server that cannot be reached: the lobby says what to look at.

use futures_util::StreamExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Page, Server, StaticSite, tools};

/// Opens a page that is set up for this server, from a server of its own.
async fn lobby(signaling: serde_json::Value) -> (Server, Bundle, Page) {
    lobby_of(Bundle::with_config(&json!({ "signaling": signaling }))).await
}

async fn lobby_of(bundle: Bundle) -> (Server, Bundle, Page) {
    let site = Server::serving(&bundle).await;
    let page = Browser::chrome().await.open("Ann", &site.url()).await;
    (site, bundle, page)
}

async fn shows_reason(page: &Page, obstacle: &str, word: &str) {
    let snapshot = page
        .wait_until(&format!("to be told {obstacle}"), |snapshot| {
            snapshot.problem == "unreachable" && snapshot.obstacle == obstacle
        })
        .await;
    let text = &snapshot.notice("unreachable").expect("there is a sentence").text;
    assert!(text.contains(word), "{obstacle}: {text}");
}

#[tokio::test]
async fn what_stands_in_the_way_of_a_server_is_named() {
    let (_site, _bundle, nobody) =
        lobby(json!({ "url": format!("ws://127.0.0.1:{}/ws", free_port()) })).await;
    shows_reason(&nobody, "no-answer", "Nobody answers").await;

    for (status, obstacle, word) in
        [(404, "wrong-path", "path"), (403, "refused", "let this page in"), (502, "down", "down")]
    {
        let other = StaticSite::with_status(status).await;
        for dialect in ["visavis", "peerjs", "group-chat"] {
            let url = format!("ws://127.0.0.1:{}/x", other.port());
            let (_site, _bundle, page) = lobby(json!({ "url": url, "dialect": dialect })).await;
            shows_reason(&page, obstacle, word).await;
        }
    }
}

#[tokio::test]
async fn a_server_of_another_kind_is_told_by_its_silence() {
    let server = Server::with(tools::dist(), &[]).await;
    let url = format!("ws://127.0.0.1:{}/ws", server.port());
    let (_site, _bundle, page) = lobby(json!({ "url": url, "dialect": "ayame" })).await;
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    page.press("join").await;
    shows_reason(&page, "no-reply", "another kind of server").await;
}

/// A server that takes everybody and closes upon them as soon as they say something. What it tells is its port.
async fn server_that_closes(code: u16, reason: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else { continue };
            let _ = socket.next().await;
            let _ = socket.close(Some(CloseFrame { code: code.into(), reason: reason.into() })).await;
        }
    });
    port
}

#[tokio::test]
async fn what_a_server_says_when_it_closes_is_shown() {
    for (code, state) in [(4000, "lobby"), (1011, "joining")] {
        let url = format!("ws://127.0.0.1:{}/", server_that_closes(code, "Lobby does not exist").await);
        let (_site, _bundle, page) = lobby(json!({ "url": url, "dialect": "ayame" })).await;
        page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
        page.press("join").await;
        let snapshot = page
            .wait_until("to be told", |snapshot| snapshot.problem == "closed" && snapshot.state == state)
            .await;
        let text = &snapshot.notice("closed").expect("there is a sentence").text;
        assert!(text.contains("Lobby does not exist"), "{text}");
        assert!(text.contains(&code.to_string()), "{text}");
    }
}

/// The files of other people's dialects that a page has loaded.
async fn others_loaded(page: &Page) -> serde_json::Value {
    let script =
        "return performance.getEntriesByType('resource').filter(r => r.name.endsWith('_others.wasm')).length";
    page.eval(script, Vec::new()).await
}

#[tokio::test]
async fn what_only_others_servers_need_is_loaded_for_them_alone() {
    let (_site, _bundle, default_page) = lobby(json!({})).await;
    default_page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert_eq!(others_loaded(&default_page).await, 0);

    let (_site, _bundle, theirs) = lobby(json!({ "dialect": "ayame" })).await;
    theirs.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert_eq!(others_loaded(&theirs).await, 1);
}

/// Whether the page says why it does not start.
async fn startup_message(page: &Page) -> String {
    let script = "for (;;) {
        const late = document.querySelector('.late');
        if (late && getComputedStyle(late).visibility === 'visible') return late.textContent;
        await new Promise(next => setTimeout(next, 100));
    }";
    page.eval(script, vec![]).await.as_str().unwrap_or_default().to_owned()
}

/// Files that were not uploaded, and headers that forbid the script: nothing of ours runs that could say so.
#[tokio::test]
async fn a_page_that_cannot_start_does_not_only_blame_the_connection() {
    let bundle = Bundle::with_config(&json!({}));
    remove(&bundle, ".js");
    let missing = StaticSite::serving(bundle.path(), 0).await;
    let forbidden =
        StaticSite::with_header("content-security-policy: script-src 'none'", &tools::dist()).await;
    let browser = Browser::chrome().await;
    let pages = [browser.open("Ann", &missing.url()).await, browser.open("Ben", &forbidden.url()).await];
    for page in pages {
        let text = startup_message(&page).await;
        assert!(text.contains("missing or forbidden"), "{text}");
        assert!(text.contains("console"), "{text}");
    }
}

fn remove(bundle: &Bundle, end: &str) {
    let files = std::fs::read_dir(bundle.path()).unwrap().flatten().map(|entry| entry.path());
    let files: Vec<_> = files.filter(|file| file.to_string_lossy().contains(end)).collect();
    assert!(!files.is_empty(), "{end} is what they are called");
    files.iter().for_each(|file| std::fs::remove_file(file).unwrap());
}

/// A bundle that was not uploaded as a whole.
fn incomplete(signaling: &serde_json::Value) -> Bundle {
    let bundle = Bundle::with_config(&json!({ "signaling": signaling }));
    remove(&bundle, "_others.wasm");
    bundle
}

#[tokio::test]
async fn a_missing_part_of_the_page_is_named() {
    let without_call = Bundle::with_config(&json!({}));
    remove(&without_call, "_call.wasm");
    for bundle in [incomplete(&json!({ "dialect": "ayame" })), without_call] {
        let (_site, _bundle, page) = lobby_of(bundle).await;
        page.wait_until("to be told", |snapshot| snapshot.problem == "not-loaded").await;
    }
}

/// The first question for each part breaks off, as when a network changes.
const BREAK_OFF: &str = "const { fetch } = window;
    const broken = new Set();
    window.fetch = (url, ...rest) => {
        if (!String(url).endsWith('.wasm') || broken.has(url)) return fetch(url, ...rest);
        broken.add(url);
        return Promise.reject(new TypeError('Failed to fetch'));
    };
    window.broken = broken;";

#[tokio::test]
async fn a_part_of_the_page_is_asked_for_again_if_the_first_question_breaks_off() {
    let config = json!({ "signaling": { "dialect": "ayame", "url": "ws://127.0.0.1:9/" } });
    let bundle = Bundle::with_config(&config).with_scripts(&[("break-off.js", BREAK_OFF)]);
    let (_site, _bundle, page) = lobby_of(bundle).await;
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    let broken =
        page.eval("return [...broken].filter(url => url.endsWith('_others.wasm')).length", vec![]).await;
    assert_eq!(broken, 1);
    assert_ne!(page.snapshot().await.problem, "not-loaded");
}

/// Waits until a page has asked for what a call needs once it stands, with this answer.
async fn wait_until_later_part_is_answered(page: &Page, status: u32) {
    let script = "const answered = () => performance.getEntriesByType('resource')
        .some(entry => entry.name.endsWith('_later.wasm') && entry.responseStatus === arguments[0]);
    while (!answered()) await new Promise(next => setTimeout(next, 100));";
    page.eval(script, vec![json!(status)]).await;
}

/// As after an outage that began before it was loaded.
#[tokio::test]
async fn a_call_stands_without_what_it_needs_only_then_and_asks_for_that_again() {
    let (bundle, complete) = (Bundle::with_config(&json!({})), Bundle::with_config(&json!({})));
    remove(&bundle, "_later.wasm");
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let pages = [browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await];
    for page in &pages {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&pages[0], &pages[1]]).await;
    for page in &pages {
        wait_until_later_part_is_answered(page, 404).await;
    }
    for file in std::fs::read_dir(complete.path()).unwrap().flatten() {
        if file.file_name().to_string_lossy().contains("_later.wasm") {
            std::fs::copy(file.path(), bundle.path().join(file.file_name())).unwrap();
        }
    }
    for page in &pages {
        wait_until_later_part_is_answered(page, 200).await;
    }
    all_see_and_hear(&[&pages[0], &pages[1]]).await;
}

#[tokio::test]
async fn a_part_of_the_page_that_cannot_be_loaded_is_told() {
    let (_site, _bundle, page) = lobby_of(incomplete(&json!({ "choose": true }))).await;
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    // The toast passes: it is looked for from the first moment.
    let script = "return new Promise(told => {
        const region = document.querySelector('.toasts');
        new MutationObserver(() => told(region.textContent)).observe(region, { childList: true });
        document.querySelector('[data-control=check]').click();
    })";
    let told = page.eval(script, vec![]).await;
    assert!(told.as_str().is_some_and(|told| told.contains("could not be loaded")), "{told}");
    let menu = page.eval("return document.querySelector('details.server')", vec![]).await;
    assert!(menu.is_null(), "a menu without what it needs: {menu}");
}
