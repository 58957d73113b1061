//! What people do and what breaks, chosen by the seed.

use visavis_core::signaling::Source;
use visavis_core::{Command, Input, NetworkEvent, SocketEvent};

use super::server::Shape;
use super::{Action, World};
use crate::random::Random;

/// Virtual milliseconds from the last step of a script to the end of all faults.
const HEALS_AFTER: u64 = 2_000;
/// Virtual milliseconds after which the server gives up a page that died.
const GIVEN_UP_AFTER: u64 = 10_000;

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
    /// The browser refuses the next description.
    RefuseDescription(usize),
    NetworkChanged(usize),
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
        Self { shape, people: people as usize, steps }
    }

    /// When all faults are over.
    pub(super) fn faults_end_at(&self) -> u64 {
        let over = |(at, operation): &(u64, Operation)| match operation {
            Operation::CutPath(_, time) => at + time,
            Operation::Crash(_) | Operation::CutSocket(..) | Operation::RestartServer => at + GIVEN_UP_AFTER,
            Operation::Join(_)
            | Operation::Leave(_)
            | Operation::SetSource(..)
            | Operation::RefuseDescription(_)
            | Operation::NetworkChanged(_) => *at,
        };
        self.steps.iter().map(over).max().unwrap_or_default() + HEALS_AFTER
    }
}

fn choose(random: &mut Random, people: u64) -> Operation {
    let page = random.below(people) as usize;
    let yes = random.chance(50);
    match random.below(16) {
        0 => Operation::Leave(page),
        1 => Operation::Crash(page),
        2 | 3 => Operation::Join(page),
        4 => Operation::SetSource(
            page,
            if yes { Source::Camera } else { Source::Microphone },
            random.chance(50),
        ),
        5..=8 => Operation::SetSource(page, Source::Screen, random.chance(60)),
        9 | 10 => Operation::CutSocket(page, yes),
        11 => Operation::RestartServer,
        12 | 13 => Operation::CutPath(page, random.between(500, 40_000)),
        14 => Operation::RefuseDescription(page),
        _ => Operation::NetworkChanged(page),
    }
}

impl World {
    pub(super) fn operate(&mut self, operation: Operation) {
        match operation {
            Operation::Join(page) => {
                let name = format!("page {page}");
                self.input(page, Input::Command(Command::Join { room: "r".to_owned(), name }));
            }
            Operation::Leave(page) => self.input(page, Input::Command(Command::Leave)),
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
            Operation::RefuseDescription(page) => self.pages[page].refuses_next_description = true,
            Operation::NetworkChanged(page) => self.input(page, Input::Network(NetworkEvent::Changed)),
        }
    }

    fn cut_socket(&mut self, page: usize, forgotten: bool) {
        let cut = &mut self.pages[page];
        if cut.socket.take().is_none() {
            return;
        }
        cut.forgotten |= forgotten;
        self.statistics.socket_losses += 1;
        // What it has said is repeated when it comes back; unless it is forgotten.
        if cut.forgotten {
            cut.to_server.clear();
        }
        self.schedule(self.now + GIVEN_UP_AFTER, Action::GivenUp(page, self.pages[page].joins));
        self.input(page, Input::Socket(SocketEvent::Closed));
    }
}
