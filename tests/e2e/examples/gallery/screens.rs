//! Every screen, in the order in which somebody meets them.

use std::sync::Arc;

use serde_json::json;
use visavis_e2e::browser::{PEER_CONNECTION, PROBE};
use visavis_e2e::call::{join_by_link, sees};
use visavis_e2e::screen::start_sharing;
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Page, Server};

use crate::pictures::Looks;

const PEOPLE: &str = include_str!("people.js");
const ROOM: &str = "garden";
const ESCAPE: &str = "\u{E00C}";

/// Offers a file, as the dialog of the browser would.
const OFFER: &str = "
const input = document.querySelector('.chat input[type=file]');
const transfer = new DataTransfer();
transfer.items.add(new File([new Uint8Array(240000)], arguments[0]));
input.files = transfer.files;
input.dispatchEvent(new Event('change', { bubbles: true }));";

/// Writes into the chat.
const WRITE: &str = "
const field = document.querySelector('.chat textarea');
field.value = arguments[0];
document.querySelector('[data-control=send-chat]').click();
while (field.value) await new Promise(requestAnimationFrame);";

/// Who is in the call, and what they speak. The first is the one who looks.
pub(crate) struct Cast {
    pub(crate) language: &'static str,
    pub(crate) names: [&'static str; 4],
}

/// A page of somebody who has chosen the language before.
async fn opens(browser: &Arc<Browser>, server: &Server, name: &str, language: &str, more: &str) -> Page {
    let page = browser.open_blank(name).await;
    visits(&page, server, language, more).await;
    page
}

async fn visits(page: &Page, server: &Server, language: &str, more: &str) {
    let url = format!("{}?room={ROOM}&name={}{more}", server.url(), page.name());
    page.goto(&url).await;
    page.eval("localStorage.setItem('visavis.language', arguments[0])", vec![json!(language)]).await;
    page.goto(&url).await;
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
}

async fn shows(page: &Page, selector: &str) {
    page.until(selector, &format!("document.querySelector({})", json!(selector))).await;
}

/// Presses a button, wherever it is.
async fn presses(page: &Page, selector: &str) {
    shows(page, selector).await;
    page.eval("document.querySelector(arguments[0]).click()", vec![json!(selector)]).await;
}

/// Saves what a button opens, and closes it.
async fn dialog(page: &Page, looks: &mut Looks<'_>, control: &str, screen: &str) {
    presses(page, &format!(".stage:not([inert]) [data-control={control}], .lobby [data-control={control}]"))
        .await;
    shows(page, "dialog[open]").await;
    looks.at(page, screen).await;
    closes_dialog(page).await;
}

async fn closes_dialog(page: &Page) {
    page.eval("document.querySelector('dialog').close()", vec![]).await;
    page.until("it to be closed", "!document.querySelector('dialog')").await;
}

fn bundle(config: &serde_json::Value, scripts: &[(&str, &str)]) -> Bundle {
    Bundle::with_config(config)
        .with_scripts(&[scripts, &[("people.js", PEOPLE), ("probe.js", PROBE)]].concat())
}

/// Every screen, with a call of two and of four.
pub(crate) async fn with_a_call(browser: &Arc<Browser>, cast: &Cast, looks: &mut Looks<'_>) {
    let bundle = bundle(&json!({}), &[]);
    let mut server = Server::serving(&bundle).await;
    let ann = before_a_call(browser, &server, &[], cast, looks).await;
    looks.at(&ann, "alone").await;

    let friends = Browser::chrome().await;
    let [_, ben, cem, dot] = cast.names;
    let friend = async |name| {
        // The harness knows what an English page says.
        let page = opens(&friends, &server, name, "en", "").await;
        join_by_link(&page).await;
        page
    };
    let ben = friend(ben).await;
    sees(&ann, &[ben.name()]).await;
    looks.at(&ann, "two").await;
    menu(&ann, looks).await;
    call_of_two(&ann, &ben, looks).await;
    let (cem, dot) = (friend(cem).await, friend(dot).await);
    sees(&ann, &[ben.name(), cem.name(), dot.name()]).await;
    call_of_four(&ann, [&ben, &cem, &dot], looks).await;

    server.kill().await;
    ann.wait_until("to notice", |snapshot| snapshot.state == "reconnecting").await;
    shows(&ann, ".stage [data-notice]").await;
    looks.at(&ann, "reconnecting").await;
    leaves(&ann, looks).await;
}

/// The screens that a browser without `RTCPeerConnection` has, and the stage with connections that receive a drawing.
pub(crate) async fn without_connections(browser: &Arc<Browser>, cast: &Cast, looks: &mut Looks<'_>) {
    let scripts = [("peer_connection.js", PEER_CONNECTION)];
    let bundle = bundle(&json!({}), &scripts);
    let server = Server::serving(&bundle).await;
    let ann = before_a_call(browser, &server, &scripts, cast, looks).await;
    looks.at(&ann, "alone").await;
    for (name, screen) in cast.names.into_iter().zip(["", "two", "", "four"]).skip(1) {
        let page = opens(browser, &server, name, cast.language, "").await;
        join_by_link(&page).await;
        ann.wait_until(name, |snapshot| {
            snapshot.tile(name).is_some_and(|tile| tile.connection == "connected")
        })
        .await;
        if !screen.is_empty() {
            looks.at(&ann, screen).await;
        }
    }
    dialog(&ann, looks, "layout", "layouts").await;
    leaves(&ann, looks).await;
}

/// The lobby in all its states; in the end she is in the room, alone.
async fn before_a_call(
    browser: &Arc<Browser>,
    server: &Server,
    scripts: &[(&str, &str)],
    cast: &Cast,
    looks: &mut Looks<'_>,
) -> Page {
    let [ann, ..] = cast.names;
    let nobody = json!({ "signaling": { "url": format!("ws://127.0.0.1:{}/ws", free_port()) } });
    let unreachable = bundle(&nobody, scripts);
    let elsewhere = Server::serving(&unreachable).await;
    let page = opens(browser, &elsewhere, ann, cast.language, "").await;
    page.wait_until("that nobody answers", |snapshot| snapshot.problem == "unreachable").await;
    looks.at(&page, "unreachable").await;

    visits(&page, server, cast.language, "&denied").await;
    shows(&page, ".lobby [data-notice]").await;
    looks.at(&page, "denied").await;

    visits(&page, server, cast.language, "").await;
    page.wait_until("a camera", |snapshot| snapshot.control("camera").is_some_and(|it| it.state == "on"))
        .await;
    looks.at(&page, "lobby").await;
    dialog(&page, looks, "settings", "settings").await;
    what_a_lobby_opens(&page, looks).await;
    join_by_link(&page).await;
    page
}

async fn what_a_lobby_opens(page: &Page, looks: &mut Looks<'_>) {
    page.type_keys("?").await;
    shows(page, "dialog.shortcuts").await;
    looks.at(page, "shortcuts").await;
    closes_dialog(page).await;
    page.press("check").await;
    page.wait_until("the end of the check", |snapshot| snapshot.control("close-check").is_some()).await;
    shows(page, "[data-check-state=passed]").await;
    looks.at(page, "check").await;
    page.press("close-check").await;
}

async fn menu(ann: &Page, looks: &mut Looks<'_>) {
    ann.resize(360, 740).await;
    ann.press("more").await;
    shows(ann, ".rest[data-open]").await;
    looks.at(ann, "more").await;
    ann.type_keys(ESCAPE).await;
}

async fn call_of_two(ann: &Page, ben: &Page, looks: &mut Looks<'_>) {
    tile_and_layouts(ann, looks).await;
    chat(ann, ben, looks).await;
    recording(ann, looks).await;
}

async fn tile_and_layouts(ann: &Page, looks: &mut Looks<'_>) {
    presses(ann, "[data-connection] [data-control=safety]").await;
    ann.until(
        "the words",
        "document.querySelector('[data-connection] .words').textContent.split(' ').length > 7",
    )
    .await;
    looks.at(ann, "safety").await;
    ann.eval("document.querySelector('.safety[open]').open = false", vec![]).await;
    dialog(ann, looks, "details", "details").await;
    dialog(ann, looks, "layout", "layouts").await;
}

async fn chat(ann: &Page, ben: &Page, looks: &mut Looks<'_>) {
    for page in [ann, ben] {
        page.press("chat").await;
        shows(page, ".chat").await;
    }
    for (page, text) in
        [(ann, "Hello!"), (ben, "Hi. I have the plan: https://example.org/plan"), (ann, "Send it over?")]
    {
        page.eval(WRITE, vec![json!(text)]).await;
        ann.until(text, &format!("document.querySelector('.log').textContent.includes({})", json!(text)))
            .await;
    }
    ben.eval(OFFER, vec![json!("plan-of-the-garden.pdf")]).await;
    shows(ann, ".chat .file").await;
    looks.at(ann, "chat").await;
    for page in [ann, ben] {
        page.press("close-chat").await;
    }
}

async fn recording(ann: &Page, looks: &mut Looks<'_>) {
    presses(ann, "[data-control=record]").await;
    ann.until("where it goes", "document.querySelector('dialog [data-place]')?.textContent").await;
    looks.at(ann, "record").await;
    presses(ann, "dialog [data-start]").await;
    shows(ann, ".recordings .progress").await;
    looks.at(ann, "recording").await;
    presses(ann, ".recordings [data-control=record]").await;
    ann.until("its end", "!document.querySelector('.recordings .progress')").await;
    if ann.eval("return Boolean(document.querySelector('dialog'))", vec![]).await == true {
        closes_dialog(ann).await;
    }
}

async fn call_of_four(ann: &Page, [ben, cem, dot]: [&Page; 3], looks: &mut Looks<'_>) {
    cem.press("camera").await;
    cem.press("microphone").await;
    dot.press("hand").await;
    shows(ann, ".plate .hand").await;
    ann.wait_until("no camera", |snapshot| {
        snapshot.tile(cem.name()).is_some_and(|tile| tile.camera == "off")
    })
    .await;
    looks.at(ann, "four").await;
    chooses(ann, "spotlight").await;
    looks.at(ann, "spotlight").await;
    chooses(ann, "automatic").await;
    start_sharing(ben).await;
    ann.until(
        "the screen",
        "document.querySelector('.tile[data-source=screen][data-connection] video')?.videoWidth > 0",
    )
    .await;
    looks.at(ann, "screen").await;
    presses(ann, "[data-control=react]").await;
    shows(ann, ".picker").await;
    looks.at(ann, "reactions").await;
    ann.type_keys(ESCAPE).await;
}

async fn chooses(page: &Page, layout: &str) {
    presses(page, ".stage [data-control=layout]").await;
    presses(page, &format!("dialog [value={layout}]")).await;
    closes_dialog(page).await;
}

async fn leaves(page: &Page, looks: &mut Looks<'_>) {
    page.press("leave").await;
    page.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    looks.at(page, "left").await;
}
