//! Thousands of calls, each decided by its seed. `VISAVIS_SEEDS=N` runs more, `VISAVIS_SEED=S` replays one with a trace.

#![allow(clippy::panic)]

use std::time::Instant;

use visavis_sim::conformance::{SCRIPTS, run_on_fakes};
use visavis_sim::{Statistics, run};

const SEEDS: u64 = 10_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_seed_comes_to_rest_without_a_violation() {
    if let Some(seed) = number("VISAVIS_SEED") {
        return replay(seed);
    }
    let (seeds, begin) = (number("VISAVIS_SEEDS").unwrap_or(SEEDS), Instant::now());
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let parts: Vec<_> =
        (0..threads).map(|first| std::thread::spawn(move || part(first, threads, seeds))).collect();
    let mut total = Statistics::default();
    for part in parts {
        total.add(&part.join().expect("a seed failed; its line is above"));
    }
    println!("{seeds} seeds in {:.1} s: {total:?}", begin.elapsed().as_secs_f64());
    assert!(
        total.glares > 0 && total.restarts > 0 && total.rebuilds > 0 && total.resumes > 0,
        "the scripts lost their teeth: {total:?}"
    );
}

fn part(first: u64, step: u64, seeds: u64) -> Statistics {
    let mut total = Statistics::default();
    for seed in (first..seeds).step_by(step as usize) {
        let report = run(seed, false);
        if let Some(violation) = report.violation {
            panic!("seed {seed}: {violation}\nreplay it with: cargo xtask sim --seed {seed}");
        }
        total.add(&report.statistics);
    }
    total
}

fn replay(seed: u64) {
    let report = run(seed, true);
    for line in &report.trace {
        println!("{line}");
    }
    assert_eq!(report.violation, None, "seed {seed}");
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(run(42, true).trace, run(42, true).trace);
}

#[test]
fn the_fake_answers_the_scripts_as_written_down() {
    let mut all = String::new();
    for script in SCRIPTS {
        all.push_str(&format!("# {}\n{}\n\n", script.name, run_on_fakes(script).join("\n")));
    }
    assert_eq!(all.trim(), include_str!("conformance.txt").trim(), "\n{all}");
}
