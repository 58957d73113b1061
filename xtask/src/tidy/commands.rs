//! The commands our documents show must exist.

use super::Findings;
use crate::args::Cli;
use crate::{paths, serve};
use anyhow::Result;
use clap::Parser as _;
use std::path::PathBuf;
use std::process::Command;

/// Documents whose code blocks are meant to be typed.
const DOCUMENTS: &[&str] = &["README.md", "CONTRIBUTING.md"];

/// Commands beside ours, which continuous integration runs in the same or a stricter form.
const KNOWN: &[&str] = &[
    "cargo build --release --locked -p visavis-server",
    "cargo clippy",
    "cargo doc",
    "cargo doc --open",
    "cargo fmt",
    "cargo test --locked",
    "trunk build --release",
    "trunk serve",
];

/// Checks every line of every code block that starts one of these programs.
pub(super) fn check(files: &[PathBuf]) -> Result<Findings> {
    let mut findings = Findings::new();
    for file in files.iter().filter(|file| DOCUMENTS.iter().any(|name| file.as_os_str() == *name)) {
        let text = paths::read(&paths::root().join(file))?;
        for command in commands(&text) {
            findings
                .extend(problem_of(&command)?.map(|why| format!("{}: `{command}`: {why}", file.display())));
        }
    }
    Ok(findings)
}

/// The commands in code blocks, without prompt and comment.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            let line = line.trim().trim_start_matches("$ ");
            let command = line.split(" #").next().unwrap_or_default().trim();
            found.extend(is_checked(command).then(|| command.to_owned()));
        }
    }
    found
}

fn is_checked(command: &str) -> bool {
    let program = command.split_whitespace().next().unwrap_or_default();
    ["cargo", "trunk"].contains(&program) || program.ends_with("visavis-server")
}

/// Why a command would not work.
fn problem_of(command: &str) -> Result<Option<&'static str>> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        ["cargo", "xtask", rest @ ..] => Ok(xtask_problem(rest)),
        ["cargo", "run", "--release", "--locked", "-p", "visavis-server", "--", flags @ ..]
        | ["cargo", "run", "--locked", "-p", "visavis-server", "--", flags @ ..] => server_problem(flags),
        ["cargo", "test", "--locked", "-p", package, ..] => Ok(package_problem(package)),
        [program, flags @ ..] if program.ends_with("visavis-server") => server_problem(flags),
        _ => Ok((!KNOWN.contains(&command)).then_some("unknown: add it to xtask/src/tidy/commands.rs")),
    }
}

fn xtask_problem(rest: &[&str]) -> Option<&'static str> {
    let parsed = Cli::try_parse_from(["xtask"].iter().chain(rest));
    let refused = parsed.is_err_and(|error| error.use_stderr());
    refused.then_some("cargo xtask does not understand it")
}

fn package_problem(package: &str) -> Option<&'static str> {
    let known = paths::metadata(&["--no-deps"]).is_ok_and(|metadata| {
        metadata["packages"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == package))
    });
    (!known).then_some("there is no such package")
}

fn server_problem(flags: &[&str]) -> Result<Option<&'static str>> {
    let help = server_help()?;
    let unknown = flags.iter().filter(|flag| flag.starts_with("--")).any(|flag| !help.contains(flag));
    Ok(unknown.then_some("visavis-server has no such flag"))
}

fn server_help() -> Result<String> {
    let help = Command::new(serve::programs()?.server).arg("--help").output()?;
    Ok(String::from_utf8_lossy(&help.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_blocks_are_read() {
        let text = "Run `cargo nonsense`.\n```sh\n$ cargo xtask serve   # then look\ncd visavis\n```\n";
        assert_eq!(commands(text), ["cargo xtask serve"]);
    }

    #[test]
    fn a_wrong_flag_of_ours_is_noticed() {
        assert!(xtask_problem(&["serve", "--listen", "0.0.0.0:80"]).is_none());
        assert!(xtask_problem(&["--help"]).is_none());
        assert!(xtask_problem(&["serve", "--port", "80"]).is_some());
    }
}
