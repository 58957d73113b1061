//! Microphone and camera, off and on.

use visavis_e2e::call::{all_see_and_hear, falls_silent, join, sees, sees_and_hears};
use visavis_e2e::relay::pass_through;
use visavis_e2e::{Browser, Page, RelayedServer, Server, Setup};

async fn sees_sources(page: &Page, name: &str, microphone: &str, camera: &str) {
    page.wait_until(&format!("{name}'s microphone {microphone}, camera {camera}"), |snapshot| {
        snapshot.tile(name).is_some_and(|tile| tile.microphone == microphone && tile.camera == camera)
    })
    .await;
}

async fn holds_tracks(page: &Page, kinds: &[&str]) {
    page.wait_until(&format!("live tracks {kinds:?}"), |snapshot| {
        let mut kinds_held = snapshot.resources.tracks.clone();
        kinds_held.sort();
        kinds_held == kinds
    })
    .await;
}

#[tokio::test]
async fn switching_sources_stops_devices_and_needs_no_negotiation() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::start(Setup::chrome()).await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    let negotiated = site.relay.count("description") + site.relay.count("candidate");

    ann.press("camera").await;
    for page in [&ann, &ben] {
        sees_sources(page, "Ann", "on", "off").await;
    }
    holds_tracks(&ann, &["audio"]).await;
    ann.press("camera").await;
    sees_sources(&ben, "Ann", "on", "on").await;
    holds_tracks(&ann, &["audio", "video"]).await;
    sees_and_hears(&ben, &["Ann"]).await;

    ann.press("microphone").await;
    for page in [&ann, &ben] {
        sees_sources(page, "Ann", "off", "on").await;
    }
    falls_silent(&ben, "Ann").await;
    sees(&ben, &["Ann"]).await;
    // Also while the button of the microphone has the focus: it was just pressed. (A look at Ben's tab would end it.)
    ann.hold_key(' ', true).await;
    sees_sources(&ann, "Ann", "on", "on").await;
    ann.hold_key(' ', false).await;
    for page in [&ann, &ben] {
        sees_sources(page, "Ann", "off", "on").await;
    }
    ann.press("microphone").await;
    sees_sources(&ben, "Ann", "on", "on").await;
    all_see_and_hear(&[&ann, &ben]).await;
    assert_eq!(
        site.relay.count("description") + site.relay.count("candidate"),
        negotiated,
        "nothing was negotiated"
    );
}

#[tokio::test]
async fn whoever_joins_with_everything_off_can_switch_it_on_in_the_call() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome()).await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    ann.wait_until("devices in the lobby", |snapshot| {
        ["microphone", "camera"].iter().all(|name| snapshot.control(name).is_some_and(|it| it.state == "on"))
    })
    .await;
    for source in ["microphone", "camera"] {
        ann.press(source).await;
    }
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    sees_and_hears(&ann, &["Ben"]).await;
    sees_sources(&ben, "Ann", "off", "off").await;

    for source in ["microphone", "camera"] {
        ann.press(source).await;
    }
    sees_sources(&ben, "Ann", "on", "on").await;
    all_see_and_hear(&[&ann, &ben]).await;

    // Whoever came by a link to watch was not asked for a device.
    let cem = browser.open("Cem", &format!("{}?watch", server.url())).await;
    join(&cem, "tea").await;
    sees_and_hears(&cem, &["Ann", "Ben"]).await;
    assert_eq!(cem.snapshot().await.resources.tracks, [""; 0]);
    for source in ["microphone", "camera"] {
        cem.press(source).await;
    }
    all_see_and_hear(&[&ann, &ben, &cem]).await;
}
