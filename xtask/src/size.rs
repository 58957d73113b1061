//! Every byte of the bundle, accounted for.

use crate::{compress, dist, paths};
use anyhow::{Result, ensure};
use std::path::Path;

/// Over this the bundle is too large: `size` fails. Compressed with brotli, all that the page loads. 80 for a call, 25 for
/// everybody else's servers, and 15 for now: what only their users need is to be loaded for them alone.
const BUDGET: usize = 120_000;
/// What we aim at.
const AIM: usize = 85_000;

/// A file, measured.
struct Measured {
    name: String,
    loaded: bool,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// The `size` command: lists every file, and fails over the budget.
pub(crate) fn run() -> Result<()> {
    if !paths::dist().join("index.html").exists() {
        dist::run()?;
    }
    let files = measure_all(&paths::dist())?;
    print_table(&files);
    let total = files.iter().filter(|file| file.loaded).map(|file| file.brotli).sum::<usize>();
    ensure!(total <= BUDGET, "the page loads {total} bytes (brotli), {} over the budget", total - BUDGET);
    println!("{}", verdict(total));
    Ok(())
}

fn verdict(total: usize) -> String {
    match AIM.checked_sub(total) {
        Some(left) => format!("{left} bytes below the aim of {AIM}."),
        None => format!("Within the budget of {BUDGET}, {} bytes above the aim of {AIM}.", total - AIM),
    }
}

fn measure_all(directory: &Path) -> Result<Vec<Measured>> {
    let files = dist::files(directory);
    let plain = files.iter().filter(|file| !file.extension().is_some_and(|end| end == "br" || end == "gz"));
    plain.map(|file| measure(directory, file)).collect()
}

/// A file that does not shrink is sent as it is.
fn measure(directory: &Path, file: &Path) -> Result<Measured> {
    let bytes = std::fs::read(file)?;
    let raw = bytes.len();
    let name = file.strip_prefix(directory).unwrap_or(file).display().to_string();
    let (gzip, brotli) = (compress::gzip(&bytes)?.len().min(raw), compress::brotli(&bytes)?.len().min(raw));
    Ok(Measured { loaded: is_loaded(&name), name, raw, gzip, brotli })
}

/// Whether opening the page fetches the file. Types, source maps, texts and the large icons of an installed app are
/// there for whoever asks for them.
fn is_loaded(name: &str) -> bool {
    let optional = [".d.ts", ".map", ".txt", ".md", ".png"];
    !optional.iter().any(|end| name.ends_with(end))
}

fn print_table(files: &[Measured]) {
    println!("{:<44} {:>9} {:>9} {:>9}", "", "raw", "gzip", "brotli");
    files.iter().for_each(print_row);
    let sum = |of: fn(&Measured) -> usize| -> usize { files.iter().filter(|file| file.loaded).map(of).sum() };
    let (raw, gzip, brotli) = (sum(|file| file.raw), sum(|file| file.gzip), sum(|file| file.brotli));
    println!("{:<44} {raw:>9} {gzip:>9} {brotli:>9}", "loaded by the page");
}

fn print_row(file: &Measured) {
    let Measured { name, loaded, raw, gzip, brotli } = file;
    let note = if *loaded { "" } else { "   (optional)" };
    println!("{name:<44} {raw:>9} {gzip:>9} {brotli:>9}{note}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_maps_are_optional() {
        assert!(!is_loaded("visavis.d.ts"));
        assert!(is_loaded("visavis-page-0123_bg.wasm"));
    }

    #[test]
    fn the_verdict_names_the_distance() {
        assert_eq!(verdict(AIM - 1000), format!("1000 bytes below the aim of {AIM}."));
        assert!(verdict(AIM + 1000).contains("1000 bytes above the aim"));
    }
}
