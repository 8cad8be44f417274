//! Every access of a step to a buffer, with what is needed to compare two of them.

use tgc_graph::dim::Dim;

use crate::{
    Access, Axis, Block, BufferId, FunctionPlan, IndexPart, Nest, Product, Read, Sink, Step, Target,
};

/// One access in one block.
pub(super) struct Touch<'p> {
    /// Index of the block; 0 for a copy.
    pub block: usize,
    pub kind: Kind,
    pub access: Access,
    /// The inner axes around it: all of the block's, without the folded one for [`Kind::Fold`].
    pub axes: &'p [Dim],
    /// Lanes of the block.
    pub lanes: u32,
    /// The block has no axes at all, so that rows are its lanes.
    pub axis_free: bool,
    /// Stride and extent of what data says of the place.
    pub parts: Vec<(&'p Dim, &'p Dim)>,
}

/// How a buffer is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Store,
    /// The result of a fold over the block's last axis.
    Fold,
    Accumulate,
    /// Where a running fold along this axis keeps an accumulator.
    Carry(Axis),
    /// A read where data says.
    Gather,
    /// A store where data says, or what is added there.
    Scatter,
    Total,
    /// Bytes in which values of a staged program wait.
    Waiting,
    /// Every element is looked at.
    Check,
    /// The source of a copy: every element.
    CopyFrom,
    /// The destination of a copy.
    CopyTo,
}

impl Kind {
    /// It needs what the memory holds.
    pub(super) fn reads(self) -> bool {
        match self {
            Kind::Read | Kind::Accumulate | Kind::Gather | Kind::Scatter | Kind::CopyFrom | Kind::Check => {
                true
            }
            Kind::Store | Kind::Fold | Kind::Carry(_) | Kind::Total | Kind::Waiting | Kind::CopyTo => false,
        }
    }

    /// It changes the memory.
    pub(super) fn writes(self) -> bool {
        match self {
            Kind::Store
            | Kind::Fold
            | Kind::Accumulate
            | Kind::Carry(_)
            | Kind::Scatter
            | Kind::Total
            | Kind::Waiting
            | Kind::CopyTo => true,
            Kind::Read | Kind::Gather | Kind::CopyFrom | Kind::Check => false,
        }
    }

    /// It writes elements that its strides tell, each of them.
    pub(super) fn stores(self) -> bool {
        match self {
            Kind::Store | Kind::Fold | Kind::Carry(_) | Kind::Total | Kind::CopyTo => true,
            Kind::Accumulate | Kind::Scatter | Kind::Waiting => false,
            Kind::Read | Kind::Gather | Kind::CopyFrom | Kind::Check => false,
        }
    }
}

impl Touch<'_> {
    /// The stride of the rows, if the access depends on them.
    pub(super) fn row_stride(&self) -> Option<&Dim> {
        self.access.stride(Axis::Row)
    }

    /// Stride and extent of each inner axis that the access depends on.
    pub(super) fn inner(&self) -> Vec<(&Dim, &Dim)> {
        self.access
            .strides
            .iter()
            .filter_map(|(axis, stride)| match axis {
                Axis::Row => None,
                Axis::Inner(i) => Some((stride, &self.axes[*i])),
            })
            .collect()
    }

    /// How many elements it reaches over all rows, when no two index tuples reach the same.
    pub(super) fn count(&self, function: &FunctionPlan, rows: Option<&Dim>) -> Dim {
        if self.kind == Kind::CopyTo {
            return function.buffer(self.access.buffer).elements();
        }
        let one = Dim::Const(1);
        let rows = self.row_stride().and(rows).unwrap_or(&one);
        self.inner().iter().fold(rows.clone(), |product, (_, extent)| &product * extent)
    }
}

/// The accesses of a step, in the order in which a row makes them.
pub(super) fn of_step(step: &Step) -> Vec<Touch<'_>> {
    match step {
        Step::Nest(nest) => of_nest(nest),
        Step::Product(product) => of_product(product),
        Step::Copy { from, to } => vec![of_whole(*from, Kind::CopyFrom), of_whole(*to, Kind::CopyTo)],
        Step::Check(check) => vec![of_whole(check.index, Kind::Check)],
    }
}

/// Scratch is written before it is read.
fn of_product(product: &Product) -> Vec<Touch<'_>> {
    let scratch = product.slices().into_iter().map(|(buffer, ..)| of_whole(buffer, Kind::CopyTo));
    let operand = |access: &Access| Touch {
        block: 0,
        kind: Kind::Read,
        access: access.clone(),
        axes: &product.axes,
        lanes: 1,
        axis_free: false,
        parts: vec![],
    };
    let operands = [operand(&product.left), operand(&product.right)];
    scratch.chain(operands).chain(of_block(0, &product.epilogue)).collect()
}

fn of_whole<'p>(buffer: BufferId, kind: Kind) -> Touch<'p> {
    Touch { block: 0, kind, access: whole(buffer), axes: &[], lanes: 1, axis_free: true, parts: vec![] }
}

/// The accesses of a nest, in order.
pub(super) fn of_nest(nest: &Nest) -> Vec<Touch<'_>> {
    nest.blocks.iter().enumerate().flat_map(|(index, block)| of_block(index, block)).collect()
}

/// The accesses of a block, in order.
pub(super) fn of_block(index: usize, block: &Block) -> Vec<Touch<'_>> {
    let mut touches = vec![];
    let outer = &block.axes[..block.axes.len().saturating_sub(1)];
    let mut touch = |kind: Kind, access: Access, parts| {
        touches.push(Touch {
            block: index,
            kind,
            access,
            axes: if kind == Kind::Fold { outer } else { &block.axes },
            lanes: block.lanes,
            axis_free: block.axes.is_empty(),
            parts: strides_and_extents(parts),
        });
    };
    for read in &block.reads {
        match read {
            Read::Buffer(access) => touch(Kind::Read, access.clone(), &[]),
            Read::Gather(indirect) => touch(Kind::Gather, indirect.access.clone(), &indirect.parts),
            Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => {}
        }
    }
    if let Some(stages) = &block.stages {
        touch(Kind::Waiting, whole(stages.buffer), &[]);
    }
    for sink in &block.sinks {
        match sink {
            Sink::Store { to, .. } => touch(Kind::Store, to.clone(), &[]),
            Sink::Row { .. } => {}
            Sink::Fold { to, .. } => {
                for target in to {
                    match target {
                        Target::Row(_) => {}
                        Target::Buffer(access) => touch(Kind::Fold, access.clone(), &[]),
                    }
                }
            }
            Sink::Accumulate { to, .. } => {
                to.iter().for_each(|access| touch(Kind::Accumulate, access.clone(), &[]));
            }
            Sink::Scan { along, carry, to, .. } => {
                carry.iter().for_each(|access| touch(Kind::Carry(*along), access.clone(), &[]));
                touch(Kind::Store, to.clone(), &[]);
            }
            Sink::Scatter { to, .. } => touch(Kind::Scatter, to.access.clone(), &to.parts),
            Sink::Total { to, .. } => to.iter().for_each(|buffer| touch(Kind::Total, whole(*buffer), &[])),
        }
    }
    touches
}

fn strides_and_extents(parts: &[IndexPart]) -> Vec<(&Dim, &Dim)> {
    parts.iter().map(|part| (&part.stride, &part.extent)).collect()
}

fn whole(buffer: BufferId) -> Access {
    Access { buffer, strides: vec![], offset: Dim::Const(0) }
}
