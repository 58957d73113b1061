//! Every chore of the project, so that nobody has to remember a command line. `cargo xtask --help` lists them.

mod args;
mod bench;
mod cargo;
mod ci;
mod compare_trunk;
mod compress;
mod deny;
mod dist;
mod fuzz;
mod gallery;
mod page;
mod paths;
mod process;
mod serve;
mod sim;
mod size;
mod soak;
mod steps;
mod test;
mod tidy;
mod tools;

use anyhow::Result;
use args::{Cli, Command};
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match process::watch_for_ctrl_c().and_then(|()| run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nxtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Setup(options) => tools::setup(options.need()),
        Command::Serve(options) => serve::run(&options),
        Command::Test(options) => test::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Deny => deny::run(),
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Gallery(options) => gallery::run(&options),
        Command::Dist => dist::run(),
        Command::Size(options) => size::run(&options),
        Command::Sim(options) => sim::run(&options),
        Command::Replay(options) => sim::replay(&options),
        Command::Fuzz(options) => fuzz::run(&options),
    }
}
