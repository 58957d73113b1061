//! The optimised bundle: what a person's browser waits for, so as few bytes as possible.

mod notices;
mod program;
mod shorten;

use crate::tools::{self, Need, Toolbox};
use crate::{compress, paths, process};
use anyhow::{Context as _, Result, ensure};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use walkdir::WalkDir;

const LIMIT: Duration = Duration::from_secs(40 * 60);

/// What index.html must say on its rust link, so that a plain `trunk build --release` makes the same bundle: the Cargo
/// profile made for size, and wasm-opt for size with the features that wasm-bindgen's output uses.
const DEMANDED: &[&str] = &[
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

/// The file that people edit where they deploy: a compressed twin of the old one would win over their edit.
const CONFIG: &str = "config.json";

/// Tells the page that its program will be divided: it has to load the other part when it needs it.
const DIVIDED: (&str, &str) = ("VISAVIS_DIVIDED", "1");

/// Has the linker keep every piece of data apart, and note where each address stands: whoever divides the program has to
/// know which data belongs to which code. (wasm-opt warns of these notes, which it does not keep up to date. Whoever reads
/// them does not rely on that.)
const NOTES: [&str; 2] = ["-Clink-arg=--no-merge-data-segments", "-Clink-arg=--emit-relocs"];

/// The `dist` command.
pub(crate) fn run() -> Result<()> {
    build(&tools::ensure(Need::Dist)?)?;
    println!("\nThe bundle is in {}. `cargo xtask size` lists it.", paths::dist().display());
    Ok(())
}

/// The program as wasm-bindgen left it, the last that still has the names of its functions.
pub(crate) fn built_program() -> Result<PathBuf> {
    Ok(PathBuf::from(format!("{}{}", paths::target()?.join(program::BUILT).display(), program::WASM_END)))
}

/// Builds dist/ from nothing.
pub(crate) fn build(toolbox: &Toolbox) -> Result<()> {
    check_page()?;
    clear_leftovers()?;
    let mut trunk = toolbox.command("trunk");
    trunk.args(["build", "--release", "--minify", "true", "--dist"]).arg(paths::dist());
    // Trunk's own minifier stumbles over what wasm-bindgen writes and says so each time; ours comes after it.
    trunk.env("RUST_LOG", "info,trunk::processing::minify=error").env(DIVIDED.0, DIVIDED.1);
    trunk.env("CARGO_ENCODED_RUSTFLAGS", flags());
    process::run(trunk.current_dir(paths::root()), LIMIT)?;
    finish(toolbox)
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
    given.chain(short).chain(NOTES.map(str::to_owned)).collect::<Vec<String>>().join("\u{1f}")
}

/// What Trunk leaves to do.
fn finish(toolbox: &Toolbox) -> Result<()> {
    let features: Vec<&str> = DEMANDED.iter().copied().filter(|flag| flag.starts_with("--enable")).collect();
    program::run(toolbox, &paths::dist(), &features)?;
    keep_config()?;
    notices::write(&paths::dist())?;
    for file in files(&paths::dist()) {
        minify(toolbox, &file)?;
        compress_beside(&file)?;
    }
    Ok(())
}

/// Names what index.html lacks, instead of building something large in silence.
fn check_page() -> Result<()> {
    let page = paths::read(&paths::root().join("index.html"))?;
    let missing: Vec<&str> = DEMANDED.iter().copied().filter(|attribute| !page.contains(attribute)).collect();
    ensure!(missing.is_empty(), "index.html lacks on its rust link: {}", missing.join(" "));
    Ok(())
}

/// The old bundle, and what wasm-bindgen left in the target directory: Trunk would copy old snippets along.
fn clear_leftovers() -> Result<()> {
    let target = paths::target()?;
    for directory in [paths::dist(), target.join("wasm-bindgen/release"), target.join("wasm-opt/release")] {
        if directory.exists() {
            std::fs::remove_dir_all(&directory)
                .with_context(|| format!("cannot remove {}", directory.display()))?;
        }
    }
    Ok(())
}

/// The configuration keeps its name and its words.
fn keep_config() -> Result<()> {
    let source = paths::root().join("www").join(CONFIG);
    if source.exists() {
        std::fs::copy(source, paths::dist().join(CONFIG)).context("cannot copy config.json")?;
    }
    Ok(())
}

/// Minifies a JavaScript module in place.
fn minify(toolbox: &Toolbox, file: &Path) -> Result<()> {
    if file.extension().is_none_or(|end| end != "js" && end != "mjs") {
        return Ok(());
    }
    let mut terser = toolbox.command("terser");
    terser.args(["--module", "--mangle", "--compress", "passes=2", "--output"]).arg(file).arg(file);
    process::run(&mut terser, LIMIT)
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
