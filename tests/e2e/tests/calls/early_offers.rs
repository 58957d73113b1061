//! Offers that the server is given before it is known whom they are for: whoever joins waits for one exchange with it.

use std::time::Duration;

use tokio::time::sleep;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{all_see_and_hear, join, wait_for_lobby};
use visavis_e2e::relay::{Deliveries, Direction, Frame, pass_through};
use visavis_e2e::{Browser, Page, Relay, RelayedServer, Server};

use BrowserKind::{Chrome, Firefox};

/// 80 ms there and back: it is worth it.
fn far_away(_: &Frame) -> Deliveries {
    vec![Duration::from_millis(40)]
}

/// The page has told the server an offer for whoever comes.
async fn has_deposited(page: &Page, relay: &Relay, deposits: usize) {
    page.wait_until("a deposit", |_| relay.count("deposit") > deposits).await;
}

/// The lobby has an offer ready. In Firefox the probe comes too late to see the connection.
async fn has_offer(page: &Page, relay: &Relay, answers: usize) {
    page.wait_until("the server to say that it takes offers", |_| relay.count("ice-servers") > answers).await;
    if page.browser().kind() == Firefox {
        return sleep(Duration::from_secs(1)).await;
    }
    page.wait_until("a connection to be ready", |snapshot| snapshot.resources.prepared > 0).await;
}

/// What they say to the server from the click on.
fn said(frames: &[Frame], kind: &str) -> usize {
    let said = |frame: &&Frame| frame.direction == Direction::ToServer && frame.kind() == kind;
    frames.iter().filter(said).count()
}

/// Ben joins Ann. How many descriptions they exchange for it, besides what is in `join` and `deposit`.
async fn descriptions(site: &RelayedServer, kinds: [BrowserKind; 2]) -> usize {
    let [ann, ben] = kinds.map(async |kind| match kind {
        Firefox => Browser::firefox().await,
        Chrome | BrowserKind::WebKit => Browser::chrome().await,
    });
    let (ann, ben) = (ann.await.open("Ann", &site.url()).await, ben.await.open_blank("Ben").await);
    let room = format!("{kinds:?}");
    let deposits = site.relay.count("deposit");
    join(&ann, &room).await;
    has_deposited(&ann, &site.relay, deposits).await;
    let answers = site.relay.count("ice-servers");
    ben.goto(&site.url()).await;
    wait_for_lobby(&ben).await;
    has_offer(&ben, &site.relay, answers).await;
    let before = site.relay.delivered().len();
    join(&ben, &room).await;
    all_see_and_hear(&[&ann, &ben]).await;
    let frames = site.relay.delivered().split_off(before);
    assert_eq!(said(&frames, "join"), 1, "{room}");
    println!("{room}: {}", frames.iter().map(Frame::kind).collect::<Vec<_>>().join(", "));
    for page in [&ann, &ben] {
        let snapshot =
            page.wait_until("one connection", |snapshot| snapshot.resources.connections == 1).await;
        assert_eq!(snapshot.errors, Vec::<String>::new());
    }
    said(&frames, "description")
}

#[tokio::test]
async fn two_browsers_of_one_kind_need_no_answer() {
    let site = RelayedServer::start(Server::start().await, far_away).await;
    assert_eq!(descriptions(&site, [Chrome, Chrome]).await, 0);
    assert_eq!(descriptions(&site, [Firefox, Firefox]).await, 0);
    assert_eq!(descriptions(&site, [Chrome, Firefox]).await, 1, "the answer");
    assert_eq!(descriptions(&site, [Firefox, Chrome]).await, 1, "the answer");
}

/// Whoever runs the server may not want them; then the first offer follows `joined`.
#[tokio::test]
async fn a_server_may_take_none() {
    let server = Server::with(visavis_e2e::tools::dist(), &["--deposit-lifetime", "0"]).await;
    let site = RelayedServer::start(server, pass_through).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let frames = site.relay.delivered();
    assert_eq!((said(&frames, "deposit"), said(&frames, "description")), (0, 2));
}
