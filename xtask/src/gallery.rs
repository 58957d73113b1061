//! Pictures of every screen. Builds what is shown; an example of `tests/e2e` looks at it.

use crate::args::Gallery;
use crate::process::{self, ProcessGroup};
use crate::tools::{self, Need};
use crate::{bench, cargo, serve, test};
use anyhow::{Context as _, Result, ensure};
use std::process::Command;
use std::time::Duration;

const BUILD_LIMIT: Duration = Duration::from_secs(40 * 60);
/// Each browser takes some minutes.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// The `gallery` command.
pub(crate) fn run(options: &Gallery) -> Result<()> {
    let toolbox = tools::ensure(Need::E2e)?;
    let browsers = toolbox.browsers.as_ref().context("there is no browser")?;
    bench::build_bundle(&toolbox)?;
    let programs = serve::programs()?;
    let example = ["--package", "visavis-e2e", "--example", "gallery"];
    process::run(cargo::locked("build").args(example), BUILD_LIMIT)?;
    let mut command = Command::new(serve::program("examples/gallery")?);
    test::set_tool_paths(&mut command, &toolbox, &programs.server, browsers);
    command.args(options.browsers.iter().map(|browser| browser.name()));
    let status = ProcessGroup::spawn(&mut command)?.wait(LIMIT);
    process::terminate_orphans();
    ensure!(status?.success(), "not every screen was seen");
    Ok(())
}
