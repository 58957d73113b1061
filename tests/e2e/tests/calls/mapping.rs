//! A server that the page knows only from a file: its mistakes are explained by line, and once it is right, people meet.
//!
//! The server is our own, which the page takes for a stranger's.

use serde_json::json;
use visavis_e2e::call::{all_meet, join};
use visavis_e2e::{Browser, Bundle, Server};

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
