//! The page that index.html asks for: the few steps of Trunk, without Trunk, which takes minutes to compile. `serve` hands
//! it out as it is, `dist` makes it small; `compare_trunk` holds both against Trunk's.

use crate::{cargo, dist, paths, process};
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(40 * 60);
/// What [`build`] needs besides the compiler.
pub(crate) const BINDGEN: &str = "visavis-bindgen";
const TRUNK_LINK: &str = "<link data-trunk ";
const SCRIPT: &str = include_str!("page/start.html");

/// What the program is compiled for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// To be tried at once.
    Development,
    /// To be divided and made small by `dist`.
    Bundle,
}

/// Compiles the page and puts it together in `to`, which must exist. `bindgen` is the program of that name.
pub(crate) fn build(bindgen: &Path, profile: Profile, to: &Path) -> Result<()> {
    let page = paths::read(&paths::root().join("index.html"))?;
    let written = write_html(&page, |link| apply_link(bindgen, profile, link, to))?;
    std::fs::write(to.join("index.html"), written).context("cannot write index.html")
}

/// Where wasm-bindgen leaves the program for this purpose.
pub(crate) fn bindgen_output(profile: Profile) -> Result<PathBuf> {
    let name = match profile {
        Profile::Development => "development",
        Profile::Bundle => "bundle",
    };
    Ok(paths::scratch()?.join("bindgen").join(name))
}

/// One `<link data-trunk>` of index.html.
#[derive(Clone, Copy)]
struct TrunkLink<'a>(&'a str);

impl TrunkLink<'_> {
    fn attribute(&self, name: &str) -> Result<&str> {
        let start = format!(" {name}=\"");
        let value = self.0.split_once(start.as_str()).and_then(|(_, rest)| rest.split_once('"'));
        value.map(|(value, _)| value).with_context(|| format!("{}: no {name}", self.0))
    }
}

/// What takes the place of a link, and what goes to the end of the head.
#[derive(Default)]
struct Replacement {
    here: String,
    preloads: String,
}

/// index.html with something else in place of each such link.
fn write_html(page: &str, apply: impl Fn(TrunkLink<'_>) -> Result<Replacement>) -> Result<String> {
    let (mut out, mut preloads, mut rest) = (String::new(), String::new(), page);
    while let Some((before, from)) = rest.split_once(TRUNK_LINK) {
        let (tag, after) = from.split_once('>').context("index.html: a link does not end")?;
        let written = apply(TrunkLink(&format!(" {tag}")))?;
        out.push_str(before);
        out.push_str(&written.here);
        preloads.push_str(&written.preloads);
        rest = after;
    }
    out.push_str(rest);
    ensure!(out.contains("</head>"), "index.html has no head");
    Ok(out.replacen("</head>", &format!("{preloads}</head>"), 1))
}

fn apply_link(bindgen: &Path, profile: Profile, link: TrunkLink<'_>, to: &Path) -> Result<Replacement> {
    match link.attribute("rel")? {
        "rust" => {
            let name = link.attribute("data-bin")?;
            let compiled = compile(name, profile, link)?;
            program(bindgen, &compiled, &bindgen_output(profile)?, name, to)
        }
        "copy-file" => copy(link.attribute("href")?, to).map(|_| Replacement::default()),
        "copy-dir" => copy_folder(link.attribute("href")?, to).map(|()| Replacement::default()),
        "css" => copy_and_link("stylesheet", link.attribute("href")?, to),
        "icon" => copy_and_link("icon", link.attribute("href")?, to),
        other => anyhow::bail!("index.html asks Trunk for \"{other}\", which we do not know"),
    }
}

fn copy_and_link(rel: &str, href: &str, to: &Path) -> Result<Replacement> {
    let here = format!("<link rel=\"{rel}\" href=\"./{}\"/>", copy(href, to)?);
    Ok(Replacement { here, ..Replacement::default() })
}

/// Copies a file of the repository; gives its name.
fn copy(href: &str, to: &Path) -> Result<String> {
    let from = paths::root().join(href);
    let name = from.file_name().context("a link names no file")?.to_string_lossy().into_owned();
    write_if_changed(&to.join(&name), &std::fs::read(&from).with_context(|| format!("cannot read {href}"))?)?;
    Ok(name)
}

/// Copies a folder of the repository, under its own name.
fn copy_folder(href: &str, to: &Path) -> Result<()> {
    let from = paths::root().join(href);
    let name = from.file_name().context("a link names no folder")?;
    for file in dist::files(&from) {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        write_if_changed(&to.join(name).join(relative(&file, &from)), &bytes)?;
    }
    Ok(())
}

/// Writes a file, unless it is already so: then its age stays, and browsers need not load it again.
fn write_if_changed(file: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
    std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// Compiles the program; gives the file.
fn compile(name: &str, profile: Profile, link: TrunkLink<'_>) -> Result<PathBuf> {
    let target = crate::tools::TARGET;
    let mut build = cargo::locked("build");
    // Like Trunk without naming the package: the features of dependencies follow from that.
    build.args(["--bin", name, "--target", target]);
    let folder = match profile {
        Profile::Development => "debug",
        Profile::Bundle => {
            let cargo_profile = link.attribute("data-cargo-profile-release")?;
            dist::environment(build.args(["--profile", cargo_profile]));
            cargo_profile
        }
    };
    process::run(&mut build, LIMIT)?;
    Ok(paths::target()?.join(target).join(folder).join(name).with_extension("wasm"))
}

/// Joins the program with its JavaScript, and puts both into the page.
fn program(bindgen: &Path, compiled: &Path, output: &Path, name: &str, to: &Path) -> Result<Replacement> {
    if output.exists() {
        std::fs::remove_dir_all(output).context("cannot remove what wasm-bindgen wrote before")?;
    }
    process::run(Command::new(bindgen).arg(compiled).arg(output), LIMIT)?;
    let mut preloads = preload("modulepreload", &format!("{name}.js"), "");
    for file in dist::files(output) {
        let inside = relative(&file, output);
        write_if_changed(&to.join(&inside), &std::fs::read(&file)?)?;
        if inside.starts_with("snippets/") {
            preloads.push_str(&preload("modulepreload", &inside, ""));
        }
    }
    preloads.push_str(&preload_wasm(&format!("{name}_bg.wasm")));
    Ok(Replacement { here: SCRIPT.replace("PROGRAM", name), preloads })
}

/// Has the browser load a program at the same time as the page.
pub(crate) fn preload_wasm(file: &str) -> String {
    preload("preload", file, " as=\"fetch\" type=\"application/wasm\"")
}

fn preload(rel: &str, file: &str, more: &str) -> String {
    format!("<link rel=\"{rel}\" href=\"./{file}\" crossorigin=\"anonymous\"{more}>")
}

/// A file's name inside a folder.
pub(crate) fn relative(file: &Path, directory: &Path) -> String {
    file.strip_prefix(directory).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trunk_link_of_the_page_is_applied() {
        let page = paths::read(&paths::root().join("index.html")).unwrap();
        let links = std::cell::RefCell::new(Vec::new());
        let html = write_html(&page, |link| {
            links.borrow_mut().push(link.attribute("rel")?.to_owned());
            Ok(Replacement { here: String::new(), preloads: "<x>".to_owned() })
        });
        assert!(!html.unwrap().contains("data-trunk"));
        let known = ["rust", "copy-file", "copy-dir", "css", "icon"];
        assert!(links.borrow().iter().all(|rel| known.contains(&rel.as_str())), "{links:?}");
        assert!(links.borrow().contains(&"rust".to_owned()));
    }
}
