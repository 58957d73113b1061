//! A strict JSON reader (RFC 8259): no panics, bounded depth, and where it stopped.
//!
//! Not serde_json: its reader, its map and its errors were a tenth of the bundle. A test holds the two against each
//! other.

use super::value::{Fields, Json};
use crate::malformed::Malformed;

/// Deepest nesting. Messages need about five.
const MAX_DEPTH: u32 = 64;

/// Reads a whole text.
///
/// # Errors
/// The byte at which it stops being JSON.
pub(super) fn parse(text: &str) -> Result<Json, usize> {
    let mut reader = Reader { text, at: 0 };
    reader.document().map_err(|Malformed| reader.at)
}

/// Where a field is, in a text that can be read: the start of its key, or of the innermost thing around it that is there.
/// `field` is a path as errors name it (`a.b[2].c`).
pub(super) fn place_of(text: &str, field: &str) -> usize {
    let mut reader = Reader { text, at: 0 };
    let mut place = 0;
    // If the text cannot be read to its end, that is the place to which it could be.
    let _ = reader.seek(field, &mut place);
    place
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Json, Malformed> {
        let value = self.value(0)?;
        self.space();
        if self.at == self.text.len() { Ok(value) } else { Err(Malformed) }
    }

    fn value(&mut self, depth: u32) -> Result<Json, Malformed> {
        if depth > MAX_DEPTH {
            return Err(Malformed);
        }
        self.space();
        match self.byte()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u32) -> Result<Json, Malformed> {
        let mut fields = Fields::default();
        self.at += 1;
        if self.takes(b'}') {
            return Ok(fields.into());
        }
        loop {
            self.space();
            let key = self.string()?;
            self.needs(b':')?;
            fields.push(key, self.value(depth + 1)?);
            if !self.takes(b',') {
                self.needs(b'}')?;
                return Ok(fields.into());
            }
        }
    }

    fn list(&mut self, depth: u32) -> Result<Json, Malformed> {
        let mut values = Vec::new();
        self.at += 1;
        if self.takes(b']') {
            return Ok(Json::List(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if !self.takes(b',') {
                self.needs(b']')?;
                return Ok(Json::List(values));
            }
        }
    }

    /// Goes to a field of the value at which we stand. Of several with the same name it is the last, as for all readers.
    fn seek(&mut self, field: &str, place: &mut usize) -> Result<(), Malformed> {
        self.space();
        let list = self.skip(b'[');
        if field.is_empty() || !(list || self.skip(b'{')) {
            return Ok(());
        }
        for index in 0_usize.. {
            self.space();
            let start = self.at;
            let name = if list { ["[", &index.to_string(), "]"].concat() } else { self.string()? };
            if !list {
                self.needs(b':')?;
            }
            let after = field.strip_prefix('.').unwrap_or(field).strip_prefix(name.as_str());
            if let Some(after) = after.filter(|after| after.is_empty() || after.starts_with(['.', '['])) {
                *place = start;
                let _ = Reader { text: self.text, at: self.at }.seek(after, place);
            }
            self.value(0)?;
            if !self.takes(b',') {
                break;
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, Malformed> {
        let rest = self.text.get(self.at..).ok_or(Malformed)?;
        if !rest.starts_with(word) {
            return Err(Malformed);
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Json, Malformed> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        self.since(start).map(|number| Json::Number(number.to_owned()))
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Malformed) }
    }

    fn string(&mut self) -> Result<String, Malformed> {
        if !self.skip(b'"') {
            return Err(Malformed);
        }
        let mut string = String::new();
        loop {
            let start = self.at;
            while !matches!(self.byte()?, b'"' | b'\\' | 0..b' ') {
                self.at += 1;
            }
            string.push_str(self.since(start)?);
            if self.skip(b'"') {
                return Ok(string);
            }
            if !self.skip(b'\\') {
                return Err(Malformed);
            }
            string.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Result<char, Malformed> {
        let byte = self.byte()?;
        let escaped = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode(),
            _ => return Err(Malformed),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// `\uXXXX`. JavaScript may send half of a surrogate pair; no text can hold one, so it becomes U+FFFD, as in UTF-8
    /// decoders everywhere.
    fn unicode(&mut self) -> Result<char, Malformed> {
        let first = self.hex()?;
        if !(0xD800..0xDC00).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let between = self.at;
        let second = if self.skip(b'\\') && self.peek() == Some(b'u') { self.hex()? } else { 0 };
        if (0xDC00..0xE000).contains(&second) {
            return char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)).ok_or(Malformed);
        }
        self.at = between;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// The four digits after the `u` at which we stand.
    fn hex(&mut self) -> Result<u32, Malformed> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            code = code * 16 + char::from(self.byte()?).to_digit(16).ok_or(Malformed)?;
            self.at += 1;
        }
        Ok(code)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    /// Passes spaces and then this byte, if it is next.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        self.skip(byte)
    }

    fn needs(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.takes(byte) { Ok(()) } else { Err(Malformed) }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The byte at which we stand; there must be one.
    fn byte(&self) -> Result<u8, Malformed> {
        self.peek().ok_or(Malformed)
    }

    fn since(&self, start: usize) -> Result<&'a str, Malformed> {
        self.text.get(start..self.at).ok_or(Malformed)
    }
}
