//! What stands between a person and the room: each has its own sentence and a way on.

use serde_json::json;
use visavis_e2e::call::{join, sees};
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Page, Server, Snapshot, StaticSite, tools};

/// Fills in the lobby and presses Join, without waiting for the answer.
pub(crate) async fn request_join(page: &Page) {
    page.wait_until("a lobby that can be used", |snapshot| {
        snapshot.state == "lobby" && snapshot.control("join").is_some_and(|join| !join.disabled)
    })
    .await;
    page.fill("input[name=room]", "tea").await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
}

/// The first of these controls that can be used.
fn usable_control<'a>(snapshot: &'a Snapshot, names: &[&'a str]) -> &'a str {
    let usable = |name: &&&str| snapshot.control(name).is_some_and(|control| !control.disabled);
    names.iter().find(usable).unwrap_or_else(|| panic!("no way on among {names:?}: {snapshot}"))
}

#[tokio::test]
async fn an_unreachable_server_is_explained_and_reached_once_it_is_there() {
    let port = free_port();
    let bundle = Bundle::with_signaling_url(&format!("ws://127.0.0.1:{port}/ws"));
    let site = Server::serving(&bundle).await;
    let ann = Browser::chrome().await.open("Ann", &site.url()).await;
    request_join(&ann).await;
    ann.wait_until("a sentence about the server", |snapshot| {
        snapshot.problem == "unreachable"
            && snapshot.notice("unreachable").is_some()
            && snapshot.control("retry").is_some()
    })
    .await;

    let _server = Server::on_port(port, tools::dist(), vec![]).await;
    // In one step: the page may reach the server by itself, and then the button is gone, which is as good.
    ann.eval("document.querySelector('[data-control=retry]')?.click()", vec![]).await;
    ann.wait_until("to be in the room", |snapshot| snapshot.state == "joined" && snapshot.problem.is_empty())
        .await;
    let snapshot = ann.snapshot().await;
    assert!(snapshot.notice("unreachable").is_none(), "what is mended is not talked about: {snapshot}");
}

#[tokio::test]
async fn a_full_room_is_explained_and_entered_once_there_is_a_place() {
    let server = Server::with(tools::dist(), &["--capacity", "2"]).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    let cem = browser.open("Cem", &server.url()).await;
    request_join(&cem).await;
    let snapshot = cem
        .wait_until("a sentence about the full room", |snapshot| {
            snapshot.problem == "room-full" && snapshot.notice("room-full").is_some()
        })
        .await;
    let text = &snapshot.notice("room-full").expect("it was just there").text;
    assert!(!text.contains("The server says"), "nothing is said twice: {text}");
    let control = usable_control(&snapshot, &["join", "retry", "rejoin"]).to_owned();
    sees(&ann, &["Ben"]).await;

    ben.press("leave").await;
    ann.wait_until("Ben's tile to go", |snapshot| snapshot.tile("Ben").is_none()).await;
    cem.press(&control).await;
    cem.wait_until("to be in the room", |snapshot| snapshot.state == "joined" && snapshot.problem.is_empty())
        .await;
    sees(&ann, &["Cem"]).await;
}

#[tokio::test]
async fn a_wrong_configuration_is_explained_by_its_field_and_gone_once_corrected() {
    let bundle = Bundle::with_config(&json!({ "signalling": { "url": "/ws" } }));
    let site = Server::serving(&bundle).await;
    let ann = Browser::chrome().await.open("Ann", &site.url()).await;
    let snapshot = ann
        .wait_until("a sentence about the configuration", |snapshot| {
            snapshot.problem == "config" && snapshot.notice("config").is_some()
        })
        .await;
    let notice = snapshot.notice("config").expect("just seen");
    assert!(notice.text.contains("signalling"), "the sentence names the field: {snapshot}");

    std::fs::write(bundle.path().join("config.json"), "{}").expect("it can be corrected");
    ann.press(usable_control(&snapshot, &["reload", "retry"])).await;
    join(&ann, "tea").await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_loaded_is_told_and_loaded_once_it_is_there() {
    let bundle = Bundle::with_config(&json!({}));
    let config = bundle.path().join("config.json");
    std::fs::remove_file(&config).expect("it was there");
    for status in [403, 503] {
        let site = StaticSite::at("127.0.0.1", bundle.path(), status).await;
        let ann = Browser::chrome().await.open("Ann", &site.url()).await;
        let snapshot = ann
            .wait_until("a sentence about the configuration", |snapshot| {
                snapshot.problem == "config-unavailable"
            })
            .await;
        let text = &snapshot.notice("config-unavailable").expect("it is explained").text;
        assert!(text.contains("config.json"), "{text}");
        assert!(text.contains(&status.to_string()), "{text}");
        std::fs::write(&config, "{\"defaults\": {\"room\": \"tea\"}}").expect("it can be written");
        ann.wait_until("the lobby", |snapshot| snapshot.state == "lobby").await;
        std::fs::remove_file(&config).expect("it was there");
    }
}

#[tokio::test]
async fn the_same_person_in_a_second_window_is_a_second_person() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, other) =
        (browser.open("Ann", &server.url()).await, browser.open("Ann again", &server.url()).await);
    for page in [&ann, &other] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ann again"]).await;
    sees(&other, &["Ann"]).await;
}
