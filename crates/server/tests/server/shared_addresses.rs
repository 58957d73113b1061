//! Many people behind one address, honest or not, with and without a proxy that says who they are.

use std::net::Ipv4Addr;

use serde_json::json;
use tungstenite::Message;
use visavis_server::{AddressLimits, Config, Limits};

use crate::support::{Client, Running, config, get, join_as, local, start, with_limits};

const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 9, 9);

/// Somebody who joins, from `source` and with these headers; what the server answers to it.
async fn enter(
    server: &Running,
    n: u32,
    source: Ipv4Addr,
    headers: &[(&'static str, &str)],
) -> (Client, String) {
    let mut client = server.connect_from(source, headers).await;
    // One that is not let in may be told so before it asks.
    let join = join_as(&format!("room {}", n / 6), &format!("{n:032}"), "somebody");
    let _ = client.try_send(Message::text(join.to_string())).await;
    let answer = client.next().await.unwrap();
    let answer = answer["code"].as_str().or(answer["type"].as_str()).unwrap().to_owned();
    (client, answer)
}

/// The addresses of many people.
fn person(n: u32) -> String {
    Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + n).to_string()
}

#[tokio::test]
async fn three_hundred_people_behind_a_trusted_proxy_are_told_apart() {
    let server = start(Config { trusted_proxies: vec!["127.0.9.9".parse().unwrap()], ..config() }).await;
    let mut people = Vec::new();
    for n in 0..300 {
        let forwarded = [person(n), format!("for={}", person(n))];
        let header =
            if n % 2 == 0 { ("x-forwarded-for", &*forwarded[0]) } else { ("forwarded", &*forwarded[1]) };
        let (client, answer) = enter(&server, n, PROXY, &[header]).await;
        assert_eq!(answer, "joined", "{n}");
        people.push(client);
    }
    assert_eq!(server.health().await["participants"], 300);
    // One of them is no more than one of them, and cannot say that they are another.
    let mut joined = 0;
    for n in 1000..1200 {
        let said = format!("{}, {}", person(n), person(0));
        joined += usize::from(enter(&server, n, PROXY, &[("x-forwarded-for", &said)]).await.1 == "joined");
    }
    assert!((60..80).contains(&joined), "{joined}");
    assert_eq!(enter(&server, 2000, PROXY, &[("x-forwarded-for", &person(1))]).await.1, "joined");
}

#[tokio::test]
async fn thirty_people_behind_one_address_all_get_in_also_after_a_reload() {
    let server = start(config()).await;
    for _ in 0..2 {
        let mut people = Vec::new();
        for n in 0..30 {
            let (mut client, answer) = enter(&server, n, local(1), &[]).await;
            assert_eq!(answer, "joined", "{n}");
            client.send(&json!({"type": "pong"})).await;
            people.push(client);
        }
    }
    for _ in 0..30 {
        let mut client = server.connect_from(local(1), &[]).await;
        client.send(&json!({"type": "check"})).await;
        client.expect("ice-servers").await;
    }
}

/// Somebody put a proxy in front and forgot to say so: its people are not shut out.
#[tokio::test]
async fn people_behind_a_proxy_that_nobody_trusts_get_in() {
    let server = start(config()).await;
    let mut people = Vec::new();
    for n in 0..300 {
        let (client, answer) = enter(&server, n, PROXY, &[("x-forwarded-for", &person(n))]).await;
        assert_eq!(answer, "joined", "{n}");
        people.push(client);
    }
    assert_eq!(get(server.addr, "/healthz", "x-forwarded-for: 198.18.0.1\r\n").await.status, 200);
    assert_eq!(enter(&server, 1000, local(1), &[]).await.1, "joined");
}

/// The header of a proxy costs nothing, so all strangers who send it get one reserve together, and not one each; and it
/// is not what people of other addresses live on.
#[tokio::test]
async fn saying_to_be_a_proxy_is_worth_little() {
    let per_address = Some(AddressLimits::for_connections(32));
    let server = start(with_limits(Limits { per_address, ..Limits::default() })).await;
    let mut joined = 0;
    for address in 1..=10 {
        for n in 0..60 {
            let header = [("x-forwarded-for", &*person(address * 100 + n))];
            let Ok(mut client) = server.try_connect_from(local(address as u16), &header).await else {
                continue;
            };
            let join = join_as("r", &format!("{:032}", address * 100 + n), "nobody");
            let _ = client.try_send(Message::text(join.to_string())).await;
            let answer = client.next().await.unwrap();
            joined += usize::from(answer["type"] == "joined" || answer["code"] == "room-full");
        }
    }
    // 16 for each of ten addresses, and 64 for all of them.
    assert!((160..270).contains(&joined), "{joined}");
    assert_eq!(enter(&server, 5000, local(999), &[]).await.1, "joined");
    assert_eq!(enter(&server, 5001, PROXY, &[("x-forwarded-for", "198.18.0.1")]).await.1, "joined");
}

#[tokio::test]
async fn joining_over_new_sockets_is_no_faster_than_over_one() {
    let per_address = Some(AddressLimits::for_connections(32));
    let server = start(with_limits(Limits { per_address, ..Limits::default() })).await;
    let mut one = server.connect_from(local(1), &[]).await;
    let mut joined = 0;
    loop {
        one.send(&join_as("r", &"m".repeat(32), "mallory")).await;
        one.send(&json!({"type": "leave"})).await;
        match one.next().await {
            Some(answer) if answer["type"] == "joined" => joined += 1,
            Some(answer) => break assert_eq!(answer["code"], "rate-limited"),
            None => break,
        }
        assert!(joined < 1000);
    }
    for n in 0..20 {
        let (_client, answer) = enter(&server, n, local(1), &[]).await;
        joined += usize::from(answer == "joined");
    }
    assert!((16..24).contains(&joined), "{joined}");
    assert_eq!(enter(&server, 5000, local(2), &[]).await.1, "joined");
}

/// Many sockets of one address, none of which sends too much by itself.
#[tokio::test]
async fn bytes_of_one_address_are_bounded_together() {
    let per_address = Some(AddressLimits::for_connections(16));
    let server = start(with_limits(Limits { per_address, ..Limits::default() })).await;
    let mut refused = 0;
    for _ in 0..16 {
        let mut client = server.connect_from(local(1), &[]).await;
        for _ in 0..4 {
            // 9.6 MB in all, of 4 MB.
            client.send_text("x".repeat(150_000)).await;
            let answer = client.next().await.unwrap();
            if answer["code"] == "rate-limited" {
                refused += 1;
                break;
            }
            assert_eq!(answer["code"], "bad-request");
        }
    }
    assert!(refused > 0);
    server.connect_from(local(2), &[]).await.expect_quiet().await;
}
