use super::*;

/// An element that does not say how long it is.
fn open_ended(id: u32) -> Vec<u8> {
    [&id.to_be_bytes()[..], &[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat()
}

fn track(number: u8, kind: u8) -> Vec<u8> {
    write(TRACK_ENTRY, &[write(TRACK_NUMBER, &[number]), write(TRACK_TYPE, &[kind])].concat())
}

/// What stands in front of the first cluster: sound in track 1, pictures in track 2.
fn head() -> Vec<u8> {
    let info = [write(TIMESTAMP_SCALE, &[0x0f, 0x42, 0x40]), write(0x4D80, b"muxer")].concat();
    let tracks = [track(1, 2), track(2, 1)].concat();
    [write(EBML, b"version"), open_ended(SEGMENT), write(INFO, &info), write(TRACKS, &tracks)].concat()
}

fn frame(track: u8, time: i16, key: bool) -> Vec<u8> {
    let time = time.to_be_bytes();
    let flags = if key { KEY_FRAME } else { 0 };
    write(SIMPLE_BLOCK, &[&[0x80 | track, time[0], time[1], flags][..], &[7; 40]].concat())
}

fn cluster_content(time: u64) -> Vec<u8> {
    let frames = [frame(2, 0, true), frame(1, 5, true), frame(2, 40, false), frame(1, 45, true)];
    [write(TIMESTAMP, &time.to_be_bytes()), frames.concat()].concat()
}

fn open_cluster(time: u64) -> Vec<u8> {
    [open_ended(CLUSTER), cluster_content(time)].concat()
}

fn recorded() -> Vec<u8> {
    [head(), open_cluster(0), open_cluster(1000), open_cluster(2000)].concat()
}

fn index_of(file: &[u8]) -> WebmIndex {
    let mut index = WebmIndex::default();
    index.push(file);
    index
}

/// The finished file, if it is one.
fn finished(file: &[u8]) -> Option<Vec<u8>> {
    let written = |piece| match piece {
        Piece::Bytes(bytes) => bytes,
        Piece::Recorded(begin, end) => file[begin as usize..end as usize].to_vec(),
    };
    Some(index_of(file).finish()?.into_iter().flat_map(written).collect())
}

/// The elements in the segment of a finished file, with where they begin in it.
fn segment(file: &[u8]) -> Vec<(usize, u32, &[u8])> {
    let all = children(file);
    assert_eq!(all.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [EBML, SEGMENT]);
    let (mut rest, mut at, mut found) = (all[1].1, 0, Vec::new());
    while let Some(head) = read_head(rest).unwrap() {
        // A cluster that does not say where it ends is followed by the next.
        let next = || rest[4..].windows(4).position(|id| id == CLUSTER.to_be_bytes()).map(|at| at + 4);
        let length = match head.size {
            Some(size) => head.length + size as usize,
            None => next().unwrap_or(rest.len()),
        };
        found.push((at, head.id, &rest[head.length..length]));
        at += length;
        rest = &rest[length..];
    }
    found
}

fn number(content: &[u8], path: &[u32]) -> Option<u64> {
    let [id, path @ ..] = path else { return Some(unsigned(content)) };
    children(content).into_iter().find(|(child, _)| child == id).and_then(|(_, child)| number(child, path))
}

/// When one can jump where.
fn cues(segment: &[(usize, u32, &[u8])]) -> Vec<(u64, u64)> {
    let (_, _, cues) = segment.iter().find(|(_, id, _)| *id == CUES).unwrap();
    let cue = |(_, point): (u32, &[u8])| {
        assert_eq!(number(point, &[CUE_TRACK_POSITIONS, CUE_TRACK]), Some(2));
        let position = number(point, &[CUE_TRACK_POSITIONS, CUE_CLUSTER_POSITION]);
        (number(point, &[CUE_TIME]).unwrap(), position.unwrap())
    };
    children(cues).into_iter().map(cue).collect()
}

fn duration(segment: &[(usize, u32, &[u8])]) -> f64 {
    let (_, _, info) = segment.iter().find(|(_, id, _)| *id == INFO).unwrap();
    let bits = number(info, &[DURATION]).unwrap();
    f64::from_bits(bits)
}

#[test]
fn a_finished_file_tells_its_duration_and_where_its_key_frames_are() {
    let whole = finished(&recorded()).unwrap();
    let segment = segment(&whole);
    let ids: Vec<_> = segment.iter().map(|(_, id, _)| *id).collect();
    assert_eq!(ids, [SEEK_HEAD, INFO, TRACKS, CUES, CLUSTER, CLUSTER, CLUSTER]);
    // The last frame begins at 2045, and is shown as long as the one before.
    assert!((duration(&segment) - 2050.0).abs() < f64::EPSILON, "{}", duration(&segment));
    let clusters: Vec<_> =
        segment.iter().filter(|(_, id, _)| *id == CLUSTER).map(|(at, ..)| *at as u64).collect();
    assert_eq!(cues(&segment), [(0, clusters[0]), (1000, clusters[1]), (2000, clusters[2])]);
    let (_, _, seek_head) = segment[0];
    let sought: Vec<_> = children(seek_head)
        .into_iter()
        .map(|(_, seek)| (number(seek, &[SEEK_ID]).unwrap(), number(seek, &[SEEK_POSITION]).unwrap()))
        .collect();
    let stand = segment[1..4].iter().map(|(at, id, _)| (u64::from(*id), *at as u64)).collect::<Vec<_>>();
    assert_eq!(sought, stand);
    let (_, _, info) = segment[1];
    assert_eq!(number(info, &[TIMESTAMP_SCALE]), Some(1_000_000));
    assert!(children(info).contains(&(0x4D80, &b"muxer"[..])));
}

#[test]
fn a_file_may_come_in_pieces_of_any_size() {
    let file = recorded();
    let whole = index_of(&file).finish();
    for length in [1, 2, 3, 7, 64, 1000] {
        let mut index = WebmIndex::default();
        file.chunks(length).for_each(|piece| index.push(piece));
        assert_eq!(index.finish(), whole, "{length}");
        assert_eq!(index.duration(), 2050);
    }
}

/// A crash may cut a file anywhere: whatever frames are whole can be played.
#[test]
fn what_is_cut_off_ends_with_the_last_whole_frame() {
    let sized = [head(), write(CLUSTER, &cluster_content(0)), write(CLUSTER, &cluster_content(900))].concat();
    for file in [recorded(), sized] {
        let mut frames = Vec::new();
        for end in head().len()..file.len() {
            let Some(whole) = finished(&file[..end]) else { continue };
            let segment = segment(&whole);
            let clusters = segment.iter().filter(|(_, id, _)| *id == CLUSTER);
            let contents: Vec<_> = clusters.flat_map(|(_, _, content)| children(content)).collect();
            assert_eq!(contents.last().unwrap().0, SIMPLE_BLOCK, "{end}");
            let all: usize = contents.iter().map(|(id, content)| write(*id, content).len()).sum();
            let total: usize =
                segment.iter().filter(|(_, id, _)| *id == CLUSTER).map(|(.., all)| all.len()).sum();
            assert_eq!(all, total, "no half of an element is left at {end}");
            frames.push(contents.iter().filter(|(id, _)| *id == SIMPLE_BLOCK).count());
        }
        assert!(frames.is_sorted());
        assert!(frames.len() > 100, "{}", frames.len());
    }
}

#[test]
fn a_frame_in_a_group_is_a_place_to_jump_to_unless_it_refers_to_another() {
    let block = |time: i16, refers: bool| {
        let time = time.to_be_bytes();
        let block = write(BLOCK, &[&[0x82, time[0], time[1], 0][..], &[7; 40]].concat());
        let reference = if refers { write(REFERENCE_BLOCK, &[0xd8]) } else { write(0x9B, &[40]) };
        write(BLOCK_GROUP, &[block, reference].concat())
    };
    let frames = [block(0, false), block(1000, true), block(2000, false)].concat();
    let cluster = [open_ended(CLUSTER), write(TIMESTAMP, &[0]), frames].concat();
    let file = [head(), cluster].concat();
    let whole = finished(&file).unwrap();
    let times: Vec<_> = cues(&segment(&whole)).into_iter().map(|(time, _)| time).collect();
    assert_eq!(times, [0, 2000]);
    // A group is there as a whole, or not at all.
    let cut = index_of(&file[..file.len() - 1]).finish().unwrap();
    let end = (file.len() - block(0, false).len()) as u64;
    assert_eq!(cut.last(), Some(&Piece::Recorded(head().len() as u64, end)));
}

#[test]
fn what_is_kept_has_a_bound() {
    let mut index = index_of(&head());
    let mut second = 0;
    while second < 40_000 {
        index.push(&open_cluster(second * 1000));
        second += 1;
    }
    assert!(index.cues.len() <= MAX_CUES, "{}", index.cues.len());
    assert!(index.cues.len() > MAX_CUES / 4, "{}", index.cues.len());
    assert!(index.cues.is_sorted_by(|one, other| one.time < other.time));
    // An element without an end, or with a promise of gigabytes, is not waited for in memory.
    index.push(&[&[0xEC][..], &sized(1 << 40, 8)].concat());
    index.push(&[0; 100_000]);
    assert!(index.buffer.len() < 100, "{}", index.buffer.len());
    let mut index = index_of(&[&TRACKS.to_be_bytes()[..], &sized(1 << 40, 8)].concat());
    index.push(&[0; 100_000]);
    assert_eq!((index.buffer.len(), index.broken), (0, true));
}

#[test]
fn what_is_no_webm_file_is_left_alone() {
    for file in [&b""[..], b"\0\0\0\x18ftypmp42", b"\x1a\x45\xdf\xa3", &head(), &[0xff; 99], &[0x01; 99]] {
        assert_eq!(finished(file), None, "{file:x?}");
    }
    assert_eq!(finished(&open_cluster(0)), None, "without tracks");
}

/// Whatever bytes there are, nothing overflows, and what comes out is inside of what went in.
#[test]
fn nonsense_harms_nothing() {
    let file = recorded();
    let mut random = 7_u64;
    let mut next = move |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % bound
    };
    for _ in 0..20_000 {
        let mut hostile = file.clone();
        for _ in 0..=next(4) {
            let at = next(hostile.len());
            hostile[at] = [0, 0xff, 0x01, 0x80, 0x1f, 0xa3][next(6)];
        }
        let index = index_of(&hostile);
        assert!(index.buffer.len() <= hostile.len());
        let _ = index.duration();
        for piece in index.finish().into_iter().flatten() {
            if let Piece::Recorded(begin, end) = piece {
                assert!(begin <= end, "{begin} {end}");
                assert!(end <= hostile.len() as u64, "{end}");
            }
        }
    }
}
