//! Browsers and the drivers that fit them.

use super::system::{
    self, CHROME, CHROMEDRIVER, COTURN, FIREFOX, JANUS, NFTABLES, Package, REDIS, WEBKIT, XVFB,
};
use super::version_of;
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};

pub(super) use super::system::from_environment;

/// All that comes from the machine's package manager.
pub(super) const PACKAGES: [&Package; 9] =
    [&CHROME, &CHROMEDRIVER, &FIREFOX, &WEBKIT, &XVFB, &COTURN, &NFTABLES, &JANUS, &REDIS];

/// The browsers we test in, each with its driver.
pub(crate) struct Browsers {
    /// Chrome or Chromium.
    pub(crate) chrome: PathBuf,
    /// Its driver.
    pub(crate) chromedriver: PathBuf,
    /// Firefox.
    pub(crate) firefox: PathBuf,
    /// Its driver.
    pub(crate) geckodriver: PathBuf,
    /// WebKitGTK, where there is one.
    pub(crate) webkit: Option<WebKit>,
    /// The relay between them.
    pub(crate) turnserver: PathBuf,
    /// A server that forwards media, where there is one.
    pub(crate) janus: Option<PathBuf>,
    /// What several nodes of another such server share, where there is one.
    pub(crate) redis: Option<PathBuf>,
}

/// What it takes to steer WebKitGTK.
pub(crate) struct WebKit {
    /// Its driver, which knows its browser.
    pub(crate) driver: PathBuf,
    /// A display for it.
    pub(crate) xvfb: PathBuf,
}

/// Finds or installs them all.
pub(super) fn ensure(geckodriver: PathBuf) -> Result<Browsers> {
    let chrome = system::ensure(&CHROME)?;
    let chromedriver = system::ensure(&CHROMEDRIVER)?;
    same_major(&chrome, &chromedriver)?;
    let firefox = system::ensure(&FIREFOX)?;
    let webkit = webkit();
    let turnserver = system::ensure(&COTURN)?;
    let janus = system::ensure_if_possible(&JANUS);
    let redis = system::ensure_if_possible(&REDIS);
    Ok(Browsers { chrome, chromedriver, firefox, geckodriver, webkit, turnserver, janus, redis })
}

fn webkit() -> Option<WebKit> {
    let driver = system::ensure_if_possible(&WEBKIT)?;
    Some(WebKit { driver, xvfb: system::ensure_if_possible(&XVFB)? })
}

/// A driver steers only the browser of its own major version.
fn same_major(chrome: &Path, driver: &Path) -> Result<()> {
    let major_of = |program: &Path| {
        let answer = version_of(program).with_context(|| format!("{} does not start", program.display()))?;
        major(&answer).with_context(|| format!("{} tells no version", program.display()))
    };
    let (browser, steering) = (major_of(chrome)?, major_of(driver)?);
    ensure!(
        browser == steering,
        "{} is version {browser} but {} is made for version {steering}: install the driver of the same major version, or \
         let CHROME and CHROMEDRIVER name a pair that fits",
        chrome.display(),
        driver.display()
    );
    Ok(())
}

/// The first number in `Chromium 139.0.7258.66 built on ...` or `ChromeDriver 139.0.7258.66 (...)`.
fn major(answer: &str) -> Option<u32> {
    answer.split_whitespace().find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_major_version() {
        assert_eq!(major("Google Chrome 139.0.7258.66 \n"), Some(139));
        assert_eq!(major("ChromeDriver 140.0.1.2 (abc-refs/branch-heads/1@{#1})"), Some(140));
        assert_eq!(major("something else"), None);
    }
}
