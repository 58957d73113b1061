//! Servers that repeat every text to everybody else, and know nothing: no ids, no rooms, no roster, no errors.
//!
//! A later version of them repeats only to those who have sent the same `code`; the earlier one repeats that field too,
//! and clients ignore it, so it is always there. Everybody offers as soon as the socket is open, to whoever hears it. These
//! servers die of anything that is not JSON.
//!
//! What is only for ours goes beside a candidate that is null: naive pages send that themselves at the end of theirs, and
//! skip it.

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::foreign::{Context, JoinRequest, OTHER, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, SessionDescription};

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "broadcast", about, make };

fn about() -> About {
    About {
        title: "WebSocket servers that repeat everything to everybody else (message_type, content, code)",
        room: "the code that both share",
        report_allowlist: "message_type,content,code,SDP,CANDIDATE",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.with_raw_frames(Broadcast::default())
}

#[derive(Default)]
struct Broadcast {
    code: String,
}

impl Broadcast {
    fn send(&self, kind: &str, content: Json, x: Json, context: &mut Context) {
        let mut fields = Fields::of_texts(&[("message_type", kind)]);
        fields.put("content", content);
        fields.text("code", &self.code);
        fields.put("x", x);
        context.send(fields);
    }
}

impl Protocol for Broadcast {
    fn profile(&self) -> Profile {
        Profile { survives_reconnect: true, no_roster: true, says_hello: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.code.clone_from(&request.room);
        context.joined();
        let hello = context.hello("");
        self.send_extension("", hello, context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        let code = fields.at("code");
        if !context.is_joined() || (*code != Json::Null && code.as_text() != Some(&self.code)) {
            return Ok(());
        }
        let content = fields.at("content");
        match fields.at("message_type").short() {
            _ if !context.on_extension(OTHER, fields.at("x")) => {}
            "SDP" => context.on_description(OTHER, content, None)?,
            "CANDIDATE" => context.on_candidate(OTHER, content),
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.send("SDP", description.into(), context.extension_beside(to, true), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.send("CANDIDATE", candidate.into(), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, _to: &str, x: Json, context: &mut Context) {
        self.send("CANDIDATE", Json::Null, x, context);
    }
}
