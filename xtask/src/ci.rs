//! Everything that must hold before a change is merged, cheapest first.

use crate::args::{Size, Test};
use crate::steps::Steps;
use crate::{paths, process, size, test, tidy, tools};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30 * 60);
const WASM: &[&str] = &["-p", "visavis", "--target", "wasm32-unknown-unknown"];

/// The `ci` command.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new(false);
    steps.check("tools", || {
        tools::components()?;
        tools::ensure(tools::Need::Meet).map(drop)
    });
    steps.check("format", || cargo(&["fmt", "--all", "--check"], &[]));
    steps.check("tidy", tidy::run);
    steps.check("lints", || clippy(&["--workspace", "--all-targets"]));
    steps.check("lints, wasm", || clippy(&[WASM, &["--all-targets"]].concat()));
    steps.check("docs", || docs(&["--workspace", "--exclude", "visavis"]));
    steps.check("docs, wasm", || docs(WASM));
    test::add(&mut steps, &Test { only: None, filter: None });
    steps.check("size", || size::run(&Size { write: false }));
    steps.finish()
}

fn clippy(what: &[&str]) -> Result<()> {
    cargo(&[&["clippy"], what, &["--", "-D", "warnings"]].concat(), &[])
}

fn docs(what: &[&str]) -> Result<()> {
    cargo(&[&["doc", "--no-deps"], what].concat(), &[("RUSTDOCFLAGS", "-Dwarnings")])
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(arguments).envs(environment.iter().copied()).current_dir(paths::root());
    process::run(&mut command, LIMIT)
}
