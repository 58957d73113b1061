//! The command line.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use tracing::level_filters::LevelFilter;

use crate::config::{Bounds, Config};
use crate::relay::Relay;

/// The signaling server of Visavis: rooms over WebSocket at /ws, its health at /healthz, and the app if you like.
#[derive(Debug, Clone, Parser)]
#[command(name = "visavis-server", version)]
pub struct Options {
    /// Address and port to listen on; port 0 takes a free one, and the line on stdout says which
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Folder of the built app, served from the same port
    #[arg(long, value_name = "DIR")]
    pub dist: Option<PathBuf>,

    /// Most people in one room
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=64))]
    pub capacity: u32,

    /// Most rooms
    #[arg(long, value_name = "N", default_value_t = Bounds::default().max_rooms)]
    pub max_rooms: usize,

    /// Most WebSocket connections; the system must allow as many open files
    #[arg(long, value_name = "N", default_value_t = Bounds::default().max_connections)]
    pub max_connections: usize,

    /// Most connections from one address; leave it out behind a proxy, where everybody has the same address
    #[arg(long, value_name = "N")]
    pub max_connections_per_ip: Option<usize>,

    /// Seconds between two pings; whoever is silent for two and a half of them is gone
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=11))]
    pub heartbeat: u64,

    /// STUN server that clients are told to use, such as stun:stun.example.org:3478; may be given several times
    #[arg(long, value_name = "URL", value_parser = stun_url)]
    pub ice_url: Vec<String>,

    /// TURN relay that clients are told to use, such as turn:turn.example.org:3478; may be given several times
    #[arg(long, value_name = "URL", value_parser = turn_url)]
    pub turn_url: Vec<String>,

    /// The secret that is shared with the relays (coturn: static-auth-secret); others can see it in the list of
    /// processes, so rather give it in the environment or in a file
    #[arg(long, value_name = "SECRET", env = "VISAVIS_TURN_SECRET", hide_env_values = true)]
    pub turn_secret: Option<String>,

    /// File with that secret, instead
    #[arg(long, value_name = "FILE", conflicts_with = "turn_secret")]
    pub turn_secret_file: Option<PathBuf>,

    /// Seconds that credentials for the relays last; clients get new ones when half of it is over
    #[arg(long, value_name = "SECONDS", default_value_t = 3600,
          value_parser = RangedU64ValueParser::<u64>::new().range(10..=604_800))]
    pub turn_ttl: u64,

    /// Seconds in which a lost connection can be taken up where it broke off; meanwhile its seat is taken
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = RangedU64ValueParser::<u64>::new().range(0..=600))]
    pub resume_window: u64,

    /// Origin (scheme and host, no path) whose pages may connect; may be given several times; all if left out
    #[arg(long, value_name = "SCHEME://HOST", value_parser = origin)]
    pub allowed_origin: Vec<String>,

    /// How much to log on stderr: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,
}

impl Options {
    /// What the server does with these options.
    ///
    /// # Errors
    /// If the folder of the app or the secret for the relays is not there; the text is for the person who typed it.
    pub fn into_config(self) -> Result<Config, String> {
        self.dist.as_deref().map(check_dist).transpose()?;
        let relay = self.relay()?;
        let bounds = Bounds {
            max_rooms: self.max_rooms,
            max_connections: self.max_connections,
            max_connections_per_address: self.max_connections_per_ip,
            ..Bounds::default()
        };
        Ok(Config {
            listen: self.listen,
            dist: self.dist,
            capacity: self.capacity,
            heartbeat: Duration::from_secs(self.heartbeat),
            ice_urls: self.ice_url,
            relay,
            resume_window: Duration::from_secs(self.resume_window),
            allowed_origins: self.allowed_origin,
            bounds,
        })
    }
}

impl Options {
    fn relay(&self) -> Result<Option<Relay>, String> {
        if self.turn_url.is_empty() {
            return Ok(None);
        }
        let secret = match (&self.turn_secret, &self.turn_secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(file)) => read_secret(file)?,
            (None, None) => String::new(),
        };
        if secret.is_empty() {
            return Err(
                "--turn-url needs --turn-secret, --turn-secret-file or VISAVIS_TURN_SECRET".to_owned()
            );
        }
        Ok(Some(Relay { urls: self.turn_url.clone(), secret, ttl: Duration::from_secs(self.turn_ttl) }))
    }
}

fn read_secret(file: &Path) -> Result<String, String> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(text.trim().to_owned())
}

fn check_dist(dist: &Path) -> Result<(), String> {
    if dist.join("index.html").is_file() {
        return Ok(());
    }
    Err(format!("there is no index.html in {}; `cargo xtask dist` builds the app", dist.display()))
}

fn stun_url(url: &str) -> Result<String, String> {
    if is_ice_url(url, ["stun", "stuns"]) {
        Ok(url.to_owned())
    } else {
        Err("must look like stun:HOST:PORT".into())
    }
}

fn turn_url(url: &str) -> Result<String, String> {
    if is_ice_url(url, ["turn", "turns"]) {
        Ok(url.to_owned())
    } else {
        Err("must look like turn:HOST:PORT".into())
    }
}

fn is_ice_url(url: &str, schemes: [&str; 2]) -> bool {
    let parts = url.split_once(':').filter(|(scheme, _)| schemes.contains(scheme));
    parts.is_some_and(|(_, host)| !host.is_empty() && !host.starts_with('/'))
}

/// As browsers write it: scheme and host, and no path, so that it can be compared byte by byte.
fn origin(origin: &str) -> Result<String, String> {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    let plain =
        |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '?' | '#' | '@' | ';' | ',' | '\'' | '"');
    match host {
        Some(host) if !host.is_empty() && host.chars().all(plain) => Ok(origin.to_ascii_lowercase()),
        Some(_) | None => Err("must look like https://HOST or http://HOST:PORT, without a path".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, clap::Error> {
        Options::try_parse_from([&["visavis-server"], arguments].concat())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let (read, known) = (read(&[]).unwrap().into_config().unwrap(), Config::default());
        assert_eq!(format!("{read:?}"), format!("{known:?}"));
    }

    #[test]
    fn nonsense_is_refused_before_the_server_starts() {
        for arguments in [
            ["--capacity", "0"],
            ["--capacity", "65"],
            ["--heartbeat", "12"],
            ["--listen", "8080"],
            ["--ice-url", "turn:example.org"],
            ["--ice-url", "stun:"],
            ["--turn-url", "stun:example.org"],
            ["--turn-ttl", "1"],
            ["--resume-window", "601"],
            ["--allowed-origin", "example.org"],
            ["--allowed-origin", "https://example.org/"],
        ] {
            assert!(read(&arguments).is_err(), "{arguments:?}");
        }
        let problem = read(&["--dist", "/nowhere"]).unwrap().into_config().unwrap_err();
        assert!(problem.contains("/nowhere"), "{problem}");
    }

    #[test]
    fn relays_need_a_secret() {
        let url = ["--turn-url", "turn:turn.example.org"];
        let relay = |arguments: &[&str]| read(&[&url, arguments].concat()).unwrap().into_config();
        assert!(relay(&["--turn-secret", ""]).unwrap_err().contains("--turn-secret-file"));
        assert!(relay(&["--turn-secret-file", "/nowhere"]).unwrap_err().contains("/nowhere"));
        assert_eq!(relay(&["--turn-secret", "north"]).unwrap().relay.unwrap().secret, "north");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "north\n").unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(relay(&["--turn-secret-file", path]).unwrap().relay.unwrap().secret, "north");
    }
}
