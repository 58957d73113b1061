//! The program `visavis-server`; `--help` lists what it takes.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use visavis_server::{Options, Server};

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    // Logs go to stderr: stdout has one line, for programs that start this one.
    let colours = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_max_level(options.log).with_ansi(colours).with_writer(io::stderr).init();
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
    raise_file_limit(config.limits.max_connections);
    let listen = config.listen;
    // Before the address is printed, so that a signal sent by whoever reads it is not missed.
    let shutdown_signal = shutdown_signal().map_err(|e| format!("cannot watch for signals: {e}"))?;
    let server = Server::bind(config).await.map_err(|e| format!("cannot listen on {listen}: {e}"))?;
    print_line(&format!("listening on http://{}", server.addr()));
    server.run_until(shutdown_signal).await.map_err(|e| e.to_string())
}

/// Every connection is an open file, and many systems allow a program a thousand at first and far more if it asks.
fn raise_file_limit(connections: usize) {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit < connections as u64 => {
            tracing::warn!(limit, connections, "the system allows fewer open files than connections");
        }
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}

/// Prints a line to stdout; a closed stdout is no error.
fn print_line(line: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}

/// Installs handlers for SIGINT and SIGTERM; the future resolves at the first of them.
#[cfg(unix)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Installs handlers for Ctrl-C and Ctrl-Break; the future resolves at the first of them.
#[cfg(windows)]
fn shutdown_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (mut interrupt, mut terminate) = (ctrl_c()?, ctrl_break()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
