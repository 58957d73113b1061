//! A server that the page knows only from a file: its mistakes are explained by line, and once it is right, people meet.
//!
//! The server is our own, which the page takes for a stranger's.

use serde_json::{Value, json};
use visavis_e2e::call::{all_meet, join, meets};
use visavis_e2e::{Browser, Bundle, Page, Server};

use crate::menu::{reads, text};

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
        ann.until(what, move |look| look.notice("config").is_some_and(|notice| notice.text.contains(what)))
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
    all_meet(&[&ann, &ben, &cid]).await;
    for page in [&ann, &ben, &cid] {
        let look = page.look().await;
        assert_eq!(look.errors, Vec::<String>::new(), "nothing is misunderstood");
    }

    ben.press("leave").await;
    all_meet(&[&ann, &cid]).await;
}

async fn is(page: &Page, script: &str) -> bool {
    page.eval(&format!("return {script}"), vec![]).await == json!(true)
}

/// Writes a description of the server into the panel of messages, and tries it.
async fn try_it(page: &Page, mapping: &str) {
    page.until("the lobby", |look| look.control("join").is_some()).await;
    if !is(page, "document.querySelector('.trial').open").await {
        page.click(".trial summary").await;
    }
    page.fill(".trial textarea", mapping).await;
    page.press("try-mapping").await;
}

async fn tries_what_is_right(page: &Page) {
    try_it(page, &MAPPING.replace("{roam}", "{room}")).await;
    reads(page, "[data-control=drop-mapping]", "Back").await;
}

#[tokio::test]
async fn a_server_is_described_in_the_page_against_the_server_itself() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let address = format!("{}?try", server.url());
    let ann = browser.open("Ann", &address).await;
    ann.until("the lobby", |look| look.control("join").is_some()).await;
    ann.click(".trial summary").await;
    let example = "document.querySelector('.trial textarea').value";
    assert!(
        is(&ann, &format!("{example}.startsWith('{{\\n  \"carrier\"')")).await,
        "there is an example to begin with"
    );
    assert!(is(&ann, "!document.querySelector('[data-control=drop-mapping]').checkVisibility()").await);

    try_it(&ann, MAPPING).await;
    reads(&ann, ".trial .wrong", "line 4: \"send.join.room\" has {roam}; known here: ").await;
    assert!(is(&ann, &format!("{example}.includes('roam')")).await, "the text is kept");
    assert!(is(&ann, "document.activeElement.matches('.trial textarea[aria-invalid=true]')").await);
    assert!(is(&ann, "getSelection().toString().includes('roam')").await, "the line is selected");
    ann.fill(".trial input", "example.org").await;
    ann.press("try-mapping").await;
    reads(&ann, ".trial .wrong", "wss://").await;
    assert!(is(&ann, "document.activeElement.matches('.trial input[aria-invalid=true]')").await);
    ann.fill(".trial input", &format!("ws://127.0.0.1:{}/ws", server.port())).await;

    // Everybody who joins has described it: here, in another tab of the same browser.
    tries_what_is_right(&ann).await;
    let ben = browser.open("Ben", &address).await;
    tries_what_is_right(&ben).await;
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    all_meet(&[&ann, &ben]).await;
    let heard = text(&ann, ".trace ol").await;
    assert!(heard.contains("\"participant-joined\""), "{heard}");
    assert!(heard.contains("heard joined"), "{heard}");
    // A reload goes on with it.
    ben.reload().await;
    meets(&ann, &["Ben"]).await;
    meets(&ben, &["Ann"]).await;

    ann.press("drop-mapping").await;
    ann.until("the lobby", |look| look.control("join").is_some()).await;
    assert!(is(&ann, "!document.querySelector('.trial').open && !('visavis-trial' in sessionStorage)").await);
    join(&ann, "milk").await;
    reads(&ann, ".trace ol", "\"version\":1").await;
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
        ann.until("the lobby", |look| look.control("join").is_some()).await;
        assert_eq!(is(&ann, offered).await, there, "{mapping}");
        if there {
            reads(&ann, "[data-server]", "one at this site (mapping)").await;
            join(&ann, "tea").await;
            let ben = browser.open("Ben", &link).await;
            join(&ben, "tea").await;
            all_meet(&[&ann, &ben]).await;
        } else {
            reads(&ann, ".server .wrong", "no such kind").await;
        }
    }
}
