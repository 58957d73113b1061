//! Other people's signaling servers and clients, for the end-to-end tests to meet them.

use super::cache::{self, InstallMethod, Tool};
use super::{on_path, print_status};
use crate::paths;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// Packages from npm, with a lock file of ours.
struct Packages {
    title: &'static str,
    why: &'static str,
    /// Where the lock file is, from the top of the repository.
    source: &'static str,
    /// What they are called in our cache.
    name: &'static str,
}

const TESTS: Packages = Packages {
    title: "npm packages of the tests",
    why: "other people's servers and clients",
    source: "tests/e2e/servers",
    name: "e2e-servers",
};
const BENCH: Packages = Packages {
    title: "npm packages of the bench",
    why: "LiveKit's client",
    source: "tests/bench/packages",
    name: "bench-packages",
};

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

/// A server that somebody has written in Go.
const LIVEKIT: Tool = Tool {
    name: "livekit-server",
    version: "1.13.5",
    program: "server",
    version_output: "1.13.5",
    why: "a server to be measured beside",
    install_time: "5 to 10 minutes",
    method: InstallMethod::Go("github.com/livekit/livekit-server/cmd/server"),
};

/// LiveKit, as far as it can be installed here.
pub(crate) struct Livekit {
    /// Its server.
    pub(crate) server: PathBuf,
    /// The directory whose `node_modules` has its client.
    pub(crate) packages: PathBuf,
}

/// Finds or installs it, where there is Go. Nothing else needs it: without it, it is not measured.
pub(crate) fn livekit() -> Option<Livekit> {
    if on_path("go").is_none() {
        print_status("skip", "LiveKit", "its server needs Go; until then it is not measured");
        return None;
    }
    let skip = |error| print_status("skip", "LiveKit", &format!("{error:#}"));
    let server = cache::ensure(&LIVEKIT).map_err(skip).ok()?;
    let packages = BENCH.ensure().map_err(skip).ok()?;
    Some(Livekit { server, packages })
}

/// Where other people's programs are.
pub(crate) struct ForeignServers {
    /// The directory whose `node_modules` has what comes from npm.
    pub(crate) packages: PathBuf,
    /// The server of matchbox.
    pub(crate) matchbox: PathBuf,
}

/// Finds or installs them all.
pub(super) fn ensure() -> Result<ForeignServers> {
    Ok(ForeignServers { matchbox: cache::ensure(&MATCHBOX)?, packages: TESTS.ensure()? })
}

impl Packages {
    /// Installs what the lock file lists, unless exactly that is there.
    fn ensure(&self) -> Result<PathBuf> {
        let Self { title, why, name, .. } = self;
        let home = cache::directory()?.join(name);
        if self.is_installed(&home) {
            print_status("ok", title, why);
            return Ok(home);
        }
        let _lock = cache::lock()?;
        if !self.is_installed(&home) {
            print_status("install", title, &format!("{why} (once, seconds)"));
            self.install(&home)?;
        }
        Ok(home)
    }

    fn source(&self) -> PathBuf {
        paths::root().join(self.source)
    }

    /// Whether this was installed from the lock file as it is now.
    fn is_installed(&self, home: &Path) -> bool {
        let lock = |directory: &Path| std::fs::read(directory.join("package-lock.json")).ok();
        let wanted = lock(&self.source());
        home.join("node_modules").is_dir() && wanted.is_some() && lock(home) == wanted
    }

    fn install(&self, home: &Path) -> Result<()> {
        let partial = paths::beside(home, "partial");
        cache::remove_directory(&partial)?;
        cache::remove_directory(home)?;
        cache::npm_ci(&self.source(), &partial)?;
        std::fs::rename(&partial, home).with_context(|| format!("cannot create {}", home.display()))
    }
}
