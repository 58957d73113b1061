//! Models of the servers, as far as a call needs them. They die (panic) of what kills the originals.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::mapped::{GStreamer, PairRooms, Rooms};

/// What a server sends, and to which socket. `None` closes the socket.
pub(crate) type Out = Vec<(u32, Option<String>)>;

/// A server.
pub(crate) trait Server {
    fn opened(&mut self, socket: u32, url: &str, protocols: &[String], out: &mut Out);
    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out);
    fn closed(&mut self, socket: u32, out: &mut Out);
    /// What it asks every socket every 25 seconds.
    fn heartbeat(&self) -> Option<&str> {
        None
    }
}

/// The model of a dialect's server, if there is one.
pub(crate) fn server_of(dialect: &str) -> Option<Box<dyn Server>> {
    Some(match dialect {
        "group-chat" | "mapping/group-chat" => Box::new(SocketIoServer::v2(GroupChat::default())),
        "codelab" => Box::new(SocketIoServer::v2(Codelab::default())),
        "join-room" | "mapping/join-room" => Box::new(SocketIoServer::v4(JoinRoom::default())),
        "simple-peer-rooms" | "mapping/simple-peer-rooms" => {
            Box::new(SocketIoServer::v4(SimplePeerRooms::default()))
        }
        "broadcast" | "mapping/broadcast" => Box::new(Broadcast::default()),
        "ayame" => Box::new(Ayame::default()),
        "create-room" => Box::new(CreateRoom::default()),
        "peerjs" => Box::new(PeerServer::default()),
        "mdn-chat" => Box::new(MdnChat::default()),
        "uuid-dest" => Box::new(Repeater { echoes: true, ..Repeater::default() }),
        "y-webrtc" | "mapping/topics" => Box::new(YWebrtc::default()),
        "matchbox" | "mapping/matchbox" => Box::new(Matchbox::default()),
        "tabs" => Box::new(Channel::default()),
        "mapping/rooms" => Box::new(Rooms::default()),
        "mapping/pair" => Box::new(PairRooms::default()),
        "mapping/gstreamer" => Box::new(GStreamer::default()),
        _ => return None,
    })
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("the server died of {value}"))
}

pub(crate) fn parse(frame: &str) -> Value {
    serde_json::from_str(frame).unwrap_or_else(|_| panic!("the server died of {frame:?}"))
}

pub(crate) fn send(to: u32, value: &Value, out: &mut Out) {
    out.push((to, Some(value.to_string())));
}

// Socket.IO

type Events = Vec<(u32, Value)>;

trait Handler {
    fn event(&mut self, socket: u32, name: &str, args: &[Value], out: &mut Events);
    fn disconnected(&mut self, _socket: u32, _out: &mut Events) {}
}

struct SocketIoServer<H> {
    is_v2: bool,
    connected: Vec<u32>,
    handler: H,
}

fn id(socket: u32) -> String {
    format!("s{socket}")
}

fn socket_of(id: &Value) -> u32 {
    text(id).strip_prefix('s').and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}

impl<H: Handler> SocketIoServer<H> {
    fn v2(handler: H) -> Self {
        Self { is_v2: true, connected: Vec::new(), handler }
    }

    fn v4(handler: H) -> Self {
        Self { is_v2: false, connected: Vec::new(), handler }
    }

    fn send_events(&self, events: Events, out: &mut Out) {
        let alive = events.into_iter().filter(|(to, _)| self.connected.contains(to));
        out.extend(alive.map(|(to, event)| (to, Some(format!("42{event}")))));
    }
}

impl<H: Handler> Server for SocketIoServer<H> {
    fn opened(&mut self, socket: u32, url: &str, _protocols: &[String], out: &mut Out) {
        assert_eq!(url, "ws://server/socket.io/?EIO=4&transport=websocket");
        let sid = if self.is_v2 { id(socket) } else { format!("engine{socket}") };
        let hello = json!({"sid": sid, "upgrades": [], "pingInterval": 25000, "pingTimeout": 60000});
        out.push((socket, Some(format!("0{hello}"))));
        if self.is_v2 {
            self.connected.push(socket);
            out.push((socket, Some("40".into())));
        }
    }

