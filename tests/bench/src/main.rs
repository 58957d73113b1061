//! What a person waits for, measured: our client beside what they would take instead, in turns in one browser. Nothing here
//! passes or fails; docs/performance.md says what is measured and shows what came out.
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts and times are small"
)]

mod args;
mod clients;
mod delay;
mod documents;
mod livekit;
mod machine;
mod report;
mod rig;
mod room_server;
mod run;
mod scenes;
mod stats;
mod visit;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use args::{Measure, Options};
use clap::{Parser as _, ValueEnum as _};
use clients::Client;
use report::Results;
use rig::Rig;
use run::Sample;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use visavis_e2e::tools;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let measures = options.measures();
    let delays: Vec<u64> = measures.iter().flat_map(|measure| options.delays(*measure)).copied().collect();
    let rig = Arc::new(Rig::start(&wanted(&options), &delays, options.against.as_deref()).await?);
    let browser = rig.browser().await.version().await;
    let machine = machine::describe(&browser);
    println!("{machine}");
    let file = file()?;
    let keep = |samples: &[Sample]| keep(&file, &machine, samples);
    let mut terminated = signal(SignalKind::terminate())?;
    let samples = tokio::select! {
        samples = run::run(&rig, &options, keep) => samples?,
        // Whatever was started ends with what started it, which has to be left for that.
        _ = terminated.recv() => return Err(anyhow!("terminated")),
    };
    println!("\nevery figure: {}", file.display());
    let results = Results { clients: &rig.clients, missing: &rig.missing, samples: &samples };
    let texts: Vec<(String, String)> =
        measures.iter().map(|measure| (name(*measure), results.text(*measure))).collect();
    for (name, text) in &texts {
        println!(
            "\n{name}: median / 95th percentile, ratio to plain JavaScript [95 % interval]; ms where nothing else is said\n\n{text}"
        );
    }
    if options.write { write(texts, &results, &machine) } else { Ok(()) }
}

/// Who is to be measured, plain JavaScript first: the others are compared with it.
fn wanted(options: &Options) -> Vec<Client> {
    let chosen: &[Client] = match options.clients.as_slice() {
        [] if options.quick => &[Client::Ours],
        [] => &Client::USUAL,
        some => some,
    };
    let against = options.against.iter().map(|_| Client::Against);
    let mut all: Vec<Client> =
        [Client::Plain].into_iter().chain(chosen.iter().copied()).chain(against).collect();
    all.sort_unstable();
    all.dedup();
    all.retain(|client| *client != Client::Against || options.against.is_some());
    all
}

fn name(measure: Measure) -> String {
    measure.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
}

/// Where this run keeps its figures.
fn file() -> Result<PathBuf> {
    let folder = std::env::var_os("VISAVIS_BENCH").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| tools::repository().join("target/bench"));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let seconds = std::time::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    Ok(folder.join(format!("bench-{seconds}.json")))
}

/// Every figure, for whoever wants to reckon for themselves.
fn keep(file: &Path, machine: &str, samples: &[Sample]) -> Result<()> {
    let text = json!({ "machine": machine, "samples": samples }).to_string();
    std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn write(mut texts: Vec<(String, String)>, results: &Results<'_>, machine: &str) -> Result<()> {
    if texts.iter().any(|(name, _)| *name == self::name(Measure::Warm)) {
        texts.push(("summary".to_owned(), results.summary()));
        texts.push(("machine".to_owned(), machine.to_owned()));
    }
    for document in ["docs/performance.md", "README.md"] {
        documents::write(&tools::repository().join(document), &texts)?;
    }
    Ok(())
}
