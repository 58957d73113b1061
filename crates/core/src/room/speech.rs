//! Who speaks.

use visavis_signaling::{ForwardedTrack, MediaKind, ParticipantId, Remote, Source};

use super::Room;

impl Room {
    /// In these sections of a connection somebody speaks, and in no others. The active speaker stays it through pauses, and until
    /// another speaks while they do not: what follows them shall not jump.
    #[inline(never)]
    pub(super) fn on_speech(&mut self, remote: &Remote, mids: &[String]) {
        let speaking: Vec<ParticipantId> = match (remote, self.connections.get(remote)) {
            (Remote::Participant(id), Some(connection)) => {
                // The sound of a screen is nobody's voice.
                let is_voice = |mid: &String| {
                    connection.remote_source(mid, MediaKind::Audio) == Some(Source::Microphone)
                };
                mids.iter().find(|mid| is_voice(mid)).map(|_| id.clone()).into_iter().collect()
            }
            // What it says itself counts.
            (Remote::Server(_), Some(_)) if self.sfu.names_speakers => return,
            (Remote::Server(id), Some(_)) => {
                let speaks = |track: &&ForwardedTrack| mids.contains(&track.mid);
                self.sfu.microphones_on(*id).filter(speaks).map(|track| track.publisher.clone()).collect()
            }
            (_, None) => return,
        };
        let carried = self.received_on(remote);
        for member in self.roster.iter_mut().filter(|member| carried.contains(&member.id)) {
            member.speaks = speaking.contains(&member.id);
        }
        self.follow_speakers();
    }

    /// The active speaker is another one, if they are silent and another speaks. In both parts of the page's program that ask for
    /// it, or it would be in the first.
    #[inline(always)]
    pub(super) fn follow_speakers(&mut self) {
        let speaks = |id: &ParticipantId| self.roster.get(id).is_some_and(|member| member.speaks);
        if !self.active_speaker.as_ref().is_some_and(speaks) {
            let next = self.roster.iter().find(|member| member.speaks).map(|member| member.id.clone());
            self.active_speaker = next.or(self.active_speaker.take());
        }
    }
}
