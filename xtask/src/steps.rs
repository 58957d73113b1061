//! A list of steps that tells at the end what passed, what failed and how long each took.

use crate::process::{Group, end_orphans, interrupted};
use anyhow::{Result, bail};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// How many passed and failed. A check (the formatter, say) counts as one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// Passed.
    pub(crate) passed: u64,
    /// Failed.
    pub(crate) failed: u64,
}

struct Done {
    name: String,
    took: Duration,
    count: Count,
    trouble: Option<String>,
}

/// Steps in the order they ran. A failing step does not keep the others from running: one run shows everything.
pub(crate) struct Steps {
    done: Vec<Done>,
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

    /// Runs a `cargo test`, counting what it says. Tells whether all of it passed.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command, limit: Duration) -> bool {
        let may_be_empty = self.may_be_empty;
        self.step(name, || {
            let (count, result) = run_tests(command, limit);
            end_orphans();
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
        let trouble = result.err().map(|error| format!("{error:#}"));
        if let Some(trouble) = &trouble {
            eprintln!("=== {name} failed: {trouble}");
        }
        let passed = trouble.is_none();
        self.done.push(Done {
            name: name.to_owned(),
            took: start.elapsed(),
            count: settle(count, passed),
            trouble,
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
fn settle(count: Count, passed: bool) -> Count {
    match (passed, count) {
        (true, Count { passed: 0, failed: 0 }) => Count { passed: 1, failed: 0 },
        (false, Count { failed: 0, .. }) => Count { failed: 1, ..count },
        _ => count,
    }
}

fn print_line(done: &Done) {
    let verdict = if done.trouble.is_none() { "ok    " } else { "FAILED" };
    let Count { passed, failed } = done.count;
    let took = done.took.as_secs_f64();
    println!("  {verdict} {:<34} {took:>7.1} s   {passed:>5} passed {failed:>3} failed", done.name);
    if let Some(trouble) = &done.trouble {
        println!("         {}", trouble.lines().next().unwrap_or_default());
    }
}

fn run_tests(command: &mut Command, limit: Duration) -> (Count, Result<()>) {
    let mut count = Count::default();
    let result = follow(command, limit, |line| count += line);
    let result =
        result.and_then(|status| if status.success() { Ok(()) } else { bail!("tests failed ({status})") });
    (count, result)
}

/// Runs a command, passes its output on, and hands over the count of every summary line in it.
fn follow(command: &mut Command, limit: Duration, mut found: impl FnMut(Count)) -> Result<ExitStatus> {
    let mut group = Group::spawn(command.stdout(Stdio::piped()))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = group.take_stdout() {
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                summary_line(&line).map(|count| sender.send(count));
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
    }
}

/// Reads `test result: ok. 3 passed; 0 failed; ...`, which both the Rust and the wasm-bindgen test runner print.
fn summary_line(line: &str) -> Option<Count> {
    let rest = line.trim_start().strip_prefix("test result: ")?;
    let number = |word: &str| -> Option<u64> {
        let before = &rest[..rest.find(word)?];
        before.split_whitespace().last()?.parse().ok()
    };
    Some(Count { passed: number(" passed")?, failed: number(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_summary_of_cargo() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; finished in 0.1s";
        assert_eq!(summary_line(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(summary_line("test tests::it_works ... ok"), None);
    }

    #[test]
    fn a_failed_build_is_one_failure_and_a_passed_check_one_pass() {
        assert_eq!(settle(Count::default(), false), Count { passed: 0, failed: 1 });
        assert_eq!(settle(Count::default(), true), Count { passed: 1, failed: 0 });
        assert_eq!(settle(Count { passed: 7, failed: 0 }, true), Count { passed: 7, failed: 0 });
    }
}
