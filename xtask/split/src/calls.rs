//! Calls of functions that will be in a later part: the one who calls has them only as slots of the function table.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use walrus::ir::{Call, CallIndirect, Const, Instr, Value, Visitor, VisitorMut};
use walrus::ir::{dfs_in_order, dfs_pre_order_mut};
use walrus::{Function, FunctionId, FunctionKind, Module, TableId, TypeId};

use crate::Slot;
use crate::parts::Part;

/// Gives every function of [`Part::Call`] that is called from outside of it a slot, and has it called by way of that.
pub(crate) fn go_through_table(module: &mut Module) -> Result<()> {
    let outside: Vec<FunctionId> =
        crate::ids(module.funcs.iter_local().map(|(id, _)| module.funcs.get(id)), Function::id)
            .into_iter()
            .filter(|id| Part::of(module, *id) != Part::Call)
            .collect();
    let mut called = Called { module, found: BTreeMap::new() };
    for id in &outside {
        if let FunctionKind::Local(body) = &module.funcs.get(*id).kind {
            dfs_in_order(&mut called, body, body.entry_block());
        }
    }
    let found = called.found;
    if found.is_empty() {
        return Ok(());
    }
    let table = module.tables.main_function_table()?.context("a program without a table")?;
    let mut rewriter = Rewriter { table, slots: BTreeMap::new() };
    let first_slot = u32::try_from(module.tables.get(table).initial)?;
    for (slot, (function, ty)) in (first_slot..).zip(&found) {
        rewriter.slots.insert(*function, (slot, *ty));
    }
    add_slots(module, table, first_slot, found.into_keys().collect())?;
    for id in outside {
        if let FunctionKind::Local(body) = &mut module.funcs.get_mut(id).kind {
            let entry = body.entry_block();
            dfs_pre_order_mut(&mut rewriter, body, entry);
        }
    }
    Ok(())
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

/// Collects which functions of the call are called.
struct Called<'a> {
    module: &'a Module,
    found: BTreeMap<FunctionId, TypeId>,
}

impl Visitor<'_> for Called<'_> {
    fn visit_call(&mut self, call: &Call) {
        if Part::of(self.module, call.func) == Part::Call {
            self.found.insert(call.func, self.module.funcs.get(call.func).ty());
        }
    }
}

/// Replaces calls.
struct Rewriter {
    table: TableId,
    slots: BTreeMap<FunctionId, (u32, TypeId)>,
}

impl VisitorMut for Rewriter {
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

impl Rewriter {
    fn replacement(&self, instruction: &Instr) -> Option<[Instr; 2]> {
        let Instr::Call(Call { func }) = instruction else { return None };
        let (slot, ty) = *self.slots.get(func)?;
        let index = Const { value: Value::I32(slot.cast_signed()) };
        Some([index.into(), CallIndirect { ty, table: self.table }.into()])
    }
}
