//! What comes from the machine's package manager, if there is one that we may use without asking for a password.

use super::{on_path, print_status};
use crate::process;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Something a package manager has.
pub(super) struct Package {
    /// How to call it when talking to a person.
    title: &'static str,
    why: &'static str,
    /// An environment variable that names the program.
    variable: &'static str,
    /// The names its program goes by; an absolute one is looked at where it is.
    programs: &'static [&'static str],
    /// What each manager calls it.
    names: &'static [(&'static str, &'static [&'static str])],
}

impl Package {
    /// What this manager calls it.
    fn names_for(&self, manager: &Manager) -> Option<&'static [&'static str]> {
        self.names.iter().find(|(program, _)| *program == manager.program).map(|(_, names)| *names)
    }
}

/// Chrome, or the browser it is made from.
pub(super) const CHROME: Package = Package {
    title: "Chromium",
    why: "runs the tests",
    variable: "CHROME",
    programs: &[
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ],
    names: &[
        ("apt-get", &["chromium", "chromium-driver"]),
        ("dnf", &["chromium", "chromedriver"]),
        ("pacman", &["chromium"]),
        ("brew", &["google-chrome", "chromedriver"]),
    ],
};
/// The driver that steers Chrome.
pub(super) const CHROMEDRIVER: Package = Package {
    title: "chromedriver",
    why: "steers Chrome in tests",
    variable: "CHROMEDRIVER",
    programs: &["chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib64/chromium-browser/chromedriver"],
    names: &[
        ("apt-get", &["chromium-driver"]),
        ("dnf", &["chromedriver"]),
        ("pacman", &["chromium"]),
        ("brew", &["chromedriver"]),
    ],
};
/// Firefox.
pub(super) const FIREFOX: Package = Package {
    title: "Firefox",
    why: "runs the tests",
    variable: "FIREFOX",
    programs: &["firefox", "firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox"],
    names: &[
        ("apt-get", &["firefox-esr"]),
        ("dnf", &["firefox"]),
        ("pacman", &["firefox"]),
        ("brew", &["firefox"]),
    ],
};
/// The driver that steers WebKitGTK, with its browser: the engine of Safari.
pub(super) const WEBKIT: Package = Package {
    title: "WebKitGTK",
    why: "runs the tests",
    variable: "WEBKITDRIVER",
    programs: &["WebKitWebDriver"],
    names: &[("apt-get", &["webkit2gtk-driver"])],
};
/// A display that nobody sees: WebKitGTK has no headless mode, and a browser without a display has no screen to share.
pub(super) const XVFB: Package = Package {
    title: "Xvfb",
    why: "is a display for tests",
    variable: "XVFB",
    programs: &["Xvfb"],
    names: &[("apt-get", &["xvfb"]), ("dnf", &["xorg-x11-server-Xvfb"]), ("pacman", &["xorg-server-xvfb"])],
};
/// A relay for tests of calls that have no other path.
pub(super) const COTURN: Package = Package {
    title: "coturn",
    why: "relays media in tests",
    variable: "TURNSERVER",
    programs: &["turnserver"],
    names: &[("apt-get", &["coturn"]), ("dnf", &["coturn"]), ("pacman", &["coturn"]), ("brew", &["coturn"])],
};
/// Drops packets: of the queueing disciplines that do, not every kernel has one.
pub(super) const NFTABLES: Package = Package {
    title: "nftables",
    why: "loses packets in tests",
    variable: "NFT",
    programs: &["nft"],
    names: &[("apt-get", &["nftables"]), ("dnf", &["nftables"]), ("pacman", &["nftables"])],
};
/// A server that forwards media, for calls through it.
pub(super) const JANUS: Package = Package {
    title: "Janus",
    why: "forwards media in tests",
    variable: "JANUS",
    programs: &["janus"],
    names: &[("apt-get", &["janus"])],
};
/// What several nodes of LiveKit share.
pub(super) const REDIS: Package = Package {
    title: "Redis",
    why: "joins media servers in tests",
    variable: "REDIS",
    programs: &["redis-server"],
    names: &[
        ("apt-get", &["redis-server"]),
        ("dnf", &["redis"]),
        ("pacman", &["redis"]),
        ("brew", &["redis"]),
    ],
};
/// Node with npm: wasm-opt and terser come from there, and other people's servers run on it.
pub(super) const NODE: Package = Package {
    title: "npm",
    why: "installs wasm-opt and terser",
    variable: "NPM",
    programs: &["npm"],
    names: &[
        ("apt-get", &["nodejs", "npm"]),
        ("dnf", &["nodejs-npm"]),
        ("pacman", &["nodejs", "npm"]),
        ("brew", &["node"]),
    ],
};

