//! Programs with what the linker notes in them, for tests.

#![allow(clippy::unwrap_used)]
use wasmparser::{Parser, Payload};

/// What a word or a number means.
#[derive(Clone, Copy)]
pub(crate) enum RelocationTarget {
    /// A segment, and how far from its beginning.
    Segment(u8, i8),
    /// The slot of a function.
    Function(u8),
}

/// How many functions a program of the tests may have.
const FUNCTIONS: u8 = 8;

/// A program with its notes: the names of its segments, what numbers in its code mean, and which word of which segment
/// (counted in bytes) means what.
pub(crate) fn linked_program(
    text: &str,
    names: &[&str],
    code: &[RelocationTarget],
    words: &[(usize, usize, RelocationTarget)],
) -> Vec<u8> {
    let mut program = wat::parse_str(text).unwrap();
    let starts = starts(&program);
    let segments = u8::try_from(names.len()).unwrap();
    let mut infos = vec![segments];
    names.iter().for_each(|name| infos.extend([&*text_of(name), &[0, 0]].concat()));
    let mut symbols = vec![segments + FUNCTIONS];
    (0..segments).for_each(|index| symbols.extend([1, 0, 0, index, 0, 0]));
    (0..FUNCTIONS).for_each(|index| symbols.extend([0, 0, index, 0]));
    let linking = [&[2, 5][..], &sized(&infos), &[8], &sized(&symbols)].concat();
    custom(&mut program, "linking", &linking);
    let entries: Vec<Vec<u8>> = code.iter().map(|target| entry(*target, segments, [4, 1], 0)).collect();
    custom(&mut program, "reloc.CODE", &relocations(&entries));
    let place = |segment: usize, offset| u8::try_from(starts[segment] + offset).unwrap();
    let word = |(segment, offset, target): &(usize, usize, RelocationTarget)| {
        entry(*target, segments, [5, 2], place(*segment, *offset))
    };
    custom(&mut program, "reloc.DATA", &relocations(&words.iter().map(word).collect::<Vec<_>>()));
    program
}

/// Where the bytes of each segment begin in the section.
fn starts(program: &[u8]) -> Vec<usize> {
    let payloads = Parser::new(0).parse_all(program).map(Result::unwrap);
    let section = payloads.filter_map(|it| if let Payload::DataSection(it) = it { Some(it) } else { None });
    let section = section.last().unwrap();
    let base = section.range().start;
    let segments = section.into_iter().map(Result::unwrap);
    segments.map(|it| usize::try_from(it.range.end - base).unwrap() - it.data.len()).collect()
}

fn entry(target: RelocationTarget, segments: u8, [address, slot]: [u8; 2], place: u8) -> Vec<u8> {
    match target {
        RelocationTarget::Segment(index, addend) => {
            vec![address, place, index, addend.cast_unsigned() & 0x7f]
        }
        RelocationTarget::Function(index) => vec![slot, place, segments + index],
    }
}

fn relocations(entries: &[Vec<u8>]) -> Vec<u8> {
    [&[0, u8::try_from(entries.len()).unwrap()], &*entries.concat()].concat()
}

fn custom(program: &mut Vec<u8>, name: &str, content: &[u8]) {
    program.push(0);
    program.extend(sized(&[&*text_of(name), content].concat()));
}

fn text_of(text: &str) -> Vec<u8> {
    sized(text.as_bytes())
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let low = u8::try_from(length & 0x7f).unwrap() | 0x80;
    [&[low, u8::try_from(length >> 7).unwrap()], bytes].concat()
}
