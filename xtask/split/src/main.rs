//! Divides the page's program: `visavis-split PROGRAM FIRST CALL LATER OTHERS`. And tells whose code it is:
//! `visavis-split --packages PROGRAM`.
//!
//! A page shows its lobby with the first part of the program, begins a call with the second and goes on with the third, and
//! what users of other people's signaling servers need is the last one. Each part is a wasm of its own that shares memory and function table with those before it,
//! and is loaded when something of it is asked for (`src/on_demand.rs` in the page).
//!
//! Which code moves follows from the names of functions ([`parts`]) and from who can reach them. A function can be reached
//! by a call, or by way of the function table. Those of a later part are taken out of the table of an earlier one;
//! whatever then cannot be reached any more is what nobody else needs. Calls of [`Part::Call`], of [`Part::Later`] and of
//! some functions are turned into calls by way of the table first ([`calls`]). Methods of other people's dialects are reached through the table
//! anyway, and what is called directly there stays: a wrong name makes the first part larger, it does not break it.
//!
//! Data is no different: a text or a table that only moved code can reach moves, and so does what stands in a slot that is
//! named in such a table alone. [`relocations`] tells which numbers are addresses.

mod calls;
mod data;
mod names;
mod packages;
mod parts;
mod reach;
mod relocations;
#[cfg(test)]
mod test_program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use walrus::ir::Value;
use walrus::passes::gc;
use walrus::{
    ConstExpr, Element, ElementItems, ElementKind, Export, ExportItem, Function, FunctionBuilder, FunctionId,
    FunctionKind, Global, GlobalKind, Import, ImportKind, ImportedFunction, Memory, Module, ModuleConfig,
    Table, TableId,
};

use crate::parts::Part;
use crate::reach::Program;
use crate::relocations::{Item, Relocations};

