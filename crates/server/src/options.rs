//! The command line options.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use tracing::level_filters::LevelFilter;
use visavis_signaling::limits::MAX_ICE_SERVERS;

use crate::config::{AddressLimits, Config, Limits};
use crate::ice_url;
use crate::livekit::{self, LiveKitConfig};
use crate::proxy::Network;
use crate::turn::TurnConfig;

/// The variable of the environment that holds the secret of LiveKit's key. There is no option for the secret itself, which others
/// could see in the list of processes.
const LIVEKIT_API_SECRET: &str = "LIVEKIT_API_SECRET";

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
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_rooms)]
    pub max_rooms: usize,

    /// Most WebSocket connections; the system must allow as many open files
    #[arg(long, value_name = "N", default_value_t = Limits::default().max_connections)]
    pub max_connections: usize,

    /// Most WebSocket connections from one address (with IPv6: from one /64); joins, checks, messages and bytes of an
    /// address are bounded in proportion; 0 is without any bound by address
    #[arg(long, value_name = "N", default_value_t = AddressLimits::default().connections)]
    pub max_connections_per_ip: usize,

    /// Address or network of a proxy in front, such as 127.0.0.1 or 10.0.0.0/8, that says in X-Forwarded-For or
    /// Forwarded for whom it speaks; may be given several times. Bounds by address then hold for those behind it
    #[arg(long, value_name = "ADDR[/BITS]")]
    pub trusted_proxy: Vec<Network>,

    /// Seconds between two pings; whoever is silent for two and a half of them is gone
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = RangedU64ValueParser::<u64>::new().range(1..=11))]
    pub heartbeat: u64,

    /// STUN server that clients are told to use, such as stun:stun.example.org:3478; may be given several times
    #[arg(long, value_name = "URL", value_parser = ice_url::parse_stun)]
    pub ice_url: Vec<String>,

    /// TURN relay that clients are told to use, such as turn:turn.example.org:3478; may be given several times
    #[arg(long, value_name = "URL", value_parser = ice_url::parse_turn)]
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

    /// LiveKit server that /token gives access tokens for, as pages reach it, such as wss://livekit.example.org; needs an API
    /// key and its secret
    #[arg(long, value_name = "URL", env = "LIVEKIT_URL")]
    pub livekit_url: Option<String>,

    /// API key of that server
    #[arg(long, value_name = "KEY", env = "LIVEKIT_API_KEY", hide_env_values = true)]
    pub livekit_api_key: Option<String>,

    /// File with the secret of that key, instead of LIVEKIT_API_SECRET in the environment
    #[arg(long, value_name = "FILE")]
    pub livekit_api_secret_file: Option<PathBuf>,

    /// Seconds in which a lost connection can be taken up where it broke off; meanwhile its seat is taken
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = RangedU64ValueParser::<u64>::new().range(0..=600))]
    pub resume_window: u64,

    /// Seconds that the server keeps an offer of somebody in a room for whoever joins next, so that a join waits for less;
    /// 0: no offers before it is known whom they are for
    #[arg(long, value_name = "SECONDS", default_value_t = 60,
          value_parser = RangedU64ValueParser::<u64>::new().range(0..=60))]
    pub deposit_lifetime: u64,

    /// Origin (scheme and host, no path) whose pages may connect; may be given several times; all if left out
    #[arg(long, value_name = "SCHEME://HOST", value_parser = parse_origin)]
    pub allowed_origin: Vec<String>,

    /// How much to log on stderr: off, error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log: LevelFilter,
}

impl Options {
    /// The configuration that these options stand for.
    ///
    /// # Errors
    /// If the folder of the app or the secret for the relays is not there, there are more ICE servers than clients take, or
    /// LiveKit's server, key and secret are not given all three or none; the text is for the person who typed it.
    pub fn into_config(self) -> Result<Config, String> {
        let secret = env::var_os(LIVEKIT_API_SECRET).map(|secret| secret.into_string());
        let secret = secret.transpose().map_err(|_| format!("{LIVEKIT_API_SECRET} is no UTF-8"))?;
        self.into_config_with(secret)
    }

