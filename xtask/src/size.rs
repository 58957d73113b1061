//! Every byte of the bundle, accounted for, and the figures that our documents name.

mod figures;

use crate::args::Size;
use crate::{compress, dist, paths};
use anyhow::{Result, ensure};
use std::path::Path;

/// Over these the bundle is too large: `size` fails. Compressed with brotli, all that the page loads before its lobby is there,
/// and all that a call needs until it stands. What it needs only then, and what it does not need, is in parts of the program
/// of their own (`src/on_demand.rs`).
///
/// What only a room can give a lobby to show (notices, other tabs, pictures) comes with the call, and what only a server that
/// forwards can say of a call with the dialects that speak to one.
///
/// Of a call 1,500 bytes are for devices: the button of the settings, what the flight recorder writes of them, and where a room
/// asks the part that knows them.
///
/// Of both 1,000 bytes are for the stage: the button of its layouts, the pin of each tile, the mark of whoever speaks and how it is
/// written down, and where the stage asks the part that knows layouts. 2,000 more are for chat, raised hands and reactions: three
/// buttons, the messages as they come and wait for the part that reads them, and who is to be told; and for a second camera.
///
/// Of a call 400 bytes are for the quality of videos: what is asked for and sent in place of what would be. 1,000 more are for
/// recordings: their button, who records as it comes, and the one look whether one is left; and 1,400 for details and captions: what
/// the other page says of its limits, where what a tile says is kept, and the button of its details. Of the lobby 300 are for both, and
/// for the key to talk.
///
/// Of a call 2,600 bytes are for languages: which one is asked for, what fills in messages, and the words in place of English; and 600
/// for files: their button, and where the room asks the part that carries them. 2,200 are for connections that are negotiated with
/// nobody before the click, and 100 for a title and words that let them go first. 200 are for what is the same and compresses
/// otherwise: where only another part has changed, this one has other numbers of functions in it.
const BUDGETS: Budgets = Budgets { lobby: 65_000, call: 166_500 };

struct Budgets {
    lobby: usize,
    call: usize,
}

/// Who loads a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Loaded {
    Always,
    /// As soon as the lobby is there.
    ForCalls,
    /// Once a call stands: its first pictures do not wait for it.
    InCalls,
    /// When somebody needs what is in it (`src/on_demand.rs`).
    OnDemand,
    /// It is there for whoever asks for it.
    OnRequest,
}

