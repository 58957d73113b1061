//! Bytes as JSON.

use std::mem;

use super::{Field, Kind, MAX_DEPTH, MAX_VALUES, Message, WireType, base64, decimal, error, inside};
use crate::json::{Fields, Json, JsonError};

const TRUNCATED: &str = "is cut short";
/// An entry of a map ("Maps").
static ENTRY: Message = Message(&[Field::new(1, "key", Kind::String), Field::new(2, "value", Kind::String)]);

pub(super) fn decode(message: &Message, bytes: &[u8]) -> Result<Json, JsonError> {
    let mut fields = Fields::default();
    Reader { values: 0 }.message(message, bytes, 1, &mut fields)?;
    Ok(fields.into())
}

/// A value as it is laid out.
#[derive(Clone, Copy)]
enum Wire<'a> {
    Varint(u64),
    Len(&'a [u8]),
    I32([u8; 4]),
    /// Nothing of ours has 64 bits that are no varint.
    I64,
}

struct Reader {
    /// As many were read.
    values: u32,
}

impl Reader {
    fn message(
        &mut self,
        message: &Message,
        mut rest: &[u8],
        depth: u32,
        fields: &mut Fields,
    ) -> Result<(), JsonError> {
        if depth > MAX_DEPTH {
            return Err(error("is nested too deeply"));
        }
        while !rest.is_empty() {
            let (number, wire) = record(&mut rest).map_err(error)?;
            if let Some(field) = message.0.iter().find(|field| u64::from(field.number) == number) {
                self.field(field, wire, depth, fields).map_err(|error| inside(field.name, error))?;
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &Field,
        wire: Wire<'_>,
        depth: u32,
        fields: &mut Fields,
    ) -> Result<(), JsonError> {
        let wire_type = field.kind.wire_type();
        if let (Wire::Len(mut packed), true) = (wire, field.repeated && wire_type != WireType::Len) {
            while !packed.is_empty() {
                let wire = value(wire_type as u64, &mut packed).map_err(error)?;
                self.field(field, wire, depth, fields)?;
            }
            return Ok(());
        }
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(error("has too many values"));
        }
        let value = match (wire, field.kind) {
            (Wire::Varint(bits), kind) => number(kind, bits),
            (Wire::I32(bytes), Kind::Float) => Some(Json::Number(decimal::text(f32::from_le_bytes(bytes)))),
            (Wire::Len(bytes), Kind::String) => Some(Json::text(text(bytes)?)),
            (Wire::Len(bytes), Kind::Bytes) => Some(Json::Text(base64::encode(bytes))),
            (Wire::Len(bytes), Kind::Message(message)) => {
                // What is no list may come in several parts.
                let mut inner = if field.repeated { Fields::default() } else { taken(fields, field) };
                self.message(message, bytes, depth + 1, &mut inner)?;
                Some(inner.into())
            }
            (Wire::Len(bytes), Kind::Map) => {
                let mut entry = Fields::default();
                self.message(&ENTRY, bytes, depth, &mut entry)?;
                let [key, value] = ["key", "value"].map(|name| entry.at(name).as_text().unwrap_or_default());
                // Not looked up first, which would take the square of as many as there are.
                let mut map = taken(fields, field);
                map.text(key, value);
                Some(map.into())
            }
            _ => None,
        };
        if let Some(value) = value {
            put(fields, field, value);
        }
        Ok(())
    }
}

/// The number of the next field, and its value.
fn record<'a>(rest: &mut &'a [u8]) -> Result<(u64, Wire<'a>), &'static str> {
    let tag = varint(rest)?;
    let number = tag >> 3;
    if number == 0 || tag > u64::from(u32::MAX) {
        return Err("has a field without a valid number");
    }
    Ok((number, value(tag & 7, rest)?))
}

fn value<'a>(wire_type: u64, rest: &mut &'a [u8]) -> Result<Wire<'a>, &'static str> {
    Ok(match wire_type {
        0 => Wire::Varint(varint(rest)?),
        1 => {
            take(rest, 8)?;
            Wire::I64
        }
        2 => {
            let length = varint(rest)?;
            Wire::Len(take(rest, usize::try_from(length).map_err(|_| TRUNCATED)?)?)
        }
        5 => Wire::I32(take(rest, 4)?.try_into().map_err(|_| TRUNCATED)?),
        _ => return Err("has a value of an unknown wire type"),
    })
}

/// Seven bits a byte, the lowest first ("Base 128 Varints").
fn varint(rest: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first().ok_or(TRUNCATED)?;
        *rest = after;
        if shift == 63 && *byte > 1 {
            break;
        }
        value |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Ok(value);
        }
    }
    Err("has a number of more than 64 bits")
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], &'static str> {
    let (taken, after) = rest.split_at_checked(length).ok_or(TRUNCATED)?;
    *rest = after;
    Ok(taken)
}

/// What does not fit into 32 bits is cut off, as everywhere.
fn number(kind: Kind, bits: u64) -> Option<Json> {
    let narrow = bits as i32;
    Some(match kind {
        Kind::Bool => Json::Bool(bits != 0),
        Kind::Int32 => whole(narrow.into()),
        Kind::Uint32 => whole((bits as u32).into()),
        Kind::Int64 => Json::Text((bits as i64).to_string()),
        Kind::Uint64 => Json::Text(bits.to_string()),
        Kind::Enum(names) => {
            let name =
                usize::try_from(narrow).ok().and_then(|at| names.get(at)).filter(|name| !name.is_empty());
            name.map_or_else(|| whole(narrow.into()), |name| Json::text(name))
        }
        Kind::Float | Kind::String | Kind::Bytes | Kind::Message(_) | Kind::Map => return None,
    })
}

fn whole(number: i64) -> Json {
    Json::Number(number.to_string())
}

fn text(bytes: &[u8]) -> Result<&str, JsonError> {
    str::from_utf8(bytes).map_err(|_| error("is not UTF-8"))
}

fn known<'a>(fields: &'a mut Fields, field: &Field) -> Option<&'a mut Json> {
    fields.iter_mut().find(|(name, _)| name == field.name).map(|(_, value)| value)
}

/// The object that was read so far.
fn taken(fields: &mut Fields, field: &Field) -> Fields {
    if let Some(Json::Object(object)) = known(fields, field) { mem::take(object) } else { Fields::default() }
}

/// Adds to a list; of anything else the last one counts ("Last One Wins").
fn put(fields: &mut Fields, field: &Field, value: Json) {
    if let Some(known) = known(fields, field) {
        match known {
            Json::List(list) => list.push(value),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::Object(_) => *known = value,
        }
    } else {
        fields.put(field.name, if field.repeated { Json::List(vec![value]) } else { value });
    }
}
