//! Tools of our own, in a directory per name and version. A tool is moved there only once it is whole, so an interrupted
//! installation never looks like a finished one.

use super::{on_path, print_status, system, version_of};
use crate::{paths, process};
use anyhow::{Context as _, Result, ensure};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(45 * 60);

/// A tool at exactly one version.
pub(super) struct Tool {
    /// The package's name.
    pub(super) name: &'static str,
    /// The package's version.
    pub(super) version: &'static str,
    /// The program in it that we start.
    pub(super) program: &'static str,
    /// What the program's `--version` contains if it is the right one. Empty if it tells no version: then only what we
    /// installed ourselves counts.
    pub(super) version_output: &'static str,
    /// What it is for.
    pub(super) why: &'static str,
    /// How long a person will wait for it, once.
    pub(super) install_time: &'static str,
    /// Where it comes from.
    pub(super) method: InstallMethod,
}

/// How a tool is installed.
pub(super) enum InstallMethod {
    /// `cargo install` with these extra arguments.
    Cargo(&'static [&'static str]),
    /// `npm ci`, with the lock file in `xtask/npm/NAME`.
    Npm,
    /// `go install` of this package, whose module pins all that it needs.
    Go(&'static str),
}

impl Tool {
    /// What it is called when talking to a person.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    fn home(&self) -> Result<PathBuf> {
        Ok(directory()?.join(format!("{}-{}", self.name, self.version)))
    }

    /// The program inside an installation.
    fn program_in(&self, home: &Path) -> PathBuf {
        match self.method {
            InstallMethod::Cargo(_) | InstallMethod::Go(_) => home.join("bin").join(self.program),
            InstallMethod::Npm => home.join("node_modules/.bin").join(self.program),
        }
    }

    /// Whether this file is the program at the version we want.
    fn is_installed(&self, program: &Path) -> bool {
        if self.version_output.is_empty() {
            return process::output_of(Command::new(program).arg("--help")).is_some();
        }
        version_of(program).is_some_and(|answer| {
            answer.split_once(self.version_output).is_some_and(|(_, rest)| ends_here(rest))
        })
    }

    /// The right program, in our cache or on PATH.
    pub(super) fn find(&self) -> Result<Option<PathBuf>> {
        let own = self.program_in(&self.home()?);
        let other = on_path(self.program).filter(|_| !self.version_output.is_empty());
        let found = [Some(own), other].into_iter().flatten();
        Ok(found.into_iter().find(|program| self.is_installed(program)))
    }
}

/// A version is not the beginning of a longer one.
fn ends_here(rest: &str) -> bool {
    !rest.starts_with(|next: char| next.is_ascii_digit())
}

/// The per-user directory of our tools.
pub(super) fn directory() -> Result<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    Ok(cache.context("neither XDG_CACHE_HOME nor HOME names a directory")?.join("visavis").join("tools"))
}

/// The path of a tool's program, after installing it if need be.
pub(super) fn ensure(tool: &Tool) -> Result<PathBuf> {
    if let Some(program) = tool.find()? {
        print_status("ok", &tool.title(), tool.why);
        return Ok(program);
    }
    let _lock = lock()?;
    // Another xtask may have installed it while we waited.
    if tool.find()?.is_none() {
        print_status("install", &tool.title(), &format!("{} (once, {})", tool.why, tool.install_time));
        install(tool)?;
    }
    tool.find()?
        .with_context(|| format!("{} is installed, but does not answer with its version", tool.title()))
}

/// Installs a tool if it is not there, without a word if it is.
pub(super) fn install_missing(tool: &Tool) -> Result<()> {
    if tool.find()?.is_some() { Ok(()) } else { ensure(tool).map(drop) }
}

/// One xtask at a time installs. The lock goes away with the process that holds it, however it ends.
pub(super) fn lock() -> Result<File> {
    let file = lock_file()?;
    if let Err(TryLockError::WouldBlock) = file.try_lock() {
        print_status("wait", "another xtask", "is installing tools");
        file.lock().context("cannot lock")?;
    }
    Ok(file)
}

fn lock_file() -> Result<File> {
    let directory = directory()?;
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    File::create(directory.join(".lock")).context("cannot create the lock file")
}

fn install(tool: &Tool) -> Result<()> {
    let home = tool.home()?;
    let partial = paths::beside(&home, "partial");
    remove_directory(&partial)?;
    remove_directory(&home)?;
    match tool.method {
        InstallMethod::Cargo(extra) => cargo_install(tool, &partial, extra)?,
        InstallMethod::Npm => npm_install(tool, &partial)?,
        InstallMethod::Go(package) => go_install(tool, package, &partial)?,
    }
    ensure!(tool.is_installed(&tool.program_in(&partial)), "{} does not run on this machine", tool.title());
    std::fs::rename(&partial, &home).with_context(|| format!("cannot create {}", home.display()))
}

