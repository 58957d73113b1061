//! A page that sleeps, a browser that is killed, offers that cross a hundred times.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{all_see_and_hear, join, sees_and_hears};
use visavis_e2e::{Browser, Page, Server, Setup, Snapshot, tools};

use crate::glare_and_reload::{renegotiate, two_in_call};
use crate::join_errors::request_join;

/// How long a page is frozen. Longer than anybody's patience with a silent path.
const FROZEN: Duration = Duration::from_secs(60);
/// When the tile of somebody is gone at the latest: after 25 s the server takes a silent client for dead
/// (`docs/signaling-protocol.md`), and whoever is lost to it and to the ear is given up 12 s later.
const GONE: Duration = Duration::from_secs(25 + 12);

#[tokio::test]
async fn offers_that_cross_a_hundred_times_end_in_a_call() {
    renegotiate(Setup::small_chrome(), 100).await;
}

#[tokio::test]
async fn offers_that_cross_those_of_a_firefox_a_hundred_times_end_in_a_call() {
    renegotiate(Setup::small_firefox(), 100).await;
}

async fn freeze(page: &Page, state: &str) {
    page.cdp("Page.setWebLifecycleState", json!({ "state": state })).await;
}

/// The page of a telephone in a pocket, in a call with another Chromium and a Firefox.
#[tokio::test]
async fn a_page_that_sleeps_for_a_minute_is_in_the_call_again() {
    let server = Server::start().await;
    let [ann, ben] = two_in_call(&server, Setup::small_chrome()).await;
    let cem = join_third(&server, Setup::small_firefox(), "Cem").await;
    let tab = ann.hide().await;
    freeze(&ann, "frozen").await;
    // How long it sleeps is what is tested.
    sleep(FROZEN).await;
    freeze(&ann, "active").await;
    ann.unhide(tab).await;
    let begin = Instant::now();
    all_see_and_hear(&[&ann, &ben, &cem]).await;
    println!("all met {:.1} s after a minute's sleep", begin.elapsed().as_secs_f64());
}

async fn join_third(server: &Server, setup: Setup, name: &str) -> Page {
    let page = Browser::start(setup).await.open(name, &server.url()).await;
    join(&page, "tea").await;
    sees_and_hears(&page, &["Ann", "Ben"]).await;
    page
}

/// Dropping the last page of a browser kills it (`SIGKILL`), with all its processes.
#[tokio::test]
async fn killed_browsers_leave_no_tiles_behind_and_no_seats_taken() {
    let server = Server::with(tools::dist(), &["--capacity", "3"]).await;
    let [ann, ben] = two_in_call(&server, Setup::small_chrome()).await;
    for setup in [Setup::small_chrome(), Setup::small_firefox()] {
        let cem = join_third(&server, setup, "Cem").await;
        sees_and_hears(&ann, &["Ben", "Cem"]).await;
        // Firefox was seen to say goodbye even so (its tile goes at once), and leaves no ghost to wait for.
        let owner = match cem.browser().kind() {
            BrowserKind::Chrome => Some(ann.browser().open("Dan", &server.url()).await),
            BrowserKind::Firefox | BrowserKind::WebKit => None,
        };
        drop(cem);
        let begin = Instant::now();
        if let Some(owner) = &owner {
            waits_for_the_seat(owner).await;
        }
        for page in [&ann, &ben] {
            let left = GONE.saturating_sub(begin.elapsed());
            page.within(left, "Cem's tile to go", |snapshot| snapshot.tile("Cem").is_none()).await;
        }
        println!("a killed browser's tile went after {:.1} s", begin.elapsed().as_secs_f64());
        if let Some(owner) = &owner {
            gets_the_seat(owner, begin, &[&ann, &ben]).await;
            println!("its owner was in the room again after {:.1} s", begin.elapsed().as_secs_f64());
        }
        all_see_and_hear(&[&ann, &ben]).await;
    }
}

/// Somebody whose browser was killed comes back as somebody else, to a room whose last seat is kept for their ghost.
async fn waits_for_the_seat(owner: &Page) {
    request_join(owner).await;
    let shows_seat_kept =
        |snapshot: &Snapshot| snapshot.problem == "seat-kept" && snapshot.notice("seat-kept").is_some();
    owner.wait_until("a sentence about the seat that is kept", shows_seat_kept).await;
}

/// ...and gets it without doing anything; then they leave.
async fn gets_the_seat(owner: &Page, since: Instant, others: &[&Page; 2]) {
    let is_joined = |snapshot: &Snapshot| snapshot.state == "joined" && snapshot.problem.is_empty();
    owner.within(GONE.saturating_sub(since.elapsed()), "to be let in by itself", is_joined).await;
    let [ann, ben] = others;
    all_see_and_hear(&[ann, ben, owner]).await;
    owner.press("leave").await;
    for page in others {
        page.wait_until("Dan's tile to go", |snapshot| snapshot.tile("Dan").is_none()).await;
    }
}
