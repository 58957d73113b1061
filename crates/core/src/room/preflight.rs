//! The preflight test before a call, and what it has to do with the rest of the room.

use visavis_signaling::{EarlyOffers, Source, Timestamp};

use super::Room;
use crate::preflight::PreflightContext;
use crate::view::Lifecycle;

impl Room {
    /// Begins the preflight test. A server that is out of reach is probed again. Never inlined: it is in the part of the page's
    /// program that is loaded on demand (`xtask/split/src/parts.rs`).
    #[inline(never)]
    pub(super) fn begin_preflight(&mut self, now: Timestamp) {
        if self.session.lifecycle != Lifecycle::Lobby {
            return;
        }
        self.signal_client.permit_contact();
        self.preflight.begin(now, self.signal_client.server(), &mut self.out);
        self.webrtc_support.restart(now, &mut self.out);
        // Those of an earlier call may have expired.
        self.use_ice_servers(None);
        if !self.signal_client.is_open() {
            self.signal_client.retry(now, &mut self.out);
            self.signal_client.open(now, &mut self.out);
        }
        if self.signal_client.joins_by_opening() {
            // It cannot be asked by way of its socket, which is the way into a room.
            self.signal_client.probe(&mut self.out);
        }
        self.send_preflight(now);
    }

    /// Asks the server for the ICE servers that a call would use; any answer shows that it is there.
    pub(super) fn send_preflight(&mut self, now: Timestamp) {
        // That is also how it says whether it takes offers with `join`.
        let unknown = self.signal_client.early_offers() == EarlyOffers::Unknown;
        if self.preflight.awaits_server() || (self.config.prepare_connection && unknown) {
            self.ask_for_offers(now);
        }
    }

    /// Gives the preflight test the state of everything else. Ends it outside the lobby.
    pub(super) fn step_preflight(&mut self, now: Timestamp) {
        if self.session.lifecycle != Lifecycle::Lobby {
            return self.preflight.end(&mut self.out);
        }
        if self.preflight.is_running() {
            self.follow_preflight(now);
        }
    }

    #[inline(never)]
    fn follow_preflight(&mut self, now: Timestamp) {
        if self.signal_client.confirm_by_probe() {
            self.preflight.on_server_answer(None, &mut self.out);
        }
        let context = PreflightContext {
            microphone: self.media.view(Source::Microphone),
            camera: self.media.view(Source::Camera),
            signaling_open: self.signal_client.is_open(),
            obstacle: self.signal_client.unreachable_reason(),
        };
        let servers = self.config.ice_servers.iter().chain(&self.session.ice_servers);
        self.preflight.step(now, &context, servers, &mut self.out);
    }
}
