//! The app and its signaling server side by side, for development.

use crate::args::Serve;
use crate::process::{Group, interrupted};
use crate::tools::{self, Need, Toolbox};
use crate::{paths, process};
use anyhow::{Context as _, Result, bail};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What Trunk.toml proxies to, replaced by a port that is free.
const PLAIN_BACKEND: &str = "127.0.0.1:8081";
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);
const TICK: Duration = Duration::from_millis(200);

/// Serves until Ctrl-C, or until one of the two ends by itself.
pub(crate) fn run(options: &Serve) -> Result<()> {
    let toolbox = tools::ensure(Need::Serve)?;
    free(options.listen)?;
    let backend = free_port()?;
    let mut server = start_server(backend)?;
    let mut page = start_trunk(&toolbox, options, backend)?;
    let mut announced = false;
    while !interrupted() {
        if let Some(status) = server.finished()? {
            bail!("the signaling server ended ({status})");
        }
        if let Some(status) = page.finished()? {
            bail!("trunk ended ({status})");
        }
        if !announced && answers(options.listen) {
            announce(options);
            announced = true;
        }
        std::thread::sleep(TICK);
    }
    println!("\nGood bye.");
    Ok(())
}

fn free(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}: choose another place with --listen ADDR:PORT")
    })?;
    Ok(())
}

fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on this machine")?;
    Ok(listener.local_addr()?)
}

fn start_server(backend: SocketAddr) -> Result<Group> {
    println!("\nbuilding the signaling server");
    Group::spawn(Command::new(server_program()?).arg("--listen").arg(backend.to_string()))
}

/// Builds the reference server and says where it is.
pub(crate) fn server_program() -> Result<PathBuf> {
    let mut build = Command::new("cargo");
    process::run(build.args(["build", "-p", "visavis-server"]).current_dir(paths::root()), BUILD_LIMIT)?;
    let name = format!("visavis-server{}", std::env::consts::EXE_SUFFIX);
    Ok(paths::target()?.join("debug").join(name))
}

fn start_trunk(toolbox: &Toolbox, options: &Serve, backend: SocketAddr) -> Result<Group> {
    println!("building the page");
    let scratch = paths::scratch()?;
    let mut command = toolbox.command("trunk");
    command.arg("serve").arg("--config").arg(write_config(&scratch, backend)?);
    // Not into dist/: what lies there is the optimised bundle.
    command.arg("--dist").arg(scratch.join("serve"));
    command.args([
        "--address",
        &options.listen.ip().to_string(),
        "--port",
        &options.listen.port().to_string(),
    ]);
    if options.https {
        let (key, certificate) = certificate(&scratch)?;
        command.arg("--tls-key-path").arg(key).arg("--tls-cert-path").arg(certificate);
    }
    Group::spawn(command.current_dir(paths::root()))
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

/// Where to knock: an address that stands for every interface is reached through the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = if listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

fn answers(listen: SocketAddr) -> bool {
    TcpStream::connect_timeout(&reachable(listen), TICK).is_ok()
}

fn announce(options: &Serve) {
    let scheme = if options.https { "https" } else { "http" };
    println!("\n  Visavis is at   {scheme}://{}/", reachable(options.listen));
    println!("  Open it in two tabs and join the same room. Ctrl-C ends it.\n");
    if !options.listen.ip().is_loopback() && !options.https {
        println!(
            "  Browsers give the camera only to https or this very machine: add --https for other machines.\n"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interface_is_reached_through_the_loopback_one() {
        let anywhere = SocketAddr::from(([0, 0, 0, 0], 8080));
        assert_eq!(reachable(anywhere), SocketAddr::from(([127, 0, 0, 1], 8080)));
    }

    #[test]
    fn the_config_of_trunk_is_what_the_copy_expects() {
        let plain = paths::read(&paths::root().join("Trunk.toml")).unwrap();
        assert!(plain.contains(&format!("ws://{PLAIN_BACKEND}/ws")));
    }
}
