//! A page that sleeps, a browser that is killed, offers that cross a hundred times.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::browser::Kind;
use visavis_e2e::call::{all_meet, join, meets};
use visavis_e2e::{Browser, Look, Page, Server, Setup, tools};

use crate::obstacles::knock;
use crate::trials::{renegotiate, two};

/// How long a page is frozen. Longer than anybody's patience with a silent path.
const FROZEN: Duration = Duration::from_secs(60);
/// When the tile of somebody is gone at the latest: after 25 s the server takes a silent client for dead
/// (`docs/signaling-protocol.md`), and whoever is lost to it and to the ear is given up 12 s later.
const GONE: Duration = Duration::from_secs(25 + 12);

#[tokio::test]
async fn offers_that_cross_a_hundred_times_end_in_a_call() {
    renegotiate(Setup::chrome(), 100).await;
}

#[tokio::test]
async fn offers_that_cross_those_of_a_firefox_a_hundred_times_end_in_a_call() {
    renegotiate(Setup::firefox(), 100).await;
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
