//! Whether media really flows, whatever the browser says about the connection.
//!
//! A path can be dead while `connectionState` still says `connected`: one way of it is blocked, a sender is stuck, a
//! browser is slow to notice. But a healthy call must never be repaired, so silence counts only where packets are due
//! (their own words, [`MediaState`](visavis_signaling::MediaState)), only between looks that lie close together, and only
//! for a time in which hundreds of packets would have come. And their words may be old, if the socket has died without
//! telling: what costs more than a restart waits until the server was heard during the silence.

use visavis_signaling::Timestamp;

use super::Repair;
use super::pictures::Pictures;
use crate::input::{Flow, Source};
use crate::timing::{FIRST_PACKET, LOOKS_APART, SILENT, SILENT_WHEN_ALERT, VOICELESS};

/// What should flow.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expected {
    /// They say that they send their voice.
    pub(crate) voice: bool,
    /// They say that they send a picture.
    pub(crate) picture: bool,
    /// We send our voice.
    pub(crate) own_voice: bool,
    /// We send a picture.
    pub(crate) own_picture: bool,
    /// They tell what they send, so they are no stranger, who may want no picture.
    pub(crate) takes_pictures: bool,
}

/// What a look has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What is due comes.
    Flows,
    /// Something does not come, but it is not due, or not for long enough.
    Calm,
    /// What is due is missing; this might help.
    Silent { remedy: Repair, since: Timestamp },
}

/// One counter that should grow.
#[derive(Debug, Default)]
pub(super) struct Ear {
    counter: u32,
    /// Since when it has not grown although it should.
    since: Option<Timestamp>,
    /// It has grown since it was first expected to.
    flowed: bool,
}

impl Ear {
    /// Whether it has grown while it was expected to.
    pub(super) fn has_flowed(&self) -> bool {
        self.flowed
    }

    /// Since when it has been silent; `now` if it is not.
    pub(super) fn listen(&mut self, now: Timestamp, counter: u32, expected: bool, fresh: bool) -> Timestamp {
        // Not "has grown": counters begin anew when a sender gets another SSRC.
        let moved = counter != self.counter;
        self.counter = counter;
        self.flowed = expected && (self.flowed || moved);
        let begins = moved || fresh || !expected;
        let since = if begins { now } else { self.since.unwrap_or(now) };
        self.since = expected.then_some(since);
        since
    }
}

/// When a look is taken, and in what light.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) now: Timestamp,
    /// When the server was last heard.
    pub(crate) server_heard: Timestamp,
    /// Something may just have happened to the path.
    pub(crate) alert: bool,
}

/// Watches the counters of one connection.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    everything: Ear,
    voice: Ear,
    own: Ear,
    looked: Option<Timestamp>,
    silent: bool,
    pictures: Pictures,
}

impl Watch {
    /// Whether the last look found silence.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }

    /// Which pictures are seen, as far as the last look tells.
    pub(crate) fn pictures(&self) -> &Pictures {
        &self.pictures
    }

    /// What was seen does not count any more: the connection is another, or broken.
    pub(crate) fn forget_pictures(&mut self) {
        self.pictures = Pictures::default();
    }

    /// What came before does not count any more.
    pub(crate) fn restart(&mut self) {
        self.looked = None;
    }

