//! Reading JSON from strangers: every access is checked, bounded, and names the field when it fails.

mod parse;
mod value;

use std::fmt;

pub(crate) use self::value::hex_digit;
pub use self::value::{Fields, Json, quote};

/// What is wrong with a JSON text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// The field, as a path (`signaling.url`); empty for the whole text.
    pub field: String,
    /// What is wrong with it.
    pub problem: String,
}

impl JsonError {
    /// What is wrong, and on which line of the text. If a field is missing, that is the line of what it is missing from.
    ///
    /// ```
    /// let text = "{\n  \"a\": {\n    \"b\": [1,\n      2]}}";
    /// let line = |field: &str| {
    ///     let error = visavis_signaling::json::JsonError { field: field.into(), problem: "is wrong".into() };
    ///     error.in_text(text)
    /// };
    /// assert_eq!(line("a.b[1]"), "line 4: \"a.b[1]\" is wrong");
    /// assert_eq!(line("a.c"), "line 2: \"a.c\" is wrong");
    /// ```
    pub fn in_text(&self, text: &str) -> String {
        if self.field.is_empty() {
            return self.to_string();
        }
        let line = line(text, parse::place_of(text, &self.field));
        ["line ", &line.to_string(), ": ", &self.to_string()].concat()
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return f.write_str(&self.problem);
        }
        f.write_str("\"")?;
        f.write_str(&self.field)?;
        f.write_str("\" ")?;
        f.write_str(&self.problem)
    }
}

impl std::error::Error for JsonError {}

/// A JSON object that knows its place in the whole, so that errors can name a field.
///
/// `null` counts as absent everywhere: that is how JavaScript writes an optional field.
#[derive(Clone)]
pub struct Object<'a> {
    fields: &'a Fields,
    path: String,
}

/// Parses a text that must hold one JSON object.
///
/// # Errors
/// If it is not JSON (or nested deeper than 64 values), with line and column, or not an object.
pub fn parse(text: &str) -> Result<Json, JsonError> {
    let value = parse_any(text)?;
    if matches!(value, Json::Object(_)) { Ok(value) } else { Err(json_error("", "must be an object")) }
}

/// Parses a text that may hold any JSON value, for protocols whose messages are lists.
///
/// # Errors
/// If it is not JSON (or nested deeper than 64 values), with line and column.
pub fn parse_any(text: &str) -> Result<Json, JsonError> {
    parse::parse(text).map_err(|at| not_json(text, at))
}

fn not_json(text: &str, at: usize) -> JsonError {
    let read = text.get(..at).unwrap_or(text);
    let column = read.chars().rev().take_while(|c| *c != '\n').count() + 1;
    let [line, column] = [line(text, at).to_string(), column.to_string()];
    json_error("", &["not valid JSON at line ", &line, ", column ", &column].concat())
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count() + 1
}

fn json_error(field: &str, problem: &str) -> JsonError {
    JsonError { field: field.to_owned(), problem: problem.to_owned() }
}

impl<'a> Object<'a> {
    /// The object at the root of a message.
    ///
    /// # Errors
    /// If the value is not an object.
    pub fn root(value: &'a Json) -> Result<Self, JsonError> {
        Self::at(value, String::new())
    }

    /// An object inside another, for instance an element of a list that [`Object::optional_list`] gave.
    ///
    /// # Errors
    /// If the value is not an object.
    pub fn at(value: &'a Json, path: String) -> Result<Self, JsonError> {
        if let Json::Object(fields) = value {
            Ok(Self { fields, path })
        } else {
            Err(json_error(&path, "must be an object"))
        }
    }

