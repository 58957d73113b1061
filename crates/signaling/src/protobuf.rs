//! Protocol Buffers (protobuf.dev, "Encoding"), read into and written from the JSON that the ProtoJSON format gives them.
//!
//! Table-driven: a [`Message`] lists the fields of a message that we know, one function reads by it and one writes by it.
//! Generated code would be a reader and a writer for each message, twice the bytes in the bundle; and whoever has to do with
//! such a server would see another form of its messages than everybody else, who reads [`Json`].
//!
//! What is shown is what was sent: writers leave out the default value of a field unless its presence means something (a
//! member of a `oneof`), so a field that is missing is missing in both forms. A default that is written all the same (`false`,
//! `0`, `""`) is shown and sent, which every reader takes. Of several members of a `oneof` all are shown.

mod base64;
mod decimal;
mod read;
mod write;

use crate::json::{Json, JsonError};

/// Deepest nesting of messages, the outermost included. Those that we know have about six.
pub const MAX_DEPTH: u32 = 16;
/// Most values in a message and those within it: two bytes of an empty message, or one of a packed `bool`, become about a
/// hundred in memory. A room of 64 people that show everything they have takes about 13,000.
pub const MAX_VALUES: u32 = 20_000;

/// The fields of a message that are read and written. A `static`, so that messages may hold each other.
#[derive(Debug)]
pub struct Message(pub &'static [Field]);

/// A field of a message.
#[derive(Debug)]
pub struct Field {
    /// Its number on the wire. Those up to 255 are all that we have met.
    pub number: u8,
    /// Its name in JSON, in lowerCamelCase.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it is a list.
    pub repeated: bool,
}

/// The type of a field. Missing are those that nobody has needed yet: `double`, `sint`, and the fixed ones but `float`.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int32`.
    Int32,
    /// `int64`, a text in JSON.
    Int64,
    /// `uint32`.
    Uint32,
    /// `uint64`, a text in JSON.
    Uint64,
    /// An enum, with the names of its values from 0 on; an empty name is a gap. A value without a name is a number in JSON.
    Enum(&'static [&'static str]),
    /// `float`, as a decimal number of six digits behind the point and at most 2^40; not a number is 0. It is for levels and
    /// scores.
    Float,
    /// `string`.
    String,
    /// `bytes`, in base64 in JSON.
    Bytes,
    /// Another message.
    Message(&'static Message),
    /// `map<string, string>`, an object in JSON. Of several entries with the same key the last one counts, as in [`Json`].
    Map,
}

impl Field {
    /// A field that is no list.
    pub const fn new(number: u8, name: &'static str, kind: Kind) -> Self {
        Self { number, name, kind, repeated: false }
    }

    /// A field that is a list.
    pub const fn repeated(number: u8, name: &'static str, kind: Kind) -> Self {
        Self { number, name, kind, repeated: true }
    }
}

/// Reads a message. Fields that are not in the table, or come in another wire type, are skipped ("Unknown Fields").
///
/// # Errors
/// If it is cut short, has groups, a text that is not UTF-8, a number of more than 64 bits, more than [`MAX_VALUES`]
/// values, or is nested deeper than [`MAX_DEPTH`]; with the path of the field.
pub fn decode(message: &Message, bytes: &[u8]) -> Result<Json, JsonError> {
    read::decode(message, bytes)
}

/// Writes a message. `null` counts as absent. A field that is not in the table is an error, because what we send is
/// our own, and a misspelt name would be missing only at the other end.
///
/// # Errors
/// If it is no object, or a value is not what its field takes, with the path of the field.
pub fn encode(message: &Message, value: &Json) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::new();
    write::message(message, value, 1, &mut out)?;
    Ok(out)
}

/// Bytes in base64 with padding (RFC 4648, section 4), as ProtoJSON has them.
pub fn base64(bytes: &[u8]) -> String {
    base64::encode(bytes)
}

/// The bytes of a text in base64, also in the alphabet for URLs and without padding; `None` if it is neither.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    base64::decode(text)
}

/// How a value is laid out in bytes ("Message Structure").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WireType {
    Varint = 0,
    Len = 2,
    I32 = 5,
}

impl Kind {
    fn wire_type(self) -> WireType {
        match self {
            Self::Bool | Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 | Self::Enum(_) => {
                WireType::Varint
            }
            Self::Float => WireType::I32,
            Self::String | Self::Bytes | Self::Message(_) | Self::Map => WireType::Len,
        }
    }
}

fn error(problem: &str) -> JsonError {
    JsonError { field: String::new(), problem: problem.to_owned() }
}

/// The error, seen from the message around it.
fn inside(name: &str, error: JsonError) -> JsonError {
    let field = if error.field.is_empty() { name.to_owned() } else { [name, ".", &error.field].concat() };
    JsonError { field, ..error }
}

#[cfg(test)]
mod tests;
