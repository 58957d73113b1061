//! What other people's licences ask of whoever passes on the bundle or the server: their names and texts.

use crate::{cargo, paths, process};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// What a text of a licence is called in a package.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
/// Of packages that bring no text but may be taken under this licence, whose text is always the same.
const STANDARD: (&str, &str) = ("Apache-2.0", "LICENSE-APACHE");

/// A program that is passed on: its package, what it is compiled for (nothing: this machine), and its file.
struct Program {
    package: &'static str,
    target: Option<&'static str>,
    title: &'static str,
    file: &'static str,
}

/// No page loads these files: they are there for whoever asks.
const PROGRAMS: [Program; 2] = [
    Program {
        package: "visavis",
        target: Some("wasm32-unknown-unknown"),
        title: "this page",
        file: "third-party.txt",
    },
    Program {
        package: "visavis-server",
        target: None,
        title: "visavis-server, the signaling server",
        file: "third-party-server.txt",
    },
];

/// Somebody's package in a program.
#[derive(Debug, PartialEq)]
struct Package {
    /// Name and version.
    title: String,
    /// Its licence, as an SPDX expression.
    licence: String,
    /// The texts it brings along.
    texts: Vec<String>,
}

/// Writes the notices of every program into `dist`.
pub(super) fn write(dist: &Path) -> Result<()> {
    for program in &PROGRAMS {
        let notices = format(program.title, &packages(program)?);
        std::fs::write(dist.join(program.file), notices)
            .with_context(|| format!("cannot write {}", program.file))?;
    }
    Ok(())
}

/// The packages of others whose code is in the program. Macros and build scripts are not: they ran before.
fn packages(program: &Program) -> Result<Vec<Package>> {
    let metadata = paths::metadata(&[])?;
    let known = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let mut titles = titles(program)?;
    titles.sort();
    titles.dedup();
    let of = |title: &String| known.iter().find(|package| self::title(package) == *title);
    let theirs = titles.iter().filter_map(of).filter(|package| !package["source"].is_null());
    theirs.map(read).chain([standard_library()]).collect()
}

/// Linked into everything, and no package.
fn standard_library() -> Result<Package> {
    Ok(Package {
        title: "The standard library of Rust".to_owned(),
        licence: "MIT OR Apache-2.0".to_owned(),
        texts: vec![paths::read(&paths::root().join(STANDARD.1))?],
    })
}

fn title(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    format!("{} {}", text("name"), text("version"))
}

/// Everything below a package, as Cargo resolves it for that package alone.
fn titles(program: &Program) -> Result<Vec<String>> {
    let mut tree = cargo::locked("tree");
    tree.args(["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"]);
    tree.args(["--package", program.package]);
    if let Some(target) = program.target {
        tree.args(["--target", target]);
    }
    let lines = process::output_of(&mut tree).context("cargo tree failed")?;
    Ok(lines.lines().filter_map(read_title).collect())
}

/// From `talc v5.1.1` or `visavis v0.1.0 (/a/folder)` to name and version.
fn read_title(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    Some(format!("{name} {version}"))
}

fn read(package: &Value) -> Result<Package> {
    let title = title(package);
    let licence = package["license"].as_str().unwrap_or_default().to_owned();
    let manifest = package["manifest_path"].as_str().context("a package without a manifest")?;
    let mut texts = texts(Path::new(manifest).parent().context("a manifest without a folder")?)?;
    if texts.is_empty() && licence.contains(STANDARD.0) {
        texts.push(paths::read(&paths::root().join(STANDARD.1))?);
    }
    ensure!(!texts.is_empty(), "{title} ({licence}) brings no text of its licence");
    Ok(Package { title, licence, texts })
}

fn texts(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| is_text(path)).collect();
    files.sort();
    files.iter().map(|file| paths::read(file)).collect()
}

fn is_text(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    path.is_file() && NAMES.iter().any(|start| name.starts_with(start))
}

/// The list of packages, and each different text once, with those it belongs to.
fn format(program: &str, packages: &[Package]) -> String {
    let mut out = format!("What other people wrote of {program}, and their licences.\n\n");
    // By their words: many differ in nothing but where lines end.
    let mut texts: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    for package in packages {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} ({})", package.title, package.licence);
        for text in &package.texts {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            texts.entry(words).or_insert((text, Vec::new())).1.push(&package.title);
        }
    }
    for (text, owners) in texts.values() {
        let _ = write!(out, "\n{}\n{}\n\n{}\n", "-".repeat(80), owners.join(", "), text.trim());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree_name_packages() {
        assert_eq!(read_title("talc v5.1.1"), Some("talc 5.1.1".to_owned()));
        assert_eq!(read_title("visavis v0.1.0 (/a/b) (*)"), Some("visavis 0.1.0".to_owned()));
        assert_eq!(read_title(""), None);
    }

    #[test]
    fn a_text_that_several_share_stands_there_once() {
        let package = |title: &str, texts: &[&str]| Package {
            title: title.to_owned(),
            licence: "MIT".to_owned(),
            texts: texts.iter().map(ToString::to_string).collect(),
        };
        let all = [package("a 1", &["Be\nkind.", "Mine"]), package("b 2", &["Be kind."])];
        let notices = format("it", &all);
        assert_eq!(notices.matches("kind.").count(), 1, "{notices}");
        assert!(notices.contains("a 1, b 2\n\nBe\nkind.\n"), "{notices}");
        assert!(notices.contains("a 1\n\nMine\n"), "{notices}");
    }

    /// Each program names what is in it, with a text, and nothing that only builds or tests it.
    #[test]
    fn programs_name_what_is_in_them() {
        let [page, server] = PROGRAMS.each_ref().map(|program| packages(program).unwrap());
        let has = |all: &[Package], name: &str| all.iter().any(|package| package.title.starts_with(name));
        assert!(has(&page, "talc "));
        assert!(has(&page, "wasm-bindgen "));
        assert!(!has(&page, "tokio "));
        assert!(has(&server, "tokio "));
        assert!(!has(&server, "talc "));
        for all in [&page, &server] {
            for other in ["visavis", "syn ", "serde_derive ", "tempfile "] {
                assert!(!has(all, other), "{other}");
            }
            assert!(all.iter().all(|package| !package.licence.is_empty() && !package.texts.is_empty()));
        }
    }
}
