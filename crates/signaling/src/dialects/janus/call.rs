//! A room of the VideoRoom plugin that we are in, or want to be in.

mod errors;
mod events;

use super::api::{Api, ApiId, Request, body};
use super::names::IdType;
use super::people::{People, list, participant_id};
use super::publication::Publication;
use super::subscription::{self, Subscription};
use crate::dialect::DialectOutput;
use crate::json::Json;
use crate::sfu::SfuConnection;
use crate::signal::{Inbound, Joined, MediaState, ParticipantId, ServerSignal};
use crate::time::Timestamp;
use crate::track_settings::VideoSettings;

/// How many people may publish in a room that we make.
const PUBLISHERS: u32 = 12;
/// Most bits per second that each of them sends to the server, in a room that we make: all three layers of a camera. Rooms of the
/// sample configuration have 128000, which is hardly a picture.
const BITRATE: u32 = 2_500_000;
/// What every step needs.
pub(super) struct Context<'a> {
    pub(super) now: Timestamp,
    pub(super) api: &'a mut Api,
    pub(super) id_type: &'a mut IdType,
    pub(super) identity: &'a str,
    pub(super) secret: &'a str,
    pub(super) connections_made: &'a mut u32,
    pub(super) out: &'a mut Vec<DialectOutput>,
}

/// How far we are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// On the way into the room.
    Joining,
    /// In the room, as this participant.
    Joined(ParticipantId),
    /// Still there, as far as we know, but the socket is lost.
    Interrupted(ParticipantId),
}

/// What was tried to get in.
#[derive(Debug, Default)]
struct Attempts {
    /// The server was asked with the other type of ids, too.
    id_type_changed: bool,
    /// The room was not there, and was made.
    room_created: bool,
    /// How many ids of ours were taken.
    ids_taken: u32,
    /// How often we have offered to publish in a room that was full.
    refused_offers: u32,
}

/// The room as the plugin knows it.
#[derive(Debug)]
struct Place {
    /// What it is called there.
    room: Json,
    /// Proves to the plugin that we are in it (`require_pvtid`).
    private_id: Json,
}

/// A room.
#[derive(Debug)]
pub(super) struct Call {
    name: String,
    display: String,
    pub(super) media: MediaState,
    stage: Stage,
    attempts: Attempts,
    /// We have been in this room just before.
    returns: bool,
    place: Place,
    /// The handle on which we have joined.
    handle: Option<ApiId>,
    people: People,
    publication: Publication,
    subscription: Subscription,
    /// After a lost socket: a subscription that tells whether the other one has missed anything.
    check: Option<Subscription>,
    /// All that those publish whose streams it is to tell of, as requests name it.
    feeds: Vec<Json>,
    /// The connections that the room knows.
    announced: Vec<SfuConnection>,
}

impl Call {
    /// `returns`: we have been in this room just before.
    pub(super) fn new(name: String, display: String, media: MediaState, returns: bool) -> Self {
        Self {
            name,
            display,
            media,
            stage: Stage::Joining,
            attempts: Attempts::default(),
            returns,
            place: Place { room: Json::Null, private_id: Json::Null },
            handle: None,
            people: People::default(),
            publication: Publication::new(0),
            subscription: Subscription::new(),
            check: None,
            feeds: Vec::new(),
            announced: Vec::new(),
        }
    }

    /// The same room, joined anew: the server has forgotten us.
    pub(super) fn again(self) -> Self {
        Self::new(self.name, self.display, self.media, true)
    }

    /// Whether this is the room of that name.
    pub(super) fn is_of(&self, name: &str) -> bool {
        self.name == name
    }

    /// The socket is lost.
    pub(super) fn interrupted(&mut self, api: &Api) {
        if let Stage::Joined(me) | Stage::Interrupted(me) = &self.stage {
            self.stage = Stage::Interrupted(me.clone());
        }
        self.check = None;
        self.publication.interrupted(api);
    }

    /// Whether the server has let us in, so that there is something to go on with.
    pub(super) fn is_in_room(&self) -> bool {
        matches!(self.stage, Stage::Joined(_) | Stage::Interrupted(_))
    }

    /// What people call it.
    pub(super) fn into_name(self) -> String {
        self.name
    }

    fn me(&self) -> Option<&ParticipantId> {
        match &self.stage {
            Stage::Joined(me) => Some(me),
            Stage::Joining | Stage::Interrupted(_) => None,
        }
    }

    /// In what size the videos of somebody are shown.
    pub(super) fn show(&mut self, publisher: &ParticipantId, settings: VideoSettings) {
        self.people.show(publisher, settings);
    }

    /// The handle is there: asks to be let in.
    pub(super) fn join(&mut self, handle: &ApiId, cx: &mut Context<'_>) {
        self.handle = Some(handle.clone());
        self.send_join(cx);
    }

