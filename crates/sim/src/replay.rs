//! A report of the flight recorder, run through the core again: whether the same decisions come out.

mod read;

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use visavis_core::flight::{FORMAT, decisions};
use visavis_core::signaling::dialects::{self, Mapping, Options};
use visavis_core::signaling::json::{self, Json};
use visavis_core::signaling::{Dialect, IceServer, Probe};
use visavis_core::{ContactPolicy, Effect, Output, Room, RoomConfig, RoomView};

use self::read::Arguments;

/// What came of a replay.
#[derive(Debug, Default)]
pub struct Replay {
    /// What happened, line by line: inputs as they were, and below each the decisions that the core of today takes.
    pub trace: Vec<String>,
    /// How many inputs were replayed.
    pub inputs: usize,
    /// Whether something is missing after them.
    pub truncated: bool,
    /// What was decided differently first, if anything.
    pub difference: Option<String>,
    /// What was shown in the end.
    pub view: Option<RoomView>,
    /// What the room asked over HTTP last.
    last_probe: Option<Probe>,
}

/// Replays a report, as the page saved it.
///
/// # Errors
/// If it is no report, or one of another version.
pub fn replay(report: &str) -> Result<Replay, String> {
    let report = json::parse_any(report).map_err(|error| error.to_string())?;
    let Json::List(lines) = report else { return Err("it is no list".to_owned()) };
    let mut lines = VecDeque::from(lines);
    let room = room(&lines.pop_front().unwrap_or(Json::Null));
    let mut room = room.ok_or("it does not begin like one, or is of another version")?;
    let mut replay = Replay::default();
    while let Some(line) = lines.pop_front() {
        if line == Json::Null {
            replay.truncated = true;
            break;
        }
        let decided = match lines.front() {
            Some(Json::Text(_)) => lines.pop_front(),
            // What followed may be missing here.
            Some(Json::Null) => None,
            Some(_) | None => Some(Json::text("")),
        };
        replay.step(&mut room, &line, decided.as_ref())?;
    }
    replay.view = Some(room.view());
    Ok(replay)
}

/// The room as it was made.
fn room(header: &Json) -> Option<Room> {
    let Json::List(parts) = header else { return None };
    let [Json::Text(word), parts @ ..] = parts.as_slice() else { return None };
    let arguments = Arguments(parts);
    if word != "visavis-report" || arguments.number(0)? != FORMAT {
        return None;
    }
    let room = Room::new(config(&arguments)?, dialect(&arguments, &arguments.text("dialect")?, "")?);
    let fallback = dialect(&arguments, &arguments.text("fallback").unwrap_or_default(), "fallback-");
    if fallback.is_none() {
        return Some(room);
    }
    let fallback = Cell::new(fallback);
    Some(room.with_fallback(move || fallback.take()))
}

/// A dialect by its name, as somebody with the stand-ins of the identity whose keys begin like this.
fn dialect(arguments: &Arguments<'_>, name: &str, key_prefix: &str) -> Option<Box<dyn Dialect>> {
    let listed = dialects::named(name)?;
    // Other servers see its halves, each of which has a stand-in of its own.
    let half = |key| arguments.text(&[key_prefix, key].concat()).unwrap_or_default();
    let identity = [half("identity"), half("secret")].concat();
    Some((listed.make)(Options {
        url: "ws://server".to_owned(),
        identity,
        page: arguments.text("page")?,
        namespace: arguments.text("namespace")?,
        mapping: arguments.text("mapping").and_then(|text| Mapping::parse(&text).ok()).map(Rc::new),
        user_agent: arguments.text("about").unwrap_or_default(),
        ..Options::default()
    }))
}

fn config(arguments: &Arguments<'_>) -> Option<RoomConfig> {
    Some(RoomConfig {
        ice_servers: arguments.text("ice").map(|kinds| ice_servers(&kinds)).unwrap_or_default(),
        relay_only: arguments.flag(3),
        capacity: arguments.number(4).filter(|capacity| *capacity > 0),
        microphone: arguments.flag(5),
        camera: arguments.flag(6),
        contact_policy: if arguments.flag(7) { ContactPolicy::OnRequest } else { ContactPolicy::AtOnce },
        prepare_connection: arguments.flag(8),
        seed: u64::from(arguments.number(1)?) << 32 | u64::from(arguments.number(2)?),
    })
}

/// Stand-ins for the ICE servers of the page's configuration, of which only the kinds are recorded.
fn ice_servers(kinds: &str) -> Vec<IceServer> {
    let server = |(at, kind)| IceServer {
        urls: vec![format!("{}:{at}", if kind == 't' { "turn" } else { "stun" })],
        username: None,
        credential: None,
    };
    kinds.chars().enumerate().map(server).collect()
}

impl Replay {
    /// One input; `decided` is what followed from it then, if that is known.
    fn step(&mut self, room: &mut Room, line: &Json, decided: Option<&Json>) -> Result<(), String> {
        let (now, input) =
            read::input(line, self.last_probe.as_ref()).ok_or_else(|| format!("not an input: {line}"))?;
        self.trace.push(line.to_string());
        self.inputs += 1;
        room.handle(now, input);
        let outputs: Vec<Output> = std::iter::from_fn(|| room.poll_output()).collect();
        let probe = |output: &Output| match output {
            Output::Effect(Effect::Probe(probe)) => Some(probe.clone()),
            Output::Effect(_) | Output::Event(_) => None,
        };
        self.last_probe = outputs.iter().rev().find_map(probe).or(self.last_probe.take());
        self.trace.extend(outputs.iter().map(|output| format!("    {output:?}")));
        let (was, is) = (decided.map(Json::to_string), decisions(&outputs));
        if let Some(was) = was.filter(|was| *was != is && self.difference.is_none()) {
            self.trace.push(format!("    but it was {was}, and is {is}"));
            self.difference = Some(format!("after {line}\n  it was {was}, and is {is}"));
        }
        Ok(())
    }
}
