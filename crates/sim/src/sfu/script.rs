//! What people do and what breaks, chosen by the seed.

use visavis_core::signaling::Source;
use visavis_core::{Command, Input, NetworkEvent, SocketEvent, TrackSettings, VideoSize};

use super::server::id_of;
use super::session::Shape;
use super::{Action, World};
use crate::random::Random;

/// Virtual milliseconds from the last step of a script to the end of all faults.
const HEALS_AFTER: u64 = 2_000;
/// Virtual milliseconds after which the server gives up a page that died.
const GIVEN_UP_AFTER: u64 = 10_000;

/// How a connection can fail while the browser calls it good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SilentFailure {
    /// Nothing is received until ICE is restarted.
    ReceivesNothingUntilRestart,
    /// Nothing is received on this connection any more; only another connection helps.
    ReceivesNothing,
    /// One microphone is not received on this connection any more.
    ReceivesNoMicrophone,
    /// Nothing is sent until ICE is restarted.
    SendsNothingUntilRestart,
    /// Nothing is sent on this connection any more.
    SendsNothing,
}

impl SilentFailure {
    pub(super) fn ends_with_restart(self) -> bool {
        match self {
            Self::ReceivesNothingUntilRestart | Self::SendsNothingUntilRestart => true,
            Self::ReceivesNothing | Self::ReceivesNoMicrophone | Self::SendsNothing => false,
        }
    }

    pub(super) fn is_of_sender(self) -> bool {
        match self {
            Self::SendsNothingUntilRestart | Self::SendsNothing => true,
            Self::ReceivesNothingUntilRestart | Self::ReceivesNothing | Self::ReceivesNoMicrophone => false,
        }
    }
}

/// One thing that somebody does or that breaks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    Join(usize),
    Leave(usize),
    /// The page dies without a word.
    Crash(usize),
    SetSource(usize, Source, bool),
    /// The socket breaks; sometimes the server has forgotten them when they come back.
    CutSocket(usize, bool),
    /// The server dies, and forgets everything.
    RestartServer,
    /// No packet gets through to the server for so many milliseconds, though the socket lives.
    CutPath(usize, u64),
    /// One of the connections of the page, by a number, fails silently.
    FailSilently(usize, usize, SilentFailure),
    /// The server holds all pictures back for so many milliseconds.
    HoldBackPictures(usize, u64),
    /// The browser refuses the next description.
    RefuseDescription(usize),
    NetworkChanged(usize),
    /// Somebody shows another's camera so wide, or not at all.
    Show(usize, usize, u16),
    /// Somebody writes a chat message.
    Chat(usize),
    RaiseHand(usize, bool),
}

/// What happens when.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) shape: Shape,
    pub(super) people: usize,
    pub(super) steps: Vec<(u64, Operation)>,
}

impl Script {
    pub(super) fn from_random(random: &mut Random) -> Self {
        let shape = match random.below(3) {
            0 => Shape::TwoConnections,
            1 => Shape::OneConnection,
            _ => Shape::OneForEachStream,
        };
        let most = if random.chance(20) { 12 } else { 4 };
        let people = random.between(2, most);
        let join = |page| (page as usize, Operation::Join(page as usize));
        let mut steps: Vec<_> = (0..people).map(|page| (random.below(3_000), join(page).1)).collect();
        for _ in 0..random.below(14) {
            steps.push((random.below(40_000), choose(random, people)));
        }
        // Not from the same numbers, so that each seed is the room that it was.
        let mut random = Random::new(random.clone().next_u64());
        for _ in 0..random.below(12) {
            let [page, other] = [(); 2].map(|()| random.below(people) as usize);
            let width = 320 * random.below(4) as u16;
            steps.push((random.below(45_000), Operation::Show(page, other, width)));
        }
        for _ in 0..if random.chance(50) { random.below(12) } else { 0 } {
            let page = random.below(people) as usize;
            let raised = random.chance(60);
            let operation =
                if random.chance(60) { Operation::Chat(page) } else { Operation::RaiseHand(page, raised) };
            steps.push((random.below(45_000), operation));
        }
        Self { shape, people: people as usize, steps }
    }

    /// When all faults are over.
    pub(super) fn faults_end_at(&self) -> u64 {
        let over = |(at, operation): &(u64, Operation)| match operation {
            Operation::CutPath(_, time) | Operation::HoldBackPictures(_, time) => at + time,
            Operation::Crash(_) | Operation::CutSocket(..) | Operation::RestartServer => at + GIVEN_UP_AFTER,
            Operation::Join(_)
            | Operation::Leave(_)
            | Operation::SetSource(..)
            | Operation::FailSilently(..)
            | Operation::RefuseDescription(_)
            | Operation::NetworkChanged(_)
            | Operation::Chat(_)
            | Operation::RaiseHand(..)
            | Operation::Show(..) => *at,
        };
        self.steps.iter().map(over).max().unwrap_or_default() + HEALS_AFTER
    }

    /// Whether nothing breaks in it.
    pub(super) fn is_harmless(&self) -> bool {
        self.steps.iter().all(|(_, operation)| match operation {
            Operation::Join(_)
            | Operation::Leave(_)
            | Operation::SetSource(..)
            | Operation::HoldBackPictures(..)
            | Operation::NetworkChanged(_)
            | Operation::Chat(_)
            | Operation::RaiseHand(..)
            | Operation::Show(..) => true,
            Operation::Crash(_)
            | Operation::CutSocket(..)
            | Operation::RestartServer
            | Operation::CutPath(..)
            | Operation::FailSilently(..)
            | Operation::RefuseDescription(_) => false,
        })
    }
}

