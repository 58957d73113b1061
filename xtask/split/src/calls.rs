//! Calls of functions that will be in a later part: the one who calls has them only as slots of the function table.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use walrus::ir::{Call, CallIndirect, Const, Instr, Value, Visitor, VisitorMut};
use walrus::ir::{dfs_in_order, dfs_pre_order_mut};
use walrus::{Function, FunctionId, FunctionKind, Module, TableId, TypeId};

use crate::Slot;
use crate::parts::Part;

/// Gives every function that whoever calls it from outside of its part is to call through the table a slot, and has it
/// called by way of that.
pub(crate) fn go_through_table(module: &mut Module) -> Result<()> {
    let ids = crate::ids(module.funcs.iter(), Function::id);
    let targets = ids.iter().filter_map(|id| Some((*id, Part::called_through_table(module, *id)?))).collect();
    let mut found = BTreeMap::new();
    for (id, body) in module.funcs.iter_local() {
        let caller = Part::of(module, id);
        let mut called = Called { module, targets: &targets, caller, found: &mut found };
        dfs_in_order(&mut called, body, body.entry_block());
    }
    if found.is_empty() {
        return Ok(());
    }
    let table = module.tables.main_function_table()?.context("a program without a table")?;
    let first_slot = u32::try_from(module.tables.get(table).initial)?;
    let slots = (first_slot..).zip(&found).map(|(slot, (function, ty))| (*function, (slot, *ty))).collect();
    add_slots(module, table, first_slot, found.into_keys().collect())?;
    for id in ids {
        let caller = Part::of(module, id);
        if let FunctionKind::Local(body) = &mut module.funcs.get_mut(id).kind {
            let entry = body.entry_block();
            let mut rewriter = Rewriter { table, slots: &slots, targets: &targets, caller };
            dfs_pre_order_mut(&mut rewriter, body, entry);
        }
    }
    Ok(())
}

/// Functions that others call through the table, and their parts.
type Targets = BTreeMap<FunctionId, Part>;

/// Whether a call is to go through the table.
fn is_through_table(targets: &Targets, caller: Part, called: FunctionId) -> bool {
    targets.get(&called).is_some_and(|part| *part != caller)
}

/// Makes the table larger by these.
fn add_slots(module: &mut Module, table: TableId, first: u32, functions: Vec<FunctionId>) -> Result<()> {
    let size = u64::from(first) + u64::try_from(functions.len())?;
    let found = module.tables.get_mut(table);
    found.initial = size;
    found.maximum = found.maximum.map(|maximum| maximum.max(size));
    let slots: Vec<Slot> =
        (first..).zip(functions).map(|(index, function)| Slot { table, index, function }).collect();
    crate::fill_slots(module, &slots);
    Ok(())
}

/// Collects which functions are called through the table.
struct Called<'a> {
    module: &'a Module,
    targets: &'a Targets,
    caller: Part,
    found: &'a mut BTreeMap<FunctionId, TypeId>,
}

impl Visitor<'_> for Called<'_> {
    fn visit_call(&mut self, call: &Call) {
        if is_through_table(self.targets, self.caller, call.func) {
            self.found.insert(call.func, self.module.funcs.get(call.func).ty());
        }
    }
}

/// Replaces calls.
struct Rewriter<'a> {
    table: TableId,
    slots: &'a BTreeMap<FunctionId, (u32, TypeId)>,
    targets: &'a Targets,
    caller: Part,
}

impl VisitorMut for Rewriter<'_> {
    fn start_instr_seq_mut(&mut self, sequence: &mut walrus::ir::InstrSeq) {
        let before = std::mem::take(&mut sequence.instrs);
        for (instruction, at) in before {
            match self.replacement(&instruction) {
                Some(two) => sequence.instrs.extend(two.map(|new| (new, at))),
                None => sequence.instrs.push((instruction, at)),
            }
        }
    }
}

impl Rewriter<'_> {
    fn replacement(&self, instruction: &Instr) -> Option<[Instr; 2]> {
        let Instr::Call(Call { func }) = instruction else { return None };
        if !is_through_table(self.targets, self.caller, *func) {
            return None;
        }
        let (slot, ty) = *self.slots.get(func)?;
        let index = Const { value: Value::I32(slot.cast_signed()) };
        Some([index.into(), CallIndirect { ty, table: self.table }.into()])
    }
}
