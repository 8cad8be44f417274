//! Accumulators of one reduction: a vector of them while tiles run, memory while single elements run, a tree
//! at the end.
//!
//! Element `i` of the reduced axis goes to accumulator `i mod width`. Tiles start at multiples of the width,
//! so lane `k` of a tile belongs to accumulator `k`; where whole tiles are prereduced first, that holds of
//! what is left of them. The elements after the last whole tile address their accumulator by index, which
//! needs memory unless the index is known; [`Accumulators::spill`] moves the vectors there. The tree merges
//! `k` with `k + width/2` until one is left.

use std::cell::Cell;

use inkwell::IntPredicate;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{InstructionOpcode as Op, IntValue, PointerValue};
use tgc_plan::{Prereduction, Reducer};
use tgc_scalar::{Inst, Program, ScalarType, Value, stored_scalar};

use crate::ir::{Ir, Val, basic, int_of_bits};
use crate::memory::{from_memory, scalar_memory_type, to_memory};
use crate::scalar::{Parts, build_const, build_program, scalar_type};

/// The accumulators of a reduction, by part.
pub(crate) struct Accumulators<'p, 'c> {
    reducer: &'p Reducer,
    prereduction: Option<&'p Prereduction>,
    width: u32,
    /// One slot for each part of each member of the tuple.
    slots: Vec<Vec<Slot<'c>>>,
}

/// A part: in a slot, or in scratch of `bytes` bytes.
struct Slot<'c> {
    scalar: ScalarType,
    held: Held<'c>,
    slot: PointerValue<'c>,
    scratch: Cell<Option<PointerValue<'c>>>,
    bytes: u32,
}

/// How a part is held between basic blocks. LLVM keeps vectors of single bits from one to the next in a
/// register for each lane.
#[derive(Clone, Copy, PartialEq)]
enum Held<'c> {
    /// As it is, in registers.
    AsIs,
    /// Truth values of what was compared: integers as wide, of all ones or zeros, in registers.
    Masks(BasicTypeEnum<'c>),
    /// Truth values from memory: in scratch, as bytes. LLVM makes single bits of bytes in registers.
    InScratch,
}

impl<'c> Slot<'c> {
    fn new(ir: &Ir<'_, 'c>, scalar: ScalarType, width: u32, mask_bits: Option<u32>) -> Slot<'c> {
        let bytes = width * scalar.bytes() as u32;
        let held = match mask_bits {
            _ if scalar != ScalarType::Bool || width == 1 => Held::AsIs,
            Some(bits) => Held::Masks(ir.widen(basic(int_of_bits(ir.context(), bits)), width)),
            None => Held::InScratch,
        };
        let slot = match held {
            Held::AsIs => ir.slot(scalar_type(ir, scalar, width)),
            Held::Masks(ty) => ir.slot(ty),
            Held::InScratch => ir.take_scratch(bytes),
        };
        let scratch = Cell::new((held == Held::InScratch).then_some(slot));
        Slot { scalar, held, slot, scratch, bytes }
    }

    fn set(&self, ir: &Ir<'_, 'c>, value: Val<'c>, width: u32) {
        match self.held {
            Held::AsIs => ir.set(self.slot, value),
            Held::Masks(ty) => ir.set(self.slot, ir.cast(Op::SExt, value, ty)),
            Held::InScratch => ir.store(to_memory(ir, self.scalar, value, width), self.slot, 16),
        }
    }

    fn get(&self, ir: &Ir<'_, 'c>, width: u32) -> Val<'c> {
        match self.held {
            Held::AsIs => ir.get(scalar_type(ir, self.scalar, width), self.slot),
            Held::Masks(ty) => ir.compare(IntPredicate::SLT, ir.get(ty, self.slot), ty.const_zero()),
            Held::InScratch => {
                let value = ir.load(scalar_memory_type(ir, self.scalar, width), self.slot, 16);
                from_memory(ir, self.scalar, value)
            }
        }
    }

    /// Whether it lies in scratch all the time.
    fn stays(&self) -> bool {
        self.held == Held::InScratch
    }
}

