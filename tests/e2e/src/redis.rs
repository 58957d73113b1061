//! A real Redis, which several nodes of one server share.

use crate::process::Process;
use crate::server::free_port;
use crate::tools;

/// A running Redis that keeps nothing.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    _process: Process,
}

impl Redis {
    /// Starts it on a free port. `None`, and said so, where Redis is not installed.
    pub async fn start() -> Option<Self> {
        let Some(program) = tools::redis() else {
            tools::skip("no Redis here (Debian: apt-get install redis-server)");
            return None;
        };
        let port = free_port();
        let flags = ["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"];
        let mut process = Process::start(&program, &flags.map(str::to_owned));
        process.wait_for_line(|line| line.contains("Ready to accept connections").then_some(())).await;
        Some(Self { port, _process: process })
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}
