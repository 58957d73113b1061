//! What two Visavis pages tell each other over the data channel beside their media, or through a server that forwards both:
//! `docs/peer-protocol.md`.

use visavis_signaling::json::{self, Fields, JsonError, Object};
use visavis_signaling::{MediaState, normalize};

/// Most bytes of one message: what every browser takes without dividing it (RFC 8831 section 6.6).
pub const MAX_PEER_MESSAGE_BYTES: usize = 16 * 1024;
/// Most bytes of a message's type.
const MAX_TYPE_BYTES: usize = 32;

/// A message between two Visavis pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerMessage {
    /// What the sender publishes now.
    Media(MediaState),
    /// The sender may have missed what the receiver publishes: it should be said again.
    MediaRequest,
    /// The sender leaves the room.
    Leave,
}

impl PeerMessage {
    /// The types of all messages, with commas between: words that reports keep.
    pub const TYPES: &str = "media,media-request,leave";

    /// Reads a message; `None` if it is of a type that a later version may know.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PEER_MESSAGE_BYTES`], no JSON object, or lacks what its type needs.
    pub fn decode(text: &str) -> Result<Option<Self>, JsonError> {
        if text.len() > MAX_PEER_MESSAGE_BYTES {
            return Err(JsonError { field: String::new(), problem: "is too long".to_owned() });
        }
        let value = json::parse(text)?;
        let fields = Object::root(&value)?;
        match fields.text("type", MAX_TYPE_BYTES)? {
            "media" => normalize::media_of(&fields).map(|media| Some(Self::Media(media))),
            "media-request" => Ok(Some(Self::MediaRequest)),
            "leave" => Ok(Some(Self::Leave)),
            _ => Ok(None),
        }
    }

    /// The message as one text.
    pub fn encode(self) -> String {
        let mut fields = Fields::of_type(match self {
            Self::Media(_) => "media",
            Self::MediaRequest => "media-request",
            Self::Leave => "leave",
        });
        match self {
            Self::Media(media) => fields.put("media", media),
            Self::MediaRequest | Self::Leave => {}
        }
        fields.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for media in [
            MediaState::default(),
            MediaState { microphone: true, camera: false, screen: true, screen_audio: true },
        ] {
            let message = PeerMessage::Media(media);
            assert_eq!(PeerMessage::decode(&message.encode()), Ok(Some(message)));
        }
    }

    /// Every example is a message, and says all that this version says.
    #[test]
    fn the_document_is_true() {
        let document = include_str!("../../../docs/peer-protocol.md");
        let examples: Vec<&str> =
            document.split("```json\n").skip(1).filter_map(|rest| rest.lines().next()).collect();
        assert!(examples.len() >= 2, "{examples:?}");
        for example in examples {
            let message = PeerMessage::decode(example).unwrap().unwrap();
            assert_eq!(message.encode(), example);
        }
        let numbers = [
            MAX_PEER_MESSAGE_BYTES,
            crate::PEER_CHANNEL_BUFFERED_AMOUNT_LIMIT as usize,
            crate::PEER_CHANNEL_ID.into(),
        ];
        for number in numbers.map(|number| number.to_string()) {
            assert!(document.contains(&number), "{number}");
        }
        assert!(document.contains(crate::PEER_CHANNEL_LABEL));
    }

    #[test]
    fn what_a_later_version_says_is_no_mistake() {
        assert_eq!(PeerMessage::decode(r#"{"type":"hologram","media":7}"#), Ok(None));
        let more = r#"{"type":"media","media":{"microphone":true,"camera":true,"hologram":true},"at":7}"#;
        let media = MediaState { microphone: true, camera: true, ..MediaState::default() };
        assert_eq!(PeerMessage::decode(more), Ok(Some(PeerMessage::Media(media))));
    }

    #[test]
    fn nonsense_is_refused() {
        let long =
            format!(r#"{{"type":"media","media":{{}},"pad":"{}"}}"#, "x".repeat(MAX_PEER_MESSAGE_BYTES));
        for text in ["", "7", "[]", "{}", r#"{"type":7}"#, r#"{"type":"media","media":[]}"#, &long] {
            assert!(PeerMessage::decode(text).is_err(), "{text}");
        }
    }
}
