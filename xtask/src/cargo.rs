//! Cargo, as every chore calls it: with what the lock file says, or not at all.

use crate::paths;
use std::process::Command;

/// `cargo SUBCOMMAND --locked`, at the top of the repository.
pub(crate) fn locked(subcommand: &str) -> Command {
    let mut command = Command::new("cargo");
    command.args([subcommand, "--locked"]).current_dir(paths::root());
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dist::files;

    /// Those that build nothing, or say `--locked` themselves.
    const EXCEPTIONS: &[&str] = &["cargo.rs", "ci.rs", "tools/cache.rs", "tools/rust.rs"];

    #[test]
    fn nobody_calls_cargo_without_its_lock_file() {
        let folder = paths::root().join("xtask/src");
        let calls = |file: &&std::path::PathBuf| {
            paths::read(file).unwrap().contains(concat!("Command::new(\"", "cargo\")"))
        };
        let files = files(&folder);
        let calling: Vec<String> = files
            .iter()
            .filter(calls)
            .map(|file| file.strip_prefix(&folder).unwrap().display().to_string())
            .collect();
        assert_eq!(calling, EXCEPTIONS);
        for file in [".cargo/config.toml", "Trunk.toml"] {
            assert!(paths::read(&paths::root().join(file)).unwrap().contains("locked"), "{file}");
        }
    }
}
