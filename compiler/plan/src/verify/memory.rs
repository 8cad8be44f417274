//! Buffers over the whole function: where they lie, who writes them first, how long they are in use.

use std::collections::{BTreeMap, BTreeSet};

use tgc_graph::dim::Dim;
use tgc_graph::ty::TensorType;

use super::Checker;
use super::error::VerifyErrorKind;
use crate::MemoryAccess;
use crate::size::Size;
use crate::{Buffer, BufferId, FunctionPlan, Step, Storage};

/// The steps in which a buffer is used.
#[derive(Clone, Copy)]
struct Lifetime {
    first: usize,
    last: usize,
}

/// A buffer in the workspace.
struct Slot<'a> {
    buffer: &'a Buffer,
    offset: &'a Size,
    end: Size,
    life: Lifetime,
}

impl Checker<'_> {
    /// Buffers by themselves: names, places and types.
    pub(super) fn check_buffers(&self) -> Result<(), VerifyErrorKind> {
        let function = self.function;
        for (what, list) in [("reads", &function.signature.reads), ("updates", &function.signature.updates)] {
            let ascending = list.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascending || list.iter().any(|&index| index >= self.plan.interface.states.len()) {
                return Err(VerifyErrorKind::StateList { what });
            }
        }
        let mut names = BTreeSet::new();
        let mut places: BTreeMap<(&str, usize), &Buffer> = BTreeMap::new();
        for buffer in &function.body.buffers {
            for dim in &buffer.shape {
                self.check_dim(dim)?;
            }
            self.check_place(buffer)?;
            if !names.insert(&buffer.name) {
                return Err(VerifyErrorKind::SameName { name: buffer.name.clone() });
            }
            let Some((kind, index)) = exclusive(&buffer.storage) else { continue };
            if let Some(other) = places.insert((kind, index), buffer) {
                let (first, second) = (other.name.clone(), buffer.name.clone());
                return Err(VerifyErrorKind::SameStorage { first, second, kind });
            }
        }
        self.check_size(&function.body.workspace)
    }

    fn check_place(&self, buffer: &Buffer) -> Result<(), VerifyErrorKind> {
        let array_type = |array: &tgc_graph::array::Array| {
            let shape: Vec<Dim> = array.shape().iter().map(|&d| Dim::Const(d as i64)).collect();
            TensorType::new(array.dtype(), shape)
        };
        let argument = |list: &[crate::Argument], index: usize| list.get(index).map(|a| a.ty.clone());
        let (inputs, outputs) = (&self.function.signature.inputs, &self.function.signature.outputs);
        let (states, constants) = (&self.plan.interface.states, &self.plan.interface.constants);
        let (kind, index, count, ty) = match &buffer.storage {
            Storage::Input(index) => ("input", *index, inputs.len(), argument(inputs, *index)),
            Storage::Output(index) => ("output", *index, outputs.len(), argument(outputs, *index)),
            Storage::State(index) => {
                ("state", *index, states.len(), states.get(*index).map(|s| array_type(&s.initial)))
            }
            Storage::Constant(index) => {
                ("constant", *index, constants.len(), constants.get(*index).map(array_type))
            }
            Storage::Workspace { offset } => return self.check_slot(buffer, offset),
        };
        let name = || buffer.name.clone();
        let Some(ty) = ty else {
            return Err(VerifyErrorKind::NoSuchStorage { buffer: name(), kind, index, count });
        };
        if ty.dtype != buffer.dtype || ty.elements() != buffer.elements() {
            return Err(VerifyErrorKind::StorageType { buffer: name(), kind });
        }
        Ok(())
    }

    fn check_slot(&self, buffer: &Buffer, offset: &Size) -> Result<(), VerifyErrorKind> {
        self.check_size(offset)?;
        let show = |size: &Size| size.display(&self.function.signature.symbols).to_string();
        if !is_aligned(offset) {
            return Err(VerifyErrorKind::Misaligned { buffer: buffer.name.clone(), offset: show(offset) });
        }
        let frame = Size::Const(self.function.signature.frame().map_or(0, |frame| frame.bytes()));
        if !frame.at_most(offset) {
            return Err(VerifyErrorKind::InFrame { buffer: buffer.name.clone(), offset: show(offset) });
        }
        self.sizes.at_most(&end(buffer, offset), &self.function.body.workspace).map_err(|reason| {
            let workspace = show(&self.function.body.workspace);
            VerifyErrorKind::BeyondWorkspace { buffer: buffer.name.clone(), workspace, reason }
        })
    }

    /// The order of accesses over all steps.
    pub(super) fn check_memory(&mut self) -> Result<(), VerifyErrorKind> {
        let function = self.function;
        let mut lifetimes: Vec<Option<Lifetime>> = vec![None; function.body.buffers.len()];
        let mut stored: Vec<Dim> = vec![Dim::Const(0); function.body.buffers.len()];
        for (index, step) in function.body.steps.iter().enumerate() {
            self.site.step = Some(index);
            let rows = match step {
                Step::Nest(nest) => nest.extent.as_ref(),
                Step::Matmul(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => None,
            };
            for touch in step.accesses() {
                self.site.block = matches!(step, Step::Nest(_)).then_some(touch.block);
                let at = touch.access.buffer.0 as usize;
                self.check_touch(&touch, lifetimes[at].is_none())?;
                lifetimes[at].get_or_insert(Lifetime { first: index, last: index }).last = index;
                if touch.kind.stores() {
                    stored[at] = &stored[at] + &touch.count(function, rows);
                }
            }
        }
        (self.site.step, self.site.block) = (None, None);
        self.check_states_written(&lifetimes)?;
        self.check_outputs(&lifetimes, &stored)?;
        self.check_overlaps(&lifetimes)
    }

    /// One access: allowed for its place, and not a read of garbage.
    fn check_touch(&self, touch: &MemoryAccess, is_first: bool) -> Result<(), VerifyErrorKind> {
        let buffer = self.function.buffer(touch.access.buffer);
        let name = || buffer.name.clone();
        match buffer.storage {
            Storage::Input(_) if touch.kind.writes() => {
                Err(VerifyErrorKind::ReadOnly { what: "input", buffer: name() })
            }
            Storage::Constant(_) if touch.kind.writes() => {
                Err(VerifyErrorKind::ReadOnly { what: "constant", buffer: name() })
            }
            Storage::Output(_) | Storage::Workspace { .. } if is_first && touch.kind.reads() => {
                Err(VerifyErrorKind::ReadBeforeStore { buffer: name() })
            }
            Storage::State(index) => {
                let state = || self.plan.interface.states[index].name.clone();
                if touch.kind.writes() && !self.function.signature.updates.contains(&index) {
                    return Err(VerifyErrorKind::StateNotUpdated { state: state() });
                }
                if touch.kind.reads() && !self.function.signature.reads.contains(&index) {
                    return Err(VerifyErrorKind::StateNotRead { state: state() });
                }
                Ok(())
            }
            Storage::Input(_) | Storage::Constant(_) | Storage::Output(_) | Storage::Workspace { .. } => {
                Ok(())
            }
        }
    }

    fn check_states_written(&self, lifetimes: &[Option<Lifetime>]) -> Result<(), VerifyErrorKind> {
        let accesses = self.function.body.steps.iter().flat_map(Step::accesses).filter(|a| a.kind.writes());
        let written: BTreeSet<BufferId> = accesses.map(|access| access.buffer()).collect();
        debug_assert!(written.iter().all(|id| lifetimes[id.0 as usize].is_some()));
        let states: BTreeSet<usize> = written
            .iter()
            .filter_map(|id| match self.function.buffer(*id).storage {
                Storage::State(index) => Some(index),
                Storage::Input(_) | Storage::Output(_) | Storage::Constant(_) | Storage::Workspace { .. } => {
                    None
                }
            })
            .collect();
        for &index in &self.function.signature.updates {
            if !states.contains(&index) {
                return Err(VerifyErrorKind::StateNotWritten {
                    state: self.plan.interface.states[index].name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Every output has a buffer, and its stores reach at least as many elements as it has.
    fn check_outputs(&self, lifetimes: &[Option<Lifetime>], stored: &[Dim]) -> Result<(), VerifyErrorKind> {
        let mut buffers: Vec<Option<usize>> = vec![None; self.function.signature.outputs.len()];
        for (at, buffer) in self.function.body.buffers.iter().enumerate() {
            if let Storage::Output(index) = buffer.storage {
                buffers[index] = Some(at);
            }
        }
        for (output, buffer) in self.function.signature.outputs.iter().zip(buffers) {
            let Some(at) = buffer.filter(|&at| lifetimes[at].is_some()) else {
                return Err(VerifyErrorKind::OutputNotStored { output: output.name.clone() });
            };
            let missing = &stored[at] - &self.function.body.buffers[at].elements();
            if let Err(reason @ super::NotProven::Refuted(_)) = self.sizes.not_negative(&missing, &[]) {
                return Err(VerifyErrorKind::OutputNotCovered { output: output.name.clone(), reason });
            }
        }
        Ok(())
    }

    fn check_overlaps(&self, lifetimes: &[Option<Lifetime>]) -> Result<(), VerifyErrorKind> {
        let mut slots = vec![];
        for (buffer, lifetime) in self.function.body.buffers.iter().zip(lifetimes) {
            if let (Storage::Workspace { offset }, Some(lifetime)) = (&buffer.storage, lifetime) {
                slots.push(Slot { buffer, offset, end: end(buffer, offset), life: *lifetime });
            }
        }
        if are_apart(&mut slots) {
            return Ok(());
        }
        for (i, a) in slots.iter().enumerate() {
            for b in &slots[..i] {
                self.check_overlap(a, b)?;
            }
        }
        Ok(())
    }

    fn check_overlap(&self, a: &Slot, b: &Slot) -> Result<(), VerifyErrorKind> {
        let both_live = a.life.first <= b.life.last && b.life.first <= a.life.last;
        if !both_live || a.end.at_most(b.offset) || b.end.at_most(a.offset) {
            return Ok(());
        }
        let reason = self.sizes.not_proven(&|sample| {
            let value = |size: &Size| size.evaluate(&|id| sample[id.0 as usize]);
            let overlap = || {
                let first = value(a.offset)?.max(value(b.offset)?);
                Some(first < value(&a.end)?.min(value(&b.end)?))
            };
            overlap().unwrap_or(false)
        });
        Err(VerifyErrorKind::Overlap { first: b.buffer.name.clone(), second: a.buffer.name.clone(), reason })
    }

    fn check_size(&self, size: &Size) -> Result<(), VerifyErrorKind> {
        match size {
            Size::Const(_) => Ok(()),
            Size::Whole(dim) | Size::Align64(dim, _) => self.check_dim(dim),
            Size::Sum(terms) | Size::Max(terms) => terms.iter().try_for_each(|term| self.check_size(term)),
        }
    }
}

/// What two buffers must not share, by name; inputs and constants are only read, slots are judged by
/// lifetime.
fn exclusive(storage: &Storage) -> Option<(&'static str, usize)> {
    match storage {
        Storage::Output(index) => Some(("output", *index)),
        Storage::State(index) => Some(("state", *index)),
        Storage::Input(_) | Storage::Constant(_) | Storage::Workspace { .. } => None,
    }
}

fn is_aligned(size: &Size) -> bool {
    match size {
        Size::Const(n) => n % Size::ALIGN == 0,
        Size::Whole(_) | Size::Align64(..) => true,
        Size::Sum(terms) | Size::Max(terms) => terms.iter().all(is_aligned),
    }
}

/// Whether slots lie in a row, those that share a place being in use one after the other. `false` only means
/// that not all do; the slots are then in another order.
fn are_apart(slots: &mut [Slot]) -> bool {
    // Any sizes do for a guess of the order.
    slots.sort_by_cached_key(|slot| (slot.offset.evaluate(&|_| 1000), slot.offset.clone(), slot.life.first));
    // Where what shares the place of the first of a pair ends.
    let mut ends: Vec<&Size> = vec![];
    slots.windows(2).all(|pair| {
        let (one, next) = (&pair[0], &pair[1]);
        if !ends.contains(&&one.end) {
            ends.push(&one.end);
        }
        if one.offset == next.offset {
            return one.life.last < next.life.first;
        }
        std::mem::take(&mut ends).into_iter().all(|end| end.at_most(next.offset))
    })
}

fn end(buffer: &Buffer, offset: &Size) -> Size {
    offset.clone().add(Size::of(&buffer.elements(), buffer.dtype.bytes()))
}

/// A copy is between buffers of one type, and not in place.
pub(super) fn check_copy(
    function: FunctionPlan<'_>,
    from: BufferId,
    to: BufferId,
) -> Result<(), VerifyErrorKind> {
    let (source, target) = (function.buffer(from), function.buffer(to));
    if from == to {
        return Err(VerifyErrorKind::CopyToItself { buffer: source.name.clone() });
    }
    if source.dtype != target.dtype || source.shape != target.shape {
        return Err(VerifyErrorKind::CopyType { from: source.name.clone(), to: target.name.clone() });
    }
    Ok(())
}
