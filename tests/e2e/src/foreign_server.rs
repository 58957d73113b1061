//! Other people's signaling servers: some as they are published, the rest as the files in `servers/` that behave like
//! them. A server that dies of what a page says has failed the test.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::process::Process;
use crate::server::free_port;
use crate::tools;

/// A running server of somebody else.
#[derive(Debug)]
pub struct ForeignServer {
    process: Process,
    port: u16,
}

impl ForeignServer {
    /// Starts one by its name, with flags after it: `peerjs`, `y-webrtc` and `matchbox` are the published programs, any
    /// other name is a file in `servers/`.
    pub async fn start(command: &str) -> Self {
        let port = free_port();
        match command {
            "peerjs" => {
                let port_flag = port.to_string();
                let flags = ["--host", "127.0.0.1", "--port", &port_flag];
                Self::start_program(port, "Started PeerServer", &package("peer/dist/bin/peerjs.js"), &flags)
                    .await
            }
            "y-webrtc" => {
                Self::start_program(port, "Signaling server running", &package("y-webrtc/bin/server.js"), &[])
                    .await
            }
            "matchbox" => Self::matchbox(port).await,
            _ => Self::start_script(command).await,
        }
    }

    async fn start_program(port: u16, ready_line: &str, script: &Path, flags: &[&str]) -> Self {
        let mut process = node(port, script, flags);
        process.wait_for_line(|line| line.contains(ready_line).then_some(())).await;
        Self { process, port }
    }

    async fn matchbox(port: u16) -> Self {
        let address = format!("127.0.0.1:{port}");
        let process = Process::start(&tools::matchbox_server(), std::slice::from_ref(&address));
        // It speaks before it listens.
        while TcpStream::connect(&address).await.is_err() {
            sleep(Duration::from_millis(20)).await;
        }
        Self { process, port }
    }

    async fn start_script(command: &str) -> Self {
        let mut words = command.split(' ');
        let name = words.next().unwrap_or_default();
        let script = tools::repository().join("tests/e2e/servers").join(name).with_extension("mjs");
        let mut process = node(0, &script, &words.collect::<Vec<_>>());
        let port = process.wait_for_line(|line| line.strip_prefix("listening on port ")?.parse().ok()).await;
        Self { process, port }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops the test if the server has died of something.
    pub fn assert_alive(&mut self) {
        assert!(self.process.is_alive(), "the server has died:\n{}", self.process.last_output());
    }
}

fn package(path: &str) -> PathBuf {
    tools::packages().join("node_modules").join(path)
}

fn node(port: u16, script: &Path, flags: &[&str]) -> Process {
    let packages = format!("VISAVIS_PACKAGES={}", tools::packages().display());
    let mut args = vec![packages, format!("PORT={port}"), "node".to_owned(), script.display().to_string()];
    args.extend(flags.iter().map(ToString::to_string));
    Process::start(Path::new("env"), &args)
}
