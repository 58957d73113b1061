//! What `MediaRecorder` leaves out of a WebM file: how long it is, and where in it which moment is.
//!
//! A recorder does not know the end when it writes the beginning, so players find neither duration nor a place to jump to.
//! [`WebmIndex`] reads the file as it is written, keeps what is in front of the first cluster, and when each key frame comes;
//! [`WebmIndex::finish`] gives a new beginning with `SeekHead`, `Duration` and `Cues`, behind which the clusters stand as they
//! are. What a crash has cut off in the middle of a frame is left away. (RFC 8794 EBML, RFC 9559 Matroska.)

#[cfg(test)]
mod tests;

use std::mem;

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const SEEK_HEAD: u32 = 0x114D_9B74;
const SEEK: u32 = 0x4DBB;
const SEEK_ID: u32 = 0x53AB;
const SEEK_POSITION: u32 = 0x53AC;
const INFO: u32 = 0x1549_A966;
const TIMESTAMP_SCALE: u32 = 0x002A_D7B1;
const DURATION: u32 = 0x4489;
const TRACKS: u32 = 0x1654_AE6B;
const TRACK_ENTRY: u32 = 0xAE;
const TRACK_NUMBER: u32 = 0xD7;
const TRACK_TYPE: u32 = 0x83;
const CLUSTER: u32 = 0x1F43_B675;
const TIMESTAMP: u32 = 0xE7;
const SIMPLE_BLOCK: u32 = 0xA3;
const BLOCK_GROUP: u32 = 0xA0;
const BLOCK: u32 = 0xA1;
const REFERENCE_BLOCK: u32 = 0xFB;
const CUES: u32 = 0x1C53_BB6B;
const CUE_POINT: u32 = 0xBB;
const CUE_TIME: u32 = 0xB3;
const CUE_TRACK_POSITIONS: u32 = 0xB7;
const CUE_TRACK: u32 = 0xF7;
const CUE_CLUSTER_POSITION: u32 = 0xF1;

/// The `TrackType` of video.
const VIDEO: u64 = 1;
/// The bit of a `SimpleBlock`'s flags that says that it can be decoded alone.
const KEY_FRAME: u8 = 0x80;
/// Nanoseconds of a tick, unless the file says otherwise.
const DEFAULT_SCALE: u64 = 1_000_000;
/// Longest element that is kept as a whole, in bytes: what describes the tracks takes some hundred.
const MAX_KEPT_ELEMENT: u64 = 64 * 1024;
/// Most bytes of a block that have to be read: track (at most 8), timestamp (2), flags (1).
const BLOCK_HEADER: u64 = 11;
/// Most places to jump to. Of more, every second goes.
const MAX_CUES: usize = 8192;
/// Two of them are at least this far apart at first, in nanoseconds.
const MIN_CUE_SPACING: u64 = 500_000_000;
/// What the last frame is shown for at most, in nanoseconds.
const MAX_FRAME: u64 = 1_000_000_000;
/// No recording lasts longer, in ticks; what says so is broken.
const MAX_TIME: u64 = 1 << 48;

/// A part of the finished file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// What stands in the recorded file from the first of these offsets to before the second.
    Recorded(u64, u64),
}

/// A place to jump to.
#[derive(Debug, Clone, Copy)]
struct Cue {
    /// In ticks.
    time: u64,
    /// Where its cluster begins in the recorded file.
    cluster: u64,
}

/// The cluster that is being read.
#[derive(Debug, Clone, Copy, Default)]
struct Cluster {
    begin: u64,
    /// In ticks.
    time: u64,
    /// Where its size stands, in how many bytes.
    size_at: u64,
    size_width: u32,
    /// Where its content begins.
    content: u64,
    /// Where it ends, if it says so.
    end: Option<u64>,
}

/// What is known of a WebM file as far as it was read. Bounded, whatever the file says.
#[derive(Debug, Default)]
pub struct WebmIndex {
    /// What was not read yet, and where that stands.
    buffer: Vec<u8>,
    position: u64,
    /// How much of the element is still to come whose content does not matter.
    skip: u64,
    /// It is no WebM file, or not any more.
    broken: bool,
    ebml: Vec<u8>,
    /// What `Info` contains, without a duration.
    info: Vec<u8>,
    scale: Option<u64>,
    tracks: Vec<u8>,
    /// The track whose key frames one can jump to.
    cue_track: Option<u64>,
    first_cluster: Option<u64>,
    cluster: Cluster,
    /// Where the group of a block ends that is being read.
    group_end: u64,
    /// Where the latest frame ends, which may still be to come...
    frame_end: u64,
    /// ...and where the latest does that has come.
    complete: u64,
    cues: Vec<Cue>,
    /// One that is none if its frame refers to another.
    candidate: Option<Cue>,
    spacing: u64,
    /// The two latest timestamps, in ticks.
    times: [u64; 2],
}

