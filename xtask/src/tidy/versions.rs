//! Versions that are written in several places and must agree.

use super::Findings;
use crate::paths;
use crate::tools::{WASM_BINDGEN_VERSION, WASM_OPT_VERSION};
use anyhow::Result;

/// Checks Cargo.lock and Trunk.toml against the tools we install.
pub(super) fn check() -> Result<Findings> {
    let lock = paths::read(&paths::root().join("Cargo.lock"))?;
    let trunk = paths::read(&paths::root().join("Trunk.toml"))?;
    let locked = format!("name = \"wasm-bindgen\"\nversion = \"{WASM_BINDGEN_VERSION}\"\n");
    let rules = [
        (lock.contains(&locked), "Cargo.lock has another wasm-bindgen than xtask/src/tools.rs"),
        (
            trunk.contains(&format!("wasm_bindgen = \"{WASM_BINDGEN_VERSION}\"")),
            "Trunk.toml has another wasm_bindgen than xtask/src/tools.rs",
        ),
        (
            trunk.contains(&format!("wasm_opt = \"version_{WASM_OPT_VERSION}\"")),
            "Trunk.toml has another wasm_opt than xtask/src/tools.rs",
        ),
    ];
    Ok(rules.into_iter().filter(|(holds, _)| !holds).map(|(_, finding)| finding.to_owned()).collect())
}
