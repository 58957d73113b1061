//! The publish and subscribe server of y-webrtc, used as a relay: whoever hears an `announce` offers.
//!
//! The server repeats to everybody, the sender too, and dies of anything that is not JSON. It says nothing about who
//! leaves. What is only for ours has a type of its own, which others ignore.

use std::time::Duration;

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::dialect::{Expects, Probe};
use crate::foreign::{Context, JoinRequest, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, Offerer, SessionDescription};
use crate::time::Timestamp;

const PING: Duration = Duration::from_secs(15);
/// Silence after which the server is dead: it answers every ping.
const DEAD: Duration = Duration::from_secs(30);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "y-webrtc", about, make };

fn about() -> About {
    About {
        title: "The signaling server of y-webrtc (subscribe, publish, announce)",
        room: "the topic",
        report_allowlist: "topic,data,announce,pong",
    }
}

fn make(options: Options) -> BoxedDialect {
    let (me, _) = options.ids();
    options.with_raw_frames(YWebrtc { me, topic: String::new(), last_message_at: None })
}

struct YWebrtc {
    me: String,
    topic: String,
    /// When the last message of the server came; `None` before the first connection.
    last_message_at: Option<Timestamp>,
}

impl YWebrtc {
    /// An empty `to` is everybody.
    fn publish(&self, kind: &str, to: &str, signal: Option<Json>, x: Json, context: &mut Context) {
        let mut data = Fields::of_texts(&[("type", kind), ("from", &self.me)]);
        if !to.is_empty() {
            data.text("to", to);
        }
        if let Some(signal) = signal {
            data.put("token", Json::Number(context.now.as_millis().to_string()));
            data.put("signal", signal);
        }
        data.put("x", x);
        let mut fields = Fields::of_type("publish");
        fields.text("topic", &self.topic);
        fields.put("data", data);
        context.send(fields);
    }

    fn topics(&self, kind: &str, context: &mut Context) {
        let mut fields = Fields::of_type(kind);
        fields.put("topics", Json::List(vec![Json::text(&self.topic)]));
        context.send(fields);
    }

    fn on_data(&self, data: &Json, context: &mut Context) -> Result<(), Malformed> {
        let (from, to) = (data.at("from").short(), data.at("to"));
        if from == self.me || (*to != Json::Null && to.as_text() != Some(&self.me)) {
            return Ok(());
        }
        let signal = data.at("signal");
        match (data.at("type").short(), signal.at("type").short()) {
            _ if !context.on_extension(from, data.at("x")) => {}
            ("announce", _) => context.participant_joined(from, Offerer::Us),
            ("signal", "offer" | "answer") => context.on_description(from, signal, None)?,
            ("signal", "candidate") => context.on_candidate(from, signal),
            _ => {}
        }
        Ok(())
    }
}

impl Protocol for YWebrtc {
    fn profile(&self) -> Profile {
        Profile { survives_reconnect: true, says_hello: true, ..Profile::default() }
    }

    fn probe(&self, url: &str) -> Option<Probe> {
        Some(Probe { url: url.to_owned(), expects: Expects::Success })
    }

    fn on_connected(&mut self, _id: Option<&str>, context: &mut Context) {
        self.last_message_at = Some(context.now);
        context.set_timer(Some(context.now + PING));
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.topic.clone_from(&request.room);
        self.topics("subscribe", context);
        context.joined();
        let hello = context.hello("");
        self.send_extension("", hello, context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        self.last_message_at = Some(context.now);
        let fields = message.arg(0);
        // Pongs and other topics are nothing, nor is the encrypted data of rooms with a password.
        if context.is_joined() && fields.at("topic").as_text() == Some(&self.topic) {
            self.on_data(fields.at("data"), context)?;
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        self.publish("signal", to, Some(description.into()), context.extension_beside(to, true), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            let mut signal = Fields::of_texts(&[("type", "candidate")]);
            signal.put("candidate", candidate);
            self.publish("signal", to, Some(signal.into()), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        self.publish(if to.is_empty() { "announce" } else { "x" }, to, None, x, context);
    }

    fn leave(&mut self, context: &mut Context) {
        self.topics("unsubscribe", context);
    }

    fn on_timer(&mut self, context: &mut Context) {
        if self.last_message_at.is_some_and(|at| at + DEAD <= context.now) {
            return context.reconnect();
        }
        context.send(Fields::of_type("ping"));
        context.set_timer(Some(context.now + PING));
    }
}
