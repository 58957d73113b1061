//! What comes from rustup.

use super::print_status;
use crate::process;
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The target our page is compiled for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// The standard library for the browser.
pub(super) fn wasm_target() -> Result<()> {
    let why = "lets Rust compile for the browser";
    if has_wasm_target() {
        print_status("ok", TARGET, why);
        return Ok(());
    }
    print_status("install", TARGET, why);
    process::run(Command::new("rustup").args(["target", "add", TARGET]), LIMIT).with_context(|| {
        format!("install Rust's standard library for {TARGET}, with rustup or your package manager")
    })
}

fn has_wasm_target() -> bool {
    let libraries =
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().ok();
    libraries.is_some_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}

/// The formatter and the linter, which a minimal toolchain lacks.
pub(crate) fn components() -> Result<()> {
    for (component, subcommand) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let there = process::output_of(Command::new("cargo").args([subcommand, "--version"])).is_some();
        if !there {
            print_status("install", component, "checks the source");
            process::run(Command::new("rustup").args(["component", "add", component]), LIMIT)?;
        }
    }
    Ok(())
}
