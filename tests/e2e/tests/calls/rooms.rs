//! People come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use visavis_e2e::call::{all_meet, join, sees};
use visavis_e2e::look::Look;
use visavis_e2e::{Browser, Page, Server};

/// What a leave may take until nobody shows the tile any more.
pub(crate) const LEAVE: Duration = Duration::from_secs(2);
/// What a lost participant may take: the server's heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Opens a page for each name, one after the other, and joins them all.
pub(crate) async fn gather(browser: &Arc<Browser>, url: &str, names: &[&str]) -> Vec<Page> {
    let mut pages = Vec::new();
    for name in names {
        let page = browser.open(name, url).await;
        join(&page, "tea").await;
        pages.push(page);
    }
    pages
}

#[tokio::test]
async fn two_people_see_and_hear_each_other() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let pages = gather(&browser, &server.url(), &["Ann", "Ben"]).await;
    all_meet(&pages.iter().collect::<Vec<_>>()).await;
    for page in &pages {
        let look = page.look().await;
        let own = look.tiles.iter().find(|tile| tile.own).expect("their own tile");
        assert_eq!(own.name, page.name());
        assert!(own.video.as_ref().is_some_and(|video| video.muted), "nobody hears themselves: {look}");
        assert!(look.tiles.iter().all(|tile| tile.microphone == "on" && tile.camera == "on"), "{look}");
        assert!(look.tiles.iter().all(|tile| tile.source == "camera"), "{look}");
        assert_eq!(look.errors, Vec::<String>::new(), "nothing goes wrong in silence");
    }
}

#[tokio::test]
async fn three_people_leave_vanish_and_reload() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let mut pages = gather(&browser, &server.url(), &["Ann", "Ben", "Cem"]).await;
    all_meet(&pages.iter().collect::<Vec<_>>()).await;
    let [ann, ben, cem] = [0, 1, 2];

    let id = |look: &Look| look.tile("Cem").map(|tile| tile.id.clone());
    let before = id(&pages[ann].look().await);
    pages[cem].press("microphone").await;
    pages[cem]
        .until("to be muted", |look| look.tiles.iter().any(|tile| tile.own && tile.microphone == "off"))
        .await;
    let stored = pages[cem].eval("return sessionStorage.length", vec![]).await;
    assert_eq!(stored, 0, "a copy of the tab would be the same person");
    pages[cem].reload().await;
    let back =
        |look: &Look| look.state == "joined" && look.tiles.iter().all(|t| !t.own || t.microphone == "off");
    pages[cem].until("to be back, and still muted", back).await;
    pages[cem].press("microphone").await;
    all_meet(&pages.iter().collect::<Vec<_>>()).await;
    assert_eq!(id(&pages[ann].look().await), before, "the same person");

    pages[ben].press("leave").await;
    let since = Instant::now();
    pages[ben].until("to be out", |look| look.state == "left" && look.tiles.is_empty()).await;
    for page in [ann, cem] {
        let left = LEAVE.saturating_sub(since.elapsed());
        pages[page].within(left, "Ben's tile to go", |look| look.tile("Ben").is_none()).await;
    }
    pages[ben].press("rejoin").await;
    pages[ben].until("to be back", |look| look.state == "joined").await;
    all_meet(&pages.iter().collect::<Vec<_>>()).await;

    pages.remove(cem).close().await;
    for page in &pages {
        page.within(HEARTBEAT, "Cem's tile to go", |look| look.tile("Cem").is_none()).await;
    }
    all_meet(&pages.iter().collect::<Vec<_>>()).await;
}

/// How Firefox leaves a page: it closes the socket before the page is told.
#[tokio::test]
async fn whoever_leaves_by_a_link_or_an_address_is_gone_at_once() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    let firefox = Browser::firefox().await;
    let _idle = firefox.blank("nobody").await;
    let ben = firefox.open("Ben", &server.url()).await;
    for way in ["link", "address", "reload", "tab"] {
        if ben.look().await.state != "joined" {
            join(&ben, "tea").await;
        }
        let look = sees(&ann, &["Ben"]).await;
        let since = Instant::now();
        match way {
            "link" => drop(ben.eval("open('/healthz', '_self')", vec![]).await),
            "address" => ben.goto("about:blank").await,
            "reload" => ben.reload().await,
            _ => {
                ben.close().await;
                return gone_within(&ann, since, way).await;
            }
        }
        if way == "reload" {
            ben.until("to be back", |look| look.state == "joined").await;
            let again = sees(&ann, &["Ben"]).await;
            assert_eq!(id_of(&again, "Ben"), id_of(&look, "Ben"), "the same person");
        } else {
            gone_within(&ann, since, way).await;
            ben.goto(&server.url()).await;
        }
    }
}

async fn gone_within(page: &Page, since: Instant, way: &str) {
    let left = LEAVE.saturating_sub(since.elapsed());
    page.within(left, &format!("Ben's tile to go, who left by {way}"), |look| look.tile("Ben").is_none())
        .await;
    println!("gone by {way} after {:.1} s", since.elapsed().as_secs_f64());
}

fn id_of(look: &Look, name: &str) -> Option<String> {
    look.tile(name).map(|tile| tile.id.clone())
}
