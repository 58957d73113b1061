//! What the server says (`SignalResponse`), and what follows.

use std::time::Duration;

use super::call::Call;
use super::path::Path;
use super::people::number;
use super::{LiveKit, PERMISSION_DELAY, PING_RANGE, PING_TIMEOUT, reject, signal};
use crate::dialect::DialectOutput;
use crate::json::{self, Json, JsonError, Object};
use crate::limits::{MAX_ICE_SERVERS, MAX_ROOM_CHARS};
use crate::normalize;
use crate::rejection::{RejectCode, Rejection};
use crate::signal::{IceServers, Inbound, Joined, ServerSignal};
use crate::text::clean;
use crate::time::Timestamp;

impl LiveKit {
    /// A frame of the server.
    pub(super) fn on_frame(&mut self, now: Timestamp, frame: &str, out: &mut Vec<DialectOutput>) {
        let read = || {
            let value = json::parse(frame)?;
            let kind = Object::root(&value)?.keys().next().unwrap_or_default().to_owned();
            Ok((kind, value))
        };
        let handled = read().and_then(|(kind, value): (String, Json)| {
            self.heard = true;
            self.silent_at = Some(now + self.ping_timeout);
            self.on_message(now, &kind, value.at(&kind), out)
        });
        if let Err(error) = handled {
            out.push(DialectOutput::Invalid(error.to_string()));
        }
    }

    fn on_message(
        &mut self,
        now: Timestamp,
        kind: &str,
        body: &Json,
        out: &mut Vec<DialectOutput>,
    ) -> Result<(), JsonError> {
        match kind {
            "join" => self.on_join(now, body, out)?,
            "leave" => self.on_leave(now, body, out),
            "refreshToken" => self.access.refresh(body.as_text().unwrap_or_default()),
            "reconnect" => self.on_reconnect(now, body, out)?,
            _ => {}
        }
        // What comes before the server has taken us up again is of a call that we may not be in any more.
        let Some(call) = self.call.as_mut().filter(|call| call.is_joined()) else { return Ok(()) };
        match kind {
            "offer" => call.on_offer(body, normalize::description(&Object::root(body)?)?, out),
            "answer" => call.on_answer(body, normalize::description(&Object::root(body)?)?, out),
            "trickle" => {
                let candidate = json::parse(body.at("candidateInit").as_text().unwrap_or_default())?;
                let candidate = normalize::candidate(Some(&candidate), "candidateInit".to_owned())?;
                if let Some(candidate) = candidate {
                    call.on_candidate(body.at("target").short(), candidate, out);
                }
            }
            "update" => {
                let anew = call.on_update(body.at("participants"), out);
                if anew {
                    if !call.may_publish() {
                        self.path = Path::Dual;
                    }
                    // The token that allows it comes right after, or right before.
                    self.renew_at = Some(now + PERMISSION_DELAY);
                }
            }
            "mediaSectionsRequirement" => call.on_requirement(body, out),
            "subscribedQualityUpdate" => call.on_qualities(body, out),
            "speakersChanged" => call.on_speakers(body, out),
            "trackPublished" => call.on_published(body, out),
            "mute" if body.flag("muted") == Some(true) => {
                if let Some(source) = call.source_of(body.at("sid").short()) {
                    signal(Inbound::Server(ServerSignal::Muted(source)), out);
                }
            }
            "roomMoved" => {
                self.access.refresh(body.at("token").as_text().unwrap_or_default());
                self.begin_anew(now, out);
            }
            // Of interest to nobody, or of a later version.
            _ => {}
        }
        Ok(())
    }

