//! What people read, in their language.
//!
//! The program is written in English, and each English message is the key of its translation: `www/languages` has a file for
//! each other language, a JSON object from one to the other. Messages are written in a part of ICU MessageFormat: arguments
//! (`{name}`), and, in translations only, a choice by number (`{count, plural, =1 {one} few {# few} other {# many}}`) or by word
//! (`{which, select, camera {…} other {…}}`). A message that a file lacks is shown in English.
//!
//! All but [`fill`] and [`Language`] is in the part of the program for calls, which whoever reads another language waits for.

mod html;
mod language;

use visavis_signaling::json::{self, Fields, Json, JsonError};

pub use self::html::texts as texts_in_html;
pub use self::language::Language;

/// An English message that is translated where it is shown: `crates/app/tests/languages.rs` finds it by the name of this macro.
#[macro_export]
macro_rules! message_key {
    ($english:expr) => {
        $english
    };
}

/// The messages of one language.
#[derive(Debug)]
pub struct Messages {
    language: Language,
    translations: Json,
}

impl Messages {
    /// Reads a file of messages.
    ///
    /// # Errors
    /// If it is no JSON object.
    pub fn parse(language: Language, text: &str) -> Result<Self, JsonError> {
        Ok(Self { language, translations: json::parse(text)? })
    }

    /// Which language it is.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The translation of an English message.
    pub fn get(&self, english: &str) -> Option<&str> {
        self.translations.at(english).as_text()
    }

    /// Every English message that has a translation.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        let fields = if let Json::Object(fields) = &self.translations { Some(fields) } else { None };
        fields.into_iter().flat_map(Fields::keys)
    }

    /// Markup of ours with its texts translated: what stands between tags, and in the attributes that people read or hear.
    pub fn translate_html(&self, html: &str) -> String {
        html::translate(html, self)
    }
}

/// An English message with its arguments filled in.
pub fn fill(message: &str, arguments: &[(&str, &str)]) -> String {
    let (mut out, mut begin) = (String::new(), 0);
    for (at, byte) in message.bytes().enumerate() {
        if matches!(byte, b'{' | b'}') {
            let piece = slice(message, begin, at);
            let value = arguments.iter().find(|(name, _)| byte == b'}' && *name == piece);
            out.push_str(value.map_or(piece, |(_, value)| value));
            begin = at + 1;
        }
    }
    out.push_str(slice(message, begin, message.len()));
    out
}

/// A message in this language with its arguments filled in. What is no argument of it stays as it is.
///
/// ```
/// use visavis_app::messages::{Language, format};
/// let people = "{count, plural, =1 {nur du} one {# Person} other {# Personen}}";
/// assert_eq!(format(Language::German, people, &[("count", "1")]), "nur du");
/// assert_eq!(format(Language::German, people, &[("count", "3")]), "3 Personen");
/// ```
pub fn format(language: Language, message: &str, arguments: &[(&str, &str)]) -> String {
    let mut out = String::new();
    write(language, message, arguments, "#", &mut out);
    out
}

fn write(language: Language, message: &str, arguments: &[(&str, &str)], number: &str, out: &mut String) {
    let mut braces = Braces(message);
    while let Some((before, inside)) = braces.next() {
        let mut begin = 0;
        for (at, byte) in before.bytes().enumerate() {
            if byte == b'#' {
                out.push_str(slice(before, begin, at));
                out.push_str(number);
                begin = at + 1;
            }
        }
        out.push_str(slice(before, begin, before.len()));
        inside.into_iter().for_each(|inside| argument(language, inside, arguments, out));
    }
}

/// Writes what stands between two braces.
fn argument(language: Language, inside: &str, arguments: &[(&str, &str)], out: &mut String) {
    let (name, choice) = inside.split_once(',').unwrap_or((inside, ""));
    let Some((_, value)) = arguments.iter().find(|(known, _)| *known == name) else {
        ["{", inside, "}"].into_iter().for_each(|part| out.push_str(part));
        return;
    };
    if choice.is_empty() {
        // The direction of a name is its own (Unicode UAX #9, FIRST STRONG ISOLATE).
        let [before, after] = if language.is_right_to_left() { ["\u{2068}", "\u{2069}"] } else { ["", ""] };
        [before, *value, after].into_iter().for_each(|part| out.push_str(part));
        return;
    }
    let category = value.parse().map_or("", |number| language.plural_category(number));
    let (_, cases) = choice.split_once(',').unwrap_or_default();
    let mut chosen = ("", "");
    let mut cases = Braces(cases);
    while let Some((key, text)) = cases.next() {
        let (key, text) = (key.trim_ascii(), text.unwrap_or_default());
        // What names the very value counts more than a category, and either more than what is left.
        if key == *value || key.strip_prefix('=') == Some(*value) {
            chosen = (key, text);
            break;
        }
        if key == category || (key == "other" && chosen.0.is_empty()) {
            chosen = (key, text);
        }
    }
    write(language, chosen.1, arguments, value, out);
}