    fn heartbeat(&self) -> Option<&str> {
        (!self.is_v2).then_some("2")
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        match frame {
            "3" if !self.is_v2 => {}
            "2" if self.is_v2 => out.push((socket, Some("3".into()))),
            "40" if self.is_v2 => {}
            "40" => {
                self.connected.push(socket);
                out.push((socket, Some(format!("40{}", json!({"sid": id(socket)})))));
            }
            _ => {
                assert!(self.connected.contains(&socket), "a server closes over {frame} before CONNECT");
                let list = parse(frame.strip_prefix("42").unwrap_or_else(|| panic!("closed over {frame}")));
                let list = list.as_array().unwrap();
                let mut events = Events::new();
                self.handler.event(socket, text(&list[0]), &list[1..], &mut events);
                self.send_events(events, out);
            }
        }
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        self.connected.retain(|known| *known != socket);
        let mut events = Events::new();
        self.handler.disconnected(socket, &mut events);
        self.send_events(events, out);
    }
}

#[derive(Default)]
struct GroupChat(Vec<u32>);

impl Handler for GroupChat {
    fn event(&mut self, socket: u32, name: &str, args: &[Value], out: &mut Events) {
        let mut relay = |event: &str, key: &str| {
            let what = json!([event, {"peer_id": id(socket), key: args[0][key]}]);
            out.push((socket_of(&args[0]["peer_id"]), what));
        };
        match name {
            "join" if self.0.contains(&socket) => {}
            "join" => {
                text(&args[0]["channel"]);
                for other in &self.0 {
                    out.push((
                        *other,
                        json!(["addPeer", {"peer_id": id(socket), "should_create_offer": false}]),
                    ));
                    out.push((
                        socket,
                        json!(["addPeer", {"peer_id": id(*other), "should_create_offer": true}]),
                    ));
                }
                self.0.push(socket);
            }
            "part" => {
                text(&args[0]);
                self.disconnected(socket, out);
            }
            "relaySessionDescription" => relay("sessionDescription", "session_description"),
            "relayICECandidate" => relay("iceCandidate", "ice_candidate"),
            _ => panic!("unknown event {name}"),
        }
    }

    fn disconnected(&mut self, socket: u32, out: &mut Events) {
        let before = self.0.len();
        self.0.retain(|known| *known != socket);
        if self.0.len() < before {
            out.extend(self.0.iter().map(|other| (*other, json!(["removePeer", {"peer_id": id(socket)}]))));
        }
    }
}

/// One that relays within a room; the other relays to every socket, those of other rooms and those refused too.
#[derive(Default)]
pub(crate) struct Codelab {
    rooms: BTreeMap<String, Vec<u32>>,
    everybody: Option<Vec<u32>>,
}

impl Codelab {
    pub(crate) fn relaying_to_everybody() -> Box<dyn Server> {
        Box::new(SocketIoServer::v2(Self { everybody: Some(Vec::new()), ..Self::default() }))
    }

    fn relay(&self, socket: u32, args: &[Value], out: &mut Events) {
        assert_eq!(args.len(), 2, "some servers relay by the second argument");
        let event = match &self.everybody {
            Some(_) => json!(["message", args[0]]),
            None => json!(["message", args[0], args[1]]),
        };
        let receivers = self.everybody.as_ref().or(self.rooms.get(text(&args[1])));
        let others = receivers.into_iter().flatten().filter(|other| **other != socket);
        out.extend(others.map(|other| (*other, event.clone())));
    }
}

impl Handler for Codelab {
    fn event(&mut self, socket: u32, name: &str, args: &[Value], out: &mut Events) {
        if name == "message" {
            return self.relay(socket, args, out);
        }
        assert_eq!(name, "create or join", "unknown event");
        if let Some(everybody) = self.everybody.as_mut().filter(|all| !all.contains(&socket)) {
            everybody.push(socket);
        }
        let room = self.rooms.entry(text(&args[0]).to_owned()).or_default();
        match room.as_slice() {
            [] => out.push((socket, json!(["created", args[0], id(socket)]))),
            [first] => {
                out.push((*first, json!(["join", args[0]])));
                out.push((socket, json!(["joined", args[0], id(socket)])));
                out.extend([*first, socket].map(|member| (member, json!(["ready"]))));
            }
            _ => return out.push((socket, json!(["full", args[0]]))),
        }
        room.push(socket);
    }