/// The bits of what the truth values among the results of a program compare; `None` if they compare nothing
/// wide.
pub(crate) fn mask_bits(program: &Program, results: &[usize]) -> Option<u32> {
    let is_bool = |value: &Value| program.scalar_type(*value) == ScalarType::Bool;
    let mut parts = results.iter().flat_map(|result| program.results[*result].parts()).copied();
    let mut value = parts.find(is_bool);
    while let Some(at) = value {
        let inst = &program.insts[at.0 as usize].0;
        if let Inst::Compare(_, compared, _) = inst {
            return Some(program.scalar_type(*compared).bits()).filter(|bits| *bits > 8);
        }
        value = inst.operands().iter().copied().find(is_bool);
    }
    None
}

impl<'p, 'c> Accumulators<'p, 'c> {
    /// Accumulators without a value yet, for tiles of so many lanes.
    pub(crate) fn new(
        ir: &Ir<'_, 'c>,
        reducer: &'p Reducer,
        lanes: u32,
        prereduction: Option<&'p Prereduction>,
        mask_bits: Option<u32>,
    ) -> Accumulators<'p, 'c> {
        let width = lanes >> prereduction.map_or(0, |prereduction| prereduction.times);
        let member = |dtype: &tgc_graph::dtype::DType| {
            (0..dtype.parts()).map(|_| Slot::new(ir, stored_scalar(*dtype), width, mask_bits)).collect()
        };
        Accumulators {
            reducer,
            prereduction,
            width,
            slots: reducer.accumulators.iter().map(member).collect(),
        }
    }

    /// Sets every accumulator to the start.
    pub(crate) fn reset(&self, ir: &Ir<'_, 'c>) {
        for (init, member) in self.reducer.init.iter().zip(&self.slots) {
            for (bits, slot) in init.iter().zip(member) {
                slot.set(ir, build_const(ir, slot.scalar, *bits, self.width), self.width);
            }
        }
    }

    /// Reduces a whole tile in, lane by lane.
    pub(crate) fn step(&self, ir: &Ir<'_, 'c>, values: &[Parts<'c>]) {
        let prereduced =
            self.prereduction.map(|prereduction| prereduce(ir, prereduction, self.width, values));
        let values = prereduced.as_deref().unwrap_or(values);
        let next = step(ir, self.reducer, self.width, self.read(ir), values);
        for (parts, member) in next.iter().zip(&self.slots) {
            for (part, slot) in parts.iter().zip(member) {
                slot.set(ir, *part, self.width);
            }
        }
    }

    fn read(&self, ir: &Ir<'_, 'c>) -> Vec<Parts<'c>> {
        let read = |slot: &Slot<'c>| slot.get(ir, self.width);
        self.slots.iter().map(|member| member.iter().map(read).collect()).collect()
    }

