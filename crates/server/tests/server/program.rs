//! The program, as `xtask` and people start it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::connect_async;
use tungstenite::Message;

use crate::support::{get, identity, join, request};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visavis-server"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Whatever the environment of the tests holds.
    command.env_remove("LIVEKIT_URL").env_remove("LIVEKIT_API_KEY").env_remove("LIVEKIT_API_SECRET");
    command
}

/// Ends the program with the test, whatever the test does.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn prints_its_address_and_stops_on_a_signal() {
    for signal in ["INT", "TERM"] {
        let mut started =
            Started(program().args(["--listen", "127.0.0.1:0", "--log", "off"]).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(started.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.strip_prefix("listening on http://").unwrap().trim_end();
        let addr: SocketAddr = addr.parse().unwrap();
        // A client that never answers the goodbye.
        let _rude = connect_async(format!("ws://{addr}/ws")).await.unwrap();

        let asked = Instant::now();
        // The shell's own `kill`: not every machine has the program.
        let ask = format!("kill -s {signal} {}", started.0.id());
        assert!(Command::new("sh").args(["-c", &ask]).status().unwrap().success());
        let status = tokio::task::spawn_blocking(move || started.0.wait().unwrap()).await.unwrap();
        assert!(status.success(), "{signal}: {status}");
        // It takes one second and a half at most; a busy machine may take its time to tell us.
        assert!(asked.elapsed() < Duration::from_secs(5), "{signal}: {:?}", asked.elapsed());
    }
}

#[test]
fn one_sentence_says_why_it_does_not_start() {
    for (arguments, word) in [
        (["--listen", "192.0.2.1:1"], "cannot listen on 192.0.2.1:1"),
        (["--dist", "/nowhere"], "no index.html in /nowhere"),
        (["--capacity", "0"], "--capacity"),
        (["--ice-url", "stun://stun.example.org"], "--ice-url"),
        (["--turn-url", "turn:turn.example.org:99999"], "\"99999\" is no port"),
        (["--trusted-proxy", "proxy.example.org"], "--trusted-proxy"),
    ] {
        let text = complaint_of(program().args(arguments));
        assert!(text.contains(word), "{text}");
    }
}

/// What it writes when it does not start.
fn complaint_of(command: &mut Command) -> String {
    let mut started = Started(command.spawn().unwrap());
    let mut text = String::new();
    started.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(!started.0.wait().unwrap().success(), "{text}");
    text
}

const LIVEKIT: [(&str, &str); 3] = [
    ("LIVEKIT_URL", "wss://livekit.example.org"),
    ("LIVEKIT_API_KEY", "the key"),
    ("LIVEKIT_API_SECRET", "the secret of the key"),
];

#[test]
fn tokens_for_livekit_need_all_three_variables() {
    for (missing, _) in LIVEKIT {
        let given = LIVEKIT.into_iter().filter(|(name, _)| *name != missing);
        let text = complaint_of(program().args(["--listen", "127.0.0.1:0"]).envs(given));
        assert!(text.contains(&format!("missing: {missing}\n")), "{text}");
        assert!(!text.contains("the secret of the key"), "{text}");
    }
    let text = complaint_of(program().envs(LIVEKIT).env("LIVEKIT_URL", "livekit.example.org"));
    assert!(text.contains("LIVEKIT_URL must look like wss://HOST"), "{text}");
}

/// Starts it, lets `visit` do something to it, ends it, and gives what it wrote to its log.
async fn log_of(arguments: &[&str], visit: impl AsyncFnOnce(SocketAddr)) -> String {
    log_of_command(program().args(arguments), visit).await
}

async fn log_of_command(command: &mut Command, visit: impl AsyncFnOnce(SocketAddr)) -> String {
    let mut started = Started(command.args(["--listen", "127.0.0.1:0"]).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(started.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addr = line.strip_prefix("listening on http://").unwrap().trim_end().parse().unwrap();
    visit(addr).await;
    started.0.kill().unwrap();
    let mut log = String::new();
    started.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    log
}

#[tokio::test]
async fn a_proxy_that_nobody_trusts_is_spoken_of_once_with_the_option_to_add() {
    let forwarded = async |addr| {
        for _ in 0..3 {
            get(addr, "/healthz", "x-forwarded-for: 198.18.0.1\r\n").await;
        }
    };
    let log = log_of(&[], forwarded).await;
    assert_eq!(log.matches("--trusted-proxy 127.0.0.1").count(), 1, "{log}");
    let log = log_of(&["--trusted-proxy", "127.0.0.0/8"], forwarded).await;
    assert_eq!(log.matches("proxy").count(), 0, "{log}");
    let silent = async |addr| drop(get(addr, "/healthz", "").await);
    let log = log_of(&["--trusted-proxy", "127.0.0.1"], silent).await;
    assert_eq!(log.matches("the trusted proxy 127.0.0.1 does not say").count(), 1, "{log}");
}

#[tokio::test]
async fn refusals_are_in_the_log() {
    let crowd = async |addr| {
        let url = format!("ws://{addr}/ws");
        let (mut ann, _) = connect_async(&url).await.unwrap();
        ann.send(Message::text(join("r", 'a').to_string())).await.unwrap();
        ann.next().await.unwrap().unwrap();
        for _ in 0..20 {
            let (mut bob, _) = connect_async(&url).await.unwrap();
            bob.send(Message::text(join("r", 'b').to_string())).await.unwrap();
            bob.next().await.unwrap().unwrap();
        }
    };
    let log = log_of(&["--capacity", "1"], crowd).await;
    let lines = log.lines().filter(|line| line.contains("INFO") && line.contains("room-full"));
    let lines = lines.filter(|line| line.contains("127.0.0.1")).count();
    assert!((10..15).contains(&lines), "one for each, but no flood: {log}");
}

/// Whoever runs a server shall find out why people are not let in, whatever refuses them.
#[tokio::test]
async fn every_kind_of_refusal_is_in_the_log() {
    let strangers = async |addr| {
        let upgrade = "connection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\norigin: https://elsewhere.example\r\n";
        assert_eq!(get(addr, "/ws", upgrade).await.status, 403);
        let url = format!("ws://{addr}/ws");
        let (mut only, _) = connect_async(&url).await.unwrap();
        for _ in 0..2 {
            only.send(Message::text(r#"{"type":"check"}"#)).await.unwrap();
            only.next().await.unwrap().unwrap();
        }
        let mut told = Vec::new();
        while let Ok(client) = connect_async(&url).await {
            told.push(client);
            assert!(told.len() < 1000, "all of them are told so");
        }
        let mut half_open = Vec::new();
        for _ in 0..200 {
            half_open.push(TcpStream::connect(addr).await.unwrap());
        }
        // It comes after all of them.
        assert_eq!(get(addr, "/healthz", "").await.status, 200);
    };
    let options = ["--max-connections-per-ip", "1", "--allowed-origin", "https://here.example"];
    let log = log_of(&options, strangers).await;
    for reason in ["origin", "check", "rate-limited", "connections", "http-connections"] {
        let named = format!("reason=\"{reason}\"");
        let lines = log.lines().filter(|line| line.contains("INFO") && line.contains(&named));
        let lines = lines.filter(|line| line.contains("127.0.0.1")).count();
        assert!((1..=15).contains(&lines), "{reason}: {lines} lines in {log}");
    }
}

/// With everything in the log, and with every way of being refused.
#[tokio::test]
async fn no_secret_is_in_the_log_or_in_an_answer() {
    let mut answers = String::new();
    let ask = async |addr| {
        let own = format!("authorization: Bearer {}\r\n", identity('a'));
        let foreign = format!("{own}origin: https://elsewhere.example\r\n");
        let short = "authorization: Bearer sesame\r\n".to_owned();
        let body = r#"{"room_name":"tea","participant_name":"Ann"}"#;
        for (headers, body, status) in
            [(&own, body, 200), (&own, "{", 400), (&short, body, 400), (&foreign, body, 403)]
        {
            let headers = format!("{headers}content-length: {}\r\n", body.len());
            let answer = request(addr, "POST", "/token", &headers, body.as_bytes()).await;
            assert_eq!(answer.status, status, "{}", answer.body);
            answers += answer.head();
            answers += &answer.body;
        }
    };
    let options = ["--log", "trace", "--allowed-origin", "https://here.example"];
    let log = log_of_command(program().args(options).envs(LIVEKIT), ask).await;
    assert!(log.contains("reason=\"origin\""), "{log}");
    for secret in ["the secret of the key", &*identity('a'), "sesame"] {
        assert!(!log.contains(secret), "{log}");
        assert!(!answers.contains(secret), "{answers}");
    }
    let help = program().arg("--help").envs(LIVEKIT).output().unwrap();
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("LIVEKIT_API_SECRET"), "{help}");
    assert!(!help.contains("the secret of the key"), "{help}");
}
