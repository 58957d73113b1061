//! A real TURN relay: coturn, as people run it.

use std::path::PathBuf;

use crate::process::Process;
use crate::server::free_port;
use crate::tools;

/// What the relay and the signaling server share.
pub const SECRET: &str = "north";

/// A running relay that can be killed and started again in its place.
#[derive(Debug)]
pub struct Turn {
    port: u16,
    files: PathBuf,
    process: Process,
}

impl Turn {
    /// Starts it on a free port. It lets in who shows credentials signed with [`SECRET`] that have not expired.
    pub async fn start() -> Self {
        let port = free_port();
        let files = std::env::temp_dir().join(format!("visavis-turn-{}-{port}", std::process::id()));
        std::fs::create_dir_all(&files).expect("a directory can be made");
        let process = Process::start(&tools::turnserver(), &arguments(port, &files));
        let mut turn = Self { port, files, process };
        turn.wait_until_ready().await;
        turn
    }

    async fn wait_until_ready(&mut self) {
        self.process.wait_for_line(|line| line.contains("UDP listener opened").then_some(())).await;
    }

    /// How the signaling server's flags name it.
    pub fn url(&self) -> String {
        format!("turn:127.0.0.1:{}?transport=udp", self.port)
    }

    /// Where it listens; it answers STUN there, too.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it without warning: whatever it relays is cut.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again in the same place. It knows nothing of what it relayed before.
    pub async fn restart(&mut self) {
        self.kill().await;
        self.process = Process::start(&tools::turnserver(), &arguments(self.port, &self.files));
        self.wait_until_ready().await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

fn arguments(port: u16, files: &std::path::Path) -> Vec<String> {
    let (port, file) = (port.to_string(), |name: &str| files.join(name).display().to_string());
    let (database, pid) = (file("database"), file("pid"));
    let arguments = [
        // Without the machine's own configuration file.
        "-n",
        "--verbose",
        "--log-file",
        "stdout",
        "--simple-log",
        "--listening-ip",
        "127.0.0.1",
        "--relay-ip",
        "127.0.0.1",
        "--allow-loopback-peers",
        "--listening-port",
        &port,
        "--no-tls",
        "--no-dtls",
        "--no-cli",
        "--realm",
        "visavis",
        "--use-auth-secret",
        "--static-auth-secret",
        SECRET,
        "--userdb",
        &database,
        "--pidfile",
        &pid,
    ];
    arguments.map(str::to_owned).to_vec()
}
