//! Rust files, with everything blanked that is not code.

use crate::paths;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// A Rust file.
pub(super) struct Source {
    /// Relative to the root, with `/`.
    pub(super) name: String,
    /// How many lines it has.
    pub(super) lines: usize,
    /// How many of them come before its test module, or all.
    pub(super) lines_before_tests: usize,
    /// Its text without comments, strings and test modules; lines keep their numbers.
    pub(super) code: String,
    /// The same with the test modules.
    pub(super) code_with_tests: String,
}

impl Source {
    fn new(name: String, text: &str) -> Self {
        let code_with_tests = blank(text);
        let (code, tests_at) = without_tests(&code_with_tests);
        let lines = text.lines().count();
        let lines_before_tests = tests_at.map_or(lines, |at| code_with_tests[..at].lines().count());
        Self { name, lines, lines_before_tests, code, code_with_tests }
    }

    /// Whether the whole file is tests.
    pub(super) fn is_test(&self) -> bool {
        self.name.split('/').any(|part| part == "tests" || part == "tests.rs" || part == "benches")
    }

    /// Whether it is part of what we ship.
    pub(super) fn is_product(&self) -> bool {
        !self.is_test() && (self.name.starts_with("src/") || self.name.starts_with("crates/"))
    }

    /// The numbered lines of code outside tests that contain something.
    pub(super) fn find<'a>(&'a self, needle: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.code
            .lines()
            .enumerate()
            .filter(move |(_, line)| line.contains(needle))
            .map(|(index, _)| index + 1)
    }
}

/// Reads every Rust file of the list.
pub(super) fn load(files: &[PathBuf]) -> Result<Vec<Source>> {
    let rust = files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    rust.map(|file| Ok(Source::new(slashes(file), &paths::read(&paths::root().join(file))?))).collect()
}

fn slashes(file: &Path) -> String {
    file.to_string_lossy().replace('\\', "/")
}

/// Replaces comments, strings and character literals with spaces.
pub(super) fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = blank_length(rest, out.chars().next_back());
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    out
}

/// How many bytes from here on are a comment or a literal.
fn blank_length(rest: &str, before: Option<char>) -> usize {
    let inside_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        block_comment(rest)
    } else if rest.starts_with('"') {
        string(rest)
    } else if rest.starts_with('\'') {
        character(rest)
    } else if inside_word {
        0
    } else {
        raw_string(rest)
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    for (at, _) in rest.char_indices() {
        let here = &rest[at..];
        if here.starts_with("/*") {
            depth += 1;
        } else if here.starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == '"' && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

/// A character literal; nothing if it is a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let Some((_, first)) = chars.next() else { return 0 };
    if first == '\\' {
        return rest[2..].char_indices().skip(1).find(|&(_, c)| c == '\'').map_or(0, |(at, _)| at + 3);
    }
    match chars.next() {
        Some((at, '\'')) => at + 1,
        _ => 0,
    }
}

fn raw_string(rest: &str) -> usize {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).unwrap_or("");
    let hashes = after.chars().take_while(|&c| c == '#').count();
    if !after[hashes..].starts_with('"') {
        return 0;
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let start = rest.len() - after.len() + hashes + 1;
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// Blanks every item under `#[cfg(test)]`; tells where the first one starts.
fn without_tests(code: &str) -> (String, Option<usize>) {
    const MARK: &str = "#[cfg(test)]";
    let first = code.find(MARK);
    let mut code = code.to_owned();
    while let Some(start) = code.find(MARK) {
        let end = start + item_length(&code[start..]);
        let blanked: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        code.replace_range(start..end, &blanked);
    }
    (code, first)
}

/// The length of an item: to the semicolon, or to the end of its braces.
fn item_length(code: &str) -> usize {
    match code.find(['{', ';']) {
        Some(at) if code[at..].starts_with('{') => at + block_length(&code[at..]),
        Some(at) => at + 1,
        None => code.len(),
    }
}

/// The length of a block that starts here with `{`.
pub(super) fn block_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in code.char_indices() {
        depth = match c {
            '{' => depth + 1,
            '}' => depth.saturating_sub(1),
            _ => depth,
        };
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_what_is_not_code() {
        let text = "let a = \"x // {\\\"\"; // why\nlet b = '{'; /* } /* */ */ let c: &'a str = r#\"}\"#;";
        let code = blank(text);
        assert!(!code.contains(['{', '}', '"']));
        assert!(code.contains("let c: &'a str ="));
        assert_eq!(code.lines().count(), 2);
    }

    #[test]
    fn escaped_characters_end_where_they_should() {
        assert_eq!(blank("a('\\'', '\\u{1}', '\\\\')b"), format!("a({:4}, {:7}, {:4})b", "", "", ""));
    }

    #[test]
    fn test_modules_vanish() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("src/x.rs".to_owned(), text);
        assert!(source.code.contains("fn a"));
        assert!(source.code.contains("fn c"));
        assert!(!source.code.contains("fn b"));
        assert_eq!(source.lines_before_tests, 1);
    }
}
