//! What was written in a room: by us, and by everybody else who was there.

use std::rc::Rc;

use visavis_signaling::limits::MAX_PARTICIPANTS;
use visavis_signaling::{ParticipantId, Timestamp};

use super::{MAX_LOG_CHARS, MAX_LOG_MESSAGES, MAX_MESSAGES_IN_PACKET, MAX_PACKET_CHARS, WrittenMessage, age};

/// Something that somebody has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// Who; `None` is us.
    pub author: Option<ParticipantId>,
    /// What they were called then; they may have left since.
    pub name: String,
    /// When, in milliseconds on the clock of [`Room::handle`](crate::Room::handle). Negative: before that began.
    pub written_at: i64,
    /// The text, cleaned. It may have several lines.
    pub text: String,
    /// The log of its author that it is in: another one in each of their pages and rooms.
    pub log: u32,
    /// Its number there: later ones have larger numbers.
    pub id: u32,
}

/// All of it, in the order in which it was written, as far as our clock can tell. Of each author the newest are kept, and
/// those of the last few authors.
#[derive(Debug, Default)]
pub(crate) struct ChatLog(Rc<Vec<Rc<ChatMessage>>>);

impl ChatLog {
    /// All of it, for those who show it: it costs nothing to give it away.
    pub(crate) fn messages(&self) -> Rc<Vec<Rc<ChatMessage>>> {
        Rc::clone(&self.0)
    }

    /// What an author has written, oldest first; `None` is us.
    fn of(&self, author: Option<&ParticipantId>) -> impl DoubleEndedIterator<Item = &ChatMessage> {
        let of = move |message: &&ChatMessage| message.author.as_ref() == author;
        self.0.iter().map(|message| &**message).filter(of)
    }

    /// As many messages of ours after a given one as go together.
    pub(super) fn packet(&self, now: Timestamp, after: u32) -> Vec<WrittenMessage> {
        let (mut messages, mut chars) = (Vec::new(), 0);
        for message in self.of(None).filter(|message| message.id > after) {
            chars += message.text.chars().count();
            if messages.len() == MAX_MESSAGES_IN_PACKET || (chars > MAX_PACKET_CHARS && !messages.is_empty())
            {
                break;
            }
            let ChatMessage { id, text, written_at, .. } = message;
            messages.push(WrittenMessage { id: *id, age: age(now, *written_at), text: text.clone() });
        }
        messages
    }

    /// The newest message in a log of somebody else.
    pub(super) fn newest_of(&self, author: &ParticipantId, log: u32) -> Option<&ChatMessage> {
        self.of(Some(author)).rfind(|message| message.log == log)
    }

    /// Its number; 0 if there is none.
    pub(super) fn newest_id(&self, author: &ParticipantId, log: u32) -> u32 {
        self.newest_of(author, log).map_or(0, |message| message.id)
    }

    /// Adds one. It stands behind whatever was written before it.
    pub(super) fn add(&mut self, message: ChatMessage) -> Rc<ChatMessage> {
        let (author, message) = (message.author.clone(), Rc::new(message));
        let is_new = self.of(author.as_ref()).next().is_none();
        let messages = Rc::make_mut(&mut self.0);
        let before = |one: &Rc<ChatMessage>| one.written_at <= message.written_at;
        let at = messages.iter().rposition(before).map_or(0, |at| at + 1);
        messages.insert(at, Rc::clone(&message));
        while self.is_over(author.as_ref()) {
            self.remove_first(author.as_ref());
        }
        if is_new {
            self.bound_authors(author.as_ref());
        }
        message
    }

    fn is_over(&self, author: Option<&ParticipantId>) -> bool {
        let sizes = self.of(author).map(|message| message.text.chars().count());
        let (count, chars) = sizes.fold((0, 0), |(count, sum), chars| (count + 1, sum + chars));
        count > MAX_LOG_MESSAGES || chars > MAX_LOG_CHARS
    }

    fn remove_first(&mut self, author: Option<&ParticipantId>) {
        let messages = Rc::make_mut(&mut self.0);
        if let Some(at) = messages.iter().position(|message| message.author.as_ref() == author) {
            messages.remove(at);
        }
    }

    /// If there are too many authors, whoever has been silent for longest is forgotten, but for ourselves and the newcomer.
    fn bound_authors(&mut self, newcomer: Option<&ParticipantId>) {
        let mut authors: Vec<&ParticipantId> = Vec::new();
        for author in self.0.iter().rev().filter_map(|message| message.author.as_ref()) {
            if !authors.contains(&author) {
                authors.push(author);
            }
        }
        let silent = authors.iter().rev().find(|author| Some(**author) != newcomer);
        if authors.len() > MAX_PARTICIPANTS
            && let Some(silent) = silent.map(|silent| (*silent).clone())
        {
            Rc::make_mut(&mut self.0).retain(|message| message.author.as_ref() != Some(&silent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(author: Option<&str>, id: u32, written_at: i64, text: &str) -> ChatMessage {
        let author = author.and_then(ParticipantId::new);
        ChatMessage { author, name: String::new(), written_at, text: text.to_owned(), log: 1, id }
    }

    fn texts(log: &ChatLog) -> Vec<String> {
        log.messages().iter().map(|message| message.text.clone()).collect()
    }

    #[test]
    fn what_was_written_earlier_stands_above_and_what_came_earlier_too() {
        let mut log = ChatLog::default();
        for (author, at, text) in
            [("a", 20, "2"), ("b", 10, "1"), ("c", 20, "3"), ("b", -5, "0"), ("a", 30, "4")]
        {
            log.add(message(Some(author), 1, at, text));
        }
        assert_eq!(texts(&log), ["0", "1", "2", "3", "4"]);
    }

    #[test]
    fn each_author_has_a_bound_of_their_own() {
        let mut log = ChatLog::default();
        log.add(message(None, 1, 0, "ours"));
        for id in 0..2 * MAX_LOG_MESSAGES as u32 {
            log.add(message(Some("a"), id, i64::from(id), "x"));
        }
        assert_eq!(log.of(ParticipantId::new("a").as_ref()).count(), MAX_LOG_MESSAGES);
        assert_eq!(log.newest_id(&ParticipantId::new("a").unwrap(), 1), 2 * MAX_LOG_MESSAGES as u32 - 1);
        let long = "y".repeat(MAX_LOG_CHARS / 2);
        for id in 0..5 {
            log.add(message(Some("b"), id, 0, &long));
        }
        assert_eq!(log.of(ParticipantId::new("b").as_ref()).count(), 2);
        assert_eq!(texts(&log)[0], "ours", "nobody else's are touched");
    }

    #[test]
    fn of_too_many_authors_those_who_have_been_silent_for_longest_are_forgotten() {
        let mut log = ChatLog::default();
        log.add(message(None, 1, 0, "ours"));
        for author in 0..MAX_PARTICIPANTS + 9 {
            log.add(message(Some(&author.to_string()), 1, author as i64, "x"));
        }
        let left: Vec<_> = log.messages().iter().filter_map(|message| message.author.clone()).collect();
        assert_eq!(left.len(), MAX_PARTICIPANTS);
        assert_eq!(left[0].as_str(), "9");
        assert_eq!(texts(&log)[0], "ours");
    }
}
