//! Runs one nest: rows, blocks, inner axes and sinks in the order that [`plan`](crate::plan) defines.

use tgc_graph::dim::Dim;
use tgc_scalar::Program;

use super::memory::Memory;
use super::{GARBAGE, Sizes};
use crate::{
    Access, Axis, Block, BufferId, Indirect, IndirectIndex, Nest, Prereduction, Read, Reducer, Scan, Sink,
    Target,
};

/// The bits of an element's parts.
pub(super) type Parts = [u64; 2];

/// Runs every row, then stores the totals.
pub(super) fn run(nest: &Nest, memory: &mut Memory, sizes: &Sizes) {
    let extent = nest.extent.as_ref().map_or(1, |dim| sizes.value(dim));
    let mut blocks: Vec<BlockRun> =
        nest.blocks.iter().map(|block| BlockRun::new(block, nest.rows, sizes)).collect();
    let mut row_values = vec![[0; 2]; nest.row_values.len()];
    for row in 0..extent {
        row_values.fill([u64::from(GARBAGE); 2]);
        for block in &mut blocks {
            block.run_row(row, memory, &mut row_values);
        }
    }
    for block in &blocks {
        block.store_totals(memory);
    }
}

/// A block with its dims evaluated, and the accumulators of its reductions.
pub(super) struct BlockRun<'p> {
    program: &'p Program,
    extents: Vec<i64>,
    lanes: i64,
    reads: Vec<Source>,
    sinks: Vec<SinkRun<'p>>,
    params: Vec<Parts>,
    results: Vec<Parts>,
    runner: Runner,
    /// The sum, in the epilogue of a matmul.
    pub(super) sum: Parts,
}

enum Source {
    Buffer(Cursor),
    Row(usize),
    Size(i64),
    Index(Walk),
    Gather(Guided),
    Sum,
}

/// An access that data guides.
struct Guided {
    cursor: Cursor,
    /// Read, extent and stride of each part.
    parts: Vec<(usize, i64, i64)>,
}

impl Guided {
    fn new(indirect: &Indirect, axes: usize, sizes: &Sizes) -> Guided {
        let part = |part: &IndirectIndex| (part.read, sizes.value(&part.extent), sizes.value(&part.stride));
        let parts = indirect.indices.iter().map(part).collect();
        Guided { cursor: Cursor::new(&indirect.access, axes, sizes), parts }
    }

    /// The element, given what the block has read so far.
    fn element(&self, row: i64, index: &[i64], read: &[Parts]) -> i64 {
        let steps = self.parts.iter().map(|(at, extent, stride)| {
            let given = read[*at][0] as i64;
            stride * if given < 0 { given + extent } else { given }
        });
        self.cursor.element(row, index) + steps.sum::<i64>()
    }
}

enum SinkRun<'p> {
    Store { result: usize, to: Cursor },
    Row { result: usize, row: usize },
    Reduce { slots: Slots<'p>, results: &'p [usize], to: Vec<Destination> },
    Accumulate { reducer: &'p Reducer, results: &'p [usize], to: Vec<Cursor> },
    Scan { run: ScanRun<'p>, results: &'p [usize], to: Cursor },
    Scatter { result: usize, to: Guided, add: Option<&'p Program> },
    ReduceRows { slots: Slots<'p>, results: &'p [usize], to: &'p [BufferId] },
}

/// A scan, with its accumulators or where they wait.
struct ScanRun<'p> {
    scan: &'p Scan,
    along: Axis,
    carry: Vec<Cursor>,
    accumulators: Vec<Parts>,
}

impl ScanRun<'_> {
    /// What one iteration gives.
    fn step(
        &mut self,
        row: i64,
        index: &[i64],
        values: &[Parts],
        memory: &mut Memory,
        runner: &mut Runner,
    ) -> Parts {
        let at = match self.along {
            Axis::Row => row,
            Axis::Inner(axis) => index[axis],
        };
        let mut next = vec![];
        if at == 0 {
            runner.run(&self.scan.first, values, &mut next);
        } else {
            if !self.carry.is_empty() {
                let load = |c: &Cursor| memory.load(c.buffer, c.element(row, index));
                self.accumulators = self.carry.iter().map(load).collect();
            }
            let params = [&self.accumulators, values].concat();
            runner.run(&self.scan.step, &params, &mut next);
        }
        for (cursor, value) in self.carry.iter().zip(&next) {
            memory.store(cursor.buffer, cursor.element(row, index), *value);
        }
        self.accumulators = next;
        let mut finished = vec![];
        runner.run(&self.scan.finish, &self.accumulators, &mut finished);
        finished[0]
    }
}