/// The head of an element.
#[derive(Debug, Clone, Copy)]
struct Head {
    id: u32,
    /// `None` if it is not known yet.
    size: Option<u64>,
    /// How many bytes the head itself takes, and its size alone.
    length: usize,
    size_width: u32,
}

impl WebmIndex {
    /// Reads more of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        let skipped = self.skip.min(bytes.len() as u64);
        self.advance(skipped);
        self.buffer.extend_from_slice(&bytes[skipped as usize..]);
        while !self.broken && self.skip == 0 && self.step().is_some() {
            let skipped = self.skip.min(self.buffer.len() as u64);
            self.buffer.drain(..skipped as usize);
            self.advance(skipped);
        }
        if self.broken {
            self.buffer = Vec::new();
        }
    }

    /// How long it is so far, in milliseconds.
    pub fn duration(&self) -> u64 {
        self.ticks().saturating_mul(self.tick()) / 1_000_000
    }

    /// The finished file: one that tells how long it is, and in which one can jump. `None` if it is no WebM file, or nothing is
    /// in it.
    pub fn finish(&self) -> Option<Vec<Piece>> {
        let first = self.first_cluster.filter(|first| self.complete > *first)?;
        if self.ebml.is_empty() || self.tracks.is_empty() {
            return None;
        }
        let mut pieces = vec![Piece::Bytes(self.beginning(first))];
        let cluster = &self.cluster;
        if cluster.end.is_some_and(|end| end > self.complete) && cluster.content <= self.complete {
            // It promises more than there is.
            let size = sized(self.complete - cluster.content, cluster.size_width);
            pieces.push(Piece::Recorded(first, cluster.size_at));
            pieces.push(Piece::Bytes(size));
            pieces.push(Piece::Recorded(cluster.content, self.complete));
        } else {
            pieces.push(Piece::Recorded(first, self.complete));
        }
        Some(pieces)
    }

    /// In nanoseconds.
    fn tick(&self) -> u64 {
        self.scale.unwrap_or(DEFAULT_SCALE).max(1)
    }

    fn ticks(&self) -> u64 {
        let [before, last] = self.times;
        last + (last - before).min(MAX_FRAME / self.tick())
    }

    fn advance(&mut self, bytes: u64) {
        self.position += bytes;
        self.skip -= bytes;
        self.note_complete();
    }

    fn note_complete(&mut self) {
        if self.position >= self.frame_end {
            self.complete = self.frame_end;
        }
    }

    /// Takes bytes from what was not read yet.
    fn take(&mut self, bytes: usize) -> Vec<u8> {
        self.position += bytes as u64;
        let rest = self.buffer.split_off(bytes);
        mem::replace(&mut self.buffer, rest)
    }

    /// Reads an element, or the head of one. `None` if more of the file is needed for that.
    fn step(&mut self) -> Option<()> {
        let head = match read_head(&self.buffer) {
            Ok(head) => head?,
            Err(Malformed) => {
                self.broken = true;
                return None;
            }
        };
        match head.id {
            SEGMENT | CLUSTER | BLOCK_GROUP => self.enter(head),
            EBML | INFO | TRACKS | TIMESTAMP => return self.keep(head),
            SIMPLE_BLOCK | BLOCK => return self.block(head),
            _ => {
                if head.id == REFERENCE_BLOCK {
                    self.candidate = None;
                }
                self.pass(head, 0);
            }
        }
        Some(())
    }

    /// Goes on with what is inside an element.
    fn enter(&mut self, head: Head) {
        let begin = self.position;
        self.take(head.length);
        self.add_candidate();
        let end = head.size.map(|size| self.position.saturating_add(size));
        if head.id == BLOCK_GROUP {
            self.group_end = end.unwrap_or_default();
        } else if head.id == CLUSTER {
            self.first_cluster.get_or_insert(begin);
            let size_at = self.position - u64::from(head.size_width);
            let (content, size_width) = (self.position, head.size_width);
            self.cluster = Cluster { begin, time: 0, size_at, size_width, content, end };
        }
    }

    /// Goes on behind an element of which `read` bytes were taken already.
    fn pass(&mut self, head: Head, read: usize) {
        match head.size {
            Some(size) => {
                let length = size.saturating_add(head.length as u64);
                self.skip = length.saturating_sub(read as u64);
            }
            // Where it ends nobody knows.
            None => self.broken = true,
        }
    }

    /// Reads an element that is needed as a whole.
    fn keep(&mut self, head: Head) -> Option<()> {
        let Some(size) = head.size.filter(|size| *size <= MAX_KEPT_ELEMENT) else {
            self.broken = true;
            return None;
        };
        let length = head.length + size as usize;
        if self.buffer.len() < length {
            return None;
        }
        let element = self.take(length);
        let content = &element[head.length..];
        match head.id {
            TIMESTAMP => self.cluster.time = unsigned(content).min(MAX_TIME),
            // What comes behind the first cluster is not the beginning.
            _ if self.first_cluster.is_some() => {}
            INFO => {
                let children = children(content);
                let scale = children.iter().find(|(id, _)| *id == TIMESTAMP_SCALE);
                self.scale = scale.map(|(_, content)| unsigned(content));
                let kept = children.iter().filter(|(id, _)| *id != DURATION);
                self.info = kept.flat_map(|(id, content)| write(*id, content)).collect();
            }
            TRACKS => {
                self.cue_track = track_to_jump_in(content);
                self.tracks = element;
            }
            _ => self.ebml = element,
        }
        Some(())
    }

    /// Reads the head of a frame (RFC 9559, section 10).
    fn block(&mut self, head: Head) -> Option<()> {
        let needed = head.length + head.size.unwrap_or_default().min(BLOCK_HEADER) as usize;
        if self.buffer.len() < needed {
            return None;
        }
        let frame = &self.buffer[head.length..needed];
        let Some((track, rest)) = read_size(frame).ok().flatten() else {
            self.broken = true;
            return None;
        };
        if let ([high, low, flags, ..], Some(track)) = (&frame[rest as usize..], track) {
            let time = self.cluster.time.saturating_add_signed(i16::from_be_bytes([*high, *low]).into());
            if time > self.times[1] {
                self.times = [self.times[1], time];
            }
            let alone = head.id == BLOCK || flags & KEY_FRAME != 0;
            self.add_candidate();
            if alone && self.cue_track == Some(track) {
                self.candidate = Some(Cue { time, cluster: self.cluster.begin });
            }
        }
        self.pass(head, 0);
        let frame_end = self.position.saturating_add(self.skip);
        // A group is whole or not there.
        self.frame_end = if self.position < self.group_end { self.group_end } else { frame_end };
        Some(())
    }

    fn add_candidate(&mut self) {
        let Some(cue) = self.candidate.take() else { return };
        let spacing = self.spacing.max(MIN_CUE_SPACING / self.tick());
        if self.cues.last().is_some_and(|last| cue.time < last.time.saturating_add(spacing)) {
            return;
        }
        if self.cues.len() == MAX_CUES {
            let mut at = 0;
            self.cues.retain(|_| {
                at += 1;
                at % 2 == 1
            });
            self.spacing = spacing * 2;
        }
        self.cues.push(cue);
    }

    /// What stands in front of the first cluster in the finished file.
    fn beginning(&self, first: u64) -> Vec<u8> {
        let mut info = self.info.clone();
        info.extend(write(DURATION, &(self.ticks() as f64).to_be_bytes()));
        let info = write(INFO, &info);
        // All positions take the same room, so the lengths are known before they are.
        let seek_head = seek_head([0; 3]).len();
        let cues_at = seek_head + info.len() + self.tracks.len();
        let content = cues_at + self.write_cues(first, 0).len();
        let mut beginning = self.ebml.clone();
        beginning.extend(SEGMENT.to_be_bytes());
        beginning.extend(sized(content as u64 + (self.complete - first), 8));
        beginning.extend(self::seek_head([seek_head, seek_head + info.len(), cues_at]));
        beginning.extend(info);
        beginning.extend(&self.tracks);
        beginning.extend(self.write_cues(first, content as u64));
        beginning
    }

    /// `Cues`, if the first cluster stands there in the segment.
    fn write_cues(&self, first: u64, content: u64) -> Vec<u8> {
        let track = write(CUE_TRACK, &self.cue_track.unwrap_or(1).to_be_bytes());
        let cues = self.cues.iter().chain(&self.candidate).filter(|cue| cue.cluster < self.complete);
        let points = cues.flat_map(|cue| {
            let cluster = cue.cluster - first + content;
            let positions = [&track[..], &write(CUE_CLUSTER_POSITION, &cluster.to_be_bytes())].concat();
            let time = write(CUE_TIME, &cue.time.to_be_bytes());
            write(CUE_POINT, &[time, write(CUE_TRACK_POSITIONS, &positions)].concat())
        });
        write(CUES, &points.collect::<Vec<u8>>())
    }
}