    fn send_join(&mut self, cx: &mut Context<'_>) {
        let Some(handle) = &self.handle else { return };
        self.place.room = cx.id_type.room(&self.name);
        let mut body = body("join");
        body.text("ptype", "publisher");
        body.put("room", self.place.room.clone());
        body.put("id", cx.id_type.participant(cx.identity, self.attempts.ids_taken));
        body.text("display", &self.display);
        body.maybe_text("pin", cx.api.pin());
        body.maybe_text("token", cx.api.token());
        let frame = cx.api.message(handle, body, None, Some(Request::Join));
        cx.out.push(DialectOutput::Frame(frame));
    }

    fn create_room(&mut self, cx: &mut Context<'_>) {
        let Some(handle) = &self.handle else { return };
        self.attempts.room_created = true;
        let mut body = body("create");
        body.put("room", self.place.room.clone());
        body.text("description", &self.name);
        // Whoever lists the rooms of a server would see it, and could come in.
        body.bool("is_private", true);
        // Without it, whoever publishes nothing is seen by nobody.
        body.bool("notify_joining", true);
        body.number("publishers", PUBLISHERS);
        body.number("bitrate", BITRATE);
        // Else everybody in it could destroy it.
        body.text("secret", cx.secret);
        body.maybe_text("pin", cx.api.pin());
        let frame = cx.api.message(handle, body, None, Some(Request::CreateRoom));
        cx.out.push(DialectOutput::Frame(frame));
    }

    /// We are in.
    fn joined(&mut self, data: &Json, cx: &mut Context<'_>) {
        let Some(me) = participant_id(data.at("id")) else { return };
        self.people = People::read(data, &me);
        self.place.private_id = data.at("private_id").clone();
        self.stage = Stage::Joined(me.clone());
        let joined = Joined {
            id: me,
            participants: self.people.infos(),
            ice_servers: None,
            capacity: None,
            room: None,
            given_offers: Vec::new(),
        };
        signal(Inbound::Server(ServerSignal::Joined(joined)), cx);
        self.begin_publication(cx);
    }

    fn begin_publication(&mut self, cx: &mut Context<'_>) {
        self.publication = Publication::new(next_epoch(cx));
    }

    /// The server goes on with our session.
    pub(super) fn resume(&mut self, cx: &mut Context<'_>) {
        let Stage::Interrupted(me) = &self.stage else { return };
        self.stage = Stage::Joined(me.clone());
        signal(Inbound::Server(ServerSignal::Resumed { ice_servers: None }), cx);
        if let Some(handle) = &self.handle {
            self.publication.resume(cx.api, handle, cx.out);
        }
        self.ask_who_is_here(cx);
    }

    fn ask_who_is_here(&mut self, cx: &mut Context<'_>) {
        let Some(handle) = &self.handle else { return };
        let mut body = body("listparticipants");
        body.put("room", self.place.room.clone());
        let frame = cx.api.message(handle, body, None, Some(Request::ListParticipants));
        cx.out.push(DialectOutput::Frame(frame));
    }

    /// The server says who is in the room, after we may have missed it; now for what they publish.
    fn update_people(&mut self, present: &Json, cx: &mut Context<'_>) {
        let Some(me) = self.me().cloned() else { return };
        self.people.update(present, &me, cx.out);
        self.feeds.clear();
        for them in list(present) {
            let id = them.at("id");
            if *them.at("publisher") == Json::Bool(true) && participant_id(id).is_some_and(|id| id != me) {
                self.feeds.push(subscription::stream(id, None));
            }
        }
        if !self.feeds.is_empty() {
            self.check.insert(Subscription::new()).attach(&mut self.place.context(cx));
        }
    }

    /// The server has a handle for a subscription.
    pub(super) fn subscriber_attached(&mut self, handle: &ApiId, cx: &mut Context<'_>) {
        let epoch = next_epoch(cx);
        let mut place = self.place.context(cx);
        match &mut self.check {
            Some(check) if check.awaits_handle() => {
                check.attached(handle, epoch, self.feeds.clone(), &mut place);
            }
            _ if self.subscription.awaits_handle() => {
                let streams = self.subscription.missing(&self.people);
                self.subscription.attached(handle, epoch, streams, &mut place);
            }
            _ => subscription::detach(handle, &mut place),
        }
    }
}

impl Place {
    fn context<'a>(&'a self, cx: &'a mut Context<'_>) -> subscription::Context<'a> {
        subscription::Context {
            now: cx.now,
            api: cx.api,
            room: &self.room,
            private_id: &self.private_id,
            out: cx.out,
        }
    }
}

fn signal(signal: Inbound, cx: &mut Context<'_>) {
    cx.out.push(DialectOutput::Signal(signal));
}

fn next_epoch(cx: &mut Context<'_>) -> u32 {
    *cx.connections_made = cx.connections_made.wrapping_add(1);
    *cx.connections_made
}
