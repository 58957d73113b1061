//! LiveKit's server, where it is installed: it is written in Go.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::sleep;
use visavis_e2e::process::Process;
use visavis_e2e::server::free_port;
use visavis_e2e::tools;

/// The API key that belongs to [`SECRET`].
pub(crate) const KEY: &str = "bench";
/// What its clients' tokens are signed with.
pub(crate) const SECRET: &str = "a secret of no less than 32 characters";

/// A running server.
pub(crate) struct LivekitServer {
    port: u16,
    _process: Process,
}

impl LivekitServer {
    /// Starts it; or says why it cannot be.
    pub(crate) async fn start() -> Result<Self, String> {
        let program = tools::livekit_server().ok_or("its server is not there: it needs Go on PATH")?;
        let (port, media) = (free_port(), free_port());
        let config = serde_json::json!({
            "port": port,
            "bind_addresses": ["127.0.0.1"],
            "keys": { KEY: SECRET },
            "rtc": {
                "udp_port": media,
                "tcp_port": 0,
                "use_external_ip": false,
                "node_ip": "127.0.0.1",
                "enable_loopback_candidate": true,
                // One that does not answer: nobody outside of this machine is asked.
                "stun_servers": ["127.0.0.1:9"],
            },
            "logging": { "level": "error" },
        });
        // JSON is YAML, too.
        let mut process = Process::start(&program, &["--config-body".to_owned(), config.to_string()]);
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Ok(Self { port, _process: process });
            }
            if !process.is_alive() {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        Err(format!("its server does not start: {}", process.last_output()))
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}
