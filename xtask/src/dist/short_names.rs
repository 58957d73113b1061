//! wasm and its JavaScript find each other by long names that end in random digits, which no compression removes. Here
//! both get short ones.

use crate::process;
use crate::tools::Toolbox;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What wasm-opt calls the one module that everything is then imported from.
const SHORT_MODULE: &str = "\"a\"";

/// Shortens the names in a program, and gives its script with the same. Nothing else may have touched either before:
/// then the names could not be told apart any more. `features` are the wasm features it uses.
pub(super) fn run(
    toolbox: &Toolbox,
    from: &Path,
    to: &Path,
    features: &[&str],
    script: &str,
) -> Result<String> {
    let mut command = toolbox.command("wasm-opt");
    command
        .arg(from)
        .args(features)
        .args(["-g", "--minify-imports-and-exports-and-modules", "--output"])
        .arg(to);
    let printed = process::output_of(&mut command).context("wasm-opt cannot shorten the names")?;
    Names::read(&printed).context("wasm-opt printed an unknown kind of map")?.apply(script)
}

/// What became what.
#[derive(Default)]
struct Names {
    modules: BTreeSet<String>,
    imports: BTreeMap<String, String>,
    exports: BTreeMap<String, String>,
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
