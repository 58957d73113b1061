//! Everything that must hold before a change is merged, cheapest first.

use crate::args::{Size, Test};
use crate::steps::Steps;
use crate::test::E2eTests;
use crate::{cargo, deny, paths, process, size, test, tidy, tools};
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
        tools::ensure(tools::Need::Ci).map(drop)
    });
    steps.check("format", format);
    steps.check("tidy", tidy::run);
    deny::add(&mut steps);
    steps.check("lints", || clippy(&["--workspace", "--all-targets"]));
    steps.check("lints, wasm", || clippy(&[WASM, &["--all-targets"]].concat()));
    steps.check("docs", || docs(&["--workspace", "--exclude", "visavis"]));
    steps.check("docs, wasm", || docs(WASM));
    test::add(&mut steps, &Test { only: None, filter: None }, E2eTests::Short);
    steps.check("size", || size::run(&Size { write: false }));
    steps.finish()
}

fn clippy(what: &[&str]) -> Result<()> {
    process::run(cargo::locked("clippy").args(what).args(["--", "-D", "warnings"]), LIMIT)
}

fn docs(what: &[&str]) -> Result<()> {
    let mut command = cargo::locked("doc");
    process::run(command.arg("--no-deps").args(what).env("RUSTDOCFLAGS", "-Dwarnings"), LIMIT)
}

/// The one subcommand that knows no lock file.
fn format() -> Result<()> {
    let mut command = Command::new("cargo");
    process::run(command.args(["fmt", "--all", "--check"]).current_dir(paths::root()), LIMIT)
}
