//! What goes wrong with a LiveKit, and how it is configured otherwise.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join, sees_microphone, wait_for_lobby};
use visavis_e2e::{LiveKit, LiveKitOptions, Page, Setup, Token};

use crate::clients::{they_see_and_hear, wait_until_theirs};
use crate::livekit::{LiveKitFixture, is_disconnected};

/// Long enough for another socket to be opened.
const RECONNECT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_livekit_that_is_killed_and_then_shut_down() {
    let Some(mut fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    for how in ["was killed", "was shut down"] {
        if how == "was killed" {
            fixture.livekit.kill().await;
        } else {
            fixture.livekit.terminate().await;
        }
        sleep(Duration::from_millis(2500)).await;
        fixture.livekit.restart().await;
        let begin = Instant::now();
        all_see_and_hear(&[&ben, &ann]).await;
        println!("seen and heard {:.1} s after a LiveKit that {how} was back", begin.elapsed().as_secs_f64());
    }
    ben.press("microphone").await;
    sees_microphone(&ann, "Ben", "off").await;
    fixture.livekit.restart().await;
    ann.within(RECONNECT, "to be away", |snapshot| snapshot.state != "joined").await;
    // Nobody comes back unmuted.
    ann.within(RECONNECT, "to see Ben again", |snapshot| {
        snapshot.tile("Ben").is_some_and(|tile| tile.connection == "connected" && tile.microphone == "off")
    })
    .await;
}

#[tokio::test]
async fn the_node_with_the_room_dies_while_another_lives() {
    let Some([mut first, second]) = LiveKit::start_two(&LiveKitOptions::default()).await else { return };
    let other = second.url();
    let fixture = LiveKitFixture::giving_tokens(second, &[first.url()]).await;
    let chrome = fixture.browser(Setup::small_chrome()).await;
    // Our server names one of them first, and the room is there.
    let ann = fixture.open_configured(&chrome, "Ann").await;
    join(&ann, "tea").await;
    let ben = fixture.open_configured(&fixture.browser(Setup::small_firefox()).await, "Ben").await;
    join(&ben, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let mut fixture = fixture;
    fixture.livekit.kill().await;
    let begin = Instant::now();
    for page in [&ann, &ben] {
        page.within(RECONNECT, "to have noticed", |snapshot| snapshot.state != "joined").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    println!("seen and heard {:.1} s after the node at {other} died", begin.elapsed().as_secs_f64());
    first.kill().await;
}

#[tokio::test]
async fn a_lost_socket_is_taken_up_again_and_no_frame_is_missed() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let watch = "window.gap = 0;
        const video = document.querySelector('[data-participant]:not([data-self]) video');
        let last = performance.now();
        const frame = now => { window.gap = Math.max(window.gap, now - last); last = now; video.requestVideoFrameCallback(frame); };
        video.requestVideoFrameCallback(frame);
        const socket = window.sockets.at(-1), before = window.sockets.length, begin = performance.now();
        socket.close();
        window.back = new Promise(resolve => { const wait = () => {
            const next = window.sockets[before];
            if (!next) return setTimeout(wait, 1);
            next.addEventListener('message', () => resolve(performance.now() - begin), { once: true });
        }; wait(); });";
    ann.eval(watch, vec![]).await;
    let back = ann.eval("return await window.back", vec![]).await;
    ben.press("microphone").await;
    sees_microphone(&ann, "Ben", "off").await;
    ben.press("microphone").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let gap = ann.eval("return window.gap", vec![]).await;
    println!("a lost socket: heard again after {back} ms, longest pause between frames {gap} ms");
    assert_eq!(ann.snapshot().await.resources.connections, 1, "it has not changed");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why() {
    let options = LiveKitOptions { max_participants: 1, ..LiveKitOptions::default() };
    let Some(fixture) = LiveKitFixture::start(&options).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    // The browser would close with its last window.
    let _idle = chrome.open_blank("nobody").await;
    let expired = Token { identity: "Ann", name: "Ann", room: "tea", valid_for: -3600, ..Token::default() };
    for token in [String::new(), fixture.livekit.token(&expired)] {
        let ann = fixture.open(&chrome, "Ann", &format!("?access_token={token}")).await;
        try_to_join(&ann).await;
        ann.wait_until("to be told", |snapshot| snapshot.obstacle == "refused").await;
        ann.close().await;
    }
    let _ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.open(&chrome, "Ben", &format!("?access_token={}", fixture.token("tea", "Ben"))).await;
    try_to_join(&ben).await;
    ben.wait_until("to be told that it does not open", |snapshot| !snapshot.obstacle.is_empty()).await;
}

async fn try_to_join(page: &Page) {
    wait_for_lobby(page).await;
    page.fill("input[name=room]", "tea").await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
}

#[tokio::test]
async fn a_room_that_is_made_and_ended_by_its_administrator() {
    let options = LiveKitOptions { auto_create: false, ..LiveKitOptions::default() };
    let Some(fixture) = LiveKitFixture::start(&options).await else { return };
    fixture.livekit.create_room("tea").await;
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let zoe = fixture.open_theirs(&chrome, "tea", "Zoe").await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    they_see_and_hear(&zoe).await;
    let listener = json!({ "can_subscribe": true, "can_publish": false });
    fixture.livekit.change_permission("tea", "Ann", &listener).await;
    wait_until_theirs(&zoe, "to see nobody", "return !document.querySelector('video')").await;
    fixture
        .livekit
        .change_permission("tea", "Ann", &json!({ "can_subscribe": true, "can_publish": true }))
        .await;
    they_see_and_hear(&zoe).await;
    fixture.livekit.delete_room("tea").await;
    is_disconnected(&zoe, "ROOM_DELETED").await;
    ann.wait_until("to be out", |snapshot| snapshot.state == "left").await;
}

#[tokio::test]
async fn a_livekit_that_comes_and_goes() {
    let Some(mut fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    all_see_and_hear(&[&ann, &ben]).await;
    for away in [0, 300, 1500] {
        fixture.livekit.kill().await;
        sleep(Duration::from_millis(away)).await;
        fixture.livekit.restart().await;
        sleep(Duration::from_millis(1000)).await;
        fixture.livekit.terminate().await;
        fixture.livekit.restart().await;
    }
    let begin = Instant::now();
    all_see_and_hear(&[&ben, &ann]).await;
    println!("seen and heard {:.1} s after a LiveKit that comes and goes", begin.elapsed().as_secs_f64());
}
