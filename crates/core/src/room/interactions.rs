//! Chat, reactions, raised hands and files in a room: where what others say of them waits until the part of the program that knows
//! them is loaded, and where that part is asked.

mod on_demand;

use std::rc::Rc;

use visavis_signaling::{ParticipantId, Timestamp};

use super::Room;
use crate::interactions::{Interactions, InteractionsView};
use crate::output::Effect;
use crate::queue::Queue;

/// Most messages that wait for the part that reads them. Of more, the rest is not heard.
const MAX_WAITING: usize = 256;

/// A message that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    from: ParticipantId,
    /// What they are called.
    name: String,
    text: String,
    /// They have left since, or are another page by now: what they have written counts, and nothing else.
    departed: bool,
}

/// Chat, reactions and raised hands, as far as anybody has used them.
#[derive(Debug, Default)]
pub(super) enum LazyInteractions {
    /// Nobody has, so nothing is loaded.
    #[default]
    Unused,
    /// What knows them is on its way, and messages wait for it.
    Loading(Queue<Waiting>),
    /// It is there.
    Loaded(Box<Interactions>),
}

impl LazyInteractions {
    pub(super) fn are_loaded(&self) -> bool {
        matches!(self, Self::Loaded(_))
    }

    /// How many messages wait.
    pub(super) fn backlog(&self) -> usize {
        match self {
            Self::Loading(waiting) => waiting.len(),
            Self::Unused | Self::Loaded(_) => 0,
        }
    }

    /// Somebody leaves, or comes back as another page.
    pub(super) fn depart(&mut self, id: &ParticipantId) {
        if let Self::Loading(waiting) = self {
            waiting
                .iter_mut()
                .filter(|waiting| waiting.from == *id)
                .for_each(|waiting| waiting.departed = true);
        }
    }

    pub(super) fn view(&self) -> Option<Rc<InteractionsView>> {
        match self {
            Self::Loaded(interactions) => Some(Rc::clone(&interactions.view)),
            Self::Unused | Self::Loading(_) => None,
        }
    }
}

impl Room {
    /// A message about them. Nobody hears it before what reads it is there.
    pub(super) fn on_interaction(&mut self, now: Timestamp, from: &ParticipantId, text: String) {
        let Some(member) = self.roster.get(from) else { return };
        if matches!(self.interactions, LazyInteractions::Unused) {
            self.interactions = LazyInteractions::Loading(Queue::default());
            self.out.effect(Effect::LoadInteractions);
        }
        match &mut self.interactions {
            LazyInteractions::Loading(waiting) if waiting.len() < MAX_WAITING => {
                let (from, name) = (from.clone(), member.name.clone());
                waiting.push(Waiting { from, name, text, departed: false });
            }
            LazyInteractions::Loading(_) | LazyInteractions::Unused => {}
            LazyInteractions::Loaded(_) => self.read_interaction(now, from, &text),
        }
    }

    /// Whatever was sent through the server to somebody, or to everybody, may be lost.
    pub(super) fn repeat_interactions(&mut self, to: Option<&ParticipantId>) {
        if let LazyInteractions::Loaded(interactions) = &mut self.interactions {
            interactions.forget_relayed(to);
        }
    }

    /// We are out of the room.
    pub(super) fn forget_interactions(&mut self) {
        match &mut self.interactions {
            LazyInteractions::Unused => {}
            LazyInteractions::Loading(waiting) => waiting.clear(),
            LazyInteractions::Loaded(interactions) => interactions.leave_room(),
        }
    }

    /// When something may be sent that had to wait, if nothing else happens before.
    pub(super) fn interactions_due_at(&self) -> Option<Timestamp> {
        match &self.interactions {
            LazyInteractions::Loaded(interactions) => interactions.due_at,
            LazyInteractions::Unused | LazyInteractions::Loading(_) => None,
        }
    }
}
