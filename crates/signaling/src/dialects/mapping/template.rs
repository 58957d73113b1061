//! Example messages with placeholders: how they are filled in, and how received messages are matched with them.

use super::file::EXTENSION;
use super::reading::id;
use crate::json::{self, Fields, Json};
use crate::limits::MAX_PARTICIPANTS;

/// The key of an object whose only value is JSON within a text.
pub(super) const WITHIN_TEXT: &str = "{json}";
/// The key of an object whose keys are the ids of participants.
pub(super) const BY_ID: &str = "{id}";

/// Splits a text at its first placeholder: what stands before, its name, and what follows. Braces around anything but one
/// word are text, so JSON in a text needs no care.
pub(super) fn split_at_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let mut start = 0;
    loop {
        start += text.get(start..)?.find('{')? + 1;
        let inside = text.get(start..)?;
        let word = inside.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'?').count();
        let (name, after) = inside.split_at_checked(word)?;
        if let (true, Some(after)) = (word > 0, after.strip_prefix('}')) {
            return Some((text.get(..start - 1)?, name, after));
        }
    }
}

/// A message made of an example: each placeholder becomes its value. Fields for which there is no value are left out.
pub(super) fn fill(example: &Json, value: &dyn Fn(&str) -> Json) -> Json {
    match example {
        Json::Text(text) => fill_text(text, value),
        Json::List(list) => Json::List(list.iter().map(|example| fill(example, value)).collect()),
        Json::Object(fields) => {
            let mut filled = Fields::default();
            for (key, example) in fields.iter() {
                let value = fill(example, value);
                if key == WITHIN_TEXT {
                    return Json::Text(value.to_string());
                }
                if !matches!((&value, example), (Json::Null, Json::Text(_))) {
                    filled.put(key, value);
                }
            }
            filled.into()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => example.clone(),
    }
}

fn fill_text(mut text: &str, value: &dyn Fn(&str) -> Json) -> Json {
    let mut filled = String::new();
    while let Some((before, name, after)) = split_at_placeholder(text) {
        let value = value(name);
        if filled.is_empty() && before.is_empty() && after.is_empty() {
            return value;
        }
        filled.push_str(before);
        if !matches!(value, Json::Null) {
            filled.push_str(&value.plain());
        }
        text = after;
    }
    filled.push_str(text);
    Json::Text(filled)
}

/// The values that a message has where the example has placeholders.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Each by its name.
    pub(super) fields: Fields,
    /// Each participant of a list of them, if there was one.
    pub(super) participants: Option<Vec<Fields>>,
}

impl Found {
    /// Whether a message fits the example; it may have more fields. Keeps the values of placeholders.
    pub(super) fn fits(&mut self, example: &Json, value: &Json) -> bool {
        match (example, value) {
            (Json::Text(text), _) => match (split_at_placeholder(text), value) {
                (Some(("", name, "")), _) => self.bind(name, value),
                (_, Json::Text(value)) => self.fits_text(text, value),
                _ => false,
            },
            (Json::List(examples), Json::List(values)) => {
                if let ([entry], true) = (examples.as_slice(), mentions(example, "id")) {
                    values.iter().for_each(|value| self.add_participant(entry, None, value));
                    return self.participants.get_or_insert_default().len() <= MAX_PARTICIPANTS;
                }
                let mut at = 0..;
                examples.iter().all(|example| {
                    self.fits(example, at.next().and_then(|at| values.get(at)).unwrap_or(&Json::Null))
                })
            }
            (Json::Object(examples), _) => {
                examples.iter().all(|(key, example)| self.fits_field(key, example, value))
            }
            _ => example == value,
        }
    }

    fn fits_field(&mut self, key: &str, example: &Json, value: &Json) -> bool {
        match (key, value) {
            (WITHIN_TEXT, Json::Text(text)) => {
                json::parse_any(text).is_ok_and(|value| self.fits(example, &value))
            }
            (WITHIN_TEXT, _) => false,
            (BY_ID, Json::Object(participants)) => {
                participants.iter().for_each(|(id, value)| self.add_participant(example, Some(id), value));
                true
            }
            (_, Json::Object(fields)) => self.fits(example, fields.at(key)),
            _ => false,
        }
    }

    /// Adds one entry of a list of participants if it fits the example; others are ignored.
    fn add_participant(&mut self, example: &Json, id: Option<&str>, value: &Json) {
        let mut found = Self::default();
        let fits = found.fits(example, value);
        if let Some(id) = id {
            found.fields.text("id", id);
        }
        let participants = self.participants.get_or_insert_default();
        if fits && participants.len() < MAX_PARTICIPANTS {
            participants.push(found.fields);
        }
    }

    /// A placeholder in a text takes as little as it can, and the last one all that is left.
    fn fits_text(&mut self, mut example: &str, mut text: &str) -> bool {
        let mut placeholder = None;
        loop {
            let next = split_at_placeholder(example);
            let literal = next.map_or(example, |(before, ..)| before);
            let fits = |at: &usize| {
                let rest = text.get(*at..).and_then(|rest| rest.strip_prefix(literal));
                rest.is_some_and(|rest| next.is_some() || rest.is_empty())
            };
            let last = if placeholder.is_some() { text.len() } else { 0 };
            let Some(at) = (0..=last).find(fits) else { return false };
            let (taken, rest) = text.split_at_checked(at).unwrap_or_default();
            if placeholder.is_some_and(|name| !self.bind(name, &Json::text(taken))) {
                return false;
            }
            let Some((_, name, after)) = next else { return true };
            (placeholder, example) = (Some(name), after);
            text = rest.get(literal.len()..).unwrap_or_default();
        }
    }

    fn bind(&mut self, placeholder: &str, value: &Json) -> bool {
        let name = placeholder.strip_suffix('?').unwrap_or(placeholder);
        match (name, value) {
            // Kept, because a client without it is not Visavis.
            (EXTENSION, Json::Null) => self.fields.put(name, Json::Null),
            (_, Json::Null) => return name.len() < placeholder.len(),
            ("id" | "from" | "me" | "room", _) if id(value).is_none() => return false,
            ("peers", _) => {
                self.participants.get_or_insert_default();
                let mut list = Vec::new();
                if let Json::Text(ids) = value {
                    list.extend(ids.split(' ').map(Json::text));
                }
                let ids = if let Json::List(ids) = value { ids } else { &list };
                ids.iter().for_each(|id| self.add_participant(&Json::text(BY_ID), None, id));
            }
            _ => self.fields.put(name, value.clone()),
        }
        true
    }
}

/// Whether an example holds this placeholder.
pub(super) fn mentions(example: &Json, name: &str) -> bool {
    match example {
        Json::Text(text) => {
            let mut rest = text.as_str();
            while let Some((_, placeholder, after)) = split_at_placeholder(rest) {
                if placeholder.strip_suffix('?').unwrap_or(placeholder) == name {
                    return true;
                }
                rest = after;
            }
            false
        }
        Json::List(list) => list.iter().any(|example| mentions(example, name)),
        Json::Object(fields) => {
            fields.iter().any(|(key, example)| mentions(example, name) || (key == BY_ID && name == "id"))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
    }
}
