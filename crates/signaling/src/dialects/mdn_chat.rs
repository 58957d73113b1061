//! The chat of MDN's WebRTC samples: one room for everybody, people are known by name, and a call is a message to one.
//!
//! The server dies of a connection without the subprotocol `json`, and sends what has no target to everybody. It lists
//! people in the order in which they came, so whoever is listed later calls; but on an original client a person calls,
//! by a click on a name, so whoever does not call soon is called. Original clients put no sender on a
//! candidate: it is of whoever described themselves last. What is only for ours goes with a candidate that says nothing.

use std::time::Duration;

use super::{About, BoxedDialect, DialectEntry, Options};
use crate::carrier::{Message, Raw};
use crate::foreign::{Context, JoinRequest, Profile, Protocol, no_candidate};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::malformed::Malformed;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};
use crate::time::Timestamp;

/// How long a newcomer has to call us: longer than a Visavis page takes over a slow network.
const NEWCOMER_CALLS: Duration = Duration::from_millis(1500);

pub(super) const ENTRY: DialectEntry = DialectEntry { name: "mdn-chat", about, make };

fn about() -> About {
    About {
        title: "The WebSocket chat server of MDN's WebRTC samples (userlist, video-offer, new-ice-candidate)",
        room: "anything; the server has one room",
        report_allowlist: "rejectusername,userlist,users,video-offer,video-answer,new-ice-candidate,hang-up",
    }
}

fn make(options: Options) -> BoxedDialect {
    options.over(Box::new(Raw::with_protocol("json")), Box::new(MdnChat::default()))
}

#[derive(Default)]
struct MdnChat {
    /// The number that the server gave us, as it wrote it.
    id: Option<Json>,
    name: String,
    joining: bool,
    /// Whose description came last.
    last_describer: String,
    /// Who hung up and is still there: nobody calls them again.
    hung_up: Vec<String>,
    /// Who has come after us and has not called yet, and until when they may.
    newcomers: Vec<(String, Timestamp)>,
}

impl MdnChat {
    fn send_user_name(&mut self, context: &mut Context) {
        let (true, Some(id)) = (self.joining, self.id.clone()) else { return };
        let mut fields = Fields::of_type("username");
        fields.text("name", &self.name);
        fields.put("id", id);
        fields.number("date", 0);
        context.send(fields);
    }

    fn on_user_list(&mut self, users: &[Json], context: &mut Context) {
        let users: Vec<&str> = users.iter().take(MAX_PARTICIPANTS).map(Json::short).collect();
        let Some(me) = users.iter().position(|name| *name == self.name).filter(|_| self.joining) else {
            return;
        };
        context.joined();
        context.retain_participants(|name| users.contains(&name));
        self.hung_up.retain(|name| users.contains(&name.as_str()));
        for (at, name) in users.iter().enumerate().filter(|(at, _)| *at != me) {
            if context.knows(name) || self.hung_up.iter().any(|known| known == name) {
                continue;
            }
            if at > me {
                self.newcomers.push(((*name).to_owned(), context.now + NEWCOMER_CALLS));
            }
            context.participant_joined_as(name, name, if at < me { Offerer::Us } else { Offerer::Them });
        }
        self.newcomers.retain(|(name, _)| context.knows(name));
        self.set_alarm(context);
    }

    fn set_alarm(&self, context: &mut Context) {
        context.set_timer(self.newcomers.iter().map(|(_, at)| *at).min());
    }

    fn on_description(
        &mut self,
        fields: &Json,
        kind: SdpType,
        context: &mut Context,
    ) -> Result<(), Malformed> {
        let from = fields.at("name").short();
        if from == self.name {
            return Ok(());
        }
        context.participant_joined_as(from, from, Offerer::Them);
        if !context.on_extension(from, fields.at("x")) {
            return Ok(());
        }
        context.on_description(from, fields.at("sdp"), Some(kind))?;
        from.clone_into(&mut self.last_describer);
        self.hung_up.retain(|name| name != from);
        Ok(())
    }

    fn relay_candidate(&self, to: &str, candidate: Json, x: Json, context: &mut Context) {
        let mut fields = self.to("new-ice-candidate", to);
        fields.put("candidate", candidate);
        fields.put("x", x);
        context.send(fields);
    }

    fn to(&self, kind: &str, to: &str) -> Fields {
        let mut fields = Fields::of_type(kind);
        fields.text("name", &self.name);
        fields.text("target", to);
        fields
    }
}

impl Protocol for MdnChat {
    fn profile(&self) -> Profile {
        Profile { announces_leave: true, ..Profile::default() }
    }

    fn join(&mut self, request: &JoinRequest, context: &mut Context) {
        self.name.clone_from(&request.name);
        if self.name.is_empty() {
            self.name.push_str("guest");
        }
        self.joining = true;
        self.send_user_name(context);
    }

    fn on_message(&mut self, message: &Message, context: &mut Context) -> Result<(), Malformed> {
        let fields = message.arg(0);
        match fields.at("type").short() {
            "id" => {
                self.id = Some(fields.at("id").clone());
                self.send_user_name(context);
            }
            "rejectusername" => fields.at("name").short().clone_into(&mut self.name),
            "userlist" => {
                let Json::List(users) = fields.at("users") else { return Err(Malformed) };
                self.on_user_list(users, context);
            }
            _ if !context.is_joined() => {}
            "video-offer" => self.on_description(fields, SdpType::Offer, context)?,
            "video-answer" => self.on_description(fields, SdpType::Answer, context)?,
            "new-ice-candidate" => {
                let name = fields.at("name").short();
                let from = if name.is_empty() { &self.last_describer } else { name };
                if context.on_extension(from, fields.at("x")) {
                    context.on_candidate(from, fields.at("candidate"));
                }
            }
            "hang-up" => {
                let from = fields.at("name").short();
                if context.knows(from) {
                    self.hung_up.push(from.to_owned());
                    context.participant_left(from);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn send_description(&mut self, to: &str, description: &SessionDescription, context: &mut Context) {
        let kind = match description.sdp_type {
            SdpType::Offer => "video-offer",
            SdpType::Answer => "video-answer",
        };
        let mut fields = self.to(kind, to);
        fields.put("sdp", description);
        fields.put("x", context.extension_beside(to, true));
        context.send(fields);
    }

    fn send_candidate(&mut self, to: &str, candidate: Option<&IceCandidate>, context: &mut Context) {
        if let Some(candidate) = candidate {
            self.relay_candidate(to, candidate.into(), context.extension_beside(to, false), context);
        }
    }

    fn send_extension(&mut self, to: &str, x: Json, context: &mut Context) {
        self.relay_candidate(to, no_candidate(), x, context);
    }

    fn on_timer(&mut self, context: &mut Context) {
        let now = context.now;
        self.newcomers.retain(|(name, at)| {
            if *at <= now {
                context.offer_instead(name);
            }
            *at > now
        });
        self.set_alarm(context);
    }

    fn leave(&mut self, context: &mut Context) {
        for to in context.keys() {
            context.send(self.to("hang-up", &to));
        }
        self.joining = false;
    }

    fn on_disconnected(&mut self) {
        (self.id, self.joining) = (None, false);
        self.hung_up.clear();
        self.newcomers.clear();
    }
}
