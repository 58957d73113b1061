//! What other people already run: pages that behave as their clients do call Visavis pages, and are called by them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::time::sleep;
use visavis_e2e::call::{join, sees_and_hears_count};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::{Browser, ForeignServer, Page, StaticSite, tools};

use crate::scenes::{Fixture, SceneRunner};
use crate::servers::room_of;

/// A client, its server, and what it is told beside the room.
pub(crate) struct Client {
    pub(crate) kind: &'static str,
    pub(crate) server: &'static str,
    pub(crate) extra: &'static str,
}

pub(crate) const fn client(kind: &'static str, server: &'static str) -> Client {
    Client { kind, server, extra: "" }
}

/// One that talks to each of many, one that knows two people only, and one that hears whatever is said.
const CLIENTS: &[Client] = &[
    client("group-chat", "group-chat --version 4"),
    client("codelab", "codelab --version 2 --kind all"),
    client("broadcast", "broadcast"),
];

const ROOM: &str = "tea-and-cake";

#[tokio::test]
async fn visavis_pages_meet_other_peoples_clients() {
    call_all_clients(CLIENTS).await;
}

/// Each of them, before us and after us.
pub(crate) async fn call_all_clients(clients: &[Client]) {
    let mut scenes = SceneRunner::new().await;
    let pages = their_site().await;
    for client in clients {
        let Client { server, extra, .. } = client;
        let name = |order: &str| format!("{order}: {server} {extra}");
        scenes.run(&name("they wait for us"), they_join_first(scenes.browser(), &pages, client)).await;
        scenes.run(&name("we wait for them"), we_join_first(scenes.browser(), &pages, client)).await;
    }
    scenes.finish();
}

async fn they_join_first(browser: Arc<Browser>, pages: &StaticSite, client: &Client) {
    let mut fixture = Fixture::start(client.server, client.kind, "/").await;
    let room = if client.kind == "create-room" { "" } else { ROOM };
    let theirs = their_page(&browser, pages, &fixture.server, client.kind, room, client.extra).await;
    let made = theirs.eval("return window.client.room", vec![]).await;
    let visavis = browser.open("Ann", &fixture.app.url()).await;
    join(&visavis, made.as_str().unwrap_or(ROOM)).await;
    see_and_hear_each_other(&visavis, &theirs).await;
    fixture.server.assert_alive();
    visavis.close().await;
    theirs.close().await;
}

async fn we_join_first(browser: Arc<Browser>, pages: &StaticSite, client: &Client) {
    let mut fixture = Fixture::start(client.server, client.kind, "/").await;
    let visavis = browser.open("Ann", &fixture.app.url()).await;
    join(&visavis, ROOM).await;
    let theirs =
        their_page(&browser, pages, &fixture.server, client.kind, &room_of(&visavis).await, client.extra)
            .await;
    if client.kind == "mdn-chat" {
        theirs.eval("await window.client.call('Ann')", vec![]).await;
    }
    see_and_hear_each_other(&visavis, &theirs).await;
    fixture.server.assert_alive();
    visavis.close().await;
    theirs.close().await;
}

/// The pages of other people's clients, and the libraries that they load.
pub(crate) async fn their_site() -> StaticSite {
    let pages = tools::repository().join("tests/e2e/servers/pages");
    StaticSite::serving_all(vec![pages, tools::packages().join("node_modules")]).await
}

/// Opens somebody else's page and waits until it is where a person can use it.
pub(crate) async fn their_page(
    browser: &Arc<Browser>,
    pages: &StaticSite,
    server: &ForeignServer,
    kind: &str,
    room: &str,
    extra: &str,
) -> Page {
    let (pages, server) = (pages.port(), server.port());
    let server = format!("server=http://127.0.0.1:{server}");
    let url =
        format!("http://127.0.0.1:{pages}/client.html?kind={kind}&{server}&room={room}&name=Zoe{extra}");
    let page = browser.open("Zoe", &url).await;
    wait_until_ready(&page).await;
    page
}

/// Waits until somebody else's page is where a person can use it.
pub(crate) async fn wait_until_ready(page: &Page) {
    wait_until_theirs(page, "their page to start", "return window.client?.ready === true").await;
}

/// Waits until a script says `true` on somebody else's page.
pub(crate) async fn wait_until_theirs(page: &Page, expected: &str, script: &str) {
    let begin = Instant::now();
    while page.eval(script, vec![]).await != true {
        if begin.elapsed() > WAIT_TIMEOUT {
            page.fail(expected, &page.snapshot().await).await;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

/// What somebody sees and hears on their page.
#[derive(Debug, Deserialize)]
struct TheirSnapshot {
    videos: Vec<TheirVideo>,
    energy: f64,
    #[expect(dead_code, reason = "told when a test fails")]
    states: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct TheirVideo {
    frames: u64,
    picture: String,
}

async fn their_snapshot(page: &Page) -> TheirSnapshot {
    serde_json::from_value(page.eval("return window.snapshot()", vec![]).await).expect("a snapshot")
}

/// Both see the other's moving picture and hear them.
pub(crate) async fn see_and_hear_each_other(visavis: &Page, theirs: &Page) {
    sees_and_hears_count(visavis, 1).await;
    they_see_and_hear(theirs).await;
}

/// They see the moving picture of one other, and hear them.
pub(crate) async fn they_see_and_hear(theirs: &Page) {
    they_see_and_hear_count(theirs, 1).await;
}

/// They see the moving pictures of exactly so many others, and hear somebody.
pub(crate) async fn they_see_and_hear_count(theirs: &Page, count: usize) {
    let begin = Instant::now();
    let mut first: Option<Vec<TheirVideo>> = None;
    loop {
        let snapshot = their_snapshot(theirs).await;
        let heard = snapshot.energy > 1e-4;
        let all = snapshot.videos.len() == count && snapshot.videos.iter().all(|video| video.frames > 0);
        let moved = first.as_ref().filter(|_| all).is_some_and(|before| {
            let mut pairs = before.iter().zip(&snapshot.videos);
            pairs.all(|(before, now)| now.frames > before.frames + 2 && now.picture != before.picture)
        });
        if moved && heard {
            return;
        }
        assert!(begin.elapsed() < WAIT_TIMEOUT, "they see and hear {snapshot:?}, at first {first:?}");
        first = first.or(Some(snapshot.videos).filter(|_| all));
        sleep(Duration::from_millis(100)).await;
    }
}
