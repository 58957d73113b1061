//! The optimised bundle: what a person's browser waits for, so as few bytes as possible.

mod file_hashes;
mod minify;
mod notices;
mod program;
mod short_names;

use crate::page::{self, Profile};
use crate::tools::{self, Need, Toolbox};
use crate::{cargo, compress, paths, process, serve};
use anyhow::{Context as _, Result, ensure};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use walkdir::WalkDir;

const LIMIT: Duration = Duration::from_secs(40 * 60);

/// What index.html must say on its rust link, so that a plain `trunk build --release` makes the same bundle: the Cargo
/// profile made for size, and wasm-opt for size with the features that wasm-bindgen's output uses.
const REQUIRED_ATTRIBUTES: &[&str] = &[
    r#"data-cargo-profile-release="bundle""#,
    r#"data-wasm-opt="z""#,
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
    "--strip-debug",
    "--strip-producers",
];

/// Files worth compressing ahead of time. Pictures are compressed already.
const COMPRESSIBLE: &[&str] =
    &["css", "html", "ico", "js", "json", "mjs", "svg", "ts", "txt", "wasm", "webmanifest"];

/// What terser does. No variable takes another's place (`reduce_vars`): what is said once and named often is shorter, but
/// what is said often is told in fewer bytes once compressed. `new` is used on no function of ours (`unsafe_methods`).
const COMPRESS: &str = "passes=2,ecma=2022,unsafe_arrows,unsafe_methods,reduce_vars=false";

/// The file that people edit where they deploy: a compressed twin of the old one would win over their edit.
const CONFIG: &str = "config.json";

/// Tells the page that its program will be divided: it has to load the other part when it needs it.
const DIVIDED: (&str, &str) = ("VISAVIS_DIVIDED", "1");

/// Has the linker keep every piece of data apart, and note where each address stands: whoever divides the program has to
/// know which data belongs to which code. (wasm-opt warns of these notes, which it does not keep up to date. Whoever reads
/// them does not rely on that.)
///
/// Whoever divides takes a number in code that is that of a slot for the slot, since the notes do not say where the code is now. So
/// the slots begin where numbers in code are seldom: from 1 on, 9.6 kB (brotli) of what moves stayed in the first part; from 3001 on,
/// where the largest frame of the stack has its offsets, 0.5 kB there and 1.7 kB in that of the call.
const LINKER_FLAGS: [&str; 3] =
    ["-Clink-arg=--no-merge-data-segments", "-Clink-arg=--emit-relocs", "-Clink-arg=--table-base=7001"];

/// The `dist` command.
pub(crate) fn run() -> Result<()> {
    build(&tools::ensure(Need::Dist)?)?;
    println!("\nThe bundle is in {}. `cargo xtask size` lists it.", paths::dist().display());
    Ok(())
}

/// The program as wasm-bindgen left it, the last that still has the names of its functions.
pub(crate) fn bindgen_program() -> Result<PathBuf> {
    Ok(page::bindgen_output(Profile::Bundle)?.join(program::NAME.to_owned() + program::WASM_END))
}

/// Builds dist/ from nothing.
pub(crate) fn build(toolbox: &Toolbox) -> Result<()> {
    check_page()?;
    let dist = paths::dist();
    if dist.exists() {
        std::fs::remove_dir_all(&dist).context("cannot remove the old bundle")?;
    }
    std::fs::create_dir_all(&dist).context("cannot create a folder for the bundle")?;
    page::build(&bindgen()?, Profile::Bundle, &dist)?;
    finish(toolbox, &dist)
}

/// Builds wasm-bindgen, as a program of ours.
fn bindgen() -> Result<PathBuf> {
    process::run(cargo::locked("build").args(["--package", page::BINDGEN]), LIMIT)?;
    serve::program(page::BINDGEN)
}

/// What the compiler is told of the bundle beside the profile.
pub(crate) fn environment(command: &mut Command) {
    command.env(DIVIDED.0, DIVIDED.1).env("CARGO_ENCODED_RUSTFLAGS", flags());
}

/// Flags for the compiler. What panics say of the place must not name the folders of whoever built the page.
fn flags() -> String {
    let home = std::env::home_dir().unwrap_or_default().join(".cargo");
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| home.display().to_string());
    let sysroot = process::output_of(Command::new("rustc").args(["--print", "sysroot"]));
    let folders = [(cargo, "cargo"), (sysroot.unwrap_or_default(), "rust")];
    let known = folders.iter().filter(|(folder, _)| !folder.trim().is_empty());
    let short = known.map(|(folder, short)| format!("--remap-path-prefix={}={short}", folder.trim()));
    let given = std::env::var("RUSTFLAGS").unwrap_or_default();
    let given = given.split_whitespace().map(str::to_owned);
    given.chain(short).chain(LINKER_FLAGS.map(str::to_owned)).collect::<Vec<String>>().join("\u{1f}")
}

/// Makes the page small.
fn finish(toolbox: &Toolbox, dist: &Path) -> Result<()> {
    let features: Vec<&str> =
        REQUIRED_ATTRIBUTES.iter().copied().filter(|flag| flag.starts_with("--enable")).collect();
    program::run(toolbox, dist, &features)?;
    for file in files(dist) {
        minify(toolbox, &file)?;
    }
    file_hashes::add_hashes(dist)?;
    notices::write(dist)?;
    files(dist).iter().try_for_each(|file| compress_beside(file))
}

/// Names what index.html lacks, instead of building something large in silence.
fn check_page() -> Result<()> {
    let page = paths::read(&paths::root().join("index.html"))?;
    let missing: Vec<&str> =
        REQUIRED_ATTRIBUTES.iter().copied().filter(|attribute| !page.contains(attribute)).collect();
    ensure!(missing.is_empty(), "index.html lacks on its rust link: {}", missing.join(" "));
    Ok(())
}

/// Makes a file small in place, if it is of a kind that can be.
fn minify(toolbox: &Toolbox, file: &Path) -> Result<()> {
    match file.extension().and_then(OsStr::to_str) {
        Some("js" | "mjs") => {
            let mut terser = toolbox.command("terser");
            terser.args(["--module", "--mangle", "--compress", COMPRESS, "--output"]).arg(file).arg(file);
            process::run(&mut terser, LIMIT)
        }
        Some("css") => rewrite(file, minify::css),
        Some("html") => rewrite(file, minify::html),
        _ => Ok(()),
    }
}

fn rewrite(file: &Path, shorter: fn(&str) -> String) -> Result<()> {
    let text = shorter(&paths::read(file)?);
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Every file below a directory, in order.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// Writes `file.br` and `file.gz`, which static servers hand out in place of the file.
fn compress_beside(file: &Path) -> Result<()> {
    let name = file.file_name().unwrap_or_default();
    let extension = file.extension().and_then(OsStr::to_str).unwrap_or_default();
    if name == CONFIG || !COMPRESSIBLE.contains(&extension) {
        return Ok(());
    }
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    write_if_smaller(file, "br", &compress::brotli(&bytes)?, bytes.len())?;
    write_if_smaller(file, "gz", &compress::gzip(&bytes)?, bytes.len())
}

fn write_if_smaller(file: &Path, extension: &str, bytes: &[u8], plain: usize) -> Result<()> {
    if bytes.len() < plain {
        let path = paths::beside(file, extension);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
