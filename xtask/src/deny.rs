//! What we depend on: licences, sources, bans and known vulnerabilities, as `deny.toml` says.

use crate::steps::Steps;
use crate::{paths, process, tools};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(5 * 60);
/// What is checked without anything but the registry.
const ALWAYS: [&str; 3] = ["licenses", "bans", "sources"];

/// The `deny` command.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new(false);
    add(&mut steps);
    steps.finish()
}

/// Adds the checks to a list of steps.
pub(crate) fn add(steps: &mut Steps) {
    steps.check("deny", || {
        let deny = Deny::ensure()?;
        workspaces().iter().try_for_each(|workspace| deny.check(workspace, &[], &ALWAYS))
    });
    steps.check_if_possible("deny: advisories", advisories);
}

/// Both have a lock file of their own.
fn workspaces() -> [PathBuf; 2] {
    [paths::root().to_owned(), paths::root().join("fuzz")]
}

/// The list of known vulnerabilities is a git repository that not every machine reaches. A copy from before is better
/// than nothing; without one there is nothing to check, and that is said.
fn advisories() -> Result<Option<String>> {
    let deny = Deny::ensure()?;
    let offline: &[&str] = match (deny.fetch(), cached_database()) {
        (Ok(()), _) => &[],
        (Err(_), Some(copy)) => {
            println!("the advisory database cannot be fetched; its copy in {} is used", copy.display());
            &["--offline"]
        }
        (Err(_), None) => {
            return Ok(Some(
                "the advisory database cannot be fetched from its git host, and there is no copy".to_owned(),
            ));
        }
    };
    workspaces().iter().try_for_each(|workspace| deny.check(workspace, offline, &["advisories"]))?;
    Ok(None)
}

/// Where cargo-deny keeps its copies.
fn cached_database() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))?;
    std::fs::read_dir(home.join("advisory-dbs"))
        .ok()
        .and_then(|entries| newest(entries.flatten().map(|entry| entry.path())))
}

fn newest(entries: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    // A lock file lies beside them.
    entries
        .filter(|path| path.join(".git").exists())
        .max_by_key(|path| path.metadata().and_then(|it| it.modified()).ok())
}

struct Deny(PathBuf);

impl Deny {
    fn ensure() -> Result<Self> {
        tools::cargo_deny().map(Self)
    }

    fn command(&self, workspace: &Path) -> Command {
        let mut command = Command::new(&self.0);
        command.args(["--workspace", "--locked"]).current_dir(workspace);
        command.arg("--config").arg(paths::root().join("deny.toml"));
        command
    }

    fn check(&self, workspace: &Path, how: &[&str], what: &[&str]) -> Result<()> {
        println!("{}: {}", workspace.display(), what.join(", "));
        process::run(self.command(workspace).args(how).arg("check").args(what), LIMIT)
    }

    fn fetch(&self) -> Result<()> {
        let mut command = self.command(paths::root());
        // Nobody is there to be asked for a password.
        command.env("GIT_TERMINAL_PROMPT", "0").args(["fetch", "db"]);
        process::run(&mut command, LIMIT)
    }
}
