//! What all dialects of other people's servers share, so that each of them is little more than its messages.
//!
//! A server of our own tells who is there, counts generations and says who left. These servers do not, each in its own
//! way. The [`Context`] makes up for it: it gives everybody an id, derives generations from the descriptions, puts
//! candidates into descriptions where old clients need that, keeps crossing offers apart, and notices who is silent for
//! too long. [`Foreign`] joins a carrier, a [`Protocol`] and its context into a [`Dialect`].

mod bundle;
mod context;
mod pair;
mod piggyback;

pub(crate) use self::context::{Context, Due, texts};
pub(crate) use self::pair::session;
pub(crate) use self::piggyback::no_candidate;
use crate::carrier::{Carrier, CarrierInput, CarrierOutput, Message};
use crate::dialect::{Dialect, DialectInput, DialectOutput, Endpoint, Probe};
use crate::json::Json;
use crate::limits::MAX_FRAME_BYTES;
use crate::signal::{IceCandidate, Outbound, Rejection, SessionDescription};
use crate::time::Timestamp;

/// The key of the only other one, where a server has no ids.
pub(crate) const OTHER: &str = "other";

/// What a server is like, as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Profile {
    /// Most people in a room; zero if the server has no limit.
    pub(crate) capacity: u32,
    /// Others do not notice when our socket is replaced: who was there still is. If not, we come back as somebody new.
    pub(crate) keeps_pairs: bool,
    /// Candidates travel inside the description, because clients take only that. Ours take them by themselves.
    pub(crate) bundles: bool,
    /// Nobody says who is there: somebody may be, so an offer is made into the silence and repeated.
    pub(crate) presumes: bool,
    /// Ours say hello before anything else, so that they are known by ids of their own. `presumes` wants it.
    pub(crate) greets: bool,
    /// The server also repeats what is said in other rooms.
    pub(crate) mixes_rooms: bool,
    /// Clients hang up by closing a data channel beside the media.
    pub(crate) hangs_up_by_channel: bool,
    /// The server says who has left. If not, only unanswered offers can tell.
    pub(crate) tells_leave: bool,
}

/// The wish to be in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Entry {
    pub(crate) room: String,
    pub(crate) name: String,
}

/// How one server speaks: its messages, heard and said. `to` and every key are the server's own ids of people, or [`OTHER`].
pub(crate) trait Protocol {
    fn profile(&self) -> Profile;

    /// The URL for the next attempt; some servers want the room in it.
    fn url(&self, url: &str) -> String {
        url.to_owned()
    }

    /// How to look at the server when the WebSocket cannot be opened, if it has something better than its carrier has.
    fn probe(&self, _url: &str) -> Option<Probe> {
        None
    }

    /// The carrier is up. `id` is how the server calls this connection, if it tells.
    fn up(&mut self, _id: Option<&str>, _desk: &mut Context) {}

    /// Enter the room; only while the carrier is up, and again on each new one.
    fn join(&mut self, entry: &Entry, context: &mut Context);

    /// The server said something. `None` if that makes no sense; then nothing may have changed.
    fn hear(&mut self, message: &Message, context: &mut Context) -> Option<()>;

    /// Say an offer or answer.
    fn describe(&mut self, to: &str, description: &SessionDescription, context: &mut Context);

    /// Say a candidate, or the end of candidates.
    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context);

    /// Say something that is only for another of ours, in a shape that no server and no naive page stumbles over or takes
    /// for a word to itself. Who is not known to be ours hears nothing but a [`Context::hello`]. An empty `to` is everybody.
    fn aside(&mut self, _to: &str, _x: Json, _desk: &mut Context) {}

    /// Say goodbye, if the server knows a word for it.
    fn leave(&mut self, _desk: &mut Context) {}

    /// Somebody has closed the data channel beside the media.
    fn hung_up(&mut self, key: &str, context: &mut Context) {
        context.left(key);
    }

    /// The moment of [`Context::wake_at`] has come.
    fn wake(&mut self, _desk: &mut Context) {}

    /// The connection is lost, and what the server knew of us with it.
    fn down(&mut self) {}
}

/// A dialect of somebody else's server.
pub(crate) struct Foreign {
    url: String,
    carrier: Box<dyn Carrier>,
    protocol: Box<dyn Protocol>,
    context: Context,
    up: bool,
    entry: Option<Entry>,
    refusal: Option<Rejection>,
    /// Whether to say so once the carrier is up: there is nothing else to ask such a server before joining.
    asked: bool,
}

impl Foreign {
    /// `id` is how others of ours call us.
    pub(crate) fn new(url: &str, carrier: Box<dyn Carrier>, protocol: Box<dyn Protocol>, id: String) -> Self {
        let context = Context::new(protocol.profile(), id);
        Self {
            url: url.to_owned(),
            carrier,
            protocol,
            context,
            up: false,
            entry: None,
            refusal: None,
            asked: false,
        }
    }

    fn feed(&mut self, input: CarrierInput, out: &mut Vec<DialectOutput>) {
        let mut outputs = Vec::new();
        self.carrier.handle(self.context.now, input, &mut outputs);
        for output in outputs {
            match output {
                // It belongs to who we were there, and an answer would be heard as theirs.
                CarrierOutput::Up(_) | CarrierOutput::Message(_) if self.context.moves() => {}
                CarrierOutput::Frame(frame) => out.push(DialectOutput::Frame(frame)),
                CarrierOutput::Misunderstood(why) => out.push(DialectOutput::Misunderstood(why)),
                CarrierOutput::Stalled => self.context.reopen(),
                CarrierOutput::Refused(refusal) => {
                    self.refusal = Some(refusal.clone());
                    self.context.refuse(refusal);
                }
                CarrierOutput::Up(id) => {
                    self.up = true;
                    self.protocol.up(id.as_deref(), &mut self.context);
                    self.answer();
                    self.enter();
                }
                CarrierOutput::Message(message) => {
                    if self.protocol.hear(&message, &mut self.context).is_none() {
                        let why = ["a message makes no sense: ", &message.event].concat();
                        out.push(DialectOutput::Misunderstood(why));
                    }
                }
            }
        }
    }

