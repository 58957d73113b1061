//! Calls and paths that are forbidden in parts of the code.

use super::{Findings, Source};
use crate::paths;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// A piece of code, where it is forbidden, and what to do instead.
struct Rule {
    code: &'static str,
    applies: fn(&Source) -> bool,
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule { code: "Instant::now", applies: is_pure, instead: "time enters as a Timestamp" },
    Rule { code: "SystemTime::now", applies: is_pure, instead: "time enters as a Timestamp" },
    Rule {
        code: ".forget()",
        applies: Source::is_product,
        instead: "keep a listener that removes itself on drop",
    },
    Rule {
        code: "Closure::forget",
        applies: Source::is_product,
        instead: "keep a listener that removes itself on drop",
    },
    Rule { code: ".unwrap()", applies: is_product_code, instead: "handle the failure" },
    Rule { code: ".expect(", applies: is_product_code, instead: "handle the failure" },
    Rule { code: "todo!", applies: is_product_code, instead: "do it" },
    Rule {
        code: "set_interval",
        applies: Source::is_product,
        instead: "one timer, armed for the next thing that is due",
    },
    Rule { code: "dialects::", applies: is_core, instead: "the core is handed a dialect and names none" },
];

fn is_pure(source: &Source) -> bool {
    ["crates/signaling/src/", "crates/hub/src/", "crates/core/src/", "crates/app/src/", "crates/sim/src/"]
        .iter()
        .any(|start| source.name.starts_with(start))
}

fn is_core(source: &Source) -> bool {
    source.name.starts_with("crates/core/src/")
}

fn is_product_code(source: &Source) -> bool {
    source.is_product() || source.name.starts_with("xtask/src/")
}

/// Checks the code of every file, without its tests.
pub(super) fn check_sources(sources: &[Source]) -> Findings {
    sources.iter().flat_map(|source| RULES.iter().flat_map(|rule| check_source(source, rule))).collect()
}

/// Checks all code for asserts that do not say which half has failed.
pub(super) fn check_asserts(sources: &[Source]) -> Findings {
    sources
        .iter()
        .flat_map(|source| {
            let starts = source.code_with_tests.match_indices("assert!(");
            let joined =
                starts.filter(|(at, start)| is_conjunction(&source.code_with_tests[at + start.len()..]));
            joined.map(|(at, _)| {
                let line = source.code_with_tests[..at].matches('\n').count() + 1;
                format!("{}:{line}: `assert!` of `&&`: two asserts say which half has failed", source.name)
            })
        })
        .collect()
}

/// Whether the condition at the start of this code is one thing and another.
fn is_conjunction(code: &str) -> bool {
    let (mut depth, mut and) = (0, false);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            ')' | ',' if depth == 0 => return and,
            // Either of two things fails as one.
            '|' if depth == 0 && code[at..].starts_with("||") => return false,
            '&' if depth == 0 && code[at..].starts_with("&& ") => and = true,
            _ => {}
        }
    }
    and
}

fn check_source(source: &Source, rule: &Rule) -> Findings {
    if !(rule.applies)(source) {
        return Findings::new();
    }
    let lines = source.find(rule.code);
    lines.map(|line| format!("{}:{line}: `{}`: {}", source.name, rule.code, rule.instead)).collect()
}

/// Places that exist only on somebody's machine, and hosts that a mirror may replace. In two halves, because this file
/// is checked as well.
const FORBIDDEN_TEXTS: &[(&str, &str)] = &[
    ("../", "shared"),
    ("/wo", "rk/"),
    ("crates", ".io"),
    ("registry.npmjs", ".org"),
    ("registry.yarnpkg", ".com"),
    ("py", "pi.org"),
    ("files.python", "hosted.org"),
    ("proxy.golang", ".org"),
    ("deb.debian", ".org"),
];

/// The one way Cargo itself writes a registry into its lock file.
const REGISTRY_SOURCE: (&str, &str) =
    ("source = \"registry+https://github.com/rust-lang/crates", ".io-index\"");

/// Checks the text of every file, whatever it is.
pub(super) fn check_files(files: &[PathBuf]) -> Result<Findings> {
    let mut findings = Findings::new();
    for file in files {
        let bytes = std::fs::read(paths::root().join(file))?;
        findings.extend(check_text(file, &String::from_utf8_lossy(&bytes)));
    }
    Ok(findings)
}

fn check_text(file: &Path, text: &str) -> Findings {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.starts_with("source = ") || *line != registry_source());
    let found = lines.flat_map(|(index, line)| {
        let texts = FORBIDDEN_TEXTS.iter().map(|(start, end)| format!("{start}{end}"));
        texts.filter(move |text| line.contains(text)).map(move |text| (index + 1, text))
    });
    found.map(|(line, text)| format!("{}:{line}: names `{text}`", file.display())).collect()
}

fn registry_source() -> String {
    format!("{}{}", REGISTRY_SOURCE.0, REGISTRY_SOURCE.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assert_of_two_things_is_found() {
        for code in ["a && b)", "a(b && c) && d, text)", "\n  !a\n  && b,\n)"] {
            assert!(is_conjunction(code), "{code}");
        }
        for code in [
            "a(b && c))",
            "a || b && c)",
            "a, b && c)",
            "x.all(|a| a && b), text)",
            "matches!(a, B if c && d))",
        ] {
            assert!(!is_conjunction(code), "{code}");
        }
    }

    #[test]
    fn a_place_is_found_but_not_in_the_lock_file() {
        let text = format!("a\nsee /wo{}x\n{}\n", "rk/", registry_source());
        let findings = check_text(Path::new("a.md"), &text);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("a.md:2: names"));
    }
}
