//! What takes too long for every day, one after the other: the long scenes, many seeds, the fuzzers, the server under load.
//! Its figures belong into docs/soak.md.

use crate::args::{Fuzz, Sim, Soak, SoakPart, Test, TestKind};
use crate::steps::Steps;
use crate::test::{self, E2eTests};
use crate::{cargo, fuzz, process, sim};
use anyhow::Result;
use std::time::Duration;

/// The load program takes a minute or two once it is compiled.
const LOAD_LIMIT: Duration = Duration::from_secs(40 * 60);

/// The `soak` command.
pub(crate) fn run(options: &Soak) -> Result<()> {
    let mut steps = Steps::new(false);
    for part in [SoakPart::Scenes, SoakPart::Seeds, SoakPart::Fuzzers, SoakPart::Load] {
        if options.only.is_none_or(|only| only == part) {
            add(&mut steps, part, options);
        }
    }
    println!("\n{}", machine());
    steps.finish()
}

fn add(steps: &mut Steps, part: SoakPart, options: &Soak) {
    match part {
        SoakPart::Scenes => {
            test::add(steps, &Test { only: Some(TestKind::E2e), filter: None }, E2eTests::Long);
        }
        SoakPart::Seeds => {
            let sim = Sim { seeds: options.seeds, from: options.from, seed: None };
            steps.check(&format!("simulation, {} seeds", options.seeds), || sim::run(&sim));
        }
        SoakPart::Fuzzers => {
            for target in fuzz::TARGETS {
                let fuzz = Fuzz { minutes: options.minutes, keep: false, target: Some(target.to_owned()) };
                steps.check(&format!("fuzzer: {target}"), || fuzz::run(&fuzz));
            }
        }
        SoakPart::Load => {
            steps.check("server under load", || load(options));
        }
    }
}

fn load(options: &Soak) -> Result<()> {
    let mut command = cargo::locked("bench");
    command.args(["-p", "visavis-server", "--bench", "load", "--"]);
    command.arg(options.people.to_string()).arg((options.people / 10).max(1).to_string());
    process::run(&mut command, LOAD_LIMIT)
}

/// What the figures were measured on.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let busy = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let busy = busy.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    let system = std::env::consts::OS;
    format!("{cores} cores, {system}; load average over 1, 5 and 15 minutes: {busy}")
}
