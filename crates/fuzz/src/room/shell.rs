//! The browser: strict about what it is asked, honest in what it says.

use visavis_core::{
    ConnectionEffect, ConnectionId, Effect, FileMessage, Interaction, MediaEffect, PeerMessage,
    PreflightEffect, SocketEffect,
};
use visavis_sim::browser::Pending;

use super::{Page, Request, Socket};

impl Page {
    pub(super) fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::Socket(effect) => self.perform_socket(effect),
            Effect::Probe(probe) => self.requests.push(Request::Probe(probe)),
            Effect::Connection(id, effect) => self.perform_connection(id, effect),
            Effect::Media(effect) => self.perform_media(effect),
            Effect::LoadInteractions => self.requests.push(Request::Interactions),
            Effect::Preflight(id, PreflightEffect::Start(_)) => self.requests.push(Request::Test(id)),
            Effect::Preflight(id, PreflightEffect::End) => {
                self.requests.retain(|request| !matches!(request, Request::Test(test) if *test == id));
            }
        }
    }

    fn perform_socket(&mut self, effect: SocketEffect) {
        match effect {
            SocketEffect::Open(_) => {
                assert_eq!(self.socket, Socket::None, "there is a socket already");
                self.socket = Socket::Opening;
            }
            SocketEffect::Send(frame) => {
                assert_eq!(self.socket, Socket::Open, "nobody hears {frame:.99}");
                let value = serde_json::from_str::<serde_json::Value>(&frame);
                assert!(value.is_ok_and(|value| value.is_object()), "not JSON: {frame:.99}");
            }
            SocketEffect::Close => {
                assert_ne!(self.socket, Socket::None, "there is no socket");
                self.socket = Socket::None;
            }
        }
    }

    fn perform_media(&mut self, effect: MediaEffect) {
        let Ok(request) = self.browser.perform_media(effect) else { unreachable!("no such track") };
        self.requests.extend(request.map(Request::Media));
    }

    fn perform_connection(&mut self, id: ConnectionId, effect: ConnectionEffect) {
        let candidate = matches!(effect, ConnectionEffect::AddIceCandidate(_));
        if effect == ConnectionEffect::Close {
            self.requests.retain(|request| !matches!(request, Request::Connection(of, _) if *of == id));
        }
        match self.browser.perform(id, effect) {
            // Only the mark `n` asks whether a negotiation is needed.
            Ok(None | Some(Pending::NegotiationNeeded)) => {}
            Ok(Some(Pending::SendMessage(text))) => {
                let understood = match PeerMessage::decode(&text) {
                    Ok(Some(PeerMessage::Interaction(text))) => {
                        matches!(Interaction::decode(&text), Ok(Some(_)))
                            || matches!(FileMessage::decode(&text), Ok(Some(_)))
                    }
                    read => matches!(read, Ok(Some(_))),
                };
                assert!(understood, "not understood: {text:.99}");
            }
            Ok(Some(pending)) => self.requests.push(Request::Connection(id, pending)),
            // A server may send a candidate that is none.
            Err("OperationError") if candidate => {}
            Err(why) => unreachable!("{id:?}: {why}"),
        }
    }
}
