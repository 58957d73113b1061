//! A host that only hands out files: tabs of one browser meet, and the lobby says what that is.

use serde_json::json;
use visavis_e2e::call::{all_see_and_hear, join, sees, sees_and_hears};
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Server, Snapshot, StaticSite, SubPathProxy, tools};

fn is_demo(snapshot: &Snapshot) -> bool {
    snapshot.state == "lobby" && snapshot.problem.is_empty() && snapshot.notice("no-server").is_some()
}

#[tokio::test]
async fn tabs_of_one_browser_meet_without_any_server() {
    let site = StaticSite::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    let snapshot = ann.wait_until("to be told that there is no server", is_demo).await;
    let text = &snapshot.notice("no-server").expect("just seen").text;
    assert!(text.contains("tabs of this browser only"), "{text}");
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;

    // A third, in the same room; and a fourth in another one.
    let (cem, dan) = (browser.open("Cem", &site.url()).await, browser.open("Dan", &site.url()).await);
    join(&cem, "tea").await;
    join(&dan, "coffee").await;
    for page in [&ann, &ben, &cem] {
        page.wait_until("three in the room", |snapshot| snapshot.others().count() == 2).await;
    }
    sees_and_hears(&cem, &["Ann", "Ben"]).await;
    dan.wait_until("to be alone", |snapshot| {
        snapshot.others().count() == 0 && snapshot.notice("no-server").is_some()
    })
    .await;

    // A switch is told, and whoever goes is gone at once.
    cem.press("camera").await;
    ann.wait_until("Cem's camera to be off", |snapshot| {
        snapshot.tile("Cem").is_some_and(|tile| tile.camera == "off")
    })
    .await;
    cem.press("leave").await;
    ann.wait_until("Cem to be gone", |snapshot| snapshot.shows_exactly(&["Ben"])).await;
    ben.goto("about:blank").await;
    ann.wait_until("Ben to be gone", |snapshot| snapshot.others().count() == 0).await;
}

#[tokio::test]
async fn a_reload_comes_back_to_the_other_tab() {
    let site = StaticSite::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    ben.reload().await;
    ben.wait_until("to be back", |snapshot| snapshot.state == "joined").await;
    for (page, other) in [(&ann, "Ben"), (&ben, "Ann")] {
        sees(page, &[other]).await;
    }
}

#[tokio::test]
async fn a_server_that_comes_later_is_found_from_the_lobby() {
    let port = free_port();
    let site = StaticSite::serving(&tools::dist(), port).await;
    let ann = Browser::chrome().await.open("Ann", &site.url()).await;
    ann.wait_until("to be told that there is no server", is_demo).await;
    drop(site);
    let _server = Server::on_port(port, tools::dist(), vec![]).await;
    ann.press("retry").await;
    ann.wait_until("no word about a demo any more", |snapshot| {
        snapshot.state == "lobby" && snapshot.notice("no-server").is_none() && snapshot.problem.is_empty()
    })
    .await;
    join(&ann, "tea").await;
}

#[tokio::test]
async fn a_server_that_is_down_is_not_absent() {
    // A page that is there, and whose server at /ws of the same origin is behind a proxy that has lost it.
    let bundle = Bundle::with_config(&json!({}));
    let mut server = Server::serving(&bundle).await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    ann.wait_until("the lobby", |snapshot| snapshot.state == "lobby" && snapshot.problem.is_empty()).await;
    server.kill().await;
    ann.wait_until("a sentence about the server", |snapshot| snapshot.problem == "unreachable").await;
    let _site = StaticSite::serving(bundle.path(), server.port()).await;
    ann.press("retry").await;
    ann.wait_until("to be told what is wrong", |snapshot| snapshot.obstacle == "wrong-path").await;
    assert!(ann.snapshot().await.notice("no-server").is_none(), "what was there comes back");
}

#[tokio::test]
async fn a_page_at_a_sub_path_finds_the_server_beside_itself() {
    let server = Server::start().await;
    let proxy = SubPathProxy::start(server.port(), "/visavis/").await;
    let ann = Browser::chrome().await.open("Ann", &proxy.url()).await;
    join(&ann, "tea").await;
    // Somebody who comes straight to the server is in the same room, and not in a demo of the other's browser.
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    join(&ben, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
}

#[tokio::test]
async fn a_server_that_is_down_elsewhere_is_told_and_the_demo_is_only_offered() {
    // Not of this machine's own names, so it stands for any other host.
    let page = StaticSite::at("127.0.0.2", &tools::dist(), 503).await;
    let ann = Browser::chrome().await.open("Ann", &page.url()).await;
    let snapshot = ann.wait_until("to be told what is wrong", |snapshot| snapshot.obstacle == "down").await;
    assert!(snapshot.notice("no-server").is_none(), "no silent demo: {snapshot}");
    ann.press("use-fallback").await;
    ann.wait_until("the demo that was asked for", is_demo).await;
}