    /// The path of one of its fields.
    pub fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { [&self.path, ".", key].concat() }
    }

    /// An error about one of its fields.
    pub fn error(&self, key: &str, problem: &str) -> JsonError {
        json_error(&self.path_of(key), problem)
    }

    /// Names of all fields, in order.
    pub fn keys(&self) -> impl Iterator<Item = &'a str> {
        self.fields.keys()
    }

    /// A field that is there and not null.
    pub fn get(&self, key: &str) -> Option<&'a Json> {
        self.fields.get(key).filter(|value| **value != Json::Null)
    }

    /// A field that must be there.
    ///
    /// # Errors
    /// If it is absent.
    pub fn need(&self, key: &str) -> Result<&'a Json, JsonError> {
        self.get(key).ok_or_else(|| self.error(key, "is missing"))
    }

    /// A text of at most `max` bytes, if the field is there.
    ///
    /// # Errors
    /// If it is something else, or longer.
    pub fn optional_text(&self, key: &str, max: usize) -> Result<Option<&'a str>, JsonError> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Text(text)) if text.len() <= max => Ok(Some(text)),
            Some(Json::Text(_)) => Err(self.error(key, "is too long")),
            Some(_) => Err(self.error(key, "must be a text")),
        }
    }

    /// A text of at most `max` bytes.
    ///
    /// # Errors
    /// If it is absent, something else, or longer.
    pub fn text(&self, key: &str, max: usize) -> Result<&'a str, JsonError> {
        self.optional_text(key, max)?.ok_or_else(|| self.error(key, "is missing"))
    }

    /// A yes or no, if the field is there.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_bool(&self, key: &str) -> Result<Option<bool>, JsonError> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Bool(yes)) => Ok(Some(*yes)),
            Some(_) => Err(self.error(key, "must be true or false")),
        }
    }

    /// A whole number from 0 to 2^32-1, if the field is there.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_u32(&self, key: &str) -> Result<Option<u32>, JsonError> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Number(number)) => match number.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(self.error(key, "must be a whole number")),
            },
            Some(_) => Err(self.error(key, "must be a whole number")),
        }
    }

    /// A whole number that must be there.
    ///
    /// # Errors
    /// If it is missing or something else.
    pub fn u32(&self, key: &str) -> Result<u32, JsonError> {
        self.optional_u32(key)?.ok_or_else(|| self.error(key, "is missing"))
    }

    /// An object, if the field is there.
    ///
    /// # Errors
    /// If it is something else.
    pub fn optional_object(&self, key: &str) -> Result<Option<Self>, JsonError> {
        self.get(key).map(|value| Self::at(value, self.path_of(key))).transpose()
    }

    /// An object.
    ///
    /// # Errors
    /// If it is absent or something else.
    pub fn object(&self, key: &str) -> Result<Self, JsonError> {
        Self::at(self.need(key)?, self.path_of(key))
    }

    /// A list of at most `max` values, if the field is there.
    ///
    /// # Errors
    /// If it is something else, or longer.
    pub fn optional_list(&self, key: &str, max: usize) -> Result<Option<&'a [Json]>, JsonError> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::List(list)) if list.len() <= max => Ok(Some(list)),
            Some(Json::List(_)) => Err(self.error(key, "has too many entries")),
            Some(_) => Err(self.error(key, "must be a list")),
        }
    }
}

/// Reads a list of objects with `read`, if the field is there.
///
/// # Errors
/// If it is not a list, is longer than `max`, or an entry cannot be read.
pub fn read_each<T>(
    fields: &Object<'_>,
    key: &str,
    max: usize,
    read: impl Fn(&Object<'_>) -> Result<T, JsonError>,
) -> Result<Vec<T>, JsonError> {
    let list = fields.optional_list(key, max)?.unwrap_or_default();
    let path = fields.path_of(key);
    list.iter()
        .enumerate()
        .map(|(i, value)| read(&Object::at(value, [&path, "[", &i.to_string(), "]"].concat())?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field() {
        let value = parse(r#"{"a":{"b":7,"n":null}}"#).unwrap();
        let a = Object::root(&value).unwrap().object("a").unwrap();
        assert_eq!(a.text("b", 9).unwrap_err().to_string(), "\"a.b\" must be a text");
        assert_eq!(a.text("n", 9).unwrap_err().to_string(), "\"a.n\" is missing");
        assert_eq!(a.optional_u32("b"), Ok(Some(7)));
    }

    #[test]
    fn sizes_are_bounded() {
        let value = parse(r#"{"t":"abcd","l":[1,2,3]}"#).unwrap();
        let root = Object::root(&value).unwrap();
        assert!(root.text("t", 3).is_err());
        assert!(root.optional_list("l", 2).is_err());
    }

    #[test]
    fn garbage_is_an_error() {
        for text in ["", "{", "[]", "7", "null", "\"x\"", "{\"a\":}", &"[".repeat(100_000)] {
            assert!(parse(text).is_err(), "{text:.20}");
        }
    }
}
