//! The wire as others see it: transcripts, the reference document, and frames that nobody should send.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod client;
mod document;
mod frames;
#[path = "../common/mutate.rs"]
mod mutate;
mod mutations;
mod protocol_doc;
mod script;

use visavis_signaling::ParticipantId;

/// What stands for the id of somebody with this identity: clients take any.
fn participant_id(identity: &str) -> ParticipantId {
    ParticipantId::new(format!("id-of-{identity}")).unwrap()
}
