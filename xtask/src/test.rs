//! Every test there is, in order of how soon it tells you something.

use crate::args::{Test, TestKind};
use crate::serve;
use crate::steps::Steps;
use crate::tools::{self, Browsers, Need, Toolbox};
use crate::{cargo, compare_trunk, dist, paths};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const UNIT_LIMIT: Duration = Duration::from_secs(40 * 60);
const BROWSER_LIMIT: Duration = Duration::from_secs(20 * 60);

/// Which of the end-to-end tests.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum E2eTests {
    /// Those for every day.
    Short,
    /// Those that repeat something by the dozen, need many people, or wait as long as people do.
    Long,
    /// Those that a person names, whatever they are.
    Named,
}

impl E2eTests {
    fn run(self) -> TestRun {
        match self {
            Self::Short => SHORT,
            Self::Long => LONG,
            Self::Named => NAMED,
        }
    }
}

/// End-to-end tests that run together.
struct TestRun {
    title: &'static str,
    /// What their runner is told. Long ones are in modules of that name.
    options: &'static [&'static str],
    limit: Duration,
}

/// One at a time: browsers that draw and encode without hardware take both cores of a small machine. Two at a time take half as
/// long again, and wait in vain for what comes at once when they are alone.
const SHORT: TestRun = TestRun {
    title: "end to end",
    options: &["--skip", "long::", "--test-threads=1"],
    limit: Duration::from_secs(55 * 60),
};

/// They have the machine to themselves, and tell what they have measured.
const LONG: TestRun = TestRun {
    title: "end to end, long",
    options: &["long::", "--test-threads=1", "--show-output"],
    limit: Duration::from_secs(60 * 60),
};

const NAMED: TestRun = TestRun { title: "end to end", options: &["--test-threads=1"], limit: LONG.limit };

/// The `test` command.
pub(crate) fn run(options: &Test) -> Result<()> {
    let named = options.filter.is_some();
    let mut steps = Steps::new(named);
    add(&mut steps, options, if named { E2eTests::Named } else { E2eTests::Short });
    steps.finish()
}

/// Adds the tests that were asked for to a list of steps.
pub(crate) fn add(steps: &mut Steps, options: &Test, tests: E2eTests) {
    let wants = |kind: TestKind| options.only.is_none_or(|only| only == kind);
    let filter = options.filter.as_deref();
    if wants(TestKind::Unit) {
        unit(steps, filter);
    }
    if !wants(TestKind::Browser) && !wants(TestKind::E2e) {
        return;
    }
    let mut toolbox = None;
    steps.check("tools", || {
        toolbox = Some(tools::ensure(if wants(TestKind::E2e) { Need::E2e } else { Need::Test })?);
        Ok(())
    });
    let Some(toolbox) = toolbox else { return };
    let Some(browsers) = &toolbox.browsers else { return };
    if wants(TestKind::Browser) {
        browser(steps, &toolbox, browsers, filter);
    }
    if wants(TestKind::E2e) {
        end_to_end(steps, &toolbox, browsers, tests, filter);
    }
}

fn cargo_test(arguments: &[&str]) -> Command {
    let mut command = cargo::locked("test");
    command.arg("--no-fail-fast").args(arguments);
    command
}

fn unit(steps: &mut Steps, filter: Option<&str>) {
    let mut command = cargo_test(&["--workspace", "--exclude", "visavis-e2e"]);
    steps.tests("unit and simulation", command.args(filter), UNIT_LIMIT);
}

fn browser(steps: &mut Steps, toolbox: &Toolbox, browsers: &Browsers, filter: Option<&str>) {
    let Ok(capabilities) = write_capabilities(browsers) else { return };
    let pairs = [
        ("Chrome", "CHROMEDRIVER", &browsers.chromedriver),
        ("Firefox", "GECKODRIVER", &browsers.geckodriver),
    ];
    for (name, variable, driver) in pairs {
        let mut command =
            cargo_test(&["-p", "visavis", "--target", "wasm32-unknown-unknown", "--test", "browser"]);
        // The runner takes the first driver it is told of: tell it of one.
        command.env_remove("CHROMEDRIVER").env_remove("GECKODRIVER").env(variable, driver);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", toolbox.locate("wasm-bindgen-test-runner"));
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities);
        command.env("WASM_BINDGEN_TEST_TIMEOUT", "600").env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60");
        steps.tests(&format!("browser: {name}"), command.args(filter), BROWSER_LIMIT);
    }
}

/// webdriver.json with the browsers we found, which need not be where the drivers look.
fn write_capabilities(browsers: &Browsers) -> Result<PathBuf> {
    let mut capabilities: Value = serde_json::from_str(&paths::read(&paths::root().join("webdriver.json"))?)?;
    capabilities["goog:chromeOptions"]["binary"] = json!(browsers.chrome);
    capabilities["moz:firefoxOptions"]["binary"] = json!(browsers.firefox);
    let file = paths::scratch()?.join("webdriver.json");
    std::fs::write(&file, capabilities.to_string())
        .with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file)
}

fn end_to_end(
    steps: &mut Steps,
    toolbox: &Toolbox,
    browsers: &Browsers,
    tests: E2eTests,
    filter: Option<&str>,
) {
    let built = steps.check("bundle", || dist::build(toolbox));
    let mut server = None;
    let served = steps.check("server", || {
        server = Some(serve::programs()?);
        Ok(())
    });
    let Some(programs) = server.filter(|_| built && served) else { return };
    if tests != E2eTests::Long {
        steps.check_if_possible("page, with and without Trunk", || {
            compare_trunk::page(toolbox, &programs.bindgen)
        });
        steps.check_if_possible("bundle, with and without Trunk", || compare_trunk::bundle(toolbox));
    }
    let run = tests.run();
    let mut command = cargo_test(&["-p", "visavis-e2e"]);
    command.args(filter).arg("--").args(run.options);
    // What needs WebKitGTK is ignored unless that is there.
    command.args(browsers.webkit.is_some().then_some("--include-ignored"));
    set_tool_paths(&mut command, toolbox, &programs.server, browsers);
    steps.tests(run.title, &mut command, run.limit);
}

/// Tells whoever drives browsers where everything is that they must find, as absolute paths.
pub(crate) fn set_tool_paths(command: &mut Command, toolbox: &Toolbox, server: &Path, browsers: &Browsers) {
    // The test that serves the page as a newcomer does.
    command.env("PATH", toolbox.path());
    if let Some(trunk) = &toolbox.trunk {
        command.env("TRUNK", trunk);
    }
    if let Ok(xtask) = std::env::current_exe() {
        command.env("XTASK", xtask);
    }
    command.env("VISAVIS_DIST", paths::dist()).env("VISAVIS_SERVER", server);
    command.env("CHROMEDRIVER", &browsers.chromedriver).env("GECKODRIVER", &browsers.geckodriver);
    command.env("CHROME", &browsers.chrome).env("FIREFOX", &browsers.firefox);
    command.env("TURNSERVER", &browsers.turnserver);
    if let Some(janus) = &browsers.janus {
        command.env("JANUS", janus);
    }
    if let Some(redis) = &browsers.redis {
        command.env("REDIS", redis);
    }
    if let Some(webkit) = &browsers.webkit {
        command.env("WEBKITDRIVER", &webkit.driver).env("XVFB", &webkit.xvfb);
    }
    if let Some(foreign) = &toolbox.foreign {
        command.env("VISAVIS_PACKAGES", &foreign.packages).env("MATCHBOX_SERVER", &foreign.matchbox);
        if let Some(livekit) = &foreign.livekit {
            command.env("LIVEKIT_SERVER", livekit);
        }
    }
}
