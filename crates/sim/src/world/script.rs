//! What people do and what breaks, chosen by the seed.

use std::fmt;

use visavis_core::Source;

use super::{Report, World, shrink};
use crate::random::Random;

/// Milliseconds from the last step of a script to the end of all faults.
pub(super) const FAULTS_END_AFTER: u64 = 10_000;
/// Most that people write, raise and show in one world, and what their numbers begin with: others than those of all else, so that
/// all else stays as it was.
const MAX_INTERACTIONS: u64 = 12;
const INTERACTIONS: u64 = 0x6368_6174;
/// Everybody joins within so many milliseconds.
const JOINS_WITHIN: u64 = 2_000;

/// Somebody with a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    /// Who they are: the same on a page that follows another.
    pub(super) identity: u64,
    /// Different in each of their pages.
    pub(super) seed: u64,
    pub(super) has_devices: bool,
}

/// How a connection can fail while its browser calls it good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SilentFailure {
    /// The end receives no media until ICE is restarted.
    ReceivesNothingUntilRestart,
    /// The end receives no media on this connection any more; only another connection helps.
    ReceivesNothing,
    /// The end receives no audio of the microphone on this connection any more.
    ReceivesNoAudio,
    /// The end sends no media until ICE is restarted.
    SendsNothingUntilRestart,
}

/// One thing that somebody does or that breaks. People are named by their number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operation {
    /// The page is looked at before it joins.
    EnterLobby(usize),
    Join(usize),
    /// The preflight test before a call; whoever is not in the lobby has none.
    Preflight(usize),
    Leave(usize),
    /// The page dies without a word; sometimes it comes back as a new one, sometimes as the same person.
    Crash(usize, bool),
    SetSource(usize, Source, bool),
    /// So many chat messages are written at once.
    Chat(usize, u32),
    RaiseHand(usize, bool),
    React(usize),
    /// A device is pulled out; sometimes no other takes its place.
    Unplug(usize, Source, bool),
    /// One of the two microphones and one of the two cameras are chosen.
    SelectDevices(usize, usize),
    CutSocket(usize),
    StallSocket(usize),
    /// The server stops for so many milliseconds, and forgets everything.
    StopServer(u64),
    /// No media packet gets from one to the other, for so many milliseconds.
    CutPath(usize, usize, u64),
    /// The same between everybody and one.
    Isolate(usize, u64),
    /// A connection between the two fails silently, at the end of the first.
    FailSilently(usize, usize, SilentFailure),
    /// Both browsers want to renegotiate at the same moment.
    Glare(usize),
    Online(usize),
    NetworkChanged(usize),
    /// The page sleeps for so many milliseconds, while its media flows.
    Freeze(usize, u64),
    /// The page is hidden for so many milliseconds: its timers come once a minute.
    Hide(usize, u64),
    /// The browser refuses the next description.
    RefuseDescription(usize),
    /// The browser refuses to make the next connection.
    RefuseConnection(usize),
}

/// A whole world, before it runs: made from a seed, or shrunk from another script.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) seed: u64,
    /// Candidates overtake descriptions, and come twice.
    pub(super) reorders_candidates: bool,
    pub(super) people: Vec<Person>,
    /// What happens when, in milliseconds.
    pub(super) steps: Vec<(u64, Operation)>,
}

