//! Divides the page's program in two: `visavis-split PROGRAM FIRST SECOND`. And tells whose code it is:
//! `visavis-split --packages PROGRAM`.
//!
//! What only users of other people's signaling servers need is a third of a page that most load without ever using it. It
//! moves into a second wasm that shares memory and function table with the first, and is loaded when a dialect of it is
//! asked for (`src/on_demand.rs` in the page).
//!
//! Which code moves follows from one rule. Methods of a dialect are reached through the function table alone, from
//! `dialects::ALL` and from the methods of objects made by it. So they are taken out of the table; whatever then cannot
//! be reached any more is what nobody else needs. What the rest of the program calls directly can always be
//! reached, and stays: a wrong guess in [`is_on_demand`] makes the first part larger, it does not break it.
//!
//! Data is no different: a text or a table that only moved code can reach moves, and so does what stands in a slot that is
//! named in such a table alone. [`relocations`] tells which numbers are addresses.

mod data;
mod packages;
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

use crate::reach::Program;
use crate::relocations::{Item, Relocations};

/// What the second part calls the one module it imports from: the first.
const FIRST_MODULE: &str = "a";
/// Modules of ours whose methods move.
const ON_DEMAND_PATHS: [&str; 15] = [
    "visavis_signaling::foreign::",
    "visavis_signaling::carriers::",
    "visavis_signaling::dialects::",
    "visavis_app::config::choice::",
    "visavis_app::report::redact::",
    "visavis::probe::",
    "visavis::ui::check::",
    "visavis::ui::choice::",
    "visavis::ui::report::",
    "visavis::ui::safety::",
    "visavis::ui::second_tab::notice::",
    "visavis::ui::server::",
    "visavis::ui::text::explained::",
    "visavis::ui::trace::",
    "visavis::ui::mapping_editor::",
];
/// What stays of them, because the page speaks it by default.
const KEPT_PATHS: [&str; 2] =
    ["visavis_signaling::dialects::visavis::Visavis", "visavis_signaling::dialects::visavis::make"];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, program] = arguments.as_slice()
        && flag == "--packages"
    {
        let bytes = std::fs::read(program).with_context(|| format!("cannot read {program}"))?;
        packages::sizes(&bytes)?.iter().for_each(|(package, bytes)| println!("{bytes} {package}"));
        return Ok(());
    }
    let [program, first, second] = arguments.as_slice() else {
        anyhow::bail!("usage: visavis-split PROGRAM FIRST SECOND, or visavis-split --packages PROGRAM");
    };
    let bytes = std::fs::read(program).with_context(|| format!("cannot read {program}"))?;
    let (one, two) = split(&bytes)?;
    for (path, part) in [(first, one), (second, two)] {
        std::fs::write(Path::new(path), part).with_context(|| format!("cannot write {path}"))?;
    }
    Ok(())
}

/// The two parts of a program.
fn split(program: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let plan = Plan::of(program)?;
    let mut reachable = parse(program)?;
    let moved = remove_on_demand_slots(&mut reachable, &plan)?;
    gc::run(&mut reachable);
    let mut second = parse(program)?;
    data::keep_segments(&mut second, &plan.segments)?;
    let wanted = keep_on_demand_part(&mut second, &reachable, &moved)?;
    // Once more, because the second part may want what nobody in the first does: a function of the browser.
    let mut first = parse(program)?;
    remove_on_demand_slots(&mut first, &plan)?;
    data::remove_segments(&mut first, &plan.segments)?;
    add_exports(&mut first, &wanted);
    gc::run(&mut first);
    Ok((first.emit_wasm(), second.emit_wasm()))
}

/// Reads a program, without the linker's notes: they are not for the parts.
fn parse(program: &[u8]) -> Result<Module> {
    let mut module = ModuleConfig::new().generate_producers_section(false).parse(program)?;
    for section in relocations::LINKER_SECTIONS {
        module.customs.remove_raw(section);
    }
    Ok(module)
}

/// What moves, apart from what can only be reached by way of it.
struct Plan {
    slots: BTreeSet<u32>,
    segments: BTreeSet<usize>,
}

