//! What two Visavis pages tell each other over the data channel beside their media, or through a server that forwards both:
//! `docs/peer-protocol.md`.

use visavis_signaling::json::{self, Fields, Json, JsonError, Object};
use visavis_signaling::{MediaState, VideoSettings, normalize};

use crate::quality::{QualityLimitation, QualityLimitationReason};

/// Most bytes of one message: what every browser takes without dividing it (RFC 8831 section 6.6).
pub const MAX_PEER_MESSAGE_BYTES: usize = 16 * 1024;
/// Most bytes of a message's type.
const MAX_TYPE_BYTES: usize = 32;

/// A message between two Visavis pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeerMessage {
    /// What the sender publishes now.
    Media(MediaState),
    /// The sender may have missed what the receiver publishes: it should be said again.
    MediaRequest,
    /// In what size the sender shows the videos of whoever receives this.
    TrackSettings(VideoSettings),
    /// How much of the receiver's sound was lost on its way to the sender lately, in thousandths.
    ReceiverReport(u16),
    /// How the sender's videos are limited on their way to the receiver.
    QualityLimitation(QualityLimitation),
    /// Something of chat, reactions, raised hands, recordings or files, as it came: what reads it ([`Interaction::decode`],
    /// [`FileMessage::decode`]) is loaded on demand.
    ///
    /// [`Interaction::decode`]: crate::Interaction::decode
    /// [`FileMessage::decode`]: crate::FileMessage::decode
    Interaction(String),
    /// The sender leaves the room.
    Leave,
}

/// The JSON object that a message is.
///
/// # Errors
/// If it is longer than [`MAX_PEER_MESSAGE_BYTES`], or no JSON object.
pub(crate) fn parse(text: &str) -> Result<Json, JsonError> {
    if text.len() > MAX_PEER_MESSAGE_BYTES {
        return Err(JsonError { field: String::new(), problem: "is too long".to_owned() });
    }
    json::parse(text)
}

impl PeerMessage {
    /// The types of all messages, and the keys in them that no server knows, with commas between: what reports keep of them.
    pub const REPORT_ALLOWLIST: &str = "media,media-request,trackSettings,width,height,receiverReport,fractionLost,qualityLimitation,reason,none,cpu,bandwidth,active,leave,chat,log,messages,id,age,\
         chatReceived,hand,raised,recording,reaction,thumbs-up,applause,heart,laugh,surprise,think,\
         fileOffers,files,size,fileRequest,transfer,offset,fileStop,received,paused,cancelled,failed,fileEnd,sha256";

    /// Reads a message; `None` if it is of a type that a later version may know.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PEER_MESSAGE_BYTES`], no JSON object, or lacks what its type needs.
    pub fn decode(text: &str) -> Result<Option<Self>, JsonError> {
        let value = parse(text)?;
        let fields = Object::root(&value)?;
        match fields.text("type", MAX_TYPE_BYTES)? {
            "media" => normalize::media_of(&fields).map(|media| Some(Self::Media(media))),
            "media-request" => Ok(Some(Self::MediaRequest)),
            "trackSettings" => {
                VideoSettings::read(&fields).map(|settings| Some(Self::TrackSettings(settings)))
            }
            "receiverReport" => {
                let lost = fields.optional_u32("fractionLost")?.unwrap_or_default();
                Ok(Some(Self::ReceiverReport(lost.min(1000) as u16)))
            }
            "qualityLimitation" => {
                let reason = fields.optional_text("reason", MAX_TYPE_BYTES)?.unwrap_or_default();
                Ok(Some(Self::QualityLimitation(QualityLimitation {
                    reason: QualityLimitationReason::from_name(reason),
                    active: fields.optional_bool("active")?.unwrap_or(true),
                })))
            }
            "leave" => Ok(Some(Self::Leave)),
            "chat" | "chatReceived" | "hand" | "recording" | "reaction" | "fileOffers" | "fileRequest"
            | "fileStop" | "fileEnd" => Ok(Some(Self::Interaction(text.to_owned()))),
            _ => Ok(None),
        }
    }

