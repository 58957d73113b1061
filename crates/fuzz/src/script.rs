//! How bytes become something that happens.

/// Most lines of a text that count: the fuzzer has nothing to learn from longer ones.
const MAX_LINES: usize = 400;
/// Most bytes that shorthands may add to one text.
const MAX_GROWTH: usize = 4 << 20;

/// Bytes as text; whatever is none of it becomes the replacement character.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines of a text, each with the mark it begins with.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (char, String)> {
    let mut growth = 0;
    text.split('\n').take(MAX_LINES).filter_map(move |line| {
        let mut chars = line.chars();
        let mark = chars.next()?;
        let rest = chars.as_str();
        let rest = expand(rest.strip_prefix(' ').unwrap_or(rest));
        growth += rest.len();
        (growth < MAX_GROWTH).then_some((mark, rest))
    })
}

/// The number that a text begins with, and what follows it. Zero if there is none.
pub(crate) fn number(text: &str) -> (u64, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(digits);
    (digits.parse().unwrap_or(0), rest.strip_prefix(' ').unwrap_or(rest))
}

/// The numbered one of many.
pub(crate) fn pick<T>(items: &[T], number: u64) -> Option<&T> {
    let index = number.checked_rem(items.len() as u64)?;
    items.get(usize::try_from(index).unwrap_or_default())
}

/// The description of a session, as JSON writes it within quotes. Our fake connections take it, in either role.
pub(crate) fn sdp(session: char) -> String {
    let number = 1000 + u32::from(session);
    [
        "v=0",
        &format!("o=- {number} 2 IN IP4 127.0.0.1"),
        "s=-",
        "t=0 0",
        &format!("a=fingerprint:sha-256 {}", vec![format!("{:02X}", u32::from(session) % 256); 32].join(":")),
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        &format!("a=ice-ufrag:uf{session}"),
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "",
    ]
    .join("\r\n")
}

/// The line of a candidate.
pub(crate) fn candidate(session: char, number: char) -> String {
    format!("candidate:{number} 1 udp 1 192.0.2.{number} 9 typ host ufrag uf{session}")
}

/// `{a}` is the description of session `a`, `{a:1}` its first candidate, `{#200}` as many times the letter x (in
/// thousands, up to 999).
fn expand(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let long = after.split_once('}').and_then(|(short, after)| Some((shorthand(short)?, after)));
        rest = match long {
            Some((long, after)) => {
                out.push_str(&long);
                after
            }
            None => {
                out.push('{');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

fn shorthand(short: &str) -> Option<String> {
    let mut chars = short.chars();
    match (chars.next()?, chars.next(), chars.next(), chars.next()) {
        (session @ 'a'..='h', None, ..) => Some(sdp(session).replace('\r', "\\r").replace('\n', "\\n")),
        (session @ 'a'..='h', Some(':'), Some(number @ '0'..='9'), None) => Some(candidate(session, number)),
        ('#', Some('0'..='9'), ..) if short.len() <= 4 => {
            Some("x".repeat(1000 * short.get(1..)?.parse::<usize>().ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shorthands_are_written_out_and_the_rest_is_left_alone() {
        assert_eq!(expand("{\"a\":{}, {#2"), "{\"a\":{}, {#2");
        assert_eq!(expand("{#2}").len(), 2000);
        assert!(expand("{\"s\":\"{a}{b:1}\"}").contains("uf{session}".replace("{session}", "b").as_str()));
    }

    #[test]
    fn lines_have_marks() {
        let lines: Vec<_> = lines("x\n< 7\n\n<8").collect();
        assert_eq!(lines, [('x', String::new()), ('<', "7".into()), ('<', "8".into())]);
    }
}
