//! Text from strangers, made fit to show.

/// Cleans text that a stranger wrote for people to read: control characters and the bidirectional controls that let
/// one name pose as another (Unicode UAX #9, `Bidi_Control`) are dropped, white space is folded, and the rest is cut to
/// `max_chars` characters.
///
/// ```
/// assert_eq!(visavis_signaling::text::clean("  Ann\u{202e}\n  Lee ", 64), "Ann Lee");
/// ```
pub fn clean(text: &str, max_chars: usize) -> String {
    let mut kept = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let mut visible = word.chars().filter(|c| !is_hidden(*c)).peekable();
        if visible.peek().is_none() {
            continue;
        }
        let space = (!kept.is_empty()).then_some(' ');
        for c in space.into_iter().chain(visible) {
            if count == max_chars {
                return kept.trim_end().to_owned();
            }
            kept.push(c);
            count += 1;
        }
    }
    kept
}

/// A text as one segment of a path (RFC 3986 section 2.1).
pub(crate) fn url_segment(text: &str) -> String {
    let mut segment = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            segment.push('%');
            segment.extend([byte / 16, byte % 16].map(crate::json::hex_digit));
        }
    }
    segment
}

/// Controls, bidirectional controls, and the byte order mark: characters that change how their neighbours look, or show nothing.
/// The zero-width joiner stays: family emoji are made with it.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn keeps_markup_as_text() {
        assert_eq!(clean("<b>Ann</b>", 64), "<b>Ann</b>");
    }

    #[test]
    fn drops_controls_and_bidi_overrides() {
        assert_eq!(clean("a\u{0}b\u{202e}c\u{2066}d", 64), "abcd");
        assert_eq!(clean("\u{200b} \u{202e}", 64), "");
    }

    #[test]
    fn cuts_by_characters_not_bytes() {
        assert_eq!(clean("äöüß", 3), "äöü");
        assert_eq!(clean("ab cd", 3), "ab");
    }
}
