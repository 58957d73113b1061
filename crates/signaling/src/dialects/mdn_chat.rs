//! The chat of MDN's WebRTC samples: one room for everybody, people are known by name, and a call is a message to one.
//!
//! The server dies of a connection without the subprotocol `json`, and sends what has no target to everybody. It lists
//! people in the order in which they came, so whoever is listed later calls. Original clients put no sender on a
//! candidate: it is of whoever described themselves last. What is only for ours goes with a candidate that says nothing.

use super::{Listed, Made, Options};
use crate::carrier::{Message, Raw};
use crate::foreign::{Desk, Entry, Manners, Words, no_candidate};
use crate::json::{Fields, Json};
use crate::limits::MAX_PARTICIPANTS;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "mdn-chat",
    title: "The WebSocket chat server of MDN's WebRTC samples (userlist, video-offer, new-ice-candidate)",
    room: "anything; the server has one room",
    make,
};

fn make(options: Options) -> Made {
    options.over(Box::new(Raw::with_protocol("json")), Box::new(MdnChat::default()))
}

#[derive(Default)]
struct MdnChat {
    /// The number that the server gave us, as it wrote it.
    id: Option<Json>,
    name: String,
    joining: bool,
    /// Who described themselves last.
    speaker: String,
    /// Who hung up and is still there: nobody calls them again.
    hung_up: Vec<String>,
}

impl MdnChat {
    fn introduce(&mut self, desk: &mut Desk) {
        let (true, Some(id)) = (self.joining, self.id.clone()) else { return };
        let mut fields = Fields::of_type("username");
        fields.text("name", &self.name);
        fields.put("id", id);
        fields.number("date", 0);
        desk.say(fields);
    }

    fn hear_list(&mut self, users: &[Json], desk: &mut Desk) {
        let users: Vec<&str> = users.iter().take(MAX_PARTICIPANTS).map(Json::short).collect();
        let Some(me) = users.iter().position(|name| *name == self.name).filter(|_| self.joining) else {
            return;
        };
        desk.joined();
        desk.retain(|name| users.contains(&name));
        self.hung_up.retain(|name| users.contains(&name.as_str()));
        for (at, name) in users.iter().enumerate().filter(|(at, _)| *at != me) {
            if !self.hung_up.iter().any(|known| known == name) {
                desk.enter_as(name, name, if at < me { Offerer::Us } else { Offerer::Them });
            }
        }
    }

    fn hear_description(&mut self, fields: &Json, kind: SdpType, desk: &mut Desk) -> Option<()> {
        let from = fields.at("name").short();
        if from == self.name {
            return Some(());
        }
        desk.enter_as(from, from, Offerer::Them);
        if !desk.meet(from, fields.at("x")) {
            return Some(());
        }
        desk.description(from, fields.at("sdp"), Some(kind))?;
        from.clone_into(&mut self.speaker);
        self.hung_up.retain(|name| name != from);
        Some(())
    }

    fn say_candidate(&self, to: &str, candidate: Json, x: Json, desk: &mut Desk) {
        let mut fields = self.to("new-ice-candidate", to);
        fields.put("candidate", candidate);
        fields.put("x", x);
        desk.say(fields);
    }

    fn to(&self, kind: &str, to: &str) -> Fields {
        let mut fields = Fields::of_type(kind);
        fields.text("name", &self.name);
        fields.text("target", to);
        fields
    }
}

impl Words for MdnChat {
    fn manners(&self) -> Manners {
        Manners { tells_leave: true, ..Manners::default() }
    }

    fn join(&mut self, entry: &Entry, desk: &mut Desk) {
        self.name.clone_from(&entry.name);
        if self.name.is_empty() {
            self.name.push_str("guest");
        }
        self.joining = true;
        self.introduce(desk);
    }

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Option<()> {
        let fields = message.arg(0);
        match fields.at("type").short() {
            "id" => {
                self.id = Some(fields.at("id").clone());
                self.introduce(desk);
            }
            "rejectusername" => fields.at("name").short().clone_into(&mut self.name),
            "userlist" => {
                let Json::List(users) = fields.at("users") else { return None };
                self.hear_list(users, desk);
            }
            _ if !desk.is_in() => {}
            "video-offer" => self.hear_description(fields, SdpType::Offer, desk)?,
            "video-answer" => self.hear_description(fields, SdpType::Answer, desk)?,
            "new-ice-candidate" => {
                let name = fields.at("name").short();
                let from = if name.is_empty() { &self.speaker } else { name };
                if desk.meet(from, fields.at("x")) {
                    desk.candidate(from, fields.at("candidate"));
                }
            }
            "hang-up" => {
                let from = fields.at("name").short();
                if desk.knows(from) {
                    self.hung_up.push(from.to_owned());
                    desk.left(from);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        let kind = match description.sdp_type {
            SdpType::Offer => "video-offer",
            SdpType::Answer => "video-answer",
        };
        let mut fields = self.to(kind, to);
        fields.put("sdp", description);
        fields.put("x", desk.beside(to, true));
        desk.say(fields);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            self.say_candidate(to, candidate.into(), desk.beside(to, false), desk);
        }
    }

    fn aside(&mut self, to: &str, x: Json, desk: &mut Desk) {
        self.say_candidate(to, no_candidate(), x, desk);
    }

    fn leave(&mut self, desk: &mut Desk) {
        for to in desk.keys() {
            desk.say(self.to("hang-up", &to));
        }
        self.joining = false;
    }

    fn down(&mut self) {
        (self.id, self.joining) = (None, false);
        self.hung_up.clear();
    }
}
