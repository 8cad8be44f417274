//! Unrolls small inner axes of reductions: what a row does becomes one program, and rows run together, one a
//! lane.
//!
//! A reduction over ten columns fills no vector, and merging its lanes costs more than reducing did. With
//! rows in the lanes there is nothing to merge and nothing left over. All blocks of the nest become one
//! without axes; what one stored and a later one read stays in a register, and memory that only served for
//! that is not written any more. Reductions then add in plain order.

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_plan::machine::UnrollTuning;
use tgc_plan::{Access, Axis, Block, BufferId, Nest, Position, Read, Reducer, RowId, Sink, Target};
use tgc_scalar::{Builder, Element};

use crate::classify::constant;

/// Unrolls a nest if that pays and can be done. `is_private` says of a buffer that no other step touches it.
pub(crate) fn unroll(
    nest: &mut Nest,
    dtypes: &[DType],
    is_private: &dyn Fn(BufferId) -> bool,
    limits: &UnrollTuning,
) -> bool {
    if !pays(nest, limits) {
        return false;
    }
    let mut unroller = Unroller {
        dtypes,
        builder: Builder::new(&[]),
        reads: vec![],
        rows: BTreeMap::new(),
        stored: vec![],
        totals: vec![],
    };
    if nest.blocks.iter().try_for_each(|block| unroller.block(block)).is_none() {
        return false;
    }
    let block = unroller.finish(is_private);
    nest.row_values.clear();
    nest.blocks = vec![block];
    true
}

/// Whether there is a reduction, all axes are small, and the whole stays short.
fn pays(nest: &Nest, limits: &UnrollTuning) -> bool {
    let iterations = |block: &Block| {
        let mut sizes = block.axes.iter().map(|extent| extent.as_const().filter(|n| *n > 0));
        sizes.try_fold(1i64, |product, size| product.checked_mul(size?)).filter(|n| *n <= limits.iterations)
    };
    let mut length = 0;
    for block in &nest.blocks {
        let Some(times) = iterations(block) else { return false };
        length += block.program.insts.len() * times as usize;
    }
    let reductions = nest.blocks.iter().flat_map(|b| &b.sinks).any(|s| matches!(s, Sink::Reduce { .. }));
    let extent = nest.extent.as_ref().map(Dim::as_const);
    let many_rows = extent.is_some_and(|extent| extent.is_none_or(|rows| rows >= limits.rows));
    reductions && many_rows && length <= limits.instructions && !nest.blocks.iter().any(has_prereduction)
}

/// Whether a block reads or reduces floats of 16 bits: programs on their bits do not join with others.
fn has_prereduction(block: &Block) -> bool {
    let reduced = block.sinks.iter().flat_map(Sink::reduced_types);
    let results = block.program.results.iter().map(|element| &element.dtype);
    let mut all = block.program.params.iter().chain(reduced).chain(results);
    all.any(|dtype| matches!(dtype, DType::F16 | DType::BF16))
}

struct Unroller<'a> {
    /// By buffer.
    dtypes: &'a [DType],
    builder: Builder,
    reads: Vec<Read>,
    rows: BTreeMap<RowId, Element>,
    /// What lies in memory by now, in the order of first stores.
    stored: Vec<(Access, Element)>,
    totals: Vec<(Reducer, Vec<Element>, Vec<BufferId>)>,
}

