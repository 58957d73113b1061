//! The page for development, in seconds: the few steps of Trunk that index.html asks for, without Trunk, which takes
//! minutes to compile. The optimised bundle is Trunk's work (`dist`); [`compare`] holds the two against each other.

use crate::{cargo, dist, paths, process};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(40 * 60);
/// What [`build`] needs besides the compiler.
pub(crate) const BINDGEN: &str = "visavis-bindgen";
const HOOK: &str = "<link data-trunk ";
const SCRIPT: &str = include_str!("page/start.html");

/// Compiles the page and puts it together in `to`, which must exist. `bindgen` is the program of that name.
pub(crate) fn build(bindgen: &Path, to: &Path) -> Result<()> {
    let page = paths::read(&paths::root().join("index.html"))?;
    let written = write_html(&page, |hook| follow(bindgen, hook, to))?;
    std::fs::write(to.join("index.html"), written).context("cannot write index.html")
}

/// One `<link data-trunk>` of index.html.
#[derive(Clone, Copy)]
struct Hook<'a>(&'a str);

impl Hook<'_> {
    fn attribute(&self, name: &str) -> Result<&str> {
        let start = format!(" {name}=\"");
        let value = self.0.split_once(start.as_str()).and_then(|(_, rest)| rest.split_once('"'));
        value.map(|(value, _)| value).with_context(|| format!("{}: no {name}", self.0))
    }
}

/// What takes the place of a hook, and what goes to the end of the head.
#[derive(Default)]
struct Written {
    here: String,
    preloads: String,
}

