//! Versions that are written in several places and must agree.

use super::Findings;
use crate::paths;
use crate::tools::WASM_OPT_VERSION;
use anyhow::{Context as _, Result};

/// Checks Trunk.toml against Cargo.lock, and against the tools we install.
pub(super) fn check() -> Result<Findings> {
    let lock = paths::read(&paths::root().join("Cargo.lock"))?;
    let trunk = paths::read(&paths::root().join("Trunk.toml"))?;
    let locked = version(&lock, "wasm-bindgen").context("Cargo.lock has no wasm-bindgen")?;
    let rules = [
        (
            trunk.contains(&format!("wasm_bindgen = \"{locked}\"")),
            "Trunk.toml has another wasm_bindgen than Cargo.lock",
        ),
        (
            version(&lock, "wasm-bindgen-cli-support") == Some(locked),
            "xtask/bindgen has another wasm-bindgen than the page",
        ),
        (
            version(&lock, "wasm-bindgen-cli") == Some(locked),
            "xtask/bindgen-cli has another wasm-bindgen than the page",
        ),
        (
            trunk.contains(&format!("wasm_opt = \"version_{WASM_OPT_VERSION}\"")),
            "Trunk.toml has another wasm_opt than xtask/src/tools.rs",
        ),
    ];
    Ok(rules.into_iter().filter(|(holds, _)| !holds).map(|(_, finding)| finding.to_owned()).collect())
}

/// The version of a package in a lock file.
fn version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_that_of_the_package_of_this_name() {
        let lock = "name = \"a-b\"\nversion = \"1.0.0\"\n\nname = \"a\"\nversion = \"2.0.0\"\n";
        assert_eq!(version(lock, "a"), Some("2.0.0"));
        assert_eq!(version(lock, "b"), None);
    }
}
