//! Thousands of calls, each decided by its seed. `VISAVIS_SEEDS=N` runs more, `VISAVIS_FROM=S` begins with another than 0,
//! `VISAVIS_SEED=S` replays one with a trace.

#![allow(clippy::panic, clippy::expect_used)]

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use visavis_sim::conformance::{SCRIPTS, run_on_fakes};
use visavis_sim::{Report, Script, Statistics, sfu};

/// A quarter of a minute on two cores that have nothing else to do.
const SEEDS: u64 = 10_000;
/// The same.
const SFU_SEEDS: u64 = 3_000;
/// One fault shows in several seeds, and a long run may find several faults.
const MAX_FAILURES: u64 = 10;
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
    run_all(from, SEEDS, mesh, has_every_fault_of_a_mesh);
}

#[test]
fn every_room_on_a_selective_forwarding_unit_comes_to_rest() {
    if let Some(seed) = number("VISAVIS_SEED") {
        return sfu::run(seed, true).trace.iter().for_each(|line| println!("{line}"));
    }
    run_all(number("VISAVIS_FROM").unwrap_or_default(), SFU_SEEDS, sfu, has_every_fault);
}

fn run_all(from: u64, seeds: u64, run_world: fn(u64) -> Report, has_every_fault: fn(&Statistics) -> bool) {
    let run = Run {
        run_world,
        has_every_fault,
        begin: Instant::now(),
        seeds: from..from.saturating_add(number("VISAVIS_SEEDS").unwrap_or(seeds)),
        next_seed: AtomicU64::new(from),
        failures: AtomicU64::new(0),
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
    let failures = run.failures.load(Ordering::Relaxed);
    assert_eq!(failures, 0, "some seeds failed; what is above tells which, and how to replay them");
    run.report(&total);
}

/// A world in which everybody is connected with everybody.
fn mesh(seed: u64) -> Report {
    let report = Script::from_seed(seed).run(false);
    if let Some(violation) = &report.violation {
        println!("seed {seed}: {violation}\nwhat is left of it: {}", Script::from_seed(seed).shrink());
    }
    report
}

/// A world in which everybody is connected with a server.
fn sfu(seed: u64) -> Report {
    let report = sfu::run(seed, false);
    if let Some(violation) = &report.violation {
        println!("seed {seed}, on a selective forwarding unit: {violation}");
    }
    report
}

/// Many seeds, shared between threads.
struct Run {
    run_world: fn(u64) -> Report,
    has_every_fault: fn(&Statistics) -> bool,
    begin: Instant,
    seeds: Range<u64>,
    next_seed: AtomicU64,
    failures: AtomicU64,
}

impl Run {
    /// Takes one seed after another, until too many have failed.
    fn run_seeds(&self) -> Statistics {
        let mut total = Statistics::default();
        while self.failures.load(Ordering::Relaxed) < MAX_FAILURES {
            let seed = self.next_seed.fetch_add(1, Ordering::Relaxed);
            if seed >= self.seeds.end {
                break;
            }
            total += self.run_seed(seed);
        }
        total
    }

    fn run_seed(&self, seed: u64) -> Statistics {
        let report = (self.run_world)(seed);
        if report.violation.is_some() {
            self.failures.fetch_add(1, Ordering::Relaxed);
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
        print_statistics(total);
        assert!((self.has_every_fault)(total) || seeds < 1000, "some kind of fault never happened");
    }
}

/// Says what the seeds contained.
fn print_statistics(total: &Statistics) {
    let Statistics { glares, restarts, rebuilds, silent_failures, socket_losses, .. } = total;
    println!(
        "  {glares} glares, {restarts} ICE restarts, {rebuilds} rebuilds, {silent_failures} silent failures,"
    );
    let Statistics { resumes, server_crashes, page_crashes, exchanges, early_offers, .. } = total;
    let Statistics { connections, inputs, .. } = total;
    println!("  {socket_losses} lost sockets, {resumes} of them taken up, {server_crashes} dead servers,");
    println!(
        "  {page_crashes} dead pages, {exchanges} exchanged offers, {early_offers} with the request to join,"
    );
    println!("  {} chat messages, {connections} connections and {inputs} inputs;", total.chat_messages);
    println!(
        "  the slowest converged {:.1} s after its last fault",
        total.slowest_convergence as f64 / 1000.0
    );
}

/// Whether there was something of everything that happens in every world.
fn has_every_fault(total: &Statistics) -> bool {
    let Statistics { restarts, rebuilds, silent_failures, socket_losses, .. } = total;
    let Statistics { resumes, server_crashes, page_crashes, chat_messages, .. } = total;
    [restarts, rebuilds, silent_failures, socket_losses, resumes, server_crashes, page_crashes, chat_messages]
        .into_iter()
        .all(|count| *count > 0)
}

/// The same of a mesh. A server never offers where a page does.
fn has_every_fault_of_a_mesh(total: &Statistics) -> bool {
    has_every_fault(total) && total.glares > 0 && total.exchanges > 0
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
