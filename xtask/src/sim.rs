//! The simulator, with as many seeds as you like.

use crate::args::{Replay, Sim};
use crate::{cargo, process};
use anyhow::{Context as _, Result};
use std::time::Duration;

/// Longer than anybody waits; a million seeds take an hour.
const LIMIT: Duration = Duration::from_secs(6 * 60 * 60);

/// Runs many seeds, or replays one.
pub(crate) fn run(options: &Sim) -> Result<()> {
    let mut command = cargo::locked("test");
    command.args(["--release", "-p", "visavis-sim", "--test", "simulation", "--", "--nocapture"]);
    command.env("VISAVIS_SEEDS", options.seeds.to_string());
    command.env("VISAVIS_FROM", options.from.to_string());
    if let Some(seed) = options.seed {
        command.env("VISAVIS_SEED", seed.to_string());
    }
    process::run(&mut command, LIMIT)
}

/// Replays what a page has saved.
pub(crate) fn replay(options: &Replay) -> Result<()> {
    let file = options.file.canonicalize();
    let file = file.with_context(|| format!("cannot read {}", options.file.display()))?;
    let mut command = cargo::locked("run");
    command.args(["--quiet", "-p", "visavis-sim", "--example", "replay", "--"]).arg(file);
    process::run(&mut command, LIMIT)
}
