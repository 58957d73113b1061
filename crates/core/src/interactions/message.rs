//! What pages tell each other of chat, raised hands, reactions and recordings, as it is on the wire: `docs/peer-protocol.md`.

use visavis_signaling::json::{Fields, Json, JsonError, Object, read_each};

use super::{MAX_MESSAGES_IN_PACKET, Reaction};
use crate::peer_message::{MAX_PEER_MESSAGE_BYTES, parse};

/// Most bytes of a name of a reaction.
const MAX_REACTION_BYTES: usize = 32;

/// A message between two pages about something that is loaded on demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// The sender has written this.
    Chat {
        /// Names the log of the sender: each of their pages has its own.
        log: u32,
        /// What was written, oldest first.
        messages: Vec<WrittenMessage>,
    },
    /// The sender has all that the receiver has written in this log, up to this message.
    ChatReceived {
        /// The log of the receiver.
        log: u32,
        /// The number of the message.
        id: u32,
    },
    /// Since how many milliseconds the sender has a hand raised; `None` if it is lowered.
    Hand(Option<u32>),
    /// Whether the sender records the call.
    Recording(bool),
    /// The sender shows this for a moment.
    Reaction(Reaction),
}

/// Something that somebody has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenMessage {
    /// Its number in the log of whoever has written it: later ones have larger numbers.
    pub id: u32,
    /// How long ago it was written when it was sent, in milliseconds: clocks differ.
    pub age: u32,
    /// The text, as it came.
    pub text: String,
}

impl Interaction {
    /// Reads a message; `None` if it is of a kind that a later version may know.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PEER_MESSAGE_BYTES`], no JSON object, or lacks what its type needs.
    pub fn decode(text: &str) -> Result<Option<Self>, JsonError> {
        let value = parse(text)?;
        let fields = Object::root(&value)?;
        Ok(match fields.text("type", MAX_REACTION_BYTES)? {
            "chat" => Some(Self::Chat {
                log: fields.u32("log")?,
                messages: read_each(&fields, "messages", MAX_MESSAGES_IN_PACKET, WrittenMessage::read)?,
            }),
            "chatReceived" => Some(Self::ChatReceived { log: fields.u32("log")?, id: fields.u32("id")? }),
            "hand" => {
                let raised = fields.optional_bool("raised")?.unwrap_or_default();
                let age = fields.optional_u32("age")?.unwrap_or_default();
                Some(Self::Hand(raised.then_some(age)))
            }
            "recording" => Some(Self::Recording(fields.optional_bool("recording")?.unwrap_or_default())),
            "reaction" => Reaction::named(fields.text("reaction", MAX_REACTION_BYTES)?).map(Self::Reaction),
            _ => None,
        })
    }

    /// The message as one text.
    pub fn encode(&self) -> String {
        let mut fields = Fields::of_type(match self {
            Self::Chat { .. } => "chat",
            Self::ChatReceived { .. } => "chatReceived",
            Self::Hand(_) => "hand",
            Self::Recording(_) => "recording",
            Self::Reaction(_) => "reaction",
        });
        match self {
            Self::Chat { log, messages } => {
                fields.number("log", *log);
                fields.put("messages", Json::List(messages.iter().map(WrittenMessage::json).collect()));
            }
            Self::ChatReceived { log, id } => {
                fields.number("log", *log);
                fields.number("id", *id);
            }
            Self::Hand(age) => {
                fields.bool("raised", age.is_some());
                age.iter().for_each(|age| fields.number("age", *age));
            }
            Self::Recording(recording) => fields.bool("recording", *recording),
            Self::Reaction(reaction) => fields.text("reaction", reaction.as_str()),
        }
        fields.encode()
    }
}

impl WrittenMessage {
    fn read(fields: &Object<'_>) -> Result<Self, JsonError> {
        Ok(Self {
            id: fields.u32("id")?,
            age: fields.optional_u32("age")?.unwrap_or_default(),
            text: fields.text("text", MAX_PEER_MESSAGE_BYTES)?.to_owned(),
        })
    }