    /// Looks at the counters.
    pub(crate) fn look(&mut self, moment: Moment, flow: &Flow, expected: Expected) -> Verdict {
        let now = moment.now;
        let fresh = self.looked.is_none_or(|looked| now.since(looked) > LOOKS_APART);
        self.looked = Some(now);
        self.pictures.look(moment, &flow.frames, expected, fresh);
        let [voice, picture] = flow.received;
        let received = voice.wrapping_add(picture);
        let speaks = voice != self.voice.counter || !expected.voice;
        let flows = received != self.everything.counter && speaks;
        let any = expected.voice || expected.picture;
        let everything = self.everything.listen(now, received, any, fresh);
        let voice = self.voice.listen(now, voice, expected.voice, fresh);
        let sent = flow.sent[Source::Microphone as usize];
        let own = self.own.listen(now, sent, expected.own_voice, fresh);
        let limit = if moment.alert { SILENT_WHEN_ALERT } else { SILENT };
        let limit = if self.everything.flowed { limit } else { FIRST_PACKET };
        // A voice that has ended is a device pulled out; a picture that has ended is one click.
        let due = expected.voice || moment.server_heard > everything;
        // What we have never managed to send, they may not want: only what stops is missed.
        let stuck = self.own.flowed && now.since(own) >= SILENT;
        let verdict = if (due && now.since(everything) >= limit) || stuck {
            Verdict::Silent { remedy: Repair::RestartIce, since: everything.min(own) }
        } else if now.since(voice) >= VOICELESS && moment.server_heard > voice {
            Verdict::Silent { remedy: Repair::Rebuild, since: voice }
        } else if flows {
            Verdict::Flows
        } else {
            Verdict::Calm
        };
        self.silent = matches!(verdict, Verdict::Silent { .. });
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: Expected =
        Expected { voice: true, picture: true, own_voice: true, own_picture: true, takes_pictures: true };

    fn is_deaf(verdict: &Verdict) -> bool {
        matches!(verdict, Verdict::Silent { remedy: Repair::RestartIce, .. })
    }

    fn moment(millis: u64) -> Moment {
        let now = Timestamp::from_millis(millis);
        Moment { now, server_heard: now, alert: false }
    }

    /// A look every two seconds; each item is voice, picture and own voice in packets since the start.
    fn looks(expected: Expected, flows: &[[u32; 3]]) -> Vec<Verdict> {
        let mut watch = Watch::default();
        let look = |(n, [voice, picture, own]): (usize, &[u32; 3])| {
            let flow = Flow { received: [*voice, *picture], sent: [*own, 0], ..Flow::default() };
            watch.look(moment(2000 * n as u64), &flow, expected)
        };
        flows.iter().enumerate().map(look).collect()
    }

    #[test]
    fn silence_after_packets_is_noticed_in_six_seconds() {
        let flows = [[9, 9, 1], [20, 20, 2], [20, 20, 3], [20, 20, 4], [20, 20, 5]];
        use Verdict::{Calm, Flows};
        let verdicts = looks(BOTH, &flows);
        assert_eq!(verdicts[..4], [Flows, Flows, Calm, Calm]);
        assert!(is_deaf(&verdicts[4]));
    }

    #[test]
    fn the_first_packet_may_take_longer() {
        let verdicts = looks(BOTH, &[[0, 0, 0]; 6]);
        assert_eq!(verdicts.iter().position(is_deaf), Some(5));
    }

    #[test]
    fn nobody_is_missed_who_does_not_send() {
        let quiet = Expected { voice: false, picture: false, ..BOTH };
        let flows: Vec<_> = (0..60).map(|n| [7, 7, n]).collect();
        assert_eq!(looks(quiet, &flows)[1..], [Verdict::Calm; 59]);
        let dark: Vec<_> = (0..60).map(|n| [n + 1, 7, n]).collect();
        assert_eq!(looks(BOTH, &dark), [Verdict::Flows; 60], "a camera may be covered, a voice cannot");
    }

    #[test]
    fn a_picture_without_its_voice_needs_another_connection() {
        let flows: Vec<_> = (0..9).map(|n| [7, n + 1, n]).collect();
        let verdicts = looks(BOTH, &flows);
        assert_eq!(verdicts[7], Verdict::Calm);
        assert!(matches!(verdicts[8], Verdict::Silent { remedy: Repair::Rebuild, .. }));
    }

    #[test]
    fn a_voice_that_does_not_leave_is_noticed() {
        let flows: Vec<_> = (0..5).map(|n| [n + 1, n, n.min(1)]).collect();
        assert!(is_deaf(&looks(BOTH, &flows)[4]));
        let unwanted: Vec<_> = (0..30).map(|n| [n + 1, n, 0]).collect();
        assert_eq!(looks(BOTH, &unwanted), [Verdict::Flows; 30]);
    }

    #[test]
    fn late_looks_prove_nothing() {
        let mut watch = Watch::default();
        let flow = Flow { received: [5, 5], sent: [5, 5], ..Flow::default() };
        for n in 0..100 {
            let verdict = watch.look(Moment { alert: true, ..moment(60_000 * n) }, &flow, BOTH);
            assert!(!matches!(verdict, Verdict::Silent { .. }));
        }
    }

    #[test]
    fn old_words_do_not_count() {
        let mut watch = Watch::default();
        for n in 0..30 {
            let flow = Flow { received: [7, n], sent: [n, n], ..Flow::default() };
            let moment = Moment { server_heard: Timestamp::from_millis(0), ..moment(2000 * u64::from(n)) };
            assert!(!matches!(watch.look(moment, &flow, BOTH), Verdict::Silent { .. }));
        }
    }
}