    fn into_config_with(self, livekit_api_secret: Option<String>) -> Result<Config, String> {
        self.dist.as_deref().map(validate_dist).transpose()?;
        validate_count("--ice-url", &self.ice_url)?;
        validate_count("--turn-url", &self.turn_url)?;
        let turn = self.turn()?;
        let livekit = self.livekit(livekit_api_secret)?;
        let limits = Limits {
            max_rooms: self.max_rooms,
            max_connections: self.max_connections,
            per_address: (self.max_connections_per_ip > 0)
                .then(|| AddressLimits::for_connections(self.max_connections_per_ip)),
            ..Limits::default()
        };
        Ok(Config {
            listen: self.listen,
            dist: self.dist,
            capacity: self.capacity,
            heartbeat: Duration::from_secs(self.heartbeat),
            ice_urls: self.ice_url,
            turn,
            livekit,
            resume_window: Duration::from_secs(self.resume_window),
            evictable_after: Config::default().evictable_after,
            deposit_lifetime: Duration::from_secs(self.deposit_lifetime),
            allowed_origins: self.allowed_origin,
            trusted_proxies: self.trusted_proxy,
            limits,
        })
    }
}

impl Options {
    fn turn(&self) -> Result<Option<TurnConfig>, String> {
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
        Ok(Some(TurnConfig { urls: self.turn_url.clone(), secret, ttl: Duration::from_secs(self.turn_ttl) }))
    }

    /// An empty text is as good as none: that is how many programs hand on a variable that is not set.
    fn livekit(&self, secret: Option<String>) -> Result<Option<LiveKitConfig>, String> {
        let secret = match &self.livekit_api_secret_file {
            Some(file) => Some(read_secret(file)?),
            None => secret,
        };
        let given = [
            ("LIVEKIT_URL", self.livekit_url.clone()),
            ("LIVEKIT_API_KEY", self.livekit_api_key.clone()),
            (LIVEKIT_API_SECRET, secret),
        ];
        let given = given.map(|(name, value)| (name, value.filter(|value| !value.is_empty())));
        let missing: Vec<_> =
            given.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| *name).collect();
        match given.map(|(_, value)| value) {
            [Some(url), Some(api_key), Some(api_secret)] => {
                let url = livekit::parse_url(&url).map_err(|problem| format!("LIVEKIT_URL {problem}"))?;
                Ok(Some(LiveKitConfig { url, api_key, api_secret }))
            }
            [None, None, None] => Ok(None),
            [_, _, _] => Err(format!(
                "tokens for LiveKit need LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET (or their options); \
                 missing: {}",
                missing.join(", ")
            )),
        }
    }
}

fn validate_count(option: &str, urls: &[String]) -> Result<(), String> {
    if urls.len() <= MAX_ICE_SERVERS {
        return Ok(());
    }
    Err(format!("{option} is given {} times; clients take {MAX_ICE_SERVERS}", urls.len()))
}

fn read_secret(file: &Path) -> Result<String, String> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
    Ok(text.trim().to_owned())
}

fn validate_dist(dist: &Path) -> Result<(), String> {
    if dist.join("index.html").is_file() {
        return Ok(());
    }
    Err(format!("there is no index.html in {}; `cargo xtask dist` builds the app", dist.display()))
}