/// What a part calls those before it, of which it imports: the first, the call, and what comes once that stands.
const MODULES: [&str; 3] = ["a", "b", "c"];
/// A part of the page that has fewer bytes is none.
const SMALLEST: usize = 5_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, program] = arguments.as_slice()
        && flag == "--packages"
    {
        let bytes = std::fs::read(program).with_context(|| format!("cannot read {program}"))?;
        packages::sizes(&bytes)?.iter().for_each(|(package, bytes)| println!("{bytes} {package}"));
        return Ok(());
    }
    let [program, files @ ..] = arguments.as_slice() else {
        anyhow::bail!(
            "usage: visavis-split PROGRAM FIRST CALL LATER OTHERS, or visavis-split --packages PROGRAM"
        );
    };
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {program}"))?;
    let unknown = Part::unknown_names(&parse(&bytes)?);
    ensure!(
        unknown.is_empty(),
        "the program has none of these any more; rename them in parts.rs: {unknown:?}"
    );
    let parts = split(&bytes)?;
    ensure!(files.len() == parts.len(), "a file for each part");
    ensure!(parts.iter().all(|part| part.len() > SMALLEST), "a part with hardly anything in it");
    for (path, part) in files.iter().zip(parts) {
        std::fs::write(Path::new(path), part).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

/// The parts of a program, in the order in which they are loaded.
fn split(program: &[u8]) -> Result<[Vec<u8>; 4]> {
    let beyond =
        Part::AFTER_FIRST.iter().map(|part| Plan::of(program, *part)).collect::<Result<Vec<Plan>>>()?;
    let functions =
        beyond.iter().map(|moved| remaining_functions(program, moved)).collect::<Result<Vec<_>>>()?;
    let mut wanted: [Wanted; MODULES.len()] = Default::default();
    let mut take = |part: usize| {
        let before = &functions[..=part];
        let owner = |function: usize| before.iter().position(|functions| functions.contains(&function));
        let plan = beyond[part].without(beyond.get(part + 1));
        let exports = wanted.get(part + 1).cloned().unwrap_or_default();
        let (module, wants) = later_part(program, &plan, owner, &exports)?;
        wanted.iter_mut().zip(wants).for_each(|(all, more)| all.extend(more));
        anyhow::Ok(module)
    };
    // Whoever comes last says what it takes from the others.
    let (others, later, call) = (take(2)?, take(1)?, take(0)?);
    let mut first = parse(program)?;
    remove_slots(&mut first, &beyond[0].slots)?;
    data::remove_segments(&mut first, &beyond[0].segments)?;
    add_exports(&mut first, &wanted[0]);
    gc::run(&mut first);
    let mut parts = [first, call, later, others];
    names::shorten(&mut parts);
    Ok(parts.map(|mut part| part.emit_wasm()))
}

/// The functions that are left, by their numbers, once this has moved.
fn remaining_functions(program: &[u8], moved: &Plan) -> Result<BTreeSet<usize>> {
    let mut module = parse(program)?;
    remove_slots(&mut module, &moved.slots)?;
    gc::run(&mut module);
    Ok(module.funcs.iter().map(|function| function.id().index()).collect())
}

/// What a part takes from one before it.
type Wanted = Vec<(ItemKind, usize)>;

/// A part that is loaded after others: what it consists of, and what it takes from each of them. `owner` says which of them
/// has a function; it hands out `exports` itself.
fn later_part(
    program: &[u8],
    plan: &Plan,
    owner: impl Fn(usize) -> Option<usize>,
    exports: &[(ItemKind, usize)],
) -> Result<(Module, [Wanted; MODULES.len()])> {
    let mut module = parse(program)?;
    let slots = take_slots(&mut module).into_iter().filter(|slot| plan.slots.contains(&slot.index));
    let slots: Vec<Slot> = slots.collect();
    data::keep_segments(&mut module, &plan.segments)?;
    remove_initialization(&mut module);
    import_everything(&mut module, owner);
    fill_slots(&mut module, &slots);
    add_exports(&mut module, exports);
    gc::run(&mut module);
    let wanted = MODULES.map(|name| {
        let theirs = module.imports.iter().filter(|import| import.module == name);
        theirs.filter_map(|import| imported_item(&import.kind)).collect()
    });
    Ok((module, wanted))
}

/// Reads a program, without the linker's notes: they are not for the parts. Ids of one reading are those of every other.
fn parse(program: &[u8]) -> Result<Module> {
    let mut module = ModuleConfig::new().generate_producers_section(false).parse(program)?;
    for section in relocations::LINKER_SECTIONS {
        module.customs.remove_raw(section);
    }
    calls::go_through_table(&mut module)?;
    Ok(module)
}

/// What moves, apart from what can only be reached by way of it.
struct Plan {
    slots: BTreeSet<u32>,
    segments: BTreeSet<usize>,
}

impl Plan {
    /// What is in this part or a later one.
    fn of(program: &[u8], part: Part) -> Result<Self> {
        let relocations = Relocations::read(program)?;
        let mut module = parse(program)?;
        let slots = take_slots(&mut module).into_iter().map(|slot| (slot.index, slot.function)).collect();
        ensure!(module.elements.iter().next().is_none(), "functions whose slots are not known");
        let moving = slots_from(&module, &slots, part);
        let program = Program { module: &module, relocations: &relocations, slots: &slots };
        let reached = program.reachable(|slot| moving.contains(&slot));
        let moves = |slot: &u32| moving.contains(slot) || !reached.contains(&Item::Slot(*slot));
        let segments = 0..relocations.segments.len();
        Ok(Self {
            slots: slots.keys().copied().filter(moves).collect(),
            segments: segments.filter(|segment| !reached.contains(&Item::Segment(*segment))).collect(),
        })
    }

    /// What is not in an even later part.
    fn without(&self, later: Option<&Self>) -> Self {
        let Self { slots, segments } = self;
        match later {
            Some(later) => Self { slots: slots - &later.slots, segments: segments - &later.segments },
            None => Self { slots: slots.clone(), segments: segments.clone() },
        }
    }
}

/// A function's slot in the table.
struct Slot {
    table: TableId,
    index: u32,
    function: FunctionId,
}

/// The slots of functions whose names put them into this part or a later one.
fn slots_from(module: &Module, slots: &BTreeMap<u32, FunctionId>, part: Part) -> BTreeSet<u32> {
    let moves = |function: &FunctionId| Part::of(module, *function) >= part;
    slots.iter().filter(|(_, function)| moves(function)).map(|(slot, _)| *slot).collect()
}

/// Takes what moves out of the table.
///
/// No slot is left null, not even the first, which Rust never fills. The later parts get the table by way of JavaScript,
/// and where JavaScript can reach a table of functions with a null in it, Chromium (156) cannot count objects
/// (`Runtime.queryObjects`, of its developer tools): V8 keeps that null in memory which nobody may read, looks at it all
/// the same, and the tab crashes.
fn remove_slots(module: &mut Module, moved: &BTreeSet<u32>) -> Result<()> {
    let mut stay = take_slots(module);
    let table = stay.first().context("a program without a table")?.table;
    stay.retain(|slot| !moved.contains(&slot.index));
    let function = trap_function(module);
    let taken: BTreeSet<u32> = stay.iter().map(|slot| slot.index).collect();
    let all = 0..u32::try_from(module.tables.get(table).initial)?;
    stay.extend(all.filter(|index| !taken.contains(index)).map(|index| Slot { table, index, function }));
    stay.sort_by_key(|slot| slot.index);
    fill_slots(module, &stay);
    Ok(())
}

/// What stands in for a function that is not there: whoever calls it too early is stopped, as a null would stop them.
fn trap_function(module: &mut Module) -> FunctionId {
    let mut function = FunctionBuilder::new(&mut module.types, &[], &[]);
    function.func_body().unreachable();
    function.finish(Vec::new(), &mut module.funcs)
}

/// Takes all functions out of the table.
fn take_slots(module: &mut Module) -> Vec<Slot> {
    let mut all = Vec::new();
    for id in ids(module.elements.iter(), Element::id) {
        let slots = slots_of(module.elements.get(id));
        if let Some(slot) = slots.first() {
            module.tables.get_mut(slot.table).elem_segments.remove(&id);
            module.elements.delete(id);
        }
        all.extend(slots);
    }
    all
}

/// What a segment puts into the table. There is another kind of segment, which Rust does not make.
fn slots_of(element: &Element) -> Vec<Slot> {
    let ElementKind::Active { table, offset: ConstExpr::Value(Value::I32(offset)) } = element.kind else {
        return Vec::new();
    };
    let ElementItems::Functions(functions) = &element.items else { return Vec::new() };
    (offset.cast_unsigned()..)
        .zip(functions)
        .map(|(index, function)| Slot { table, index, function: *function })
        .collect()
}

fn ids<T, I>(items: impl Iterator<Item = T>, id: fn(T) -> I) -> Vec<I> {
    items.map(id).collect()
}

/// Puts functions into the table, with one segment for each run of neighbours.
fn fill_slots(module: &mut Module, slots: &[Slot]) {
    for run in slots.chunk_by(|one, next| one.index + 1 == next.index) {
        let Some(Slot { table, index, .. }) = run.first() else { continue };
        let kind =
            ElementKind::Active { table: *table, offset: ConstExpr::Value(Value::I32(index.cast_signed())) };
        let functions = run.iter().map(|slot| slot.function).collect();
        let id = module.elements.add(kind, ElementItems::Functions(functions));
        module.tables.get_mut(*table).elem_segments.insert(id);
    }
}

/// What kinds of things a part takes from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ItemKind {
    Function,
    Global,
    Memory,
    Table,
}

