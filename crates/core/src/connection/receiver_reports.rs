//! How much of their sound is lost on its way to us, which the other side is told.
//!
//! RTCP has receiver reports of its own (RFC 3550 section 6.4.2), and `remote-inbound-rtp` shows them. But of sound browsers
//! send one in five seconds on the average, up to seven and a half (section 6.2): with two of them it took 12 to 18 s until a
//! picture came back on a path that was sound again.

use visavis_signaling::MediaKind;

use super::Connection;
use super::media::packets;
use crate::input::Stats;
use crate::outbox::Outbox;
use crate::output::ConnectionEffect;
use crate::peer_message::PeerMessage;

/// Of fewer packets a fraction says little: a second and a half of sound.
const MIN_EXPECTED: u64 = 75;
/// So many reports after the last loss: enough for whoever wants to be sure, and one more.
const CLEAN_REPORTS: u8 = 3;

/// What was counted when the last report was made.
#[derive(Debug, Default)]
pub(super) struct ReceiverReports {
    received: u32,
    lost: u32,
    /// How many more reports are to say that nothing is lost.
    clean_reports: u8,
}

impl ReceiverReports {
    /// The fraction that was lost since the last report, in thousandths, if the other side is to know.
    fn take(&mut self, received: u32, lost: u32) -> Option<u16> {
        if received < self.received || lost < self.lost {
            // Streams that have ended are not counted any more.
            (self.received, self.lost) = (received, lost);
            return None;
        }
        let lost_since = lost - self.lost;
        let expected = u64::from(received - self.received) + u64::from(lost_since);
        if expected < MIN_EXPECTED {
            return None;
        }
        (self.received, self.lost) = (received, lost);
        self.clean_reports =
            if lost_since > 0 { CLEAN_REPORTS } else { self.clean_reports.checked_sub(1)? };
        u16::try_from(u64::from(lost_since) * 1000 / expected).ok()
    }
}

impl Connection {
    /// Tells what these counters say.
    pub(crate) fn send_receiver_report(&mut self, stats: &Stats, out: &mut Outbox) {
        if !self.can_send_messages() {
            return;
        }
        let sound = stats.inbound.iter().filter(|stream| stream.kind == MediaKind::Audio);
        if let Some(lost) = self.receiver_reports.take(packets(sound), stats.audio_packets_lost) {
            self.effect(ConnectionEffect::SendMessage(PeerMessage::ReceiverReport(lost).encode()), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_and_so_is_its_end() {
        let mut reports = ReceiverReports::default();
        assert_eq!(reports.take(100, 0), None, "nothing to tell");
        assert_eq!(reports.take(190, 10), Some(100));
        assert_eq!(reports.take(210, 20), None, "too few");
        assert_eq!(reports.take(280, 20), Some(100), "since the last report");
        let later = [380, 480, 580, 680, 780].map(|received| reports.take(received, 20));
        assert_eq!(later, [Some(0), Some(0), Some(0), None, None]);
    }

    #[test]
    fn counters_that_begin_anew_tell_nothing() {
        let mut reports = ReceiverReports::default();
        assert_eq!(reports.take(900, 100), Some(100));
        assert_eq!(reports.take(90, 3), None);
        assert_eq!(reports.take(180, 13), Some(100));
        assert_eq!(reports.take(u32::MAX, u32::MAX), Some(500), "no counter is too large");
    }
}
