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
    router: Host,
    /// The two places behind the router, one in each network.
    pub hosts: [Host; 2],
}

/// A machine of its own, as far as its network goes.
#[derive(Debug, Clone)]
pub struct Host {
    namespace: String,
    /// Which network behind the router; the router itself is none.
    number: u8,
}

impl Network {
    /// Makes it. `None`, with a sentence on what is missing, where namespaces cannot be made.
    pub fn new() -> Option<Self> {
        let stem = format!("visavis{}x{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let host = |name: &str, number| Host { namespace: format!("{stem}{name}"), number };
        let network = Self { router: host("r", 0), hosts: [host("a", 1), host("b", 2)] };
        if let Err(error) = network.router.make() {
            tools::skip(&format!(
                "no network namespaces here (they need root and the `ip` command): {error}"
            ));
            return None;
        }
        network.configure();
        Some(network)
    }

    fn configure(&self) {
        self.router.ip(&format!("addr add {SERVER}/32 dev lo"));
        for host in &self.hosts {
            host.make().expect("a second namespace can be made");
            let (inside, outside) = ("out", format!("to{}", host.number));
            self.router
                .ip(&format!("link add {outside} type veth peer name {inside} netns {}", host.namespace));
            self.router.ip(&format!("addr add {}/24 dev {outside}", host.gateway()));
            self.router.ip(&format!("link set {outside} up"));
            host.ip(&format!("addr add {}/24 dev {inside}", host.address(2)));
            host.ip(&format!("link set {inside} up"));
            host.ip(&format!("route add default via {}", host.gateway()));
        }
        self.restore();
    }

    /// Where the signaling server belongs: it is in reach of both, whatever is cut.
    pub fn router(&self) -> &Host {
        &self.router
    }

    /// From now on nothing passes between the two networks, and nobody is told.
    pub fn cut(&self) {
        self.set_forwarding(false);
    }

    /// Gives the path back.
    pub fn restore(&self) {
        self.set_forwarding(true);
    }

    /// From now on no more than so many kbit/s reach either of the two networks, and what has to wait for 300 ms is dropped, as
    /// by the routers of homes.
    pub fn limit(&self, kilobits: u32) {
        for host in &self.hosts {
            let link = format!("tc qdisc replace dev to{} root tbf rate {kilobits}kbit", host.number);
            let words: Vec<&str> = link.split(' ').chain(["burst", "4kb", "latency", "300ms"]).collect();
            self.router.execute(&words).expect("a link can be limited");
        }
    }

    /// Whatever is sent passes again.
    pub fn lift_limit(&self) {
        for host in &self.hosts {
            let link = format!("to{}", host.number);
            let done = self.router.execute(&["tc", "qdisc", "del", "dev", &link, "root"]);
            done.expect("what was limited can be as before");
        }
    }

    /// From now on so many in a hundred packets between the two networks are lost, in no order. `false`, with a sentence on what
    /// is missing, where nothing can do that.
    pub fn lose(&self, percent: u8) -> bool {
        let rule = format!("numgen random mod 100 < {percent} drop");
        let chain = "chain forward { type filter hook forward priority 0; ";
        let done = self.router.execute(&["nft", &format!("table ip loss {{ {chain}{rule}; }}; }}")]);
        if let Err(error) = &done {
            tools::skip(&format!("no packet can be lost here (it needs the `nft` command): {error}"));
        }
        done.is_ok()
    }

    /// Nothing is lost any more.
    pub fn lose_nothing(&self) {
        self.router.execute(&["nft", "delete table ip loss"]).expect("what was added can be removed");
    }

    fn set_forwarding(&self, on: bool) {
        let text = if on { "1" } else { "0" };
        // What is written to /proc/sys/net counts for the namespace of the thread that opens the file.
        self.router
            .run_in_namespace(move || std::fs::write("/proc/sys/net/ipv4/ip_forward", text))
            .expect("a router can be told to route");
    }
}

impl Host {
    /// The address of the signaling server, as seen from every place.
    pub const SERVER: Ipv4Addr = SERVER;

    /// Moves to another address, as a telephone does that changes its network.
    pub fn change_address(&self) {
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
    pub fn forward_port(&self, port: u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free outside, too");
        let host = self.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let host = host.clone();
                thread::spawn(move || host.proxy(stream, port));
            }
        });
    }

    fn proxy(&self, outside: TcpStream, port: u16) -> io::Result<()> {
        let inside = self.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let (mut from, mut to) = (outside.try_clone()?, inside.try_clone()?);
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Write);
        });
        let (mut from, mut to) = (inside, outside);
        let _ = io::copy(&mut from, &mut to);
        to.shutdown(Shutdown::Write)
    }

    /// A connection from this place. Whoever has it may be elsewhere.
    pub(crate) fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.run_in_namespace(move || TcpStream::connect(address))
    }

    /// Does something on a thread that stands in this place.
    fn run_in_namespace<T: Send + 'static>(
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

    /// What the machine calls it.
    pub(crate) fn name(&self) -> &str {
        &self.namespace
    }

    /// Its first address.
    pub fn first_address(&self) -> Ipv4Addr {
        self.address(2)
    }

    fn address(&self, number: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, self.number, number)
    }

    fn gateway(&self) -> Ipv4Addr {
        self.address(1)
    }

    fn make(&self) -> io::Result<()> {
        run(&["netns", "add", &self.namespace])?;
        // An address for IPv6 comes by itself, a second or two after a device is up; and with each address that comes
        // Chromium ends all requests that are on their way (ERR_NETWORK_CHANGED).
        let _ = self.run_in_namespace(|| std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1"));
        run(&["-n", &self.namespace, "link", "set", "lo", "up"])
    }

    fn ip(&self, words: &str) {
        let words: Vec<&str> = ["-n", &self.namespace].into_iter().chain(words.split(' ')).collect();
        run(&words).unwrap_or_else(|error| panic!("ip {}: {error}", words.join(" ")));
    }

    fn execute(&self, words: &[&str]) -> io::Result<()> {
        run(&[&["netns", "exec", &self.namespace], words].concat())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for host in self.hosts.iter().chain([&self.router]) {
            let _ = run(&["netns", "del", &host.namespace]);
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
