//! Web addresses in what people write.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextPart<'a> {
    /// Anything but an address.
    Plain(&'a str),
    /// The address of a page, `http` or `https`, as it was written.
    Link(&'a str),
}

/// What an address begins with.
const SCHEMES: [&str; 2] = ["https://", "http://"];
/// What ends one, besides white space.
const ENDS: [char; 4] = ['<', '>', '"', '`'];
/// What belongs to the sentence around it, if an address ends with it.
const PUNCTUATION: [char; 10] = ['.', ',', ';', ':', '!', '?', '\'', '*', '_', '”'];

/// Divides a text. The parts put together are the text again.
///
/// An address that names a user is left alone: what stands before its `@` may look like another site.
pub fn find_links(text: &str) -> Vec<TextPart<'_>> {
    let (mut parts, mut rest, mut from) = (Vec::new(), text, 0);
    while let Some(at) = next_scheme(rest, from) {
        let (before, behind) = rest.split_at(at);
        let link = &behind[..length(behind)];
        if !is_address(link) {
            from = at + 1;
            continue;
        }
        parts.extend((!before.is_empty()).then_some(TextPart::Plain(before)));
        parts.push(TextPart::Link(link));
        (rest, from) = (&behind[link.len()..], 0);
    }
    parts.extend((!rest.is_empty()).then_some(TextPart::Plain(rest)));
    parts
}

/// Where the next address may begin: not within a word.
fn next_scheme(text: &str, from: usize) -> Option<usize> {
    let begins = |at: &usize| {
        let within = text[..*at].chars().next_back().is_some_and(char::is_alphanumeric);
        !within && scheme_of(&text[*at..]).is_some()
    };
    text.char_indices().map(|(at, _)| at).filter(|at| *at >= from).find(begins)
}

fn scheme_of(text: &str) -> Option<&'static str> {
    let starts =
        |scheme: &&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    SCHEMES.into_iter().find(starts)
}

/// How long the address is that a text begins with. A bracket that was opened before it is not closed by it.
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || ENDS.contains(&c);
    let mut link = text.find(ends).map_or(text, |end| &text[..end]);
    loop {
        let count = |c| link.matches(c).count();
        let stray = |open, close| link.ends_with(close) && count(close) > count(open);
        if !(link.ends_with(PUNCTUATION) || stray('(', ')') || stray('[', ']') || stray('{', '}')) {
            return link.len();
        }
        let last = link.chars().next_back().map_or(0, char::len_utf8);
        link = &link[..link.len() - last];
    }
}

/// Whether there is a host in it, and no user.
fn is_address(link: &str) -> bool {
    let behind = scheme_of(link).map_or("", |scheme| &link[scheme.len()..]);
    let authority = behind.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.starts_with(|c: char| c.is_alphanumeric() || c == '[') && !authority.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let parts = find_links(text);
        let whole: String =
            parts.iter().map(|(TextPart::Plain(part) | TextPart::Link(part))| *part).collect();
        assert_eq!(whole, text);
        parts
            .into_iter()
            .filter_map(|part| match part {
                TextPart::Link(link) => Some(link),
                TextPart::Plain(_) => None,
            })
            .collect()
    }

    #[test]
    fn addresses_are_found_where_people_put_them() {
        for (text, expected) in [
            ("https://example.org", vec!["https://example.org"]),
            ("see http://a.b/c?d=e#f.", vec!["http://a.b/c?d=e#f"]),
            ("(https://a.b/c_(d)) and HTTPS://E.F!", vec!["https://a.b/c_(d)", "HTTPS://E.F"]),
            ("one https://a.b\ntwo https://c.d, three", vec!["https://a.b", "https://c.d"]),
            ("<https://a.b>\"https://c.d\"", vec!["https://a.b", "https://c.d"]),
            ("http://[::1]:8080/x]", vec!["http://[::1]:8080/x"]),
            ("ü https://ü.example/ü…", vec!["https://ü.example/ü…"]),
        ] {
            assert_eq!(links(text), expected, "{text}");
        }
    }

    #[test]
    fn whatever_is_none_stays_text() {
        for text in [
            "",
            "example.org",
            "https://",
            "https:///x",
            "http://.",
            "xhttps://a.b",
            "javascript:alert(1)",
            "javascript://https",
            "data:text/html,<b>",
            "https://bank.example@evil.example/",
            "https://a:b@c.d",
            "ftp://a.b",
            "http",
            "héhttp:/",
        ] {
            assert_eq!(links(text), Vec::<&str>::new(), "{text}");
        }
    }
}