/// Where `Info`, `Tracks` and `Cues` begin in the segment.
fn seek_head(positions: [usize; 3]) -> Vec<u8> {
    let seek = |(id, position): (u32, usize)| {
        let position = write(SEEK_POSITION, &(position as u64).to_be_bytes());
        write(SEEK, &[write(SEEK_ID, &id.to_be_bytes()), position].concat())
    };
    let seeks = [INFO, TRACKS, CUES].into_iter().zip(positions).flat_map(seek);
    write(SEEK_HEAD, &seeks.collect::<Vec<u8>>())
}

/// The first track with pictures, or the first if there are none.
fn track_to_jump_in(tracks: &[u8]) -> Option<u64> {
    let number_of = |entry: &[u8], wanted: u32| {
        children(entry).into_iter().find(|(id, _)| *id == wanted).map(|(_, content)| unsigned(content))
    };
    let entries = children(tracks).into_iter().filter(|(id, _)| *id == TRACK_ENTRY);
    let entries: Vec<_> = entries.map(|(_, entry)| entry).collect();
    let video = entries.iter().find(|entry| number_of(entry, TRACK_TYPE) == Some(VIDEO));
    number_of(video.or(entries.first())?, TRACK_NUMBER)
}

/// The elements in the content of one, up to the first that is not whole.
fn children(mut content: &[u8]) -> Vec<(u32, &[u8])> {
    let mut children = Vec::new();
    while let Ok(Some(Head { id, size: Some(size), length, .. })) = read_head(content) {
        let end = usize::try_from(size).ok().and_then(|size| size.checked_add(length));
        let Some(child) = end.and_then(|end| content.get(length..end)) else { break };
        children.push((id, child));
        content = &content[length + child.len()..];
    }
    children
}