impl Unroller<'_> {
    /// Appends all iterations of a block; `None` if that cannot be done.
    fn block(&mut self, block: &Block) -> Option<()> {
        let sizes: Vec<i64> = block.axes.iter().map(|extent| extent.as_const()).collect::<Option<_>>()?;
        let (last, outer) = sizes.split_last().map_or((1, &sizes[..]), |(last, outer)| (*last, outer));
        for number in 0..outer.iter().product() {
            let mut at = indices(number, outer);
            let mut reductions: Vec<Vec<Element>> = block.sinks.iter().map(|sink| self.start(sink)).collect();
            at.push(0);
            for i in 0..last {
                at[outer.len()] = i;
                self.iteration(block, &at, &mut reductions)?;
            }
            for (sink, values) in block.sinks.iter().zip(reductions) {
                self.deliver(sink, &values, &at)?;
            }
        }
        Some(())
    }

    fn start(&mut self, sink: &Sink) -> Vec<Element> {
        let Sink::Reduce { reducer, .. } = sink else { return vec![] };
        let init = reducer.accumulators.iter().zip(&reducer.init);
        init.map(|(dtype, bits)| constant(&mut self.builder, *dtype, *bits)).collect()
    }

    fn iteration(&mut self, block: &Block, at: &[i64], reductions: &mut [Vec<Element>]) -> Option<()> {
        let params: Vec<Element> =
            block.reads.iter().map(|read| self.read(read, at)).collect::<Option<_>>()?;
        let results = self.builder.inline(&block.program, &params);
        for (sink, accumulators) in block.sinks.iter().zip(reductions) {
            match sink {
                Sink::Store { result, to } => self.store(moved(to, at), results[*result])?,
                Sink::Row { result, row } => {
                    self.rows.insert(*row, results[*result]);
                }
                Sink::Reduce { reducer, results: which, .. } => {
                    let values = which.iter().map(|r| results[*r]);
                    let all: Vec<Element> = accumulators.iter().copied().chain(values).collect();
                    *accumulators = self.builder.inline(&reducer.step, &all);
                }
                Sink::ReduceRows { reducer, results: which, to } => {
                    let values = which.iter().map(|r| results[*r]).collect();
                    self.totals.push((reducer.clone(), values, to.clone()));
                }
                Sink::Accumulate { .. } | Sink::Scan { .. } | Sink::Scatter { .. } => return None,
            }
        }
        Some(())
    }

    fn deliver(&mut self, sink: &Sink, values: &[Element], at: &[i64]) -> Option<()> {
        let Sink::Reduce { to, .. } = sink else { return Some(()) };
        for (target, value) in to.iter().zip(values) {
            match target {
                Target::Row(row) => {
                    self.rows.insert(*row, *value);
                }
                Target::Buffer(access) => self.store(moved(access, at), *value)?,
            }
        }
        Some(())
    }

    fn read(&mut self, read: &Read, at: &[i64]) -> Option<Element> {
        let (dtype, read) = match read {
            Read::Row(row) => return self.rows.get(row).copied(),
            Read::Size(_) => (DType::I64, read.clone()),
            Read::Index(Position { strides, offset }) => {
                let (strides, offset) = shift(strides, offset, at);
                (DType::I64, Read::Index(Position { strides, offset }))
            }
            Read::Buffer(access) => {
                let access = moved(access, at);
                if let Some(element) = self.find(&access)? {
                    return Some(element);
                }
                (self.dtypes[access.buffer.0 as usize], Read::Buffer(access))
            }
            Read::Sum | Read::Gather(_) => return None,
        };
        let number = self.reads.iter().position(|r| *r == read).unwrap_or_else(|| {
            self.reads.push(read);
            self.builder.add_param(dtype);
            self.reads.len() - 1
        });
        Some(self.builder.param(number))
    }

    /// What was stored at an access; `None` within if nothing was, `None` if that cannot be told.
    fn find(&self, access: &Access) -> Option<Option<Element>> {
        let same = self.stored.iter().filter(|(to, _)| to.buffer == access.buffer);
        for (to, element) in same {
            if to == access {
                return Some(Some(*element));
            }
            if !are_apart(to, access) {
                return None;
            }
        }
        Some(None)
    }

    fn store(&mut self, to: Access, element: Element) -> Option<()> {
        // What was read before must not turn out to be what is written now.
        let reads_elsewhere = |read: &Read| match read.access() {
            Some(access) if access.buffer == to.buffer => *access == to || are_apart(access, &to),
            Some(_) | None => true,
        };
        if !self.reads.iter().all(reads_elsewhere) {
            return None;
        }
        match self.find(&to)? {
            None => self.stored.push((to, element)),
            Some(_) => {
                let place = self.stored.iter_mut().find(|(other, _)| *other == to);
                place.expect("invariant: it was found").1 = element;
            }
        }
        Some(())
    }

    fn finish(self, is_private: &dyn Fn(BufferId) -> bool) -> Block {
        let mut results: Vec<Element> = vec![];
        let mut number = |element: Element| {
            results.iter().position(|r| *r == element).unwrap_or_else(|| {
                results.push(element);
                results.len() - 1
            })
        };
        let mut sinks = vec![];
        for (to, element) in self.stored {
            if !is_private(to.buffer) {
                sinks.push(Sink::Store { result: number(element), to });
            }
        }
        for (reducer, values, to) in self.totals {
            sinks.push(Sink::ReduceRows {
                reducer,
                results: values.into_iter().map(&mut number).collect(),
                to,
            });
        }
        let program = self.builder.finish(results);
        Block {
            axes: vec![],
            lanes: 1,
            fission: None,
            reads: self.reads,
            joins_rows: false,
            prefetch: None,
            program,
            sinks,
        }
    }
}

/// The iteration of this number, the last axis fastest.
fn indices(mut number: i64, sizes: &[i64]) -> Vec<i64> {
    let mut at = vec![0; sizes.len()];
    for axis in (0..sizes.len()).rev() {
        at[axis] = number % sizes[axis];
        number /= sizes[axis];
    }
    at
}

/// An access in an iteration: it moves with the row alone.
fn moved(access: &Access, at: &[i64]) -> Access {
    let (strides, offset) = shift(&access.strides, &access.offset, at);
    Access { buffer: access.buffer, strides, offset }
}

fn shift(strides: &[(Axis, Dim)], offset: &Dim, at: &[i64]) -> (Vec<(Axis, Dim)>, Dim) {
    let (mut left, mut offset) = (vec![], offset.clone());
    for (axis, stride) in strides {
        match axis {
            Axis::Row => left.push((*axis, stride.clone())),
            Axis::Inner(inner) => offset = &offset + &(stride * &Dim::Const(at[*inner])),
        }
    }
    (left, offset)
}

/// Whether accesses of one buffer never meet, in the same row or in others: they walk alike, and lie in
/// different places between two rows.
fn are_apart(a: &Access, b: &Access) -> bool {
    let row = |access: &Access| match access.strides.as_slice() {
        [(Axis::Row, stride)] => stride.as_const(),
        _ => None,
    };
    match (row(a), row(b), a.offset.as_const(), b.offset.as_const()) {
        (Some(s), Some(t), Some(x), Some(y)) => s == t && x != y && 0.max(x.max(y)) < s && x.min(y) >= 0,
        _ => false,
    }
}
