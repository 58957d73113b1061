//! The publish and subscribe server of y-webrtc, used as a relay: whoever hears an `announce` offers.
//!
//! The server repeats to everybody, the sender too, and dies of anything that is not JSON. It says nothing about who
//! leaves. What is only for ours has a type of its own, which others ignore.

use std::time::Duration;

use super::{Listed, Made, Options};
use crate::carrier::Message;
use crate::dialect::{Expects, Probe};
use crate::foreign::{Desk, Entry, Manners, Words, texts};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, Offerer, SessionDescription};
use crate::time::Timestamp;

const PING: Duration = Duration::from_secs(15);
/// Silence after which the server is dead: it answers every ping.
const DEAD: Duration = Duration::from_secs(30);

pub(super) const LISTED: Listed = Listed {
    name: "y-webrtc",
    title: "The signaling server of y-webrtc (subscribe, publish, announce)",
    room: "the topic",
    make,
};

fn make(options: Options) -> Made {
    let (me, _) = options.ids();
    options.over_raw(YWebrtc { me, topic: String::new(), heard_at: Timestamp::default() })
}

struct YWebrtc {
    me: String,
    topic: String,
    heard_at: Timestamp,
}

impl YWebrtc {
    /// An empty `to` is everybody.
    fn publish(&self, kind: &str, to: &str, signal: Option<Json>, x: Json, desk: &mut Desk) {
        let mut data = texts(&[("type", kind), ("from", &self.me)]);
        if !to.is_empty() {
            data.text("to", to);
        }
        if let Some(signal) = signal {
            data.put("token", Json::Number(desk.now.as_millis().to_string()));
            data.put("signal", signal);
        }
        data.put("x", x);
        let mut fields = Fields::of_type("publish");
        fields.text("topic", &self.topic);
        fields.put("data", data);
        desk.say(fields);
    }

    fn topics(&self, kind: &str, desk: &mut Desk) {
        let mut fields = Fields::of_type(kind);
        fields.put("topics", Json::List(vec![Json::text(&self.topic)]));
        desk.say(fields);
    }

    fn hear_data(&self, data: &Json, desk: &mut Desk) -> Option<()> {
        let (from, to) = (data.at("from").short(), data.at("to"));
        if from == self.me || (*to != Json::Null && to.as_text() != Some(&self.me)) {
            return Some(());
        }
        let signal = data.at("signal");
        match (data.at("type").short(), signal.at("type").short()) {
            _ if !desk.meet(from, data.at("x")) => {}
            ("announce", _) => desk.enter(from, Offerer::Us),
            ("signal", "offer" | "answer") => desk.description(from, signal, None)?,
            ("signal", "candidate") => desk.candidate(from, signal),
            _ => {}
        }
        Some(())
    }
}

impl Words for YWebrtc {
    fn manners(&self) -> Manners {
        Manners { keeps_pairs: true, greets: true, ..Manners::default() }
    }

    fn probe(&self, url: &str) -> Option<Probe> {
        Some(Probe { url: url.to_owned(), expects: Expects::Success })
    }

    fn up(&mut self, _id: Option<&str>, desk: &mut Desk) {
        self.heard_at = desk.now;
        desk.wake_at(Some(desk.now + PING));
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        self.topic.clone_from(&entry.room);
        self.topics("subscribe", desk);
        desk.joined();
        let hello = desk.hello("");
        self.aside("", hello, desk);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        self.heard_at = desk.now;
        let fields = message.arg(0);
        // Pongs and other topics are nothing, nor is the encrypted data of rooms with a password.
        if desk.is_in() && fields.at("topic").as_text() == Some(&self.topic) {
            self.hear_data(fields.at("data"), desk)?;
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        self.publish("signal", to, Some(description.into()), desk.beside(to, true), desk);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            let mut signal = texts(&[("type", "candidate")]);
            signal.put("candidate", candidate);
            self.publish("signal", to, Some(signal.into()), desk.beside(to, false), desk);
        }
    }

    fn aside(&mut self, to: &str, x: Json, desk: &mut Desk) {
        self.publish(if to.is_empty() { "announce" } else { "x" }, to, None, x, desk);
    }

    fn leave(&mut self, desk: &mut Desk) {
        self.topics("unsubscribe", desk);
    }

    fn wake(&mut self, desk: &mut Desk) {
        if self.heard_at + DEAD <= desk.now {
            return desk.reopen();
        }
        desk.say(Fields::of_type("ping"));
        desk.wake_at(Some(desk.now + PING));
    }
}