    fn enter(&mut self) {
        if let (true, Some(entry)) = (self.up, &self.entry) {
            self.protocol.join(entry, &mut self.context);
        }
    }

    /// To the question whether anybody is there.
    fn answer(&mut self) {
        if let Some(refusal) = self.refusal.clone().filter(|_| self.asked) {
            self.context.refuse(refusal);
        } else if self.up && self.asked {
            self.context.is_there();
        }
        self.asked &= !self.up;
    }

    fn say(&mut self, outbound: Outbound) {
        match outbound {
            Outbound::Join { room, name, media } => {
                self.context.introduce_us(&room, &name, media);
                self.entry = Some(Entry { room, name });
                match &self.refusal {
                    Some(refusal) => self.context.refuse(refusal.clone()),
                    None => self.enter(),
                }
            }
            Outbound::Description { to, generation, description } => {
                let due = self.context.describe(&to, generation, description);
                self.perform(due);
            }
            Outbound::Candidate { to, generation: _, candidate } => {
                let due = self.context.trickle(&to, candidate);
                self.perform(due);
            }
            Outbound::MediaState(media) => self.context.media_changed(media),
            Outbound::Check => {
                self.asked = true;
                self.answer();
            }
            Outbound::Leave => {
                if !self.context.profile.tells_leave {
                    self.context.tell_all(true);
                }
                self.say_asides();
                self.protocol.leave(&mut self.context);
                self.entry = None;
                self.context.forget_all();
            }
        }
    }

    fn say_asides(&mut self) {
        while let Some((to, x)) = self.context.next_aside() {
            self.protocol.aside(&to, x, &mut self.context);
        }
    }

    fn perform(&mut self, due: Option<Due>) {
        match due {
            Some(Due::Describe(key, description)) if self.context.is_ours(&key) => {
                self.say_inside(&key, "description", Json::from(&description));
            }
            Some(Due::Describe(key, description)) => {
                self.protocol.describe(&key, &description, &mut self.context);
            }
            Some(Due::Trickle(key, Some(candidate))) if self.context.is_ours(&key) => {
                self.say_inside(&key, "candidate", Json::from(&candidate));
            }
            Some(Due::Trickle(key, candidate)) if !self.context.is_ours(&key) => {
                self.protocol.trickle(&key, candidate.as_ref(), &mut self.context);
            }
            // Ours need no end of candidates.
            Some(Due::Trickle(..)) | None => {}
        }
    }

    fn say_inside(&mut self, to: &str, field: &str, what: Json) {
        let x = self.context.counted(to, field == "description").with(field, what);
        self.protocol.aside(to, x, &mut self.context);
    }

    fn timeout(&mut self) {
        if self.context.take_wake() {
            self.protocol.wake(&mut self.context);
        }
        for due in self.context.take_due() {
            self.perform(Some(due));
        }
    }

    fn close(&mut self, out: &mut Vec<DialectOutput>) {
        self.feed(CarrierInput::Closed, out);
        self.protocol.down();
        self.context.down();
        self.up = false;
        self.entry = None;
        self.refusal = None;
        self.asked = false;
    }

    /// What the protocol said goes out through the carrier. What it heard goes to the room, but not as an answer to what
    /// the room itself says: that could come before it is ready, so it comes right after.
    fn drain(&mut self, with_signals: bool, out: &mut Vec<DialectOutput>) {
        self.say_asides();
        for message in self.context.take_messages() {
            self.feed(CarrierInput::Say(message), out);
        }
        if with_signals {
            out.extend(self.context.take_signals().into_iter().map(DialectOutput::Signal));
            out.extend(self.context.take_reopen());
        }
    }
}

impl Dialect for Foreign {
    fn endpoint(&self) -> Endpoint {
        self.carrier.endpoint(&self.protocol.url(&self.url))
    }

    fn probe(&self) -> Option<Probe> {
        let carriers = || self.carrier.probe(&self.protocol.url(&self.url));
        Some(self.protocol.probe(&self.url).unwrap_or_else(carriers))
    }

    fn handle(&mut self, now: Timestamp, input: DialectInput, out: &mut Vec<DialectOutput>) {
        self.context.now = now;
        let said = matches!(input, DialectInput::Send(_));
        match input {
            DialectInput::Opened => {
                self.close(out);
                self.feed(CarrierInput::Opened, out);
            }
            DialectInput::Frame(frame) if frame.len() > MAX_FRAME_BYTES => {
                out.push(DialectOutput::Misunderstood("a frame is too long".to_owned()));
            }
            DialectInput::Frame(frame) => self.feed(CarrierInput::Frame(frame), out),
            DialectInput::Closed => self.close(out),
            DialectInput::Send(outbound) => self.say(outbound),
            DialectInput::Timeout => {
                self.feed(CarrierInput::Timeout, out);
                self.timeout();
            }
            DialectInput::HungUp(id) => {
                if let Some(key) = self.context.key_of(&id) {
                    self.protocol.hung_up(&key, &mut self.context);
                }
            }
        }
        self.drain(!said, out);
    }

    fn hangs_up_by_channel(&self) -> bool {
        self.protocol.profile().hangs_up_by_channel
    }

    fn poll_timeout(&self) -> Option<Timestamp> {
        self.carrier.poll_timeout().into_iter().chain(self.context.poll_timeout()).min()
    }
}
