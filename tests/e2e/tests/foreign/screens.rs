//! Screens between Visavis pages through other people's servers, and what other people's clients notice of them: nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear_somebody, join, sees_and_hears_count};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::screen::{start_sharing, stop_sharing};
use visavis_e2e::{Browser, Page, StaticSite};

use crate::clients::{their_page, their_site};
use crate::scenes::{Fixture, SceneRunner};
use crate::servers::room_of;

const ROOM: &str = "tea-and-cake";

#[tokio::test]
async fn visavis_pages_share_screens_through_other_peoples_servers() {
    let mut runner = SceneRunner::new().await;
    for dialect in ["broadcast", "peerjs"] {
        let browser = runner.browser();
        runner.run(dialect, visavis_pages_share(browser, dialect)).await;
    }
    let pages = their_site().await;
    runner
        .run(
            "group-chat, beside a client of theirs",
            visavis_pages_share_beside_theirs(runner.browser(), &pages),
        )
        .await;
    runner.finish();
}

async fn visavis_pages_share(browser: Arc<Browser>, dialect: &str) {
    let mut fixture = Fixture::start(dialect, dialect, "/").await;
    let (ann, ben) = two_visavis_pages(&browser, &fixture).await;
    start_sharing(&ann).await;
    sees_and_hears_count(&ben, 2).await;
    stop_sharing(&ann).await;
    sees_and_hears_count(&ben, 1).await;
    fixture.server.assert_alive();
    ann.close().await;
    ben.close().await;
}

async fn two_visavis_pages(browser: &Arc<Browser>, fixture: &Fixture) -> (Page, Page) {
    let ann = browser.open("Ann", &fixture.app.url()).await;
    join(&ann, ROOM).await;
    let ben = browser.open("Ben", &fixture.app.url()).await;
    join(&ben, &room_of(&ann).await).await;
    all_see_and_hear_somebody(&[&ann, &ben]).await;
    (ann, ben)
}

/// Counts what changes the calls that a page of theirs has.
const COUNT_CHANGES: &str = "window.changes = 0;
    for (const name of ['setRemoteDescription', 'setLocalDescription', 'close']) {
        const original = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = function () {
            window.changes += 1;
            return original.apply(this, arguments);
        };
    }";

async fn visavis_pages_share_beside_theirs(browser: Arc<Browser>, pages: &StaticSite) {
    let mut fixture = Fixture::start("group-chat --version 4", "group-chat", "/").await;
    let (ann, ben) = two_visavis_pages(&browser, &fixture).await;
    let theirs = their_page(&browser, pages, &fixture.server, "group-chat", ROOM, "").await;
    sees_and_hears_count(&ann, 2).await;
    sees_and_hears_count(&ben, 2).await;
    they_see(&theirs, 2).await;

    theirs.eval(COUNT_CHANGES, vec![]).await;
    start_sharing(&ann).await;
    sees_and_hears_count(&ben, 3).await;
    they_see(&theirs, 2).await;
    stop_sharing(&ann).await;
    sees_and_hears_count(&ben, 2).await;
    they_see(&theirs, 2).await;
    assert_eq!(theirs.eval("return window.changes", vec![]).await, json!(0), "their calls are as they were");
    fixture.server.assert_alive();
    for page in [ann, ben, theirs] {
        page.close().await;
    }
}

/// What moves on a page of theirs: for each video the frames shown so far, and a number that changes with its picture.
const VIDEOS: &str =
    "return (await window.snapshot()).videos.map(({ frames, picture }) => [frames, picture])";

/// They see so many moving pictures, and no other.
async fn they_see(theirs: &Page, count: usize) {
    let begin = Instant::now();
    let mut first: Option<Vec<(u64, String)>> = None;
    loop {
        let now: Vec<(u64, String)> =
            serde_json::from_value(theirs.eval(VIDEOS, vec![]).await).expect("a list of pictures");
        let moved = first.as_ref().is_some_and(|first| {
            first.iter().zip(&now).all(|(first, now)| now.0 > first.0 + 2 && now.1 != first.1)
        });
        if moved && now.len() == count {
            return;
        }
        assert!(begin.elapsed() < WAIT_TIMEOUT, "they see {now:?}, at first {first:?}");
        let all = now.len() == count && now.iter().all(|(frames, _)| *frames > 0);
        first = first.filter(|first| first.len() == now.len()).or(all.then_some(now));
        sleep(Duration::from_millis(100)).await;
    }
}
