//! The fuzzers: libFuzzer, built with the stable compiler, around the bodies in `crates/fuzz`.
//!
//! What they learn stays in the target directory; the small corpus in the repository is only read, unless one asks for
//! `--keep`, which adds the smallest set of inputs that reach everything the fuzzers have reached, as far as there is room.

use crate::args::Fuzz;
use crate::{cargo, paths, process};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Time to build, and to read a corpus.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// Every target, as `crates/fuzz` lists them.
pub(crate) const TARGETS: [&str; 4] = ["decoders", "dialects", "hub", "room"];
/// What libFuzzer needs from the compiler: it counts the edges that are taken, and sees what is compared. No sanitizer,
/// because there is no unsafe code to watch.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Most bytes of the whole corpus in the repository, as `crates/fuzz/tests` demands, with some room for what people add.
const MAX_CORPUS_BYTES: u64 = 310_000;
/// Longest input that is made, in bytes.
const MAX_LEN: &str = "-max_len=6000";

/// Fuzzes one target, or each of them in turn.
pub(crate) fn run(options: &Fuzz) -> Result<()> {
    let targets = selected(options.target.as_deref())?;
    let programs = build()?;
    for target in targets {
        let fuzzer = Fuzzer::new(&programs, target)?;
        if options.keep { fuzzer.keep()? } else { fuzzer.fuzz(options.minutes)? }
    }
    Ok(())
}

fn selected(target: Option<&str>) -> Result<Vec<&'static str>> {
    let Some(wanted) = target else { return Ok(TARGETS.to_vec()) };
    let known = TARGETS.into_iter().find(|target| *target == wanted);
    Ok(vec![known.with_context(|| format!("no such target; there are {}", TARGETS.join(", ")))?])
}

/// Builds all of them, for a target that is named, so that build scripts are left as they are. Gives where they are.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let target = paths::target()?;
    let mut command = cargo::locked("build");
    command.args(["--release", "--bins", "--target", &host]).current_dir(folder());
    command.env("RUSTFLAGS", FLAGS).env_remove("CARGO_ENCODED_RUSTFLAGS").env("CARGO_TARGET_DIR", &target);
    process::run(&mut command, LIMIT).context("libFuzzer needs a C++ compiler (`c++`) beside Rust")?;
    Ok(target.join(host).join("release"))
}

fn host() -> Result<String> {
    let version = process::output_of(Command::new("rustc").arg("-vV")).context("cannot run rustc")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say what it runs on")?.to_owned())
}

fn folder() -> PathBuf {
    paths::root().join("fuzz")
}

struct Fuzzer {
    target: &'static str,
    program: PathBuf,
    /// What it has learnt on this machine.
    local_corpus: PathBuf,
    /// What is in the repository.
    corpus: PathBuf,
    findings: PathBuf,
}

impl Fuzzer {
    fn new(programs: &Path, target: &'static str) -> Result<Self> {
        let scratch = paths::scratch()?.join("fuzz");
        let fuzzer = Self {
            target,
            program: programs.join(target),
            local_corpus: scratch.join(target),
            corpus: folder().join("corpus").join(target),
            findings: scratch.join("findings"),
        };
        for folder in [&fuzzer.local_corpus, &fuzzer.findings] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(fuzzer)
    }

    fn fuzz(&self, minutes: u64) -> Result<()> {
        println!("\n=== {}, {minutes} minutes", self.target);
        let seconds = minutes * 60;
        let mut command = Command::new(&self.program);
        command.arg(&self.local_corpus).arg(&self.corpus);
        command.args([MAX_LEN, "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1"]);
        command.arg(format!("-max_total_time={seconds}"));
        command.arg(format!("-dict={}", folder().join("dictionary.txt").display()));
        command.arg(self.artifacts());
        let found = process::run(&mut command, LIMIT + Duration::from_secs(seconds));
        ensure!(!process::interrupted(), "interrupted");
        if found.is_err() {
            bail!(
                "a finding: see {}; replay it with\n  {} FILE",
                self.findings.display(),
                self.program.display()
            );
        }
        Ok(())
    }

    /// Where it puts what breaks something, whatever it is doing; else that would be wherever one happens to stand.
    fn artifacts(&self) -> String {
        format!("-artifact_prefix={}/{}-", self.findings.display(), self.target)
    }

    /// Adds to the corpus what reaches further, and as little of it as will do.
    fn keep(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["-set_cover_merge=1", "-use_counters=0", MAX_LEN]).arg(self.artifacts());
        process::run(command.arg(&self.corpus).arg(&self.local_corpus), LIMIT)?;
        let all = inputs(&folder().join("corpus"))?.into_iter().map(|(bytes, _)| bytes).sum::<u64>();
        for (bytes, file) in surplus(inputs(&self.corpus)?, all.saturating_sub(MAX_CORPUS_BYTES)) {
            println!("left out, the corpus is full: {} ({bytes} bytes)", file.display());
            std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
        }
        Ok(())
    }
}

/// An input: how many bytes, and where.
type Input = (u64, PathBuf);

/// Every file in a folder and in the folders within.
fn inputs(folder: &Path) -> Result<Vec<Input>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(inputs(&entry.path())?);
        } else {
            found.push((entry.metadata()?.len(), entry.path()));
        }
    }
    Ok(found)
}

/// The largest, until so many bytes are gone: what a small input reaches is the easiest to understand.
fn surplus(mut inputs: Vec<Input>, mut bytes: u64) -> Vec<Input> {
    inputs.sort();
    let mut surplus = Vec::new();
    while bytes > 0
        && let Some(largest) = inputs.pop()
    {
        bytes = bytes.saturating_sub(largest.0);
        surplus.push(largest);
    }
    surplus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_go_first_and_no_more_than_needed() {
        let inputs = || [3, 9, 1, 7].map(|bytes| (bytes, PathBuf::from(bytes.to_string()))).to_vec();
        let gone = |bytes| surplus(inputs(), bytes).iter().map(|(bytes, _)| *bytes).collect::<Vec<_>>();
        assert_eq!(gone(0), [0_u64; 0]);
        assert_eq!(gone(9), [9]);
        assert_eq!(gone(10), [9, 7]);
        assert_eq!(gone(1000), [9, 7, 3, 1]);
    }
}