enum Destination {
    Row(usize),
    Buffer(Cursor),
}

impl<'p> BlockRun<'p> {
    pub(super) fn new(block: &'p Block, rows: u32, sizes: &Sizes) -> BlockRun<'p> {
        let axes = block.axes.len();
        let cursor = |access: &Access| Cursor::new(access, axes, sizes);
        let source = |read: &Read| match read {
            Read::Buffer(access) => Source::Buffer(cursor(access)),
            Read::Row(row) => Source::Row(row.0 as usize),
            Read::Size(dim) => Source::Size(sizes.value(dim)),
            Read::Sum => Source::Sum,
            Read::Gather(indirect) => Source::Gather(Guided::new(indirect, axes, sizes)),
            Read::Index(position) => {
                Source::Index(Walk::new(&position.strides, &position.offset, axes, sizes))
            }
        };
        let destination = |target: &Target| match target {
            Target::Row(row) => Destination::Row(row.0 as usize),
            Target::Buffer(access) => Destination::Buffer(cursor(access)),
        };
        let sink = |sink: &'p Sink| match sink {
            Sink::Store { result, to } => SinkRun::Store { result: *result, to: cursor(to) },
            Sink::Row { result, row } => SinkRun::Row { result: *result, row: row.0 as usize },
            Sink::Reduce { reducer, results, to, prereduction } => SinkRun::Reduce {
                slots: Slots::new(reducer, block.lanes, prereduction.as_ref()),
                results,
                to: to.iter().map(destination).collect(),
            },
            Sink::Accumulate { reducer, results, to } => {
                SinkRun::Accumulate { reducer, results, to: to.iter().map(cursor).collect() }
            }
            Sink::Scan { scan, results, along, carry, to } => {
                let carry = carry.iter().map(cursor).collect();
                let run = ScanRun { scan, along: *along, carry, accumulators: vec![] };
                SinkRun::Scan { run, results, to: cursor(to) }
            }
            Sink::Scatter { result, to, add } => {
                SinkRun::Scatter { result: *result, to: Guided::new(to, axes, sizes), add: add.as_ref() }
            }
            Sink::ReduceRows { reducer, results, to } => {
                SinkRun::ReduceRows { slots: Slots::new(reducer, rows, None), results, to }
            }
        };
        BlockRun {
            program: &block.program,
            extents: block.axes.iter().map(|dim| sizes.value(dim)).collect(),
            lanes: i64::from(block.lanes),
            reads: block.reads.iter().map(source).collect(),
            sinks: block.sinks.iter().map(sink).collect(),
            params: vec![],
            results: vec![],
            runner: Runner::default(),
            sum: [0; 2],
        }
    }

    fn run_row(&mut self, row: i64, memory: &mut Memory, row_values: &mut [Parts]) {
        let mut index = vec![0; self.extents.len()];
        let Some((&last, outer)) = self.extents.split_last() else {
            return self.run_element(row, &index, row, memory, row_values);
        };
        let outer = outer.to_vec();
        if outer.iter().any(|&extent| extent <= 0) {
            return;
        }
        loop {
            self.reset_reductions(last);
            for i in 0..last {
                index[outer.len()] = i;
                self.run_element(row, &index, i, memory, row_values);
            }
            index[outer.len()] = 0;
            self.store_reductions(row, &index, memory, row_values);
            if !advance(&mut index[..outer.len()], &outer) {
                return;
            }
        }
    }