/// A package manager, and how to make it install without questions.
struct Manager {
    program: &'static str,
    refresh: &'static [&'static str],
    install: &'static [&'static str],
    needs_root: bool,
}

const MANAGERS: &[Manager] = &[
    Manager {
        program: "apt-get",
        refresh: &["update"],
        install: &["install", "-y", "--no-install-recommends"],
        needs_root: true,
    },
    Manager { program: "dnf", refresh: &[], install: &["install", "-y"], needs_root: true },
    Manager {
        program: "pacman",
        refresh: &[],
        install: &["-Sy", "--noconfirm", "--needed"],
        needs_root: true,
    },
    Manager { program: "brew", refresh: &[], install: &["install"], needs_root: false },
];

/// Installs at once whatever of these is missing, which takes less than one after the other. What comes out of it shows
/// when each is asked for.
pub(super) fn install_missing(packages: &[&Package]) {
    for manager in MANAGERS.iter().filter(|manager| is_usable(manager)) {
        let missing = packages.iter().filter(|package| find(package).is_none());
        let mut names: Vec<&str> =
            missing.filter_map(|package| package.names_for(manager)).flatten().copied().collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            print_status("install", &names.join(" "), &format!("(with {})", manager.program));
            let _ = install(manager, &names);
        }
    }
}

/// The program of a package, after installing it if need be and possible.
pub(super) fn ensure(package: &Package) -> Result<PathBuf> {
    if let Some(program) = find(package) {
        print_status("ok", package.title, package.why);
        return Ok(program);
    }
    if let Some((manager, names)) = usable_manager(package) {
        print_status("install", package.title, &format!("{} (with {})", package.why, manager.program));
        install(manager, names)?;
    }
    let Some(program) = find(package) else { bail!(advice(package)) };
    Ok(program)
}

/// The same for a program that not every machine has a package of: without it, its tests are skipped, and that is said.
pub(super) fn ensure_if_possible(package: &Package) -> Option<PathBuf> {
    let skip =
        |error| print_status("skip", package.title, &format!("{error:#}; until then its tests are skipped"));
    ensure(package).map_err(skip).ok()
}

/// A program that the environment names.
pub(super) fn from_environment(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_file())
}

fn find(package: &Package) -> Option<PathBuf> {
    let there = |program: &&str| match Path::new(program) {
        path if path.is_absolute() => path.is_file().then(|| path.to_owned()),
        _ => on_path(program),
    };
    from_environment(package.variable).or_else(|| package.programs.iter().find_map(there))
}

fn advice(package: &Package) -> String {
    let debian = package.names.first().map(|(_, names)| names.join(" ")).unwrap_or_default();
    let Package { title, why, variable, .. } = package;
    format!(
        "{title} is missing ({why}): install it (Debian: apt-get install {debian}), or let {variable} name it"
    )
}

/// The first package manager here that has this package and may be used.
fn usable_manager(package: &Package) -> Option<(&'static Manager, &'static [&'static str])> {
    let usable = MANAGERS.iter().filter(|manager| is_usable(manager));
    usable.filter_map(|manager| Some((manager, package.names_for(manager)?))).next()
}

fn is_usable(manager: &Manager) -> bool {
    on_path(manager.program).is_some() && (!manager.needs_root || is_root() || has_sudo())
}

fn install(manager: &Manager, names: &[&str]) -> Result<()> {
    if !manager.refresh.is_empty() {
        // A list that cannot be refreshed may still be good enough.
        let _ = process::run(command(manager).args(manager.refresh), LIMIT);
    }
    process::run(command(manager).args(manager.install).args(names), LIMIT)
}

fn command(manager: &Manager) -> Command {
    let mut command = if manager.needs_root && !is_root() {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "env", "DEBIAN_FRONTEND=noninteractive", manager.program]);
        sudo
    } else {
        Command::new(manager.program)
    };
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(unix)]
fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    false
}

fn has_sudo() -> bool {
    process::output_of(Command::new("sudo").args(["-n", "true"])).is_some()
}
