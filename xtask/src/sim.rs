//! The wind tunnel, with as many seeds as you like.

use crate::args::Sim;
use crate::{paths, process};
use anyhow::Result;
use std::process::Command;
use std::time::Duration;

/// Longer than anybody waits; a million seeds take minutes.
const LIMIT: Duration = Duration::from_secs(6 * 60 * 60);

/// Runs many seeds, or replays one.
pub(crate) fn run(options: &Sim) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--release", "-p", "visavis-sim", "--test", "simulation", "--", "--nocapture"]);
    command.env("VISAVIS_SEEDS", options.seeds.to_string());
    if let Some(seed) = options.seed {
        command.env("VISAVIS_SEED", seed.to_string());
    }
    process::run(command.current_dir(paths::root()), LIMIT)
}
