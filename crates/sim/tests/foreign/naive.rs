//! Pages as the tutorials write them: one connection, an offer at once, an answer to every offer, errors to the console.

use serde_json::{Value, json};
use visavis_signaling::{IceCandidate, SdpType, SessionDescription};
use visavis_sim::fake::{FakeConnection, SectionKind};

/// Which tutorial a page follows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tutorial {
    /// Everything to everybody, with a `code`.
    Broadcast,
    /// Socket.IO, `join-room` and `signal`.
    JoinRoom,
}

pub(crate) struct NaivePage {
    pub(crate) connection: FakeConnection,
    tutorial: Tutorial,
    room: String,
    /// How many offers it has heard.
    pub(crate) offers: u32,
}

impl NaivePage {
    pub(crate) fn new(tutorial: Tutorial, number: usize, room: &str) -> Self {
        let mut connection = FakeConnection::new(format!("naive{number}"));
        connection.add_transceiver(SectionKind::Audio);
        connection.add_transceiver(SectionKind::Video);
        Self { connection, tutorial, room: room.to_owned(), offers: 0 }
    }

    pub(crate) fn url(&self) -> &'static str {
        match self.tutorial {
            Tutorial::Broadcast => "ws://server",
            Tutorial::JoinRoom => "ws://server/socket.io/?EIO=4&transport=websocket",
        }
    }

    /// `onopen` and `negotiationneeded` in one.
    pub(crate) fn opened(&mut self) -> Vec<String> {
        match self.tutorial {
            Tutorial::Broadcast => self.create_description(),
            Tutorial::JoinRoom => Vec::new(),
        }
    }

    pub(crate) fn received(&mut self, frame: &str) -> Vec<String> {
        match self.tutorial {
            Tutorial::Broadcast => self.received_broadcast(&serde_json::from_str(frame).unwrap()),
            Tutorial::JoinRoom => self.received_socket_io(frame),
        }
    }

    fn received_broadcast(&mut self, message: &Value) -> Vec<String> {
        let content = &message["content"];
        match message["message_type"].as_str().unwrap() {
            "CANDIDATE" if content.is_null() => Vec::new(),
            "CANDIDATE" => self.receive_candidate(content),
            "SDP" => self.receive_description(content),
            kind => panic!("a page would stumble over {kind}"),
        }
    }

    fn received_socket_io(&mut self, frame: &str) -> Vec<String> {
        if frame == "2" {
            return vec!["3".into()];
        }
        if frame.starts_with('0') {
            return vec!["40".into()];
        }
        if frame.starts_with("40") {
            let join = format!("42{}", json!(["join-room", self.room]));
            return [join].into_iter().chain(self.create_description()).collect();
        }
        let event: Value = serde_json::from_str(frame.strip_prefix("42").unwrap()).unwrap();
        let data = &event[1];
        if !data["description"].is_null() {
            self.receive_description(&data["description"])
        } else if data["candidate"].is_null() {
            Vec::new()
        } else {
            self.receive_candidate(&data["candidate"])
        }
    }

    fn receive_description(&mut self, description: &Value) -> Vec<String> {
        let offer = description["type"] == "offer";
        self.offers += u32::from(offer);
        let sdp_type = if offer { SdpType::Offer } else { SdpType::Answer };
        let sdp = description["sdp"].as_str().unwrap().to_owned();
        let accepted = self.connection.set_remote_description(&SessionDescription { sdp_type, sdp });
        if offer && accepted.is_ok() { self.create_description() } else { Vec::new() }
    }

    fn receive_candidate(&mut self, candidate: &Value) -> Vec<String> {
        let candidate = IceCandidate {
            candidate: candidate["candidate"].as_str().unwrap().to_owned(),
            sdp_mid: None,
            sdp_m_line_index: Some(0),
            username_fragment: candidate["usernameFragment"].as_str().map(str::to_owned),
        };
        let _ = self.connection.add_ice_candidate(&candidate);
        Vec::new()
    }

    fn create_description(&mut self) -> Vec<String> {
        let description = self.connection.set_local_description().unwrap();
        // Half of them sort before those of the other side.
        let sdp = description.sdp.replace("v=0\r\n", "v=0\r\no=- 5000 2 IN IP4 127.0.0.1\r\n");
        let ufrag = self.connection.local_ufrag().unwrap();
        let candidate = format!("candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}");
        let description = json!({"type": description.sdp_type.as_str(), "sdp": sdp});
        let candidate =
            json!({"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": ufrag});
        match self.tutorial {
            Tutorial::Broadcast => {
                let message = |kind: &str, content: Value| {
                    json!({"message_type": kind, "content": content, "code": self.room}).to_string()
                };
                vec![message("SDP", description), message("CANDIDATE", candidate)]
            }
            Tutorial::JoinRoom => {
                let message =
                    |data: Value| format!("42{}", json!(["signal", {"roomId": self.room, "data": data}]));
                vec![message(json!({"description": description})), message(json!({"candidate": candidate}))]
            }
        }
    }
}
