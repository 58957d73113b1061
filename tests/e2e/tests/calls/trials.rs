//! What a call goes through: a page that sleeps, a browser that is killed, offers that cross a hundred times, a reload.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::browser::Kind;
use visavis_e2e::call::{all_meet, comes_back, join, meets, sees};
use visavis_e2e::page::PATIENCE;
use visavis_e2e::{Browser, Look, Page, Server, Setup, tools};

use crate::obstacles::knock;

/// How long a page is frozen. Longer than anybody's patience with a silent path.
const FROZEN: Duration = Duration::from_secs(60);
/// When the tile of somebody is gone at the latest: after 25 s the server takes a silent client for dead
/// (`docs/signaling-protocol.md`), and whoever is lost to it and to the ear is given up 12 s later.
const GONE: Duration = Duration::from_secs(25 + 12);

/// Offers again and again at the same instants as the other page does, `count` times, each time from rest.
const RENEGOTIATE: &str = r"
const [count] = arguments;
const until = async test => {
  const begin = performance.now();
  while (!test()) {
    if (performance.now() - begin > 20000) throw new Error('not at rest again');
    await new Promise(done => setTimeout(done, 5));
  }
};
for (let i = 0; i < count; i++) {
  await until(window.__e2e.settled);
  // The clock is the same for all pages of a machine: all wait for the same quarter of a second.
  await new Promise(done => setTimeout(done, 250 - (Date.now() % 250)));
  window.__e2e.renegotiate();
}
await until(window.__e2e.settled);
return true;
";

/// Ann in Chromium, and Ben.
async fn two(server: &Server, ben: Setup) -> [Page; 2] {
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::start(ben).await.open("Ben", &server.url()).await;
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_meet(&[&ann, &ben]).await;
    [ann, ben]
}

async fn renegotiate_a_hundred_times(ben: Setup) {
    let server = Server::start().await;
    let [ann, ben] = two(&server, ben).await;
    for page in [&ann, &ben] {
        // Where the probe comes late, it must be there before the offers.
        page.reset().await;
    }
    let (a, b) =
        tokio::join!(ann.eval(RENEGOTIATE, vec![json!(100)]), ben.eval(RENEGOTIATE, vec![json!(100)]));
    assert_eq!([a, b], [Value::Bool(true), Value::Bool(true)]);
    all_meet(&[&ann, &ben]).await;
}

#[tokio::test]
async fn offers_that_cross_a_hundred_times_end_in_a_call() {
    renegotiate_a_hundred_times(Setup::chrome()).await;
}

#[tokio::test]
async fn offers_that_cross_those_of_a_firefox_end_in_a_call() {
    renegotiate_a_hundred_times(Setup::firefox()).await;
}

async fn freeze(page: &Page, state: &str) {
    page.cdp("Page.setWebLifecycleState", json!({ "state": state })).await;
}

/// The page of a telephone in a pocket, in a call with another Chromium and a Firefox.
#[tokio::test]
async fn a_page_that_sleeps_for_a_minute_is_in_the_call_again() {
    let server = Server::start().await;
    let [ann, ben] = two(&server, Setup::chrome()).await;
    let cem = comes(&server, Setup::firefox(), "Cem").await;
    freeze(&ann, "frozen").await;
    // How long it sleeps is what is tested.
    sleep(FROZEN).await;
    freeze(&ann, "active").await;
    let begin = Instant::now();
    all_meet(&[&ann, &ben, &cem]).await;
    println!("all met {:.1} s after a minute's sleep", begin.elapsed().as_secs_f64());
}

async fn comes(server: &Server, setup: Setup, name: &str) -> Page {
    let page = Browser::start(setup).await.open(name, &server.url()).await;
    join(&page, "tea").await;
    meets(&page, &["Ann", "Ben"]).await;
    page
}

/// Dropping the last page of a browser kills it (`SIGKILL`), with all its processes.
#[tokio::test]
async fn killed_browsers_leave_no_tiles_behind_and_no_seats_taken() {
    let server = Server::with(tools::dist(), &["--capacity", "3"]).await;
    let [ann, ben] = two(&server, Setup::chrome()).await;
    for setup in [Setup::chrome(), Setup::firefox()] {
        let cem = comes(&server, setup, "Cem").await;
        meets(&ann, &["Ben", "Cem"]).await;
        // Firefox was seen to say goodbye even so (its tile goes at once), and leaves no ghost to wait for.
        let owner = match cem.browser().kind() {
            Kind::Chrome => Some(ann.browser().open("Dan", &server.url()).await),
            Kind::Firefox | Kind::WebKit => None,
        };
        drop(cem);
        let begin = Instant::now();
        if let Some(owner) = &owner {
            waits_for_the_seat(owner).await;
        }
        for page in [&ann, &ben] {
            page.within(GONE, "Cem's tile to go", |look| look.tile("Cem").is_none()).await;
        }
        println!("a killed browser's tile went after {:.1} s", begin.elapsed().as_secs_f64());
        if let Some(owner) = &owner {
            gets_the_seat(owner, &[&ann, &ben]).await;
            println!("its owner was in the room again after {:.1} s", begin.elapsed().as_secs_f64());
        }
        all_meet(&[&ann, &ben]).await;
    }
}

/// Somebody whose browser was killed comes back as somebody else, to a room whose last seat is kept for their ghost.
async fn waits_for_the_seat(owner: &Page) {
    knock(owner).await;
    let told = |look: &Look| look.problem == "seat-kept" && look.notice("seat-kept").is_some();
    owner.until("a sentence about the seat that is kept", told).await;
}

/// ...and gets it without doing anything; then they leave.
async fn gets_the_seat(owner: &Page, others: &[&Page; 2]) {
    let is_in = |look: &Look| look.state == "joined" && look.problem.is_empty();
    owner.within(GONE, "to be let in by itself", is_in).await;
    let [ann, ben] = others;
    all_meet(&[ann, ben, owner]).await;
    owner.press("leave").await;
    for page in others {
        page.until("Dan's tile to go", |look| look.tile("Dan").is_none()).await;
    }
}

/// Nobody ever sees two of them, and the picture is back soon: how soon is printed.
async fn reloads(ben: Setup) {
    let server = Server::start().await;
    let [ann, ben] = two(&server, ben).await;
    let begin = Instant::now();
    ben.reload().await;
    ann.within(PATIENCE, "Ben's picture after his reload", |look| {
        let tiles: Vec<_> = look.others().collect();
        assert!(tiles.len() <= 1, "nobody is there twice: {look}");
        tiles
            .iter()
            .any(|tile| tile.connection == "connected" && tile.video.as_ref().is_some_and(|v| v.frames > 0))
    })
    .await;
    println!("a reloaded page was seen again after {:.1} s", begin.elapsed().as_secs_f64());
    comes_back(&ben).await;
    meets(&ann, &["Ben"]).await;
    match ben.browser().kind() {
        Kind::Chrome => meets(&ben, &["Ann"]).await,
        // The probe comes too late to the reloaded page to listen to what it plays.
        Kind::Firefox | Kind::WebKit => drop(sees(&ben, &["Ann"]).await),
    }
}

#[tokio::test]
async fn a_reloaded_page_is_back_in_one_tile() {
    reloads(Setup::chrome()).await;
}

#[tokio::test]
async fn a_reloaded_firefox_is_back_in_one_tile() {
    reloads(Setup::firefox()).await;
}
