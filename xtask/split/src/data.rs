//! Puts data into a part of the program.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use walrus::ir::Value;
use walrus::{ConstExpr, Data, DataKind, MemoryId, Module};

/// A segment of data, with its address.
struct DataSegment {
    index: usize,
    memory: MemoryId,
    address: usize,
    bytes: Vec<u8>,
}

/// Takes these segments out of the first part, by their places. The rest becomes one piece: what lies between them is zero,
/// as memory is before anybody writes to it.
pub(crate) fn remove_segments(module: &mut Module, moved: &BTreeSet<usize>) -> Result<()> {
    let all = take_segments(module)?;
    let rest: Vec<DataSegment> = all.into_iter().filter(|segment| !moved.contains(&segment.index)).collect();
    add_segment(module, &rest)
}

/// Leaves the second part no other segments. It writes them, and the unused bytes between neighbours; all else may have been
/// written to since the first part was started.
pub(crate) fn keep_segments(module: &mut Module, moved: &BTreeSet<usize>) -> Result<()> {
    let all = take_segments(module)?;
    let kept: Vec<DataSegment> = all.into_iter().filter(|segment| moved.contains(&segment.index)).collect();
    kept.chunk_by(|one, next| one.index + 1 == next.index).try_for_each(|run| add_segment(module, run))
}

/// Takes all data out of the module.
fn take_segments(module: &mut Module) -> Result<Vec<DataSegment>> {
    let mut all = Vec::new();
    for (index, id) in crate::ids(module.data.iter(), Data::id).into_iter().enumerate() {
        let data = module.data.get_mut(id);
        let DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(address)) } = data.kind else {
            anyhow::bail!("a segment of data without an address");
        };
        let bytes = std::mem::take(&mut data.value);
        module.memories.get_mut(memory).data_segments.remove(&id);
        module.data.delete(id);
        all.push(DataSegment { index, memory, address: usize::try_from(address.cast_unsigned())?, bytes });
    }
    Ok(all)
}