/// A text, cut at its outermost braces.
struct Braces<'a>(&'a str);

impl<'a> Braces<'a> {
    /// What stands before the next pair of braces, and what stands inside.
    fn next(&mut self) -> Option<(&'a str, Option<&'a str>)> {
        let text = self.0;
        let (mut depth, mut open) = (0_u32, 0);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'{' => {
                    if depth == 0 {
                        open = at;
                    }
                    depth += 1;
                }
                b'}' if depth == 1 => {
                    self.0 = slice(text, at + 1, text.len());
                    return Some((slice(text, 0, open), Some(slice(text, open + 1, at))));
                }
                b'}' => depth = depth.saturating_sub(1),
                _ => (),
            }
        }
        self.0 = "";
        (!text.is_empty()).then_some((text, None))
    }
}

/// A part of a text; empty where that would cut a character.
fn slice(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(message: &str, arguments: &[(&str, &str)]) -> String {
        format(Language::English, message, arguments)
    }

    #[test]
    fn translations_may_choose_and_their_arguments_are_filled_in() {
        assert_eq!(english("{who} joined {room}", &[("who", "Ann"), ("room", "a {b}")]), "Ann joined a {b}");
        assert_eq!(english("nothing to fill in", &[]), "nothing to fill in");
        assert_eq!(english("# and } and { and {unknown}", &[]), "# and } and { and {unknown}");
    }

    #[test]
    fn english_messages_only_have_arguments() {
        let fill = |message| fill(message, &[("who", "Ann"), ("room", "a {b}")]);
        assert_eq!(fill("{who} joined {room}."), "Ann joined a {b}.");
        assert_eq!(fill("nothing"), "nothing");
    }

    #[test]
    fn a_number_chooses_by_the_rules_of_the_language() {
        let message = "{count, plural, zero {none} one {one} two {two} few {# few} many {# many} other {# other}} there";
        let arabic = |count: &str| format(Language::Arabic, message, &[("count", count)]);
        let said: Vec<String> = ["0", "1", "2", "3", "11", "100"].map(arabic).to_vec();
        assert_eq!(
            said,
            ["none there", "one there", "two there", "3 few there", "11 many there", "100 other there"]
        );
        assert_eq!(english(message, &[("count", "7")]), "7 other there");
        assert_eq!(format(Language::French, message, &[("count", "0")]), "one there");
    }

    #[test]
    fn the_very_number_counts_more_than_its_category() {
        let message = "{count, plural, one {a} =1 {b {who}} other {c}}";
        assert_eq!(english(message, &[("count", "1"), ("who", "Ann")]), "b Ann");
    }

    #[test]
    fn a_word_chooses() {
        let message = "{which, select, camera {la cámara} other {el micrófono}}";
        assert_eq!(english(message, &[("which", "camera")]), "la cámara");
        assert_eq!(english(message, &[("which", "microphone")]), "el micrófono");
    }

    #[test]
    fn names_keep_their_direction_in_a_language_from_right_to_left() {
        assert_eq!(format(Language::Arabic, "{who} هنا", &[("who", "Ann")]), "\u{2068}Ann\u{2069} هنا");
    }

    #[test]
    fn a_broken_message_is_shown_as_it_is() {
        for broken in ["{", "{count, plural, one {a}", "}{", "{count, plural}", "{count,,{"] {
            english(broken, &[("count", "1")]);
        }
        assert_eq!(english("a {b", &[("b", "c")]), "a {b");
        assert_eq!(english("a}b {c}", &[("c", "d")]), "a}b d");
    }

    #[test]
    fn a_missing_translation_is_none() {
        let messages = Messages::parse(Language::German, r#"{"Join": "Beitreten", "Leave": 7}"#).unwrap();
        assert_eq!(messages.get("Join"), Some("Beitreten"));
        assert_eq!(messages.get("Leave"), None);
        assert_eq!(messages.get("Record"), None);
        assert!(Messages::parse(Language::German, "[]").is_err());
    }
}
