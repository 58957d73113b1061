//! Servers that repeat every text to everybody else, and know nothing: no ids, no rooms, no roster, no errors.
//!
//! A later version of them repeats only to those who have sent the same `code`; the earlier one repeats that field too,
//! and clients ignore it, so it is always there. Everybody offers as soon as the socket is open, to whoever hears it. These
//! servers die of anything that is not JSON.
//!
//! What is only for ours goes beside a candidate that is null: naive pages send that themselves at the end of theirs, and
//! skip it.

use super::{About, Listed, Made, Options};
use crate::carrier::Message;
use crate::foreign::{Context, Entry, OTHER, Profile, Protocol, texts};
use crate::json::Json;
use crate::signal::{IceCandidate, SessionDescription};

pub(super) const LISTED: Listed = Listed { name: "broadcast", about, make };

fn about() -> About {
    About {
        title: "WebSocket servers that repeat everything to everybody else (message_type, content, code)",
        room: "the code that both share",
        words: "message_type,content,code,SDP,CANDIDATE",
    }
}

fn make(options: Options) -> Made {
    options.over_raw(Broadcast::default())
}

#[derive(Default)]
struct Broadcast {
    code: String,
}

impl Broadcast {
    fn say(&self, kind: &str, content: Json, x: Json, context: &mut Context) {
        let mut fields = texts(&[("message_type", kind)]);
        fields.put("content", content);
        fields.text("code", &self.code);
        fields.put("x", x);
        context.say(fields);
    }
}

impl Protocol for Broadcast {
    fn profile(&self) -> Profile {
        Profile { keeps_pairs: true, presumes: true, greets: true, ..Profile::default() }
    }

    fn join(&mut self, entry: &Entry, context: &mut Context) {
        self.code.clone_from(&entry.room);
        context.joined();
        let hello = context.hello("");
        self.aside("", hello, context);
    }

    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()> {
        let fields = message.arg(0);
        let code = fields.at("code");
        if !context.is_in() || (*code != Json::Null && code.as_text() != Some(&self.code)) {
            return Some(());
        }
        let content = fields.at("content");
        match fields.at("message_type").short() {
            _ if !context.meet(OTHER, fields.at("x")) => {}
            "SDP" => context.description(OTHER, content, None)?,
            "CANDIDATE" => context.candidate(OTHER, content),
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.say("SDP", description.into(), context.beside(to, true), context);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.say("CANDIDATE", candidate.into(), context.beside(to, false), context);
        }
    }

    fn aside(&mut self, _to: &str, x: Json, context: &mut Context) {
        self.say("CANDIDATE", Json::Null, x, context);
    }
}
