//! Text from strangers, made fit to show.

/// Joins pictures to one, as in the emoji of a family.
const JOINER: char = '\u{200d}';
/// Asks for the emoji form of the character before it, where that has a plain form too (Unicode UTS #51).
pub const EMOJI_PRESENTATION_SELECTOR: char = '\u{fe0f}';

/// Cleans text that a stranger wrote for people to read: what nobody sees is dropped, so that two texts that look the
/// same are the same, and none can pose as another; white space is folded, and the rest is cut to `max_chars`
/// characters. Two spellings of one letter (Unicode UAX #15) stay two: the tables for that are in the browser, and in
/// the server, which compares the names of rooms.
///
/// ```
/// assert_eq!(visavis_signaling::text::clean("  Ann\u{202e}\n  L\u{ad}ee ", 64), "Ann Lee");
/// ```
pub fn clean(text: &str, max_chars: usize) -> String {
    let mut kept = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        let mut chars = word.chars().peekable();
        let (mut before, mut gap) = (' ', (!kept.is_empty()).then_some(' '));
        while let Some(c) = chars.next() {
            if !is_shown(before, c, chars.peek().copied()) {
                continue;
            }
            for c in gap.take().into_iter().chain([c]) {
                if count == max_chars {
                    return kept.trim_end_matches([' ', JOINER]).to_owned();
                }
                kept.push(c);
                count += 1;
            }
            before = c;
        }
    }
    kept
}

/// The same for a text of several lines: each is cleaned by itself, several empty ones become one, and there are none at the
/// ends. A line break counts as a character.
///
/// ```
/// assert_eq!(visavis_signaling::text::clean_lines("\n one \r\n\n\n\ntwo\u{202e}\n", 64), "one\n\ntwo");
/// assert_eq!(visavis_signaling::text::clean_lines("one\ntwo", 5), "one\nt");
/// ```
pub fn clean_lines(text: &str, max_chars: usize) -> String {
    let (mut kept, mut left, mut breaks) = (String::new(), max_chars, 0);
    for line in text.split('\n') {
        let gap = if kept.is_empty() { 0 } else { breaks.min(2) };
        let line = clean(line, left.saturating_sub(gap));
        breaks += 1;
        if !line.is_empty() {
            left -= gap + line.chars().count();
            kept.extend(std::iter::repeat_n('\n', gap));
            kept.push_str(&line);
            breaks = 1;
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

/// Whether a character between these two is there for people to see.
fn is_shown(before: char, c: char, next: Option<char>) -> bool {
    match c {
        JOINER => is_picture(before) && next.is_some_and(is_picture),
        EMOJI_PRESENTATION_SELECTOR => is_picture(before) && before != EMOJI_PRESENTATION_SELECTOR,
        _ => !is_hidden(c),
    }
}

/// Characters that show nothing, or change how their neighbours look: controls, `Default_Ignorable_Code_Point` of
/// Unicode 16 (soft hyphen, joiners, bidirectional controls, fillers of Hangul, variation selectors, tags), annotations,
/// and the empty pattern of Braille.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether emoji are made with it: arrows, symbols and pictures, and what asks for a picture.
fn is_picture(c: char) -> bool {
    matches!(c, EMOJI_PRESENTATION_SELECTOR | '\u{2190}'..='\u{27ff}' | '\u{2900}'..='\u{2bff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_lines};

    #[test]
    fn keeps_markup_as_text() {
        assert_eq!(clean("<b>Ann</b>", 64), "<b>Ann</b>");
    }

    #[test]
    fn drops_controls_and_bidi_overrides() {
        assert_eq!(clean("a\u{0}b\u{202e}c\u{2066}d", 64), "abcd");
        assert_eq!(clean("\u{200b} \u{202e}", 64), "");
    }

    /// Every one of them alone would make a second room, or a second Ann, that looks like the first.
    #[test]
    fn what_nobody_sees_makes_no_difference() {
        for c in [
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{202a}',
            '\u{2060}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe00}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff0}',
            '\u{fffb}',
            '\u{1bca0}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e01ef}',
        ] {
            assert_eq!(clean(&format!("{c}te{c}a{c} ti{c}me{c}"), 64), "tea time", "U+{:04X}", u32::from(c));
            assert_eq!(clean(&format!("{c} {c}{c}"), 64), "", "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn emoji_stay_what_they_are() {
        for emoji in ["👩‍👩‍👧", "👩🏽‍💻", "🏳️‍🌈", "❤️", "❤️‍🔥", "👍🏽"]
        {
            assert_eq!(clean(emoji, 64), emoji);
        }
        // A joiner that joins nothing is as hidden as any other.
        assert_eq!(clean("👩\u{200d}", 64), "👩");
        assert_eq!(clean("👩\u{200d}a\u{200d}👩", 64), "👩a👩");
        assert_eq!(clean("❤\u{fe0f}\u{fe0f}", 64), "❤\u{fe0f}");
        assert_eq!(clean("👩\u{200d}💻", 2), "👩", "nor one that is left by the cut");
    }

    #[test]
    fn lines_stay_lines_and_are_cut_like_any_other_text() {
        assert_eq!(clean_lines("", 9), "");
        assert_eq!(clean_lines("\n \u{200b}\n\r\n", 9), "");
        assert_eq!(clean_lines("a\tb\u{2066}\n\u{202e}c", 9), "a b\nc");
        assert_eq!(clean_lines("a\n\n\n\n\nb\n\n", 9), "a\n\nb");
        assert_eq!(clean_lines("äö\nüß", 4), "äö\nü");
        assert_eq!(clean_lines("ab\ncd", 3), "ab", "no break without a line behind it");
        assert_eq!(clean_lines("ab\ncd", 2), "ab");
        let long = "x\n".repeat(5000);
        assert_eq!(clean_lines(&long, 2000).chars().count(), 1999);
        assert_eq!(
            clean_lines(&clean_lines(&long, 2000), 2000),
            clean_lines(&long, 2000),
            "clean stays clean"
        );
    }

    #[test]
    fn cuts_by_characters_not_bytes() {
        assert_eq!(clean("äöüß", 3), "äöü");
        assert_eq!(clean("ab cd", 3), "ab");
    }
}