/// What has been done when a later part is loaded: memory and table are filled, and the program has started.
fn remove_initialization(module: &mut Module) {
    module.start = None;
    ids(module.exports.iter(), Export::id).into_iter().for_each(|id| module.exports.delete(id));
    ids(module.imports.iter(), Import::id).into_iter().for_each(|id| module.imports.delete(id));
    ids(module.elements.iter(), Element::id).into_iter().for_each(|id| module.elements.delete(id));
    module.tables.iter_mut().for_each(|table| table.elem_segments.clear());
}

fn imported_item(kind: &ImportKind) -> Option<(ItemKind, usize)> {
    Some(match kind {
        ImportKind::Function(id) => (ItemKind::Function, id.index()),
        ImportKind::Global(id) => (ItemKind::Global, id.index()),
        ImportKind::Memory(id) => (ItemKind::Memory, id.index()),
        ImportKind::Table(id) => (ItemKind::Table, id.index()),
        ImportKind::Tag(_) => return None,
    })
}

/// The name under which a part hands something out, before it gets a shorter one ([`names`]). It begins with a digit, which
/// nobody else's does.
fn export_name(kind: ItemKind, index: usize) -> String {
    let kind = match kind {
        ItemKind::Function => "",
        ItemKind::Global => "g",
        ItemKind::Memory => "m",
        ItemKind::Table => "t",
    };
    format!("{index}{kind}")
}

