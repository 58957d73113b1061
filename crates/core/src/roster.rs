//! Who is in the room.

use visavis_signaling::limits::MAX_PARTICIPANTS;
use visavis_signaling::{MediaState, Offerer, ParticipantId, ParticipantInfo, Timestamp};

use crate::quality::MemberQuality;
use crate::rate_limiter::RateLimiter;
use crate::settings_queue::SettingsQueue;
use crate::timing::{LOST_PARTICIPANT_TIMEOUT, MAX_MEDIA_REQUESTS, MEDIA_REQUEST_DELAY};

/// Somebody else in the room.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) id: ParticipantId,
    pub(crate) name: String,
    pub(crate) media: Option<MediaState>,
    pub(crate) offerer: Offerer,
    /// Which life of theirs this is, if the server tells.
    pub(crate) session: Option<String>,
    /// Whether the server has them. If not, their media may still play, and then they stay.
    pub(crate) present: bool,
    /// Whether they are a guess: nobody has been heard. They are not shown.
    pub(crate) assumed: bool,
    /// Whether the server said that it has lost them, so that it may have kept their seat.
    pub(crate) may_resume: bool,
    /// Their messages that the server has carried to us.
    pub(crate) messages: RateLimiter,
    /// When they are asked what they send.
    pub(crate) media_requests: MediaRequests,
    /// When the server that forwards their media is told in what size they are shown.
    pub(crate) track_settings: SettingsQueue,
    /// Whether they speak.
    pub(crate) speaks: bool,
    /// What is wrong with their sound and pictures.
    pub(crate) quality: MemberQuality,
    /// Since when they are neither on the server nor to be heard.
    lost_since: Option<Timestamp>,
}

/// When somebody is asked what they send, who has not said so by themselves. Whoever runs another program never will.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct MediaRequests {
    answered: bool,
    sent: u32,
    next_at: Option<Timestamp>,
}

impl MediaRequests {
    /// When the next one is due, if there is to be another; they come to it by themselves first.
    pub(crate) fn due_at(&self) -> Option<Timestamp> {
        self.next_at.filter(|_| !self.answered && self.sent < MAX_MEDIA_REQUESTS)
    }

    /// Whether they were asked as often as they are to be, and never answered: theirs is another program.
    pub(crate) fn are_over(&self) -> bool {
        !self.answered && self.sent >= MAX_MEDIA_REQUESTS
    }

    /// They have said it; `unasked`: that counts before they were asked, too. Whether they say it for the first time.
    pub(crate) fn on_answer(&mut self, unasked: bool) -> bool {
        let first = !self.answered && (unasked || self.sent > 0);
        self.answered |= first;
        first
    }

    /// Whether it is time for one, which then counts as sent.
    pub(crate) fn poll(&mut self, now: Timestamp) -> bool {
        self.next_at.get_or_insert(now + MEDIA_REQUEST_DELAY);
        let due = self.due_at().is_some_and(|at| at <= now);
        if due {
            self.sent += 1;
            self.next_at = Some(now + MEDIA_REQUEST_DELAY * 2_u32.pow(self.sent));
        }
        due
    }
}

/// Everybody else in the room, in the order in which they appeared.
#[derive(Debug, Default)]
pub(crate) struct Roster(Vec<Member>);

impl Roster {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.0.iter_mut()
    }

    pub(crate) fn get(&self, id: &ParticipantId) -> Option<&Member> {
        self.0.iter().find(|member| member.id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: &ParticipantId) -> Option<&mut Member> {
        self.0.iter_mut().find(|member| member.id == *id)
    }

    /// Somebody is in the room. True if they were not known before; false too if there is no place for them.
    pub(crate) fn upsert(&mut self, info: ParticipantInfo) -> bool {
        if let Some(member) = self.get_mut(&info.id) {
            member.name = info.name;
            member.media = info.media.or(member.media);
            if !std::mem::replace(&mut member.present, true) {
                // The server has forgotten it.
                member.track_settings = SettingsQueue::default();
            }
            member.may_resume = false;
            if member.session != info.session {
                member.offerer = info.offerer;
                member.session = info.session;
            }
            return false;
        }
        let room = self.0.len() < MAX_PARTICIPANTS;
        if room {
            let ParticipantInfo { id, name, media, offerer, session } = info;
            self.0.push(Member {
                id,
                name,
                media,
                offerer,
                session,
                present: true,
                assumed: offerer == Offerer::Unknown,
                may_resume: false,
                messages: RateLimiter::default(),
                media_requests: MediaRequests::default(),
                track_settings: SettingsQueue::default(),
                speaks: false,
                quality: MemberQuality::default(),
                lost_since: None,
            });
        }
        room
    }

    /// Those who were a guess and are not any more.
    pub(crate) fn confirm(
        &mut self,
        assumed: impl Fn(&ParticipantId) -> bool,
    ) -> Vec<(ParticipantId, String)> {
        let mut news = Vec::new();
        for member in self.0.iter_mut().filter(|member| member.assumed) {
            member.assumed = assumed(&member.id);
            if !member.assumed {
                news.push((member.id.clone(), member.name.clone()));
            }
        }
        news
    }

    /// Nobody is known to be on the server until it says so.
    pub(crate) fn mark_all_absent(&mut self) {
        for member in &mut self.0 {
            member.present = false;
            member.may_resume = false;
        }
    }

    pub(crate) fn remove(&mut self, id: &ParticipantId) -> Option<Member> {
        let index = self.0.iter().position(|member| member.id == *id)?;
        Some(self.0.remove(index))
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Notes who is lost: neither on the server nor to be heard.
    pub(crate) fn note_lost(&mut self, now: Timestamp, is_heard: impl Fn(&ParticipantId) -> bool) {
        for member in &mut self.0 {
            let lost = !member.present && !is_heard(&member.id);
            member.lost_since = lost.then(|| member.lost_since.unwrap_or(now));
        }
    }

    /// Somebody who has been lost for too long.
    pub(crate) fn next_given_up(&self, now: Timestamp) -> Option<ParticipantId> {
        let over = |member: &&Member| member.given_up_at().is_some_and(|at| at <= now);
        self.0.iter().find(over).map(|member| member.id.clone())
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(Member::given_up_at).min()
    }
}

impl Member {
    /// Whether a server forwards them, and carries messages to them.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.offerer == Offerer::Sfu && self.present
    }

    fn given_up_at(&self) -> Option<Timestamp> {
        self.lost_since.map(|since| since + LOST_PARTICIPANT_TIMEOUT)
    }
}