/// A file, measured.
struct Measured {
    name: String,
    loaded: Loaded,
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// The `size` command: lists every file, and fails over the budget, or if a document names another figure.
pub(crate) fn run(options: &Size) -> Result<()> {
    if !paths::dist().join("index.html").exists() || !dist::bindgen_program()?.exists() {
        dist::run()?;
    }
    let files = measure_all(&paths::dist())?;
    print_table(&files);
    let brotli = |loaded| files.iter().filter(|file| file.loaded == loaded).map(|file| file.brotli).sum();
    let lobby: usize = brotli(Loaded::Always);
    let page = lobby + brotli(Loaded::ForCalls);
    let (later, others) = (brotli(Loaded::InCalls), brotli(Loaded::OnDemand));
    let figures = figures::of([lobby, page, later, others, BUDGETS.call, BUDGETS.lobby])?;
    figures::print(&figures);
    if options.write { figures::write(&figures) } else { figures::check(&figures) }?;
    for (what, bytes, budget) in [("a lobby", lobby, BUDGETS.lobby), ("a call", page, BUDGETS.call)] {
        ensure!(bytes <= budget, "{what} takes {bytes} bytes (brotli), {} over the budget", bytes - budget);
        println!("{what}: {} bytes below the budget of {budget}.", budget - bytes);
    }
    Ok(())
}

fn measure_all(directory: &Path) -> Result<Vec<Measured>> {
    let files = dist::files(directory);
    let plain = files.iter().filter(|file| !file.extension().is_some_and(|end| end == "br" || end == "gz"));
    plain.map(|file| measure(directory, file)).collect()
}

/// A file that does not shrink is sent as it is.
fn measure(directory: &Path, file: &Path) -> Result<Measured> {
    let bytes = std::fs::read(file)?;
    let raw = bytes.len();
    let name = file.strip_prefix(directory).unwrap_or(file).display().to_string();
    let (gzip, brotli) = (compress::gzip(&bytes)?.len().min(raw), compress::brotli(&bytes)?.len().min(raw));
    Ok(Measured { loaded: loaded(&name), name, raw, gzip, brotli })
}

/// Asked for when somebody records or receives a file...
const STORAGE_WORKER: &str = "storage-worker.js";
/// ...and by a lobby that is idle.
const SERVICE_WORKER: &str = "visavis-service-worker.js";

/// Opening the page does not fetch types, source maps and texts; what an app is called and looks like when it is installed, browsers
/// ask for when the page is there.
fn loaded(name: &str) -> Loaded {
    let on_request = [".d.ts", ".map", ".txt", ".md", ".webmanifest"];
    if on_request.iter().any(|end| name.ends_with(end)) || name.starts_with("icon-") {
        Loaded::OnRequest
    } else if name.ends_with("_call.wasm") {
        Loaded::ForCalls
    } else if name.ends_with("_later.wasm") {
        Loaded::InCalls
    } else if name.ends_with("_others.wasm")
        || [STORAGE_WORKER, SERVICE_WORKER].contains(&name)
        || name.starts_with("languages/")
    {
        Loaded::OnDemand
    } else {
        Loaded::Always
    }
}

fn print_table(files: &[Measured]) {
    println!("{:<44} {:>9} {:>9} {:>9}", "", "raw", "gzip", "brotli");
    files.iter().for_each(print_row);
    print_sum("a lobby", files, &[Loaded::Always]);
    print_sum("a call", files, &[Loaded::Always, Loaded::ForCalls]);
    let in_calls = [Loaded::Always, Loaded::ForCalls, Loaded::InCalls];
    print_sum("with what is loaded once a call stands", files, &in_calls);
    let all = [Loaded::Always, Loaded::ForCalls, Loaded::InCalls, Loaded::OnDemand];
    print_sum("with all that is loaded on demand", files, &all);
}

fn print_sum(what: &str, files: &[Measured], who: &[Loaded]) {
    let sum = |of: fn(&Measured) -> usize| -> usize {
        files.iter().filter(|file| who.contains(&file.loaded)).map(of).sum()
    };
    let (raw, gzip, brotli) = (sum(|file| file.raw), sum(|file| file.gzip), sum(|file| file.brotli));
    println!("{what:<44} {raw:>9} {gzip:>9} {brotli:>9}");
}

fn print_row(file: &Measured) {
    let Measured { name, loaded, raw, gzip, brotli } = file;
    let note = match loaded {
        Loaded::Always => "",
        Loaded::ForCalls => "   (for calls)",
        Loaded::InCalls => "   (once a call stands)",
        Loaded::OnDemand => "   (on demand)",
        Loaded::OnRequest => "   (on request)",
    };
    println!("{name:<44} {raw:>9} {gzip:>9} {brotli:>9}{note}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_everybody_loads_everything() {
        assert_eq!(loaded("visavis.d.ts"), Loaded::OnRequest);
        assert_eq!(loaded("visavis-page-0123_bg.wasm"), Loaded::Always);
        assert_eq!(loaded("visavis-page-0123_call.wasm"), Loaded::ForCalls);
        assert_eq!(loaded("visavis-page-0123_later.wasm"), Loaded::InCalls);
        assert_eq!(loaded("visavis-page-0123_others.wasm"), Loaded::OnDemand);
        assert_eq!(loaded("storage-worker.js"), Loaded::OnDemand);
        assert_eq!(loaded("languages/de.json"), Loaded::OnDemand);
        assert_eq!(loaded("visavis-service-worker.js"), Loaded::OnDemand);
        assert_eq!(loaded("icon-512-0123.png"), Loaded::OnRequest);
        assert_eq!(loaded("favicon-0123.png"), Loaded::Always);
    }
}
