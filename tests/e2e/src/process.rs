//! Child processes that end with the value that started them.

use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::network::Host;

/// A running program, with what it has said. Dropping it kills it, its process group and all its descendants.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
    output: Arc<Mutex<Vec<String>>>,
    lines: watch::Receiver<usize>,
}

impl Process {
    /// Starts a program in a process group of its own and listens to what it says.
    pub fn start(program: &Path, args: &[String]) -> Self {
        Self::start_in(None, program, args)
    }

    /// The same in a directory.
    pub fn start_at(directory: &Path, program: &Path, args: &[String]) -> Self {
        let shell = ["-c", "cd \"$0\" && exec \"$@\""].map(str::to_owned);
        let command = [directory, program].map(|path| path.display().to_string());
        let args = shell.into_iter().chain(command).chain(args.iter().cloned()).collect::<Vec<_>>();
        Self::start_in(None, Path::new("sh"), &args)
    }

    /// The same in another place of the network.
    pub fn start_in(host: Option<&Host>, program: &Path, args: &[String]) -> Self {
        let plain = (program.display().to_string(), args.to_vec());
        let (program, args) = host.map_or(plain, |host| host.command(&program.display().to_string(), args));
        let mut command = Command::new(&program);
        command.args(args).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it has just started");
        let output = Arc::new(Mutex::new(Vec::new()));
        let (count, lines) = watch::channel(0);
        collect_lines(child.stdout.take().expect("piped"), output.clone(), count.clone());
        collect_lines(child.stderr.take().expect("piped"), output.clone(), count);
        Self { child, pid, output, lines }
    }

    /// Waits for a line that `find` recognises, and returns what it made of it.
    pub async fn wait_for_line<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> T {
        match self.try_wait_for_line(find).await {
            Some(found) => found,
            None => panic!("{self:?} did not say what it should; it said:\n{}", self.last_output()),
        }
    }

    /// The same; `None` if it ends or takes too long.
    pub async fn try_wait_for_line<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                if let Some(found) =
                    self.output.lock().expect("not poisoned").iter().find_map(|line| find(line))
                {
                    return Some(found);
                }
                if self.lines.changed().await.is_err() {
                    return None;
                }
            }
        };
        timeout(Duration::from_secs(30), found).await.ok().flatten()
    }

    /// The last lines it has said.
    pub fn last_output(&self) -> String {
        let output = self.output.lock().expect("not poisoned");
        output[output.len().saturating_sub(20)..].join("\n")
    }

    /// How many seconds it, all below it and those of them that have ended have had a processor.
    pub(crate) fn processor_seconds(&self) -> f64 {
        let family = descendants(self.pid).into_iter().chain([self.pid]);
        let ticks: u64 = family.filter_map(ticks).sum();
        // As many are far below 2^52.
        ticks as f64 / rustix::param::clock_ticks_per_second() as f64
    }

    /// Whether it is still running.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks it to end (`SIGTERM`).
    pub fn terminate(&self) {
        kill_process(self.pid, Signal::TERM).expect("it is there until it has been waited for");
    }

    /// Waits until it has ended by itself.
    pub async fn wait_for_end(&mut self) {
        let ended = timeout(Duration::from_secs(30), self.child.wait()).await.is_ok();
        assert!(ended, "{self:?} goes on; it said:\n{}", self.last_output());
    }

    /// Ends it and all below it as the power failing would (`SIGKILL`).
    pub(crate) fn kill_all(&self) {
        for pid in descendants(self.pid).into_iter().chain([self.pid]) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    /// Ends it as the power failing would (`SIGKILL`), and waits until it is gone.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("it can be killed");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A browser's helpers may have left the group of their driver, so the family is looked up, too.
        for pid in descendants(self.pid) {
            let _ = kill_process(pid, Signal::KILL);
        }
        // A child that has been waited for no longer owns its number.
        if self.child.id().is_some() {
            let _ = kill_process_group(self.pid, Signal::KILL);
        }
    }
}

fn collect_lines(
    pipe: impl AsyncRead + Unpin + Send + 'static,
    output: Arc<Mutex<Vec<String>>>,
    count: watch::Sender<usize>,
) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            output.lock().expect("not poisoned").push(line);
            count.send_modify(|count| *count += 1);
        }
    });
}

/// All children of a process, theirs, and so on. Empty where there is no `/proc`.
fn descendants(root: Pid) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten();
    let parents: Vec<(Pid, Pid)> = entries.filter_map(|entry| pid_and_parent(&entry.ok()?.path())).collect();
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(&ancestor) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, parent)| *parent == ancestor).map(|(pid, _)| *pid));
        next += 1;
    }
    tree.split_off(1)
}

/// For how many ticks of the clock a process had a processor, in user and in system mode, with the children that it has
/// waited for: fields 14 to 17 of `/proc/PID/stat`, of which `comm` in parentheses is the second.
fn ticks(pid: Pid) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let fields = stat.rsplit_once(") ")?.1.split(' ');
    fields.skip(11).take(4).map(|field| field.parse::<u64>().ok()).sum()
}

/// A process and its parent, from `/proc/PID/stat`: `PID (name) state PARENT ...`.
fn pid_and_parent(path: &Path) -> Option<(Pid, Pid)> {
    let pid = path.file_name()?.to_str()?.parse().ok()?;
    let stat = std::fs::read_to_string(path.join("stat")).ok()?;
    let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
    Some((Pid::from_raw(pid)?, Pid::from_raw(parent)?))
}
