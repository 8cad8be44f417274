//! The one list of what blocks and steps do to memory. Whoever asks which buffers are read, written or named
//! asks here.

use std::borrow::Cow;

use tgc_graph::dim::Dim;
use tgc_scalar::dtype::DType;

use crate::{
    Access, Axis, Block, BufferId, FunctionPlan, IndirectIndex, Matmul, Nest, Read, Sink, Step, Target,
};

/// One access of a step to a buffer, with what is needed to compare two of them.
#[derive(Clone, Debug)]
pub struct MemoryAccess<'p> {
    /// Index of the block in its nest; 0 elsewhere.
    pub block: usize,
    /// What happens to the buffer.
    pub kind: AccessKind,
    /// Where: borrowed if it is of one element an iteration; else the whole buffer, as an access without
    /// strides.
    pub access: Cow<'p, Access>,
    /// The inner axes around it: all of the block's, without the reduced one for [`AccessKind::Reduce`].
    pub axes: &'p [Dim],
    /// Lanes of the block.
    pub lanes: u32,
    /// The block has no axes at all, so that rows are its lanes.
    pub axis_free: bool,
    /// What data says of the place.
    pub indices: &'p [IndirectIndex],
}

/// How a buffer is accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// An element is read.
    Read,
    /// An element is written.
    Store,
    /// The result of a reduction over the block's last axis is written.
    Reduce,
    /// An element is reduced into.
    Accumulate,
    /// Where a scan along this axis keeps an accumulator.
    Carry(Axis),
    /// A read where data says.
    Gather,
    /// A store where data says.
    Scatter {
        /// It changes what is there, and does not replace it.
        adds: bool,
    },
    /// The result of a reduction over the rows is written after the last row.
    ReduceRows,
    /// Bytes to which values of a fissioned program are spilled.
    Spills,
    /// Every element is looked at.
    Check,
    /// Every element is read: the source of a copy, the operand of a routine.
    ReadAll,
    /// Every element is written: the destination of a copy, the result of a routine, or scratch.
    WriteAll,
}

impl AccessKind {
    /// It needs what the memory holds.
    pub fn reads(self) -> bool {
        match self {
            AccessKind::Read
            | AccessKind::Accumulate
            | AccessKind::Gather
            | AccessKind::Scatter { .. }
            | AccessKind::ReadAll
            | AccessKind::Check => true,
            AccessKind::Store
            | AccessKind::Reduce
            | AccessKind::Carry(_)
            | AccessKind::ReduceRows
            | AccessKind::Spills
            | AccessKind::WriteAll => false,
        }
    }

    /// It changes the memory.
    pub fn writes(self) -> bool {
        match self {
            AccessKind::Store
            | AccessKind::Reduce
            | AccessKind::Accumulate
            | AccessKind::Carry(_)
            | AccessKind::Scatter { .. }
            | AccessKind::ReduceRows
            | AccessKind::Spills
            | AccessKind::WriteAll => true,
            AccessKind::Read | AccessKind::Gather | AccessKind::ReadAll | AccessKind::Check => false,
        }
    }

    /// It writes elements that its strides tell, each of them.
    pub fn stores(self) -> bool {
        match self {
            AccessKind::Store
            | AccessKind::Reduce
            | AccessKind::Carry(_)
            | AccessKind::ReduceRows
            | AccessKind::WriteAll => true,
            AccessKind::Accumulate | AccessKind::Scatter { .. } | AccessKind::Spills => false,
            AccessKind::Read | AccessKind::Gather | AccessKind::ReadAll | AccessKind::Check => false,
        }
    }
}

impl<'p> MemoryAccess<'p> {
    /// Which buffer.
    pub fn buffer(&self) -> BufferId {
        self.access.buffer
    }

    /// The element of an iteration, if it is not the whole buffer.
    pub fn element(&self) -> Option<&'p Access> {
        match self.access {
            Cow::Borrowed(access) => Some(access),
            Cow::Owned(_) => None,
        }
    }

    /// Where an iteration of the block writes; totals are written after the last row.
    pub fn written_element(&self) -> Option<&'p Access> {
        self.element().filter(|_| self.kind.writes())
    }

    /// The stride of the rows, if the access depends on them.
    pub fn row_stride(&self) -> Option<&Dim> {
        self.access.stride(Axis::Row)
    }

    /// Stride and extent of each inner axis that the access depends on.
    pub fn inner(&self) -> Vec<(&Dim, &Dim)> {
        let strides = self.access.strides.iter();
        strides
            .filter_map(|(axis, stride)| match axis {
                Axis::Row => None,
                Axis::Inner(i) => Some((stride, &self.axes[*i])),
            })
            .collect()
    }

    /// Stride and extent of an indirect index of the place.
    pub fn looked_up(&self) -> impl Iterator<Item = (&'p Dim, &'p Dim)> {
        self.indices.iter().map(|index| (&index.stride, &index.extent))
    }

    /// How many elements it reaches over all rows, when no two index tuples reach the same.
    pub fn count(&self, function: FunctionPlan<'_>, rows: Option<&Dim>) -> Dim {
        if self.kind == AccessKind::WriteAll {
            return function.buffer(self.access.buffer).elements();
        }
        let one = Dim::Const(1);
        let rows = self.row_stride().and(rows).unwrap_or(&one);
        self.inner().iter().fold(rows.clone(), |matmul, (_, extent)| &matmul * extent)
    }

    fn whole(buffer: BufferId, kind: AccessKind) -> MemoryAccess<'p> {
        let access = Cow::Owned(Access { buffer, strides: vec![], offset: Dim::Const(0) });
        MemoryAccess { block: 0, kind, access, axes: &[], lanes: 1, axis_free: true, indices: &[] }
    }
}

