//! Where the programs are: from the environment that `cargo xtask test` sets, else where they usually stand.

use std::env;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the crate stands in its workspace")
}

/// The built bundle: `VISAVIS_DIST`, else `dist/`.
pub fn dist() -> PathBuf {
    from_environment("VISAVIS_DIST").unwrap_or_else(|| repository().join("dist"))
}

/// The signaling server: `VISAVIS_SERVER`, else the one of a debug build.
pub fn server() -> PathBuf {
    from_environment("VISAVIS_SERVER").unwrap_or_else(|| repository().join("target/debug/visavis-server"))
}

/// Trunk, where it is installed: `TRUNK`, else the one that `cargo xtask` installs, else the one on the path.
pub fn trunk() -> Option<PathBuf> {
    from_environment("TRUNK").or_else(|| cached("trunk-0.21.14/bin/trunk")).or_else(|| on_path("trunk"))
}

/// `cargo xtask`: `XTASK`, else the one of a debug build.
pub fn xtask() -> PathBuf {
    from_environment("XTASK").unwrap_or_else(|| repository().join("target/debug/xtask"))
}

/// `CHROMEDRIVER`, else the one on the path.
pub fn chromedriver() -> PathBuf {
    from_environment("CHROMEDRIVER").unwrap_or_else(|| PathBuf::from("chromedriver"))
}

/// `GECKODRIVER`, else the one that `cargo xtask` installs, else the one on the path.
pub fn geckodriver() -> PathBuf {
    from_environment("GECKODRIVER")
        .or_else(|| cached("geckodriver-0.37.1/bin/geckodriver"))
        .unwrap_or_else(|| PathBuf::from("geckodriver"))
}

/// `MATCHBOX_SERVER`, else the one that `cargo xtask` installs, else the one on the path.
pub fn matchbox_server() -> PathBuf {
    from_environment("MATCHBOX_SERVER")
        .or_else(|| cached("matchbox_server-0.15.0/bin/matchbox_server"))
        .unwrap_or_else(|| PathBuf::from("matchbox_server"))
}

/// The directory whose `node_modules` has other people's servers and clients: `VISAVIS_PACKAGES`, else the one that
/// `cargo xtask` fills.
pub fn packages() -> PathBuf {
    from_environment("VISAVIS_PACKAGES")
        .or_else(|| cached("e2e-servers"))
        .expect("`cargo xtask setup` has installed what the tests need")
}

/// `CHROME`, else Debian's Chromium; none leaves the choice to the driver.
pub fn chrome() -> Option<PathBuf> {
    from_environment("CHROME").or_else(|| existing("/usr/bin/chromium"))
}

/// `FIREFOX`, else Debian's; none leaves the choice to the driver.
pub fn firefox() -> Option<PathBuf> {
    from_environment("FIREFOX").or_else(|| existing("/usr/bin/firefox-esr"))
}

/// `WEBKITDRIVER`, else the one on the path. It knows its browser.
pub fn webkit_driver() -> PathBuf {
    from_environment("WEBKITDRIVER").unwrap_or_else(|| PathBuf::from("WebKitWebDriver"))
}

/// A display that nobody sees, where it is installed: `XVFB`, else the one on the path.
pub fn xvfb() -> Option<PathBuf> {
    from_environment("XVFB").or_else(|| on_path("Xvfb"))
}

/// coturn's server: `TURNSERVER`, else the one on the path.
pub fn turnserver() -> PathBuf {
    from_environment("TURNSERVER").unwrap_or_else(|| PathBuf::from("turnserver"))
}

/// Janus, where it is installed: `JANUS`, else the one on the path.
pub fn janus() -> Option<PathBuf> {
    from_environment("JANUS").or_else(|| on_path("janus"))
}

/// LiveKit's server, where it is installed: `LIVEKIT_SERVER`, else the one that `cargo xtask` installs, else the one on the
/// path.
pub fn livekit_server() -> Option<PathBuf> {
    from_environment("LIVEKIT_SERVER")
        .or_else(|| cached("livekit-server-1.13.5/bin/livekit-server"))
        .or_else(|| on_path("livekit-server"))
}

/// Redis, where it is installed: `REDIS`, else the one on the path.
pub fn redis() -> Option<PathBuf> {
    from_environment("REDIS").or_else(|| on_path("redis-server"))
}

/// Where screenshots and the remains of failures go. Not in version control.
pub fn artifacts() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    std::fs::create_dir_all(&path).expect("artifacts can be written");
    path
}

/// A file among them that is made if it is not there yet.
pub(crate) fn artifact(name: &str, content: impl Fn() -> Vec<u8>) -> PathBuf {
    let path = artifacts().join(name);
    if !path.exists() {
        // Written aside and moved, so that nobody ever reads half of it.
        let draft = path.with_extension(format!("{}", std::process::id()));
        std::fs::write(&draft, content()).expect("artifacts can be written");
        std::fs::rename(&draft, &path).expect("artifacts can be moved");
    }
    path
}

/// Says why a test cannot run on this machine: past the test runner, which keeps to itself what a test prints that does
/// not fail. `cargo xtask test` counts it as skipped.
pub fn skip(why: &str) {
    let _ = writeln!(io::stdout().lock(), "skipped: {why}");
}

fn from_environment(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Something that `cargo xtask` has installed.
fn cached(path: &str) -> Option<PathBuf> {
    let tools = env::home_dir()?.join(".cache/visavis/tools");
    Some(tools.join(path)).filter(|path| path.exists())
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn existing(path: &str) -> Option<PathBuf> {
    Some(PathBuf::from(path)).filter(|path| path.exists())
}
