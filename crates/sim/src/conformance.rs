//! Scripts that the fake and real browsers must answer alike.
//!
//! A script is data: steps on two connections, `A` and `B`. Its trace, one line a step, says what was refused and which
//! state was reached. The native tests pin the fake's traces; `tests/browser` runs the same scripts on real connections
//! and compares.

use crate::fake::{FakeConnection, SectionKind};
use visavis_core::RIDS;
use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription};

/// Which of the two connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

/// One step of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// `addTransceiver("audio")`, then `addTransceiver("video")`.
    AddTransceivers(Side),
    /// `addTransceiver("video", {direction: "sendonly", sendEncodings})`, with all of [`RIDS`].
    AddSimulcastTransceiver(Side),
    /// `setLocalDescription()`; the description is kept as the side's last.
    SetLocal(Side),
    /// `setRemoteDescription` with the last description that the other side made.
    SetRemote(Side),
    /// The same, as a provisional answer.
    SetRemoteProvisionally(Side),
    /// The same, after what takes several encodings was added to its last section ([`TAKES_SIMULCAST`]).
    SetRemoteTakingSimulcast(Side),
    /// `setRemoteDescription` with a text that is no SDP, as an offer.
    SetGarbage(Side),
    /// `addIceCandidate` with a well-formed host candidate and the fragment of the other side's last description.
    AddCandidate(Side),
    /// `addIceCandidate` with a well-formed candidate of a fragment that nobody has.
    AddUnknownUfragCandidate(Side),
    /// `addIceCandidate` with a text that is no candidate.
    AddGarbageCandidate(Side),
    /// `restartIce()`.
    RestartIce(Side),
    /// `close()`.
    Close(Side),
}

/// A named script.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// What it shows.
    pub name: &'static str,
    /// Its steps.
    pub steps: &'static [Step],
}

use Side::{A, B};
use Step::{
    AddCandidate, AddGarbageCandidate, AddSimulcastTransceiver, AddTransceivers, AddUnknownUfragCandidate,
    Close, RestartIce, SetGarbage, SetLocal, SetRemote, SetRemoteProvisionally, SetRemoteTakingSimulcast,
};

/// All scripts.
pub const SCRIPTS: &[Script] = &[
    Script {
        name: "an offer is answered",
        steps: &[AddTransceivers(A), SetLocal(A), SetRemote(B), SetLocal(B), SetRemote(A)],
    },
    Script {
        name: "candidates before the description are refused",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            AddCandidate(B),
            SetRemote(B),
            AddCandidate(B),
            AddCandidate(B),
        ],
    },
    Script {
        name: "candidates of an unknown ufrag and garbage are refused",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            SetRemote(B),
            AddUnknownUfragCandidate(B),
            AddGarbageCandidate(B),
        ],
    },
    Script {
        name: "an offer rolls a local offer back",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            SetRemote(B),
            SetLocal(B),
            SetRemote(A),
            RestartIce(A),
            RestartIce(B),
            SetLocal(A),
            SetLocal(B),
            SetRemote(A),
            SetLocal(A),
            SetRemote(B),
        ],
    },
    Script {
        name: "a first offer that is rolled back leaves its transceivers behind",
        steps: &[
            AddTransceivers(A),
            AddTransceivers(B),
            SetLocal(A),
            SetLocal(B),
            SetRemote(A),
            SetLocal(A),
            SetRemote(B),
        ],
    },
    Script {
        name: "an answer in stable is refused",
        steps: &[AddTransceivers(A), SetLocal(A), SetRemote(B), SetLocal(B), SetRemote(A), SetRemote(A)],
    },
    Script {
        name: "an offer twice is answered twice",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            SetRemote(B),
            SetRemote(B),
            SetLocal(B),
            SetRemote(A),
            RestartIce(A),
            SetLocal(A),
            SetRemote(B),
            SetLocal(B),
            SetRemote(A),
        ],
    },
    Script {
        name: "of encodings that the answer does not take the first is left",
        steps: &[AddSimulcastTransceiver(A), SetLocal(A), SetRemote(B), SetLocal(B), SetRemote(A)],
    },
    Script {
        name: "encodings that the answer takes stay",
        steps: &[
            AddSimulcastTransceiver(A),
            SetLocal(A),
            SetRemote(B),
            SetLocal(B),
            SetRemoteTakingSimulcast(A),
            SetLocal(A),
        ],
    },
    Script {
        name: "a provisional answer is followed by the one that counts",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            SetRemote(B),
            SetLocal(B),
            SetRemoteProvisionally(A),
            SetRemote(A),
            SetLocal(A),
            SetRemote(B),
        ],
    },
    Script {
        name: "after a provisional answer no offer is taken",
        steps: &[
            AddTransceivers(A),
            SetLocal(A),
            SetRemote(B),
            SetLocal(B),
            SetRemoteProvisionally(A),
            AddTransceivers(B),
            SetLocal(B),
            SetRemote(A),
        ],
    },
    Script {
        name: "garbage is refused and changes nothing",
        steps: &[SetGarbage(A), AddTransceivers(A), SetLocal(A)],
    },
    Script {
        name: "a closed connection refuses everything",
        steps: &[
            AddTransceivers(A),
            AddTransceivers(B),
            SetLocal(A),
            Close(B),
            SetRemote(B),
            SetLocal(B),
            AddCandidate(B),
        ],
    },
];

