//! wasm and its JavaScript find each other by long names that end in random digits, which no compression removes. Here
//! both get short ones, and file names that follow from what is in the files.

use crate::process;
use crate::tools::Toolbox;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

/// How the file names of the page's program end.
const WASM_END: &str = "_bg.wasm";

/// The program of the page: the two files that belong together.
struct Program {
    wasm: PathBuf,
    script: PathBuf,
    /// The digits in their names, which Trunk derived from the program before all optimisation.
    hash: String,
}

/// Shortens the names in the bundle's program. `features` are the wasm features it uses.
pub(super) fn run(toolbox: &Toolbox, dist: &Path, features: &[&str]) -> Result<()> {
    let program = find(dist)?;
    let names = shorten_imports(toolbox, &program.wasm, features)?;
    rewrite(&program.script, |text| replace_words(text, &names))?;
    rename(dist, &program)
}

fn find(dist: &Path) -> Result<Program> {
    let entries = std::fs::read_dir(dist)?.flatten().map(|entry| entry.path());
    let mut wasm = entries.filter(|path| path.to_string_lossy().ends_with(WASM_END));
    let wasm = wasm.next().context("the bundle contains no program")?;
    let stem = wasm.to_string_lossy().trim_end_matches(WASM_END).to_owned();
    let hash = stem.rsplit('-').next().unwrap_or_default().to_owned();
    Ok(Program { wasm, script: PathBuf::from(stem + ".js"), hash })
}

/// Lets wasm-opt shorten the imports in place; it prints what became what.
fn shorten_imports(toolbox: &Toolbox, wasm: &Path, features: &[&str]) -> Result<BTreeMap<String, String>> {
    let mut command = toolbox.command("wasm-opt");
    command.arg(wasm).args(features).args(["--minify-imports", "--output"]).arg(wasm);
    let printed = process::output_of(&mut command).context("wasm-opt --minify-imports failed")?;
    let map: Value = serde_json::from_str(&printed).context("wasm-opt printed an unknown kind of map")?;
    let imports = map["imports"].as_array().context("the map of wasm-opt has no imports")?;
    let pair = |import: &Value| Some((import[1].as_str()?.to_owned(), import[2].as_str()?.to_owned()));
    Ok(imports.iter().filter_map(pair).collect())
}

/// Replaces whole words of a script.
fn replace_words(text: &str, names: &BTreeMap<String, String>) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, from_word) = rest.split_at(start);
        let (word, after) = from_word.split_at(from_word.find(|c| !is_word(c)).unwrap_or(from_word.len()));
        out.push_str(before);
        out.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    out + rest
}

/// Gives the program names that change whenever its content does: a browser must never pair an old script with a new
/// program out of its cache.
fn rename(dist: &Path, program: &Program) -> Result<()> {
    let hash = content_hash(&[&program.wasm, &program.script])?;
    for file in [&program.wasm, &program.script] {
        std::fs::rename(file, file.to_string_lossy().replace(&program.hash, &hash))?;
    }
    rewrite(&dist.join("index.html"), |text| text.replace(&program.hash, &hash))
}

fn content_hash(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(&std::fs::read(file)?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn rewrite(file: &Path, change: impl FnOnce(&str) -> String) -> Result<()> {
    let text = crate::paths::read(file)?;
    std::fs::write(file, change(&text)).with_context(|| format!("cannot write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_only() {
        let names = BTreeMap::from([("__wbg_log_12".to_owned(), "a".to_owned())]);
        assert_eq!(replace_words("{__wbg_log_12:x,__wbg_log_123:y}", &names), "{a:x,__wbg_log_123:y}");
    }
}