impl Step {
    /// What it does to memory, in the order in which a row does it.
    pub fn accesses(&self) -> Vec<MemoryAccess<'_>> {
        match self {
            Step::Nest(nest) => nest.accesses(),
            Step::Matmul(matmul) => matmul.accesses(),
            Step::Copy { from, to } => vec![
                MemoryAccess::whole(*from, AccessKind::ReadAll),
                MemoryAccess::whole(*to, AccessKind::WriteAll),
            ],
            Step::Check(check) => vec![MemoryAccess::whole(check.index, AccessKind::Check)],
            Step::Call(call) => vec![
                MemoryAccess::whole(call.scratch, AccessKind::WriteAll),
                MemoryAccess::whole(call.from, AccessKind::ReadAll),
                MemoryAccess::whole(call.to, AccessKind::WriteAll),
            ],
        }
    }

    /// Applies a function to every buffer that it names.
    pub fn map_buffers(&mut self, f: &mut dyn FnMut(&mut BufferId)) {
        match self {
            Step::Copy { from, to } => [from, to].into_iter().for_each(f),
            Step::Check(check) => f(&mut check.index),
            Step::Call(call) => [&mut call.from, &mut call.to, &mut call.scratch].into_iter().for_each(f),
            Step::Nest(nest) => nest.blocks.iter_mut().for_each(|block| block.map_buffers(f)),
            Step::Matmul(matmul) => {
                let packs = matmul.pack_left.iter_mut().chain(&mut matmul.pack_right);
                packs.for_each(|pack| f(&mut pack.buffer));
                f(&mut matmul.left.buffer);
                f(&mut matmul.right.buffer);
                f(&mut matmul.sums);
                matmul.epilogue.map_buffers(f);
            }
        }
    }

    /// Applies a function to every access of one element an iteration.
    pub(crate) fn map_elements(&mut self, f: &mut dyn FnMut(&mut Access)) {
        match self {
            Step::Copy { .. } | Step::Check(_) | Step::Call(_) => {}
            Step::Nest(nest) => nest.blocks.iter_mut().for_each(|block| block.map_elements(f)),
            Step::Matmul(matmul) => {
                f(&mut matmul.left);
                f(&mut matmul.right);
                matmul.epilogue.map_elements(f);
            }
        }
    }
}

impl Nest {
    /// What it does to memory, block by block.
    pub fn accesses(&self) -> Vec<MemoryAccess<'_>> {
        self.blocks.iter().enumerate().flat_map(|(index, block)| block.accesses_as(index)).collect()
    }
}

impl Matmul {
    /// Scratch is written before it is read.
    fn accesses(&self) -> Vec<MemoryAccess<'_>> {
        let scratch = self.slices().into_iter();
        let scratch = scratch.map(|(buffer, ..)| MemoryAccess::whole(buffer, AccessKind::WriteAll));
        let operand = |access| MemoryAccess {
            block: 0,
            kind: AccessKind::Read,
            access: Cow::Borrowed(access),
            axes: &self.axes,
            lanes: 1,
            axis_free: false,
            indices: &[],
        };
        let operands = [operand(&self.left), operand(&self.right)];
        scratch.chain(operands).chain(self.epilogue.accesses()).collect()
    }
}

