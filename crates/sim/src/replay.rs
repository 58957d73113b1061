//! A report of the flight recorder, run through the core again: whether the same decisions come out.

mod read;

use std::collections::VecDeque;

use visavis_core::flight::{FORMAT, decision};
use visavis_core::signaling::dialects::{self, Options};
use visavis_core::signaling::json::{self, Json, Object, read_each};
use visavis_core::signaling::limits::{MAX_FRAME_BYTES, MAX_ICE_SERVERS};
use visavis_core::signaling::normalize;
use visavis_core::{Room, RoomConfig, RoomView};

/// What a frame with a description is written down as; in a report it is as long as what stands in for its private
/// parts, so it may fall on the other side of the limit.
const LONG: &str = "[\"send-description\"]";

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
    let mut room = room(&lines.pop_front().unwrap_or(Json::Null))?;
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
fn room(header: &Json) -> Result<Room, String> {
    make(header).map_err(|error| error.to_string())
}

fn make(header: &Json) -> Result<Room, json::JsonError> {
    let fields = Object::root(header)?;
    if fields.optional_u32("visavisReport")? != Some(FORMAT) {
        return Err(fields.error("visavisReport", "is of another version"));
    }
    let text = |key| fields.text(key, MAX_FRAME_BYTES).map(str::to_owned);
    let listed = dialects::named(fields.text("dialect", MAX_FRAME_BYTES)?);
    let listed = listed.ok_or_else(|| fields.error("dialect", "is not known here"))?;
    let dialect = (listed.make)(Options {
        url: "ws://server".to_owned(),
        identity: text("identity")?,
        page: text("page")?,
        namespace: text("namespace")?,
        auth: fields.get("auth").cloned(),
    });
    let config = RoomConfig {
        ice_servers: read_each(&fields, "iceServers", MAX_ICE_SERVERS, normalize::ice_server)?,
        relay_only: fields.optional_bool("relayOnly")?.unwrap_or_default(),
        capacity: fields.optional_u32("capacity")?,
        microphone: fields.optional_bool("microphone")?.unwrap_or_default(),
        camera: fields.optional_bool("camera")?.unwrap_or_default(),
        seed: text("seed")?.parse().map_err(|_| fields.error("seed", "must be a number"))?,
    };
    Ok(Room::new(config, dialect))
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

fn is_same(was: &str, is: &str) -> bool {
    let are_sent = || was.starts_with("[\"send") && is.starts_with("[\"send");
    was == is || ((was == LONG || is == LONG) && are_sent())
}
