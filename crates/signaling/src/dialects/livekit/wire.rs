//! LiveKit's messages, protobuf as its servers and data channels have them, as the text that everybody else reads (ProtoJSON),
//! and back.
//!
//! Both ways for both sides: what a client only reads, an imitation of the server writes. Fields that no conference needs
//! (of data tracks, ingress, telephones) are skipped on reading; what is written must be known. A frame that has
//! nothing that we know is `{}`.

use super::gzip::gzip;
use super::schema;
use crate::json;
use crate::protobuf::{self, Message};

/// A frame from the server (`SignalResponse`) as a text.
///
/// # Errors
/// If it is none, with the path of the field that is wrong.
pub fn response_text(bytes: &[u8]) -> Result<String, String> {
    text_of(&schema::SIGNAL_RESPONSE, bytes)
}

/// A frame as a server sends it (`SignalResponse`), from a text.
///
/// # Errors
/// If it is no such message, or has a field that we do not know.
pub fn response_bytes(text: &str) -> Result<Vec<u8>, String> {
    bytes_of(&schema::SIGNAL_RESPONSE, text)
}

/// A frame from a client (`SignalRequest`) as a text.
///
/// # Errors
/// If it is none, with the path of the field that is wrong.
pub fn request_text(bytes: &[u8]) -> Result<String, String> {
    text_of(&schema::SIGNAL_REQUEST, bytes)
}

/// A frame as a client sends it (`SignalRequest`), from a text.
///
/// # Errors
/// If it is no such message, or has a field that we do not know.
pub fn request_bytes(text: &str) -> Result<Vec<u8>, String> {
    bytes_of(&schema::SIGNAL_REQUEST, text)
}

/// A message from a data channel (`DataPacket`) as a text. Of other kinds than `user` there is only who sent it.
///
/// # Errors
/// If it is none, or its `user.payload` is no text, with the path of the field that is wrong.
pub fn data_packet_text(bytes: &[u8]) -> Result<String, String> {
    text_of(&schema::models::DATA_PACKET, bytes)
}

/// A message for a data channel (`DataPacket`), from a text.
///
/// # Errors
/// If it is no such message, or has a field that we do not know.
pub fn data_packet_bytes(text: &str) -> Result<Vec<u8>, String> {
    bytes_of(&schema::models::DATA_PACKET, text)
}

/// How a `JoinRequest` is packed for a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// With gzip.
    Gzip,
}

/// What stands for `join_request` in the URL of `/rtc/v1`, from the text of a `JoinRequest`: a `WrappedJoinRequest` in base64 for
/// URLs. Its padding (`=`) is escaped.
///
/// # Errors
/// If it is no such message, or has a field that we do not know.
pub fn join_request_parameter(text: &str, compression: Compression) -> Result<String, String> {
    let request = bytes_of(&schema::JOIN_REQUEST, text)?;
    let wrapped = match compression {
        Compression::None => json::Fields::of_texts(&[("joinRequest", &protobuf::base64(&request))]),
        Compression::Gzip => json::Fields::of_texts(&[
            ("compression", "GZIP"),
            ("joinRequest", &protobuf::base64(&gzip(&request))),
        ]),
    };
    let wrapped = protobuf::encode(&schema::WRAPPED_JOIN_REQUEST, &wrapped.into());
    let parameter = protobuf::base64(&wrapped.map_err(|error| error.to_string())?);
    Ok(parameter.replace('+', "-").replace('/', "_").replace('=', "%3D"))
}

/// The text of a `JoinRequest`, from what stands for `join_request` in a URL. What is compressed is given to `gunzip`.
///
/// # Errors
/// If it is none, or cannot be unpacked.
pub fn join_request_text(
    parameter: &str,
    gunzip: impl Fn(&[u8]) -> Option<Vec<u8>>,
) -> Result<String, String> {
    let wrapped = protobuf::from_base64(&parameter.replace("%3D", "=")).ok_or("is not base64")?;
    let wrapped =
        protobuf::decode(&schema::WRAPPED_JOIN_REQUEST, &wrapped).map_err(|error| error.to_string())?;
    let request = wrapped.at("joinRequest").as_text().and_then(protobuf::from_base64).unwrap_or_default();
    let request = match wrapped.at("compression").as_text() {
        None | Some("NONE") => request,
        Some("GZIP") => gunzip(&request).ok_or("is not gzip")?,
        Some(_) => return Err("is compressed".to_owned()),
    };
    text_of(&schema::JOIN_REQUEST, &request)
}

fn text_of(message: &Message, bytes: &[u8]) -> Result<String, String> {
    protobuf::decode(message, bytes).map(|value| value.to_string()).map_err(|error| error.to_string())
}

fn bytes_of(message: &Message, text: &str) -> Result<Vec<u8>, String> {
    json::parse(text).and_then(|value| protobuf::encode(message, &value)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
