//! What a person waits for, measured beside what they would take instead. Builds what is measured; `tests/bench` measures.

use crate::args::Bench;
use crate::process::ProcessGroup;
use crate::tools::{self, Browsers, Need, Toolbox};
use crate::{cargo, dist, paths, process, serve};
use anyhow::{Context as _, Result, ensure};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

const PROGRAM: &str = "visavis-bench";
const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);
/// All measures of all clients take two hours.
const LIMIT: Duration = Duration::from_secs(5 * 60 * 60);

/// The `bench` command.
pub(crate) fn run(options: &Bench) -> Result<()> {
    let toolbox = tools::ensure(Need::E2e)?;
    let browsers = toolbox.browsers.as_ref().context("there is no browser")?;
    build_bundle(&toolbox)?;
    let server = build_server()?;
    process::run(cargo::locked("build").args(["--package", PROGRAM]), BUILD_LIMIT)?;
    let mut command = Command::new(serve::program(PROGRAM)?);
    add_options(&mut command, options)?;
    set_tool_paths(&mut command, &toolbox, browsers)?;
    command.env("VISAVIS_SERVER", server);
    let status = ProcessGroup::spawn(&mut command)?.wait(LIMIT);
    process::terminate_orphans();
    ensure!(status?.success(), "the bench did not come to its end");
    Ok(())
}

/// Builds dist/ unless it is newer than all that it is made of: a daily run should not take minutes before it begins, and an
/// old bundle must not be measured for a new one.
pub(crate) fn build_bundle(toolbox: &Toolbox) -> Result<()> {
    let built = serve::modified(&paths::dist().join("index.html"));
    if built.is_some() && built > serve::newest_edit() { Ok(()) } else { dist::build(toolbox) }
}

/// The server as people run it.
fn build_server() -> Result<PathBuf> {
    let mut build = cargo::locked("build");
    process::run(build.args(["--release", "--package", "visavis-server"]), BUILD_LIMIT)?;
    Ok(paths::target()?.join("release/visavis-server").with_extension(std::env::consts::EXE_EXTENSION))
}

fn add_options(command: &mut Command, options: &Bench) -> Result<()> {
    let Bench { quick, only, clients, runs, against, write } = options;
    for (flag, wanted) in [("--quick", quick), ("--write", write)] {
        command.args(wanted.then_some(flag));
    }
    let runs = runs.map(|runs| runs.to_string());
    for (flag, value) in [("--only", only), ("--clients", clients), ("--runs", &runs)] {
        command.args(value.iter().flat_map(|value| [flag, value.as_str()]));
    }
    if let Some(folder) = against {
        ensure!(folder.join("index.html").is_file(), "there is no bundle in {}", folder.display());
        command.arg("--against").arg(folder);
    }
    Ok(())
}

/// Tells the bench where everything is.
fn set_tool_paths(command: &mut Command, toolbox: &Toolbox, browsers: &Browsers) -> Result<()> {
    command.env("VISAVIS_DIST", paths::dist()).env("VISAVIS_BENCH", paths::target()?.join("bench"));
    command.env("CHROMEDRIVER", &browsers.chromedriver).env("CHROME", &browsers.chrome);
    if let Some(foreign) = &toolbox.foreign {
        command.env("VISAVIS_PACKAGES", &foreign.packages);
        command.envs(foreign.livekit.iter().map(|server| ("LIVEKIT_SERVER", server)));
    }
    Ok(())
}
