//! The signaling socket, as far as it can be tried without a server; `tests/e2e` does the rest.

use std::rc::Rc;

use visavis::socket::Socket;
use visavis_core::SocketEvent;
use visavis_core::signaling::Endpoint;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Events, sleep, until};

/// Nothing listens there.
const NOBODY: &str = "ws://127.0.0.1:49151/ws";

fn socket() -> (Socket, Events<SocketEvent>) {
    let events = Events::new();
    let sink = events.clone();
    (Socket::new(Rc::new(move |event| sink.push(event))), events)
}

fn endpoint(url: &str) -> Endpoint {
    Endpoint::new(url)
}

#[wasm_bindgen_test]
async fn an_unreachable_server_is_told_exactly_once() {
    let (socket, events) = socket();
    socket.open(&endpoint(NOBODY));
    socket.send("too early");
    until("the end of the socket", || events.len() > 0).await;
    sleep(200).await;
    socket.close();
    socket.send("too late");
    assert_eq!(events.take(), [SocketEvent::Closed]);
}

#[wasm_bindgen_test]
fn a_bad_url_is_told_exactly_once() {
    let (socket, events) = socket();
    socket.open(&endpoint("ws://["));
    assert_eq!(events.take(), [SocketEvent::Closed]);
}

#[wasm_bindgen_test]
async fn nothing_follows_a_close() {
    let (socket, events) = socket();
    socket.open(&endpoint(NOBODY));
    socket.close();
    socket.open(&endpoint(NOBODY));
    drop(socket);
    sleep(500).await;
    assert_eq!(events.take(), []);
}
