//! The program, as `xtask` and people start it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio_tungstenite::connect_async;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_visavis-server"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
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
async fn says_where_it_listens_and_ends_when_asked() {
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
    ] {
        let mut started = Started(program().args(arguments).spawn().unwrap());
        let mut text = String::new();
        started.0.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(!started.0.wait().unwrap().success());
        assert!(text.contains(word), "{text}");
    }
}
