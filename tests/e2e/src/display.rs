//! A display that nobody sees: for a browser without a headless mode, and for one that shares a screen.

use std::path::{Path, PathBuf};

use crate::process::Process;
use crate::tools;

/// A running X server. Dropping it takes the browser's windows away.
pub(crate) struct Display {
    pub(crate) process: Process,
    number: u32,
}

impl Display {
    /// Starts one of this many pixels.
    pub(crate) async fn start(size: &str) -> Self {
        let xvfb = tools::xvfb().expect("`cargo xtask setup` has installed Xvfb");
        let screen = format!("{size}x24");
        let args = ["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp"];
        let mut process = Process::start(&xvfb, &args.map(str::to_owned));
        let number = process.wait_for_line(|line| line.trim().parse().ok()).await;
        Self { process, number }
    }

    /// The program and arguments that run a command on it.
    pub(crate) fn command(&self, program: &Path, args: &[String]) -> (PathBuf, Vec<String>) {
        let Self { number, .. } = self;
        // On somebody's desktop its windows would open between theirs.
        let before = ["-u", "WAYLAND_DISPLAY", &format!("DISPLAY=:{number}")].map(str::to_owned);
        let program = program.display().to_string();
        (PathBuf::from("env"), before.into_iter().chain([program]).chain(args.iter().cloned()).collect())
    }
}
