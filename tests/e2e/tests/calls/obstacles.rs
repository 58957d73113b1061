//! What stands between a person and the room: each has its own sentence and a way on.

use serde_json::json;
use visavis_e2e::call::{join, sees};
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Look, Page, Server, Site, tools};

/// Asks to be let in, without waiting for it.
/// Asks to be let in, and does not wait for the answer.
pub(crate) async fn knock(page: &Page) {
    page.until("a lobby that can be used", |look| {
        look.state == "lobby" && look.control("join").is_some_and(|join| !join.disabled)
    })
    .await;
    page.fill("input[name=room]", "tea").await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
}

/// The first of these controls that can be used.
fn way_on<'a>(look: &'a Look, names: &[&'a str]) -> &'a str {
    let usable = |name: &&&str| look.control(name).is_some_and(|control| !control.disabled);
    names.iter().find(usable).unwrap_or_else(|| panic!("no way on among {names:?}: {look}"))
}

#[tokio::test]
async fn an_unreachable_server_is_explained_and_reached_once_it_is_there() {
    let port = free_port();
    let bundle = Bundle::talking_to(&format!("ws://127.0.0.1:{port}/ws"));
    let site = Server::serving(&bundle).await;
    let ann = Browser::chrome().await.open("Ann", &site.url()).await;
    knock(&ann).await;
    ann.until("a sentence about the server", |look| {
        look.problem == "unreachable"
            && look.notice("unreachable").is_some()
            && look.control("retry").is_some()
    })
    .await;

    let _server = Server::on_port(port, tools::dist(), vec![]).await;
    // In one step: the page may reach the server by itself, and then the button is gone, which is as good.
    ann.eval("document.querySelector('[data-control=retry]')?.click()", vec![]).await;
    ann.until("to be in the room", |look| look.state == "joined" && look.problem.is_empty()).await;
    let look = ann.look().await;
    assert!(look.notice("unreachable").is_none(), "what is mended is not talked about: {look}");
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
    knock(&cem).await;
    let look = cem
        .until("a sentence about the full room", |look| {
            look.problem == "room-full" && look.notice("room-full").is_some()
        })
        .await;
    let text = &look.notice("room-full").expect("it was just there").text;
    assert!(!text.contains("The server says"), "nothing is said twice: {text}");
    let way = way_on(&look, &["join", "retry", "rejoin"]).to_owned();
    sees(&ann, &["Ben"]).await;

    ben.press("leave").await;
    ann.until("Ben's tile to go", |look| look.tile("Ben").is_none()).await;
    cem.press(&way).await;
    cem.until("to be in the room", |look| look.state == "joined" && look.problem.is_empty()).await;
    sees(&ann, &["Cem"]).await;
}

#[tokio::test]
async fn a_wrong_configuration_is_explained_by_its_field_and_gone_once_corrected() {
    let bundle = Bundle::with_config(&json!({ "signalling": { "url": "/ws" } }));
    let site = Server::serving(&bundle).await;
    let ann = Browser::chrome().await.open("Ann", &site.url()).await;
    let look = ann
        .until("a sentence about the configuration", |look| {
            look.problem == "config" && look.notice("config").is_some()
        })
        .await;
    let notice = look.notice("config").expect("just seen");
    assert!(notice.text.contains("signalling"), "the sentence names the field: {look}");

    std::fs::write(bundle.path().join("config.json"), "{}").expect("it can be corrected");
    ann.press(way_on(&look, &["reload", "retry"])).await;
    join(&ann, "tea").await;
}

#[tokio::test]
async fn a_configuration_that_cannot_be_loaded_is_told_and_loaded_once_it_is_there() {
    let bundle = Bundle::with_config(&json!({}));
    let config = bundle.path().join("config.json");
    std::fs::remove_file(&config).expect("it was there");
    for status in [403, 503] {
        let site = Site::at("127.0.0.1", bundle.path(), status).await;
        let ann = Browser::chrome().await.open("Ann", &site.url()).await;
        let look = ann
            .until("a sentence about the configuration", |look| look.problem == "config-unavailable")
            .await;
        let text = &look.notice("config-unavailable").expect("it is explained").text;
        assert!(text.contains("config.json"), "{text}");
        assert!(text.contains(&status.to_string()), "{text}");
        std::fs::write(&config, "{\"defaults\": {\"room\": \"tea\"}}").expect("it can be written");
        ann.until("the lobby", |look| look.state == "lobby").await;
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