/// index.html with something else in place of each hook.
fn write_html(page: &str, follow: impl Fn(Hook<'_>) -> Result<Written>) -> Result<String> {
    let (mut out, mut preloads, mut rest) = (String::new(), String::new(), page);
    while let Some((before, from)) = rest.split_once(HOOK) {
        let (tag, after) = from.split_once('>').context("index.html: a link does not end")?;
        let written = follow(Hook(&format!(" {tag}")))?;
        out.push_str(before);
        out.push_str(&written.here);
        preloads.push_str(&written.preloads);
        rest = after;
    }
    out.push_str(rest);
    ensure!(out.contains("</head>"), "index.html has no head");
    Ok(out.replacen("</head>", &format!("{preloads}</head>"), 1))
}

fn follow(bindgen: &Path, hook: Hook<'_>, to: &Path) -> Result<Written> {
    match hook.attribute("rel")? {
        "rust" => program(bindgen, hook.attribute("data-bin")?, to),
        "copy-file" => copy(hook.attribute("href")?, to).map(|_| Written::default()),
        "css" => link("stylesheet", hook.attribute("href")?, to),
        "icon" => link("icon", hook.attribute("href")?, to),
        other => anyhow::bail!("index.html asks Trunk for \"{other}\", which `serve` does not know"),
    }
}

fn link(rel: &str, href: &str, to: &Path) -> Result<Written> {
    let here = format!("<link rel=\"{rel}\" href=\"./{}\"/>", copy(href, to)?);
    Ok(Written { here, ..Written::default() })
}

/// Copies a file of the repository; gives its name.
fn copy(href: &str, to: &Path) -> Result<String> {
    let from = paths::root().join(href);
    let name = from.file_name().context("a link names no file")?.to_string_lossy().into_owned();
    replace(&to.join(&name), &std::fs::read(&from).with_context(|| format!("cannot read {href}"))?)?;
    Ok(name)
}

/// Writes a file, unless it is already so: then its age stays, and browsers need not load it again.
fn replace(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn program(bindgen: &Path, name: &str, to: &Path) -> Result<Written> {
    let target = crate::tools::TARGET;
    let mut build = cargo::locked("build");
    // Like Trunk without naming the package: the features of dependencies follow from that.
    build.args(["--bin", name, "--target", target]);
    process::run(&mut build, LIMIT)?;
    let compiled = paths::target()?.join(target).join("debug").join(name).with_extension("wasm");
    let joined = paths::scratch()?.join("bindgen");
    if joined.exists() {
        std::fs::remove_dir_all(&joined).context("cannot remove what wasm-bindgen wrote before")?;
    }
    process::run(Command::new(bindgen).arg(&compiled).arg(&joined), LIMIT)?;
    let mut preloads = preload("modulepreload", &format!("{name}.js"), "");
    for file in dist::files(&joined) {
        let inside = relative(&file, &joined);
        replace(&to.join(&inside), &std::fs::read(&file)?)?;
        if inside.starts_with("snippets/") {
            preloads.push_str(&preload("modulepreload", &inside, ""));
        }
    }
    let kind = " as=\"fetch\" type=\"application/wasm\"";
    preloads.push_str(&preload("preload", &format!("{name}_bg.wasm"), kind));
    Ok(Written { here: SCRIPT.replace("PROGRAM", name), preloads })
}

fn preload(rel: &str, file: &str, more: &str) -> String {
    format!("<link rel=\"{rel}\" href=\"./{file}\" crossorigin=\"anonymous\"{more}>")
}

fn relative(file: &Path, directory: &Path) -> String {
    file.strip_prefix(directory).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// An error unless Trunk made the same of index.html in `by_trunk` as [`build`] did in `ours`: the same files with the
/// same content, and the same page, apart from the hashes that Trunk puts into names and from white space.
pub(crate) fn compare(ours: &Path, by_trunk: &Path) -> Result<()> {
    let (ours, by_trunk) = (contents(ours)?, contents(by_trunk)?);
    let names = |contents: &Contents| contents.keys().cloned().collect::<Vec<String>>().join(", ");
    ensure!(
        ours.keys().eq(by_trunk.keys()),
        "other files than Trunk's: {} instead of {}",
        names(&ours),
        names(&by_trunk)
    );
    for (name, bytes) in &ours {
        ensure!(by_trunk.get(name) == Some(bytes), "{name} is not what Trunk makes of it");
    }
    Ok(())
}

/// Files by the names they have without hashes.
type Contents = BTreeMap<String, Vec<u8>>;

fn contents(directory: &Path) -> Result<Contents> {
    let files = dist::files(directory);
    let read = |file: &PathBuf| {
        let name = without_hashes(&relative(file, directory));
        let bytes = std::fs::read(file)?;
        let page = name.ends_with(".html");
        Ok((name, if page { essence(&String::from_utf8_lossy(&bytes)).into_bytes() } else { bytes }))
    };
    files.iter().map(read).collect()
}

/// A page without hashes and white space.
fn essence(page: &str) -> String {
    without_hashes(page).split_whitespace().collect()
}

/// Takes away every `-0123456789abcdef`, the hash of a file that Trunk puts into its name; that of a folder stays.
fn without_hashes(text: &str) -> String {
    const DIGITS: usize = 16;
    let mut parts = text.split('-');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        // Trunk leaves out leading zeros.
        if !(DIGITS - 4..=DIGITS).contains(&digits) || !part[digits..].starts_with(['.', '_']) {
            out.push('-');
            out.push_str(part);
        } else {
            out.push_str(&part[digits..]);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_of_the_page_is_followed() {
        let page = paths::read(&paths::root().join("index.html")).unwrap();
        let hooks = std::cell::RefCell::new(Vec::new());
        let html = write_html(&page, |hook| {
            hooks.borrow_mut().push(hook.attribute("rel")?.to_owned());
            Ok(Written { here: String::new(), preloads: "<x>".to_owned() })
        });
        assert!(!html.unwrap().contains("data-trunk"));
        let known = ["rust", "copy-file", "css", "icon"];
        assert!(hooks.borrow().iter().all(|rel| known.contains(&rel.as_str())), "{hooks:?}");
        assert!(hooks.borrow().contains(&"rust".to_owned()));
    }

    #[test]
    fn only_hashes_are_taken_away() {
        let text =
            "./a-page-0123456789abcdef_bg.wasm ./snippets/visavis-6f6e353734db8fd0/x.js b-deadbeef.css";
        assert_eq!(
            without_hashes(text),
            "./a-page_bg.wasm ./snippets/visavis-6f6e353734db8fd0/x.js b-deadbeef.css"
        );
    }

    #[test]
    fn a_difference_to_trunk_is_found() {
        let pair = ["ours", "trunk"].map(|name| paths::scratch().unwrap().join("compare").join(name));
        for directory in &pair {
            let _ = std::fs::remove_dir_all(directory);
            std::fs::create_dir_all(directory).unwrap();
        }
        std::fs::write(pair[0].join("a.css"), "x").unwrap();
        std::fs::write(pair[1].join("a-0123456789abcdef.css"), "x").unwrap();
        compare(&pair[0], &pair[1]).unwrap();
        std::fs::write(pair[0].join("a.css"), "y").unwrap();
        assert!(compare(&pair[0], &pair[1]).is_err());
        std::fs::write(pair[1].join("b.css"), "x").unwrap();
        assert!(compare(&pair[0], &pair[1]).unwrap_err().to_string().contains("b.css"));
    }
}
