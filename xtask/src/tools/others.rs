//! Other people's signaling servers and clients, for the end-to-end tests to meet them.

use super::cache::{self, Recipe, Tool};
use super::{say, system};
use crate::{paths, process};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(15 * 60);
const TITLE: &str = "npm packages of the tests";
const WHY: &str = "other people's servers and clients";

const MATCHBOX: Tool = Tool {
    name: "matchbox_server",
    version: "0.15.0",
    program: "matchbox_server",
    says: "",
    why: "a server to meet",
    patience: "2 to 4 minutes",
    recipe: Recipe::Cargo(&[]),
};

/// Where other people's programs are.
pub(crate) struct Others {
    /// The directory whose `node_modules` has what comes from npm.
    pub(crate) packages: PathBuf,
    /// The server of matchbox.
    pub(crate) matchbox: PathBuf,
}

/// Finds or installs them all.
pub(super) fn ensure() -> Result<Others> {
    Ok(Others { matchbox: cache::ensure(&MATCHBOX)?, packages: ensure_packages()? })
}

/// Installs what the lock file of the tests lists, unless exactly that is there.
fn ensure_packages() -> Result<PathBuf> {
    let npm = system::ensure(&system::NODE)?;
    let home = cache::directory()?.join("e2e-servers");
    if is_right(&home) {
        say("ok", TITLE, WHY);
        return Ok(home);
    }
    let _lock = cache::lock()?;
    if !is_right(&home) {
        say("install", TITLE, &format!("{WHY} (once, seconds)"));
        install(&npm, &home)?;
    }
    Ok(home)
}

fn source() -> PathBuf {
    paths::root().join("tests/e2e/servers")
}

/// Whether this was installed from the lock file as it is now.
fn is_right(home: &Path) -> bool {
    let lock = |directory: &Path| std::fs::read(directory.join("package-lock.json")).ok();
    let wanted = lock(&source());
    home.join("node_modules").is_dir() && wanted.is_some() && lock(home) == wanted
}

fn install(npm: &Path, home: &Path) -> Result<()> {
    let partial = paths::beside(home, "partial");
    cache::clear(&partial)?;
    cache::clear(home)?;
    std::fs::create_dir_all(&partial)?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(source().join(name), partial.join(name))
            .with_context(|| format!("cannot copy {name}"))?;
    }
    let mut command = Command::new(npm);
    // Nothing of theirs runs while it is installed.
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&partial);
    process::run(&mut command, LIMIT)?;
    std::fs::rename(&partial, home).with_context(|| format!("cannot create {}", home.display()))
}