/// Checks an origin as browsers write it: scheme and host, and no path, so that it can be compared byte by byte.
fn parse_origin(origin: &str) -> Result<String, String> {
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
    use clap::builder::Resettable;
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;

    fn read(arguments: &[&str]) -> Result<Options, clap::Error> {
        // Whatever the environment of the tests holds.
        let command = Options::command().mut_args(|argument| argument.env(Resettable::Reset));
        let matches = command.try_get_matches_from([&["visavis-server"], arguments].concat())?;
        Options::from_arg_matches(&matches)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_the_library() {
        let (read, known) = (read(&[]).unwrap().into_config_with(None).unwrap(), Config::default());
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
            ["--deposit-lifetime", "61"],
            ["--ice-url", "stun://example.org"],
            ["--ice-url", "stun:example.org?transport=udp"],
            ["--turn-url", "turn:example.org:0"],
            ["--trusted-proxy", "proxy.example.org"],
            ["--trusted-proxy", "10.0.0.0/33"],
            ["--max-connections-per-ip", "-1"],
            ["--allowed-origin", "example.org"],
            ["--allowed-origin", "https://example.org/"],
        ] {
            assert!(read(&arguments).is_err(), "{arguments:?}");
        }
        let problem = read(&["--dist", "/nowhere"]).unwrap().into_config_with(None).unwrap_err();
        assert!(problem.contains("/nowhere"), "{problem}");
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_with_its_option() {
        let problem = read(&["--ice-url", "stun:example.org?transport=udp"]).unwrap_err().to_string();
        assert!(problem.contains("--ice-url"), "{problem}");
        assert!(problem.contains("?transport= is for TURN"), "{problem}");
        let problem = read(&["--turn-url", "turn://example.org"]).unwrap_err().to_string();
        assert!(problem.contains("--turn-url"), "{problem}");
        assert!(problem.contains("no //"), "{problem}");
        let many = ["--ice-url", "stun:example.org"].repeat(17);
        let problem = read(&many).unwrap().into_config_with(None).unwrap_err();
        assert!(problem.contains("--ice-url is given 17 times; clients take 16"), "{problem}");
    }

    #[test]
    fn bounds_by_address_can_be_lifted() {
        let limits =
            |n| read(&["--max-connections-per-ip", n]).unwrap().into_config_with(None).unwrap().limits;
        assert_eq!(limits("0").per_address, None);
        assert_eq!(limits("7").per_address.unwrap().connections, 7);
    }

    #[test]
    fn relays_need_a_secret() {
        let url = ["--turn-url", "turn:turn.example.org"];
        let turn = |arguments: &[&str]| read(&[&url, arguments].concat()).unwrap().into_config_with(None);
        assert!(turn(&["--turn-secret", ""]).unwrap_err().contains("--turn-secret-file"));
        assert!(turn(&["--turn-secret-file", "/nowhere"]).unwrap_err().contains("/nowhere"));
        assert_eq!(turn(&["--turn-secret", "north"]).unwrap().turn.unwrap().secret, "north");
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "north\n").unwrap();
        let path = file.path().to_str().unwrap();
        assert_eq!(turn(&["--turn-secret-file", path]).unwrap().turn.unwrap().secret, "north");
    }

    #[test]
    fn livekit_needs_all_three_or_none() {
        let all = ["wss://livekit.example.org", "key", "north"];
        let config = |[url, key, secret]: [&str; 3]| {
            let arguments = ["--livekit-url", url, "--livekit-api-key", key];
            read(&arguments).unwrap().into_config_with(Some(secret.to_owned()))
        };
        let livekit = config(all).unwrap().livekit.unwrap();
        assert_eq!([&*livekit.url, &*livekit.api_key, &*livekit.api_secret], all);
        assert!(config(["", "", ""]).unwrap().livekit.is_none());
        for (given, missing) in [
            (["", "key", "north"], "missing: LIVEKIT_URL"),
            (["wss://livekit.example.org", "", "north"], "missing: LIVEKIT_API_KEY"),
            (["wss://livekit.example.org", "key", ""], "missing: LIVEKIT_API_SECRET"),
            (["", "", "north"], "missing: LIVEKIT_URL, LIVEKIT_API_KEY"),
            (["livekit.example.org", "key", "north"], "LIVEKIT_URL must look like"),
        ] {
            let problem = config(given).unwrap_err();
            assert!(problem.contains(missing), "{problem}");
            assert!(!problem.contains("north"), "{problem}");
        }
    }

    #[test]
    fn the_secret_of_livekit_may_be_in_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "north\n").unwrap();
        let path = file.path().to_str().unwrap();
        let all =
            ["--livekit-url", "ws://127.0.0.1:7880", "--livekit-api-key", "key", "--livekit-api-secret-file"];
        let config = read(&[&all[..], &[path]].concat()).unwrap().into_config_with(Some("south".to_owned()));
        assert_eq!(config.unwrap().livekit.unwrap().api_secret, "north");
        let problem = read(&[&all[..], &["/nowhere"]].concat()).unwrap().into_config_with(None).unwrap_err();
        assert!(problem.contains("/nowhere"), "{problem}");
        assert!(read(&["--livekit-api-secret", "north"]).is_err(), "others could see it");
    }
}
