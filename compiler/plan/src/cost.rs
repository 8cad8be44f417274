//! How much a function does, as expressions in its sizes.

use std::iter::once;

use tgc_graph::dim::Dim;
use tgc_scalar::{Elementary, Inst, Program};

use crate::{AccessKind, Block, FunctionPlan, Reducer, Sink, Step};

/// Counts for one call. They say how work grows with sizes and what dominates, not how long it takes: a
/// division counts as an addition does, and what caches save counts too. A routine's are estimated: sorting
/// counts and moves each element once for each byte of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Scalar instructions; in code for vectors each does several at once.
    pub instructions: Dim,
    /// Bytes that are read from buffers, again wherever they are read again.
    pub bytes_read: Dim,
    /// Bytes that are written to buffers.
    pub bytes_written: Dim,
}

/// Instructions that a radix sort takes for each byte of an element: to read the digit, to count it, and to
/// move the element.
const SORT_PER_BYTE: usize = 8;

impl FunctionPlan<'_> {
    /// What a call costs.
    pub fn cost(self) -> Cost {
        let mut cost =
            Cost { instructions: Dim::Const(0), bytes_read: Dim::Const(0), bytes_written: Dim::Const(0) };
        for step in &self.body.steps {
            match step {
                Step::Nest(nest) => self.add_blocks(&mut cost, nest.extent.as_ref(), &nest.blocks),
                Step::Matmul(matmul) => {
                    let runs: Dim = matmul.axes.iter().product();
                    cost.instructions =
                        &cost.instructions + &times(&runs, instructions(&matmul.reducer.step));
                    let [left, right] = [&matmul.left, &matmul.right].map(|a| self.buffer(a.buffer));
                    let read = left.dtype.bytes() + right.dtype.bytes();
                    cost.bytes_read = &cost.bytes_read + &times(&runs, read);
                    self.add_blocks(&mut cost, None, step.blocks());
                }
                Step::Copy { from, .. } => {
                    let bytes = self.buffer(*from).bytes();
                    cost.bytes_read = &cost.bytes_read + &bytes;
                    cost.bytes_written = &cost.bytes_written + &bytes;
                }
                Step::Call(call) => {
                    let elements = &call.rows * &call.length;
                    let bytes = self.buffer(call.from).dtype.bytes();
                    cost.instructions = &cost.instructions + &times(&elements, SORT_PER_BYTE * bytes);
                    cost.bytes_read = &cost.bytes_read + &self.buffer(call.from).bytes();
                    cost.bytes_written = &cost.bytes_written + &self.buffer(call.to).bytes();
                }
                Step::Check(check) => {
                    cost.bytes_read = &cost.bytes_read + &self.buffer(check.index).bytes();
                }
            }
        }
        cost
    }

    fn add_blocks(&self, cost: &mut Cost, rows: Option<&Dim>, blocks: &[Block]) {
        let one = Dim::Const(1);
        let rows = rows.unwrap_or(&one);
        for block in blocks {
            let runs = block.axes.iter().fold(rows.clone(), |all, extent| &all * extent);
            // A reduction is stored once, after its last axis.
            let outer = block.axes.iter().rev().skip(1).fold(rows.clone(), |all, extent| &all * extent);
            cost.instructions = &cost.instructions + &times(&runs, instructions(&block.program));
            for sink in &block.sinks {
                // So many iterations together.
                let (count, together) = of_sink(sink);
                let all = times(&runs, count).floor_div(&Dim::Const(together), self.symbols());
                cost.instructions = &cost.instructions + &all;
            }
            for access in block.accesses() {
                let bytes = self.buffer(access.buffer()).dtype.bytes();
                let (read, written) = traffic(access.kind);
                let times_run = if access.kind == AccessKind::Reduce { &outer } else { &runs };
                let moved = times(times_run, bytes);
                cost.bytes_read = &cost.bytes_read + &times(&moved, usize::from(read));
                cost.bytes_written = &cost.bytes_written + &times(&moved, usize::from(written));
            }
        }
    }
}

/// Whether an iteration's element is read and written. Reductions over rows and what is spilled stay near.
fn traffic(kind: AccessKind) -> (bool, bool) {
    match kind {
        AccessKind::Read | AccessKind::Gather | AccessKind::Check | AccessKind::ReadAll => (true, false),
        AccessKind::Store
        | AccessKind::Reduce
        | AccessKind::Scatter { adds: false }
        | AccessKind::WriteAll => (false, true),
        AccessKind::Accumulate | AccessKind::Carry(_) | AccessKind::Scatter { adds: true } => (true, true),
        AccessKind::ReduceRows | AccessKind::Spills => (false, false),
    }
}

fn times(size: &Dim, count: usize) -> Dim {
    size * &Dim::Const(count as i64)
}

/// What some iterations do besides the block's program, and how many they are.
fn of_sink(sink: &Sink) -> (usize, i64) {
    match sink {
        Sink::Reduce { reducer, prereduction: Some(prereduction), .. } => {
            let together = 1 << prereduction.times;
            (instructions(&prereduction.add) * (together - 1) + instructions(&reducer.step), together as i64)
        }
        Sink::Reduce { reducer: Reducer { step, .. }, prereduction: None, .. }
        | Sink::Accumulate { reducer: Reducer { step, .. }, .. }
        | Sink::ReduceRows { reducer: Reducer { step, .. }, .. } => (instructions(step), 1),
        Sink::Scan { scan, .. } => (once(&scan.step).chain(once(&scan.finish)).map(instructions).sum(), 1),
        Sink::Scatter { add, .. } => (add.as_ref().map_or(0, instructions), 1),
        Sink::Store { .. } | Sink::Row { .. } => (0, 1),
    }
}

fn instructions(program: &Program) -> usize {
    let is_free = |inst: &Inst| matches!(inst, Inst::Const(_) | Inst::Param { .. });
    let all = program.insts.iter().filter(|(inst, _)| !is_free(inst));
    all.map(|(inst, scalar)| match Elementary::of(inst) {
        Some(function) => instructions(&function.program(*scalar)),
        None => 1,
    })
    .sum()
}
