//! People come and go.

use std::sync::Arc;
use std::time::{Duration, Instant};

use visavis_e2e::call::{all_see_and_hear, join, sees};
use visavis_e2e::snapshot::Snapshot;
use visavis_e2e::{Browser, Page, Server};

/// What a leave may take until nobody shows the tile any more.
pub(crate) const LEAVE: Duration = Duration::from_secs(2);
/// What a lost participant may take: the server's heartbeat.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Opens a page for each name, one after the other, and joins them all.
pub(crate) async fn join_all(browser: &Arc<Browser>, url: &str, names: &[&str]) -> Vec<Page> {
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
    let pages = join_all(&browser, &server.url(), &["Ann", "Ben"]).await;
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    for page in &pages {
        let snapshot = page.snapshot().await;
        let own = snapshot.tiles.iter().find(|tile| tile.own).expect("their own tile");
        assert_eq!(own.name, page.name());
        assert!(own.video.as_ref().is_some_and(|video| video.muted), "nobody hears themselves: {snapshot}");
        assert!(
            snapshot.tiles.iter().all(|tile| tile.microphone == "on" && tile.camera == "on"),
            "{snapshot}"
        );
        assert!(snapshot.tiles.iter().all(|tile| tile.source == "camera"), "{snapshot}");
        assert_eq!(snapshot.errors, Vec::<String>::new(), "nothing goes wrong in silence");
    }
}

#[tokio::test]
async fn three_people_leave_vanish_and_reload() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let mut pages = join_all(&browser, &server.url(), &["Ann", "Ben", "Cem"]).await;
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    let [ann, ben, cem] = [0, 1, 2];

    let id = |snapshot: &Snapshot| snapshot.tile("Cem").map(|tile| tile.id.clone());
    let before = id(&pages[ann].snapshot().await);
    pages[cem].press("microphone").await;
    pages[cem]
        .wait_until("to be muted", |snapshot| {
            snapshot.tiles.iter().any(|tile| tile.own && tile.microphone == "off")
        })
        .await;
    let stored = pages[cem].eval("return sessionStorage.length", vec![]).await;
    assert_eq!(stored, 0, "a copy of the tab would be the same person");
    pages[cem].reload().await;
    let back = |snapshot: &Snapshot| {
        snapshot.state == "joined" && snapshot.tiles.iter().all(|t| !t.own || t.microphone == "off")
    };
    pages[cem].wait_until("to be back, and still muted", back).await;
    pages[cem].press("microphone").await;
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    assert_eq!(id(&pages[ann].snapshot().await), before, "the same person");

    pages[ben].press("leave").await;
    let since = Instant::now();
    pages[ben]
        .wait_until("to be out", |snapshot| snapshot.state == "left" && snapshot.tiles.is_empty())
        .await;
    for page in [ann, cem] {
        let left = LEAVE.saturating_sub(since.elapsed());
        pages[page].within(left, "Ben's tile to go", |snapshot| snapshot.tile("Ben").is_none()).await;
    }
    pages[ben].press("rejoin").await;
    pages[ben].wait_until("to be back", |snapshot| snapshot.state == "joined").await;
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;

    pages.remove(cem).close().await;
    for page in &pages {
        page.within(HEARTBEAT, "Cem's tile to go", |snapshot| snapshot.tile("Cem").is_none()).await;
    }
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
}

/// How Firefox leaves a page: it closes the socket before the page is told.
#[tokio::test]
async fn whoever_leaves_by_a_link_or_an_address_is_gone_at_once() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    let firefox = Browser::firefox().await;
    let _idle = firefox.open_blank("nobody").await;
    let ben = firefox.open("Ben", &server.url()).await;
    for way in ["link", "address", "reload", "tab"] {
        if ben.snapshot().await.state != "joined" {
            join(&ben, "tea").await;
        }
        let snapshot = sees(&ann, &["Ben"]).await;
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
            ben.wait_until("to be back", |snapshot| snapshot.state == "joined").await;
            let again = sees(&ann, &["Ben"]).await;
            assert_eq!(id_of(&again, "Ben"), id_of(&snapshot, "Ben"), "the same person");
        } else {
            gone_within(&ann, since, way).await;
            ben.goto(&server.url()).await;
        }
    }
}

async fn gone_within(page: &Page, since: Instant, way: &str) {
    let left = LEAVE.saturating_sub(since.elapsed());
    page.within(left, &format!("Ben's tile to go, who left by {way}"), |snapshot| {
        snapshot.tile("Ben").is_none()
    })
    .await;
    println!("gone by {way} after {:.1} s", since.elapsed().as_secs_f64());
}

fn id_of(snapshot: &Snapshot, name: &str) -> Option<String> {
    snapshot.tile(name).map(|tile| tile.id.clone())
}