impl Plan {
    fn of(program: &[u8]) -> Result<Self> {
        let relocations = Relocations::read(program)?;
        let mut module = parse(program)?;
        let slots = take_slots(&mut module).into_iter().map(|slot| (slot.index, slot.function)).collect();
        ensure!(module.elements.iter().next().is_none(), "functions whose slots are not known");
        let moving = on_demand_slots(&module, &slots);
        let program = Program { module: &module, relocations: &relocations, slots: &slots };
        let reached = program.reachable(|slot| moving.contains(&slot));
        let moves = |slot: &u32| moving.contains(slot) || !reached.contains(&Item::Slot(*slot));
        let segments = 0..relocations.segments.len();
        Ok(Self {
            slots: slots.keys().copied().filter(moves).collect(),
            segments: segments.filter(|segment| !reached.contains(&Item::Segment(*segment))).collect(),
        })
    }
}

/// Whether a function that stands in the table moves: a method of a type of ours, or a function, in a module that does.
fn is_on_demand(name: &str) -> bool {
    let path = name.trim_start_matches(['<', '&']);
    ON_DEMAND_PATHS.iter().any(|start| path.starts_with(start))
        && !KEPT_PATHS.iter().any(|start| path.starts_with(start))
}

/// A function's slot in the table.
struct Slot {
    table: TableId,
    index: u32,
    function: FunctionId,
}

/// The slots of functions that move by their names.
fn on_demand_slots(module: &Module, slots: &BTreeMap<u32, FunctionId>) -> BTreeSet<u32> {
    let name = |function| module.funcs.get(function).name.as_deref();
    slots
        .iter()
        .filter(|(_, function)| name(**function).is_some_and(is_on_demand))
        .map(|(slot, _)| *slot)
        .collect()
}

/// Takes what moves out of the table. Gives where it was.
///
/// No slot is left null, not even the first, which Rust never fills. The second part gets the table by way of JavaScript,
/// and where JavaScript can reach a table of functions with a null in it, Chromium (156) cannot count objects
/// (`Runtime.queryObjects`, of its developer tools): V8 keeps that null in memory which nobody may read, looks at it all
/// the same, and the tab crashes.
fn remove_on_demand_slots(module: &mut Module, plan: &Plan) -> Result<Vec<Slot>> {
    let slots = take_slots(module).into_iter();
    let (moved, mut stay): (Vec<Slot>, Vec<Slot>) = slots.partition(|slot| plan.slots.contains(&slot.index));
    let table = moved.first().context("nothing to move: have the modules other names?")?.table;
    let function = trap_function(module);
    let taken: BTreeSet<u32> = stay.iter().map(|slot| slot.index).collect();
    let all = 0..u32::try_from(module.tables.get(table).initial)?;
    stay.extend(all.filter(|index| !taken.contains(index)).map(|index| Slot { table, index, function }));
    stay.sort_by_key(|slot| slot.index);
    fill_slots(module, &stay);
    Ok(moved)
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

/// What kinds of things the second part takes from the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ItemKind {
    Function,
    Global,
    Memory,
    Table,
}

/// Keeps what is not in the first part, and imports what it needs from there. Gives that.
fn keep_on_demand_part(
    module: &mut Module,
    first: &Module,
    moved: &[Slot],
) -> Result<Vec<(ItemKind, usize)>> {
    remove_initialization(module);
    import_everything(module, first);
    let slots: Option<Vec<Slot>> = moved.iter().map(|slot| same_slot(module, slot)).collect();
    fill_slots(module, &slots.context("the same program was read differently")?);
    gc::run(module);
    Ok(module.imports.iter().filter_map(|import| imported_item(&import.kind)).collect())
}

/// What has been done when the second part is loaded: memory and table are filled, and the program has started.
fn remove_initialization(module: &mut Module) {
    module.start = None;
    ids(module.exports.iter(), Export::id).into_iter().for_each(|id| module.exports.delete(id));
    ids(module.imports.iter(), Import::id).into_iter().for_each(|id| module.imports.delete(id));
    ids(module.elements.iter(), Element::id).into_iter().for_each(|id| module.elements.delete(id));
    module.tables.iter_mut().for_each(|table| table.elem_segments.clear());
}

