//! The program of the page: what wasm-bindgen leaves of it is one wasm and its JavaScript. Here it becomes four wasms (see
//! `xtask/split`), as small as they get.

use super::short_names;
use crate::page::preload_wasm;
use crate::tools::Toolbox;
use crate::{cargo, paths, process};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Compiling the tool that divides the program takes longest.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// How the names of the program's files begin.
pub(super) const NAME: &str = "visavis-page";
/// How they end. What is loaded after the lobby (`src/on_demand.rs`) is the rest.
pub(super) const WASM_END: &str = "_bg.wasm";
const CALL_END: &str = "_call.wasm";
const LATER_END: &str = "_later.wasm";
const OTHERS_END: &str = "_others.wasm";
/// What the script hands out beside its default, for whoever cannot wait for the program. The page can.
const UNUSED_EXPORT: &str = "initSync, ";

/// The files that belong together.
struct Program {
    wasm: PathBuf,
    call: PathBuf,
    later: PathBuf,
    others: PathBuf,
    script: PathBuf,
}

impl Program {
    fn of(dist: &Path) -> Self {
        let [wasm, call, later, others, script] =
            [WASM_END, CALL_END, LATER_END, OTHERS_END, ".js"].map(|end| dist.join(format!("{NAME}{end}")));
        Self { wasm, call, later, others, script }
    }
}

/// Every file of it. They fit only each other.
pub(super) fn files(dist: &Path) -> Vec<PathBuf> {
    let Program { wasm, call, later, others, script } = Program::of(dist);
    vec![wasm, call, later, others, script]
}

/// Makes the program in `dist` small. `features` are what wasm-opt has to know of it.
pub(super) fn run(toolbox: &Toolbox, dist: &Path, features: &[&str]) -> Result<()> {
    let program = Program::of(dist);
    let script = paths::read(&program.script)?;
    let text = short_names::run(toolbox, &super::bindgen_program()?, &program.wasm, features, &script)?;
    std::fs::write(&program.script, text.replacen(UNUSED_EXPORT, "", 1))?;
    divide(&program)?;
    for part in [&program.wasm, &program.call, &program.later, &program.others] {
        optimise(toolbox, part, features)?;
    }
    preload_call(dist)
}

/// Has the browser load what a call needs at the same time as the lobby.
fn preload_call(dist: &Path) -> Result<()> {
    let page = dist.join("index.html");
    let html = paths::read(&page)?;
    let link = preload_wasm(&format!("{NAME}{CALL_END}")) + "</head>";
    std::fs::write(&page, html.replacen("</head>", &link, 1))?;
    Ok(())
}

fn divide(program: &Program) -> Result<()> {
    let mut command = cargo::locked("run");
    command.args(["--quiet", "--package", "visavis-split", "--"]);
    command.args([&program.wasm, &program.wasm, &program.call, &program.later, &program.others]);
    process::run(&mut command, LIMIT)
}

/// What `wasm-opt` does, in this order; found by trying. Against `-Oz -Oz`, the page's part is 1.9 kB smaller with brotli:
/// 0.7 by the flatter control flow of `--rereloop`, which needs `--flatten`; 0.5 by keeping functions apart that are called
/// once, beyond 20 instructions; 0.7 by addresses in the offsets of loads and stores, which `--low-memory-unused` allows:
/// the stack ends at address 0 (the linker's `--stack-first`), so that nothing is below 1024 but an overflow.
///
/// `--dealign` says of every access to memory that it need not be aligned, which it may be all the same: one byte less for each
/// that compression has to tell (0.4 kB). It is a hint, which the machines that browsers run on do not need.
const PASSES: [&str; 8] = [
    "--low-memory-unused",
    "--one-caller-inline-max-function-size=20",
    "-Oz",
    "--flatten",
    "--rereloop",
    "-Oz",
    "-Oz",
    "--dealign",
];

/// Not before the program is divided: what looks the same in both parts would become one, with either's name.
fn optimise(toolbox: &Toolbox, wasm: &Path, features: &[&str]) -> Result<()> {
    let mut command = toolbox.command("wasm-opt");
    command
        .arg(wasm)
        .args(features)
        .args(PASSES)
        .args(["--strip-debug", "--strip-producers", "--strip-target-features", "--output"])
        .arg(wasm);
    process::run(&mut command, LIMIT)
}
