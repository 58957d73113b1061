//! A copy of the bundle with another `config.json`: what somebody does who configures it without a rebuild.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::archive::unpack;
use crate::tools;

/// A copy of the bundle in a temporary directory. Dropping it removes it.
#[derive(Debug)]
pub struct Bundle {
    path: PathBuf,
}

impl Bundle {
    /// Copies the bundle and gives it this configuration.
    pub fn with_config(config: &Value) -> Self {
        Self::filled(config, |path| copy_folder(&tools::dist(), path))
    }

    /// Unpacks the page of an earlier commit and gives it this configuration.
    pub fn of_commit(commit: &str, config: &Value) -> Self {
        let archive = tools::repository().join(format!("tests/e2e/fixtures/page-{commit}.tar.br"));
        Self::filled(config, |path| unpack(&archive, path))
    }

    fn filled(config: &Value, fill: impl Fn(&Path) -> std::io::Result<()>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("visavis-e2e-{}-{number}", std::process::id()));
        fill(&path).expect("a bundle can be copied");
        fs::write(path.join("config.json"), config.to_string()).expect("a configuration can be written");
        Self { path }
    }

    /// Copies the bundle and lets its pages talk to a server at this address.
    pub fn with_signaling_url(url: &str) -> Self {
        Self::with_config(&serde_json::json!({ "signaling": { "url": url } }))
    }

    /// Lets these scripts run before anything else in its page, one after the other.
    #[must_use]
    pub fn with_scripts(self, scripts: &[(&str, &str)]) -> Self {
        let page = self.path.join("index.html");
        let html = fs::read_to_string(&page).expect("the bundle has a page");
        let (before, after) = html.split_once("<script").expect("the page has a script");
        let tags = scripts.iter().map(|(name, source)| {
            fs::write(self.path.join(name), source).expect("a script can be written");
            format!("<script src=\"{name}\"></script>")
        });
        let html = format!("{before}{}<script{after}", tags.collect::<String>());
        fs::write(&page, html).expect("the page can be written");
        // The server would hand out what was compressed before.
        ["html.br", "html.gz"].iter().for_each(|twin| drop(fs::remove_file(page.with_extension(twin))));
        self
    }

    /// Adds folders to it, which the server hands out beside the page.
    #[must_use]
    pub fn with_folders(self, folders: &[(&str, PathBuf)]) -> Self {
        for (name, folder) in folders {
            copy_folder(folder, &self.path.join(name)).expect("a folder can be copied");
        }
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Copies a folder with all that is in it.
///
/// # Errors
/// If something cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
