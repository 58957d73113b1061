//! Style sheets and pages without what only people need who read them. What a compressor does as well is left to it: with
//! brotli the result is as short as that of tools that know the whole language.

/// A style sheet without comments and needless white space. Strings stay as they are.
pub(super) fn css(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' | '\'' => string(rest, next),
            _ if next.is_whitespace() => space(&mut out, rest),
            _ => next.len_utf8(),
        };
        let (word, after) = rest.split_at(length);
        if next == '}' && out.ends_with(';') {
            out.pop();
        }
        if !next.is_whitespace() && !word.starts_with("/*") {
            out.push_str(word);
        }
        rest = after;
    }
    out
}

/// How long the string is that begins here.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, next)| {
        let ends = *next == quote && !escaped;
        escaped = *next == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, quote)| at + quote.len_utf8())
}

/// Writes one space in place of many, or none where it means nothing. Gives how long they are. Before a colon it stays,
/// where it stands for any descendant; so it does around signs of arithmetic.
fn space(out: &mut String, text: &str) -> usize {
    const ALONE: [char; 5] = ['{', '}', ';', ',', '>'];
    let after = text.trim_start();
    let needless = out.is_empty()
        || after.is_empty()
        || after.starts_with(ALONE)
        || out.ends_with(ALONE)
        || out.ends_with([':', ' ']);
    if !needless {
        out.push(' ');
    }
    text.len() - after.len()
}

/// A page without indentation and empty lines.
pub(super) fn html(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_lose_what_means_nothing() {
        let text =
            "/* a } */\na  >  b, c :is(d) {\n  e: f  g;\n  h: calc(1px + 2px); /* i */\n}\n\nj { k: l }\n";
        assert_eq!(css(text), "a>b,c :is(d){e:f g;h:calc(1px + 2px)}j{k:l}");
    }

    #[test]
    fn strings_in_style_sheets_stay() {
        assert_eq!(css("a { b: \"c ; /* d */ \\\" e\" }"), "a{b:\"c ; /* d */ \\\" e\"}");
        assert_eq!(css("a { b: 'c  d' ; }"), "a{b:'c  d'}");
    }

    #[test]
    fn words_stay_apart() {
        assert_eq!(css("a/* b */ c {}"), "a c{}");
        assert_eq!(css("a /* b */ c {}"), "a c{}");
        assert_eq!(css("a /* b */c {}"), "a c{}");
        assert_eq!(css("ü { ä: ö }"), "ü{ä:ö}");
    }

    #[test]
    fn pages_keep_their_words() {
        assert_eq!(html("<p>\n\n    a  b\n  </p>\n"), "<p>\na  b\n</p>");
    }
}
