//! What can be asked for.

use std::path::PathBuf;

use crate::clients::Client;

/// The command line. `cargo xtask bench` builds what is measured and says the same.
#[derive(clap::Parser, Debug)]
#[command(about = "Measures what a person waits for, our client beside what they would take instead.")]
pub(crate) struct Options {
    /// For every day, in under three minutes: the warm join without delay and with 50 ms, ours and plain JavaScript
    #[arg(long)]
    pub(crate) quick: bool,
    /// Only these measures
    #[arg(long, value_name = "MEASURE", value_delimiter = ',')]
    pub(crate) only: Vec<Measure>,
    /// Only these clients (plain JavaScript is always among them)
    #[arg(long, value_name = "CLIENT", value_delimiter = ',')]
    pub(crate) clients: Vec<Client>,
    /// How many rounds; in each, every client has its turn
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u32>,
    /// Another build of ours (its dist), as one more client
    #[arg(long, value_name = "DIR")]
    pub(crate) against: Option<PathBuf>,
    /// Write the tables into the documents that show them
    #[arg(long, conflicts_with = "quick")]
    pub(crate) write: bool,
}

/// What is measured, in the order it is.
#[derive(clap::ValueEnum, serde::Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Measure {
    /// from the click in a lobby that is ready to the pictures on both sides, with a camera of 640x480
    Warm,
    /// from the navigation to the pictures on both sides, with the click as soon as it can be
    Cold,
    /// the warm join with a camera of 1280x720
    Large,
    /// rooms of 2, 4, 6 and 8, complete after the last click
    Mesh,
    /// what the whole browser computes for each picture of rooms of 2, 6 and 8 that stand
    Cpu,
    /// what the page of a call that nobody looks at does on its main thread
    Hidden,
    /// what is left of a call after many joins and leaves
    Leaks,
    /// what a page loads
    Bytes,
}

impl Measure {
    /// All of them.
    pub(crate) const ALL: [Self; 8] =
        [Self::Warm, Self::Cold, Self::Large, Self::Mesh, Self::Cpu, Self::Hidden, Self::Leaks, Self::Bytes];

    /// How many people meet. Large rooms that stand only where everybody sends what the others need: what others have built
    /// on plain JavaScript sends the same.
    pub(crate) fn people(self, client: Client) -> &'static [usize] {
        match self {
            Self::Mesh => &[2, 4, 6, 8],
            Self::Cpu if client == Client::Plain || (client.is_ours() && client != Client::OursLivekit) => {
                &[2, 6, 8]
            }
            Self::Cpu => &[2],
            Self::Warm | Self::Cold | Self::Large | Self::Hidden | Self::Leaks | Self::Bytes => &[2],
        }
    }
}

impl Options {
    /// What was asked for, in order.
    pub(crate) fn measures(&self) -> Vec<Measure> {
        if self.quick {
            return vec![Measure::Warm];
        }
        let wanted = |measure: &Measure| self.only.is_empty() || self.only.contains(measure);
        Measure::ALL.into_iter().filter(wanted).collect()
    }

    /// How many rounds of a measure.
    pub(crate) fn runs_of(&self, measure: Measure) -> u32 {
        let usual = match measure {
            Measure::Warm | Measure::Cold | Measure::Large => 12,
            Measure::Mesh | Measure::Cpu | Measure::Hidden => 6,
            Measure::Leaks => 2,
            // It is the same each time.
            Measure::Bytes => return 1,
        };
        self.runs.unwrap_or(if self.quick { 8 } else { usual })
    }

    /// How far away the signaling server is, in milliseconds each way.
    pub(crate) fn delays(&self, measure: Measure) -> &'static [u64] {
        match measure {
            Measure::Warm if self.quick => &[0, 50],
            Measure::Warm | Measure::Cold => &[0, 50, 100],
            Measure::Large => &[0, 50],
            Measure::Mesh | Measure::Cpu | Measure::Hidden | Measure::Leaks | Measure::Bytes => &[0],
        }
    }
}
