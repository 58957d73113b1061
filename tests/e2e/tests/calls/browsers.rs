//! Different browsers in one room.

use std::time::Duration;

use visavis_e2e::call::{all_meet, comes_back, join};
use visavis_e2e::{Browser, Page, Server};

async fn everybody_joins(pages: &[&Page]) {
    for page in pages {
        join(page, "tea").await;
    }
}

#[tokio::test]
async fn two_chromes_and_a_firefox_see_and_hear_one_another() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    let cem = Browser::chrome().await.open("Cem", &server.url()).await;
    everybody_joins(&[&ann, &ben, &cem]).await;
    all_meet(&[&ann, &ben, &cem]).await;

    ben.reload().await;
    comes_back(&ben).await;
    all_meet(&[&ann, &ben, &cem]).await;
}

#[tokio::test]
async fn two_firefoxes_see_and_hear_each_other() {
    let server = Server::start().await;
    let browser = Browser::firefox().await;
    let ann = browser.open("Ann", &server.url()).await;
    let ben = browser.open("Ben", &server.url()).await;
    everybody_joins(&[&ann, &ben]).await;
    all_meet(&[&ann, &ben]).await;
    for page in [&ann, &ben] {
        assert_eq!(page.look().await.errors, Vec::<String>::new(), "nothing goes wrong in silence");
    }
}

/// Counts what only a repair does.
const COUNT_REPAIRS: &str = "window.repairs = 0;
    for (const name of ['restartIce', 'close']) {
        const original = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = function () {
            // What the lobby tries connects to nobody.
            if (this.remoteDescription) window.repairs += 1;
            return original.apply(this, arguments);
        };
    }";

/// Long enough for every kind of silence to be believed.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_call_in_which_people_fall_silent_is_not_repaired() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let mut pages = Vec::new();
    for (browser, name) in [(&chrome, "Ann"), (&chrome, "Ben"), (&firefox, "Fay")] {
        let page = browser.open(name, &server.url()).await;
        page.eval(COUNT_REPAIRS, Vec::new()).await;
        join(&page, "tea").await;
        pages.push(page);
    }
    all_meet(&pages.iter().collect::<Vec<_>>()).await;
    let [ann, _, fay] = [0, 1, 2];
    pages[ann].press("microphone").await;
    pages[fay].press("microphone").await;
    tokio::time::sleep(LONG).await;
    pages[ann].press("camera").await;
    pages[fay].press("camera").await;
    tokio::time::sleep(LONG).await;
    for page in &pages {
        let repairs = page.eval("return window.repairs", Vec::new()).await;
        assert_eq!(repairs, 0, "{}: {}", page.name(), page.look().await);
        let look = page.look().await;
        assert!(look.others().all(|tile| tile.connection == "connected"), "{look}");
    }
}
