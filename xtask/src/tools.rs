//! The tools we build and test with: pinned, installed once per user, and only when a command needs them.

mod browsers;
mod cache;
mod foreign;
mod rust;
mod system;

pub(crate) use browsers::Browsers;
pub(crate) use foreign::ForeignServers;
pub(crate) use rust::{TARGET, components};

use crate::{cargo, process, serve};
use anyhow::Result;
use cache::{InstallMethod, Tool};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The major version of binaryen, which is what wasm-opt calls its version.
pub(crate) const WASM_OPT_VERSION: &str = "132";

/// wasm-bindgen's command line: a package of ours, so that its version is that of the lock file.
const WASM_BINDGEN: &str = "visavis-bindgen-cli";
/// How long a package of ours may take to compile.
const LIMIT: Duration = Duration::from_secs(20 * 60);

const TRUNK: Tool = Tool {
    name: "trunk",
    version: "0.21.14",
    program: "trunk",
    version_output: "0.21.14",
    why: "serves the page as well",
    install_time: "4 to 7 minutes",
    method: InstallMethod::Cargo(&["--no-default-features", "--features", "rustls"]),
};
const WASM_OPT: Tool = Tool {
    name: "binaryen",
    version: "132.0.0",
    program: "wasm-opt",
    version_output: "version 132",
    why: "makes the wasm small",
    install_time: "seconds",
    method: InstallMethod::Npm,
};
const TERSER: Tool = Tool {
    name: "terser",
    version: "5.51.2",
    program: "terser",
    version_output: "5.51.2",
    why: "makes the JavaScript small",
    install_time: "seconds",
    method: InstallMethod::Npm,
};
const GECKODRIVER: Tool = Tool {
    name: "geckodriver",
    version: "0.37.1",
    program: "geckodriver",
    version_output: "0.37.1",
    why: "steers Firefox in tests",
    install_time: "1 to 2 minutes",
    method: InstallMethod::Cargo(&[]),
};

const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
    program: "cargo-deny",
    version_output: "0.20.2",
    why: "checks what we depend on",
    install_time: "2 to 4 minutes",
    method: InstallMethod::Cargo(&[]),
};

/// How much of the workshop a command needs. Each includes the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Build the page and serve it.
    Page,
    /// Build the optimised bundle.
    Dist,
    /// Drive browsers.
    Test,
    /// Let them meet through other people's servers.
    E2e,
    /// Check everything that must hold.
    Ci,
}

impl Need {
    /// What has to be compiled first: the processor's part of an installation.
    fn compiled(self) -> Vec<&'static Tool> {
        let named = browsers::from_environment("GECKODRIVER").is_some();
        let all = [
            (&GECKODRIVER, self >= Self::Test && !named),
            (&foreign::MATCHBOX, self >= Self::E2e),
            (&TRUNK, self >= Self::Ci),
            (&CARGO_DENY, self >= Self::Ci),
        ];
        all.into_iter().filter(|(_, wanted)| *wanted).map(|(tool, _)| tool).collect()
    }

    /// What comes from the machine's package manager: the part of network and disk.
    fn packages(self) -> Vec<&'static system::Package> {
        let node: &[_] = if self >= Self::Dist { &[&system::NODE] } else { &[] };
        let browsers: &[_] = if self >= Self::Test { &browsers::PACKAGES } else { &[] };
        [node, browsers].concat()
    }
}

/// Tools that are there and answer with the right version.
pub(crate) struct Toolbox {
    directories: Vec<PathBuf>,
    /// Trunk, if it was asked for or is there anyway.
    pub(crate) trunk: Option<PathBuf>,
    /// Browsers and drivers, if they were asked for.
    pub(crate) browsers: Option<Browsers>,
    /// Other people's servers, if they were asked for.
    pub(crate) foreign: Option<ForeignServers>,
}

