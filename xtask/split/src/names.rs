//! What the parts call things that they take from each other, and in which order they list them.
//!
//! A part names hundreds of things of another, and no compression helps with names that look like random numbers. So they
//! are counted through, the most called first: what stands in two lists is then said in the same order in both, each name
//! differs little from the one before, and the smallest numbers are those of the functions that are called most.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use walrus::ir::{Call, Visitor, dfs_in_order};
use walrus::{Export, FunctionId, FunctionKind, GlobalKind, Import, ImportId, ImportKind, Module};

use crate::MODULES;

/// Gives everything that parts take from each other a short name, in place of the one that they agree on so far. `parts`
/// are all of them in the order of [`MODULES`], and then the others.
pub(crate) fn shorten(parts: &mut [Module]) {
    parts.iter_mut().for_each(sort_imports);
    for (exporting, module) in MODULES.into_iter().enumerate() {
        let mut numbers = BTreeMap::new();
        for part in &mut parts[exporting + 1..] {
            for import in part.imports.iter_mut().filter(|import| import.module == module) {
                let next = numbers.len();
                let number = *numbers.entry(import.name.clone()).or_insert(next);
                import.name = short_name(number);
            }
        }
        rename_exports(&mut parts[exporting], &numbers);
    }
}

/// Lists what is exported under these names in the order of their numbers, after all others.
fn rename_exports(part: &mut Module, numbers: &BTreeMap<String, usize>) {
    let known = |export: &Export| Some((*numbers.get(&export.name)?, export.id(), export.item));
    let mut found: Vec<_> = part.exports.iter().filter_map(known).collect();
    found.sort_unstable_by_key(|(number, ..)| *number);
    for (number, id, item) in found {
        part.exports.delete(id);
        part.exports.add(&short_name(number), item);
    }
}

/// `000`, `001`, and so on: no shorter names in a larger base compress as well.
fn short_name(number: usize) -> String {
    format!("{number:03}")
}

/// Lists functions that are called often first: their numbers are the shortest.
fn sort_imports(part: &mut Module) {
    let mut calls = Calls::default();
    part.funcs.iter_local().for_each(|(_, body)| dfs_in_order(&mut calls, body, body.entry_block()));
    let mut imports: Vec<Import> = part.imports.iter().cloned().collect();
    imports.sort_by_key(|import| Reverse(calls.of(&import.kind)));
    for import in imports {
        part.imports.delete(import.id());
        let id = part.imports.add(&import.module, &import.name, import.kind.clone());
        set_import(part, &import.kind, id);
    }
}

/// Tells what is imported where it stands now.
fn set_import(part: &mut Module, kind: &ImportKind, id: ImportId) {
    match kind {
        ImportKind::Function(function) => {
            if let FunctionKind::Import(imported) = &mut part.funcs.get_mut(*function).kind {
                imported.import = id;
            }
        }
        ImportKind::Table(table) => part.tables.get_mut(*table).import = Some(id),
        ImportKind::Memory(memory) => part.memories.get_mut(*memory).import = Some(id),
        ImportKind::Global(global) => part.globals.get_mut(*global).kind = GlobalKind::Import(id),
        ImportKind::Tag(_) => {}
    }
}

/// How often each function is called.
#[derive(Default)]
struct Calls(BTreeMap<FunctionId, usize>);

impl Calls {
    fn of(&self, kind: &ImportKind) -> usize {
        match kind {
            ImportKind::Function(function) => self.0.get(function).copied().unwrap_or_default(),
            ImportKind::Table(_) | ImportKind::Memory(_) | ImportKind::Global(_) | ImportKind::Tag(_) => 0,
        }
    }
}

impl Visitor<'_> for Calls {
    fn visit_call(&mut self, call: &Call) {
        *self.0.entry(call.func).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What the tests' parts look like: the first hands out three functions, of which the call takes all and the others one.
    const FIRST: &str = r#"(module
        (memory (export "1m") 1)
        (func (export "main"))
        (func (export "10")) (func (export "11")) (func (export "12")))"#;
    const CALL: &str = r#"(module
        (import "a" "10" (func $rare)) (import "a" "11" (func $often)) (import "a" "1m" (memory 1))
        (func (export "20") call $often call $rare call $often))"#;
    const LATER: &str = r#"(module (import "b" "20" (func $of_call)) (func (export "30") call $of_call))"#;
    const OTHERS: &str = r#"(module
        (import "c" "30" (func $later)) (import "b" "20" (func $of_call)) (import "a" "12" (func $own)) (import "a" "10" (func $rare))
        (func (export "run") call $rare call $own call $rare call $of_call call $later))"#;

    fn imports(part: &Module) -> Vec<(&str, &str)> {
        part.imports.iter().map(|import| (&*import.module, &*import.name)).collect()
    }

    fn exports(part: &Module) -> Vec<&str> {
        part.exports.iter().map(|export| &*export.name).collect()
    }

    #[test]
    fn names_are_counted_through_and_fit_each_other() {
        let mut parts =
            [FIRST, CALL, LATER, OTHERS].map(|text| crate::parse(&wat::parse_str(text).unwrap()).unwrap());
        shorten(&mut parts);
        let parts = parts.map(|mut part| crate::parse(&part.emit_wasm()).unwrap());
        let [first, call, later, others] = &parts;
        assert_eq!(exports(first), ["main", "000", "001", "002", "003"]);
        assert_eq!(imports(call), [("a", "000"), ("a", "001"), ("a", "002")]);
        assert_eq!(exports(call), ["000"]);
        assert_eq!((imports(later), exports(later)), (vec![("b", "000")], vec!["000"]));
        assert_eq!(imports(others), [("a", "001"), ("c", "000"), ("b", "000"), ("a", "003")]);
        assert_eq!(exports(others), ["run"]);
    }
}