impl Block {
    /// What it does to memory, in order.
    pub fn accesses(&self) -> Vec<MemoryAccess<'_>> {
        self.accesses_as(0)
    }

    fn accesses_as(&self, index: usize) -> Vec<MemoryAccess<'_>> {
        let mut all = vec![];
        for read in &self.reads {
            match read {
                Read::Buffer(access) => all.push(self.element(AccessKind::Read, access)),
                Read::Gather(indirect) => {
                    let gather = self.element(AccessKind::Gather, &indirect.access);
                    all.push(MemoryAccess { indices: &indirect.indices, ..gather });
                }
                Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => {}
            }
        }
        if let Some(fission) = &self.fission {
            all.push(self.around(MemoryAccess::whole(fission.buffer, AccessKind::Spills)));
        }
        self.sinks.iter().for_each(|sink| self.add_sink(sink, &mut all));
        all.iter_mut().for_each(|access| access.block = index);
        all
    }

    fn add_sink<'p>(&'p self, sink: &'p Sink, all: &mut Vec<MemoryAccess<'p>>) {
        match sink {
            Sink::Store { to, .. } => all.push(self.element(AccessKind::Store, to)),
            Sink::Row { .. } => {}
            Sink::Reduce { to, .. } => {
                let outer = &self.axes[..self.axes.len().saturating_sub(1)];
                let reduced = to.iter().filter_map(Target::access);
                let reduced = reduced.map(|access| self.element(AccessKind::Reduce, access));
                all.extend(reduced.map(|access| MemoryAccess { axes: outer, ..access }));
            }
            Sink::Accumulate { to, .. } => {
                all.extend(to.iter().map(|access| self.element(AccessKind::Accumulate, access)));
            }
            Sink::Scan { along, carry, to, .. } => {
                all.extend(carry.iter().map(|access| self.element(AccessKind::Carry(*along), access)));
                all.push(self.element(AccessKind::Store, to));
            }
            Sink::Scatter { to, add, .. } => {
                let scatter = self.element(AccessKind::Scatter { adds: add.is_some() }, &to.access);
                all.push(MemoryAccess { indices: &to.indices, ..scatter });
            }
            Sink::ReduceRows { to, .. } => {
                let totals = to.iter().map(|buffer| MemoryAccess::whole(*buffer, AccessKind::ReduceRows));
                all.extend(totals.map(|access| self.around(access)));
            }
        }
    }

    fn element<'p>(&'p self, kind: AccessKind, access: &'p Access) -> MemoryAccess<'p> {
        self.around(MemoryAccess {
            access: Cow::Borrowed(access),
            ..MemoryAccess::whole(access.buffer, kind)
        })
    }

    /// An access with the loops around it.
    fn around<'p>(&'p self, access: MemoryAccess<'p>) -> MemoryAccess<'p> {
        MemoryAccess { axes: &self.axes, lanes: self.lanes, axis_free: self.axes.is_empty(), ..access }
    }

    /// Applies a function to every buffer that it names.
    fn map_buffers(&mut self, f: &mut dyn FnMut(&mut BufferId)) {
        self.fission.iter_mut().for_each(|fission| f(&mut fission.buffer));
        self.map_elements(&mut |access| f(&mut access.buffer));
        let totals = self.sinks.iter_mut().filter_map(|sink| match sink {
            Sink::ReduceRows { to, .. } => Some(to),
            Sink::Store { .. }
            | Sink::Row { .. }
            | Sink::Reduce { .. }
            | Sink::Accumulate { .. }
            | Sink::Scan { .. }
            | Sink::Scatter { .. } => None,
        });
        totals.flatten().for_each(f);
    }

    /// Applies a function to every access of one element an iteration.
    fn map_elements(&mut self, f: &mut dyn FnMut(&mut Access)) {
        self.reads.iter_mut().filter_map(Read::access_mut).for_each(&mut *f);
        for sink in &mut self.sinks {
            match sink {
                Sink::Store { to, .. } => f(to),
                Sink::Row { .. } | Sink::ReduceRows { .. } => {}
                Sink::Accumulate { to, .. } => to.iter_mut().for_each(&mut *f),
                Sink::Scan { carry, to, .. } => carry.iter_mut().chain([to]).for_each(&mut *f),
                Sink::Scatter { to, .. } => f(&mut to.access),
                Sink::Reduce { to, .. } => to.iter_mut().filter_map(Target::access_mut).for_each(&mut *f),
            }
        }
    }
}

/// Which iterations of a block a sink takes in their order, since each goes on from what those before it
/// left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'p> {
    /// None, but those of the block's last axis that a [`Sink::Reduce`] reduces.
    Nothing,
    /// Those along an axis, each line of them for itself.
    Along(Axis),
    /// Those that meet at an element of one of these accesses.
    At(&'p [Access]),
    /// Any, since data says where they meet.
    Anywhere,
    /// All rows.
    Rows,
}

impl Sink {
    /// Which iterations it takes in their order.
    pub fn carried(&self) -> Carried<'_> {
        match self {
            Sink::Store { .. } | Sink::Row { .. } | Sink::Reduce { .. } => Carried::Nothing,
            Sink::Accumulate { to, .. } => Carried::At(to),
            Sink::Scan { along, .. } => Carried::Along(*along),
            Sink::Scatter { .. } => Carried::Anywhere,
            Sink::ReduceRows { .. } => Carried::Rows,
        }
    }

    /// The element types of what it reduces; of a scan those of its accumulators.
    pub fn reduced_types(&self) -> &[DType] {
        match self {
            Sink::Reduce { reducer, .. }
            | Sink::Accumulate { reducer, .. }
            | Sink::ReduceRows { reducer, .. } => reducer.values(),
            Sink::Scan { scan, .. } => &scan.accumulators,
            Sink::Store { .. } | Sink::Row { .. } | Sink::Scatter { .. } => &[],
        }
    }
}

impl Target {
    /// Where it is, if in memory.
    pub fn access(&self) -> Option<&Access> {
        match self {
            Target::Buffer(access) => Some(access),
            Target::Row(_) => None,
        }
    }

    fn access_mut(&mut self) -> Option<&mut Access> {
        match self {
            Target::Buffer(access) => Some(access),
            Target::Row(_) => None,
        }
    }
}