    fn disconnected(&mut self, socket: u32, _out: &mut Events) {
        self.rooms.values_mut().chain(&mut self.everybody).for_each(|all| all.retain(|at| *at != socket));
    }
}

#[derive(Default)]
struct JoinRoom(Vec<u32>);

impl Handler for JoinRoom {
    fn event(&mut self, socket: u32, name: &str, args: &[Value], out: &mut Events) {
        match name {
            "join-room" => self.0.push(socket),
            "signal" => {
                text(&args[0]["roomId"]);
                let others = self.0.iter().filter(|other| **other != socket);
                out.extend(others.map(|other| (*other, json!(["signal", args[0]["data"]]))));
            }
            _ => panic!("unknown event {name}"),
        }
    }

    fn disconnected(&mut self, socket: u32, _out: &mut Events) {
        self.0.retain(|known| *known != socket);
    }
}

#[derive(Default)]
struct SimplePeerRooms(Vec<u32>);

impl Handler for SimplePeerRooms {
    fn event(&mut self, socket: u32, name: &str, args: &[Value], out: &mut Events) {
        match name {
            "join room" if self.0.len() == 4 => out.push((socket, json!(["room full"]))),
            "join room" => {
                let users: Vec<String> = self.0.iter().map(|other| id(*other)).collect();
                self.0.push(socket);
                out.push((socket, json!(["all users", users])));
            }
            "sending signal" => out.push((
                socket_of(&args[0]["userToSignal"]),
                json!(["user joined", {"signal": args[0]["signal"], "callerID": text(&args[0]["callerID"])}]),
            )),
            "returning signal" => out.push((
                socket_of(&args[0]["callerID"]),
                json!(["receiving returned signal", {"signal": args[0]["signal"], "id": id(socket)}]),
            )),
            _ => panic!("unknown event {name}"),
        }
    }

    fn disconnected(&mut self, socket: u32, _out: &mut Events) {
        self.0.retain(|known| *known != socket);
    }
}

// Plain WebSockets

#[derive(Default)]
struct Broadcast(BTreeMap<u32, String>);

impl Server for Broadcast {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let code = parse(frame)["code"].to_string();
        self.0.insert(socket, code.clone());
        let others = self.0.iter().filter(|(other, theirs)| **other != socket && **theirs == code);
        out.extend(others.map(|(other, _)| (*other, Some(frame.to_owned()))));
    }

    fn closed(&mut self, socket: u32, _out: &mut Out) {
        self.0.remove(&socket);
    }
}

/// It repeats everything to all others, and perhaps to whoever said it.
#[derive(Default)]
pub(crate) struct Repeater {
    sockets: Vec<u32>,
    echoes: bool,
}

