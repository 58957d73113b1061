//! Devices that are missing or refused: each says so in its own words, and one can be in the room all the same.

use std::sync::Arc;

use serde_json::json;
use visavis_e2e::call::{join, sees, sees_and_hears};
use visavis_e2e::{Browser, Page, Server, Setup};

/// Somebody whose devices work, waiting in the room.
async fn host(url: &str) -> Page {
    let page = Browser::start(Setup::chrome()).await.open("Host", url).await;
    join(&page, "tea").await;
    page
}

/// The lobby says what is wrong with which source.
async fn shows_error(page: &Page, code: &str, sources: &[&str]) {
    page.wait_until(&format!("a sentence about {code:?} for {sources:?}"), |snapshot| {
        let failed = |name: &&str| {
            snapshot.control(name).is_some_and(|control| control.state == "failed" && control.error == code)
        };
        snapshot.notice(code).is_some() && sources.iter().all(failed)
    })
    .await;
}

/// Joins and sees and hears the host, who sees which of our sources are there.
async fn joins_anyway(guest: &Page, host: &Page, microphone: &str, camera: &str) {
    join(guest, "tea").await;
    sees_and_hears(guest, &["Host"]).await;
    host.wait_until(&format!("the guest with microphone {microphone}, camera {camera}"), |snapshot| {
        snapshot.tile(guest.name()).is_some_and(|tile| {
            tile.connection == "connected" && tile.microphone == microphone && tile.camera == camera
        })
    })
    .await;
}

/// Decides about a permission before a page asks for it (Chrome).
async fn decide_permission(page: &Page, url: &str, name: &str, setting: &str) {
    let origin = url.trim_end_matches('/');
    let decision = json!({ "permission": { "name": name }, "setting": setting, "origin": origin });
    page.cdp("Browser.setPermission", decision).await;
}

async fn browser_that_asks() -> Arc<Browser> {
    Browser::start(Setup::chrome().without("--use-fake-ui")).await
}

#[tokio::test]
async fn a_denied_camera_is_explained_and_works_once_allowed() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let guest = browser_that_asks().await.open_blank("Guest").await;
    decide_permission(&guest, &server.url(), "camera", "denied").await;
    decide_permission(&guest, &server.url(), "microphone", "granted").await;
    guest.goto(&server.url()).await;
    shows_error(&guest, "denied", &["camera"]).await;
    joins_anyway(&guest, &host, "on", "off").await;

    // Nobody has to press anything.
    decide_permission(&guest, &server.url(), "camera", "granted").await;
    guest
        .wait_until("the camera to be on", |snapshot| {
            snapshot.control("camera").is_some_and(|it| it.state == "on")
        })
        .await;
    sees(&host, &["Guest"]).await;
}

#[tokio::test]
async fn everything_denied_is_explained_and_one_joins_anyway() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let guest = browser_that_asks().await.open_blank("Guest").await;
    for name in ["camera", "microphone"] {
        decide_permission(&guest, &server.url(), name, "denied").await;
    }
    guest.goto(&server.url()).await;
    shows_error(&guest, "denied", &["camera", "microphone"]).await;
    joins_anyway(&guest, &host, "off", "off").await;
}

#[tokio::test]
async fn a_missing_camera_is_explained_and_one_joins_anyway() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let setup = Setup::chrome()
        .without("--use-fake-device")
        .with("--use-fake-device-for-media-stream=device-count=0");
    let guest = Browser::start(setup).await.open("Guest", &server.url()).await;
    shows_error(&guest, "not-found", &["camera"]).await;
    joins_anyway(&guest, &host, "on", "off").await;
    sees_and_hears(&guest, &["Host"]).await;
}

#[tokio::test]
async fn a_missing_microphone_is_explained_and_one_joins_anyway() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let guest = Browser::start(Setup::no_microphone()).await.open("Guest", &server.url()).await;
    shows_error(&guest, "not-found", &["microphone"]).await;
    joins_anyway(&guest, &host, "off", "on").await;
    sees(&host, &["Guest"]).await;
}

#[tokio::test]
async fn without_any_device_one_joins_all_the_same() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let guest = Browser::start(Setup::no_device()).await.open("Guest", &server.url()).await;
    shows_error(&guest, "not-found", &["camera", "microphone"]).await;
    joins_anyway(&guest, &host, "off", "off").await;
}

#[tokio::test]
async fn an_insecure_page_is_explained_and_one_joins_anyway() {
    let server = Server::start().await;
    let host = host(&server.url()).await;
    let setup = Setup::chrome().with("--host-resolver-rules=MAP visavis.test 127.0.0.1");
    let url = format!("http://visavis.test:{}/", server.port());
    let guest = Browser::start(setup).await.open("Guest", &url).await;
    shows_error(&guest, "insecure", &["camera", "microphone"]).await;
    joins_anyway(&guest, &host, "off", "off").await;
}
