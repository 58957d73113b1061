//! The server's end of the wire as others see it: transcripts, the sample session of the reference, and frames that
//! nobody should send.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../signaling/tests/wire/document.rs"]
mod document;
#[path = "../../../signaling/tests/wire/frames.rs"]
mod frames;
#[path = "../../../signaling/tests/common/mutate.rs"]
mod mutate;
mod mutations;
#[path = "../../../signaling/tests/wire/script.rs"]
mod script;
mod server;

use visavis_hub::participant_id;