impl Server for Repeater {
    fn opened(&mut self, socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {
        self.sockets.push(socket);
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        parse(frame);
        let hearers = self.sockets.iter().filter(|other| self.echoes || **other != socket);
        out.extend(hearers.map(|other| (*other, Some(frame.to_owned()))));
    }

    fn closed(&mut self, socket: u32, _out: &mut Out) {
        self.sockets.retain(|known| *known != socket);
    }
}

#[derive(Default)]
struct Ayame(Vec<u32>);

impl Server for Ayame {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn heartbeat(&self) -> Option<&str> {
        Some(r#"{"type":"ping"}"#)
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        match text(&parse(frame)["type"]) {
            "pong" => {}
            "register" if self.0.len() == 2 => {
                send(socket, &json!({"type": "reject", "reason": "full"}), out);
                out.push((socket, None));
            }
            "register" => {
                let accept = json!({"type": "accept", "isExistClient": !self.0.is_empty(), "iceServers": []});
                send(socket, &accept, out);
                self.0.push(socket);
            }
            "offer" | "answer" | "candidate" => {
                let others = self.0.iter().filter(|other| **other != socket);
                out.extend(others.map(|other| (*other, Some(frame.to_owned()))));
            }
            kind => panic!("closed over {kind}"),
        }
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        if self.0.contains(&socket) {
            for other in self.0.drain(..).filter(|other| *other != socket) {
                send(other, &json!({"type": "bye"}), out);
                out.push((other, None));
            }
        }
    }
}

#[derive(Default)]
struct CreateRoom {
    rooms: BTreeMap<String, (u32, Option<u32>)>,
}

impl Server for CreateRoom {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let message = parse(frame);
        let kind = text(&message["type"]);
        if kind == "createRoom" {
            let name = format!("c27a8eb0-e58c-11f1-8646-c761c3f1fb{:02}", self.rooms.len());
            send(socket, &json!({"type": "roomCreated", "payload": name}), out);
            self.rooms.insert(name, (socket, None));
            return;
        }
        let room = self.rooms.get_mut(text(&message["roomId"]));
        let (creator, partner) = room.unwrap_or_else(|| panic!("the server died of an unknown room"));
        match (kind, *partner) {
            ("offer", Some(_)) => {
                return send(socket, &json!({"type": "error", "payload": "room is already full"}), out);
            }
            ("offer", None) => *partner = Some(socket),
            _ => {}
        }
        let to = if Some(socket) == *partner { Some(*creator) } else { *partner };
        out.extend(to.map(|to| (to, Some(frame.to_owned()))));
    }

    fn closed(&mut self, _socket: u32, _out: &mut Out) {}
}

#[derive(Default)]
struct PeerServer {
    clients: Vec<(String, u32, String)>,
    waiting: Vec<(String, String)>,
}

impl Server for PeerServer {
    fn opened(&mut self, socket: u32, url: &str, _protocols: &[String], out: &mut Out) {
        let part =
            |name: &str| url.split(['?', '&']).find_map(|part| part.strip_prefix(name)).unwrap().to_owned();
        let (id, token) = (part("id="), part("token="));
        match self.clients.iter_mut().find(|(known, ..)| *known == id) {
            Some((_, at, known)) if *known == token => *at = socket,
            Some(_) => {
                send(socket, &json!({"type": "ID-TAKEN", "payload": {"msg": "ID is taken"}}), out);
                out.push((socket, None));
            }
            None => {
                send(socket, &json!({"type": "OPEN"}), out);
                self.waiting.retain(|(to, frame)| {
                    if *to == id {
                        out.push((socket, Some(frame.clone())));
                    }
                    *to != id
                });
                self.clients.push((id, socket, token));
            }
        }
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let message = parse(frame);
        let Some((from, ..)) = self.clients.iter().find(|(_, at, _)| *at == socket).cloned() else { return };
        match (text(&message["type"]), message["dst"].as_str()) {
            ("HEARTBEAT", _) => {}
            ("LEAVE", None) => self.clients.retain(|(_, at, _)| *at != socket),
            (kind, Some(to)) => {
                let relayed = json!({"type": kind, "src": from, "dst": to, "payload": message["payload"]});
                match self.clients.iter().find(|(known, ..)| known == to) {
                    Some((_, at, _)) => send(*at, &relayed, out),
                    None => self.waiting.push((to.to_owned(), relayed.to_string())),
                }
                if self.waiting.len() > 64 {
                    self.waiting.remove(0);
                }
            }
            (kind, None) => panic!("{kind} to nobody"),
        }
    }