/// One line of a trace. `encodings`: the most that any sender has; a single one is not worth a word.
pub fn trace_line(
    step: Step,
    result: Result<(), &str>,
    signaling: &str,
    transceivers: usize,
    encodings: usize,
) -> String {
    let result = result.err().unwrap_or("ok");
    let encodings = if encodings > 1 { format!(", {encodings} encodings") } else { String::new() };
    format!("{step:?}: {result}, {signaling}, {transceivers} transceivers{encodings}")
}

/// What [`Step::SetRemoteTakingSimulcast`] adds to an answer (RFC 8853).
pub const TAKES_SIMULCAST: &str =
    "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n";

/// A candidate for the scripts.
pub fn candidate(line: &str, ufrag: &str) -> IceCandidate {
    IceCandidate {
        candidate: line.to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: Some(ufrag.to_owned()),
    }
}

/// A host candidate that every browser can parse.
pub const HOST_CANDIDATE: &str = "candidate:1 1 udp 2122260223 127.0.0.1 50000 typ host";

/// Runs a script on two fakes.
pub fn run_on_fakes(script: &Script) -> Vec<String> {
    let mut pair = FakePair {
        sides: [FakeConnection::new("a"), FakeConnection::new("b")],
        last_descriptions: [None, None],
    };
    script.steps.iter().map(|step| pair.step(*step)).collect()
}

struct FakePair {
    sides: [FakeConnection; 2],
    last_descriptions: [Option<SessionDescription>; 2],
}

impl FakePair {
    fn step(&mut self, step: Step) -> String {
        let (side, result) = self.perform(step);
        let connection = &self.sides[side];
        let (signaling, transceivers) =
            (connection.signaling_state().as_str(), connection.transceiver_count());
        let encodings = (0..transceivers).map(|transceiver| connection.encodings(transceiver)).max();
        trace_line(step, result, signaling, transceivers, encodings.unwrap_or_default())
    }

    fn perform(&mut self, step: Step) -> (usize, Result<(), &'static str>) {
        let at = side_index(step);
        let theirs = self.last_descriptions[1 - at].clone();
        let ufrag = theirs.as_ref().and_then(|d| d.ufrags().next().map(str::to_owned)).unwrap_or_default();
        let connection = &mut self.sides[at];
        let result = match step {
            AddTransceivers(_) => {
                connection.add_transceiver(SectionKind::Audio);
                connection.add_transceiver(SectionKind::Video);
                Ok(())
            }
            AddSimulcastTransceiver(_) => {
                connection.add_simulcast_transceiver(&RIDS);
                Ok(())
            }
            SetRemoteTakingSimulcast(_) => theirs.map_or(Ok(()), |mut description| {
                description.sdp.push_str(TAKES_SIMULCAST);
                connection.set_remote_description(&description)
            }),
            SetLocal(_) => connection
                .set_local_description()
                .map(|description| self.last_descriptions[at] = Some(description)),
            SetRemote(_) => {
                theirs.map_or(Ok(()), |description| connection.set_remote_description(&description))
            }
            SetRemoteProvisionally(_) => {
                theirs.map_or(Ok(()), |description| connection.set_provisional_answer(&description.sdp))
            }
            SetGarbage(_) => connection.set_remote_description(&garbage()),
            AddCandidate(_) => connection.add_ice_candidate(&candidate(HOST_CANDIDATE, &ufrag)),
            AddUnknownUfragCandidate(_) => {
                connection.add_ice_candidate(&candidate(HOST_CANDIDATE, "unknown"))
            }
            AddGarbageCandidate(_) => connection.add_ice_candidate(&candidate("garbage", &ufrag)),
            RestartIce(_) => {
                connection.restart_ice();
                Ok(())
            }
            Close(_) => {
                connection.close();
                Ok(())
            }
        };
        (at, result)
    }
}

/// The offer of [`Step::SetGarbage`].
pub fn garbage() -> SessionDescription {
    SessionDescription { sdp_type: SdpType::Offer, sdp: "garbage\r\n".to_owned() }
}

/// 0 for `A`, 1 for `B`.
pub fn side_index(step: Step) -> usize {
    let (AddTransceivers(side)
    | AddSimulcastTransceiver(side)
    | SetRemoteTakingSimulcast(side)
    | SetLocal(side)
    | SetRemote(side)
    | SetRemoteProvisionally(side)
    | SetGarbage(side)
    | AddCandidate(side)
    | AddUnknownUfragCandidate(side)
    | AddGarbageCandidate(side)
    | RestartIce(side)
    | Close(side)) = step;
    usize::from(side == B)
}