/// Makes one segment of neighbours, in the order of their addresses.
fn add_segment(module: &mut Module, run: &[DataSegment]) -> Result<()> {
    let Some(DataSegment { memory, address, .. }) = run.first() else { return Ok(()) };
    let mut bytes = Vec::new();
    for next in run {
        let gap = next.address.checked_sub(address + bytes.len()).context("segments of data overlap")?;
        bytes.resize(bytes.len() + gap, 0);
        bytes.extend(&next.bytes);
    }
    let offset = ConstExpr::Value(Value::I32(u32::try_from(*address)?.cast_signed()));
    let id = module.data.add(DataKind::Active { memory: *memory, offset }, bytes);
    module.memories.get_mut(*memory).data_segments.insert(id);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_program::{RelocationTarget, linked_program};

    const PROGRAM: &str = r#"(module
        (memory 1)
        (table 5 funcref)
        (elem (i32.const 1) $ours $theirs $late $named)
        (data (i32.const 16) "both")
        (data (i32.const 24) "them")
        (data (i32.const 32) "list")
        (data (i32.const 40) "\20\00\00\00")
        (data (i32.const 48) "\3c\00\00\00\03\00\00\00")
        (data (i32.const 60) "deep")
        (data (i32.const 64) "\04\00\00\00")
        (data (i32.const 72) "last")
        (func $ours (@name "visavis::ours")
            i32.const 16 drop i32.const 40 drop i32.const 4 drop)
        (func $theirs (@name "<visavis_signaling::foreign::Foreign as Dialect>::handle")
            i32.const 16 drop i32.const 4 i32.load offset=18 drop i32.const 48 drop i32.const 64 drop)
        (func $late (@name "core::ptr::drop_in_place<visavis_signaling::foreign::Foreign>"))
        (func $named (@name "core::fmt") i32.const 72 drop)
        (func (export "main") i32.const 1 call_indirect))"#;
    const NAMES: [&str; 8] = [
        ".rodata.both",
        ".rodata.them",
        ".rodata.list",
        ".rodata.table",
        ".rodata.their_table",
        ".rodata.deep",
        ".data.counter",
        ".rodata.last",
    ];
    const CODE: [RelocationTarget; 6] = [
        RelocationTarget::Segment(0, 0),
        RelocationTarget::Segment(1, -6),
        RelocationTarget::Segment(3, 0),
        RelocationTarget::Segment(4, 0),
        RelocationTarget::Segment(6, 0),
        RelocationTarget::Segment(7, 0),
    ];
    const WORDS: [(usize, usize, RelocationTarget); 3] = [
        (3, 0, RelocationTarget::Segment(2, 0)),
        (4, 0, RelocationTarget::Segment(5, 0)),
        (4, 4, RelocationTarget::Function(2)),
    ];

    /// What a part writes, and where.
    fn segments(part: &[u8]) -> Vec<(i32, Vec<u8>)> {
        let part = crate::parse(part).unwrap();
        let segments = part.data.iter().map(|data| match &data.kind {
            DataKind::Active { offset: ConstExpr::Value(Value::I32(address)), .. } => {
                (*address, data.value.clone())
            }
            DataKind::Active { .. } | DataKind::Passive => panic!("a segment without an address"),
        });
        segments.collect()
    }

    fn names(part: &[u8]) -> Vec<String> {
        let part = crate::parse(part).unwrap();
        part.funcs.iter_local().filter_map(|(id, _)| part.funcs.get(id).name.clone()).collect()
    }

    #[test]
    fn data_moves_with_the_code_that_needs_it() {
        let program = linked_program(PROGRAM, &NAMES, &CODE, &WORDS);
        let [first, _, _, second] = crate::split(&program).unwrap();
        let mut kept = vec![0; 60];
        for (address, text) in
            [(16, b"both"), (32, b"list"), (40, b"\x20\0\0\0"), (64, b"\x04\0\0\0"), (72, b"last")]
        {
            kept[address - 16..][..4].copy_from_slice(text);
        }
        assert_eq!(segments(&first), [(16, kept)]);
        let theirs = b"\x3c\0\0\0\x03\0\0\0\0\0\0\0deep".to_vec();
        assert_eq!(segments(&second), [(24, b"them".to_vec()), (48, theirs)]);
    }

    #[test]
    fn what_only_their_data_names_moves_and_what_a_number_may_name_stays() {
        let program = linked_program(PROGRAM, &NAMES, &CODE, &WORDS);
        let [first, _, _, second] = crate::split(&program).unwrap();
        let late = "core::ptr::drop_in_place<visavis_signaling::foreign::Foreign>".to_owned();
        assert_eq!((names(&first).contains(&late), names(&second).contains(&late)), (false, true));
        assert!(names(&first).contains(&"core::fmt".to_owned()), "4 stands in code");

        // Now the slot of `$late` is named in code as well, and 3 might be that.
        let code = [&CODE[..], &[RelocationTarget::Function(2)]].concat();
        let text = PROGRAM.replace("i32.const 4 drop", "i32.const 4 drop i32.const 3 drop");
        let [first, ..] = crate::split(&linked_program(&text, &NAMES, &code, &WORDS)).unwrap();
        assert!(names(&first).contains(&late));
    }

    #[test]
    fn a_program_that_does_not_fit_its_notes_is_not_divided() {
        assert!(crate::split(&wat::parse_str(PROGRAM).unwrap()).is_err(), "no notes");
        assert!(
            crate::split(&linked_program(PROGRAM, &NAMES[1..], &CODE, &WORDS)).is_err(),
            "a name is missing"
        );
        let wrong = [(3, 0, RelocationTarget::Segment(2, 1))];
        assert!(crate::split(&linked_program(PROGRAM, &NAMES, &CODE, &wrong)).is_err(), "another word");
        let outside = [(3, 2, RelocationTarget::Segment(2, 0))];
        assert!(crate::split(&linked_program(PROGRAM, &NAMES, &CODE, &outside)).is_err(), "past the end");
    }
}
