//! Transcripts of the server's side, replayed against the rooms.
//!
//! `ann -> frame` is what Ann sends, `ann <- frame` what she must hear next, `ann closed` that the server hangs up on
//! her, and `ann lost` that her socket is gone. After a step everything that follows from it must be in the transcript.

use visavis_hub::{ClientId, Hub, HubConfig, HubOutput};
use visavis_signaling::Timestamp;
use visavis_signaling::dialects::visavis::messages::ServerMessage;

use crate::document::{blocks, document};
use crate::script::{Line, agrees, lines, transcripts};

/// The server's side while a transcript is replayed.
struct Server {
    hub: Hub,
    names: Vec<String>,
}

impl Server {
    fn new(config: HubConfig) -> Self {
        Self { hub: Hub::new(config, Timestamp::from_millis(0)), names: Vec::new() }
    }

    /// Takes one step; says what is wrong with it.
    fn step(&mut self, line: &str) -> Result<(), String> {
        let (name, action) = line.split_once(' ').ok_or("no name")?;
        let id = self.client(name);
        match action.split_once(' ').unwrap_or((action, "")) {
            ("<-", expected) => self.expect(id, Some(expected)),
            ("closed", "") => self.expect(id, None),
            ("->", frame) => self.act(|hub| hub.on_frame(id, frame)),
            ("lost", "") => self.act(|hub| hub.on_disconnected(id)),
            _ => Err("no step".to_owned()),
        }
    }

    fn act(&mut self, action: impl FnOnce(&mut Hub)) -> Result<(), String> {
        self.finish()?;
        action(&mut self.hub);
        Ok(())
    }

    /// Nothing may have been said that the transcript does not have.
    fn finish(&mut self) -> Result<(), String> {
        self.hub.poll_output().map_or(Ok(()), |output| Err(format!("unexpected {output:?}")))
    }

    fn expect(&mut self, id: ClientId, expected: Option<&str>) -> Result<(), String> {
        let output = self.hub.poll_output();
        match (&output, expected) {
            (Some(HubOutput::Close(to)), None) if *to == id => Ok(()),
            (Some(HubOutput::Send(to, message)), Some(expected)) if *to == id => {
                let frame = message.encode();
                assert_eq!(
                    ServerMessage::decode(&frame).as_ref(),
                    Ok(&Some(message.clone())),
                    "clients read it"
                );
                agrees(&serde_json::from_str(&frame).unwrap(), expected).then_some(()).ok_or(frame)
            }
            _ => Err(format!("got {output:?}")),
        }
    }

    fn client(&mut self, name: &str) -> ClientId {
        let index = self.names.iter().position(|known| known == name).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        ClientId(index as u64)
    }
}

/// Replays all lines; a failure names the line.
fn replay(title: &str, config: HubConfig, lines: &[Line]) {
    let mut server = Server::new(config);
    for line in lines {
        let taken = server.step(&line.text);
        assert!(taken.is_ok(), "{title}:{}: {}\n{}", line.number, line.text, taken.unwrap_err());
    }
    assert_eq!(server.finish(), Ok(()), "{title}");
}

#[test]
fn the_hub_follows_the_transcripts() {
    for (path, lines) in transcripts("server") {
        let config = HubConfig { capacity: 3, max_rooms: 2, ..HubConfig::default() };
        replay(&path.display().to_string(), config, &lines);
    }
}

#[test]
fn the_sample_session_happens_like_that() {
    let document = document();
    for session in blocks(&document, "session") {
        replay("the sample session", HubConfig::default(), &lines(session));
    }
}
