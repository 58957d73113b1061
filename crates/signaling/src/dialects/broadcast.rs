//! Servers that repeat every text to everybody else, and know nothing: no ids, no rooms, no roster, no errors.
//!
//! A later version of them repeats only to those who have sent the same `code`; the earlier one repeats that field too,
//! and clients ignore it, so it is always there. Everybody offers as soon as the socket is open, to whoever hears it. These
//! servers die of anything that is not JSON.

use super::Listed;
use crate::carrier::Message;
use crate::foreign::{Desk, Entry, Manners, OTHER, Words, texts};
use crate::json::{Json, JsonError, Object};
use crate::limits::MAX_ID_BYTES;
use crate::normalize::loose;
use crate::signal::{IceCandidate, Offerer, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "broadcast",
    title: "WebSocket servers that repeat everything to everybody else (message_type, content, code)",
    room: "the code that both share",
    make: |options| options.over_raw(Broadcast::default()),
};

#[derive(Default)]
struct Broadcast {
    code: String,
}

impl Broadcast {
    fn say(&self, kind: &str, content: Json, desk: &mut Desk) {
        let mut fields = texts(&[("message_type", kind)]);
        fields.put("content", content);
        fields.text("code", &self.code);
        desk.say(fields);
    }
}

impl Words for Broadcast {
    fn manners(&self) -> Manners {
        Manners { capacity: 2, keeps_pairs: true, presumes: true, ..Manners::default() }
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        self.code.clone_from(&entry.room);
        desk.joined();
        desk.enter(OTHER, Offerer::Unknown);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Result<(), JsonError> {
        let fields = Object::root(message.arg(0))?;
        if fields.get("code").is_some_and(|code| code.as_text() != Some(&self.code)) || !desk.is_in() {
            return Ok(());
        }
        let content = fields.get("content").unwrap_or(&Json::Null);
        match fields.text("message_type", MAX_ID_BYTES)? {
            "SDP" => desk.description(OTHER, loose::description(content, None)?),
            "CANDIDATE" => desk.candidate(OTHER, loose::candidate(content)?),
            _ => {}
        }
        Ok(())
    }

    fn describe(&mut self, _to: &str, description: &SessionDescription, desk: &mut Desk) {
        self.say("SDP", description.into(), desk);
    }

    fn trickle(&mut self, _to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            self.say("CANDIDATE", candidate.into(), desk);
        }
    }
}
