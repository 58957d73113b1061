//! Microphone and camera, off and on.

use visavis_e2e::call::{all_meet, falls_silent, join, meets, sees};
use visavis_e2e::relay::honest;
use visavis_e2e::{Browser, Bundle, Page, Relay, Server};

async fn sees_sources(page: &Page, name: &str, microphone: &str, camera: &str) {
    page.until(&format!("{name}'s microphone {microphone}, camera {camera}"), |look| {
        look.tile(name).is_some_and(|tile| tile.microphone == microphone && tile.camera == camera)
    })
    .await;
}

async fn holds(page: &Page, kinds: &[&str]) {
    page.until(&format!("live tracks {kinds:?}"), |look| {
        let mut held = look.held.tracks.clone();
        held.sort();
        held == kinds
    })
    .await;
}

#[tokio::test]
async fn switching_sources_stops_devices_and_needs_no_negotiation() {
    let server = Server::start().await;
    let relay = Relay::start(server.port(), honest).await;
    let bundle = Bundle::talking_to(&relay.url());
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_meet(&[&ann, &ben]).await;
    let negotiated = relay.count("description") + relay.count("candidate");

    ann.press("camera").await;
    for page in [&ann, &ben] {
        sees_sources(page, "Ann", "on", "off").await;
    }
    holds(&ann, &["audio"]).await;
    ann.press("camera").await;
    sees_sources(&ben, "Ann", "on", "on").await;
    holds(&ann, &["audio", "video"]).await;
    meets(&ben, &["Ann"]).await;

    ann.press("microphone").await;
    for page in [&ann, &ben] {
        sees_sources(page, "Ann", "off", "on").await;
    }
    falls_silent(&ben, "Ann").await;
    sees(&ben, &["Ann"]).await;
    ann.press("microphone").await;
    sees_sources(&ben, "Ann", "on", "on").await;
    all_meet(&[&ann, &ben]).await;
    assert_eq!(relay.count("description") + relay.count("candidate"), negotiated, "nothing was negotiated");
}

#[tokio::test]
async fn whoever_joins_with_everything_off_can_switch_it_on_in_the_call() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    ann.until("devices in the lobby", |look| {
        ["microphone", "camera"].iter().all(|name| look.control(name).is_some_and(|it| it.state == "on"))
    })
    .await;
    for source in ["microphone", "camera"] {
        ann.press(source).await;
    }
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    meets(&ann, &["Ben"]).await;
    sees_sources(&ben, "Ann", "off", "off").await;

    for source in ["microphone", "camera"] {
        ann.press(source).await;
    }
    sees_sources(&ben, "Ann", "on", "on").await;
    all_meet(&[&ann, &ben]).await;
}