    /// Reduces `width` elements, from number `first` after the last whole tile on, into their accumulators.
    pub(crate) fn step_some(&self, ir: &Ir<'_, 'c>, first: u32, width: u32, values: &[Parts<'c>]) {
        if width > self.width {
            for from in (0..width).step_by(self.width as usize) {
                self.step_some(ir, first + from, self.width, &lanes_of(ir, values, from, self.width));
            }
            return;
        }
        let first = first % self.width;
        let all = self.read(ir);
        let lanes: Vec<u32> = (first..first + width).collect();
        let some = |member: &Parts<'c>| member.iter().map(|part| ir.shuffle(*part, *part, &lanes)).collect();
        let next = step(ir, self.reducer, width, all.iter().map(some).collect(), values);
        for ((old, new), slots) in all.iter().zip(&next).zip(&self.slots) {
            for ((old, new), slot) in old.iter().zip(new).zip(slots) {
                slot.set(ir, ir.insert(*old, *new, first, width), self.width);
            }
        }
    }

    /// Moves the accumulators to memory, for [`Accumulators::step_at`].
    pub(crate) fn spill(&self, ir: &Ir<'_, 'c>) {
        for slot in self.slots.iter().flatten().filter(|slot| !slot.stays()) {
            let memory = ir.take_scratch(slot.bytes);
            let value = slot.get(ir, self.width);
            ir.store(to_memory(ir, slot.scalar, value, self.width), memory, 16);
            slot.scratch.set(Some(memory));
        }
    }

    /// Reduces `width` elements, from number `index` after the last whole tile on, into their accumulators,
    /// after a spill. The index is a multiple of the width.
    pub(crate) fn step_at(&self, ir: &Ir<'_, 'c>, index: IntValue<'c>, width: u32, values: &[Parts<'c>]) {
        if width > self.width {
            for from in (0..width).step_by(self.width as usize) {
                let index = ir.add(index, ir.int(i64::from(from)));
                self.step_at(ir, index, self.width, &lanes_of(ir, values, from, self.width));
            }
            return;
        }
        let index = match self.prereduction {
            Some(_) => ir.and(index, ir.int(i64::from(self.width) - 1)),
            None => index,
        };
        let address = |slot: &Slot<'c>| {
            let memory = slot.scratch.get().expect("invariant: the accumulators were spilled");
            ir.element(memory, scalar_memory_type(ir, slot.scalar, 1), index)
        };
        let read = |slot: &Slot<'c>| {
            let value =
                ir.load(scalar_memory_type(ir, slot.scalar, width), address(slot), slot.scalar.bytes());
            from_memory(ir, slot.scalar, value)
        };
        let old = self.slots.iter().map(|member| member.iter().map(read).collect()).collect();
        let next = step(ir, self.reducer, width, old, values);
        for (parts, member) in next.iter().zip(&self.slots) {
            for (part, slot) in parts.iter().zip(member) {
                ir.store(to_memory(ir, slot.scalar, *part, width), address(slot), slot.scalar.bytes());
            }
        }
    }

    /// Merges the accumulators.
    pub(crate) fn finish(&self, ir: &Ir<'_, 'c>) -> Vec<Parts<'c>> {
        let mut values = self.read(ir);
        for slot in self.slots.iter().flatten().filter(|slot| slot.stays()) {
            if let Some(memory) = slot.scratch.take() {
                ir.give_scratch(slot.bytes, memory);
            }
        }
        let mut width = self.width;
        while width > 1 {
            width /= 2;
            values = build_program(ir, &self.reducer.merge, width, &halves(ir, &values, width));
        }
        values
    }

    /// Moves the accumulators back after a spill.
    pub(crate) fn reload(&self, ir: &Ir<'_, 'c>) {
        for slot in self.slots.iter().flatten().filter(|slot| !slot.stays()) {
            let memory = slot.scratch.take().expect("invariant: the accumulators were spilled");
            let value: Val = ir.load(scalar_memory_type(ir, slot.scalar, self.width), memory, 16);
            slot.set(ir, from_memory(ir, slot.scalar, value), self.width);
            ir.give_scratch(slot.bytes, memory);
        }
    }
}

/// What is left of a tile when its halves were added until it has `width` lanes.
fn prereduce<'c>(
    ir: &Ir<'_, 'c>,
    prereduction: &Prereduction,
    width: u32,
    values: &[Parts<'c>],
) -> Vec<Parts<'c>> {
    (0..prereduction.times).rev().fold(values.to_vec(), |values, left| {
        let width = width << left;
        build_program(ir, &prereduction.add, width, &halves(ir, &values, width))
    })
}

/// The lower halves of values, then the upper ones.
fn halves<'c>(ir: &Ir<'_, 'c>, values: &[Parts<'c>], width: u32) -> Vec<Parts<'c>> {
    [lanes_of(ir, values, 0, width), lanes_of(ir, values, width, width)].concat()
}

/// `width` lanes of values, from one on.
fn lanes_of<'c>(ir: &Ir<'_, 'c>, values: &[Parts<'c>], first: u32, width: u32) -> Vec<Parts<'c>> {
    let lanes: Vec<u32> = (first..first + width).collect();
    values.iter().map(|parts| parts.iter().map(|part| ir.shuffle(*part, *part, &lanes)).collect()).collect()
}

/// The accumulators after one step of a reduction.
pub(crate) fn step<'c>(
    ir: &Ir<'_, 'c>,
    reducer: &Reducer,
    width: u32,
    accumulators: Vec<Parts<'c>>,
    values: &[Parts<'c>],
) -> Vec<Parts<'c>> {
    let params: Vec<Parts> = accumulators.into_iter().chain(values.iter().cloned()).collect();
    build_program(ir, &reducer.step, width, &params)
}
