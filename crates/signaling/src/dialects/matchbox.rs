//! matchbox_server: the room is the path of the URL, and whoever is told of a `NewPeer` offers.
//!
//! Its own clients are games that open data channels; two of ours can hold a call through it. The text of a candidate is
//! JSON within JSON, `"null"` is the end of candidates, and a newcomer learns of the others by their offers. Its clients
//! drop a message with a field too many, or of a kind that they do not know: so what is only for ours is a message of its
//! own. It goes before the first offer, and counts for what follows.

use std::time::Duration;

use super::{About, Listed, Made, Options};
use crate::carrier::Message;
use crate::dialect::{Expects, Probe};
use crate::foreign::{Context, Entry, Profile, Protocol, texts};
use crate::json::{Fields, Json};
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};
use crate::text::url_segment;

/// The kind of what is only for ours.
const OURS: &str = "Visavis";
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(super) const LISTED: Listed = Listed { name: "matchbox", about, make };

fn about() -> About {
    About {
        title: "matchbox_server (IdAssigned, NewPeer, Signal)",
        room: "any name; it becomes the path of the URL",
        words: "IdAssigned,NewPeer,PeerLeft,Signal,sender,data,Offer,Answer,IceCandidate,Visavis",
    }
}

fn make(options: Options) -> Made {
    // Nobody else is where we wait before we join.
    let lobby = ["lobby-", &options.ids().0].concat();
    options.over_raw(Matchbox { room: lobby.clone(), lobby, assigned: false, wanted: false })
}

struct Matchbox {
    lobby: String,
    room: String,
    /// The server has let this connection into the room of its URL.
    assigned: bool,
    wanted: bool,
}

impl Matchbox {
    fn enter(&self, context: &mut Context) {
        if self.assigned && self.wanted {
            context.joined();
        }
    }
}

fn hear_signal(signal: &Json, context: &mut Context) -> Option<()> {
    let (from, data) = (signal.at("sender").short(), signal.at("data"));
    if *data.at(OURS) != Json::Null {
        context.meet(from, data.at(OURS));
    }
    match (data.at("Offer"), data.at("Answer"), data.at("IceCandidate")) {
        (Json::Null, Json::Null, Json::Null) => {}
        (Json::Null, Json::Null, candidate) => context.candidate(from, candidate),
        (Json::Null, answer, _) => context.description(from, answer, Some(SdpType::Answer))?,
        (offer, _, _) => context.description(from, offer, Some(SdpType::Offer))?,
    }
    Some(())
}

fn say(to: &str, kind: &str, what: Json, context: &mut Context) {
    let mut data = Fields::default();
    data.put(kind, what);
    let mut signal = texts(&[("receiver", to)]);
    signal.put("data", data);
    let mut fields = Fields::default();
    fields.put("Signal", signal);
    context.say(fields);
}

impl Protocol for Matchbox {
    fn profile(&self) -> Profile {
        Profile { tells_leave: true, ..Profile::default() }
    }

    fn url(&self, url: &str) -> String {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let base = base.strip_suffix('/').unwrap_or(base);
        let mark = if query.is_empty() { "" } else { "?" };
        [base, "/", &url_segment(&self.room), mark, query].concat()
    }

    fn probe(&self, url: &str) -> Option<Probe> {
        let (base, _) = url.split_once('?').unwrap_or((url, ""));
        let base = base.strip_suffix('/').unwrap_or(base);
        Some(Probe { url: [base, "/health"].concat(), expects: Expects::Success })
    }

    fn up(&mut self, _id: Option<&str>, context: &mut Context) {
        context.wake_at(Some(context.now + KEEP_ALIVE));
    }

    fn join(&mut self, entry: &Entry, context: &mut Context) {
        self.wanted = true;
        if self.room != entry.room {
            self.room.clone_from(&entry.room);
            return context.move_on();
        }
        self.enter(context);
    }

    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()> {
        let fields = message.arg(0);
        if *fields.at("IdAssigned") != Json::Null {
            self.assigned = true;
            self.enter(context);
        }
        if !context.is_in() {
            return Some(());
        }
        // Keys that are not there give empty ids, which are nobody's.
        context.enter(fields.at("NewPeer").short(), Offerer::Us);
        context.left(fields.at("PeerLeft").short());
        hear_signal(fields.at("Signal"), context)
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let kind = match description.sdp_type {
            SdpType::Offer => "Offer",
            SdpType::Answer => "Answer",
        };
        self.aside(to, context.beside(to, true), context);
        say(to, kind, Json::text(&description.sdp), context);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        let text = candidate.map_or(Json::Null, Json::from).to_string();
        say(to, "IceCandidate", Json::Text(text), context);
    }

    fn aside(&mut self, to: &str, x: Json, context: &mut Context) {
        say(to, OURS, x, context);
    }

    fn leave(&mut self, _desk: &mut Context) {
        self.room.clone_from(&self.lobby);
    }

    fn wake(&mut self, context: &mut Context) {
        context.say(Json::text("KeepAlive"));
        context.wake_at(Some(context.now + KEEP_ALIVE));
    }

    fn down(&mut self) {
        (self.assigned, self.wanted) = (false, false);
    }
}
