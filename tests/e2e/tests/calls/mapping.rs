//! A server that the page knows only from a file: its mistakes are explained by line, and once it is right, people meet.
//!
//! The server is our own, which the page takes for a stranger's.

use serde_json::{Value, json};
use visavis_e2e::call::{all_see_and_hear, join, sees_and_hears};
use visavis_e2e::{Browser, Bundle, Page, Server};

use crate::server_menu::{text, wait_for_text};

/// What our server speaks, with a mistake in line 4.
const MAPPING: &str = r#"{
  "capacity": 8,
  "send": {
    "join": { "type": "join", "version": 1, "room": "{roam}", "name": "{name}", "identity": "{me}" },
    "description": { "type": "description", "to": "{to}", "description": "{description}" },
    "candidate": { "type": "candidate", "to": "{to}", "candidate": "{candidate}" },
    "leave": { "type": "leave" },
    "pong": { "type": "pong" }
  },
  "receive": {
    "joined": { "type": "joined", "id": "{me}", "participants": [{ "id": "{id}", "name": "{name}" }] },
    "peerJoined": { "type": "participant-joined", "participant": { "id": "{id}", "name": "{name}" } },
    "description": { "type": "description", "from": "{from}", "description": "{description}" },
    "candidate": { "type": "candidate", "from": "{from}", "candidate": "{candidate?}" },
    "peerLeft": { "type": "participant-left", "id": "{id}" },
    "full": { "type": "error", "code": "room-full" },
    "error": { "type": "error", "text": "{text}" },
    "ping": { "type": "ping" },
    "ignore": { "type": "media" }
  }
}
"#;

#[tokio::test]
async fn a_mapping_is_corrected_by_its_line_and_people_meet() {
    let config = json!({ "signaling": { "url": "/ws", "dialect": "mapping", "mapping": "our.json" } });
    let bundle = Bundle::with_config(&config);
    let file = bundle.path().join("our.json");
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &site.url()).await;
    let is_told = |what: &'static str| {
        ann.wait_until(what, move |snapshot| {
            snapshot.notice("config").is_some_and(|notice| notice.text.contains(what))
        })
    };
    is_told("our.json cannot be loaded").await;

    std::fs::write(&file, MAPPING).expect("it can be written");
    ann.reload().await;
    is_told("our.json: line 4: \"send.join.room\" has {roam}; known here: ").await;

    std::fs::write(&file, MAPPING.replace("{roam}", "{room}")).expect("it can be corrected");
    ann.reload().await;
    join(&ann, "tea").await;
    let ben = browser.open("Ben", &site.url()).await;
    join(&ben, "tea").await;
    let cid = browser.open("Cid", &site.url()).await;
    join(&cid, "tea").await;
    all_see_and_hear(&[&ann, &ben, &cid]).await;
    for page in [&ann, &ben, &cid] {
        let snapshot = page.snapshot().await;
        assert_eq!(snapshot.errors, Vec::<String>::new(), "nothing is misunderstood");
    }

    ben.press("leave").await;
    all_see_and_hear(&[&ann, &cid]).await;
}

async fn eval_bool(page: &Page, script: &str) -> bool {
    page.eval(&format!("return {script}"), vec![]).await == json!(true)
}

/// Writes a description of the server into the panel of messages, and tries it.
async fn try_mapping(page: &Page, mapping: &str) {
    page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    if !eval_bool(page, "document.querySelector('.trial').open").await {
        page.click(".trial summary").await;
    }
    page.fill(".trial textarea", mapping).await;
    page.press("try-mapping").await;
}

async fn try_valid_mapping(page: &Page) {
    try_mapping(page, &MAPPING.replace("{roam}", "{room}")).await;
    wait_for_text(page, "[data-control=drop-mapping]", "Back").await;
}

#[tokio::test]
async fn a_server_is_described_in_the_page_against_the_server_itself() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let address = format!("{}?try", server.url());
    let ann = browser.open("Ann", &address).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    ann.click(".trial summary").await;
    let example = "document.querySelector('.trial textarea').value";
    assert!(
        eval_bool(&ann, &format!("{example}.startsWith('{{\\n  \"carrier\"')")).await,
        "there is an example to begin with"
    );
    assert!(
        eval_bool(&ann, "!document.querySelector('[data-control=drop-mapping]').checkVisibility()").await
    );

    try_mapping(&ann, MAPPING).await;
    wait_for_text(&ann, ".trial .wrong", "line 4: \"send.join.room\" has {roam}; known here: ").await;
    assert!(eval_bool(&ann, &format!("{example}.includes('roam')")).await, "the text is kept");
    assert!(eval_bool(&ann, "document.activeElement.matches('.trial textarea[aria-invalid=true]')").await);
    assert!(eval_bool(&ann, "getSelection().toString().includes('roam')").await, "the line is selected");
    ann.fill(".trial input", "example.org").await;
    ann.press("try-mapping").await;
    wait_for_text(&ann, ".trial .wrong", "wss://").await;
    assert!(eval_bool(&ann, "document.activeElement.matches('.trial input[aria-invalid=true]')").await);
    ann.fill(".trial input", &format!("ws://127.0.0.1:{}/ws", server.port())).await;

    // Everybody who joins has described it: here, in another tab of the same browser.
    try_valid_mapping(&ann).await;
    let ben = browser.open("Ben", &address).await;
    try_valid_mapping(&ben).await;
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    all_see_and_hear(&[&ann, &ben]).await;
    let trace = text(&ann, ".trace ol").await;
    assert!(trace.contains("\"participant-joined\""), "{trace}");
    assert!(trace.contains("heard joined"), "{trace}");
    // A reload goes on with it.
    ben.reload().await;
    sees_and_hears(&ann, &["Ben"]).await;
    sees_and_hears(&ben, &["Ann"]).await;

    ann.press("drop-mapping").await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert!(
        eval_bool(&ann, "!document.querySelector('.trial').open && !('visavis-trial' in sessionStorage)")
            .await
    );
    join(&ann, "milk").await;
    wait_for_text(&ann, ".trace ol", "\"version\":1").await;
}

#[tokio::test]
async fn the_menu_offers_a_described_server_only_where_there_is_a_description() {
    let offered = "document.querySelector('option[value=mapping]') != null";
    let right: Value = serde_json::from_str(&MAPPING.replace("{roam}", "{room}")).expect("it is JSON");
    for (mapping, there) in [(Value::Null, false), (right, true)] {
        let config = json!({ "signaling": { "url": "/ws", "choose": true, "mapping": mapping } });
        let bundle = Bundle::with_config(&config);
        let site = Server::serving(&bundle).await;
        let browser = Browser::chrome().await;
        let link = format!("{}?room=tea&dialect=mapping&server=/ws", site.url());
        let ann = browser.open("Ann", &link).await;
        ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
        assert_eq!(eval_bool(&ann, offered).await, there, "{mapping}");
        if there {
            wait_for_text(&ann, "[data-server]", "one at this site (mapping)").await;
            join(&ann, "tea").await;
            let ben = browser.open("Ben", &link).await;
            join(&ben, "tea").await;
            all_see_and_hear(&[&ann, &ben]).await;
        } else {
            wait_for_text(&ann, ".server .wrong", "no such kind").await;
        }
    }
}
