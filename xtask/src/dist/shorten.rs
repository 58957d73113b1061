//! wasm and its JavaScript find each other by long names that end in random digits, which no compression removes. Here
//! both get short ones, and file names that follow from what is in the files.

use crate::process;
use crate::tools::Toolbox;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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

/// What wasm-opt calls the one module that everything is then imported from.
const SHORT_MODULE: &str = "\"a\"";

/// Shortens the names in the bundle's program. `features` are the wasm features it uses; `script` is what wasm-bindgen
/// wrote, because the names can only be told apart before anything else has touched it.
pub(super) fn run(toolbox: &Toolbox, dist: &Path, features: &[&str], script: &Path) -> Result<()> {
    let program = find(dist)?;
    let names = shorten(toolbox, &program.wasm, features)?;
    let text = names.apply(&crate::paths::read(script)?)?;
    std::fs::write(&program.script, text)?;
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

/// What became what.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    imports: BTreeMap<String, String>,
    exports: BTreeMap<String, String>,
}

/// Lets wasm-opt shorten imports and exports in place; it prints what became what.
fn shorten(toolbox: &Toolbox, wasm: &Path, features: &[&str]) -> Result<Names> {
    let mut command = toolbox.command("wasm-opt");
    command.arg(wasm).args(features).args(["--minify-imports-and-exports-and-modules", "--output"]).arg(wasm);
    let printed = process::output_of(&mut command).context("wasm-opt cannot shorten the names")?;
    Names::read(&printed).context("wasm-opt printed an unknown kind of map")
}

impl Names {
    fn read(json: &str) -> Option<Self> {
        let map: Value = serde_json::from_str(json).ok()?;
        let mut names = Self::default();
        for import in map["imports"].as_array()? {
            names.modules.insert(import[0].as_str()?.to_owned());
            names.imports.insert(import[1].as_str()?.to_owned(), import[2].as_str()?.to_owned());
        }
        for export in map["exports"].as_array()? {
            names.exports.insert(export[0].as_str()?.to_owned(), export[1].as_str()?.to_owned());
        }
        Some(names)
    }

    /// Says the same in the script; an error if a name of the wasm is not in it.
    fn apply(&self, script: &str) -> Result<String> {
        let mut script = script.to_owned();
        for module in &self.modules {
            let quoted = format!("\"{module}\"");
            ensure!(script.contains(&quoted), "the script knows no module {module}");
            script = script.replace(&quoted, SHORT_MODULE);
        }
        for import in self.imports.keys() {
            ensure!(script.contains(import), "the script does not provide {import}");
        }
        self.replace_words(&script)
    }

    /// Replaces whole words: exports stand after `wasm.`, imports anywhere else.
    fn replace_words(&self, text: &str) -> Result<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let (before, from_word) = rest.split_at(start);
            let (word, after) =
                from_word.split_at(from_word.find(|c| !is_word(c)).unwrap_or(from_word.len()));
            out.push_str(before);
            let short = if is_export(&out) {
                self.exports.get(word).with_context(|| format!("the wasm exports no {word}"))?
            } else {
                self.imports.get(word).map_or(word, String::as_str)
            };
            out.push_str(short);
            rest = after;
        }
        Ok(out + rest)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// Whether what comes next is a property of the wasm instance.
fn is_export(before: &str) -> bool {
    before.strip_suffix("wasm.").is_some_and(|start| !start.ends_with(is_word) && !start.ends_with('.'))
}

/// Gives the program names that change whenever its content does: a browser must never pair an old script with a new
/// program out of its cache.
fn rename(dist: &Path, program: &Program) -> Result<()> {
    let hash = content_hash(&[&program.wasm, &program.script])?;
    for file in [&program.wasm, &program.script] {
        std::fs::rename(file, file.to_string_lossy().replace(&program.hash, &hash))?;
    }
    let page = dist.join("index.html");
    let text = crate::paths::read(&page)?.replace(&program.hash, &hash);
    std::fs::write(&page, text).context("cannot write index.html")
}

fn content_hash(files: &[&Path]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(&std::fs::read(file)?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_and_exports_are_told_apart() {
        let json =
            r#"{"imports": [["./x.js", "log_12", "a"]], "exports": [["log_12", "b"], ["memory", "c"]]}"#;
        let names = Names::read(json).unwrap();
        let script = "m = {\"./x.js\": {log_12: f, log_123: wasm.log_12(wasm.memory.buffer)}}";
        assert_eq!(names.apply(script).unwrap(), "m = {\"a\": {a: f, log_123: wasm.b(wasm.c.buffer)}}");
        assert!(names.apply("m = {\"./x.js\": {log_12: wasm.other}}").is_err());
    }
}
