//! The app and its signaling server, for development: rebuilt as somebody edits, in tabs that reload by themselves.

mod https;

use crate::args::Serve;
use crate::page::Profile;
use crate::process::{ProcessGroup, interrupted};
use crate::tools::{self, Need};
use crate::{cargo, page, paths, process};
use anyhow::{Context as _, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};
use walkdir::WalkDir;

const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// What a page asks for again and again while it is developed, to learn that there is a newer one.
const BUILD: &str = "build.txt";
const RELOAD: (&str, &str) = ("reload.js", include_str!("serve/reload.js"));

/// Serves until Ctrl-C, or until the server ends by itself.
pub(crate) fn run(options: &Serve) -> Result<()> {
    ensure_port_is_free(options.listen)?;
    if options.https {
        return https::run(options);
    }
    tools::ensure(Need::Page)?;
    let mut dev = DevServer::open(options.listen)?;
    let mut ticker = Ticker::new(options);
    while ticker.tick() {
        dev.server.ensure_running("the signaling server")?;
        dev.rebuild_on_change()?;
    }
    Ok(())
}

fn ensure_port_is_free(address: SocketAddr) -> Result<()> {
    TcpListener::bind(address).with_context(|| {
        format!("cannot listen on {address}: choose another place with --listen ADDR:PORT")
    })?;
    Ok(())
}

fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on this machine")?;
    Ok(listener.local_addr()?)
}

/// What is compiled for this machine.
pub(crate) struct Programs {
    /// The reference server.
    pub(crate) server: PathBuf,
    /// wasm-bindgen.
    pub(crate) bindgen: PathBuf,
}

/// Builds them.
pub(crate) fn programs() -> Result<Programs> {
    let mut build = cargo::locked("build");
    build.args(["--package", "visavis-server", "--package", page::BINDGEN]);
    process::run(&mut build, BUILD_LIMIT)?;
    Ok(Programs { server: program("visavis-server")?, bindgen: program(page::BINDGEN)? })
}

/// Where Cargo leaves a program of ours that is compiled for this machine.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let debug = paths::target()?.join("debug");
    Ok(debug.join(name).with_extension(std::env::consts::EXE_EXTENSION))
}

/// The running server, the page it hands out, and the source that both were made of.
struct DevServer {
    listen: SocketAddr,
    site: PathBuf,
    server: ProcessGroup,
    /// When the server's program was compiled.
    server_built: Option<SystemTime>,
    /// The newest change of the source that we know of.
    edited: Option<SystemTime>,
    builds: u32,
}

impl DevServer {
    fn open(listen: SocketAddr) -> Result<Self> {
        let site = paths::scratch()?.join("serve");
        if site.exists() {
            std::fs::remove_dir_all(&site).context("cannot remove the page of the last time")?;
        }
        std::fs::create_dir_all(&site).context("cannot create a folder for the page")?;
        let edited = newest_edit();
        println!("\nbuilding the signaling server and the page");
        let programs = programs()?;
        build_page(&programs, &site, 0)?;
        let server_built = modified(&programs.server);
        let server = start_server(&programs, listen, &site)?;
        Ok(Self { listen, site, server, server_built, edited, builds: 0 })
    }

    /// Builds anew what somebody has edited. What does not compile is told by the compiler, and the old goes on.
    fn rebuild_on_change(&mut self) -> Result<()> {
        let edited = newest_edit();
        if edited == self.edited {
            return Ok(());
        }
        self.edited = edited;
        self.builds += 1;
        println!("\nbuilding again");
        let built = programs().and_then(|programs| {
            build_page(&programs, &self.site, self.builds)?;
            Ok(programs)
        });
        match built {
            Ok(programs) if modified(&programs.server) != self.server_built => {
                self.server_built = modified(&programs.server);
                self.server.terminate();
                self.server = start_server(&programs, self.listen, &self.site)?;
            }
            Ok(_) => {}
            Err(error) => eprintln!("\nnot built: {error:#}\nStill serving what was there before."),
        }
        Ok(())
    }
}

fn start_server(programs: &Programs, listen: SocketAddr, site: &Path) -> Result<ProcessGroup> {
    let mut command = Command::new(&programs.server);
    ProcessGroup::spawn(command.arg("--listen").arg(listen.to_string()).arg("--dist").arg(site))
}

/// Builds the page into `site`, with a script in it that reloads it after the next build.
fn build_page(programs: &Programs, site: &Path, builds: u32) -> Result<()> {
    page::build(&programs.bindgen, Profile::Development, site)?;
    let index = site.join("index.html");
    let script = format!("<script type=\"module\" src=\"./{}\"></script>\n  </body>", RELOAD.0);
    let html = paths::read(&index)?.replacen("</body>", &script, 1);
    // The number comes last: who sees it finds everything else in its place.
    for (name, text) in [("index.html", html.as_str()), RELOAD, (BUILD, &builds.to_string())] {
        std::fs::write(site.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// When a file of the page or of the server was last changed.
pub(crate) fn newest_edit() -> Option<SystemTime> {
    let watched = [
        "Cargo.toml",
        "index.html",
        "src",
        "www",
        "crates/app",
        "crates/core",
        "crates/signaling",
        "crates/hub",
        "crates/server",
    ];
    let files = watched.iter().flat_map(|name| WalkDir::new(paths::root().join(name))).flatten();
    files.filter(|entry| entry.file_type().is_file()).filter_map(|entry| modified(entry.path())).max()
}

/// When a file was last changed.
pub(crate) fn modified(file: &Path) -> Option<SystemTime> {
    file.metadata().ok()?.modified().ok()
}

/// Waits a little between two looks, and tells where the page is once it is there.
struct Ticker<'a> {
    options: &'a Serve,
    announced: bool,
}

impl<'a> Ticker<'a> {
    fn new(options: &'a Serve) -> Self {
        Self { options, announced: false }
    }

    /// Whether to go on: not after Ctrl-C.
    fn tick(&mut self) -> bool {
        if interrupted() {
            println!("\nGood bye.");
            return false;
        }
        if !self.announced && is_listening(self.options.listen) {
            announce(self.options);
            self.announced = true;
        }
        std::thread::sleep(POLL_INTERVAL);
        true
    }
}

/// Where to knock: an address that stands for every interface is reached through the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = if listen.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { listen.ip() };
    SocketAddr::new(ip, listen.port())
}

fn is_listening(listen: SocketAddr) -> bool {
    TcpStream::connect_timeout(&reachable(listen), POLL_INTERVAL).is_ok()
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
}
