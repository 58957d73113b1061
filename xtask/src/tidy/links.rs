//! Links between our documents must lead somewhere.

use super::Findings;
use crate::paths;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Checks the relative links and pictures of every Markdown file.
pub(super) fn check(files: &[PathBuf]) -> Result<Findings> {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "md")) {
        let text = paths::read(&paths::root().join(file))?;
        let folder = file.parent().unwrap_or(Path::new(""));
        let dead = targets(&text).filter(|target| !paths::root().join(folder).join(target).exists());
        findings.extend(
            dead.map(|target| format!("{}: a link leads to {target}, which is not there", file.display())),
        );
    }
    Ok(findings)
}

/// Where links and pictures lead, as far as it is a file of ours.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let links = between(text, "](", ")").filter_map(|inside| inside.split_whitespace().next());
    let pictures = between(text, "src=\"", "\"");
    let files = links.chain(pictures).filter_map(|target| target.split('#').next());
    files.filter(|target| !target.is_empty() && !target.contains(':') && !target.starts_with('/'))
}

fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).filter_map(move |rest| rest.split_once(end).map(|(inside, _)| inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_relative_targets_count() {
        let text = "[a](docs/a.md#b) [c](https://x.org) [d](#e) <img src=\"f.png\"> ![g](h.png \"title\")";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["docs/a.md", "h.png", "f.png"]);
    }
}
