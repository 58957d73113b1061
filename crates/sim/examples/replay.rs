//! Runs a report of the flight recorder through the core, and shows every input, what is decided, and what is seen in
//! the end: `cargo xtask replay FILE`.

use std::fs;
use std::process::ExitCode;

use visavis_core::RoomView;
use visavis_sim::replay::{Replay, replay};

/// Longer lines are cut, in characters: descriptions fill screens.
const LONGEST_LINE: usize = 300;

fn main() -> ExitCode {
    let Some(file) = std::env::args().nth(1) else {
        eprintln!("which report? A page saves one as visavis-report.json");
        return ExitCode::FAILURE;
    };
    let read = fs::read_to_string(&file).map_err(|error| format!("{file} cannot be read: {error}"));
    let replay = read
        .and_then(|report| replay(&report).map_err(|why| format!("{file} is no report of a page: {why}")));
    match replay {
        Ok(replay) => show(&replay),
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

/// Tells everything, the outcome last. A failure if the core decides otherwise today.
fn show(replay: &Replay) -> ExitCode {
    println!("Each input with its milliseconds, and indented what the core decides:\n");
    replay.trace.iter().for_each(|line| println!("{}", shorten(line)));
    println!("\nIn the end this is seen:\n");
    replay.view.iter().for_each(show_view);
    println!("\n{} inputs replayed", replay.inputs);
    if replay.truncated {
        println!("the recorder was full then: what came later is in the report, but cannot be replayed");
    }
    match &replay.difference {
        Some(difference) => {
            println!("the core decides otherwise today, first {}", shorten(difference));
            ExitCode::FAILURE
        }
        None => {
            println!("the same decisions came out");
            ExitCode::SUCCESS
        }
    }
}

fn show_view(view: &RoomView) {
    let problem = view.problem.as_ref().map(|problem| format!(", {problem:?}")).unwrap_or_default();
    println!("  {}{problem}", view.lifecycle.as_str());
    let me = &view.me;
    let sources = me.sources.iter().map(|view| format!(" {} {}", view.source.as_str(), view.state.as_str()));
    println!("  we are {}:{}", me.name, sources.collect::<String>());
    for other in &view.participants {
        let (connection, reason) = (other.connection.state.as_str(), other.connection.reason.as_str());
        println!("  {} ({}): {connection} {reason}", other.name, other.id.as_str());
        println!("    says {:?}; publishes {:?}", other.media, other.publications);
    }
}

fn shorten(line: &str) -> String {
    let end = line.char_indices().nth(LONGEST_LINE).map(|(at, _)| at);
    let Some((shown, rest)) = end.and_then(|at| line.split_at_checked(at)) else { return line.to_owned() };
    format!("{shown}… ({} more)", rest.chars().count())
}
