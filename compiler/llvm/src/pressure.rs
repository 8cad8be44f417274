//! Register pressure, and the stack that spills take: where live values of a tile are more bytes than a
//! budget, rows run one after the other, and then a part of the lanes at a time. No result can tell:
//! iterations of a tile are independent.
//!
//! How much LLVM spills is known once it has written the code, and no estimate tells it before: it shares
//! what rows have in common, moves what does not vary out of loops, and orders instructions as it likes. So
//! there is no budget at first, and a function that takes more stack than is promised is emitted again with
//! one.

use tgc_plan::fission::varying;
use tgc_plan::{Block, Nest, Read, Sink};
use tgc_scalar::Value;

use crate::ir::Ir;
use crate::stack::Stack;
use crate::tile::{Share, Tile};

/// The most stack that a call should take, in bytes.
const PROMISED: u64 = 2048;

/// The most bytes of live values of a tile: at first, and each time that a function is emitted again.
const BUDGETS: [usize; 4] = [usize::MAX, 768, 256, 64];

/// The bytes of a vector: a portion is not narrower.
const VECTOR: usize = 32;

/// The budget of each function of a model: how often it took too much stack, and how much the last time.
pub(crate) struct Budget(Vec<(usize, u64)>);

impl Budget {
    /// None.
    pub(crate) fn any(functions: usize) -> Budget {
        Budget(vec![(0, u64::MAX); functions])
    }

    /// The least, as if each function had taken too much each time.
    pub(crate) fn least(functions: usize) -> Budget {
        Budget(vec![(BUDGETS.len() - 1, 0); functions])
    }

    /// The most bytes of live values of a tile of a function.
    pub(crate) fn of(&self, function: usize) -> usize {
        BUDGETS[self.0[function].0]
    }

    /// Lowers the budgets of functions that take too much stack, unless that was in vain the last time.
    /// Whether there are some.
    pub(crate) fn lower(&mut self, stack: &Stack) -> bool {
        let mut is_lower = false;
        for ((level, last), bytes) in self.0.iter_mut().zip(&stack.functions) {
            if *bytes > PROMISED && bytes < last && *level + 1 < BUDGETS.len() {
                (*level, *last) = (*level + 1, *bytes);
                is_lower = true;
            }
        }
        is_lower
    }
}

/// Whether rows that run together exceed the budget in tiles of inner axes.
pub(crate) fn exceeds(nest: &Nest, budget: usize) -> bool {
    let bytes = |block: &Block| values(block).bytes + accumulators(block);
    let needs = |block: &Block| bytes(block) * (nest.rows * block.lanes) as usize > budget;
    budget < usize::MAX && nest.rows > 1 && nest.blocks.iter().any(|b| !b.axes.is_empty() && needs(b))
}

/// The parts of a tile of one row that keep to the budget, in order.
pub(crate) fn portions<'c>(ir: &Ir<'_, 'c>, block: &Block, tile: Tile<'c>, budget: usize) -> Vec<Tile<'c>> {
    let mut width = tile.width;
    if budget < usize::MAX && may_narrow(block) {
        let values = values(block);
        while values.bytes * width as usize > budget && values.widest * width as usize > VECTOR {
            width /= 2;
        }
    }
    if width == tile.width {
        return vec![tile];
    }
    let portion = |first: u32| Tile {
        index: ir.add(tile.index, ir.int(i64::from(first))),
        width,
        share: share_from(ir, tile.share, first),
        may_start: tile.may_start && first == 0,
    };
    (0..tile.width).step_by(width as usize).map(portion).collect()
}

/// The accumulators of the lanes from one on.
fn share_from<'c>(ir: &Ir<'_, 'c>, share: Share<'c>, lane: u32) -> Share<'c> {
    match share {
        Share::All => Share::From(lane),
        Share::From(first) => Share::From(first + lane),
        Share::At(first) => Share::At(ir.add(first, ir.int(i64::from(lane)))),
    }
}

/// Whether lanes can run apart: nothing is given or made for all of them at once.
fn may_narrow(block: &Block) -> bool {
    let given = |read: &Read| match read {
        Read::Row(_) => block.axes.is_empty(),
        Read::Sum => true,
        Read::Buffer(_) | Read::Size(_) | Read::Index(_) | Read::Gather(_) => false,
    };
    let made = |sink: &Sink| match sink {
        Sink::Reduce { prereduction, .. } => prereduction.is_some(),
        Sink::Row { .. } => true,
        Sink::Store { .. }
        | Sink::Accumulate { .. }
        | Sink::Scan { .. }
        | Sink::Scatter { .. }
        | Sink::ReduceRows { .. } => false,
    };
    !block.reads.iter().any(given) && !block.sinks.iter().any(made)
}

/// Bytes of the accumulators of one lane.
fn accumulators(block: &Block) -> usize {
    let of = |sink: &Sink| match sink {
        Sink::Reduce { reducer, .. } => reducer.accumulators.iter().map(|dtype| dtype.bytes()).sum(),
        Sink::Store { .. }
        | Sink::Row { .. }
        | Sink::Accumulate { .. }
        | Sink::Scan { .. }
        | Sink::Scatter { .. }
        | Sink::ReduceRows { .. } => 0,
    };
    block.sinks.iter().map(of).sum()
}

/// The values of one iteration.
struct Values {
    /// The most bytes that live at a time, by the order of the program.
    bytes: usize,
    /// The bytes of the widest.
    widest: usize,
}

fn values(block: &Block) -> Values {
    let (program, varying) = (&block.program, varying(block));
    let end = program.insts.len();
    let mut last: Vec<usize> = (0..end).collect();
    for (at, (inst, _)) in program.insts.iter().enumerate() {
        inst.operands().iter().for_each(|v| last[v.0 as usize] = at);
    }
    program.results.iter().flat_map(|e| e.parts()).for_each(|v| last[v.0 as usize] = end);
    // Truth values are as wide as what was compared.
    let bytes = |at: usize| match varying[at] {
        true => program.scalar_type(Value(at as u32)).bytes().max(4),
        false => 0,
    };
    let mut ended = vec![0; end + 1];
    let (mut now, mut most) = (0, 0);
    for at in 0..end {
        now += bytes(at);
        most = most.max(now);
        ended[last[at]] += bytes(at);
        now -= ended[at];
    }
    Values { bytes: most, widest: (0..end).map(bytes).max().unwrap_or(0).max(1) }
}
