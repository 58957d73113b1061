//! What one look at a page shows.

use std::fmt;

use serde::Deserialize;

/// A page at one moment.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// `data-state` of the room.
    pub state: String,
    /// `data-problem` of the room; empty if there is none.
    pub problem: String,
    /// `data-obstacle` of the room; empty if there is none, or nothing is known.
    pub obstacle: String,
    /// Whether the browser takes the page for hidden; only where a test covers it.
    pub hidden: bool,
    /// Width of the viewport.
    pub width: f64,
    /// Height of the viewport.
    pub height: f64,
    /// Width of the document: more than the viewport's if it scrolls sideways.
    pub scroll_width: f64,
    /// The tiles, in their order in the document.
    pub tiles: Vec<Tile>,
    /// The controls.
    pub controls: Vec<Control>,
    /// The messages for the person.
    pub notices: Vec<Notice>,
    /// What the page holds on to.
    pub resources: Resources,
    /// What went wrong in the page's own words: errors on the console and what nobody caught.
    pub errors: Vec<String>,
}

/// One participant's tile.
#[derive(Debug, Clone, Deserialize)]
pub struct Tile {
    /// The participant's id.
    pub id: String,
    /// Whether it is the person's own.
    pub own: bool,
    /// `data-source`.
    pub source: String,
    /// `data-connection`.
    pub connection: String,
    /// `data-reason`.
    pub reason: String,
    /// `data-microphone`.
    pub microphone: String,
    /// `data-camera`.
    pub camera: String,
    /// The name that is shown.
    pub name: String,
    /// The sentence about the connection.
    pub status: String,
    /// How many `<video>` elements it has.
    pub videos: usize,
    /// The first of them.
    pub video: Option<Video>,
    /// Where it is.
    #[serde(rename = "box")]
    pub rect: Rect,
}

/// A `<video>` as a person sees and hears it.
#[derive(Debug, Clone, Deserialize)]
pub struct Video {
    /// A number that stays with the element for as long as it exists.
    pub number: u32,
    /// Frames shown so far.
    pub frames: u64,
    /// Width of the picture.
    pub width: u32,
    /// Whether it is silenced.
    pub muted: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it is shown at all.
    pub visible: bool,
    /// Longest time between two frames since the last reset, in milliseconds.
    pub gap: f64,
    /// Energy of the sound since the last reset.
    pub sound: f64,
    /// How often the sound was listened to since the last reset.
    pub samples: u32,
    /// Mean of all pixels' values, 0 (black) to 255.
    pub brightness: f64,
    /// A number that changes when the picture does; empty without a picture.
    pub picture: String,
}

/// A rectangle in CSS pixels.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// One `[data-control]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Whether it can be seen.
    pub visible: bool,
    /// Whether it is disabled.
    pub disabled: bool,
    /// `aria-pressed`.
    pub pressed: String,
    /// `data-source-state`.
    pub state: String,
    /// `data-error`.
    pub error: String,
    /// Where it is.
    #[serde(rename = "box")]
    pub rect: Rect,
}

/// One `[data-notice]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub code: String,
    /// The sentence.
    pub text: String,
    /// Whether it can be seen.
    pub visible: bool,
}

/// What a page holds on to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Resources {
    /// Peer connections that are not closed and know of another end.
    pub connections: usize,
    /// Those that nobody is known to be at the other end of: they are ready for whoever comes.
    pub prepared: usize,
    /// Kinds of the live tracks that were captured here.
    pub tracks: Vec<String>,
    /// Kinds of the live tracks of what is shared.
    pub shared: Vec<String>,
    /// `<video>` elements in the document.
    pub videos: usize,
    /// Bytes of WebAssembly memory.
    pub memory: u64,
}

impl Snapshot {
    /// The tiles of the others.
    pub fn others(&self) -> impl Iterator<Item = &Tile> {
        self.tiles.iter().filter(|tile| !tile.own)
    }

    /// The only tile with this name; none if there is none, or more than one.
    pub fn tile(&self, name: &str) -> Option<&Tile> {
        let mut named = self.tiles.iter().filter(|tile| tile.name == name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Whether the others are exactly these, one tile each.
    pub fn shows_exactly(&self, names: &[&str]) -> bool {
        self.others().count() == names.len() && names.iter().all(|name| self.tile(name).is_some())
    }

    /// A control by its name, if it can be seen.
    pub fn control(&self, name: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.name == name && control.visible)
    }

    /// A visible message with this code and a sentence.
    pub fn notice(&self, code: &str) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.code == code && notice.visible && notice.text.len() > 10)
    }
}

impl Rect {
    /// Its size in square pixels.
    pub fn size(&self) -> f64 {
        self.width * self.height
    }

    /// Whether the two share more than a hair.
    pub fn overlaps(&self, other: &Self) -> bool {
        let across = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let down = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        across > 1.0 && down > 1.0
    }

    /// Whether it is inside a viewport of this size.
    pub fn is_inside(&self, width: f64, height: f64) -> bool {
        self.x > -1.0
            && self.y > -1.0
            && self.x + self.width < width + 1.0
            && self.y + self.height < height + 1.0
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  state {:?} problem {:?} {:?}", self.state, self.problem, self.resources)?;
        for tile in &self.tiles {
            writeln!(f, "  tile {tile}")?;
        }
        for notice in &self.notices {
            writeln!(f, "  notice {:?} visible={} {:?}", notice.code, notice.visible, notice.text)?;
        }
        for control in self.controls.iter().filter(|control| control.visible) {
            let Control { name, disabled, pressed, state, error, .. } = control;
            writeln!(f, "  control {name} disabled={disabled} pressed={pressed:?} {state:?} {error:?}")?;
        }
        self.errors.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, own, connection, reason, microphone, camera, name, status, videos, .. } = self;
        write!(f, "{name:?} {id:.6} own={own} {connection:?} {reason:?} mic={microphone} cam={camera}")?;
        write!(f, " {status:?} videos={videos}")?;
        let Some(video) = &self.video else { return Ok(()) };
        write!(f, " #{} frames={} width={}", video.number, video.frames, video.width)?;
        write!(f, " bright={:.0} gap={:.0} sound={:.4}", video.brightness, video.gap, video.sound)?;
        write!(f, "/{} paused={} picture={}", video.samples, video.paused, video.picture)
    }
}
