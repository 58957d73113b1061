//! The program `visavis-server`; `--help` lists what it takes.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use visavis_server::{Options, Server};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    // Logs go to stderr: stdout has one line, for programs that start this one.
    tracing_subscriber::fmt().with_max_level(options.log).with_writer(std::io::stderr).init();
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("visavis-server: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let config = options.into_config()?;
    let listen = config.listen;
    let server = Server::bind(config).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    announce(&format!("listening on http://{}", server.addr()));
    server.run_until(asked_to_stop()).await.map_err(|e| e.to_string())
}

/// A closed stdout is no reason not to serve.
fn announce(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Resolves at the first SIGINT or SIGTERM. Without a handler (which is hard to imagine) it never resolves, and the
/// signals end the program the hard way.
#[cfg(unix)]
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let wait = |kind| async move {
        match signal(kind) {
            Ok(mut signals) => _ = signals.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::terminate()) => {}
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
