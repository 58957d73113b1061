//! Credentials for TURN relays.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use visavis_server::{Config, TurnConfig};

use crate::support::{Running, config, id, local, start};

async fn serve(ttl: Duration) -> Running {
    let urls = vec!["turn:turn.example.org:3478".to_owned()];
    let turn = Some(TurnConfig { urls, secret: "north".to_owned(), ttl });
    start(Config { turn, ice_urls: vec!["stun:stun.example.org".to_owned()], ..config() }).await
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
async fn whoever_checks_before_a_call_gets_some_too_but_not_for_long() {
    let server = serve(Duration::from_secs(600)).await;
    let mut client = server.connect().await;
    client.send(&json!({"type": "check"})).await;
    let list = client.expect("ice-servers").await;
    assert_eq!((&list["expiresIn"], list["servers"].as_array().unwrap().len()), (&json!(120), 2));
    let left = expiry(&list) - SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    assert!((110..=120).contains(&left), "{left}");
    let (mut ann, _) = server.join("r", 'a').await;
    ann.send(&json!({"type": "check"})).await;
    let list = ann.expect("ice-servers").await;
    assert_eq!(list["expiresIn"], 600, "who is in a room has good ones already");
    assert_eq!(name(&list), id('a'));
}

/// Whose credentials these are: relays have quotas by this name.
fn name(list: &Value) -> String {
    list["servers"][1]["username"].as_str().unwrap().split_once(':').unwrap().1.to_owned()
}

/// A relay is worth something to strangers, and each name has a quota of its own there.
#[tokio::test]
async fn checking_without_end_gives_few_credentials_and_one_name() {
    let server = serve(Duration::from_secs(600)).await;
    let (mut names, mut given) = (BTreeSet::new(), 0);
    for _ in 0..39 {
        let mut client = server.connect_from(local(1), &[]).await;
        for _ in 0..10 {
            client.send(&json!({"type": "check"})).await;
            let answer = client.next().await.unwrap();
            if answer["type"] == "ice-servers" {
                names.insert(name(&answer));
                given += 1;
            } else {
                assert_eq!((&answer["code"], &answer["closes"]), (&json!("rate-limited"), &json!(false)));
            }
        }
    }
    assert!((64..=84).contains(&given), "{given} of 390");
    assert_eq!(names.len(), 1, "{names:?}");
    let mut honest = server.connect().await;
    honest.send(&json!({"type": "check"})).await;
    assert!(!names.contains(&name(&honest.expect("ice-servers").await)));
}

#[tokio::test]
async fn who_has_left_gets_no_new_ones() {
    let server = serve(Duration::from_secs(2)).await;
    let (mut ann, _) = server.join("r", 'a').await;
    let (mut bob, _) = server.join("r", 'b').await;
    ann.expect("participant-joined").await;
    ann.send(&json!({"type": "leave"})).await;
    bob.expect("participant-left").await;
    for _ in 0..2 {
        bob.expect("ice-servers").await;
    }
    ann.expect_quiet().await;
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
        assert!(expiry(&list) > before, "{list}");
        assert!(list["servers"].as_array().unwrap().len() == 2, "{list}");
        before = expiry(&list);
    }
}
