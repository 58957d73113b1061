//! The program of the page: what Trunk leaves of it is one wasm and its JavaScript. Here it becomes two wasms (see
//! `xtask/split`), as small as they get, in files whose names follow from what is in them.

use super::shorten;
use crate::tools::Toolbox;
use crate::{cargo, paths, process};
use anyhow::{Context as _, Result};
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Compiling the tool that divides the program takes longest.
const LIMIT: Duration = Duration::from_secs(20 * 60);
/// How the names of the program's files end. What only users of other people's servers load is `OTHERS`.
pub(super) const WASM_END: &str = "_bg.wasm";
const OTHERS_END: &str = "_others.wasm";
/// What wasm-bindgen calls the program, before anybody optimised it.
pub(super) const BUILT: &str = "wasm-bindgen/release/visavis-page";

/// The files that belong together.
struct Program {
    wasm: PathBuf,
    others: PathBuf,
    script: PathBuf,
    /// The digits in their names, which Trunk derived from the program before all optimisation.
    hash: String,
}

/// Makes the program in `dist` small. `features` are what wasm-opt has to know of it.
pub(super) fn run(toolbox: &Toolbox, dist: &Path, features: &[&str]) -> Result<()> {
    let program = find(dist)?;
    let built = paths::target()?.join(BUILT);
    let (wasm, script) =
        (PathBuf::from(format!("{}{WASM_END}", built.display())), built.with_extension("js"));
    let text = shorten::run(toolbox, &wasm, &program.wasm, features, &paths::read(&script)?)?;
    std::fs::write(&program.script, text)?;
    divide(&program)?;
    for part in [&program.wasm, &program.others] {
        optimise(toolbox, part, features)?;
    }
    rename(dist, &program)
}

fn find(dist: &Path) -> Result<Program> {
    let entries = std::fs::read_dir(dist)?.flatten().map(|entry| entry.path());
    let mut wasm = entries.filter(|path| path.to_string_lossy().ends_with(WASM_END));
    let wasm = wasm.next().context("the bundle contains no program")?;
    let stem = wasm.to_string_lossy().trim_end_matches(WASM_END).to_owned();
    let hash = stem.rsplit('-').next().unwrap_or_default().to_owned();
    let (others, script) = (PathBuf::from(stem.clone() + OTHERS_END), PathBuf::from(stem + ".js"));
    Ok(Program { wasm, others, script, hash })
}

fn divide(program: &Program) -> Result<()> {
    let mut command = cargo::locked("run");
    command.args(["--quiet", "--package", "visavis-split", "--"]);
    command.args([&program.wasm, &program.wasm, &program.others]);
    process::run(&mut command, LIMIT)
}

/// Not before the program is divided: what looks the same in both parts would become one, with either's name.
/// Twice, because the second time still finds something.
fn optimise(toolbox: &Toolbox, wasm: &Path, features: &[&str]) -> Result<()> {
    let mut command = toolbox.command("wasm-opt");
    command
        .arg(wasm)
        .args(features)
        .args(["-Oz", "-Oz", "--strip-debug", "--strip-producers", "--strip-target-features", "--output"])
        .arg(wasm);
    process::run(&mut command, LIMIT)
}

/// Gives the program names that change whenever its content does: a browser must never pair an old script with a new
/// program out of its cache.
fn rename(dist: &Path, program: &Program) -> Result<()> {
    let files = [&program.wasm, &program.others, &program.script];
    let hash = content_hash(&files)?;
    for file in files {
        std::fs::rename(file, file.to_string_lossy().replace(&program.hash, &hash))?;
    }
    let page = dist.join("index.html");
    let text = paths::read(&page)?.replace(&program.hash, &hash);
    std::fs::write(&page, text).context("cannot write index.html")
}

fn content_hash(files: &[&PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(&std::fs::read(file)?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
