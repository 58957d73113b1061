//! The preflight test before a call: each line says whether it works, and if not, which it was and why.

use serde_json::json;
use visavis_e2e::preflight::{Line, check, read, states};
use visavis_e2e::server::free_port;
use visavis_e2e::turn::SECRET;
use visavis_e2e::{Browser, Bundle, Page, Server, Setup, Turn, tools};

/// The line whose text has this in it.
fn line_containing<'a>(lines: &'a [Line], words: &str) -> &'a Line {
    lines.iter().find(|line| line.text.contains(words)).unwrap_or_else(|| panic!("{words}: {lines:#?}"))
}

/// Everything that was opened for it is closed. In a lobby one connection is ready for a call.
async fn releases_connections(page: &Page) {
    page.wait_until("every connection but the one that is ready to be closed", |snapshot| {
        let lobby = snapshot.state == "lobby";
        (snapshot.resources.connections, snapshot.resources.prepared) == (0, usize::from(lobby))
    })
    .await;
}

async fn take_screenshots(page: &Page, name: &str) {
    for (width, height) in [(1280, 800), (360, 740)] {
        page.resize(width, height).await;
        page.eval("document.querySelector('.check').scrollIntoView({ block: 'end' })", vec![]).await;
        let snapshot = page.snapshot().await;
        assert!(snapshot.scroll_width <= snapshot.width, "something is cut off at the side");
        let path = tools::artifacts().join(format!("check-{name}-{width}.png"));
        page.screenshot(&path.to_string_lossy()).await;
    }
}

#[tokio::test]
async fn everything_that_works_is_said_to_work() {
    let turn = Turn::start().await;
    let stun = format!("stun:127.0.0.1:{}", turn.port());
    let flags = ["--ice-url", &stun, "--turn-secret", SECRET, "--turn-url", &turn.url()];
    let server = Server::with(tools::dist(), &flags).await;
    let page = Browser::chrome().await.open("Ann", &server.url()).await;
    let lines = check(&page).await;
    assert_eq!(states(&lines), ["passed"; 5], "{lines:#?}");
    assert_eq!(lines[0].item, "server");
    releases_connections(&page).await;
    take_screenshots(&page, "good").await;

    // Whoever puts the results away, or joins, has done with it.
    page.press("check").await;
    page.press("close-check").await;
    releases_connections(&page).await;
    assert!(read(&page).await.is_empty());
    page.press("check").await;
    visavis_e2e::call::join(&page, "tea").await;
    releases_connections(&page).await;
    assert_eq!(page.snapshot().await.errors, [""; 0]);
}

#[tokio::test]
async fn a_firefox_checks_too() {
    let turn = Turn::start().await;
    let flags = ["--turn-secret", SECRET, "--turn-url", &turn.url()];
    let server = Server::with(tools::dist(), &flags).await;
    let page = Browser::firefox().await.open("Ann", &server.url()).await;
    let lines = check(&page).await;
    // Without a sound card it cannot listen, and says so.
    let heard = if lines[1].state == "skipped" { "skipped" } else { "passed" };
    assert_eq!(states(&lines), ["passed", heard, "passed", "passed"], "{lines:#?}");
    releases_connections(&page).await;
}

#[tokio::test]
async fn the_server_that_fails_is_named() {
    let turn = Turn::start().await;
    let dead = format!("turn:127.0.0.1:{}?transport=tcp", free_port());
    let bundle = Bundle::with_config(&json!({ "iceServers": [
        { "urls": turn.url(), "username": "ann", "credential": "wrong" },
        { "urls": dead, "username": "ann", "credential": "wrong" },
        { "urls": format!("stun:127.0.0.1:{}", turn.port()) },
    ]}));
    let server = Server::serving(&bundle).await;
    let page = Browser::chrome().await.open("Ann", &server.url()).await;
    page.wait_until("the camera to be on", |snapshot| {
        snapshot.control("camera").is_some_and(|control| control.state == "on")
    })
    .await;
    page.press("camera").await;
    let lines = check(&page).await;
    assert_eq!(states(&lines), ["passed", "passed", "skipped", "failed", "failed", "passed"], "{lines:#?}");
    let refused = line_containing(&lines, &turn.url());
    assert!(refused.text.contains("401"), "{refused:?}");
    assert!(refused.text.contains("credentials"), "{refused:?}");
    assert!(line_containing(&lines, &dead).text.contains("does not answer"), "{lines:#?}");
    assert!(line_containing(&lines, "Camera").text.contains("is off"), "{lines:#?}");
    releases_connections(&page).await;
    take_screenshots(&page, "bad").await;
}

#[tokio::test]
async fn a_dead_server_is_explained_and_a_dark_camera_told() {
    let nobody = format!("ws://127.0.0.1:{}/ws", free_port());
    let bundle = Bundle::with_signaling_url(&nobody);
    let server = Server::serving(&bundle).await;
    let page = Browser::start(Setup::black_chrome()).await.open("Ann", &server.url()).await;
    let lines = check(&page).await;
    assert_eq!(states(&lines), ["failed", "passed", "failed", "skipped"], "{lines:#?}");
    assert!(lines[0].text.contains("Nobody answers there"), "{lines:#?}");
    assert!(lines[2].text.contains("is black"), "{lines:#?}");
    assert!(lines[3].text.contains("only inside one network"), "{lines:#?}");
}
