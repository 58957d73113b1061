//! JSON as bytes.

use std::slice;

use super::{Field, Kind, MAX_DEPTH, Message, WireType, base64, decimal, error, inside};
use crate::json::{Json, JsonError};

pub(super) fn message(
    message: &Message,
    value: &Json,
    depth: u32,
    out: &mut Vec<u8>,
) -> Result<(), JsonError> {
    if depth > MAX_DEPTH {
        return Err(error("is nested too deeply"));
    }
    let Json::Object(fields) = value else { return Err(error("must be an object")) };
    for (name, value) in fields.iter().filter(|(_, value)| **value != Json::Null) {
        let known = message.0.iter().find(|field| field.name == name).ok_or_else(|| error("is unknown"));
        let written = known.and_then(|known| field(known, value, depth, out));
        written.map_err(|error| inside(name, error))?;
    }
    Ok(())
}

fn field(field: &Field, value: &Json, depth: u32, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let values = match (value, field.repeated) {
        (Json::List(values), true) => values,
        (_, true) => return Err(error("must be a list")),
        (_, false) => slice::from_ref(value),
    };
    let wire_type = field.kind.wire_type();
    if field.repeated && wire_type != WireType::Len {
        return packed(field, values, out);
    }
    if matches!(field.kind, Kind::Map) {
        return map(field, value, out);
    }
    for value in values {
        tag(field, wire_type, out);
        if let Kind::Message(inner) = field.kind {
            let mut bytes = Vec::new();
            message(inner, value, depth + 1, &mut bytes)?;
            length_delimited(&bytes, out);
        } else {
            scalar(field.kind, value, out).map_err(error)?;
        }
    }
    Ok(())
}

/// Numbers in a list share a tag, as proto3 writes them; an empty list is not written.
fn packed(field: &Field, values: &[Json], out: &mut Vec<u8>) -> Result<(), JsonError> {
    let mut packed = Vec::new();
    for value in values {
        scalar(field.kind, value, &mut packed).map_err(error)?;
    }
    if !packed.is_empty() {
        tag(field, WireType::Len, out);
        length_delimited(&packed, out);
    }
    Ok(())
}

/// Each entry is a message of its key and its value.
fn map(field: &Field, value: &Json, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let Json::Object(entries) = value else { return Err(error("must be an object")) };
    for (key, value) in entries.iter() {
        let value = value.as_text().ok_or_else(|| inside(key, error("must be a text")))?;
        let mut entry = Vec::new();
        for (number, text) in [(1, key), (2, value)] {
            entry.push(number << 3 | WireType::Len as u8);
            length_delimited(text.as_bytes(), &mut entry);
        }
        tag(field, WireType::Len, out);
        length_delimited(&entry, out);
    }
    Ok(())
}

/// Anything but a message or a map.
fn scalar(kind: Kind, value: &Json, out: &mut Vec<u8>) -> Result<(), &'static str> {
    match kind {
        Kind::Bool => {
            let Json::Bool(yes) = value else { return Err("must be true or false") };
            out.push(u8::from(*yes));
        }
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 => {
            varint(whole(kind, digits(value)).ok_or("must be a whole number within its limits")?, out);
        }
        Kind::Enum(names) => {
            let named = value.as_text().filter(|name| !name.is_empty());
            let at = named.and_then(|name| names.iter().position(|known| *known == name)).map(|at| at as u64);
            let number = if let Json::Number(number) = value { whole(kind, number) } else { None };
            varint(at.or(number).ok_or("must be one of the names, or a number")?, out);
        }
        Kind::Float => {
            let number = decimal::parse(digits(value)).ok_or("must be a decimal number")?;
            out.extend(number.to_le_bytes());
        }
        Kind::String => length_delimited(value.as_text().ok_or("must be a text")?.as_bytes(), out),
        Kind::Bytes => {
            let bytes = value.as_text().and_then(base64::decode).ok_or("must be base64")?;
            length_delimited(&bytes, out);
        }
        Kind::Message(_) | Kind::Map => return Err("must be an object"),
    }
    Ok(())
}

/// Every number may be a text as well.
fn digits(value: &Json) -> &str {
    if let Json::Number(digits) | Json::Text(digits) = value { digits } else { "" }
}

/// Negative numbers have all 64 bits, whatever their type ("Signed Integers").
fn whole(kind: Kind, digits: &str) -> Option<u64> {
    let number = || digits.parse::<i64>().ok();
    match kind {
        Kind::Uint64 => digits.parse().ok(),
        Kind::Uint32 => number().filter(|number| u32::try_from(*number).is_ok()).map(|number| number as u64),
        Kind::Int64 => number().map(|number| number as u64),
        Kind::Int32 | Kind::Enum(_) => {
            number().filter(|number| i32::try_from(*number).is_ok()).map(|number| number as u64)
        }
        Kind::Bool | Kind::Float | Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Map => None,
    }
}

fn tag(field: &Field, wire_type: WireType, out: &mut Vec<u8>) {
    varint(u64::from(field.number) << 3 | wire_type as u64, out);
}

fn length_delimited(bytes: &[u8], out: &mut Vec<u8>) {
    varint(bytes.len() as u64, out);
    out.extend(bytes);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
