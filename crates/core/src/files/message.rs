//! What pages tell each other of files, as it is on the wire: `docs/peer-protocol.md`.

use visavis_signaling::json::{Fields, Json, JsonError, Object, read_each};

use super::{MAX_FILE_BYTES, MAX_OFFERED_FILES, TransferId};
use crate::peer_message::parse;

/// Most bytes of a type, and of a reason.
const MAX_WORD_BYTES: usize = 32;
/// Most bytes of a name as it comes.
const MAX_NAME_BYTES: usize = 1024;
/// Most bytes of a digest: 64 hexadecimal digits.
const MAX_DIGEST_BYTES: usize = 64;

/// A message between two pages about files. The bytes of files pass on a channel of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileMessage {
    /// The sender offers these files, and no others any more.
    Offers {
        /// Names the offers of this page of the sender: their numbers begin anew in another one.
        log: u32,
        /// What is offered, oldest first.
        files: Vec<OfferedFile>,
    },
    /// The sender wants a file of the receiver's, from this place on.
    Request {
        /// How the sender calls the transfer.
        transfer: TransferId,
        /// The offers of the receiver.
        log: u32,
        /// The number of the file in them.
        id: u32,
        /// How many bytes the sender has.
        offset: u32,
    },
    /// The sender, who receives a file, wants no more of this transfer.
    Stop {
        /// Which.
        transfer: TransferId,
        /// Why.
        reason: StopReason,
    },
    /// The sender has sent all of a file.
    End {
        /// The transfer, as the receiver calls it.
        transfer: TransferId,
        /// The SHA-256 of the whole file, in hexadecimal digits. `None` if there is no such file, or it cannot be read.
        sha256: Option<String>,
    },
}

/// Why somebody wants no more of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// They have all of the file, and it is what was sent.
    Received,
    /// They want to go on later.
    Paused,
    /// They do not want the file.
    Cancelled,
    /// They cannot keep it, or it is not what was sent.
    Failed,
}

/// A file, as its owner offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedFile {
    /// Its number: later ones have larger numbers.
    pub id: u32,
    /// How long ago it was offered when that was said, in milliseconds.
    pub age: u32,
    /// Its name, as it came.
    pub name: String,
    /// Its size in bytes.
    pub size: u32,
}

impl StopReason {
    const ALL: [Self; 4] = [Self::Received, Self::Paused, Self::Cancelled, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }
}

impl FileMessage {
    /// Reads a message; `None` if it is of a kind that a later version may know.
    ///
    /// # Errors
    /// If it is longer than [`MAX_PEER_MESSAGE_BYTES`](crate::MAX_PEER_MESSAGE_BYTES), no JSON object, lacks what its type needs, or
    /// names more files than
    /// [`MAX_OFFERED_FILES`] or a larger one than [`MAX_FILE_BYTES`].
    pub fn decode(text: &str) -> Result<Option<Self>, JsonError> {
        let value = parse(text)?;
        let fields = Object::root(&value)?;
        Ok(match fields.text("type", MAX_WORD_BYTES)? {
            "fileOffers" => Some(Self::Offers {
                log: fields.u32("log")?,
                files: read_each(&fields, "files", MAX_OFFERED_FILES, OfferedFile::read)?,
            }),
            "fileRequest" => Some(Self::Request {
                transfer: transfer(&fields)?,
                log: fields.u32("log")?,
                id: fields.u32("id")?,
                offset: fields.optional_u32("offset")?.unwrap_or_default(),
            }),
            "fileStop" => {
                let reason = fields.optional_text("reason", MAX_WORD_BYTES)?;
                let reason = StopReason::ALL.into_iter().find(|known| Some(known.as_str()) == reason);
                Some(Self::Stop {
                    transfer: transfer(&fields)?,
                    reason: reason.unwrap_or(StopReason::Cancelled),
                })
            }
            "fileEnd" => {
                let sha256 = fields.optional_text("sha256", MAX_DIGEST_BYTES)?.map(str::to_owned);
                Some(Self::End { transfer: transfer(&fields)?, sha256 })
            }
            _ => None,
        })
    }

    /// The message as one text.
    pub fn encode(&self) -> String {
        let mut fields = Fields::of_type(match self {
            Self::Offers { .. } => "fileOffers",
            Self::Request { .. } => "fileRequest",
            Self::Stop { .. } => "fileStop",
            Self::End { .. } => "fileEnd",
        });
        match self {
            Self::Offers { log, files } => {
                fields.number("log", *log);
                fields.put("files", Json::List(files.iter().map(OfferedFile::json).collect()));
            }
            Self::Request { transfer, log, id, offset } => {
                fields.number("transfer", transfer.0);
                fields.number("log", *log);
                fields.number("id", *id);
                fields.number("offset", *offset);
            }
            Self::Stop { transfer, reason } => {
                fields.number("transfer", transfer.0);
                fields.text("reason", reason.as_str());
            }
            Self::End { transfer, sha256 } => {
                fields.number("transfer", transfer.0);
                fields.maybe_text("sha256", sha256.as_deref());
            }
        }
        fields.encode()
    }
}

impl OfferedFile {
    fn read(fields: &Object<'_>) -> Result<Self, JsonError> {
        let size = fields.u32("size")?;
        if size > MAX_FILE_BYTES {
            return Err(fields.error("size", "is too large"));
        }
        Ok(Self {
            id: fields.u32("id")?,
            age: fields.optional_u32("age")?.unwrap_or_default(),
            name: fields.text("name", MAX_NAME_BYTES)?.to_owned(),
            size,
        })
    }

    fn json(&self) -> Json {
        let mut fields = Fields::default();
        fields.number("id", self.id);
        fields.number("age", self.age);
        fields.text("name", &self.name);
        fields.number("size", self.size);
        fields.into()
    }
}

