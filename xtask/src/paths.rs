//! Where things are.

use crate::cargo;
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The top of the repository.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// The optimised bundle.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// Cargo's target directory, asked of Cargo because the environment or a configuration may move it.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata(&["--no-deps"])?;
    let directory =
        metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(directory))
}

/// A directory of our own inside the target directory, for files that can be made again.
pub(crate) fn scratch() -> Result<PathBuf> {
    let directory = target()?.join("xtask");
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}

/// What `cargo metadata` says about the workspace.
pub(crate) fn metadata(arguments: &[&str]) -> Result<serde_json::Value> {
    let output = cargo::locked("metadata")
        .args(["--format-version", "1"])
        .args(arguments)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot run cargo metadata")?;
    anyhow::ensure!(output.status.success(), "cargo metadata failed");
    serde_json::from_slice(&output.stdout).context("cargo metadata did not print JSON")
}

/// Reads a text file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The same path with one more extension.
pub(crate) fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    PathBuf::from(name)
}
