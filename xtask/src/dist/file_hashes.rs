//! Names that change whenever the content does, so that browsers may keep a file for ever, and never pair an old script
//! with a new program out of their cache.

use super::program;
use crate::paths;
use anyhow::{Context as _, Result};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

/// What calls other files by their names.
const CALLERS: [&str; 2] = ["index.html", "manifest.webmanifest"];

/// Puts a hash into the names of the program, the style sheets and the icons, and into what the page and its manifest call them.
pub(super) fn add_hashes(dist: &Path) -> Result<()> {
    let mut callers = Vec::new();
    for name in CALLERS {
        let file = dist.join(name);
        callers.push((paths::read(&file)?, file));
    }
    for (files, stem) in groups(dist)? {
        let hash = content_hash(&files)?;
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let hashed = name.replacen(&stem, &format!("{stem}-{hash}"), 1);
            std::fs::rename(&file, dist.join(&hashed))
                .with_context(|| format!("cannot rename {}", file.display()))?;
            for (text, _) in &mut callers {
                *text = text.replace(&format!("./{name}"), &format!("./{hashed}"));
            }
        }
    }
    callers.into_iter().try_for_each(|(text, file)| {
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    })
}

/// Files that get the same hash, and what their names begin with.
type Group = (Vec<PathBuf>, String);

fn groups(dist: &Path) -> Result<Vec<Group>> {
    let mut groups = vec![(program::files(dist), program::NAME.to_owned())];
    for entry in std::fs::read_dir(dist).context("cannot read the bundle")? {
        let file = entry?.path();
        if matches!(file.extension().and_then(OsStr::to_str), Some("css" | "png")) {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            groups.push((vec![file], stem));
        }
    }
    Ok(groups)
}

fn content_hash(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(&std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle with these style rules; gives its page and the names of its files.
    fn bundle(css: &str) -> (String, Vec<String>) {
        let dist = paths::scratch().unwrap().join("names");
        let _ = std::fs::remove_dir_all(&dist);
        std::fs::create_dir_all(&dist).unwrap();
        program::files(&dist).iter().for_each(|file| std::fs::write(file, "x").unwrap());
        std::fs::write(dist.join("visavis.css"), css).unwrap();
        std::fs::write(dist.join("config.json"), "{}").unwrap();
        std::fs::write(dist.join("icon-192.png"), "icon").unwrap();
        std::fs::write(dist.join("manifest.webmanifest"), "./icon-192.png").unwrap();
        std::fs::write(dist.join("index.html"), "./visavis.css ./visavis-page.js ./visavis-page_bg.wasm")
            .unwrap();
        add_hashes(&dist).unwrap();
        let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        let names = super::super::files(&dist).iter().map(name).collect();
        (paths::read(&dist.join("index.html")).unwrap(), names)
    }

    #[test]
    fn the_page_calls_its_files_by_names_that_follow_their_content() {
        let (page, names) = bundle("a");
        for called in page.split_whitespace() {
            let name = called.trim_start_matches("./").to_owned();
            assert!(names.contains(&name), "{name} of {names:?}");
            assert!(name.len() > "-0123456789abcdef.js".len(), "{name} has no hash");
        }
        assert!(names.contains(&"config.json".to_owned()), "{names:?}");
        let manifest = paths::read(&paths::scratch().unwrap().join("names/manifest.webmanifest")).unwrap();
        assert!(names.contains(&manifest.trim_start_matches("./").to_owned()), "{manifest}: {names:?}");
        assert_ne!(manifest, "./icon-192.png");
        let (other, _) = bundle("b");
        let both = page.split_whitespace().zip(other.split_whitespace());
        assert_eq!(both.map(|(one, other)| one == other).collect::<Vec<_>>(), [false, true, true]);
    }
}
