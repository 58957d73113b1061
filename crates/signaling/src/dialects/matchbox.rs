//! matchbox_server: the room is the path of the URL, and whoever is told of a `NewPeer` offers.
//!
//! Its own clients are games that open data channels; two Visavis pages can hold a call through it. The text of a candidate is
//! JSON within JSON, `"null"` is the end of candidates, and a newcomer learns of the others by their offers. Its clients
//! drop a message with a field too many, or of a kind that they do not know: so what is only for ours is a message of its
//! own. It goes before the first offer, and counts for what follows.

use std::time::Duration;

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::Message;
use crate::dialect::{Expects, Probe};
use crate::foreign::{Context, JoinRequest, Profile, Protocol};
use crate::json::{Fields, Json};
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};
use crate::text::url_segment;

/// The kind of what is only for ours.
const OURS: &str = "Visavis";
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "matchbox", about, make };

fn about() -> About {
    About {
        title: "matchbox_server (IdAssigned, NewPeer, Signal)",
        room: "any name; it becomes the path of the URL",
        report_allowlist: "IdAssigned,NewPeer,PeerLeft,Signal,sender,data,Offer,Answer,IceCandidate,Visavis",
    }
}

fn make(options: Options) -> BoxedDialect {
    // Nobody else is where we wait before we join.
    let lobby = ["lobby-", &options.ids().0].concat();
    options.with_raw_frames(Matchbox { room: lobby.clone(), lobby, assigned: false, wanted: false })
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

fn on_relayed_signal(signal: &Json, context: &mut Context) -> Result<(), Malformed> {
    let (from, data) = (signal.at("sender").short(), signal.at("data"));
    if *data.at(OURS) != Json::Null {
        context.on_extension(from, data.at(OURS));
    }
    match (data.at("Offer"), data.at("Answer"), data.at("IceCandidate")) {
        (Json::Null, Json::Null, Json::Null) => {}
        (Json::Null, Json::Null, candidate) => context.on_candidate(from, candidate),
        (Json::Null, answer, _) => context.on_description(from, answer, Some(SdpType::Answer))?,
        (offer, _, _) => context.on_description(from, offer, Some(SdpType::Offer))?,
    }
    Ok(())
}

fn send(to: &str, kind: &str, what: Json, context: &mut Context) {
    let mut data = Fields::default();
    data.put(kind, what);
    let mut signal = Fields::of_texts(&[("receiver", to)]);
    signal.put("data", data);
    let mut fields = Fields::default();
    fields.put("Signal", signal);
    context.send(fields);
}

impl Protocol for Matchbox {
    fn profile(&self) -> Profile {
        Profile { announces_leave: true, ..Profile::default() }
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

    fn on_connected(&mut self, _id: Option<&str>, context: &mut Context) {
        context.set_timer(Some(context.now + KEEP_ALIVE));
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.wanted = true;
        if self.room != request.room {
            self.room.clone_from(&request.room);
            return context.reconnect_at_new_url();
        }
        self.enter(context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        if *fields.at("IdAssigned") != Json::Null {
            self.assigned = true;
            self.enter(context);
        }
        if !context.is_joined() {
            return Ok(());
        }
        // Keys that are not there give empty ids, which are nobody's.
        context.participant_joined(fields.at("NewPeer").short(), Offerer::Us);
        context.participant_left(fields.at("PeerLeft").short());
        on_relayed_signal(fields.at("Signal"), context)
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let kind = match description.sdp_type {
            SdpType::Offer => "Offer",
            SdpType::Answer => "Answer",
        };
        self.send_extension(to, context.extension_beside(to, true), context);
        send(to, kind, Json::text(&description.sdp), context);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        let text = candidate.map_or(Json::Null, Json::from).to_string();
        send(to, "IceCandidate", Json::Text(text), context);
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        send(to, OURS, x, context);
    }

    fn leave(&mut self, _context: &mut Context) {
        self.room.clone_from(&self.lobby);
    }

    fn on_timer(&mut self, context: &mut Context) {
        context.send(Json::text("KeepAlive"));
        context.set_timer(Some(context.now + KEEP_ALIVE));
    }

    fn on_disconnected(&mut self) {
        (self.assigned, self.wanted) = (false, false);
    }
}
