//! docs/gallery.md shows every picture beside it. That each picture it shows is there, `links` checks.

use super::Findings;
use crate::paths;
use anyhow::Result;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = "docs/gallery.md";
const FOLDER: &str = "docs/gallery";
/// What the pictures may be together: everybody who clones has them.
const MAX_BYTES: u64 = 1_500_000;

/// Checks that no picture is left over, and how large all of them are.
pub(super) fn check(files: &[PathBuf]) -> Result<Findings> {
    let document = paths::read(&paths::root().join(DOCUMENT))?;
    let pictures: Vec<&Path> =
        files.iter().map(PathBuf::as_path).filter(|file| file.starts_with(FOLDER)).collect();
    let mut findings = left_over(&document, &pictures);
    let sizes = pictures.iter().filter_map(|file| paths::root().join(file).metadata().ok());
    let bytes: u64 = sizes.map(|metadata| metadata.len()).sum();
    if bytes > MAX_BYTES {
        findings.push(format!("{FOLDER}: {bytes} bytes of pictures, {MAX_BYTES} at most"));
    }
    Ok(findings)
}

fn left_over(document: &str, pictures: &[&Path]) -> Findings {
    let names = pictures.iter().filter_map(|file| Some((file, file.file_name()?.to_str()?)));
    let unseen = names.filter(|(_, name)| !document.contains(&format!("gallery/{name}")));
    unseen.map(|(file, _)| format!("{}: {DOCUMENT} does not show it", file.display())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_no_document_shows_are_found() {
        let pictures = ["docs/gallery/lobby.webp", "docs/gallery/by.webp"].map(Path::new);
        let found = left_over("![The lobby](gallery/lobby.webp)", &pictures);
        assert_eq!(found, ["docs/gallery/by.webp: docs/gallery.md does not show it"]);
    }
}
