//! Two networks and a router between them, made of network namespaces: a media path that can be cut and given back while
//! the signaling server, which lives on the router, stays in reach.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::tools;

/// Where the signaling server listens, on the router.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// Namespaces belong to the machine: every network of every run has names of its own.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A router with two networks behind it. Dropping it takes everything away.
#[derive(Debug)]
pub struct Network {
    router: Place,
    /// The two places behind the router, one in each network.
    pub places: [Place; 2],
}

/// A machine of its own, as far as its network goes.
#[derive(Debug, Clone)]
pub struct Place {
    namespace: String,
    /// Which network behind the router; the router itself is none.
    number: u8,
}

impl Network {
    /// Makes it. `None`, with a sentence on what is missing, where namespaces cannot be made.
    pub fn new() -> Option<Self> {
        let stem = format!("visavis{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let place = |name: &str, number| Place { namespace: format!("{stem}{name}"), number };
        let network = Self { router: place("r", 0), places: [place("a", 1), place("b", 2)] };
        if let Err(error) = network.router.make() {
            tools::skip(&format!(
                "no network namespaces here (they need root and the `ip` command): {error}"
            ));
            return None;
        }
        network.furnish();
        Some(network)
    }

    fn furnish(&self) {
        self.router.ip(&format!("addr add {SERVER}/32 dev lo"));
        for place in &self.places {
            place.make().expect("a second namespace can be made");
            let (inside, outside) = ("out", format!("to{}", place.number));
            self.router
                .ip(&format!("link add {outside} type veth peer name {inside} netns {}", place.namespace));
            self.router.ip(&format!("addr add {}/24 dev {outside}", place.gateway()));
            self.router.ip(&format!("link set {outside} up"));
            place.ip(&format!("addr add {}/24 dev {inside}", place.address(2)));
            place.ip(&format!("link set {inside} up"));
            place.ip(&format!("route add default via {}", place.gateway()));
        }
        self.mend();
    }

    /// Where the signaling server belongs: it is in reach of both, whatever is cut.
    pub fn router(&self) -> &Place {
        &self.router
    }

    /// From now on nothing passes between the two networks, and nobody is told.
    pub fn cut(&self) {
        self.forward(false);
    }

    /// Gives the path back.
    pub fn mend(&self) {
        self.forward(true);
    }

    fn forward(&self, on: bool) {
        let text = if on { "1" } else { "0" };
        // What is written to /proc/sys/net counts for the namespace of the thread that opens the file.
        self.router
            .enter(move || std::fs::write("/proc/sys/net/ipv4/ip_forward", text))
            .expect("a router can be told to route");
    }
}

impl Place {
    /// The address of the signaling server, as seen from every place.
    pub const SERVER: Ipv4Addr = SERVER;

    /// Moves to another address, as a telephone does that changes its network.
    pub fn move_away(&self) {
        // The routes go with the address.
        self.ip(&format!("addr del {}/24 dev out", self.address(2)));
        self.ip(&format!("addr add {}/24 dev out", self.address(3)));
        self.ip(&format!("route add default via {}", self.gateway()));
    }

    /// The program and arguments that run a command here.
    pub fn command(&self, program: &str, args: &[String]) -> (String, Vec<String>) {
        let mut all = ["netns", "exec", &self.namespace, program].map(str::to_owned).to_vec();
        all.extend_from_slice(args);
        ("ip".to_owned(), all)
    }

    /// Makes a port of this place's own loopback the same port of the machine's, for as long as the test runs. (The same,
    /// because a driver looks at the name it is called by.)
    pub fn lead_out(&self, port: u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free outside, too");
        let place = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let place = place.clone();
                thread::spawn(move || place.carry(stream, port));
            }
        });
    }

    fn carry(&self, outside: TcpStream, port: u16) -> io::Result<()> {
        let inside = self.enter(move || TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))))?;
        let (mut from, mut to) = (outside.try_clone()?, inside.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let (mut from, mut to) = (inside, outside);
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    }

    /// Does something on a thread that stands in this place.
    fn enter<T: Send + 'static>(
        &self,
        act: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let namespace = File::open(format!("/run/netns/{}", self.namespace))?;
        let thread = thread::spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            act()
        });
        thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread in another namespace panicked")))
    }

    fn address(&self, host: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, self.number, host)
    }

    fn gateway(&self) -> Ipv4Addr {
        self.address(1)
    }

    fn make(&self) -> io::Result<()> {
        run(&["netns", "add", &self.namespace])?;
        run(&["-n", &self.namespace, "link", "set", "lo", "up"])
    }

    fn ip(&self, words: &str) {
        let words: Vec<&str> = ["-n", &self.namespace].into_iter().chain(words.split(' ')).collect();
        run(&words).unwrap_or_else(|error| panic!("ip {}: {error}", words.join(" ")));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for place in self.places.iter().chain([&self.router]) {
            let _ = run(&["netns", "del", &place.namespace]);
        }
    }
}

fn run(words: &[&str]) -> io::Result<()> {
    let done = Command::new("ip").args(words).output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&done.stderr).trim().to_owned()))
}
