//! Small files, small functions.

use super::source::block_length;
use super::{Findings, Source};

const FILE_LIMIT: usize = 400;
const FILE_LIMIT_WITH_TESTS: usize = 600;

/// Files that have grown too long.
pub(super) fn check(sources: &[Source]) -> Findings {
    sources.iter().filter_map(check_file).collect()
}

fn check_file(source: &Source) -> Option<String> {
    let Source { name, lines, lines_before_tests, .. } = source;
    if *lines > FILE_LIMIT_WITH_TESTS {
        return Some(format!("{name}: {lines} lines, at most {FILE_LIMIT_WITH_TESTS} with tests"));
    }
    let long = !source.is_test() && *lines_before_tests > FILE_LIMIT;
    long.then(|| format!("{name}: {lines_before_tests} lines before the tests, at most {FILE_LIMIT}"))
}

/// Tells how long functions are, because what is looked at stays small.
pub(super) fn print_statistics(sources: &[Source]) {
    let mut functions: Vec<Function> = sources.iter().flat_map(functions_of).collect();
    functions.sort_by_key(|function| function.lines);
    let at =
        |percent: usize| functions.get(functions.len() * percent / 100).map_or(0, |function| function.lines);
    let Some(longest) = functions.last() else { return };
    println!(
        "functions: {}, median {} lines, 90 % within {}, longest {} ({} in {})",
        functions.len(),
        at(50),
        at(90),
        longest.lines,
        longest.name,
        longest.file
    );
}

struct Function<'a> {
    name: String,
    file: &'a str,
    lines: usize,
}

/// Every function with a body, tests included.
fn functions_of(source: &Source) -> Vec<Function<'_>> {
    let code = &source.code_with_tests;
    let starts = code.match_indices("fn ").filter(|(at, _)| !code[..*at].ends_with(is_word));
    starts.filter_map(|(at, _)| function(&source.name, &code[at..])).collect()
}

fn function<'a>(file: &'a str, code: &str) -> Option<Function<'a>> {
    let body = body_start(code)?;
    let name = code[3..].chars().take_while(|c| is_word(*c)).collect::<String>();
    let end = body + block_length(&code[body..]);
    (!name.is_empty()).then(|| Function { name, file, lines: code[..end].lines().count() })
}

/// Where the body starts: the first brace, unless a semicolon outside of brackets ends a mere declaration before it.
fn body_start(code: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ';' if depth == 0 => return None,
            '{' if depth == 0 => return Some(at),
            _ if depth < 0 => return None,
            _ => {}
        }
    }
    None
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_from_signature_to_closing_brace() {
        let function =
            function("x", "fn a<T>(b: [u8; 2]) -> T\nwhere\n T: B,\n{\n if c { d }\n}\nfn e() {}").unwrap();
        assert_eq!((function.name.as_str(), function.lines), ("a", 6));
        assert!(super::function("x", "fn declared(&self);\nfn e() {}").is_none());
    }
}