    fn json(&self) -> Json {
        let mut fields = Fields::default();
        fields.number("id", self.id);
        fields.number("age", self.age);
        fields.text("text", &self.text);
        fields.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(id: u32, age: u32, text: &str) -> WrittenMessage {
        WrittenMessage { id, age, text: text.to_owned() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let messages = vec![written(1, 0, "a\n\"b\""), written(7, u32::MAX, "😀")];
        let mut all = vec![
            Interaction::Chat { log: u32::MAX, messages },
            Interaction::Chat { log: 0, messages: Vec::new() },
            Interaction::ChatReceived { log: 3, id: 9 },
            Interaction::Hand(None),
            Interaction::Hand(Some(0)),
            Interaction::Hand(Some(5000)),
            Interaction::Recording(true),
            Interaction::Recording(false),
        ];
        all.extend(Reaction::ALL.map(Interaction::Reaction));
        for message in all {
            assert_eq!(Interaction::decode(&message.encode()), Ok(Some(message)));
        }
    }

    /// Every example of theirs in the document is what this version says, and the bounds are named.
    #[test]
    fn the_document_is_true() {
        let document = include_str!("../../../../docs/peer-protocol.md");
        let examples = document.split("```json\n").skip(1).filter_map(|rest| rest.lines().next());
        let read = |example: &str| {
            Interaction::decode(example).unwrap().map(|read| (read.encode(), example.to_owned()))
        };
        let read: Vec<_> = examples.filter_map(read).collect();
        assert!(read.len() >= 5, "{read:?}");
        assert!(read.iter().all(|(written, example)| written == example), "{read:?}");
        for reaction in Reaction::ALL {
            assert!(document.contains(&format!("`{}`", reaction.as_str())), "{reaction:?}");
        }
        let bounds = [
            super::super::MAX_CHAT_CHARS,
            MAX_MESSAGES_IN_PACKET,
            super::super::MAX_LOG_MESSAGES,
            super::super::MAX_LOG_CHARS,
        ];
        for number in bounds.map(|number| number.to_string()) {
            assert!(document.contains(&number), "{number}");
        }
    }

    #[test]
    fn what_a_later_version_says_is_no_mistake() {
        assert_eq!(Interaction::decode(r#"{"type":"reaction","reaction":"moonwalk"}"#), Ok(None));
        assert_eq!(Interaction::decode(r#"{"type":"hologram"}"#), Ok(None));
        let more = r#"{"type":"hand","raised":true,"age":7,"colour":"red"}"#;
        assert_eq!(Interaction::decode(more), Ok(Some(Interaction::Hand(Some(7)))));
    }

    #[test]
    fn nonsense_is_refused() {
        let many = vec![r#"{"id":1,"text":"x"}"#; MAX_MESSAGES_IN_PACKET + 1].join(",");
        let many = format!(r#"{{"type":"chat","log":1,"messages":[{many}]}}"#);
        let long = written(1, 0, &"x".repeat(MAX_PEER_MESSAGE_BYTES));
        let long = Interaction::Chat { log: 1, messages: vec![long] }.encode();
        for text in [
            r#"{"type":"chat","messages":[]}"#,
            r#"{"type":"chat","log":1,"messages":{}}"#,
            r#"{"type":"chat","log":1,"messages":["x"]}"#,
            r#"{"type":"chat","log":1,"messages":[{"id":-1,"text":"x"}]}"#,
            r#"{"type":"chat","log":1,"messages":[{"id":1}]}"#,
            r#"{"type":"chat","log":1,"messages":[{"id":1,"text":7}]}"#,
            r#"{"type":"chat","log":4294967296,"messages":[]}"#,
            r#"{"type":"chatReceived","log":1}"#,
            r#"{"type":"hand","raised":"yes"}"#,
            r#"{"type":"recording","recording":"yes"}"#,
            r#"{"type":"reaction"}"#,
            &many,
            &long,
        ] {
            assert!(Interaction::decode(text).is_err(), "{text:.60}");
        }
    }
}