/// The number of a transfer; there is no 0.
fn transfer(fields: &Object<'_>) -> Result<TransferId, JsonError> {
    let number = fields.u32("transfer")?;
    if number == 0 { Err(fields.error("transfer", "is 0")) } else { Ok(TransferId(number)) }
}

#[cfg(test)]
mod tests {
    use super::super::{FILE_CHANNEL_ID, FILE_CHANNEL_LABEL, MAX_CHUNK_BYTES, MAX_FILE_NAME_BYTES};
    use super::*;

    fn offered(id: u32, name: &str, size: u32) -> OfferedFile {
        OfferedFile { id, age: 7, name: name.to_owned(), size }
    }

    fn all() -> Vec<FileMessage> {
        let transfer = TransferId(u32::MAX);
        let mut all = vec![
            FileMessage::Offers { log: u32::MAX, files: Vec::new() },
            FileMessage::Offers {
                log: 0,
                files: vec![offered(1, "a \"b\".txt", 0), offered(2, "😀", MAX_FILE_BYTES)],
            },
            FileMessage::Request { transfer, log: 3, id: 4, offset: MAX_FILE_BYTES },
            FileMessage::End { transfer, sha256: None },
            FileMessage::End { transfer, sha256: Some("0".repeat(64)) },
        ];
        all.extend(StopReason::ALL.map(|reason| FileMessage::Stop { transfer, reason }));
        all
    }

    #[test]
    fn what_is_written_is_read_again() {
        for message in all() {
            assert_eq!(FileMessage::decode(&message.encode()), Ok(Some(message)));
        }
    }

    #[test]
    fn as_many_offers_as_there_may_be_fit_into_one_message() {
        let long = offered(u32::MAX, &"\"".repeat(MAX_FILE_NAME_BYTES), MAX_FILE_BYTES);
        let most = FileMessage::Offers { log: u32::MAX, files: vec![long; MAX_OFFERED_FILES] };
        assert!(most.encode().len() < 15_000, "{}", most.encode().len());
    }

    /// Every example of theirs in the document is what this version says, and the bounds are named.
    #[test]
    fn the_document_is_true() {
        let document = include_str!("../../../../docs/peer-protocol.md");
        let examples = document.split("```json\n").skip(1).filter_map(|rest| rest.lines().next());
        let read = |example: &str| {
            FileMessage::decode(example).unwrap().map(|read| (read.encode(), example.to_owned()))
        };
        let read: Vec<_> = examples.filter_map(read).collect();
        assert!(read.len() >= 5, "{read:?}");
        assert!(read.iter().all(|(written, example)| written == example), "{read:?}");
        for reason in StopReason::ALL {
            assert!(document.contains(&format!("`{}`", reason.as_str())), "{reason:?}");
        }
        let bounds = [
            MAX_OFFERED_FILES,
            MAX_FILE_BYTES as usize,
            MAX_CHUNK_BYTES,
            MAX_FILE_NAME_BYTES,
            FILE_CHANNEL_ID.into(),
        ];
        for number in bounds.map(|number| number.to_string()) {
            assert!(document.contains(&number), "{number}");
        }
        assert!(document.contains(FILE_CHANNEL_LABEL));
    }

    #[test]
    fn what_a_later_version_says_is_no_mistake() {
        assert_eq!(FileMessage::decode(r#"{"type":"fileHologram"}"#), Ok(None));
        let stop = FileMessage::Stop { transfer: TransferId(1), reason: StopReason::Cancelled };
        assert_eq!(
            FileMessage::decode(r#"{"type":"fileStop","transfer":1,"reason":"bored"}"#),
            Ok(Some(stop))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let many = vec![r#"{"id":1,"name":"x","size":1}"#; MAX_OFFERED_FILES + 1].join(",");
        let many = format!(r#"{{"type":"fileOffers","log":1,"files":[{many}]}}"#);
        let long =
            FileMessage::Offers { log: 1, files: vec![offered(1, &"x".repeat(MAX_NAME_BYTES + 1), 1)] };
        let huge = FileMessage::Offers { log: 1, files: vec![offered(1, "x", MAX_FILE_BYTES + 1)] };
        for text in [
            r#"{"type":"fileOffers","files":[]}"#,
            r#"{"type":"fileOffers","log":1,"files":{}}"#,
            r#"{"type":"fileOffers","log":1,"files":["x"]}"#,
            r#"{"type":"fileOffers","log":1,"files":[{"id":1,"name":"x"}]}"#,
            r#"{"type":"fileOffers","log":1,"files":[{"id":1,"size":1}]}"#,
            r#"{"type":"fileOffers","log":1,"files":[{"id":1,"name":"x","size":-1}]}"#,
            r#"{"type":"fileOffers","log":1,"files":[{"id":1,"name":"x","size":4294967296}]}"#,
            r#"{"type":"fileOffers","log":1,"files":[{"id":1,"name":7,"size":1}]}"#,
            r#"{"type":"fileRequest","transfer":1,"log":1}"#,
            r#"{"type":"fileRequest","transfer":0,"log":1,"id":1}"#,
            r#"{"type":"fileRequest","log":1,"id":1}"#,
            r#"{"type":"fileRequest","transfer":1,"log":1,"id":1,"offset":1.5}"#,
            r#"{"type":"fileStop"}"#,
            r#"{"type":"fileStop","transfer":1,"reason":7}"#,
            r#"{"type":"fileEnd","transfer":1,"sha256":7}"#,
            &many,
            &long.encode(),
            &huge.encode(),
        ] {
            assert!(FileMessage::decode(text).is_err(), "{text:.60}");
        }
    }
}