    /// One run of the program, for this element of what a reduction runs over.
    pub(super) fn run_element(
        &mut self,
        row: i64,
        index: &[i64],
        number: i64,
        memory: &mut Memory,
        row_values: &mut [Parts],
    ) {
        self.params.clear();
        for read in &self.reads {
            let element = match read {
                Source::Buffer(cursor) => memory.load(cursor.buffer, cursor.element(row, index)),
                Source::Row(row) => row_values[*row],
                Source::Size(size) => [*size as u64, 0],
                Source::Sum => self.sum,
                Source::Index(walk) => [walk.at(row, index) as u64, 0],
                Source::Gather(guided) => {
                    memory.load(guided.cursor.buffer, guided.element(row, index, &self.params))
                }
            };
            self.params.push(element);
        }
        // What says places is wanted until the last sink has run.
        let read = std::mem::take(&mut self.params);
        self.runner.run(self.program, &read, &mut self.results);
        for sink in &mut self.sinks {
            match sink {
                SinkRun::Store { result, to } => {
                    memory.store(to.buffer, to.element(row, index), self.results[*result]);
                }
                SinkRun::Row { result, row } => row_values[*row] = self.results[*result],
                SinkRun::Reduce { slots, results, .. } | SinkRun::ReduceRows { slots, results, .. } => {
                    slots.take(number, &self.results, results, &mut self.runner);
                }
                SinkRun::Accumulate { reducer, results, to } => {
                    self.params.clear();
                    self.params.extend(to.iter().map(|c| memory.load(c.buffer, c.element(row, index))));
                    self.params.extend(results.iter().map(|&r| self.results[r]));
                    let mut sums = vec![];
                    self.runner.run(&reducer.step, &self.params, &mut sums);
                    for (cursor, sum) in to.iter().zip(sums) {
                        memory.store(cursor.buffer, cursor.element(row, index), sum);
                    }
                }
                SinkRun::Scan { run, results, to } => {
                    let values: Vec<Parts> = results.iter().map(|&r| self.results[r]).collect();
                    let value = run.step(row, index, &values, memory, &mut self.runner);
                    memory.store(to.buffer, to.element(row, index), value);
                }
                SinkRun::Scatter { result, to, add } => {
                    let (buffer, element) = (to.cursor.buffer, to.element(row, index, &read));
                    let mut value = self.results[*result];
                    if let Some(add) = add {
                        let mut sum = vec![];
                        self.runner.run(add, &[memory.load(buffer, element), value], &mut sum);
                        value = sum[0];
                    }
                    memory.store(buffer, element, value);
                }
            }
        }
        self.params = read;
    }

    fn reset_reductions(&mut self, extent: i64) {
        for sink in &mut self.sinks {
            if let SinkRun::Reduce { slots, .. } = sink {
                slots.reset(extent - extent % self.lanes);
            }
        }
    }

    fn store_reductions(&self, row: i64, index: &[i64], memory: &mut Memory, row_values: &mut [Parts]) {
        for sink in &self.sinks {
            let SinkRun::Reduce { slots, to, .. } = sink else { continue };
            for (destination, value) in to.iter().zip(slots.merge()) {
                match destination {
                    Destination::Row(row) => row_values[*row] = value,
                    Destination::Buffer(to) => memory.store(to.buffer, to.element(row, index), value),
                }
            }
        }
    }

    fn store_totals(&self, memory: &mut Memory) {
        for sink in &self.sinks {
            let SinkRun::ReduceRows { slots, to, .. } = sink else { continue };
            for (buffer, value) in to.iter().zip(slots.merge()) {
                memory.store(*buffer, 0, value);
            }
        }
    }
}

/// Steps an index whose last axis is fastest; false after the last one.
pub(super) fn advance(index: &mut [i64], extents: &[i64]) -> bool {
    for axis in (0..index.len()).rev() {
        index[axis] += 1;
        if index[axis] < extents[axis] {
            return true;
        }
        index[axis] = 0;
    }
    false
}

/// An access with its strides evaluated.
pub(super) struct Cursor {
    pub(super) buffer: BufferId,
    walk: Walk,
}

impl Cursor {
    pub(super) fn new(access: &Access, axes: usize, sizes: &Sizes) -> Cursor {
        let walk = Walk::new(&access.strides, &access.offset, axes, sizes);
        Cursor { buffer: access.buffer, walk }
    }

    pub(super) fn element(&self, row: i64, index: &[i64]) -> i64 {
        self.walk.at(row, index)
    }
}

/// A number made of indices, with its strides evaluated.
struct Walk {
    offset: i64,
    row: i64,
    inner: Vec<i64>,
}

