//! What goes wrong with a Janus, how it is configured otherwise, and who else is there.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join, sees_microphone, wait_for_lobby};
use visavis_e2e::{JanusRooms, Page, Setup};

use crate::clients::see_and_hear_each_other;
use crate::janus::JanusFixture;

/// Long enough for another socket to be opened.
const RECONNECT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_janus_that_is_started_anew() {
    let Some(mut fixture) = JanusFixture::start(&JanusRooms::default()).await else { return };
    let (ann, ben) = fixture.call(Setup::small_chrome(), "tea").await;
    fixture.janus.kill().await;
    sleep(Duration::from_secs(2)).await;
    fixture.janus.restart().await;
    let begin = Instant::now();
    all_see_and_hear(&[&ann, &ben]).await;
    println!("seen and heard {:.1} s after Janus was back", begin.elapsed().as_secs_f64());
}

#[tokio::test]
async fn a_session_is_claimed_after_a_lost_socket() {
    let rooms = JanusRooms { reclaim_timeout: 20, ..JanusRooms::default() };
    let Some(fixture) = JanusFixture::start(&rooms).await else { return };
    let (ann, ben) = fixture.call(Setup::small_chrome(), "tea").await;
    ann.eval("window.said.length = 0; window.sockets.at(-1).close()", vec![]).await;
    ann.within(RECONNECT, "to have lost the socket", |snapshot| snapshot.state != "joined").await;
    // The page that is away has to find that out.
    ben.press("microphone").await;
    ann.within(RECONNECT, "to be back", |snapshot| snapshot.state == "joined").await;
    sees_microphone(&ann, "Ben", "off").await;
    let said = "return window.said.map(said => said.body?.request ?? said.janus)
        .filter(word => !['trickle', 'keepalive', 'info'].includes(word)).join(' ')";
    let said = ann.eval(said, vec![]).await;
    // Another subscription tells what was missed, and is given back: no connection has changed.
    assert_eq!(said, json!("claim listparticipants attach join detach"));
    ben.press("microphone").await;
    all_see_and_hear(&[&ann, &ben]).await;
}

#[tokio::test]
async fn a_page_that_uses_the_library_of_janus_is_in_the_same_room() {
    let rooms = JanusRooms { rooms: vec![(1234, 6, "")], ..JanusRooms::default() };
    let Some(fixture) = JanusFixture::start(&rooms).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.open(&chrome, "Ann", "").await;
    join(&ann, "1234").await;
    // The browser would close with its last window, and hides what is behind another one.
    let other = fixture.browser(Setup::small_chrome()).await;
    let _idle = other.open_blank("nobody").await;
    let zoe = fixture.open_theirs(&other, "1234").await;
    // Whoever is there before them, and whoever comes after.
    see_and_hear_each_other(&ann, &zoe).await;
    assert!(ann.snapshot().await.tile("Zoe").is_some(), "they have a name");
    zoe.eval("window.client.leave()", vec![]).await;
    ann.wait_until("Zoe to be gone", |snapshot| snapshot.others().count() == 0).await;
    zoe.close().await;
    let zoe = fixture.open_theirs(&other, "1234").await;
    see_and_hear_each_other(&ann, &zoe).await;
}

#[tokio::test]
async fn a_pin_and_a_full_room_are_told() {
    let rooms = JanusRooms { rooms: vec![(42, 1, "4711")], ..JanusRooms::default() };
    let Some(fixture) = JanusFixture::start(&rooms).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    // The browser would close with its last window.
    let _idle = chrome.open_blank("nobody").await;
    for (query, words) in [("", "the room asks for a PIN"), ("?pin=1", "wrong pin")] {
        let ann = fixture.open(&chrome, "Ann", query).await;
        try_to_join(&ann, "42").await;
        let told = ann
            .wait_until("to be told of the PIN", |snapshot| snapshot.notice("unauthorised").is_some())
            .await;
        let text = told.notice("unauthorised").map(|notice| notice.text.clone()).unwrap_or_default();
        assert!(text.contains(words), "{text}");
        ann.close().await;
    }
    let ann = fixture.open(&chrome, "Ann", "?pin=4711").await;
    join(&ann, "42").await;
    // One may publish, and Ann does.
    sleep(Duration::from_secs(2)).await;
    let ben = fixture.open(&chrome, "Ben", "?pin=4711").await;
    try_to_join(&ben, "42").await;
    ben.wait_until("to be told that the room is full", |snapshot| snapshot.notice("room-full").is_some())
        .await;
}

#[tokio::test]
async fn a_janus_whose_rooms_are_texts() {
    let rooms = JanusRooms { string_ids: true, ..JanusRooms::default() };
    let Some(fixture) = JanusFixture::start(&rooms).await else { return };
    fixture.call(Setup::small_chrome(), "Tea & cake").await;
}

async fn try_to_join(page: &Page, room: &str) {
    wait_for_lobby(page).await;
    page.fill("input[name=room]", room).await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
}
