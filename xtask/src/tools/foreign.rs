//! Other people's signaling servers and clients, for the end-to-end tests to meet them.

use super::cache::{self, InstallMethod, Tool};
use super::print_status;
use crate::paths;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

const TITLE: &str = "npm packages of the tests";
const WHY: &str = "other people's servers and clients";

/// A server that somebody has written in Rust.
pub(super) const MATCHBOX: Tool = Tool {
    name: "matchbox_server",
    version: "0.15.0",
    program: "matchbox_server",
    version_output: "",
    why: "a server to meet",
    install_time: "2 to 4 minutes",
    method: InstallMethod::Cargo(&[]),
};

/// Where other people's programs are.
pub(crate) struct ForeignServers {
    /// The directory whose `node_modules` has what comes from npm.
    pub(crate) packages: PathBuf,
    /// The server of matchbox.
    pub(crate) matchbox: PathBuf,
}

/// Finds or installs them all.
pub(super) fn ensure() -> Result<ForeignServers> {
    Ok(ForeignServers { matchbox: cache::ensure(&MATCHBOX)?, packages: ensure_packages()? })
}

/// Installs what the lock file of the tests lists, unless exactly that is there.
fn ensure_packages() -> Result<PathBuf> {
    let home = cache::directory()?.join("e2e-servers");
    if is_installed(&home) {
        print_status("ok", TITLE, WHY);
        return Ok(home);
    }
    let _lock = cache::lock()?;
    if !is_installed(&home) {
        print_status("install", TITLE, &format!("{WHY} (once, seconds)"));
        install(&home)?;
    }
    Ok(home)
}

fn source() -> PathBuf {
    paths::root().join("tests/e2e/servers")
}

/// Whether this was installed from the lock file as it is now.
fn is_installed(home: &Path) -> bool {
    let lock = |directory: &Path| std::fs::read(directory.join("package-lock.json")).ok();
    let wanted = lock(&source());
    home.join("node_modules").is_dir() && wanted.is_some() && lock(home) == wanted
}

fn install(home: &Path) -> Result<()> {
    let partial = paths::beside(home, "partial");
    cache::remove_directory(&partial)?;
    cache::remove_directory(home)?;
    cache::npm_ci(&source(), &partial)?;
    std::fs::rename(&partial, home).with_context(|| format!("cannot create {}", home.display()))
}
