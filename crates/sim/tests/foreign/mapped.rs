//! Models of the servers that the examples of `docs/mapping.md` describe.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::servers::{Out, Server, parse, send, text};

/// A roster, joins and leaves, and messages to one: the server in three dozen tutorials. Its ids are numbers.
#[derive(Default)]
pub(crate) struct Rooms(BTreeMap<u32, (String, String)>);

impl Rooms {
    fn others(&self, socket: u32) -> Vec<u32> {
        let Some((room, _)) = self.0.get(&socket) else { return Vec::new() };
        let others = self.0.iter().filter(|(other, (theirs, _))| **other != socket && theirs == room);
        others.map(|(other, _)| *other).collect()
    }

    fn broadcast(&self, socket: u32, value: &Value, out: &mut Out) {
        self.others(socket).iter().for_each(|other| send(*other, value, out));
    }

    fn leave(&mut self, socket: u32, out: &mut Out) {
        self.broadcast(socket, &json!({"type": "peer-left", "id": socket}), out);
        self.0.remove(&socket);
    }
}

impl Server for Rooms {
    fn opened(&mut self, _socket: u32, _url: &str, protocols: &[String], _out: &mut Out) {
        assert!(protocols.is_empty());
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let mut message = parse(frame);
        match text(&message["type"]) {
            "join" => {
                let (room, name) = (text(&message["room"]).to_owned(), text(&message["name"]).to_owned());
                self.0.insert(socket, (room, name.clone()));
                let introduce = |id: u32| json!({"id": id, "name": self.0[&id].1});
                let peers: Vec<Value> = self.others(socket).into_iter().map(introduce).collect();
                send(socket, &json!({"type": "joined", "id": socket, "peers": peers}), out);
                self.broadcast(socket, &json!({"type": "peer-joined", "id": socket, "name": name}), out);
            }
            "leave" => self.leave(socket, out),
            "pong" => {}
            "offer" | "answer" | "candidate" => {
                let to = u32::try_from(message["to"].as_u64().expect("the server died of an id")).unwrap();
                message["from"] = socket.into();
                if self.0.contains_key(&to) {
                    send(to, &message, out);
                }
            }
            kind => panic!("the server died of {kind}"),
        }
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        self.leave(socket, out);
    }

    fn heartbeat(&self) -> Option<&str> {
        Some(r#"{"type":"ping"}"#)
    }
}

/// A room for two, in which whoever came first offers as soon as there is another.
#[derive(Default)]
pub(crate) struct PairRooms(Vec<u32>);

impl PairRooms {
    fn other(&self, socket: u32) -> Option<u32> {
        self.0.iter().copied().find(|member| self.0.contains(&socket) && *member != socket)
    }
}

impl Server for PairRooms {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let message = parse(frame);
        match (text(&message["cmd"]), self.0.len()) {
            ("register", 2) => send(socket, &json!({"cmd": "error", "reason": "full"}), out),
            ("register", before) => {
                assert!(!text(&message["clientid"]).is_empty());
                self.0.push(socket);
                send(socket, &json!({"cmd": "registered", "initiator": before == 0}), out);
                if before == 1 {
                    self.0.iter().for_each(|member| send(*member, &json!({"cmd": "ready"}), out));
                }
            }
            ("send", _) => {
                let relayed = json!({"msg": text(&message["msg"])});
                if let Some(other) = self.other(socket) {
                    send(other, &relayed, out);
                }
            }
            ("unregister", _) => self.closed(socket, out),
            ("ping", _) => send(socket, &json!({"cmd": "pong"}), out),
            (kind, _) => panic!("the server died of {kind}"),
        }
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        if let Some(other) = self.other(socket) {
            send(other, &json!({"cmd": "gone"}), out);
        }
        self.0.retain(|member| *member != socket);
    }
}

/// Plain texts, as the example server of GStreamer speaks them: a hello, then a room, then messages to one.
#[derive(Default)]
pub(crate) struct GStreamer(BTreeMap<u32, (String, Option<String>)>);

impl GStreamer {
    fn others(&self, socket: u32) -> Vec<(u32, String)> {
        let Some((_, Some(room))) = self.0.get(&socket) else { return Vec::new() };
        let others =
            self.0.iter().filter(|(at, (_, theirs))| **at != socket && theirs.as_ref() == Some(room));
        others.map(|(at, (id, _))| (*at, id.clone())).collect()
    }

    fn broadcast(&self, socket: u32, word: &str, out: &mut Out) {
        let frame = format!("{word} {}", self.0[&socket].0);
        out.extend(self.others(socket).into_iter().map(|(other, _)| (other, Some(frame.clone()))));
    }
}

impl Server for GStreamer {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let words: Vec<&str> = frame.splitn(3, ' ').collect();
        match (words.as_slice(), self.0.contains_key(&socket)) {
            (["HELLO", id], false) => {
                self.0.insert(socket, ((*id).to_owned(), None));
                out.push((socket, Some("HELLO".into())));
            }
            (["ROOM", room], true) => {
                self.0.get_mut(&socket).unwrap().1 = Some((*room).to_owned());
                let ids: Vec<String> = self.others(socket).into_iter().map(|(_, id)| id).collect();
                out.push((socket, Some(format!("ROOM_OK {}", ids.join(" ")))));
                self.broadcast(socket, "ROOM_PEER_JOINED", out);
            }
            (["ROOM_PEER_MSG", to, message], true) => {
                parse(message);
                let relayed = format!("ROOM_PEER_MSG {} {message}", self.0[&socket].0);
                match self.others(socket).into_iter().find(|(_, id)| id == to) {
                    Some((to, _)) => out.push((to, Some(relayed))),
                    None => out.push((socket, Some(format!("ERROR peer {to} not found")))),
                }
            }
            // It closes the socket over anything else.
            _ => panic!("closed over {frame}"),
        }
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        if self.0.contains_key(&socket) {
            self.broadcast(socket, "ROOM_PEER_LEFT", out);
            self.0.remove(&socket);
        }
    }
}