impl Walk {
    fn new(strides: &[(Axis, Dim)], offset: &Dim, axes: usize, sizes: &Sizes) -> Walk {
        let mut walk = Walk { offset: sizes.value(offset), row: 0, inner: vec![0; axes] };
        for (axis, stride) in strides {
            match axis {
                Axis::Row => walk.row = sizes.value(stride),
                Axis::Inner(inner) => walk.inner[*inner] = sizes.value(stride),
            }
        }
        walk
    }

    fn at(&self, row: i64, index: &[i64]) -> i64 {
        let inner: i64 = self.inner.iter().zip(index).map(|(stride, i)| stride * i).sum();
        self.offset + self.row * row + inner
    }
}

/// The accumulators of a reduction: `count` tuples.
struct Slots<'p> {
    reducer: &'p Reducer,
    count: usize,
    values: Vec<Parts>,
    prereduction: Option<&'p Prereduction>,
    /// Elements in whole tiles.
    whole: i64,
    /// What has come of a tile that is prereduced.
    tile: Vec<Parts>,
}

impl<'p> Slots<'p> {
    fn new(reducer: &'p Reducer, lanes: u32, prereduction: Option<&'p Prereduction>) -> Slots<'p> {
        let count = (lanes >> prereduction.map_or(0, |prereduction| prereduction.times)) as usize;
        let mut slots = Slots { reducer, count, values: vec![], prereduction, whole: 0, tile: vec![] };
        slots.reset(0);
        slots
    }

    fn reset(&mut self, whole: i64) {
        self.whole = whole;
        self.values.clear();
        for _ in 0..self.count {
            self.values.extend(&self.reducer.init);
        }
    }

    /// Takes some of a program's results: those of this element.
    fn take(&mut self, number: i64, results: &[Parts], which: &[usize], runner: &mut Runner) {
        match self.prereduction {
            Some(prereduction) if number < self.whole => {
                self.tile.push(results[which[0]]);
                let mut left = self.tile.len();
                if left == self.count << prereduction.times {
                    while left > self.count {
                        left /= 2;
                        for k in 0..left {
                            let mut sum = vec![];
                            runner.run(&prereduction.add, &[self.tile[k], self.tile[k + left]], &mut sum);
                            self.tile[k] = sum[0];
                        }
                    }
                    let tile = std::mem::take(&mut self.tile);
                    tile[..left].iter().enumerate().for_each(|(k, value)| self.step(k, &[*value], runner));
                }
            }
            Some(_) | None => {
                let values: Vec<Parts> = which.iter().map(|&r| results[r]).collect();
                self.step(number as usize % self.count, &values, runner);
            }
        }
    }

    /// Steps a tuple.
    fn step(&mut self, at: usize, values: &[Parts], runner: &mut Runner) {
        let arity = self.reducer.init.len();
        let tuple = &mut self.values[at * arity..][..arity];
        let params: Vec<Parts> = tuple.iter().chain(values).copied().collect();
        let mut stepped = vec![];
        runner.run(&self.reducer.step, &params, &mut stepped);
        tuple.copy_from_slice(&stepped);
    }

    /// Merges tuple `k` with `k + count/2`, prereduction until one is left.
    fn merge(&self) -> Vec<Parts> {
        let arity = self.reducer.init.len();
        let mut runner = Runner::default();
        let mut values = self.values.clone();
        let mut count = self.count;
        while count > 1 {
            count /= 2;
            for k in 0..count {
                let params =
                    [&values[k * arity..][..arity], &values[(k + count) * arity..][..arity]].concat();
                let mut merged = vec![];
                runner.run(&self.reducer.merge, &params, &mut merged);
                values[k * arity..][..arity].copy_from_slice(&merged);
            }
        }
        values.truncate(arity);
        values
    }
}

/// Runs programs, with scratch memory that it keeps.
#[derive(Default)]
pub(super) struct Runner {
    scratch: Vec<u64>,
    bits: Vec<u64>,
}

impl Runner {
    pub(super) fn run(&mut self, program: &Program, params: &[Parts], results: &mut Vec<Parts>) {
        program.run(params, &mut self.scratch, &mut self.bits);
        let mut bits = self.bits.iter().copied();
        let mut next = || bits.next().expect("invariant: a program returns the bits of every part");
        results.clear();
        results.extend(program.results.iter().map(|element| match element.dtype.parts() {
            1 => [next(), 0],
            _ => [next(), next()],
        }));
    }
}