    /// The message as one text.
    pub fn encode(&self) -> String {
        let mut fields = Fields::of_type(match self {
            Self::Interaction(text) => return text.clone(),
            Self::Media(_) => "media",
            Self::MediaRequest => "media-request",
            Self::TrackSettings(_) => "trackSettings",
            Self::ReceiverReport(_) => "receiverReport",
            Self::QualityLimitation(_) => "qualityLimitation",
            Self::Leave => "leave",
        });
        match self {
            Self::Media(media) => fields.put("media", *media),
            Self::TrackSettings(settings) => settings.write(&mut fields),
            Self::ReceiverReport(lost) => fields.number("fractionLost", (*lost).into()),
            Self::QualityLimitation(QualityLimitation { reason, active }) => {
                fields.text("reason", reason.as_str());
                fields.bool("active", *active);
            }
            Self::MediaRequest | Self::Interaction(_) | Self::Leave => {}
        }
        fields.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use visavis_signaling::{MAX_VIDEO_SIDE, Source, TrackSettings, VideoSize};

    fn shown(width: u16, height: u16) -> Option<TrackSettings> {
        Some(TrackSettings::Enabled(VideoSize { width, height }))
    }

    #[test]
    fn what_is_written_is_read_again() {
        for media in [
            MediaState::default(),
            MediaState::from([Source::Microphone, Source::Screen, Source::ScreenAudio]),
        ] {
            let message = PeerMessage::Media(media);
            assert_eq!(PeerMessage::decode(&message.encode()), Ok(Some(message)));
        }
        for (camera, screen) in
            [(None, None), (shown(1, 8192), Some(TrackSettings::Disabled)), (None, shown(8192, 1))]
        {
            let settings = VideoSettings::default();
            let message = PeerMessage::TrackSettings(
                settings.with(Source::Camera, camera).with(Source::Screen, screen),
            );
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
            usize::from(MAX_VIDEO_SIDE),
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
        let media = MediaState::from([Source::Microphone, Source::Camera]);
        assert_eq!(PeerMessage::decode(more), Ok(Some(PeerMessage::Media(media))));
        let more =
            r#"{"type":"trackSettings","hologram":{"depth":3},"camera":{"width":4,"height":3,"fps":9}}"#;
        let settings = VideoSettings::default().with(Source::Camera, shown(4, 3));
        assert_eq!(PeerMessage::decode(more), Ok(Some(PeerMessage::TrackSettings(settings))));
    }

    #[test]
    fn a_fraction_is_not_more_than_all() {
        let all = PeerMessage::ReceiverReport(1000);
        assert_eq!(PeerMessage::decode(&all.encode()), Ok(Some(all.clone())));
        for lost in ["1001", "65537", "4294967295"] {
            let text = [r#"{"type":"receiverReport","fractionLost":"#, lost, "}"].concat();
            assert_eq!(PeerMessage::decode(&text), Ok(Some(all.clone())), "{text}");
        }
        for lost in ["-1", "0.5", "4294967296", "\"7\""] {
            let text = [r#"{"type":"receiverReport","fractionLost":"#, lost, "}"].concat();
            assert!(PeerMessage::decode(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        let long =
            format!(r#"{{"type":"media","media":{{}},"pad":"{}"}}"#, "x".repeat(MAX_PEER_MESSAGE_BYTES));
        for text in ["", "7", "[]", "{}", r#"{"type":7}"#, r#"{"type":"media","media":[]}"#, &long] {
            assert!(PeerMessage::decode(text).is_err(), "{text}");
        }
        for shown in [
            "7",
            "[]",
            "{}",
            r#"{"width":9}"#,
            r#"{"width":0,"height":9}"#,
            r#"{"width":9,"height":8193}"#,
            r#"{"width":65537,"height":9}"#,
            r#"{"width":1.5,"height":9}"#,
            r#"{"width":-1,"height":9}"#,
        ] {
            let text = [r#"{"type":"trackSettings","screen":"#, shown, "}"].concat();
            assert!(PeerMessage::decode(&text).is_err(), "{text}");
        }
    }
}