/// Ids of one reading of a program mean nothing to another, but their order is the same.
fn same_slot(module: &Module, slot: &Slot) -> Option<Slot> {
    let table = module.tables.iter().map(Table::id).find(|id| id.index() == slot.table.index())?;
    let function = module.funcs.iter().map(Function::id).find(|id| id.index() == slot.function.index())?;
    Some(Slot { table, index: slot.index, function })
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

/// The name under which the first part hands something out. It begins with a digit, which nobody else's does.
fn export_name(kind: ItemKind, index: usize) -> String {
    let kind = match kind {
        ItemKind::Function => "",
        ItemKind::Global => "g",
        ItemKind::Memory => "m",
        ItemKind::Table => "t",
    };
    format!("{index}{kind}")
}

/// Turns everything that the first part has into imports.
fn import_everything(module: &mut Module, first: &Module) {
    let theirs: BTreeSet<usize> = first.funcs.iter().map(|function| function.id().index()).collect();
    for id in ids(module.funcs.iter(), Function::id) {
        let imported = matches!(module.funcs.get(id).kind, FunctionKind::Import(_));
        if imported || theirs.contains(&id.index()) {
            let ty = module.funcs.get(id).ty();
            let import = module.imports.add(FIRST_MODULE, &export_name(ItemKind::Function, id.index()), id);
            module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
        }
    }
    for id in ids(module.globals.iter(), Global::id) {
        let import = module.imports.add(FIRST_MODULE, &export_name(ItemKind::Global, id.index()), id);
        module.globals.get_mut(id).kind = GlobalKind::Import(import);
    }
    for id in ids(module.memories.iter(), Memory::id) {
        let import = module.imports.add(FIRST_MODULE, &export_name(ItemKind::Memory, id.index()), id);
        module.memories.get_mut(id).import = Some(import);
    }
    for id in ids(module.tables.iter(), Table::id) {
        let import = module.imports.add(FIRST_MODULE, &export_name(ItemKind::Table, id.index()), id);
        module.tables.get_mut(id).import = Some(import);
    }
}

/// Exports from the first part what the second wants.
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
    use super::*;
    use crate::test_program::{RelocationTarget, linked_program};

    const PROGRAM: &str = r#"(module
        (import "browser" "log" (func $log))
        (memory 1)
        (global $stack (mut i32) (i32.const 64))
        (table 4 funcref)
        (elem (i32.const 1) $ours $theirs $ours)
        (data (i32.const 0) "text")
        (func $ours (@name "<visavis_signaling::dialects::visavis::Visavis as Dialect>::handle") call $shared)
        (func $theirs (@name "<visavis_signaling::foreign::Foreign as Dialect>::handle") call $shared call $only)
        (func $shared (@name "alloc::alloc") global.get $stack drop)
        (func $only (@name "core::str::trim") call $log i32.const 0 i32.load drop)
        (func (export "main") i32.const 1 call_indirect i32.const 3 call_indirect))"#;

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
    fn what_only_their_dialects_need_moves() {
        let (first, second) = split(&program()).unwrap();
        let (first, second) = (parse(&first).unwrap(), parse(&second).unwrap());
        assert_eq!(
            names(&first),
            ["<visavis_signaling::dialects::visavis::Visavis as Dialect>::handle", "alloc::alloc"]
        );
        assert_eq!(
            names(&second),
            ["<visavis_signaling::foreign::Foreign as Dialect>::handle", "core::str::trim"]
        );
        assert_eq!((first.data.iter().count(), second.data.iter().count()), (0, 1));
    }

    #[test]
    fn no_slot_of_the_table_is_left_with_nothing_in_it() {
        let (first, second) = split(&program()).unwrap();
        let filled = |part: &[u8]| -> Vec<u32> {
            let part = parse(part).unwrap();
            part.elements.iter().flat_map(slots_of).map(|slot| slot.index).collect()
        };
        assert_eq!((filled(&first), filled(&second)), (vec![0, 1, 2, 3], vec![2]));
    }

    #[test]
    fn the_second_part_asks_for_nothing_but_what_the_first_hands_out() {
        let (first, second) = split(&program()).unwrap();
        let (first, second) = (parse(&first).unwrap(), parse(&second).unwrap());
        let handed: Vec<&str> = first.exports.iter().map(|export| export.name.as_str()).collect();
        let wanted: Vec<&str> = second.imports.iter().map(|import| import.name.as_str()).collect();
        assert_eq!(wanted.len(), 4, "two functions, the memory and the table");
        assert!(wanted.iter().all(|name| handed.contains(name)), "{wanted:?} of {handed:?}");
        assert!(second.imports.iter().all(|import| import.module == FIRST_MODULE));
        assert!(second.exports.iter().count() == 0);
    }

    #[test]
    fn what_the_page_speaks_by_default_stays() {
        assert!(is_on_demand("visavis_signaling::dialects::ayame::make"));
        assert!(is_on_demand("<visavis_signaling::carriers::raw::Raw as Carrier>::handle"));
        assert!(!is_on_demand("visavis_signaling::dialects::visavis::make"));
        assert!(!is_on_demand("core::ptr::drop_in_place<visavis_signaling::foreign::Foreign>"));
    }
}
