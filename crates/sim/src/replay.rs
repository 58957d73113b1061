//! A report of the flight recorder, run through the core again: whether the same decisions come out.

mod read;

use std::collections::VecDeque;

use visavis_core::flight::{FORMAT, decision};
use visavis_core::signaling::dialects::{self, Options};
use visavis_core::signaling::json::{self, Json};
use visavis_core::{Room, RoomConfig, RoomView};

use self::read::Parts;

/// What a frame with a description is written down as; in a report it is as long as what stands in for its private
/// parts, so it may fall on the other side of the limit.
const LONG: &str = "[\"send\"]";

const CONNECT: &str = "[\"send\",{\"frame\":\"40";

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Replay {
    /// What happened, line by line: inputs as they were, and below each the decisions that the core of today takes.
    pub trace: Vec<String>,
    /// How many inputs were replayed.
    pub inputs: usize,
    /// Whether something is missing after them.
    pub cut: bool,
    /// What was decided differently first, if anything.
    pub difference: Option<String>,
    /// What was shown in the end.
    pub view: Option<RoomView>,
}

/// Replays a report, as the page saved it.
///
/// # Errors
/// If it is no report, or one of another version.
pub fn replay(report: &str) -> Result<Replay, String> {
    let report = json::parse_any(report).map_err(|error| error.to_string())?;
    let Json::List(lines) = report else { return Err("a report is a list".to_owned()) };
    let mut lines = VecDeque::from(lines);
    let room = room(&lines.pop_front().unwrap_or(Json::Null));
    let mut room = room.ok_or("this is no report, or one of another version")?;
    let mut replay = Replay::default();
    while let Some(line) = lines.pop_front() {
        if line == Json::Null {
            replay.cut = true;
            break;
        }
        let count = lines.iter().take_while(|line| read::is_decision(line)).count();
        let decided: Vec<Json> = lines.drain(..count).collect();
        // Decisions that would have followed may be missing too.
        let whole = lines.front() != Some(&Json::Null);
        replay.step(&mut room, &line, &decided, whole)?;
    }
    replay.view = Some(room.view());
    Ok(replay)
}

/// The room as it was made.
fn room(header: &Json) -> Option<Room> {
    let Json::List(parts) = header else { return None };
    let [Json::Text(word), parts @ ..] = parts.as_slice() else { return None };
    let parts = Parts(parts);
    if word != "visavis-report" || parts.number(0)? != FORMAT {
        return None;
    }
    let dialect = (dialects::named(&parts.text("dialect")?)?.make)(Options {
        url: "ws://server".to_owned(),
        identity: parts.text("identity")?,
        page: parts.text("page")?,
        namespace: parts.text("namespace")?,
        ..Options::default()
    });
    let config = RoomConfig {
        ice_servers: Vec::new(),
        relay_only: parts.yes(3),
        capacity: parts.number(4).filter(|capacity| *capacity > 0),
        microphone: parts.yes(5),
        camera: parts.yes(6),
        seed: u64::from(parts.number(1)?) << 32 | u64::from(parts.number(2)?),
    };
    Some(Room::new(config, dialect))
}

impl Replay {
    fn step(&mut self, room: &mut Room, line: &Json, decided: &[Json], whole: bool) -> Result<(), String> {
        let (now, input) = read::input(line).ok_or_else(|| format!("not an input: {line}"))?;
        self.trace.push(line.to_string());
        self.inputs += 1;
        room.handle(now, input);
        let decides: Vec<String> =
            std::iter::from_fn(|| room.poll_output()).map(|it| decision(&it)).collect();
        self.trace.extend(decides.iter().map(|decision| format!("    {decision}")));
        let decided: Vec<String> = decided.iter().map(Json::to_string).collect();
        let same = decided.iter().zip(&decides).all(|(was, is)| is_same(was, is));
        if self.difference.is_none() && !(same && (decided.len() == decides.len() || !whole)) {
            self.trace.push(format!("    but it was {decided:?}"));
            self.difference = Some(format!("after {line}\n  it was {decided:?}\n  it is  {decides:?}"));
        }
        Ok(())
    }
}

/// What is shown to a Socket.IO server when it lets us in is not in a report.
fn is_same(was: &str, is: &str) -> bool {
    let are_both = |start| was.starts_with(start) && is.starts_with(start);
    was == is || ((was == LONG || is == LONG) && are_both("[\"send")) || are_both(CONNECT)
}