impl Script {
    /// The same seed gives the same script. Most worlds are small, because most faults need few people; one in five
    /// holds five to eight.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let people = match random.below(10) {
            0..3 => 2,
            3..6 => 3,
            6..8 => 4,
            _ => random.between(5, 8),
        };
        let mut script =
            Self { seed, reorders_candidates: random.chance(50), people: Vec::new(), steps: Vec::new() };
        for person in 0..people as usize {
            let seed = random.next_u64();
            script.people.push(Person { identity: seed, seed, has_devices: random.chance(80) });
            // Without a turn of the die, so that all else stays as it was.
            if has_lobby(seed) {
                script.steps.push((0, Operation::EnterLobby(person)));
            }
            script.steps.push((random.below(JOINS_WITHIN), Operation::Join(person)));
        }
        let spread = if random.chance(50) { 20_000 } else { 60_000 };
        for _ in 0..random.below(16) {
            script.steps.push((random.below(spread), random_operation(&mut random, people)));
        }
        // Without a turn of the die. Whoever joins meanwhile ends it.
        if seed.is_multiple_of(8) {
            script.steps.push((seed / 8 % JOINS_WITHIN, Operation::Preflight(0)));
        }
        if seed % 8 == 3 {
            for number in [1, 0, 1] {
                let at = (seed / 8).wrapping_mul(7919 + number as u64) % spread;
                script.steps.push((at, Operation::SelectDevices(1, number)));
            }
        }
        script.add_interactions(Random::new(seed ^ INTERACTIONS), spread);
        script
    }

    /// Half of all worlds use neither chat nor hands nor reactions.
    fn add_interactions(&mut self, mut random: Random, spread: u64) {
        let most = if random.chance(50) { random.below(MAX_INTERACTIONS) } else { 0 };
        for _ in 0..most {
            let peer = random.below(self.people.len() as u64) as usize;
            let operation = match random.below(6) {
                0..3 => Operation::Chat(peer, if random.chance(10) { 250 } else { 1 }),
                3 | 4 => Operation::RaiseHand(peer, random.chance(60)),
                _ => Operation::React(peer),
            };
            self.steps.push((random.below(spread), operation));
        }
    }

    /// Runs it to the end.
    pub fn run(&self, trace: bool) -> Report {
        World::new(self, trace).run()
    }

    /// Runs it to the end with a flight recorder in every page, and gives what they say.
    pub fn record(&self) -> Vec<String> {
        let mut world = World::new(self, false);
        for (page, person) in world.peers.iter_mut().zip(&self.people) {
            page.record(*person);
        }
        world.run().reports
    }

    /// The smallest script it can find that still fails; the same if it does not fail at all.
    #[must_use]
    pub fn shrink(self) -> Self {
        shrink::shrink(self)
    }

    /// When all faults end.
    pub(super) fn faults_end_at(&self) -> u64 {
        // Whoever sleeps hears of the past only when it is over.
        let over = |(at, operation): &(u64, Operation)| {
            if let Operation::Freeze(_, time) | Operation::Hide(_, time) = operation {
                at + time
            } else {
                *at
            }
        };
        self.steps.iter().map(over).max().unwrap_or_default() + FAULTS_END_AFTER
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let devices = self.people.iter().filter(|person| person.has_devices).count();
        let order = if self.reorders_candidates { "; candidates overtake and come twice" } else { "" };
        writeln!(f, "{} people, {devices} with devices{order}", self.people.len())?;
        let mut steps = self.steps.clone();
        steps.sort_by_key(|(at, _)| *at);
        steps.iter().try_for_each(|(at, operation)| writeln!(f, "{at:>7} {operation:?}"))
    }
}

fn random_operation(random: &mut Random, people: u64) -> Operation {
    let peer = random.below(people) as usize;
    // Somebody else.
    let other = (peer + random.between(1, people - 1) as usize) % people as usize;
    let yes = random.chance(50);
    let source = if random.chance(50) { Source::Camera } else { Source::Microphone };
    let shared = if random.chance(50) { Source::Screen } else { Source::SecondCamera };
    match random.below(28) {
        0 | 1 => Operation::Leave(peer),
        2 => Operation::Crash(peer, yes),
        3 | 4 => Operation::SetSource(peer, source, yes),
        5 => Operation::Unplug(peer, source, yes),
        6 | 7 => Operation::CutSocket(peer),
        8 => Operation::StallSocket(peer),
        9 | 10 => Operation::StopServer(random.between(100, 20_000)),
        11 | 12 => Operation::CutPath(peer, other, random.between(500, 40_000)),
        13 => Operation::Isolate(peer, random.between(500, 40_000)),
        14 | 15 => Operation::Join(peer),
        16 | 17 => Operation::Glare(peer),
        18 => Operation::Online(peer),
        19 => Operation::NetworkChanged(peer),
        20 => Operation::Freeze(peer, random.between(500, 70_000)),
        21 => Operation::RefuseDescription(peer),
        22 => Operation::RefuseConnection(peer),
        23 => Operation::Hide(peer, random.between(20_000, 200_000)),
        24 | 25 => Operation::SetSource(peer, shared, random.chance(70)),
        26 => Operation::Unplug(peer, shared, false),
        _ => Operation::FailSilently(peer, other, silent_failure(random)),
    }
}

fn silent_failure(random: &mut Random) -> SilentFailure {
    match random.below(4) {
        0 => SilentFailure::ReceivesNothingUntilRestart,
        1 => SilentFailure::ReceivesNothing,
        2 => SilentFailure::ReceivesNoAudio,
        _ => SilentFailure::SendsNothingUntilRestart,
    }
}

/// Whether a page shows its lobby before it joins: half of all.
pub(super) fn has_lobby(seed: u64) -> bool {
    seed / 2 % 2 == 1
}
