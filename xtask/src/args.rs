//! What can be asked for. Apart from the rest, so that `tidy` can check the commands our documents show.

use crate::tools::Need;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The whole command line.
#[derive(clap::Parser, Debug)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    about = "Every chore of Visavis. New here? `cargo xtask serve`, then open the address it prints in two tabs.",
    after_help = "Tools are installed once, for you alone, under ~/.cache/visavis/tools at pinned versions.\n\
                  Browsers and drivers come from PATH or the package manager; CHROME, CHROMEDRIVER, FIREFOX\n\
                  and GECKODRIVER name others."
)]
pub(crate) struct Cli {
    /// The chore.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One chore.
#[derive(clap::Subcommand, Debug)]
pub(crate) enum Command {
    /// Install what is missing (the other commands do this by themselves, for what they need)
    Setup(Setup),
    /// Build, watch and serve the app together with its signaling server
    Serve(Serve),
    /// Run the tests: unit and simulation, headless Chrome and Firefox, end to end
    Test(Test),
    /// Run what takes hours: long end-to-end tests, a million seeds, the fuzzers, the server under load
    Soak(Soak),
    /// Run everything that must hold before a change is merged: format, lints, docs, tidy, deny, every test, size
    Ci,
    /// Check the rules of the house: dependency arrows, sizes, forbidden words, documents
    Tidy,
    /// Check what we depend on: licences, sources, bans and known vulnerabilities (cargo-deny)
    Deny,
    /// Measure what a person waits for, beside plain JavaScript and what else there is (docs/performance.md)
    Bench(Bench),
    /// Take the pictures of docs/gallery.md: every screen in every browser, in all sizes and colours
    Gallery(Gallery),
    /// Build the optimised bundle in dist/, with .br and .gz beside each file
    Dist,
    /// List every byte of dist/ (built first if absent); fails over the budget
    Size(Size),
    /// Run the simulation for many seeds, or replay one with its trace
    Sim(Sim),
    /// Run a report that a page has saved through the core: whether it decides the same today
    Replay(Replay),
    /// Run the fuzzers: every decoder, every dialect, the server's rooms, a room as a whole
    Fuzz(Fuzz),
}

/// Options of `setup`.
#[derive(clap::Args, Debug)]
pub(crate) struct Setup {
    /// Only what this command needs
    #[arg(long = "for", value_name = "COMMAND", default_value = "test")]
    pub(crate) purpose: SetupFor,
}

impl Setup {
    /// The tools that were asked for.
    pub(crate) fn need(&self) -> Need {
        match self.purpose {
            SetupFor::Serve => Need::Page,
            SetupFor::Dist => Need::Dist,
            SetupFor::Test => Need::E2e,
            SetupFor::Ci => Need::Ci,
        }
    }
}

/// What the tools are wanted for.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum SetupFor {
    /// the wasm target
    Serve,
    /// the same, wasm-opt and terser
    Dist,
    /// the same, wasm-bindgen's test runner, browsers with their drivers, and other people's servers
    Test,
    /// the same, Trunk and cargo-deny
    Ci,
}

/// Options of `serve`.
#[derive(clap::Args, Debug)]
pub(crate) struct Serve {
    /// Where the page is to be found
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Serve over TLS with a self-signed certificate, so that other machines may use their cameras
    #[arg(long)]
    pub(crate) https: bool,
}

/// Options of `test`.
#[derive(clap::Args, Debug)]
pub(crate) struct Test {
    /// Only this kind of test
    #[arg(long, value_name = "KIND")]
    pub(crate) only: Option<TestKind>,
    /// Only tests whose name contains this, long ones too
    pub(crate) filter: Option<String>,
}

/// Options of `soak`.
#[derive(clap::Args, Debug)]
pub(crate) struct Soak {
    /// Only this part
    #[arg(long, value_name = "PART")]
    pub(crate) only: Option<SoakPart>,
    /// How many seeds the simulation runs
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) seeds: u64,
    /// The first of them
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) from: u64,
    /// How long each of the fuzzers runs
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub(crate) minutes: u64,
    /// How many people the server is loaded with, ten in a room
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) people: u32,
}

/// The parts of `soak`, in the order they run.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoakPart {
    /// the long end-to-end tests
    Scenes,
    /// the simulation
    Seeds,
    /// every fuzzer
    Fuzzers,
    /// the server under load
    Load,
}

/// The kinds of tests, in the order they run.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestKind {
    /// on this machine: unit, transcripts, simulation, server
    Unit,
    /// in one page of headless Chrome, then Firefox
    Browser,
    /// several browsers against the built bundle and the real server
    E2e,
}

/// Options of `bench`. The program behind it (tests/bench) knows the names of measures and clients.
#[derive(clap::Args, Debug)]
pub(crate) struct Bench {
    /// For every day, in under three minutes: the warm join without delay and with 50 ms, ours and plain JavaScript
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these measures: warm, cold, large, mesh, cpu, hidden, leaks, bytes
    #[arg(long, value_name = "MEASURE,...", conflicts_with = "quick")]
    pub(crate) only: Option<String>,
    /// Only these clients, beside plain JavaScript: ours, plain-early, simple-peer, peerjs, livekit
    #[arg(long, value_name = "CLIENT,...")]
    pub(crate) clients: Option<String>,
    /// How many rounds; in each, every client has its turn
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u32>,
    /// Another build of ours (its dist/) as one more client
    #[arg(long, value_name = "DIR")]
    pub(crate) against: Option<PathBuf>,
    /// Write the tables into the documents that show them
    #[arg(long, conflicts_with = "quick")]
    pub(crate) write: bool,
}

/// Options of `gallery`.
#[derive(clap::Args, Debug)]
pub(crate) struct Gallery {
    /// Only these browsers
    pub(crate) browsers: Vec<GalleryBrowser>,
}

/// The browsers that pictures are taken in.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub(crate) enum GalleryBrowser {
    /// every screen
    Chromium,
    /// every screen
    Firefox,
    /// what it has without connections
    Webkitgtk,
}

impl GalleryBrowser {
    /// What it is called in the names of pictures.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::Webkitgtk => "webkitgtk",
        }
    }
}

/// Options of `size`.
#[derive(clap::Args, Debug)]
pub(crate) struct Size {
    /// Write the figures into the documents that name them
    #[arg(long)]
    pub(crate) write: bool,
}

/// Options of `sim`.
#[derive(clap::Args, Debug)]
pub(crate) struct Sim {
    /// How many seeds to run
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) seeds: u64,
    /// The first of them
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) from: u64,
    /// Replay this one seed and print its trace
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
}

/// Options of `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct Replay {
    /// The report (`visavis-report.json`)
    pub(crate) file: PathBuf,
}

/// Options of `fuzz`.
#[derive(clap::Args, Debug)]
pub(crate) struct Fuzz {
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) minutes: u64,
    /// Instead, add what was learnt to the corpus in the repository, as little as will do
    #[arg(long)]
    pub(crate) keep: bool,
    /// Only this target: decoders, dialects, hub or room
    pub(crate) target: Option<String>,
}
