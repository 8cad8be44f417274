//! Accumulators of one fold: a vector of them while tiles run, memory while single elements run, a tree at the end.
//!
//! Element `i` of the folded axis goes to accumulator `i mod width`. Tiles start at multiples of the width, so lane `k`
//! of a tile belongs to accumulator `k`. The elements after the last whole tile address their accumulator by index, which
//! needs memory unless the index is known; [`Accumulators::spill`] moves the vectors there. The tree merges `k` with `k + width/2` until one is left.

use std::cell::Cell;

use inkwell::values::{IntValue, PointerValue};
use tgc_graph::scalar::{Lane, stored_lane};
use tgc_lower::plan::Fold;

use crate::ir::{Ir, Val};
use crate::memory::{from_memory, lane_memory_type, to_memory};
use crate::scalar::{Parts, build_const, build_program, lane_type};

/// The accumulators of a fold, by part.
pub(crate) struct Accumulators<'p, 'c> {
    fold: &'p Fold,
    width: u32,
    /// One slot for each part of each member of the tuple.
    slots: Vec<Vec<Slot<'c>>>,
}

/// A part: in a slot, or in scratch of `bytes` bytes.
struct Slot<'c> {
    lane: Lane,
    slot: PointerValue<'c>,
    scratch: Cell<Option<PointerValue<'c>>>,
    bytes: u32,
}

impl<'p, 'c> Accumulators<'p, 'c> {
    /// Accumulators without a value yet.
    pub(crate) fn new(ir: &Ir<'_, 'c>, fold: &'p Fold, width: u32) -> Accumulators<'p, 'c> {
        let slot = |lane: Lane| Slot {
            lane,
            slot: ir.slot(lane_type(ir, lane, width)),
            scratch: Cell::new(None),
            bytes: width * lane.bytes() as u32,
        };
        let member =
            |dtype: &tgc_graph::dtype::DType| (0..dtype.parts()).map(|_| slot(stored_lane(*dtype))).collect();
        Accumulators { fold, width, slots: fold.accumulators.iter().map(member).collect() }
    }

    /// Sets every accumulator to the start.
    pub(crate) fn reset(&self, ir: &Ir<'_, 'c>) {
        for (init, member) in self.fold.init.iter().zip(&self.slots) {
            for (bits, slot) in init.iter().zip(member) {
                ir.set(slot.slot, build_const(ir, slot.lane, *bits, self.width));
            }
        }
    }

    /// Folds one tile in, lane by lane.
    pub(crate) fn step(&self, ir: &Ir<'_, 'c>, values: &[Parts<'c>]) {
        let next = step(ir, self.fold, self.width, self.read(ir), values);
        for (parts, member) in next.iter().zip(&self.slots) {
            for (part, slot) in parts.iter().zip(member) {
                ir.set(slot.slot, *part);
            }
        }
    }

    fn read(&self, ir: &Ir<'_, 'c>) -> Vec<Parts<'c>> {
        let read = |slot: &Slot<'c>| ir.get(lane_type(ir, slot.lane, self.width), slot.slot);
        self.slots.iter().map(|member| member.iter().map(read).collect()).collect()
    }

    /// Folds a tile into `width` accumulators from `first` on, lane by lane.
    pub(crate) fn step_some(&self, ir: &Ir<'_, 'c>, first: u32, width: u32, values: &[Parts<'c>]) {
        let all = self.read(ir);
        let lanes: Vec<u32> = (first..first + width).collect();
        let some = |member: &Parts<'c>| member.iter().map(|part| ir.shuffle(*part, *part, &lanes)).collect();
        let next = step(ir, self.fold, width, all.iter().map(some).collect(), values);
        for ((old, new), slots) in all.iter().zip(&next).zip(&self.slots) {
            for ((old, new), slot) in old.iter().zip(new).zip(slots) {
                ir.set(slot.slot, ir.insert(*old, *new, first, width));
            }
        }
    }

    /// Moves the accumulators to memory, for [`Accumulators::step_one`].
    pub(crate) fn spill(&self, ir: &Ir<'_, 'c>) {
        for slot in self.slots.iter().flatten() {
            let memory = ir.take_scratch(slot.bytes);
            let value = ir.get(lane_type(ir, slot.lane, self.width), slot.slot);
            ir.store(to_memory(ir, slot.lane, value, self.width), memory, 16);
            slot.scratch.set(Some(memory));
        }
    }

    /// Folds one element into accumulator `index`, after a spill.
    pub(crate) fn step_one(&self, ir: &Ir<'_, 'c>, index: IntValue<'c>, values: &[Parts<'c>]) {
        let address = |slot: &Slot<'c>| {
            let memory = slot.scratch.get().expect("invariant: the accumulators were spilled");
            ir.element(memory, lane_memory_type(ir, slot.lane, 1), index)
        };
        let read = |slot: &Slot<'c>| {
            let value = ir.load(lane_memory_type(ir, slot.lane, 1), address(slot), slot.lane.bytes());
            from_memory(ir, slot.lane, value)
        };
        let old = self.slots.iter().map(|member| member.iter().map(read).collect()).collect();
        let next = step(ir, self.fold, 1, old, values);
        for (parts, member) in next.iter().zip(&self.slots) {
            for (part, slot) in parts.iter().zip(member) {
                ir.store(to_memory(ir, slot.lane, *part, 1), address(slot), slot.lane.bytes());
            }
        }
    }

    /// Merges the accumulators.
    pub(crate) fn finish(&self, ir: &Ir<'_, 'c>) -> Vec<Parts<'c>> {
        let mut values = self.read(ir);
        let mut width = self.width;
        while width > 1 {
            width /= 2;
            let half = |first: u32| {
                let lanes: Vec<u32> = (first..first + width).collect();
                values
                    .iter()
                    .map(|m| m.iter().map(|p| ir.shuffle(*p, *p, &lanes)).collect())
                    .collect::<Vec<Parts>>()
            };
            let both: Vec<Parts> = half(0).into_iter().chain(half(width)).collect();
            values = build_program(ir, &self.fold.merge, width, &both);
        }
        values
    }

    /// Moves the accumulators back after a spill.
    pub(crate) fn reload(&self, ir: &Ir<'_, 'c>) {
        for slot in self.slots.iter().flatten() {
            let memory = slot.scratch.take().expect("invariant: the accumulators were spilled");
            let value: Val = ir.load(lane_memory_type(ir, slot.lane, self.width), memory, 16);
            ir.set(slot.slot, from_memory(ir, slot.lane, value));
            ir.give_scratch(slot.bytes, memory);
        }
    }
}

/// The accumulators after one step of a fold.
pub(crate) fn step<'c>(
    ir: &Ir<'_, 'c>,
    fold: &Fold,
    width: u32,
    accumulators: Vec<Parts<'c>>,
    values: &[Parts<'c>],
) -> Vec<Parts<'c>> {
    let params: Vec<Parts> = accumulators.into_iter().chain(values.iter().cloned()).collect();
    build_program(ir, &fold.step, width, &params)
}
