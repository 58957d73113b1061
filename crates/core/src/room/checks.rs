//! The check before a call, and what it has to do with the rest of the room.

use visavis_signaling::{Outbound, Source, Timestamp};

use super::Room;
use crate::check::CheckContext;
use crate::view::Lifecycle;

impl Room {
    /// A server that is out of reach is probed again, as if somebody had asked to try again.
    pub(super) fn begin_check(&mut self, now: Timestamp) {
        if self.session.lifecycle != Lifecycle::Lobby {
            return;
        }
        self.signal_client.permit_contact();
        self.check.begin(now, self.signal_client.server(), &mut self.out);
        self.webrtc_support.restart(now, &mut self.out);
        // Those of an earlier call may have expired.
        self.use_ice_servers(None);
        if !self.signal_client.is_open() {
            self.signal_client.retry(now, &mut self.out);
            self.signal_client.open(now, &mut self.out);
        }
        self.ask_for_check(now);
    }

    /// Asks the server for a sign of life, and for the ICE servers that a call would use.
    pub(super) fn ask_for_check(&mut self, now: Timestamp) {
        if self.check.awaits_server() {
            self.signal_client.send(now, Outbound::Check, &mut self.out);
        }
    }

    /// What follows for the check from everything else; whoever goes on from the lobby needs none any more.
    pub(super) fn step_check(&mut self, now: Timestamp) {
        if self.session.lifecycle != Lifecycle::Lobby {
            return self.check.end(&mut self.out);
        }
        let context = CheckContext {
            microphone: self.media.view(Source::Microphone),
            camera: self.media.view(Source::Camera),
            signaling_open: self.signal_client.is_open(),
            obstacle: self.signal_client.unreachable_reason(),
        };
        let servers = self.config.ice_servers.iter().chain(&self.session.ice_servers);
        self.check.step(now, &context, servers, &mut self.out);
    }
}
