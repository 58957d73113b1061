//! The fuzzers: libFuzzer, built with the stable compiler, around the bodies in `crates/fuzz`.
//!
//! What they learn stays in the target directory; the small corpus in the repository is only read, unless one asks for
//! `--keep`, which adds the smallest set of inputs that reach everything the fuzzers have reached.

use crate::args::Fuzz;
use crate::{paths, process};
use anyhow::{Context as _, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Time to build, and to read a corpus.
const LIMIT: Duration = Duration::from_secs(60 * 60);
/// Every target, as `crates/fuzz` lists them.
const TARGETS: [&str; 4] = ["decoders", "dialects", "hub", "room"];
/// What libFuzzer needs from the compiler: it counts the edges that are taken, and sees what is compared. No sanitizer,
/// because there is no unsafe code to watch.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";
/// Longest input that is made, in bytes.
const LONGEST: &str = "-max_len=6000";

/// Fuzzes one target, or each of them in turn.
pub(crate) fn run(options: &Fuzz) -> Result<()> {
    let targets = chosen(options.target.as_deref())?;
    let programs = build()?;
    for target in targets {
        let fuzzer = Fuzzer::new(&programs, target)?;
        if options.keep { fuzzer.keep()? } else { fuzzer.fuzz(options.minutes)? }
    }
    Ok(())
}

fn chosen(target: Option<&str>) -> Result<Vec<&'static str>> {
    let Some(wanted) = target else { return Ok(TARGETS.to_vec()) };
    let known = TARGETS.into_iter().find(|target| *target == wanted);
    Ok(vec![known.with_context(|| format!("no such target; there are {}", TARGETS.join(", ")))?])
}

/// Builds all of them, for a target that is named, so that build scripts are left as they are. Gives where they are.
fn build() -> Result<PathBuf> {
    let host = host()?;
    let target = paths::target()?;
    let mut command = Command::new("cargo");
    command.args(["build", "--release", "--bins", "--target", &host]).current_dir(folder());
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
    learnt: PathBuf,
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
            learnt: scratch.join(target),
            corpus: folder().join("corpus").join(target),
            findings: scratch.join("findings"),
        };
        for folder in [&fuzzer.learnt, &fuzzer.findings] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
        }
        Ok(fuzzer)
    }

    fn fuzz(&self, minutes: u64) -> Result<()> {
        println!("\n=== {}, {minutes} minutes", self.target);
        let seconds = minutes * 60;
        let mut command = Command::new(&self.program);
        command.arg(&self.learnt).arg(&self.corpus);
        command.args([LONGEST, "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1"]);
        command.arg(format!("-max_total_time={seconds}"));
        command.arg(format!("-dict={}", folder().join("dictionary.txt").display()));
        command.arg(format!("-artifact_prefix={}/{}-", self.findings.display(), self.target));
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

    /// Adds to the corpus what reaches further, and as little of it as will do.
    fn keep(&self) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(["-set_cover_merge=1", "-use_counters=0", LONGEST]).arg(&self.corpus).arg(&self.learnt);
        process::run(&mut command, LIMIT)
    }
}
