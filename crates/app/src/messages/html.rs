//! Texts in markup of our own.

use super::{Messages, slice};

/// How what stands before a text ends, if that is an attribute that people read or hear.
const ATTRIBUTES: [&str; 3] = ["aria-label=\"", "title=\"", "placeholder=\""];

/// Every text in markup that people read or hear, without the spaces around it.
pub fn texts(html: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    walk(html, &mut |text| {
        texts.push(text);
        None
    });
    texts
}

/// The markup, with the texts that have a translation translated. A translation that would not stay a text is not taken.
#[inline(never)]
pub(super) fn translate(html: &str, messages: &Messages) -> String {
    let is_text = |text: &&str| !text.bytes().any(|byte| matches!(byte, b'<' | b'&' | b'"'));
    walk(html, &mut |text| messages.get(text).filter(is_text))
}

/// Copies markup, and puts something else in place of its texts.
fn walk<'a, 'b>(html: &'a str, replace: &mut dyn FnMut(&'a str) -> Option<&'b str>) -> String {
    let mut out = String::new();
    let (mut begin, mut before) = (0, b'>');
    for (at, byte) in html.bytes().enumerate() {
        if !matches!(byte, b'<' | b'>' | b'"') {
            continue;
        }
        let piece = slice(html, begin, at);
        let is_text = match byte {
            b'<' => before == b'>',
            b'"' => ATTRIBUTES.iter().any(|name| out.ends_with(name)),
            _ => false,
        };
        let text = piece.trim_ascii();
        let found = if is_text && !text.is_empty() { replace(text) } else { None };
        match found {
            Some(replacement) => {
                let space = piece.len() - piece.trim_ascii_start().len();
                out.push_str(slice(piece, 0, space));
                out.push_str(replacement);
                out.push_str(slice(piece, space + text.len(), piece.len()));
            }
            None => out.push_str(piece),
        }
        out.push(char::from(byte));
        (begin, before) = (at + 1, byte);
    }
    out.push_str(slice(html, begin, html.len()));
    out
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    const HTML: &str = "<p class=\"lead\" title=\"Join now\" data-x=\"Join\">\n  Join <b>Ann</b><input placeholder=\"Name\">\n</p>\n";

    #[test]
    fn texts_are_what_people_read() {
        assert_eq!(texts(HTML), ["Join now", "Join", "Ann", "Name"]);
    }

    #[test]
    fn markup_stays_and_texts_are_translated_as_texts() {
        let file = r#"{"Join": "Rein", "Join now": "Jetzt", "Ann": "<b>", "Name": "\""}"#;
        let messages = Messages::parse(Language::German, file).unwrap();
        assert_eq!(
            translate(HTML, &messages),
            "<p class=\"lead\" title=\"Jetzt\" data-x=\"Join\">\n  Rein <b>Ann</b><input placeholder=\"Name\">\n</p>\n"
        );
    }

    #[test]
    fn without_translations_nothing_changes() {
        let messages = Messages::parse(Language::German, "{}").unwrap();
        for html in [HTML, "", "<", "a<b c=\"d", "<p title=\"", " > < "] {
            assert_eq!(translate(html, &messages), html);
        }
    }
}