impl Toolbox {
    /// A command that finds our tools before any other of the same name. `NO_COLOR` is taken away because Trunk stops at
    /// the usual `NO_COLOR=1`, `RUST_BACKTRACE` because its own stack traces hide what the compiler said.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.locate(program));
        command.env("PATH", self.path()).env_remove("NO_COLOR").env_remove("RUST_BACKTRACE");
        if std::env::var_os("NO_COLOR").is_some() {
            command.env("TRUNK_COLOR", "never");
        }
        command
    }

    /// Where a tool of ours is.
    pub(crate) fn locate(&self, program: &str) -> PathBuf {
        let own =
            self.directories.iter().map(|directory| directory.join(program)).find(|path| path.is_file());
        own.unwrap_or_else(|| PathBuf::from(program))
    }

    /// The variable PATH with our tools before any others.
    pub(crate) fn path(&self) -> OsString {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let all = self.directories.iter().cloned().chain(std::env::split_paths(&inherited));
        std::env::join_paths(all).unwrap_or(inherited)
    }
}

/// The `setup` command.
pub(crate) fn setup(need: Need) -> Result<()> {
    ensure(need)?;
    println!("Everything is in place.");
    Ok(())
}

/// Makes sure that everything `need` asks for is there, saying what is and what is being installed.
pub(crate) fn ensure(need: Need) -> Result<Toolbox> {
    println!("tools (own ones live in {})", cache::directory()?.display());
    rust::wasm_target()?;
    prepare(need)?;
    let mut programs = Vec::new();
    if need >= Need::Dist {
        programs.push(cache::ensure(&WASM_OPT)?);
        programs.push(cache::ensure(&TERSER)?);
    }
    let mut browsers = None;
    if need >= Need::Test {
        programs.push(wasm_bindgen()?);
        let geckodriver =
            browsers::from_environment("GECKODRIVER").map_or_else(|| cache::ensure(&GECKODRIVER), Ok)?;
        browsers = Some(browsers::ensure(geckodriver)?);
    }
    let foreign = if need >= Need::E2e { Some(foreign::ensure()?) } else { None };
    let trunk = if need >= Need::Ci { Some(cache::ensure(&TRUNK)?) } else { TRUNK.find()? };
    cache::remove_build_directory();
    Ok(Toolbox { directories: folders(programs.iter().chain(&trunk)), trunk, browsers, foreign })
}

/// Installs what is missing and takes long: one half waits for the network while the other compiles.
fn prepare(need: Need) -> Result<()> {
    std::thread::scope(|scope| {
        scope.spawn(|| system::install_missing(&need.packages()));
        need.compiled().into_iter().try_for_each(cache::install_missing)
    })
}

/// What Trunk takes to serve the page.
pub(crate) fn trunk() -> Result<Toolbox> {
    rust::wasm_target()?;
    let programs = [wasm_bindgen()?, cache::ensure(&TRUNK)?];
    cache::remove_build_directory();
    let directories = folders(programs.iter());
    let [_, trunk] = programs;
    Ok(Toolbox { directories, trunk: Some(trunk), browsers: None, foreign: None })
}

/// Compiles wasm-bindgen's command line; gives one of its programs.
fn wasm_bindgen() -> Result<PathBuf> {
    print_status("compile", WASM_BINDGEN, "joins wasm and JavaScript, runs tests in browsers");
    process::run(cargo::locked("build").args(["--package", WASM_BINDGEN]), LIMIT)?;
    serve::program("wasm-bindgen")
}

fn folders<'a>(programs: impl Iterator<Item = &'a PathBuf>) -> Vec<PathBuf> {
    programs.filter_map(|program| Some(program.parent()?.to_owned())).collect()
}

/// The program of cargo-deny, after installing it if need be.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    cache::ensure(&CARGO_DENY)
}

/// One line of the report: what, and what it is for or what happens to it.
fn print_status(verdict: &str, what: &str, why: &str) {
    println!("  {verdict:<8} {what:<28} {why}");
}

/// Finds a program on PATH.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| is_executable(file))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

/// What a program answers to `--version`.
fn version_of(program: &Path) -> Option<String> {
    process::output_of(Command::new(program).arg("--version").env_remove("NO_COLOR"))
}
