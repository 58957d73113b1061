//! A list of steps that tells at the end what passed, what failed and how long each took.

use crate::process::{ProcessGroup, interrupted, terminate_orphans};
use anyhow::{Result, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Begins a line that says why something was not run.
const SKIPPED: &str = "skipped: ";

/// How many passed, failed, and could not be run here. A check (the formatter, say) counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed.
    pub(crate) failed: u64,
    /// Not run, because this machine lacks something.
    pub(crate) skipped: u64,
}

struct Finished {
    name: String,
    duration: Duration,
    count: Count,
    error: Option<String>,
}

/// Steps in the order they ran. A failing step does not keep the others from running: one run shows everything.
pub(crate) struct Steps {
    done: Vec<Finished>,
    may_be_empty: bool,
}

impl Steps {
    /// An empty list. Tests may only come out empty when a person filters them; otherwise nobody would notice that they
    /// had stopped running.
    pub(crate) fn new(filtered: bool) -> Self {
        Self { done: Vec::new(), may_be_empty: filtered }
    }

    /// Runs something that counts as one check. Tells whether it passed.
    pub(crate) fn check(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        self.step(name, || (Count::default(), work()))
    }

    /// Runs something that this machine may be unable to do. Then it gives the reason, and counts as skipped.
    pub(crate) fn check_if_possible(&mut self, name: &str, work: impl FnOnce() -> Result<Option<String>>) {
        self.step(name, || match work() {
            Ok(Some(reason)) => {
                println!("{SKIPPED}{reason}");
                (Count { skipped: 1, ..Count::default() }, Ok(()))
            }
            done => (Count::default(), done.map(drop)),
        });
    }

    /// Runs a `cargo test`, counting what it says. Tells whether all of it passed.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command, limit: Duration) -> bool {
        let may_be_empty = self.may_be_empty;
        self.step(name, || {
            let (count, result) = run_tests(command, limit);
            terminate_orphans();
            let empty = count == Count::default() && !may_be_empty;
            (count, result.and_then(|()| if empty { bail!("no test ran") } else { Ok(()) }))
        })
    }

    fn step(&mut self, name: &str, work: impl FnOnce() -> (Count, Result<()>)) -> bool {
        if interrupted() {
            return false;
        }
        println!("\n=== {name}");
        let start = Instant::now();
        let (count, result) = work();
        let error = result.err().map(|error| format!("{error:#}"));
        if let Some(error) = &error {
            eprintln!("=== {name} failed: {error}");
        }
        let passed = error.is_none();
        self.done.push(Finished {
            name: name.to_owned(),
            duration: start.elapsed(),
            count: with_outcome(count, passed),
            error,
        });
        passed
    }

    /// Prints the summary, the counts as its last line; an error if anything failed.
    pub(crate) fn finish(self) -> Result<()> {
        println!("\n=== summary");
        self.done.iter().for_each(print_line);
        let passed: u64 = self.done.iter().map(|done| done.count.passed).sum();
        let failed: u64 = self.done.iter().map(|done| done.count.failed).sum();
        if interrupted() {
            bail!("interrupted");
        }
        let skipped: u64 = self.done.iter().map(|done| done.count.skipped).sum();
        if skipped > 0 {
            println!("\n{skipped} SKIPPED: this machine lacks what they need; look for \"{SKIPPED}\" above");
        }
        println!("\n{passed} passed, {failed} failed");
        std::io::stdout().flush()?;
        if failed > 0 {
            // Without another word, so that the counts stay the last line.
            std::process::exit(1);
        }
        Ok(())
    }
}

/// A step that failed has at least one failure, a check that passed is one; tests count for themselves.
fn with_outcome(count: Count, passed: bool) -> Count {
    match (passed, count) {
        (true, count) if count == Count::default() => Count { passed: 1, ..count },
        (false, Count { failed: 0, .. }) => Count { failed: 1, ..count },
        _ => count,
    }
}

