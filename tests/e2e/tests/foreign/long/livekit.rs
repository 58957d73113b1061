//! What goes wrong with a LiveKit, and how it is configured otherwise.

use serde_json::json;
use visavis_e2e::{LiveKit, LiveKitOptions, Setup};

use crate::clients::{they_see_and_hear, wait_until_theirs};
use crate::livekit::{LiveKitFixture, is_disconnected};

#[tokio::test]
async fn two_people_at_two_nodes() {
    let Some([first, second]) = LiveKit::start_two(&LiveKitOptions::default()).await else { return };
    let fixture = LiveKitFixture::around(first).await;
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let yan = fixture.open_theirs(&chrome, "tea", "Yan").await;
    let zoe = fixture.open_theirs_at(&chrome, &second.url(), "tea", "Zoe").await;
    they_see_and_hear(&yan).await;
    they_see_and_hear(&zoe).await;
}

#[tokio::test]
async fn a_livekit_that_is_killed_and_then_shut_down() {
    let Some(mut fixture) = LiveKitFixture::in_network(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let yan = fixture.open_theirs(&chrome, "tea", "Yan").await;
    let zoe = fixture.open_theirs(&chrome, "tea", "Zoe").await;
    they_see_and_hear(&yan).await;
    fixture.livekit.restart().await;
    for page in [&yan, &zoe] {
        they_see_and_hear(page).await;
    }
    fixture.livekit.terminate().await;
    for page in [&yan, &zoe] {
        is_disconnected(page, "SERVER_SHUTDOWN").await;
    }
}

#[tokio::test]
async fn a_room_that_is_made_and_ended_by_its_administrator() {
    let options = LiveKitOptions { auto_create: false, ..LiveKitOptions::default() };
    let Some(fixture) = LiveKitFixture::start(&options).await else { return };
    fixture.livekit.create_room("tea").await;
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let zoe = fixture.open_theirs(&chrome, "tea", "Zoe").await;
    let there = fixture.livekit.participants("tea").await;
    let tracks = there[0]["tracks"].as_array().expect("a list of tracks");
    let microphone = tracks.iter().find(|track| track["source"] == "MICROPHONE").expect("a microphone");
    let sid = microphone["sid"].as_str().expect("a track has a name");
    fixture.livekit.mute_track("tea", "Zoe", sid, true).await;
    let muted = "return !window.client.livekit.localParticipant.isMicrophoneEnabled";
    wait_until_theirs(&zoe, "to be muted", muted).await;
    let listener = json!({ "can_subscribe": true, "can_publish": false });
    fixture.livekit.change_permission("tea", "Zoe", &listener).await;
    let silent = "return window.client.livekit.localParticipant.trackPublications.size === 0";
    wait_until_theirs(&zoe, "to publish nothing any more", silent).await;
    fixture.livekit.delete_room("tea").await;
    is_disconnected(&zoe, "ROOM_DELETED").await;
}
