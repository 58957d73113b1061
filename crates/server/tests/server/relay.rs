//! Credentials for TURN relays.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use visavis_server::{Config, Relay};

use crate::support::{Running, config, id, start};

async fn serve(ttl: Duration) -> Running {
    let urls = vec!["turn:turn.example.org:3478".to_owned()];
    let relay = Some(Relay { urls, secret: "north".to_owned(), ttl });
    start(Config { relay, ice_urls: vec!["stun:stun.example.org".to_owned()], ..config() }).await
}

/// Until when a list of servers is good, as its user name says.
fn expiry(list: &Value) -> u64 {
    let username = list["servers"][1]["username"].as_str().unwrap();
    username.split_once(':').unwrap().0.parse().unwrap()
}

#[tokio::test]
async fn everybody_gets_their_own() {
    let server = serve(Duration::from_secs(600)).await;
    let (_ann, joined) = server.join("r", 'a').await;
    let list = &joined["iceServers"];
    assert_eq!(list["expiresIn"], 600);
    assert_eq!(list["servers"][0], json!({"urls": ["stun:stun.example.org"]}));
    assert_eq!(list["servers"][1]["urls"], json!(["turn:turn.example.org:3478"]));
    assert!(list["servers"][1]["username"].as_str().unwrap().ends_with(&format!(":{}", id('a'))));
    let left = expiry(list) - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((590..=600).contains(&left), "{left}");
    let (_bob, joined) = server.join("r", 'b').await;
    assert_ne!(joined["iceServers"]["servers"][1], list["servers"][1]);
}

#[tokio::test]
async fn whoever_checks_before_a_call_gets_some_too() {
    let server = serve(Duration::from_secs(600)).await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let mut client = server.connect().await;
        client.send(&json!({"type": "check"})).await;
        let list = client.expect("ice-servers").await;
        assert_eq!((&list["expiresIn"], list["servers"].as_array().unwrap().len()), (&json!(600), 2));
        names.push(list["servers"][1]["username"].as_str().unwrap().to_owned());
    }
    assert!(names[0].contains(":check") && names[0] != names[1], "{names:?}");
}

#[tokio::test]
async fn new_ones_come_before_the_old_expire() {
    let server = serve(Duration::from_secs(4)).await;
    let (mut ann, joined) = server.join("r", 'a').await;
    let mut before = expiry(&joined["iceServers"]);
    for _ in 0..2 {
        let list = ann.expect("ice-servers").await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        assert!(now < before, "the old ones are still good");
        assert!(expiry(&list) > before && list["servers"].as_array().unwrap().len() == 2, "{list}");
        before = expiry(&list);
    }
}