fn print_line(done: &Finished) {
    let Count { passed, failed, skipped } = done.count;
    let verdict = match &done.error {
        Some(_) => "FAILED",
        None if passed == 0 && skipped > 0 => "not run",
        None => "ok",
    };
    let duration = done.duration.as_secs_f64();
    let skipped = if skipped > 0 { format!(" {skipped:>3} skipped") } else { String::new() };
    println!(
        "  {verdict:<7} {:<33} {duration:>7.1} s   {passed:>5} passed {failed:>3} failed{skipped}",
        done.name
    );
    if let Some(error) = &done.error {
        println!("         {}", error.lines().next().unwrap_or_default());
    }
}

fn run_tests(command: &mut Command, limit: Duration) -> (Count, Result<()>) {
    let mut count = Count::default();
    let result = run_and_count(command, limit, |line| count += line);
    // The runner of tests knows no third outcome, and has counted those as passed.
    count.passed = count.passed.saturating_sub(count.skipped);
    let result =
        result.and_then(|status| if status.success() { Ok(()) } else { bail!("tests failed ({status})") });
    (count, result)
}

/// Runs a command, passes its output on, and hands over the count of every summary line in it.
fn run_and_count(command: &mut Command, limit: Duration, mut found: impl FnMut(Count)) -> Result<ExitStatus> {
    let mut group = ProcessGroup::spawn(command.stdout(Stdio::piped()))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = group.take_stdout() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                summary_line(&line).or_else(|| skipped_line(&line)).map(|count| sender.send(count));
            }
        });
    }
    let status = group.wait(limit);
    // Something left behind may still hold the pipe: end it, and never wait for it without a limit.
    drop(group);
    while let Ok(count) = receiver.recv_timeout(Duration::from_secs(2)) {
        found(count);
    }
    status
}

impl std::ops::AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Reads `test result: ok. 3 passed; 0 failed; ...`, which both the Rust and the wasm-bindgen test runner print.
fn summary_line(line: &str) -> Option<Count> {
    let rest = line.trim_start().strip_prefix("test result: ")?;
    let number = |word: &str| -> Option<u64> {
        let before = &rest[..rest.find(word)?];
        before.split_whitespace().last()?.parse().ok()
    };
    Some(Count { passed: number(" passed")?, failed: number(" failed")?, skipped: number(" ignored")? })
}

/// A test that cannot run here says so past the runner, which has written the name and no line end yet.
fn skipped_line(line: &str) -> Option<Count> {
    let (before, _) = line.split_once(SKIPPED)?;
    let alone = before.is_empty() || (before.starts_with("test ") && before.ends_with("... "));
    alone.then_some(Count { skipped: 1, ..Count::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_summary_of_cargo() {
        let line = "test result: FAILED. 12 passed; 3 failed; 2 ignored; 0 measured; finished in 0.1s";
        assert_eq!(summary_line(line), Some(Count { passed: 12, failed: 3, skipped: 2 }));
        assert_eq!(summary_line("test tests::it_works ... ok"), None);
    }

    #[test]
    fn a_failed_build_is_one_failure_and_a_passed_check_one_pass() {
        let count = |passed, failed, skipped| Count { passed, failed, skipped };
        assert_eq!(with_outcome(Count::default(), false), count(0, 1, 0));
        assert_eq!(with_outcome(Count::default(), true), count(1, 0, 0));
        assert_eq!(with_outcome(count(7, 0, 0), true), count(7, 0, 0));
        assert_eq!(with_outcome(count(0, 0, 2), true), count(0, 0, 2), "what was skipped has not passed");
    }

    #[test]
    fn a_test_that_says_it_was_skipped_has_not_passed() {
        let skipped = Some(Count { skipped: 1, ..Count::default() });
        assert_eq!(skipped_line("test paths::a_cut ... skipped: no namespaces here"), skipped);
        assert_eq!(skipped_line("skipped: no namespaces here"), skipped);
        assert_eq!(skipped_line("thread panicked: skipped: x"), None);

        let script = "echo 'test a ... skipped: no'; echo ok; echo 'test b ... ok'; \
            echo 'test result: ok. 2 passed; 0 failed; 0 ignored'";
        let (count, result) = run_tests(Command::new("sh").args(["-c", script]), Duration::from_secs(60));
        assert!(result.is_ok());
        assert_eq!(count, Count { passed: 1, failed: 0, skipped: 1 });
    }
}