/// Removes a directory, if there is one.
pub(super) fn remove_directory(path: &Path) -> Result<()> {
    if path.exists() {
        std::fs::remove_dir_all(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(())
}

/// With its author's lock file, so that a tool is the same on every machine and whoever takes over a crate that it needs
/// does not get in. If that fails, so does the installation: another version has to be pinned then.
fn cargo_install(tool: &Tool, root: &Path, extra: &[&str]) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["install", "--locked", "--root"]).arg(root);
    command.args([tool.name, "--version", tool.version]).args(extra);
    unoptimized_build(&mut command)?;
    process::run(&mut command, LIMIT)
}

/// A tool that runs for seconds need not be optimised for minutes: compiled like this, it takes two thirds of the time. Run outside the repository, whose settings are not
/// meant for it.
fn unoptimized_build(command: &mut Command) -> Result<()> {
    let directory = directory()?;
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    let profile = [("LTO", "off"), ("OPT_LEVEL", "0"), ("CODEGEN_UNITS", "16"), ("DEBUG", "0")];
    command.envs(profile.map(|(name, value)| (format!("CARGO_PROFILE_RELEASE_{name}"), value)));
    command.env("CARGO_TARGET_DIR", build_directory()?).current_dir(directory);
    Ok(())
}

/// A module's own list says which versions of others it needs, and what they are is in the list of their hashes. Each
/// package is named as it is compiled; nothing would be said for minutes otherwise.
fn go_install(tool: &Tool, package: &str, root: &Path) -> Result<()> {
    let folder = root.join("bin");
    let mut command = Command::new("go");
    command.args(["install", "-v", &format!("{package}@v{}", tool.version)]);
    // With the Go that is here, and without flags that are meant for somebody's own modules.
    command.env("GOTOOLCHAIN", "local").env("GOFLAGS", "-mod=mod").env("GOBIN", &folder);
    process::run(command.current_dir(directory()?), LIMIT)?;
    // Go calls a program like its folder, which may be a word that says nothing.
    let built = folder.join(package.rsplit('/').next().unwrap_or(package));
    let program = folder.join(tool.program);
    std::fs::rename(&built, &program).with_context(|| format!("Go has made no {}", built.display()))
}

/// With a lock file of ours, in `xtask/npm`: npm packages bring none.
fn npm_install(tool: &Tool, root: &Path) -> Result<()> {
    npm_ci(&paths::root().join("xtask/npm").join(tool.name), root)
}

/// Installs into `root` exactly what the lock file in `source` lists. Nothing of theirs runs meanwhile.
pub(super) fn npm_ci(source: &Path, root: &Path) -> Result<()> {
    let npm = system::ensure(&system::NODE)?;
    std::fs::create_dir_all(root)?;
    for name in ["package.json", "package-lock.json", ".npmrc"] {
        std::fs::copy(source.join(name), root.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    let mut command = Command::new(npm);
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(root);
    process::run(&mut command, LIMIT)
}

/// Where tools are compiled. Kept while something is unfinished, so that the next attempt goes on from there.
fn build_directory() -> Result<PathBuf> {
    Ok(directory()?.join(".build"))
}

/// Gives the disk space of finished builds back, unless another xtask is building there.
pub(super) fn remove_build_directory() {
    let Ok(lock) = lock_file() else { return };
    if lock.try_lock().is_ok() {
        let _ = build_directory().and_then(|build| remove_directory(&build));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_files_of_npm_pin_the_versions_we_ask_for() {
        for tool in [&super::super::TERSER, &super::super::WASM_OPT] {
            let lock = paths::root().join("xtask/npm").join(tool.name).join("package-lock.json");
            let lock: serde_json::Value = serde_json::from_str(&paths::read(&lock).unwrap()).unwrap();
            let packages = lock["packages"].as_object().unwrap();
            assert_eq!(packages[&format!("node_modules/{}", tool.name)]["version"], tool.version);
            let others = packages.iter().filter(|(path, _)| !path.is_empty());
            for (path, package) in others {
                assert!(
                    package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")),
                    "{path}"
                );
            }
        }
    }

    #[test]
    fn a_longer_version_is_another_version() {
        assert!(ends_here(" (version_132)"));
        assert!(ends_here("\n"));
        assert!(!ends_here("9"));
    }
}
