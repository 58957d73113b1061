//! Thousands of calls, each decided by its seed. `VISAVIS_SEEDS=N` runs more, `VISAVIS_FROM=S` begins with another than 0,
//! `VISAVIS_SEED=S` replays one with a trace.

#![allow(clippy::panic)]

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use visavis_sim::conformance::{SCRIPTS, run_on_fakes};
use visavis_sim::{Script, Statistics};

/// A quarter of a minute on two cores that have nothing else to do.
const SEEDS: u64 = 10_000;
/// After so many seeds a long run says that it is alive.
const PROGRESS: u64 = 100_000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_seed_comes_to_rest_without_a_violation() {
    if let Some(seed) = number("VISAVIS_SEED") {
        return replay(seed);
    }
    let from = number("VISAVIS_FROM").unwrap_or_default();
    let run = Run {
        begin: Instant::now(),
        seeds: from..from.saturating_add(number("VISAVIS_SEEDS").unwrap_or(SEEDS)),
        next_seed: AtomicU64::new(from),
        failed: AtomicBool::new(false),
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let total = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| run.run_seeds())).collect();
        let mut total = Statistics::default();
        for worker in workers {
            total += worker.join().expect("a thread of the simulation panicked");
        }
        total
    });
    assert!(
        !run.failed.load(Ordering::Relaxed),
        "a seed failed; what is above tells which, and how to replay it"
    );
    run.report(&total);
}

/// Many seeds, shared between threads.
struct Run {
    begin: Instant,
    seeds: Range<u64>,
    next_seed: AtomicU64,
    failed: AtomicBool,
}

impl Run {
    /// Takes one seed after another, until one fails anywhere.
    fn run_seeds(&self) -> Statistics {
        let mut total = Statistics::default();
        while !self.failed.load(Ordering::Relaxed) {
            let seed = self.next_seed.fetch_add(1, Ordering::Relaxed);
            if seed >= self.seeds.end {
                break;
            }
            total += self.run_seed(seed);
        }
        total
    }

    fn run_seed(&self, seed: u64) -> Statistics {
        let report = Script::from_seed(seed).run(false);
        if let Some(violation) = report.violation {
            self.failed.store(true, Ordering::Relaxed);
            println!("seed {seed}: {violation}\nwhat is left of it: {}", Script::from_seed(seed).shrink());
            println!("replay it with: cargo xtask sim --seed {seed}");
        }
        let done = seed + 1 - self.seeds.start;
        if done.is_multiple_of(PROGRESS) && seed + 1 < self.seeds.end {
            println!("{done} seeds in {:.0} s, so far without a violation", self.seconds());
        }
        report.statistics
    }

    fn seconds(&self) -> f64 {
        self.begin.elapsed().as_secs_f64()
    }

    fn report(&self, total: &Statistics) {
        let (seconds, seeds) = (self.seconds(), self.seeds.end - self.seeds.start);
        println!("{seeds} seeds in {seconds:.1} s, {:.0} a second, held", seeds as f64 / seconds);
        assert!(print_statistics(total) || seeds < 1000, "some kind of fault never happened");
    }
}

/// Says what the seeds contained. Whether there was something of everything.
fn print_statistics(total: &Statistics) -> bool {
    let Statistics { glares, restarts, rebuilds, silent_failures, socket_losses, .. } = total;
    println!(
        "  {glares} glares, {restarts} ICE restarts, {rebuilds} rebuilds, {silent_failures} silent failures,"
    );
    let Statistics { resumes, server_crashes, page_crashes, connections, inputs, .. } = total;
    println!("  {socket_losses} lost sockets, {resumes} of them taken up, {server_crashes} dead servers,");
    println!("  {page_crashes} dead pages,");
    println!("  {connections} connections and {inputs} inputs;");
    println!(
        "  the slowest converged {:.1} s after its last fault",
        total.slowest_convergence as f64 / 1000.0
    );
    let counts =
        [glares, restarts, rebuilds, silent_failures, socket_losses, resumes, server_crashes, page_crashes];
    counts.into_iter().all(|count| *count > 0)
}

/// Shows a seed; if it fails, the smallest script that still does.
fn replay(seed: u64) {
    let whole = Script::from_seed(seed);
    let script = whole.clone().shrink();
    let report = script.run(true);
    for line in &report.trace {
        println!("{line}");
    }
    println!("\nseed {seed}: {whole}");
    if let Some(violation) = report.violation {
        panic!("it fails, and so does what is left of it, whose trace is above: {script}\n{violation}");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = || Script::from_seed(42).run(true).trace;
    assert_eq!(run(), run());
}

#[test]
fn the_fake_answers_the_scripts_as_written_down() {
    let mut all = String::new();
    for script in SCRIPTS {
        all.push_str(&format!("# {}\n{}\n\n", script.name, run_on_fakes(script).join("\n")));
    }
    assert_eq!(all.trim(), include_str!("conformance.txt").trim(), "\n{all}");
}
