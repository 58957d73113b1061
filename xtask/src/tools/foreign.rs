//! Other people's signaling servers and clients, for the end-to-end tests to meet them.

use super::cache::{self, InstallMethod, Tool};
use super::{on_path, print_status};
use crate::{paths, process};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

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
    program: "livekit-server",
    version_output: "1.13.5",
    why: "forwards media in tests",
    install_time: "2 to 10 minutes",
    method: InstallMethod::Go("github.com/livekit/livekit-server/cmd/server"),
};

/// The Go that it asks for.
const GO: (u32, u32) = (1, 25);

/// LiveKit's server, after installing it if need be: only where there is Go, because nobody publishes the program itself
/// as a package.
fn livekit_server() -> Option<PathBuf> {
    let skip =
        |why: &str| print_status("skip", "LiveKit", &format!("{why}; until then its tests are skipped"));
    if let Ok(Some(program)) = LIVEKIT.find() {
        print_status("ok", &LIVEKIT.title(), LIVEKIT.why);
        return Some(program);
    }
    if go_version() < Some(GO) {
        let (major, minor) = GO;
        skip(&format!("its server needs Go {major}.{minor} or later"));
        return None;
    }
    cache::ensure(&LIVEKIT).map_err(|error| skip(&format!("{error:#}"))).ok()
}

/// Which Go is on PATH, as in `go version go1.26.8 linux/amd64`.
fn go_version() -> Option<(u32, u32)> {
    let answer = process::output_of(Command::new(on_path("go")?).arg("version").env("GOTOOLCHAIN", "local"))?;
    parse_go_version(&answer)
}

fn parse_go_version(answer: &str) -> Option<(u32, u32)> {
    let version = answer.split_whitespace().find_map(|word| word.strip_prefix("go")?.split_once('.'))?;
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    Some((version.0.parse().ok()?, digits(version.1).parse().ok()?))
}

/// Where other people's programs are.
pub(crate) struct ForeignServers {
    /// The directory whose `node_modules` has what comes from npm.
    pub(crate) packages: PathBuf,
    /// The server of matchbox.
    pub(crate) matchbox: PathBuf,
    /// The server of LiveKit, where it can be had.
    pub(crate) livekit: Option<PathBuf>,
}

/// Finds or installs them all.
pub(super) fn ensure() -> Result<ForeignServers> {
    Ok(ForeignServers {
        matchbox: cache::ensure(&MATCHBOX)?,
        packages: TESTS.ensure()?,
        livekit: livekit_server(),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_version_of_go() {
        assert_eq!(parse_go_version("go version go1.26.8 linux/amd64\n"), Some((1, 26)));
        assert_eq!(parse_go_version("go version go1.25rc1 darwin/arm64\n"), Some((1, 25)));
        assert_eq!(parse_go_version("go version devel +a1b2c3 linux/amd64\n"), None);
        assert!(None < Some(GO));
    }
}