    fn on_join(
        &mut self,
        now: Timestamp,
        join: &Json,
        out: &mut Vec<DialectOutput>,
    ) -> Result<(), JsonError> {
        let ice_servers = ice_servers(join)?;
        let Some(media) = self.wanted else { return Ok(()) };
        let seconds = |key| Some(u64::from(number(join.at(key)))).filter(|seconds| *seconds > 0);
        let within = |seconds| Duration::from_secs(seconds).clamp(PING_RANGE.0, PING_RANGE.1);
        self.ping_interval = seconds("pingInterval").map_or(self.ping_interval, within);
        self.ping_timeout = seconds("pingTimeout").map_or(PING_TIMEOUT, within).max(2 * self.ping_interval);
        self.expect_frames(now);
        self.connections_made += 1;
        let connections = (self.path.peer_connections(), self.connections_made);
        let Some(call) = Call::new(join, media, connections, self.offer.take()) else {
            return Err(Object::root(join)?.error("participant", "is missing"));
        };
        if self.path == Path::Single && !call.may_publish() {
            self.path = Path::Dual;
            out.push(DialectOutput::UrlChanged);
            return Ok(());
        }
        if self.path == Path::DualForNow {
            self.path = Path::Dual;
        }
        let call = self.call.insert(call);
        let room = join.at("room");
        let name = clean(room.at("name").as_text().unwrap_or_default(), MAX_ROOM_CHARS);
        let joined = Joined {
            id: call.me().clone(),
            participants: call.others(),
            ice_servers: Some(ice_servers),
            capacity: Some(number(room.at("maxParticipants"))).filter(|capacity| *capacity > 0),
            room: Some(name).filter(|name| !name.is_empty()),
            given_offers: Vec::new(),
        };
        signal(Inbound::Server(ServerSignal::Joined(joined)), out);
        call.synchronize(out);
        Ok(())
    }

    fn on_reconnect(
        &mut self,
        now: Timestamp,
        reconnect: &Json,
        out: &mut Vec<DialectOutput>,
    ) -> Result<(), JsonError> {
        let ice_servers = ice_servers(reconnect)?;
        if let Some(call) = self.call.as_mut().filter(|call| !call.is_joined()) {
            call.resume(now, out);
            signal(Inbound::Server(ServerSignal::Resumed { ice_servers: Some(ice_servers) }), out);
            self.expect_frames(now);
        }
        Ok(())
    }

    fn expect_frames(&mut self, now: Timestamp) {
        self.ping_at = Some(now + self.ping_interval);
        self.silent_at = Some(now + self.ping_timeout);
    }

    /// The server lets us go, or wants us to come back.
    fn on_leave(&mut self, now: Timestamp, leave: &Json, out: &mut Vec<DialectOutput>) {
        let rejected = |code, text: &str| Rejection { code, text: text.to_owned(), closes: true };
        match (leave.at("action").short(), leave.at("reason").short()) {
            // Whoever is sent away before they are taken up has to wait a little, or it would never end.
            ("RESUME", _) if !self.call.as_ref().is_some_and(Call::is_joined) => {
                out.push(DialectOutput::ServerSilent);
            }
            ("RESUME", _) => out.push(DialectOutput::UrlChanged),
            (_, "DUPLICATE_IDENTITY") => self.end(rejected(RejectCode::Replaced, ""), out),
            (_, "PARTICIPANT_REMOVED") => self.end(rejected(RejectCode::Kicked, ""), out),
            (_, "ROOM_DELETED" | "ROOM_CLOSED") => {
                self.end(rejected(RejectCode::Kicked, "the room was closed"), out);
            }
            // It says so to everybody and gives no action, but another server of the deployment, or the next one in its place,
            // will have us.
            (_, "SERVER_SHUTDOWN") => {
                self.access.next_server();
                self.end(rejected(RejectCode::ServerClosing, ""), out);
            }
            (_, "JOIN_FAILURE") if self.call.is_none() => {
                reject(rejected(RejectCode::ServerFull, "the room takes nobody any more"), out);
            }
            _ => self.begin_anew(now, out),
        }
    }

    /// We are not in the room any more: whoever joins again must not take up what is over.
    fn end(&mut self, rejection: Rejection, out: &mut Vec<DialectOutput>) {
        self.call = None;
        reject(rejection, out);
    }
}

fn ice_servers(message: &Json) -> Result<IceServers, JsonError> {
    let mut servers = Vec::new();
    for server in message.at("iceServers").elements().iter().take(MAX_ICE_SERVERS) {
        servers.push(normalize::ice_server(&Object::root(server)?)?);
    }
    Ok(IceServers { servers, expires_in: None })
}