/// Turns everything that other parts have into imports: memory, table and globals are the first one's.
fn import_everything(module: &mut Module, owner: impl Fn(usize) -> Option<usize>) {
    let [first, ..] = MODULES;
    for id in ids(module.funcs.iter(), Function::id) {
        let imported = matches!(module.funcs.get(id).kind, FunctionKind::Import(_)).then_some(0);
        if let Some(owner) = imported.or_else(|| owner(id.index())) {
            let ty = module.funcs.get(id).ty();
            let name = export_name(ItemKind::Function, id.index());
            let import = module.imports.add(MODULES[owner], &name, id);
            module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
        }
    }
    for id in ids(module.globals.iter(), Global::id) {
        let import = module.imports.add(first, &export_name(ItemKind::Global, id.index()), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    for id in ids(module.memories.iter(), Memory::id) {
        let import = module.imports.add(first, &export_name(ItemKind::Memory, id.index()), id);
        module.memories.get_mut(id).import = Some(import);
    }
    for id in ids(module.tables.iter(), Table::id) {
        let import = module.imports.add(first, &export_name(ItemKind::Table, id.index()), id);
        module.tables.get_mut(id).import = Some(import);
    }
}

/// Exports what later parts want.
fn add_exports(module: &mut Module, wanted: &[(ItemKind, usize)]) {
    let functions = module
        .funcs
        .iter()
        .map(|item| (ItemKind::Function, item.id().index(), ExportItem::Function(item.id())));
    let globals = module
        .globals
        .iter()
        .map(|item| (ItemKind::Global, item.id().index(), ExportItem::Global(item.id())));
    let memories = module
        .memories
        .iter()
        .map(|item| (ItemKind::Memory, item.id().index(), ExportItem::Memory(item.id())));
    let tables =
        module.tables.iter().map(|item| (ItemKind::Table, item.id().index(), ExportItem::Table(item.id())));
    let all: Vec<_> = functions.chain(globals).chain(memories).chain(tables).collect();
    for (kind, index, item) in all {
        if wanted.contains(&(kind, index)) {
            module.exports.add(&export_name(kind, index), item);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use walrus::ir::{CallIndirect, Visitor, dfs_in_order};

    use super::*;
    use crate::test_program::{RelocationTarget, linked_program};

    const PROGRAM: &str = r#"(module
        (import "browser" "log" (func $log))
        (memory 1)
        (global $stack (mut i32) (i32.const 64))
        (table 4 funcref)
        (elem (i32.const 1) $ours $theirs $ours)
        (data (i32.const 0) "text")
        (func $ours (@name "<visavis::ui::lobby::Lobby as Shown>::show") call $shared)
        (func $theirs (@name "<visavis_signaling::foreign::Foreign as Dialect>::handle") call $shared call $only)
        (func $shared (@name "alloc::alloc") global.get $stack drop)
        (func $call (@name "visavis_core::room::handle") (param i32) (result i32) local.get 0 call $shared call $late)
        (func $late (@name "core::mem::swap") call $shared call $stats call $traced)
        (func $traced (@name "visavis_core::trace::describe_inbound"))
        (func $stats (@name "visavis::rtc::connection::stats::emit") call $sum)
        (func $sum (@name "core::iter::sum") call $shared)
        (func $only (@name "core::str::trim") call $log i32.const 0 i32.load drop)
        (func (export "main") i32.const 1 call_indirect i32.const 3 call_indirect i32.const 7 call $call drop))"#;

    fn program() -> Vec<u8> {
        linked_program(PROGRAM, &[".rodata.text"], &[RelocationTarget::Segment(0, 0)], &[])
    }

    fn names(module: &Module) -> Vec<&str> {
        let local = module.funcs.iter_local().filter_map(|(id, _)| module.funcs.get(id).name.as_deref());
        let mut names: Vec<&str> = local.collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn each_part_has_what_no_earlier_one_needs() {
        let parts = split(&program()).unwrap().map(|part| parse(&part).unwrap());
        let [first, call, later, others] = parts.each_ref().map(names);
        assert_eq!(first, ["<visavis::ui::lobby::Lobby as Shown>::show", "alloc::alloc"]);
        assert_eq!(call, ["core::mem::swap", "visavis_core::room::handle"]);
        assert_eq!(later, ["core::iter::sum", "visavis::rtc::connection::stats::emit"]);
        let theirs = "<visavis_signaling::foreign::Foreign as Dialect>::handle";
        assert_eq!(others, [theirs, "core::str::trim", "visavis_core::trace::describe_inbound"]);
        assert_eq!(parts.map(|part| part.data.iter().count()), [0, 0, 0, 1]);
    }

    #[derive(Default)]
    struct IndirectCalls(usize);

    impl Visitor<'_> for IndirectCalls {
        fn visit_call_indirect(&mut self, _: &CallIndirect) {
            self.0 += 1;
        }
    }

    #[test]
    fn a_call_is_called_through_the_table_from_outside_alone() {
        let counts = split(&program()).unwrap().map(|part| {
            let (part, mut calls) = (parse(&part).unwrap(), IndirectCalls::default());
            part.funcs.iter_local().for_each(|(_, body)| dfs_in_order(&mut calls, body, body.entry_block()));
            calls.0
        });
        assert_eq!(counts, [3, 2, 0, 0], "two of the program itself");
    }

    #[test]
    fn no_slot_of_the_table_is_left_with_nothing_in_it() {
        let filled = split(&program()).unwrap().map(|part| -> Vec<u32> {
            let part = parse(&part).unwrap();
            part.elements.iter().flat_map(slots_of).map(|slot| slot.index).collect()
        });
        assert_eq!(filled, [vec![0, 1, 2, 3, 4, 5, 6], vec![4], vec![6], vec![2, 5]]);
    }

    #[test]
    fn no_part_asks_for_anything_but_what_another_hands_out() {
        let parts = split(&program()).unwrap().map(|part| parse(&part).unwrap());
        for later in &parts[1..] {
            assert!(later.imports.iter().count() > 0);
            for import in later.imports.iter() {
                let from = MODULES.iter().position(|name| *name == import.module).unwrap();
                let handed = parts[from].exports.iter().any(|export| export.name == import.name);
                assert!(handed, "{} of {}", import.name, import.module);
            }
        }
        assert_eq!(parts[3].exports.iter().count(), 0);
    }
}
