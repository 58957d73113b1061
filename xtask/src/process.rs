//! Child processes that cannot be lost: each has a process group of its own and ends with its owner, and none runs
//! without a limit.

use anyhow::{Context as _, Result, bail, ensure};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a running child is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a child may take to end in peace.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(5);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Notices Ctrl-C and requests to terminate. The children do not see Ctrl-C themselves (they are in groups of their own):
/// every loop that waits asks [`interrupted`] and ends what it started.
pub(crate) fn watch_for_ctrl_c() -> Result<()> {
    adopt_orphans();
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).context("cannot listen for Ctrl-C")
}

/// Whether the person has asked us to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A child in a process group of its own. Dropping it ends the whole group.
pub(crate) struct ProcessGroup {
    child: Child,
    status: Option<ExitStatus>,
}

impl ProcessGroup {
    /// Starts a command without standard input.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        own_group(command);
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, status: None })
    }

    /// The child's piped standard output, once.
    pub(crate) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// How the child ended, if it has.
    pub(crate) fn finished(&mut self) -> Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.child.try_wait().context("cannot wait for a child")?;
        }
        Ok(self.status)
    }

    /// Waits for the end, but not longer than `limit`, and not after Ctrl-C.
    pub(crate) fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.finished()? {
                return Ok(status);
            }
            ensure!(!interrupted(), "interrupted");
            if start.elapsed() > limit {
                bail!("not finished after {} minutes: ended", limit.as_secs() / 60);
            }
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    /// An error if the child has ended.
    pub(crate) fn ensure_running(&mut self, name: &str) -> Result<()> {
        match self.finished()? {
            Some(status) => bail!("{name} ended ({status})"),
            None => Ok(()),
        }
    }

    /// Ends the whole group: first asks, then insists.
    pub(crate) fn terminate(&mut self) {
        let leader_alive = matches!(self.finished(), Ok(None));
        if leader_alive {
            signal_group(&self.child, false);
            let start = Instant::now();
            while matches!(self.finished(), Ok(None)) && start.elapsed() < TERMINATE_TIMEOUT {
                std::thread::sleep(POLL_INTERVAL);
            }
        }
        signal_group(&self.child, true);
        if self.status.is_none() {
            let _ = self.child.wait();
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// Runs a command to its end; an error unless it succeeds.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let name = command.get_program().display().to_string();
    let status = ProcessGroup::spawn(command)?.wait(limit).with_context(|| name.clone())?;
    ensure!(status.success(), "{name} failed ({status})");
    Ok(())
}

/// What a short command prints, or `None` when it cannot be run or fails.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

#[cfg(unix)]
fn signal_group(child: &Child, kill: bool) {
    use nix::sys::signal::{Signal, killpg};
    let Ok(leader) = i32::try_from(child.id()) else { return };
    let signal = if kill { Signal::SIGKILL } else { Signal::SIGTERM };
    let _ = killpg(nix::unistd::Pid::from_raw(leader), signal);
}

#[cfg(not(unix))]
fn signal_group(child: &Child, _insist: bool) {
    let mut taskkill = Command::new("taskkill");
    let _ = output_of(taskkill.args(["/F", "/T", "/PID", &child.id().to_string()]));
}

/// Makes processes whose parent has died our children, so that [`terminate_orphans`] can find them: a browser leaves the group
/// of the driver that started it.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Ends every process that our children have left behind. Call it only while no child of ours should be running.
pub(crate) fn terminate_orphans() {
    #[cfg(target_os = "linux")]
    for signal in [nix::sys::signal::Signal::SIGTERM, nix::sys::signal::Signal::SIGKILL] {
        let orphans = linux::descendants(std::process::id());
        if orphans.is_empty() {
            return;
        }
        for id in orphans {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), signal);
        }
        std::thread::sleep(Duration::from_millis(500));
        linux::reap();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    use std::collections::BTreeMap;

    /// Every living process below `ancestor`, as /proc shows it.
    pub(super) fn descendants(ancestor: u32) -> Vec<i32> {
        let parents = parents();
        let below = |id: i32| {
            let mut current = id;
            while let Some(&parent) = parents.get(&current) {
                if u32::try_from(parent) == Ok(ancestor) {
                    return true;
                }
                current = parent;
            }
            false
        };
        parents.keys().copied().filter(|&id| below(id)).collect()
    }

    fn parents() -> BTreeMap<i32, i32> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter_map(|id| Some((id, parent(id)?))).collect()
    }

    /// The parent of a process; `None` for one that is gone or only waits to be reaped.
    fn parent(id: i32) -> Option<i32> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name stands in parentheses and may contain anything; state and parent follow it.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?;
        if state == "Z" { None } else { fields.next()?.parse().ok() }
    }

    /// Takes note of children that have ended, so that they vanish.
    pub(super) fn reap() {
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                return;
            }
        }
    }
}