    fn closed(&mut self, socket: u32, _out: &mut Out) {
        self.clients.retain(|(_, at, _)| *at != socket);
    }
}

#[derive(Default)]
struct MdnChat(Vec<(u32, Option<String>)>);

impl MdnChat {
    fn send_user_list(&self, out: &mut Out) {
        let users: Vec<&String> = self.0.iter().filter_map(|(_, name)| name.as_ref()).collect();
        self.0
            .iter()
            .for_each(|(socket, _)| send(*socket, &json!({"type": "userlist", "users": users}), out));
    }
}

impl Server for MdnChat {
    fn opened(&mut self, socket: u32, _url: &str, protocols: &[String], out: &mut Out) {
        assert_eq!(protocols, ["json"], "the server died of a connection without its subprotocol");
        self.0.push((socket, None));
        send(socket, &json!({"type": "id", "id": 1_795_253_553_142_u64 + u64::from(socket)}), out);
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let message = parse(frame);
        if text(&message["type"]) == "username" {
            let wanted = text(&message["name"]).to_owned();
            let mut name = wanted.clone();
            for number in 1.. {
                if !self.0.iter().any(|(at, known)| *at != socket && known.as_ref() == Some(&name)) {
                    break;
                }
                name = format!("{wanted}{number}");
            }
            if name != wanted {
                send(socket, &json!({"id": message["id"], "type": "rejectusername", "name": name}), out);
            }
            self.0
                .iter_mut()
                .filter(|(at, _)| *at == socket)
                .for_each(|(_, slot)| *slot = Some(name.clone()));
            return self.send_user_list(out);
        }
        let target = text(&message["target"]);
        assert!(!target.is_empty(), "the server sends it to everybody");
        let found = self.0.iter().find(|(_, name)| name.as_deref() == Some(target));
        out.extend(found.map(|(to, _)| (*to, Some(frame.to_owned()))));
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        self.0.retain(|(at, _)| *at != socket);
        self.send_user_list(out);
    }
}

#[derive(Default)]
struct YWebrtc(BTreeMap<u32, Vec<Value>>);

impl Server for YWebrtc {
    fn opened(&mut self, _socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {}

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let mut message = parse(frame);
        match text(&message["type"]) {
            "subscribe" => drop(self.0.insert(socket, message["topics"].as_array().unwrap().clone())),
            "unsubscribe" => drop(self.0.remove(&socket)),
            "ping" => send(socket, &json!({"type": "pong"}), out),
            "publish" => {
                let topic = message["topic"].clone();
                let receivers: Vec<u32> =
                    self.0.iter().filter(|(_, topics)| topics.contains(&topic)).map(|(at, _)| *at).collect();
                message["clients"] = receivers.len().into();
                receivers.iter().for_each(|to| send(*to, &message, out));
            }
            kind => panic!("unknown type {kind}"),
        }
    }

    fn closed(&mut self, socket: u32, _out: &mut Out) {
        self.0.remove(&socket);
    }
}

#[derive(Default)]
struct Matchbox(BTreeMap<u32, String>);

impl Matchbox {
    fn others(&self, socket: u32) -> Vec<u32> {
        let room = self.0.get(&socket);
        self.0
            .iter()
            .filter(|(at, theirs)| **at != socket && Some(*theirs) == room)
            .map(|(at, _)| *at)
            .collect()
    }
}

impl Server for Matchbox {
    fn opened(&mut self, socket: u32, url: &str, _protocols: &[String], out: &mut Out) {
        self.0.insert(socket, url.to_owned());
        send(socket, &json!({"IdAssigned": id(socket)}), out);
        self.others(socket).iter().for_each(|other| send(*other, &json!({"NewPeer": id(socket)}), out));
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let message = parse(frame);
        if message == json!("KeepAlive") {
            return;
        }
        let signal = &message["Signal"];
        let relayed = json!({"Signal": {"sender": id(socket), "data": signal["data"]}});
        send(socket_of(&signal["receiver"]), &relayed, out);
    }

    fn closed(&mut self, socket: u32, out: &mut Out) {
        self.others(socket).iter().for_each(|other| send(*other, &json!({"PeerLeft": id(socket)}), out));
        self.0.remove(&socket);
    }
}

/// No server at all: a `BroadcastChannel`.
#[derive(Default)]
struct Channel(Vec<u32>);

impl Server for Channel {
    fn opened(&mut self, socket: u32, _url: &str, _protocols: &[String], _out: &mut Out) {
        self.0.push(socket);
    }

    fn frame(&mut self, socket: u32, frame: &str, out: &mut Out) {
        let others = self.0.iter().filter(|at| **at != socket);
        out.extend(others.map(|to| (*to, Some(frame.to_owned()))));
    }

    fn closed(&mut self, socket: u32, _out: &mut Out) {
        self.0.retain(|at| *at != socket);
    }
}
