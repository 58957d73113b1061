//! The page over TLS, for other machines: browsers give them the camera only then. Here Trunk serves it, which takes
//! minutes to compile, and only whoever asks for this waits for it.

use super::{Ticker, free_port, programs};
use crate::args::Serve;
use crate::process::ProcessGroup;
use crate::tools::{self, Toolbox};
use crate::{paths, process};
use anyhow::{Context as _, Result};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What Trunk.toml proxies to, replaced by a port that is free.
const PLAIN_BACKEND: &str = "127.0.0.1:8081";

/// Serves until Ctrl-C, or until one of the two ends by itself.
pub(super) fn run(options: &Serve) -> Result<()> {
    let toolbox = tools::trunk()?;
    let backend = free_port()?;
    let mut server =
        ProcessGroup::spawn(Command::new(programs()?.server).arg("--listen").arg(backend.to_string()))?;
    let mut page = start_trunk(&toolbox, options, backend)?;
    let mut ticker = Ticker::new(options);
    while ticker.tick() {
        server.ensure_running("the signaling server")?;
        page.ensure_running("trunk")?;
    }
    Ok(())
}

fn start_trunk(toolbox: &Toolbox, options: &Serve, backend: SocketAddr) -> Result<ProcessGroup> {
    println!("building the page");
    let scratch = paths::scratch()?;
    let (key, certificate) = certificate(&scratch)?;
    let mut command = toolbox.command("trunk");
    command.arg("serve").arg("--config").arg(write_config(&scratch, backend)?);
    // Not into dist/: what lies there is the optimised bundle.
    command.arg("--dist").arg(scratch.join("serve-https"));
    command.args(["--address", &options.listen.ip().to_string()]);
    command.args(["--port", &options.listen.port().to_string()]);
    command.arg("--tls-key-path").arg(key).arg("--tls-cert-path").arg(certificate);
    ProcessGroup::spawn(command.current_dir(paths::root()))
}

/// A copy of Trunk.toml that proxies to our own server. It lies elsewhere, so its paths become absolute.
fn write_config(scratch: &Path, backend: SocketAddr) -> Result<PathBuf> {
    let here = format!("\"{}/", paths::root().display());
    let plain = paths::read(&paths::root().join("Trunk.toml"))?;
    let own = plain.replace("\"./", &here).replace(PLAIN_BACKEND, &backend.to_string());
    let file = scratch.join("Trunk.toml");
    std::fs::write(&file, own).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

/// A self-signed key and certificate, made once. Browsers warn about it, and then allow the camera.
fn certificate(scratch: &Path) -> Result<(PathBuf, PathBuf)> {
    let (key, certificate) = (scratch.join("key.pem"), scratch.join("certificate.pem"));
    if !certificate.exists() {
        let mut command = Command::new("openssl");
        command.args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "365",
            "-subj",
            "/CN=visavis",
        ]);
        command.arg("-keyout").arg(&key).arg("-out").arg(&certificate);
        process::run(&mut command, Duration::from_secs(60)).context("--https needs the openssl command")?;
    }
    Ok((key, certificate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_of_trunk_is_what_the_copy_expects() {
        let plain = paths::read(&paths::root().join("Trunk.toml")).unwrap();
        assert!(plain.contains(&format!("ws://{PLAIN_BACKEND}/ws")));
    }
}
