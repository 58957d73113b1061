//! The chat of MDN's WebRTC samples: one room for everybody, people are known by name, and a call is a message to one.
//!
//! The server dies of a connection without the subprotocol `json`, and sends what has no target to everybody. It lists
//! people in the order in which they came, so whoever is listed later calls. Original clients put no sender on a
//! candidate: it is of whoever described themselves last.

use super::Listed;
use crate::carrier::{Message, Raw};
use crate::foreign::{Desk, Entry, Manners, Words};
use crate::json::{Fields, Json, JsonError, Object};
use crate::limits::{MAX_ID_BYTES, MAX_PARTICIPANTS};
use crate::normalize::loose;
use crate::signal::{IceCandidate, Offerer, SdpType, SessionDescription};

pub(super) const LISTED: Listed = Listed {
    name: "mdn-chat",
    title: "The WebSocket chat server of MDN's WebRTC samples (userlist, video-offer, new-ice-candidate)",
    room: "anything; the server has one room",
    make: |options| options.over(Box::new(Raw::with_protocol("json")), Box::new(MdnChat::default())),
};

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
        let users: Vec<&str> = users.iter().filter_map(Json::as_text).collect();
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

    fn hear_description(
        &mut self,
        fields: &Object<'_>,
        kind: SdpType,
        desk: &mut Desk,
    ) -> Result<(), JsonError> {
        let from = fields.text("name", MAX_ID_BYTES)?;
        let description = loose::description(fields.need("sdp")?, Some(kind))?;
        if from != self.name {
            from.clone_into(&mut self.speaker);
            self.hung_up.retain(|name| name != from);
            desk.enter_as(from, from, Offerer::Them);
            desk.description(from, description);
        }
        Ok(())
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

    fn hear(&mut self, message: &Message, desk: &mut Desk) -> Result<(), JsonError> {
        let fields = Object::root(message.arg(0))?;
        match fields.text("type", MAX_ID_BYTES)? {
            "id" => {
                self.id = fields.get("id").cloned();
                self.introduce(desk);
            }
            "rejectusername" => fields.text("name", MAX_ID_BYTES)?.clone_into(&mut self.name),
            "userlist" => {
                let users = fields.optional_list("users", MAX_PARTICIPANTS)?.unwrap_or_default();
                self.hear_list(users, desk);
            }
            _ if !desk.is_in() => {}
            "video-offer" => self.hear_description(&fields, SdpType::Offer, desk)?,
            "video-answer" => self.hear_description(&fields, SdpType::Answer, desk)?,
            "new-ice-candidate" => {
                let from = fields.optional_text("name", MAX_ID_BYTES)?.unwrap_or(&self.speaker);
                desk.candidate(from, loose::candidate(fields.need("candidate")?)?);
            }
            "hang-up" => {
                let from = fields.text("name", MAX_ID_BYTES)?;
                if desk.knows(from) {
                    self.hung_up.push(from.to_owned());
                    desk.left(from);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn describe(&mut self, to: &str, description: &SessionDescription, desk: &mut Desk) {
        let kind = match description.sdp_type {
            SdpType::Offer => "video-offer",
            SdpType::Answer => "video-answer",
        };
        let mut fields = self.to(kind, to);
        fields.put("sdp", description);
        desk.say(fields);
    }

    fn trickle(&mut self, to: &str, candidate: Option<&IceCandidate>, desk: &mut Desk) {
        if let Some(candidate) = candidate {
            let mut fields = self.to("new-ice-candidate", to);
            fields.put("candidate", candidate);
            desk.say(fields);
        }
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
