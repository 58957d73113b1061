//! What of a program can be reached from where.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{
    AtomicNotify, AtomicRmw, AtomicWait, Cmpxchg, Load, LoadSimd, MemArg, Store, Value, Visitor, dfs_in_order,
};
use walrus::{ConstExpr, ExportItem, FunctionId, FunctionKind, GlobalKind, Module};

use crate::relocations::{Item, Relocations};

/// A program, and what its numbers mean.
pub(crate) struct Program<'a> {
    pub(crate) module: &'a Module,
    pub(crate) relocations: &'a Relocations,
    /// What stands in the slots of the function table.
    pub(crate) slots: &'a BTreeMap<u32, FunctionId>,
}

impl Program<'_> {
    /// What is there before anybody comes: what the browser calls, and the data that can be written to, which whoever
    /// writes it must find.
    fn roots(&self) -> Vec<Item> {
        let exported = self.module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(function) => Some(Item::Function(function)),
            ExportItem::Table(_) | ExportItem::Memory(_) | ExportItem::Global(_) | ExportItem::Tag(_) => None,
        });
        let globals = self.module.globals.iter().filter_map(|global| match &global.kind {
            GlobalKind::Local(ConstExpr::Value(Value::I32(number))) => Some(number.cast_unsigned()),
            GlobalKind::Local(_) | GlobalKind::Import(_) => None,
        });
        let writable = self.relocations.segments.iter().enumerate().filter(|(_, segment)| !segment.read_only);
        exported
            .chain(self.module.start.map(Item::Function))
            .chain(globals.flat_map(|number| self.relocations.targets(number)))
            .chain(writable.map(|(index, _)| Item::Segment(index)))
            .collect()
    }

    /// All that can be reached. What stands in the slots that `is_end` says is not; they themselves may be.
    pub(crate) fn reachable(&self, is_end: impl Fn(u32) -> bool) -> BTreeSet<Item> {
        let (mut reached, mut next) = (BTreeSet::new(), self.roots());
        while let Some(item) = next.pop() {
            if reached.insert(item) && !matches!(item, Item::Slot(slot) if is_end(slot)) {
                self.references(item, &mut next);
            }
        }
        reached
    }

    fn references(&self, item: Item, found: &mut Vec<Item>) {
        match item {
            Item::Segment(index) => found.extend(&self.relocations.segments[index].references),
            Item::Slot(slot) => found.extend(self.slots.get(&slot).map(|function| Item::Function(*function))),
            Item::Function(function) => {
                if let FunctionKind::Local(body) = &self.module.funcs.get(function).kind {
                    dfs_in_order(
                        &mut ReferenceCollector { relocations: self.relocations, found },
                        body,
                        body.entry_block(),
                    );
                }
            }
        }
    }
}

/// Collects what a function needs: whom it calls, and what its numbers mean, those included that are added to an address
/// when memory is accessed.
struct ReferenceCollector<'a> {
    relocations: &'a Relocations,
    found: &'a mut Vec<Item>,
}

impl ReferenceCollector<'_> {
    fn offset(&mut self, access: &MemArg) {
        self.found
            .extend(u32::try_from(access.offset).into_iter().flat_map(|it| self.relocations.targets(it)));
    }
}

impl Visitor<'_> for ReferenceCollector<'_> {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.found.push(Item::Function(*function));
    }

    fn visit_value(&mut self, value: &Value) {
        if let Value::I32(number) = value {
            self.found.extend(self.relocations.targets(number.cast_unsigned()));
        }
    }

    fn visit_load(&mut self, access: &Load) {
        self.offset(&access.arg);
    }

    fn visit_store(&mut self, access: &Store) {
        self.offset(&access.arg);
    }

    fn visit_load_simd(&mut self, access: &LoadSimd) {
        self.offset(&access.arg);
    }

    fn visit_atomic_rmw(&mut self, access: &AtomicRmw) {
        self.offset(&access.arg);
    }

    fn visit_cmpxchg(&mut self, access: &Cmpxchg) {
        self.offset(&access.arg);
    }

    fn visit_atomic_notify(&mut self, access: &AtomicNotify) {
        self.offset(&access.arg);
    }

    fn visit_atomic_wait(&mut self, access: &AtomicWait) {
        self.offset(&access.arg);
    }
}
