//! Makes a failing script small: what is left is what matters.

use super::script::{Operation, Script};

/// Most runs that are spent on one script.
const MAX_RUNS: u32 = 600;

/// Leaves out whatever can be left out.
pub(super) fn shrink(script: Script) -> Script {
    let mut shrinker = Shrinker { best: script, runs: 0 };
    if !shrinker.fails(&shrinker.best.clone()) {
        return shrinker.best;
    }
    while shrinker.pass() {}
    shrinker.best
}

struct Shrinker {
    best: Script,
    runs: u32,
}

impl Shrinker {
    /// One round over everything; whether anything could be left out.
    fn pass(&mut self) -> bool {
        let size = |script: &Script| (script.people.len(), script.steps.len(), script.reorders_candidates);
        let before = size(&self.best);
        for person in (0..self.best.people.len()).rev() {
            self.attempt(without_person(&self.best, person));
        }
        for step in (0..self.best.steps.len()).rev() {
            let mut steps = self.best.steps.clone();
            steps.remove(step);
            self.attempt(Script { steps, ..self.best.clone() });
        }
        self.attempt(Script { reorders_candidates: false, ..self.best.clone() });
        size(&self.best) != before
    }

    fn attempt(&mut self, script: Script) {
        if self.fails(&script) {
            self.best = script;
        }
    }

    fn fails(&mut self, script: &Script) -> bool {
        self.runs += 1;
        self.runs <= MAX_RUNS && script.run(false).violation.is_some()
    }
}

fn without_person(script: &Script, person: usize) -> Script {
    let mut people = script.people.clone();
    people.remove(person);
    let about = |operation: &Operation| operation.people().into_iter().flatten().all(|who| who != person);
    let kept = script.steps.iter().filter(|(_, operation)| about(operation));
    let renumber = |who: usize| if who > person { who - 1 } else { who };
    let steps = kept.map(|(at, operation)| (*at, operation.renumbered(renumber))).collect();
    Script { people, steps, ..script.clone() }
}

impl Operation {
    /// Whom it is about.
    fn people(mut self) -> [Option<usize>; 2] {
        self.people_mut().map(|who| who.map(|who| *who))
    }

    fn renumbered(mut self, number: impl Fn(usize) -> usize) -> Self {
        for who in self.people_mut().into_iter().flatten() {
            *who = number(*who);
        }
        self
    }

    fn people_mut(&mut self) -> [Option<&mut usize>; 2] {
        match self {
            Self::EnterLobby(a)
            | Self::Join(a)
            | Self::Preflight(a)
            | Self::Leave(a)
            | Self::Crash(a, _)
            | Self::SetSource(a, ..)
            | Self::Chat(a, _)
            | Self::RaiseHand(a, _)
            | Self::React(a)
            | Self::Unplug(a, ..)
            | Self::SelectDevices(a, _)
            | Self::CutSocket(a)
            | Self::StallSocket(a)
            | Self::Isolate(a, _)
            | Self::Glare(a)
            | Self::Online(a)
            | Self::NetworkChanged(a)
            | Self::Freeze(a, _)
            | Self::Hide(a, _)
            | Self::RefuseDescription(a)
            | Self::RefuseConnection(a) => [Some(a), None],
            Self::CutPath(a, b, _) | Self::FailSilently(a, b, _) => [Some(a), Some(b)],
            Self::StopServer(_) => [None, None],
        }
    }
}
