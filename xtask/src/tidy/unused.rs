//! Every dependency is used: what is only listed is still downloaded, compiled, trusted and kept up to date.

use super::{Findings, Source};
use crate::paths;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::path::Path;

/// Checks that each dependency of each package is named somewhere in the code of that package.
pub(super) fn check(sources: &[Source]) -> Result<Findings> {
    let metadata = paths::metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let packages: Vec<(String, &Value)> =
        packages.iter().map(|package| Ok((folder(package)?, package))).collect::<Result<_>>()?;
    let findings = packages.iter().flat_map(|(folder, package)| {
        let own = sources.iter().filter(|source| owner(&packages, &source.name) == Some(folder));
        let own: Vec<&str> = own.map(|source| source.code_with_tests.as_str()).collect();
        unused(package, &own)
    });
    Ok(findings.collect())
}

/// Relative to the root and with a slash at its end, or empty.
fn folder(package: &Value) -> Result<String> {
    let manifest = package["manifest_path"].as_str().context("a package without a manifest")?;
    let folder = Path::new(manifest).parent().and_then(|folder| folder.strip_prefix(paths::root()).ok());
    let folder = folder.context("a package outside of the repository")?.to_string_lossy().replace('\\', "/");
    Ok(if folder.is_empty() { folder } else { folder + "/" })
}

/// The innermost folder of a package that a file is in.
fn owner<'a>(packages: &'a [(String, &Value)], file: &str) -> Option<&'a String> {
    let around = packages.iter().map(|(folder, _)| folder).filter(|folder| file.starts_with(*folder));
    around.max_by_key(|folder| folder.len())
}

fn unused(package: &Value, code: &[&str]) -> Findings {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let names = dependencies.filter_map(|it| it["rename"].as_str().or_else(|| it["name"].as_str()));
    let unused = names.filter(|name| !code.iter().any(|code| mentions(code, &name.replace('-', "_"))));
    unused.map(|name| format!("{}: nothing uses its dependency {name}", package["name"])).collect()
}

fn mentions(code: &str, name: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name)
        .any(|(at, _)| !code[..at].ends_with(inside) && !code[at + name.len()..].starts_with(inside))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dependency_is_used_by_its_whole_name() {
        let package = json!({ "name": "a", "dependencies": [
            { "name": "gloo-net" }, { "name": "js-sys" }, { "name": "http", "rename": "web" },
        ] });
        assert_eq!(
            unused(&package, &["use js_sys::Array;", "gloo_network::x(); web::y()"]),
            ["\"a\": nothing uses its dependency gloo-net"]
        );
    }

    #[test]
    fn a_file_belongs_to_the_innermost_package() {
        let nothing = Value::Null;
        let packages = [(String::new(), &nothing), ("tests/e2e/".to_owned(), &nothing)];
        assert_eq!(owner(&packages, "tests/e2e/src/lib.rs").unwrap(), "tests/e2e/");
        assert_eq!(owner(&packages, "tests/browser/main.rs").unwrap(), "");
    }
}
