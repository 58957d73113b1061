//! The rules of the house that no compiler checks. Each module holds a few and returns what breaks them.

mod artifacts;
mod commands;
mod forbidden;
mod gallery;
mod links;
mod modules;
mod packages;
mod sizes;
mod source;
mod unused;
mod versions;

use crate::{paths, process};
use anyhow::{Context as _, Result, ensure};
use source::Source;
use std::path::PathBuf;
use std::process::Command;

/// Something that breaks a rule: where, and what.
type Findings = Vec<String>;

/// The `tidy` command.
pub(crate) fn run() -> Result<()> {
    let files = tracked_files()?;
    let sources = source::load(&files)?;
    sizes::print_statistics(&sources);
    let findings: Findings = [
        packages::check()?,
        unused::check(&sources)?,
        modules::check(&sources),
        forbidden::check_sources(&sources),
        forbidden::check_asserts(&sources),
        forbidden::check_files(&files)?,
        sizes::check(&sources),
        versions::check()?,
        commands::check(&files)?,
        links::check(&files)?,
        gallery::check(&files)?,
        artifacts::check(&files),
    ]
    .concat();
    for finding in &findings {
        eprintln!("  {finding}");
    }
    ensure!(findings.is_empty(), "{} things are not tidy", findings.len());
    println!("tidy: {} files, nothing to complain about", files.len());
    Ok(())
}

/// Everything that is in git or about to be, relative to the root.
fn tracked_files() -> Result<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(paths::root());
    let list = process::output_of(&mut git).context("cannot list the files in git")?;
    let files = list.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
    Ok(files.filter(|file| paths::root().join(file).is_file()).collect())
}
