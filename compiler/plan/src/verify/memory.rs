//! Buffers over the whole function: where they lie, who writes them first, how long they are in use.

use tgc_graph::dim::Dim;
use tgc_graph::ty::TensorType;

use super::Checker;
use super::error::Defect;
use crate::MemoryAccess;
use crate::size::Size;
use crate::{Buffer, BufferId, FunctionPlan, Place, Step};

/// The steps in which a buffer is used.
#[derive(Clone, Copy)]
struct Lifetime {
    first: usize,
    last: usize,
}

impl Checker<'_> {
    /// Buffers by themselves: names, places and types.
    pub(super) fn check_buffers(&self) -> Result<(), Defect> {
        let function = self.function;
        for (what, list) in [("reads", &function.signature.reads), ("updates", &function.signature.updates)] {
            let ascending = list.windows(2).all(|pair| pair[0] < pair[1]);
            if !ascending || list.iter().any(|&index| index >= self.plan.interface.states.len()) {
                return Err(Defect::StateList { what });
            }
        }
        for (i, buffer) in function.body.buffers.iter().enumerate() {
            for dim in &buffer.shape {
                self.check_dim(dim)?;
            }
            self.check_place(buffer)?;
            for other in &function.body.buffers[..i] {
                if other.name == buffer.name {
                    return Err(Defect::SameName { name: buffer.name.clone() });
                }
                if let (true, Some(kind)) = (other.place == buffer.place, exclusive(&buffer.place)) {
                    let (first, second) = (other.name.clone(), buffer.name.clone());
                    return Err(Defect::SamePlace { first, second, kind });
                }
            }
        }
        self.check_size(&function.body.workspace)
    }

    fn check_place(&self, buffer: &Buffer) -> Result<(), Defect> {
        let array_type = |array: &tgc_graph::array::Array| {
            let shape: Vec<Dim> = array.shape().iter().map(|&d| Dim::Const(d as i64)).collect();
            TensorType::new(array.dtype(), shape)
        };
        let arguments = |list: &[crate::Argument]| list.iter().map(|a| a.ty.clone()).collect();
        let (kind, index, types): (_, _, Vec<TensorType>) = match &buffer.place {
            Place::Input(index) => ("input", *index, arguments(&self.function.signature.inputs)),
            Place::Output(index) => ("output", *index, arguments(&self.function.signature.outputs)),
            Place::State(index) => {
                ("state", *index, self.plan.interface.states.iter().map(|s| array_type(&s.initial)).collect())
            }
            Place::Constant(index) => {
                ("constant", *index, self.plan.interface.constants.iter().map(array_type).collect())
            }
            Place::Workspace { offset } => return self.check_slot(buffer, offset),
        };
        let name = || buffer.name.clone();
        let Some(ty) = types.get(index) else {
            return Err(Defect::NoSuchPlace { buffer: name(), kind, index, count: types.len() });
        };
        if ty.dtype != buffer.dtype || ty.elements() != buffer.elements() {
            return Err(Defect::PlaceType { buffer: name(), kind });
        }
        Ok(())
    }

    fn check_slot(&self, buffer: &Buffer, offset: &Size) -> Result<(), Defect> {
        self.check_size(offset)?;
        let show = |size: &Size| size.display(&self.function.signature.symbols).to_string();
        if !is_aligned(offset) {
            return Err(Defect::Misaligned { buffer: buffer.name.clone(), offset: show(offset) });
        }
        let frame = Size::Const(self.function.signature.frame().map_or(0, |frame| frame.bytes()));
        if !frame.at_most(offset) {
            return Err(Defect::InFrame { buffer: buffer.name.clone(), offset: show(offset) });
        }
        self.sizes.at_most(&end(buffer, offset), &self.function.body.workspace).map_err(|doubt| {
            let workspace = show(&self.function.body.workspace);
            Defect::BeyondWorkspace { buffer: buffer.name.clone(), workspace, doubt }
        })
    }

    /// The order of accesses over all steps.
    pub(super) fn check_memory(&mut self) -> Result<(), Defect> {
        let function = self.function;
        let mut lifetimes: Vec<Option<Lifetime>> = vec![None; function.body.buffers.len()];
        let mut stored: Vec<Dim> = vec![Dim::Const(0); function.body.buffers.len()];
        for (index, step) in function.body.steps.iter().enumerate() {
            self.site.step = Some(index);
            let rows = match step {
                Step::Nest(nest) => nest.extent.as_ref(),
                Step::Product(_) | Step::Copy { .. } | Step::Check(_) => None,
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
    fn check_touch(&self, touch: &MemoryAccess, is_first: bool) -> Result<(), Defect> {
        let buffer = self.function.buffer(touch.access.buffer);
        let name = || buffer.name.clone();
        match buffer.place {
            Place::Input(_) if touch.kind.writes() => Err(Defect::ReadOnly { what: "input", buffer: name() }),
            Place::Constant(_) if touch.kind.writes() => {
                Err(Defect::ReadOnly { what: "constant", buffer: name() })
            }
            Place::Output(_) | Place::Workspace { .. } if is_first && touch.kind.reads() => {
                Err(Defect::ReadBeforeStore { buffer: name() })
            }
            Place::State(index) => {
                let state = || self.plan.interface.states[index].name.clone();
                if touch.kind.writes() && !self.function.signature.updates.contains(&index) {
                    return Err(Defect::StateNotUpdated { state: state() });
                }
                if touch.kind.reads() && !self.function.signature.reads.contains(&index) {
                    return Err(Defect::StateNotRead { state: state() });
                }
                Ok(())
            }
            Place::Input(_) | Place::Constant(_) | Place::Output(_) | Place::Workspace { .. } => Ok(()),
        }
    }

    fn check_states_written(&self, lifetimes: &[Option<Lifetime>]) -> Result<(), Defect> {
        let written: Vec<BufferId> = self
            .function
            .body
            .steps
            .iter()
            .flat_map(Step::accesses)
            .filter(|t| t.kind.writes())
            .map(|t| t.access.buffer)
            .collect();
        debug_assert!(written.iter().all(|id| lifetimes[id.0 as usize].is_some()));
        for &index in &self.function.signature.updates {
            let is_written = written.iter().any(|&id| self.function.buffer(id).place == Place::State(index));
            if !is_written {
                return Err(Defect::StateNotWritten {
                    state: self.plan.interface.states[index].name.clone(),
                });
            }
        }
        Ok(())
    }

    /// Every output has a buffer, and its stores reach at least as many elements as it has.
    fn check_outputs(&self, lifetimes: &[Option<Lifetime>], stored: &[Dim]) -> Result<(), Defect> {
        for (index, output) in self.function.signature.outputs.iter().enumerate() {
            let buffer = self.function.body.buffers.iter().position(|b| b.place == Place::Output(index));
            let Some(at) = buffer.filter(|&at| lifetimes[at].is_some()) else {
                return Err(Defect::OutputNotStored { output: output.name.clone() });
            };
            let missing = &stored[at] - &self.function.body.buffers[at].elements();
            if let Err(doubt @ super::Doubt::Fails(_)) = self.sizes.not_negative(&missing, &[]) {
                return Err(Defect::OutputNotCovered { output: output.name.clone(), doubt });
            }
        }
        Ok(())
    }

    fn check_overlaps(&self, lifetimes: &[Option<Lifetime>]) -> Result<(), Defect> {
        let mut slots = vec![];
        for (buffer, lifetime) in self.function.body.buffers.iter().zip(lifetimes) {
            if let (Place::Workspace { offset }, Some(lifetime)) = (&buffer.place, lifetime) {
                slots.push((buffer, offset, end(buffer, offset), *lifetime));
            }
        }
        for (i, (a, a_offset, a_end, a_life)) in slots.iter().enumerate() {
            for (b, b_offset, b_end, b_life) in &slots[..i] {
                let both_live = a_life.first <= b_life.last && b_life.first <= a_life.last;
                if !both_live || a_end.at_most(b_offset) || b_end.at_most(a_offset) {
                    continue;
                }
                let doubt = self.sizes.doubt(&|sample| {
                    let value = |size: &Size| size.evaluate(&|id| sample[id.0 as usize]);
                    let overlap = || {
                        let first = value(a_offset)?.max(value(b_offset)?);
                        Some(first < value(a_end)?.min(value(b_end)?))
                    };
                    overlap().unwrap_or(false)
                });
                let (first, second) = (b.name.clone(), a.name.clone());
                return Err(Defect::Overlap { first, second, doubt });
            }
        }
        Ok(())
    }

    fn check_size(&self, size: &Size) -> Result<(), Defect> {
        match size {
            Size::Const(_) => Ok(()),
            Size::Align64(dim) => self.check_dim(dim),
            Size::Sum(terms) | Size::Max(terms) => terms.iter().try_for_each(|term| self.check_size(term)),
        }
    }
}

/// What two buffers must not share, by name; inputs and constants are only read, slots are judged by lifetime.
fn exclusive(place: &Place) -> Option<&'static str> {
    match place {
        Place::Output(_) => Some("output"),
        Place::State(_) => Some("state"),
        Place::Input(_) | Place::Constant(_) | Place::Workspace { .. } => None,
    }
}

fn is_aligned(size: &Size) -> bool {
    match size {
        Size::Const(n) => n % Size::ALIGN == 0,
        Size::Align64(_) => true,
        Size::Sum(terms) | Size::Max(terms) => terms.iter().all(is_aligned),
    }
}

fn end(buffer: &Buffer, offset: &Size) -> Size {
    offset.clone().add(Size::of(&buffer.elements(), buffer.dtype.bytes()))
}

/// A copy is between buffers of one type, and not in place.
pub(super) fn check_copy(function: FunctionPlan<'_>, from: BufferId, to: BufferId) -> Result<(), Defect> {
    let (source, target) = (function.buffer(from), function.buffer(to));
    if from == to {
        return Err(Defect::CopyToItself { buffer: source.name.clone() });
    }
    if source.dtype != target.dtype || source.shape != target.shape {
        return Err(Defect::CopyType { from: source.name.clone(), to: target.name.clone() });
    }
    Ok(())
}
