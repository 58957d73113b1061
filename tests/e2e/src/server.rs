//! The real server, as a process that can be killed and started again in its place.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::PathBuf;

use crate::livekit::{self, LiveKit};
use crate::process::Process;
use crate::{Bundle, Host, Network, tools};

/// Where the server of a [`Network`] listens: its namespace has all ports to itself.
pub(crate) const PORT: u16 = 8080;

/// A running `visavis-server` that also serves a bundle.
#[derive(Debug)]
pub struct Server {
    address: SocketAddrV4,
    host: Option<Host>,
    dist: PathBuf,
    flags: Vec<String>,
    process: Process,
}

impl Server {
    /// Starts it with the bundle as it is.
    pub async fn start() -> Self {
        Self::with(tools::dist(), &[]).await
    }

    /// Starts it for a bundle with another configuration.
    pub async fn serving(bundle: &Bundle) -> Self {
        Self::with(bundle.path().to_owned(), &[]).await
    }

    /// The same with a server that gives out access tokens for this LiveKit (`POST /token`).
    pub async fn giving_tokens(bundle: &Bundle, livekit: &LiveKit) -> Self {
        let secret = bundle.path().with_extension("secret");
        std::fs::write(&secret, livekit::SECRET).expect("a file can be written");
        let file = secret.display().to_string();
        let flags = ["--livekit-url", &livekit.url(), "--livekit-api-key", livekit::KEY];
        let flags = [&flags[..], &["--livekit-api-secret-file", &file]].concat();
        let server = Self::with(bundle.path().to_owned(), &flags).await;
        // It has read it.
        let _ = std::fs::remove_file(secret);
        server
    }

    /// Starts it with more flags, such as `--capacity 2`.
    pub async fn with(dist: PathBuf, flags: &[&str]) -> Self {
        Self::on_port(0, dist, flags.iter().map(ToString::to_string).collect()).await
    }

    /// Starts it on a port that is known beforehand.
    pub async fn on_port(port: u16, dist: PathBuf, flags: Vec<String>) -> Self {
        Self::at(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port), None, dist, flags).await
    }

    /// Starts it on the router of a network.
    pub async fn on_router(network: &Network, flags: &[&str]) -> Self {
        let flags = flags.iter().map(ToString::to_string).collect();
        let address = SocketAddrV4::new(Host::SERVER, PORT);
        Self::at(address, Some(network.router().clone()), tools::dist(), flags).await
    }

    /// The same with a bundle of another configuration.
    pub async fn serving_on_router(network: &Network, bundle: &Bundle) -> Self {
        let address = SocketAddrV4::new(Host::SERVER, PORT);
        Self::at(address, Some(network.router().clone()), bundle.path().to_owned(), Vec::new()).await
    }

    async fn at(address: SocketAddrV4, host: Option<Host>, dist: PathBuf, flags: Vec<String>) -> Self {
        assert!(dist.join("index.html").exists(), "no bundle at {}: run `cargo xtask dist`", dist.display());
        let mut args = vec!["--listen".to_owned(), address.to_string()];
        args.extend(["--dist".to_owned(), dist.display().to_string()]);
        args.extend(flags.iter().cloned());
        let mut process = Process::start_in(host.as_ref(), &tools::server(), &args);
        let address = SocketAddrV4::new(*address.ip(), process.wait_for_line(port_of).await);
        Self { address, host, dist, flags, process }
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Ends it without warning.
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again in the same place.
    pub async fn restart(&mut self) {
        self.process.kill().await;
        *self = Self::at(self.address, self.host.clone(), self.dist.clone(), self.flags.clone()).await;
    }
}

/// A port that nobody listens on at the moment.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}

fn port_of(line: &str) -> Option<u16> {
    let (_, address) = line.split_once("listening on http://")?;
    address.trim().trim_end_matches('/').rsplit_once(':')?.1.parse().ok()
}
