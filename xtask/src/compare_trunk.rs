//! index.html says for Trunk what the page consists of, and `page` and `dist` read it in Trunk's place. Whoever has Trunk gets
//! the same from it: that is checked here.

use crate::page::{self, Profile, relative};
use crate::tools::Toolbox;
use crate::{dist, paths, process};
use anyhow::{Context as _, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(40 * 60);
const NOT_INSTALLED: &str = "Trunk is not installed (`cargo xtask setup --for ci`)";
/// What `dist` adds to the files that Trunk makes, by how their names end.
const ADDED_BY_DIST: [&str; 7] =
    [".br", ".gz", "third-party.txt", "third-party-server.txt", "_call.wasm", "_later.wasm", "_others.wasm"];

/// The page for development: the same files with the same content. Without Trunk, the reason why that was not checked.
pub(crate) fn page(toolbox: &Toolbox, bindgen: &Path) -> Result<Option<String>> {
    if toolbox.trunk.is_none() {
        return Ok(Some(NOT_INSTALLED.to_owned()));
    }
    let (by_xtask, by_trunk) = (folder("xtask")?, folder("trunk")?);
    page::build(bindgen, Profile::Development, &by_xtask)?;
    build(toolbox.command("trunk").arg("build"), &by_trunk)?;
    ensure_same(&by_xtask, &by_trunk)?;
    Ok(None)
}

/// The optimised bundle in dist/: `trunk build --release` makes the same files, in one piece and not as small, and a page
/// that names the same ones.
pub(crate) fn bundle(toolbox: &Toolbox) -> Result<Option<String>> {
    if toolbox.trunk.is_none() {
        return Ok(Some(NOT_INSTALLED.to_owned()));
    }
    let by_trunk = folder("trunk-release")?;
    let mut trunk = toolbox.command("trunk");
    // Trunk's own minifier stumbles over what wasm-bindgen writes and says so each time.
    trunk.args(["build", "--release"]).env("RUST_LOG", "info,trunk::processing::minify=error");
    dist::environment(&mut trunk);
    build(&mut trunk, &by_trunk)?;
    let ([our_names, our_links], [names, links]) = (outline(&paths::dist())?, outline(&by_trunk)?);
    ensure!(our_names == names, "other files than Trunk's: {our_names:?} instead of {names:?}");
    ensure!(our_links == links, "a page with other files than Trunk's: {our_links:?} instead of {links:?}");
    Ok(None)
}

fn folder(name: &str) -> Result<PathBuf> {
    let directory = paths::scratch()?.join("pages").join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory).context("cannot remove the page of the last time")?;
    }
    std::fs::create_dir_all(&directory).context("cannot create a folder for a page")?;
    Ok(directory)
}

fn build(trunk: &mut Command, dist: &Path) -> Result<()> {
    // It would copy old snippets along.
    let leftovers = paths::target()?.join("wasm-bindgen");
    if leftovers.exists() {
        std::fs::remove_dir_all(&leftovers).context("cannot remove what wasm-bindgen wrote before")?;
    }
    process::run(trunk.arg("--dist").arg(dist).current_dir(paths::root()), LIMIT)
}

/// The names of a bundle's files, and those that its page calls, without hashes.
fn outline(bundle: &Path) -> Result<[BTreeSet<String>; 2]> {
    let names = dist::files(bundle).into_iter().map(|file| without_hashes(&relative(&file, bundle)));
    let called = links(&paths::read(&bundle.join("index.html"))?).into_iter();
    let by_both = |name: &String| !ADDED_BY_DIST.iter().any(|end| name.ends_with(end));
    Ok([names.filter(by_both).collect(), called.filter(by_both).collect()])
}

/// Every file that a page calls.
fn links(html: &str) -> BTreeSet<String> {
    let called = html.split("./").skip(1).filter_map(|text| text.split(['"', '\'', ' ', '>']).next());
    called.map(without_hashes).collect()
}

/// An error unless both are the same files with the same content, and the same page, apart from the hashes that Trunk puts
/// into names and from white space.
fn ensure_same(by_xtask: &Path, by_trunk: &Path) -> Result<()> {
    let (by_xtask, by_trunk) = (contents(by_xtask)?, contents(by_trunk)?);
    let names = |contents: &Contents| contents.keys().cloned().collect::<Vec<String>>().join(", ");
    ensure!(
        by_xtask.keys().eq(by_trunk.keys()),
        "other files than Trunk's: {} instead of {}",
        names(&by_xtask),
        names(&by_trunk)
    );
    for (name, bytes) in &by_xtask {
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
        Ok((name, if page { normalize_html(&String::from_utf8_lossy(&bytes)).into_bytes() } else { bytes }))
    };
    files.iter().map(read).collect()
}

/// A page without hashes and white space.
fn normalize_html(page: &str) -> String {
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
    fn a_page_is_known_by_what_it_calls() {
        let by_xtask = "<link href=\"./a-0123456789abcdef.css\"><script>import './b.js'</script>";
        let by_trunk = "<script>import './b-0123456789abcdef.js'</script><link href=./a.css rel=x>";
        assert_eq!(links(by_xtask), links(by_trunk));
        assert_eq!(links(by_xtask), BTreeSet::from(["a.css".to_owned(), "b.js".to_owned()]));
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
        let pair = ["xtask", "trunk"].map(|name| paths::scratch().unwrap().join("compare").join(name));
        for directory in &pair {
            let _ = std::fs::remove_dir_all(directory);
            std::fs::create_dir_all(directory).unwrap();
        }
        std::fs::write(pair[0].join("a.css"), "x").unwrap();
        std::fs::write(pair[1].join("a-0123456789abcdef.css"), "x").unwrap();
        ensure_same(&pair[0], &pair[1]).unwrap();
        std::fs::write(pair[0].join("a.css"), "y").unwrap();
        assert!(ensure_same(&pair[0], &pair[1]).is_err());
        std::fs::write(pair[1].join("b.css"), "x").unwrap();
        assert!(ensure_same(&pair[0], &pair[1]).unwrap_err().to_string().contains("b.css"));
    }
}
