//! A JSON value, and how it is written (RFC 8259).

use std::fmt;

use crate::limits::MAX_ID_BYTES;

/// A JSON value of bounded depth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A number, as it was written: nothing is lost on its way through.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Json>),
    /// An object, in the order it was written.
    Object(Fields),
}

impl Json {
    /// A whole number.
    pub fn number(number: u32) -> Self {
        Self::Number(number.to_string())
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The text, if it is one; else the value as one text.
    pub(crate) fn plain(&self) -> String {
        self.as_text().map_or_else(|| self.to_string(), str::to_owned)
    }

    /// A field, if this is an object that has it; else nothing, as JavaScript's `?.` would give.
    pub fn at(&self, key: &str) -> &Self {
        if let Self::Object(fields) = self { fields.at(key) } else { &Self::Null }
    }

    /// The elements of a list; none of anything else.
    pub(crate) fn elements(&self) -> &[Self] {
        if let Self::List(elements) = self { elements } else { &[] }
    }

    /// A field that is yes or no; no if it is not there, nothing if it is something else.
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.at(key) {
            Self::Bool(yes) => Some(*yes),
            Self::Null => Some(false),
            Self::Number(_) | Self::Text(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// The text, if it is one that may be an id; else an empty one.
    pub fn short(&self) -> &str {
        self.as_text().filter(|text| text.len() <= MAX_ID_BYTES).unwrap_or_default()
    }

    /// The object with one more field; anything else as it is.
    pub fn with(mut self, key: &str, value: impl Into<Self>) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.put(key, value);
        }
        self
    }

    /// Appends the value to `out`, without any spaces.
    fn write(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Number(number) => out.push_str(number),
            Self::Text(text) => quote(text, out),
            Self::List(values) => {
                out.push('[');
                for (i, value) in values.iter().enumerate() {
                    separate(i, out);
                    value.write(out);
                }
                out.push(']');
            }
            Self::Object(fields) => fields.write(out),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.write(&mut out);
        f.write_str(&out)
    }
}

/// The fields of an object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(Vec<(String, Json)>);

impl Fields {
    /// An object with these texts.
    pub(crate) fn of_texts(texts: &[(&str, &str)]) -> Self {
        let mut fields = Self::default();
        for (key, text) in texts {
            fields.text(key, text);
        }
        fields
    }

    /// A message of this `type`, the field by which nearly all protocols tell messages apart.
    pub fn of_type(kind: &str) -> Self {
        let mut fields = Self::default();
        fields.text("type", kind);
        fields
    }

    /// Adds a field.
    pub fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.push(key.to_owned(), value.into());
    }

    /// Adds a text.
    pub fn text(&mut self, key: &str, text: &str) {
        self.put(key, Json::text(text));
    }

    /// Adds a text, if there is one.
    pub fn maybe_text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(key, text);
        }
    }

    /// Adds a whole number.
    pub fn number(&mut self, key: &str, number: u32) {
        self.put(key, Json::number(number));
    }

    /// Adds a yes or no.
    pub fn bool(&mut self, key: &str, yes: bool) {
        self.put(key, Json::Bool(yes));
    }

    /// Looks a field up; of several with the same name the last one counts, as in JavaScript.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// A field; nothing if there is none.
    pub(crate) fn at(&self, key: &str) -> &Json {
        self.get(key).unwrap_or(&Json::Null)
    }

    /// Names of all fields, in the order they were written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// All fields, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut (String, Json)> {
        self.0.iter_mut()
    }

    /// All fields, in the order they were written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The object as one text, without any spaces.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    pub(super) fn push(&mut self, key: String, value: Json) {
        self.0.push((key, value));
    }

    fn write(&self, out: &mut String) {
        out.push('{');
        for (i, (key, value)) in self.0.iter().enumerate() {
            separate(i, out);
            quote(key, out);
            out.push(':');
            value.write(out);
        }
        out.push('}');
    }
}

impl From<Fields> for Json {
    fn from(fields: Fields) -> Self {
        Self::Object(fields)
    }
}

fn separate(i: usize, out: &mut String) {
    if i > 0 {
        out.push(',');
    }
}

pub(crate) fn hex_digit(digit: impl Into<u32>) -> char {
    char::from_digit(digit.into(), 16).unwrap_or('0')
}

/// Appends a text to `out`, as JSON writes it.
pub fn quote(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c < ' ' => {
                out.push_str("\\u00");
                out.extend([u32::from(c) / 16, u32::from(c) % 16].map(hex_digit));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
