//! The room server of the tutorials, for the pages that bring none: it knows who is in which room and passes messages on.
//!
//! `{type: "join", room}` is answered with `{type: "peers", ids}`; `{to, data}` arrives as `{from, data}`; whoever goes is
//! told as `{type: "left", id}`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// A running server. Dropping it stops it.
pub(crate) struct RoomServer {
    port: u16,
    task: JoinHandle<()>,
}

/// Who is where, and how to tell them something.
#[derive(Default)]
struct Rooms {
    clients: BTreeMap<u64, (String, UnboundedSender<Message>)>,
}

impl RoomServer {
    /// Starts one on a free port.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let rooms = Arc::new(Mutex::new(Rooms::default()));
        let task = tokio::spawn(async move {
            let mut next = 0;
            while let Ok((stream, _)) = listener.accept().await {
                next += 1;
                tokio::spawn(serve(stream, next, rooms.clone()));
            }
        });
        Ok(Self { port, task })
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for RoomServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(stream: TcpStream, id: u64, rooms: Arc<Mutex<Rooms>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut to_page, mut from_page) = accept_async(stream).await?.split();
    let (sender, mut queue) = unbounded_channel();
    tokio::spawn(async move {
        while let Some(message) = queue.recv().await {
            if to_page.send(message).await.is_err() {
                return;
            }
        }
    });
    while let Some(Ok(message)) = from_page.next().await {
        if let Message::Text(text) = message {
            let message = serde_json::from_str(&text).unwrap_or_default();
            rooms.lock().unwrap_or_else(PoisonError::into_inner).handle(id, &message, &sender);
        }
    }
    rooms.lock().unwrap_or_else(PoisonError::into_inner).leave(id);
    Ok(())
}

impl Rooms {
    fn handle(&mut self, id: u64, message: &Value, sender: &UnboundedSender<Message>) {
        if let Some(room) = message["room"].as_str() {
            let ids: Vec<String> = self.others(id, room).map(|(other, _)| other.to_string()).collect();
            self.clients.insert(id, (room.to_owned(), sender.clone()));
            send(sender, &json!({ "type": "peers", "ids": ids }));
        } else if let Some(to) = message["to"].as_str().and_then(|to| to.parse().ok()) {
            let Some((_, other)) = self.clients.get(&to) else { return };
            send(other, &json!({ "from": id.to_string(), "data": message["data"] }));
        }
    }

    fn leave(&mut self, id: u64) {
        let Some((room, _)) = self.clients.remove(&id) else { return };
        for (_, other) in self.others(id, &room) {
            send(other, &json!({ "type": "left", "id": id.to_string() }));
        }
    }

    fn others(&self, id: u64, room: &str) -> impl Iterator<Item = (u64, &UnboundedSender<Message>)> {
        let there = self.clients.iter().filter(move |(other, (where_, _))| **other != id && where_ == room);
        there.map(|(other, (_, sender))| (*other, sender))
    }
}

/// Whoever does not listen any more has gone, and will be noticed.
fn send(sender: &UnboundedSender<Message>, message: &Value) {
    let _ = sender.send(Message::text(message.to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc::UnboundedReceiver;

    fn heard(queue: &mut UnboundedReceiver<Message>) -> Value {
        let Ok(Message::Text(text)) = queue.try_recv() else { return Value::Null };
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_newcomer_hears_who_is_there_and_they_hear_of_their_end() {
        let mut rooms = Rooms::default();
        let ((one, mut first), (two, mut second)) = (unbounded_channel(), unbounded_channel());
        rooms.handle(1, &json!({ "type": "join", "room": "tea" }), &one);
        rooms.handle(2, &json!({ "type": "join", "room": "tea" }), &two);
        assert_eq!(heard(&mut first)["ids"], json!([]));
        assert_eq!(heard(&mut second)["ids"], json!(["1"]));
        rooms.handle(2, &json!({ "to": "1", "data": { "candidate": null } }), &two);
        assert_eq!(heard(&mut first), json!({ "from": "2", "data": { "candidate": null } }));
        rooms.leave(2);
        assert_eq!(heard(&mut first), json!({ "type": "left", "id": "2" }));
    }
}
