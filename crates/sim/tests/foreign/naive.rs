//! A page as the tutorials write it: one connection, an offer at once, an answer to every offer, errors to the console.

use serde_json::{Value, json};
use visavis_signaling::{IceCandidate, SdpType, SessionDescription};
use visavis_sim::fake::{FakeConnection, Kind};

pub(crate) struct Naive {
    pub(crate) connection: FakeConnection,
    code: String,
    said: u32,
}

impl Naive {
    pub(crate) fn new(code: &str) -> Self {
        let mut connection = FakeConnection::new("naive");
        connection.add_transceiver(Kind::Audio);
        connection.add_transceiver(Kind::Video);
        Self { connection, code: code.to_owned(), said: 0 }
    }

    /// `onopen` and `negotiationneeded` in one.
    pub(crate) fn opened(&mut self) -> Vec<String> {
        self.describe()
    }

    pub(crate) fn heard(&mut self, frame: &str) -> Vec<String> {
        let message: Value = serde_json::from_str(frame).unwrap();
        let content = &message["content"];
        match message["message_type"].as_str().unwrap() {
            "SDP" => {
                let offer = content["type"] == "offer";
                let sdp_type = if offer { SdpType::Offer } else { SdpType::Answer };
                let sdp = content["sdp"].as_str().unwrap().to_owned();
                let accepted = self.connection.set_remote(&SessionDescription { sdp_type, sdp });
                if offer && accepted.is_ok() { self.describe() } else { Vec::new() }
            }
            // `if (content)`, as the originals have it.
            _ if content.is_null() => Vec::new(),
            _ => {
                let candidate = content["candidate"].as_str().unwrap().to_owned();
                let candidate = IceCandidate {
                    candidate,
                    sdp_mid: None,
                    sdp_m_line_index: Some(0),
                    username_fragment: content["usernameFragment"].as_str().map(str::to_owned),
                };
                let _ = self.connection.add_candidate(&candidate);
                Vec::new()
            }
        }
    }

    fn describe(&mut self) -> Vec<String> {
        let description = self.connection.set_local().unwrap();
        self.said += 1;
        // Half of them sort before those of the other side.
        let sdp = description.sdp.replace("v=0\r\n", "v=0\r\no=- 5000 2 IN IP4 127.0.0.1\r\n");
        let ufrag = self.connection.local_ufrag().unwrap();
        let candidate = format!("candidate:1 1 udp 1 127.0.0.1 9 typ host ufrag {ufrag}");
        let say = |kind: &str, content: Value| {
            json!({"message_type": kind, "content": content, "code": self.code}).to_string()
        };
        vec![
            say("SDP", json!({"type": description.sdp_type.as_str(), "sdp": sdp})),
            say(
                "CANDIDATE",
                json!({"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": ufrag}),
            ),
        ]
    }
}
