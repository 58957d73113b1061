//! What the others publish, on the connection on which the server offers, or on the only one.

use super::people::{People, number};
use super::publication::session_description;
use super::request;
use crate::dialect::DialectOutput;
use crate::dialects::sections::sections;
use crate::json::{Fields, Json};
use crate::limits::{MAX_FRAME_BYTES, MAX_ID_BYTES};
use crate::sfu::ForwardedTrack;
use crate::signal::SessionDescription;

/// The connection on which everybody else comes.
#[derive(Debug, Default)]
pub(super) struct Subscription {
    /// The last offer, and its number.
    offer: Option<(SessionDescription, u32)>,
    /// The answer to it.
    answer: Option<SessionDescription>,
    /// Which track comes in which section: the section's `mid` and the track's `sid`. Who publishes it may be told later.
    carried: Vec<(String, String)>,
    announced: Vec<ForwardedTrack>,
}

impl Subscription {
    /// The server offers, and says which track comes in which section.
    pub(super) fn on_offer(&mut self, value: &Json, description: &SessionDescription) {
        self.read_mapping(value, description);
        self.offer = Some((description.clone(), number(value.at("id"))));
        self.answer = None;
    }

    /// We offer, where there is one connection.
    pub(super) fn offered(&mut self, description: &SessionDescription) {
        self.offer = Some((description.clone(), 0));
        self.answer = None;
    }

    /// The server answers, and says which track comes in which section.
    pub(super) fn on_answer(&mut self, value: &Json, description: &SessionDescription) {
        self.read_mapping(value, description);
        self.answer = Some(description.clone());
    }

    /// Which track comes in which section: as the message says it, or else its sections.
    ///
    /// The server makes the mapping after the description, and by then may have put a track into a section that sends nothing
    /// yet (LiveKit 1.13). Taken for there, it would never be negotiated.
    fn read_mapping(&mut self, value: &Json, description: &SessionDescription) {
        self.carried = match value.at("midToTrackId") {
            Json::Object(tracks) => {
                let sections = sections(&description.sdp);
                let is_silent =
                    |mid: &str| sections.iter().any(|section| section.mid == mid && !section.sends);
                let sent = tracks.iter().filter(|(mid, _)| !is_silent(mid));
                sent.map(|(mid, track)| (mid.to_owned(), track.short().to_owned())).collect()
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) | Json::List(_) => {
                tracks_of(&description.sdp)
            }
        };
    }

    /// Sends our answer.
    pub(super) fn send_answer(&mut self, description: &SessionDescription, out: &mut Vec<DialectOutput>) {
        if let Some((_, id)) = self.offer {
            out.push(request("answer", session_description(description, id)));
            self.answer = Some(description.clone());
        }
    }

    /// Whether what comes on it is what is published, as far as we know: then nothing is to be negotiated.
    pub(super) fn is_complete(&self, people: &People) -> bool {
        let carries = |track: &str| self.carried.iter().any(|(_, carried)| carried == track);
        people.tracks().all(carries) && people.tracks().count() == self.carried.len()
    }

    /// What comes on it, if that has changed since it was asked for last. A track whose publisher is not known yet waits.
    pub(super) fn changed_tracks(&mut self, people: &People) -> Option<Vec<ForwardedTrack>> {
        let tracks = self.carried.iter().filter_map(|(mid, track)| {
            let (publisher, source) = people.publication(track)?;
            Some(ForwardedTrack { mid: mid.clone(), publisher: publisher.clone(), source })
        });
        let tracks: Vec<_> = tracks.collect();
        if tracks == self.announced {
            return None;
        }
        self.announced.clone_from(&tracks);
        Some(tracks)
    }

    /// Adds what was last negotiated, as the server is told after another socket was opened.
    pub(super) fn sync(&self, state: &mut Fields) {
        let (Some((offer, _)), Some(answer)) = (&self.offer, &self.answer) else { return };
        // A server that still has the connection does not need it.
        if offer.sdp.len() + answer.sdp.len() < MAX_FRAME_BYTES / 2 {
            state.put("offer", session_description(offer, 0));
            state.put("answer", session_description(answer, 0));
        }
    }
}

/// The track that each section of the server's offer carries, where the server does not say it beside the offer (before version
/// 1.9.2).
fn tracks_of(sdp: &str) -> Vec<(String, String)> {
    let sections = sections(sdp).into_iter().filter(|section| !section.track.is_empty());
    let sections = sections.filter(|section| section.mid.len().max(section.track.len()) <= MAX_ID_BYTES);
    sections.map(|section| (section.mid.to_owned(), section.track.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;
    use crate::signal::SdpType;

    #[test]
    fn the_offer_of_an_old_server_names_its_tracks() {
        let sdp =
            "v=0\r\nm=application 9 X 0\r\na=mid:0\r\nm=audio 9 X 0\r\na=mid:1\r\na=msid:PA_x|TR_a TR_a\r\n";
        assert_eq!(tracks_of(sdp), [("1".to_owned(), "TR_a".to_owned())]);
    }

    #[test]
    fn a_track_in_a_section_that_sends_nothing_is_not_there_yet() {
        let sdp =
            "v=0\r\nm=audio 9 X 0\r\na=mid:0\r\na=sendonly\r\nm=video 9 X 0\r\na=mid:1\r\na=inactive\r\n";
        let answer = SessionDescription { sdp_type: SdpType::Answer, sdp: sdp.to_owned() };
        let value = json::parse(r#"{"midToTrackId":{"0":"TR_a","1":"TR_v"}}"#).unwrap();
        let mut subscription = Subscription::default();
        subscription.on_answer(&value, &answer);
        assert_eq!(subscription.carried, [("0".to_owned(), "TR_a".to_owned())]);
    }
}