fn choose(random: &mut Random, people: u64) -> Operation {
    let page = random.below(people) as usize;
    let yes = random.chance(50);
    match random.below(22) {
        0 => Operation::Leave(page),
        1 => Operation::Crash(page),
        2 | 3 => Operation::Join(page),
        4 => Operation::SetSource(
            page,
            if yes { Source::Camera } else { Source::Microphone },
            random.chance(50),
        ),
        5..=8 => Operation::SetSource(
            page,
            if yes { Source::Screen } else { Source::SecondCamera },
            random.chance(60),
        ),
        9 | 10 => Operation::CutSocket(page, yes),
        11 => Operation::RestartServer,
        12 | 13 => Operation::CutPath(page, random.between(500, 40_000)),
        14 => Operation::RefuseDescription(page),
        15 | 16 => Operation::HoldBackPictures(page, random.between(500, 40_000)),
        17..=20 => Operation::FailSilently(page, random.below(100) as usize, silent_failure(random)),
        _ => Operation::NetworkChanged(page),
    }
}

fn silent_failure(random: &mut Random) -> SilentFailure {
    match random.below(5) {
        0 => SilentFailure::ReceivesNothingUntilRestart,
        1 => SilentFailure::ReceivesNothing,
        2 => SilentFailure::ReceivesNoMicrophone,
        3 => SilentFailure::SendsNothingUntilRestart,
        _ => SilentFailure::SendsNothing,
    }
}

impl World {
    pub(super) fn operate(&mut self, operation: Operation) {
        match operation {
            Operation::Join(page) => {
                let name = format!("page {page}");
                self.input(page, Input::Command(Command::Join { room: "r".to_owned(), name }));
            }
            Operation::Leave(page) => {
                // The server does not hear of it; but whoever has left comes back as somebody new.
                self.pages[page].forgotten |= self.pages[page].socket.is_none();
                self.pages[page].shown.clear();
                self.input(page, Input::Command(Command::Leave));
            }
            Operation::Crash(page) => {
                self.statistics.page_crashes += 1;
                self.pages[page].alive = false;
                self.pages[page].socket = None;
                self.pages[page].browser.connections.clear();
                self.schedule(self.now + GIVEN_UP_AFTER, Action::GivenUp(page, self.pages[page].joins));
            }
            Operation::SetSource(page, source, on) => {
                self.input(page, Input::Command(Command::SetSource { source, on }));
            }
            Operation::CutSocket(page, forgotten) => self.cut_socket(page, forgotten),
            Operation::RestartServer => {
                self.statistics.server_crashes += 1;
                self.server.sessions.clear();
                (0..self.pages.len()).for_each(|page| self.cut_socket(page, true));
            }
            Operation::CutPath(page, time) => {
                self.pages[page].path_cut = true;
                self.schedule(self.now + time, Action::RestorePath(page));
            }
            Operation::FailSilently(page, number, kind) => self.fail_silently(page, number, kind),
            Operation::HoldBackPictures(page, time) => {
                self.pages[page].pictures_held_back = true;
                self.schedule(self.now + time, Action::ForwardPictures(page));
            }
            Operation::RefuseDescription(page) => self.pages[page].refuses_next_description = true,
            Operation::Show(page, other, width) => self.show(page, other, width),
            Operation::Chat(page) => {
                let text = format!("page {page} at {}", self.now);
                self.input(page, Input::Command(Command::SendChat(text)));
            }
            Operation::RaiseHand(page, raised) => {
                self.input(page, Input::Command(Command::SetHandRaised(raised)));
            }
            Operation::NetworkChanged(page) => self.input(page, Input::Network(NetworkEvent::Changed)),
        }
    }

    /// What is not in the room has no tile.
    fn show(&mut self, page: usize, other: usize, width: u16) {
        let participant = id_of(other);
        let seen = self.pages[page].room.view().participants.iter().any(|one| one.id == participant);
        if seen && self.pages[page].alive {
            let settings = match width {
                0 => TrackSettings::Disabled,
                width => TrackSettings::Enabled(VideoSize { width, height: width / 2 }),
            };
            self.pages[page].shown.insert(other, settings);
            let (source, settings) = (Source::Camera, Some(settings));
            self.input(page, Input::Command(Command::SetTrackSettings { participant, source, settings }));
        }
    }

    fn cut_socket(&mut self, page: usize, forgotten: bool) {
        let cut = &mut self.pages[page];
        if cut.socket.take().is_none() {
            return;
        }
        // Nobody can take up a session of whose beginning they have not heard.
        let messages = self.messages.borrow();
        cut.forgotten |= forgotten || cut.to_page.iter().any(|frame| messages.has_joined_signal(frame));
        drop(messages);
        self.lose_messages(page);
        let cut = &mut self.pages[page];
        self.statistics.socket_losses += 1;
        // What it has said is repeated when it comes back; unless it is forgotten.
        if cut.forgotten {
            cut.to_server.clear();
        }
        self.schedule(self.now + GIVEN_UP_AFTER, Action::GivenUp(page, self.pages[page].joins));
        self.input(page, Input::Socket(SocketEvent::Closed));
    }
}