/// It is no EBML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Malformed;

/// Reads the head of an element; `None` if more bytes are needed for that.
fn read_head(bytes: &[u8]) -> Result<Option<Head>, Malformed> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let id_width = first.leading_zeros() + 1;
    if id_width > 4 {
        return Err(Malformed);
    }
    let Some((id, rest)) = bytes.split_at_checked(id_width as usize) else { return Ok(None) };
    let Some((size, size_width)) = read_size(rest)? else { return Ok(None) };
    let id = id.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    Ok(Some(Head { id, size, length: (id_width + size_width) as usize, size_width }))
}

/// Reads a number of variable length (RFC 8794, section 4), and how many bytes it takes. The number itself is `None` if all its
/// bits are set: then it is not known.
fn read_size(bytes: &[u8]) -> Result<Option<(Option<u64>, u32)>, Malformed> {
    let Some(first) = bytes.first() else { return Ok(None) };
    let width = first.leading_zeros() + 1;
    if width > 8 {
        return Err(Malformed);
    }
    let Some(bytes) = bytes.get(..width as usize) else { return Ok(None) };
    let all = bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let mask = (1 << (7 * width)) - 1;
    let number = all & mask;
    Ok(Some(((number != mask).then_some(number), width)))
}

/// Writes such a number in so many bytes, of which there must be enough.
fn sized(number: u64, width: u32) -> Vec<u8> {
    let marked = number | 1 << (7 * width);
    marked.to_be_bytes()[8 - width as usize..].to_vec()
}

/// An element with this content.
fn write(id: u32, content: &[u8]) -> Vec<u8> {
    let id = id.to_be_bytes();
    let begin = id.iter().position(|byte| *byte != 0).unwrap_or_default();
    [&id[begin..], &sized(content.len() as u64, 8), content].concat()
}

/// A number without a sign, of at most eight bytes.
fn unsigned(content: &[u8]) -> u64 {
    content.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}
