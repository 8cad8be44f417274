//! One block of a nest, for one row or for several rows together.
//!
//! A block with axes runs serial loops over all axes but the last; the last one runs in tiles of `lanes`
//! iterations, then in smaller ones if it is known how many are left, else one by one. When several rows run
//! together, each tile repeats its body for each row, and loads that do not depend on the row are shared. A
//! block without axes runs all rows as one tile, a row a lane.
//!
//! A block with fission runs each strip of tiles segment by segment ([`crate::fission`]), row after row.
//!
//! Rows run side by side only where nothing can tell ([`Block::joins_rows`]): the Plan says where, and the
//! verifier proves it for reductions into memory, whose order is the plain order of iterations. Elsewhere the
//! block runs row after row.

use std::cell::RefCell;

use inkwell::IntPredicate;
use inkwell::values::{InstructionOpcode, IntValue};
use tgc_graph::dim::Dim;
use tgc_plan::{Access, Axis, Block, Indirect, IndirectIndex, Position, Read, Reducer, Scan, Sink, Target};
use tgc_scalar::Program;

use crate::body::{Base, Body};
use crate::ends::{Drain, Lookup, Source};
use crate::fission::Fissioned;
use crate::ir::{Ir, Val};
use crate::memory::{Spot, Stride, element_address, lane_of, splat};
use crate::order::{depends_on, on_axis, writes};
use crate::pressure;
use crate::reduce::{Accumulators, mask_bits, step};
use crate::scalar::{Parts, build_program};
use crate::scan::{self, Running};
use crate::tile::{Rows, Share, Tile, narrower, pieces};

/// The row values that exist so far, one row a lane.
pub(crate) type RowValues<'c> = RefCell<Vec<Option<Parts<'c>>>>;

/// A block in its nest.
#[derive(Clone, Copy)]
pub(crate) struct BlockBuilder<'a, 'b, 'c> {
    pub(crate) body: &'a Body<'b, 'c>,
    pub(crate) block: &'a Block,
    /// Reads that were made before the first row, by index.
    pub(crate) fixed: &'a [Option<Parts<'c>>],
    /// Accumulators of totals, by index of the sink.
    pub(crate) totals: &'a [Option<Accumulators<'a, 'c>>],
    /// Accumulators of scans along the rows of a block without axes, by index of the sink.
    pub(crate) running: &'a [Option<Running<'a, 'c>>],
    pub(crate) values: &'a RowValues<'c>,
    pub(crate) rows: Rows<'c>,
    /// The sums of a matmul, a column a lane, in its epilogue.
    pub(crate) sum: Option<&'a Parts<'c>>,
}

impl<'a, 'c> BlockBuilder<'a, '_, 'c> {
    /// Emits the block.
    pub(crate) fn build(self) {
        if self.block.axes.is_empty() {
            let Rows { first: index, count: width, share, may_start } = self.rows;
            let tile = Tile { index, width, share, may_start };
            self.build_tile(&self.sources(&[]), &self.drains(&[]), tile);
        } else if self.rows.count > 1 && !self.block.joins_rows {
            self.build_row_by_row();
        } else {
            self.build_loops(&mut vec![]);
        }
    }

    /// Emits some iterations of the last axis, of one row: the epilogue of a matmul.
    pub(crate) fn build_part_of_row(self, outer: &[IntValue<'c>], index: IntValue<'c>, width: u32) {
        let tile = Tile { index, width, share: Share::All, may_start: true };
        self.build_tile(&self.sources(outer), &self.drains(outer), tile);
    }

    /// The axis along which tiles run.
    fn along(self) -> Axis {
        match self.block.axes.len() {
            0 => Axis::Row,
            n => Axis::Inner(n - 1),
        }
    }

    /// How many times the body of a tile is repeated.
    fn repeats(self) -> u32 {
        if self.block.axes.is_empty() { 1 } else { self.rows.count }
    }

    fn build_row_by_row(self) {
        let ir = &self.body.ir;
        let known = self.values.borrow().clone();
        let mut made: Vec<Vec<Option<Parts>>> = vec![];
        for r in 0..self.rows.count {
            let row = known.iter().map(|v| v.as_ref().map(|parts| lane_of(ir, parts, r))).collect();
            let values = RefCell::new(row);
            let first = ir.add(self.rows.first, ir.int(i64::from(r)));
            BlockBuilder {
                values: &values,
                rows: Rows { first, count: 1, share: Share::All, may_start: self.rows.may_start && r == 0 },
                ..self
            }
            .build();
            made.push(values.into_inner());
        }
        for (id, value) in self.values.borrow_mut().iter_mut().enumerate() {
            if let (None, Some(parts)) = (&value, &made[0][id]) {
                let rows = |part: usize| {
                    let row = |v: &Vec<Option<Parts<'c>>>| {
                        v[id].as_ref().expect("invariant: all rows are alike")[part]
                    };
                    made.iter().map(row).collect::<Vec<Val>>()
                };
                *value = Some((0..parts.len()).map(|part| ir.gather(&rows(part))).collect());
            }
        }
    }

    fn build_loops(self, outer: &mut Vec<IntValue<'c>>) {
        if outer.len() + 1 == self.block.axes.len() {
            return self.build_last_axis(outer);
        }
        let ir = &self.body.ir;
        let extent = ir.dim(&self.block.axes[outer.len()]);
        ir.for_range(ir.int(0), extent, 1, &mut |index| {
            outer.push(index);
            self.build_loops(outer);
            outer.pop();
        });
    }

    fn build_last_axis(self, outer: &[IntValue<'c>]) {
        let ir = &self.body.ir;
        let extent = ir.dim(&self.block.axes[outer.len()]);
        let drains = self.drains(outer);
        for reducer in drains.iter().filter_map(Drain::as_reductions).flatten() {
            reducer.reset(ir);
        }
        if self.loads_early() && extent.get_sign_extended_constant().is_none_or(|n| n < 1) {
            // What is loaded before an axis need not exist if the axis is empty.
            let (some, none) = (ir.new_block("some"), ir.new_block("none"));
            ir.branch(ir.compare_int(IntPredicate::SGT, extent, ir.int(0)), some, none);
            ir.position(some);
            self.build_tiles(&drains, extent, outer);
            ir.jump(none);
            ir.position(none);
        } else {
            self.build_tiles(&drains, extent, outer);
        }
        for (sink, drain) in self.block.sinks.iter().zip(&drains) {
            if let (Sink::Reduce { to, .. }, Drain::Reduce(rows)) = (sink, drain) {
                self.deliver(to, rows, outer);
            }
        }
    }

    /// Tiles of the last axis, then its rest one by one.
    fn build_tiles(self, drains: &[Drain<'a, 'c>], extent: IntValue<'c>, outer: &[IntValue<'c>]) {
        let ir = &self.body.ir;
        let lanes = self.block.lanes;
        let sources = self.sources(outer);
        let whole = ir.round_down(extent, lanes);
        let tile = |index: IntValue<'c>, may_start: bool| {
            self.build_tile(&sources, drains, Tile { index, width: lanes, share: Share::All, may_start });
        };
        // One iteration at a time must not ask each time whether it is the first.
        let peels = lanes == 1 && drains.iter().any(|drain| matches!(drain, Drain::Scan { .. }));
        let begin = if peels { ir.min(whole, ir.int(1)) } else { ir.int(0) };
        if peels {
            ir.for_range(ir.int(0), begin, 1, &mut |index| tile(index, true));
        }
        match Fissioned::of(self.body, self.block) {
            None => ir.for_range(begin, whole, i64::from(lanes), &mut |index| tile(index, !peels)),
            Some(fission) => fission.strips(self.body, begin, whole, &mut |first, end| {
                self.build_strip(&fission, (&sources, drains), (first, end), lanes, &|_| Share::All);
            }),
        }
        if lanes > 1 && whole != extent {
            self.build_rest((&sources, drains), whole, extent);
        }
    }

    /// What is left after the last whole tile: in smaller tiles if its size is known, else a few at a time
    /// and one by one.
    fn build_rest(
        self,
        (sources, drains): (&[Source<'c>], &[Drain<'a, 'c>]),
        whole: IntValue<'c>,
        extent: IntValue<'c>,
    ) {
        let ir = &self.body.ir;
        let known = whole.get_sign_extended_constant().zip(extent.get_sign_extended_constant());
        let pieces =
            known.and_then(|(whole, end)| pieces((end - whole) as u32, self.block.program.insts.len()));
        if let Some((pieces, (whole, _))) = pieces.zip(known) {
            for (first, width) in pieces {
                let index = ir.int(whole + i64::from(first));
                let tile = Tile { index, width, share: Share::From(first), may_start: true };
                self.build_tile(sources, drains, tile);
            }
            return;
        }
        let reductions = || drains.iter().filter_map(Drain::as_reductions).flatten();
        reductions().for_each(|reducer| reducer.spill(ir));
        let share = |index| Share::At(ir.sub(index, whole));
        match Fissioned::of(self.body, self.block) {
            None => ir.for_narrower(whole, extent, self.narrower(), &mut |index, width| {
                let share = share(index);
                self.build_tile(sources, drains, Tile { index, width, share, may_start: true });
            }),
            Some(fission) => self.build_strip(&fission, (sources, drains), (whole, extent), 1, &share),
        }
        reductions().for_each(|reducer| reducer.reload(ir));
    }

    /// How many iterations run together after the last whole tile, before those that run one by one.
    fn narrower(self) -> Option<u32> {
        narrower(self.block.lanes, self.block.program.insts.len() * self.repeats() as usize)
    }

    /// Sends the final values of a reduction to their targets.
    fn deliver(self, to: &[Target], rows: &[Accumulators<'a, 'c>], outer: &[IntValue<'c>]) {
        let ir = &self.body.ir;
        let finals: Vec<Vec<Parts>> = rows.iter().map(|row| row.finish(ir)).collect();
        for (member, target) in to.iter().enumerate() {
            match target {
                Target::Row(id) => {
                    let part =
                        |p: usize| ir.gather(&finals.iter().map(|row| row[member][p]).collect::<Vec<_>>());
                    let parts = (0..finals[0][member].len()).map(part).collect();
                    self.values.borrow_mut()[id.0 as usize] = Some(parts);
                }
                Target::Buffer(access) => {
                    for (r, row) in finals.iter().enumerate() {
                        self.spot(access, outer, r as u32).store(ir, 1, &row[member]);
                    }
                }
            }
        }
    }

    // What stays the same while a tile's axis runs.

    pub(crate) fn sources(self, outer: &[IntValue<'c>]) -> Vec<Source<'c>> {
        let mut sources = vec![];
        for i in 0..self.block.reads.len() {
            let source = self.source(i, outer, &sources);
            sources.push(source);
        }
        sources
    }

    pub(crate) fn drains(self, outer: &[IntValue<'c>]) -> Vec<Drain<'a, 'c>> {
        self.block.sinks.iter().enumerate().map(|(i, sink)| self.drain(i, sink, outer)).collect()
    }

    fn source(self, index: usize, outer: &[IntValue<'c>], before: &[Source<'c>]) -> Source<'c> {
        let ir = &self.body.ir;
        if let Some(parts) = &self.fixed[index] {
            return Source::Scalars(vec![parts.clone()]);
        }
        match &self.block.reads[index] {
            Read::Size(dim) => Source::Scalars(vec![vec![ir.dim(dim).into()]]),
            Read::Sum => Source::Lanes(self.sum.expect("invariant: only epilogues read a sum").clone()),
            Read::Index(Position { strides, offset }) => {
                let rows = if on_axis(strides, Axis::Row).is_some() { self.repeats() } else { 1 };
                let starts = (0..rows).map(|r| self.start(strides, offset, outer, r)).collect::<Vec<_>>();
                match on_axis(strides, self.along()) {
                    Some(step) => Source::Counter { starts, step: ir.dim(step) },
                    None => Source::Scalars(starts.into_iter().map(|start| vec![start.into()]).collect()),
                }
            }
            Read::Row(row) => {
                let values = self.values.borrow();
                let parts =
                    values[row.0 as usize].as_ref().expect("invariant: an earlier block made the row value");
                match self.block.axes.is_empty() {
                    true => Source::Lanes(parts.clone()),
                    false => Source::Scalars((0..self.rows.count).map(|r| lane_of(ir, parts, r)).collect()),
                }
            }
            Read::Gather(Indirect { access, indices }) => {
                let lookups = self.lookups(indices);
                let known: Option<Vec<&Vec<Parts>>> =
                    indices.iter().map(|p| before[p.read].as_scalars()).collect();
                let Some(known) = known else {
                    return Source::Gathered { spots: self.spots(access, outer), lookups };
                };
                // The places are the same all along the tile's axis.
                let of_row = depends_on(access, Axis::Row) || known.iter().any(|rows| rows.len() > 1);
                let rows = if of_row { self.repeats() } else { 1 };
                let spot = |r: u32| {
                    let indices: Vec<Val> =
                        known.iter().map(|rows| rows[(r as usize).min(rows.len() - 1)][0]).collect();
                    self.guided(self.spot(access, outer, r), &lookups, &indices)
                };
                let spots: Vec<Spot> = (0..rows).map(spot).collect();
                match self.may_load_early(access) {
                    true => Source::Scalars(spots.iter().map(|spot| spot.load(ir, 1)).collect()),
                    false => Source::Memory(spots),
                }
            }
            Read::Buffer(access) => {
                if let Base::Value(value) = self.body.base(access.buffer) {
                    return Source::Scalars(vec![vec![value]]);
                }
                let spots = self.spots(access, outer);
                match self.may_load_early(access) {
                    true => Source::Scalars(spots.iter().map(|spot| spot.load(ir, 1)).collect()),
                    false => Source::Memory(spots),
                }
            }
        }
    }

    /// Whether some element is loaded before the tile's axis runs.
    fn loads_early(self) -> bool {
        self.block.reads.iter().any(|read| match read {
            Read::Buffer(access) | Read::Gather(Indirect { access, .. }) => self.may_load_early(access),
            Read::Row(_) | Read::Size(_) | Read::Index(_) | Read::Sum => false,
        })
    }

    /// Whether an element can be loaded before the tile's axis runs: it is one, and nothing in the block
    /// writes it.
    fn may_load_early(self, access: &Access) -> bool {
        !depends_on(access, self.along()) && !writes(self.body, self.block, access)
    }

    fn drain(self, index: usize, sink: &'a Sink, outer: &[IntValue<'c>]) -> Drain<'a, 'c> {
        match sink {
            Sink::Store { to, .. } if self.block.axes.is_empty() => Drain::StoreAt(to),
            Sink::Store { to, .. } => {
                Drain::Store((0..self.repeats()).map(|r| self.spot(to, outer, r)).collect())
            }
            Sink::Row { row, .. } => Drain::Row(*row),
            Sink::Reduce { reducer, prereduction, results, .. } => {
                let (ir, lanes, mask) =
                    (&self.body.ir, self.block.lanes, mask_bits(&self.block.program, results));
                let accumulators = |_| Accumulators::new(ir, reducer, lanes, prereduction.as_ref(), mask);
                Drain::Reduce((0..self.repeats()).map(accumulators).collect())
            }
            Sink::Accumulate { to, .. } => {
                Drain::Accumulate(to.iter().map(|access| self.spots(access, outer)).collect())
            }
            Sink::Scan { scan, along, carry, to, .. } => {
                let spots = || (0..self.repeats()).map(|r| self.spot(to, outer, r)).collect();
                match (&self.running[index], *along == self.along()) {
                    (Some(running), _) => Drain::ScanRows { running, to: self.spot(to, outer, 0) },
                    (None, true) => {
                        let running =
                            (0..self.repeats()).map(|_| Running::new(&self.body.ir, scan)).collect();
                        Drain::Scan { running, to: spots() }
                    }
                    (None, false) => {
                        let carry = carry.iter().map(|access| self.spots(access, outer)).collect();
                        let at = match along {
                            Axis::Row => self.rows.first,
                            Axis::Inner(k) => outer[*k],
                        };
                        let ir = &self.body.ir;
                        let is_first = ir.compare_int(IntPredicate::EQ, at, ir.int(0));
                        Drain::ScanInMemory { carry, to: spots(), is_first }
                    }
                }
            }
            Sink::Scatter { to, .. } => Drain::Scatter {
                to: (0..self.repeats()).map(|r| self.spot(&to.access, outer, r)).collect(),
                lookups: self.lookups(&to.indices),
            },
            Sink::ReduceRows { .. } => Drain::ReduceRows(
                self.totals[index].as_ref().expect("invariant: the nest prepared its totals"),
            ),
        }
    }

    /// The place of an access: one for all rows if the row does not matter, else one a row.
    fn spots(self, access: &Access, outer: &[IntValue<'c>]) -> Vec<Spot<'c>> {
        let rows = if depends_on(access, Axis::Row) { self.repeats() } else { 1 };
        (0..rows).map(|r| self.spot(access, outer, r)).collect()
    }

    /// The place of an access where the tile's axis is 0.
    fn spot(self, access: &Access, outer: &[IntValue<'c>], r: u32) -> Spot<'c> {
        let ir = &self.body.ir;
        let index = self.start(&access.strides, &access.offset, outer, r);
        let stride = match on_axis(&access.strides, self.along()) {
            None => Stride::Same,
            Some(Dim::Const(1)) => Stride::Next,
            Some(Dim::Const(-1)) => Stride::Back,
            Some(step) => Stride::By(ir.dim(step)),
        };
        let dtype = self.body.plan.buffer(access.buffer).dtype;
        let Base::Memory(base) = self.body.base(access.buffer) else {
            unreachable!("invariant: only reads name an input that arrives by value")
        };
        Spot { dtype, address: element_address(ir, dtype, base, index), stride }
    }

    fn lookups(self, indices: &[IndirectIndex]) -> Vec<Lookup<'c>> {
        let ir = &self.body.ir;
        let lookup =
            |p: &IndirectIndex| Lookup { read: p.read, extent: ir.dim(&p.extent), stride: ir.dim(&p.stride) };
        indices.iter().map(lookup).collect()
    }

    /// A place moved on by indirect indices: one a lookup.
    fn guided(self, spot: Spot<'c>, lookups: &[Lookup<'c>], indices: &[Val<'c>]) -> Spot<'c> {
        let ir = &self.body.ir;
        let step = |(lookup, index): (&Lookup<'c>, &Val<'c>)| {
            let index = index.into_int_value();
            let is_negative = ir.compare_int(IntPredicate::SLT, index, ir.int(0));
            let from_end = ir.add(index, lookup.extent);
            let index = ir.select(is_negative.into(), from_end.into(), index.into()).into_int_value();
            ir.mul(index, lookup.stride)
        };
        let steps = lookups.iter().zip(indices).map(step);
        let elements = steps.fold(ir.int(0), |sum, step| ir.add(sum, step));
        Spot { address: element_address(ir, spot.dtype, spot.address, elements), ..spot }
    }

    /// What strides and an offset come to where the tile's axis is 0.
    fn start(self, strides: &[(Axis, Dim)], offset: &Dim, outer: &[IntValue<'c>], r: u32) -> IntValue<'c> {
        let ir = &self.body.ir;
        let mut sum = ir.dim(offset);
        for (axis, step) in strides.iter().filter(|(axis, _)| *axis != self.along()) {
            let position = match axis {
                Axis::Row => ir.add(self.rows.first, ir.int(i64::from(r))),
                Axis::Inner(k) => outer[*k],
            };
            sum = ir.add(sum, ir.mul(position, ir.dim(step)));
        }
        sum
    }

    // The body.

    fn build_tile(self, sources: &[Source<'c>], drains: &[Drain<'a, 'c>], tile: Tile<'c>) {
        self.prefetch(sources, tile);
        // Rows that run together are within the budget, or there is none.
        let budget = if self.repeats() > 1 { usize::MAX } else { self.body.budget };
        for portion in pressure::portions(&self.body.ir, self.block, tile, budget) {
            self.build_portion(sources, drains, portion);
        }
    }

    fn build_portion(self, sources: &[Source<'c>], drains: &[Drain<'a, 'c>], tile: Tile<'c>) {
        let ir = &self.body.ir;
        let mut loaded: Vec<Vec<Parts>> = vec![];
        for source in sources {
            let rows = self.load(source, tile, &loaded);
            loaded.push(rows);
        }
        let run = |r: usize| {
            let params: Vec<Parts> = loaded.iter().map(|rows| rows[r.min(rows.len() - 1)].clone()).collect();
            build_program(ir, &self.block.program, tile.width, &params)
        };
        let results: Vec<Vec<Parts>> = (0..self.repeats() as usize).map(run).collect();
        for (sink, drain) in self.block.sinks.iter().zip(drains) {
            self.sink(sink, drain, &results, tile, &loaded);
        }
    }

    /// Asks for what the rows after these read.
    fn prefetch(self, sources: &[Source<'c>], tile: Tile<'c>) {
        let ir = &self.body.ir;
        let Some(prefetch) = &self.block.prefetch else { return };
        for read in &prefetch.reads {
            if let (Source::Memory(spots), Some(access)) = (&sources[*read], self.block.reads[*read].access())
                && let Some(stride) = on_axis(&access.strides, Axis::Row)
                && tile.width == self.block.lanes
            {
                let rows = ir.mul(ir.dim(stride), ir.int(i64::from(self.rows.count)));
                spots
                    .iter()
                    .for_each(|spot| spot.at(ir, tile.index).prefetch(ir, rows, tile.width, prefetch));
            }
        }
    }

    pub(crate) fn load(
        self,
        source: &Source<'c>,
        tile: Tile<'c>,
        before: &[Vec<Parts<'c>>],
    ) -> Vec<Parts<'c>> {
        let ir = &self.body.ir;
        match source {
            Source::Scalars(rows) => rows.iter().map(|parts| splat(ir, parts, tile.width)).collect(),
            Source::Lanes(parts) => vec![parts.clone()],
            Source::Memory(rows) => {
                rows.iter().map(|spot| spot.at(ir, tile.index).load(ir, tile.width)).collect()
            }
            Source::Gathered { spots, lookups } => {
                let rows =
                    lookups.iter().map(|p| before[p.read].len()).chain([spots.len()]).max().unwrap_or(1);
                let element = |r: usize| {
                    let spot = spots[r.min(spots.len() - 1)].at(ir, tile.index);
                    let lane = |k: u32| {
                        let spot = spot.at(ir, ir.int(i64::from(k)));
                        self.guided(spot, lookups, &indices(ir, lookups, before, r, k)).load_one(ir)
                    };
                    let lanes: Vec<Parts> = (0..tile.width).map(lane).collect();
                    let part = |p: usize| ir.gather(&lanes.iter().map(|lane| lane[p]).collect::<Vec<_>>());
                    (0..lanes[0].len()).map(part).collect()
                };
                (0..rows).map(element).collect()
            }
            Source::Counter { starts, step } => {
                let first = ir.mul(tile.index, *step);
                let lanes: Vec<Val> =
                    (0..tile.width).map(|k| ir.mul(*step, ir.int(i64::from(k))).into()).collect();
                let number = |start: &IntValue<'c>| {
                    let first = ir.splat(ir.add(*start, first).into(), tile.width);
                    vec![ir.binary(InstructionOpcode::Add, first, ir.gather(&lanes))]
                };
                starts.iter().map(number).collect()
            }
        }
    }

    /// Sends the results of a tile, by row, to one sink.
    pub(crate) fn sink(
        self,
        sink: &Sink,
        drain: &Drain<'a, 'c>,
        results: &[Vec<Parts<'c>>],
        tile: Tile<'c>,
        loaded: &[Vec<Parts<'c>>],
    ) {
        let ir = &self.body.ir;
        let pick =
            |row: &Vec<Parts<'c>>, which: &[usize]| which.iter().map(|i| row[*i].clone()).collect::<Vec<_>>();
        match (sink, drain) {
            (Sink::Store { result, .. }, Drain::Store(spots)) => {
                for (spot, row) in spots.iter().zip(results) {
                    spot.at(ir, tile.index).store(ir, tile.width, &row[*result]);
                }
            }
            (Sink::Store { result, .. }, Drain::StoreAt(access)) => {
                let spot = self.spot(access, &[], 0);
                spot.at(ir, tile.index).store(ir, tile.width, &results[0][*result]);
            }
            (Sink::Row { result, .. }, Drain::Row(id)) => {
                self.values.borrow_mut()[id.0 as usize] = Some(results[0][*result].clone());
            }
            (Sink::Reduce { results: which, .. }, Drain::Reduce(rows)) => {
                for (accumulators, row) in rows.iter().zip(results) {
                    reduce_tile(self.body, accumulators, tile, &pick(row, which));
                }
            }
            (Sink::ReduceRows { results: which, .. }, Drain::ReduceRows(accumulators)) => {
                reduce_tile(self.body, accumulators, tile, &pick(&results[0], which));
            }
            (Sink::Accumulate { reducer, results: which, .. }, Drain::Accumulate(spots)) => {
                let values: Vec<Vec<Parts>> = results.iter().map(|row| pick(row, which)).collect();
                self.accumulate(reducer, spots, &values, tile);
            }
            (Sink::Scan { results: which, .. }, Drain::Scan { running, to }) => {
                for ((running, spot), row) in running.iter().zip(to).zip(results) {
                    let parts = running.step(ir, &pick(row, which), tile.width, self.starts(tile));
                    spot.at(ir, tile.index).store(ir, tile.width, &parts);
                }
            }
            (Sink::Scan { results: which, .. }, Drain::ScanRows { running, to }) => {
                let parts = running.step(ir, &pick(&results[0], which), tile.width, self.starts(tile));
                to.at(ir, tile.index).store(ir, tile.width, &parts);
            }
            (Sink::Scan { scan, results: which, along, .. }, Drain::ScanInMemory { carry, to, is_first }) => {
                let values: Vec<Vec<Parts>> = results.iter().map(|row| pick(row, which)).collect();
                self.scan_in_memory(scan, *along, (carry, to, *is_first), &values, tile);
            }
            (Sink::Scatter { result, add, .. }, Drain::Scatter { to, lookups }) => {
                for (r, row) in results.iter().enumerate() {
                    self.scatter(add.as_ref(), to[r], lookups, (r, &row[*result]), tile, loaded);
                }
            }
            _ => unreachable!("invariant: each sink has the drain of its kind"),
        }
    }

    /// Whether a tile starts its axis, if it may.
    fn starts(self, tile: Tile<'c>) -> Option<IntValue<'c>> {
        let ir = &self.body.ir;
        tile.may_start.then(|| ir.compare_int(IntPredicate::EQ, tile.index, ir.int(0)))
    }

    /// Takes a tile whose lanes reduce apart from each other, rows in order.
    fn scan_in_memory(
        self,
        scan: &Scan,
        along: Axis,
        (carry, to, is_first): (&[Vec<Spot<'c>>], &[Spot<'c>], IntValue<'c>),
        values: &[Vec<Parts<'c>>],
        tile: Tile<'c>,
    ) {
        let ir = &self.body.ir;
        for (r, row) in values.iter().enumerate() {
            let spots: Vec<Spot> =
                carry.iter().map(|rows| rows[r.min(rows.len() - 1)].at(ir, tile.index)).collect();
            let old = spots.iter().map(|spot| spot.load(ir, tile.width)).collect();
            // Along the rows, only the first row of those that run together can be the first of all.
            let is_first = Some(is_first).filter(|_| along != Axis::Row || (r == 0 && self.rows.may_start));
            let new = scan::step(ir, scan, tile.width, old, row, is_first);
            for (spot, parts) in spots.iter().zip(&new) {
                spot.store(ir, tile.width, parts);
            }
            let parts = scan::finish(ir, scan, tile.width, &new);
            to[r].at(ir, tile.index).store(ir, tile.width, &parts);
        }
    }

    /// Writes a tile where data says, lanes in order where they may meet.
    fn scatter(
        self,
        add: Option<&Program>,
        to: Spot<'c>,
        lookups: &[Lookup<'c>],
        (r, values): (usize, &Parts<'c>),
        tile: Tile<'c>,
        loaded: &[Vec<Parts<'c>>],
    ) {
        let ir = &self.body.ir;
        let write = |spot: Spot<'c>, width: u32, values: &Parts<'c>| {
            let values = match add {
                None => values.clone(),
                Some(add) => {
                    build_program(ir, add, width, &[spot.load(ir, width), values.clone()]).swap_remove(0)
                }
            };
            spot.store(ir, width, &values);
        };
        let spot = to.at(ir, tile.index);
        let varies = lookups.iter().any(|lookup| self.varies(lookup.read));
        if !varies && !matches!(to.stride, Stride::Same) {
            return write(
                self.guided(spot, lookups, &indices(ir, lookups, loaded, r, 0)),
                tile.width,
                values,
            );
        }
        for k in 0..tile.width {
            let spot =
                self.guided(spot.at(ir, ir.int(i64::from(k))), lookups, &indices(ir, lookups, loaded, r, k));
            write(spot, 1, &lane_of(ir, values, k));
        }
    }

    /// Whether a read differs along the tile's axis.
    fn varies(self, read: usize) -> bool {
        match &self.block.reads[read] {
            Read::Buffer(access) => depends_on(access, self.along()),
            Read::Row(_) => self.along() == Axis::Row,
            Read::Sum => true,
            Read::Size(_) => false,
            Read::Index(position) => on_axis(&position.strides, self.along()).is_some(),
            Read::Gather(Indirect { access, indices }) => {
                depends_on(access, self.along()) || indices.iter().any(|index| self.varies(index.read))
            }
        }
    }

    /// Reduces a tile into memory: rows in order, and lanes in order where they share an element.
    fn accumulate(
        self,
        reducer: &Reducer,
        spots: &[Vec<Spot<'c>>],
        values: &[Vec<Parts<'c>>],
        tile: Tile<'c>,
    ) {
        let ir = &self.body.ir;
        let at = |r: usize, k: u32| -> Vec<Spot<'c>> {
            let index = ir.add(tile.index, ir.int(i64::from(k)));
            spots.iter().map(|rows| rows[r.min(rows.len() - 1)].at(ir, index)).collect()
        };
        let shared = spots.iter().all(|rows| rows.len() == 1);
        let lanes_meet = tile.width > 1 && at(0, 0).iter().any(|spot| matches!(spot.stride, Stride::Same));
        if lanes_meet {
            for (r, row) in values.iter().enumerate() {
                for k in 0..tile.width {
                    let lane: Vec<Parts> = row.iter().map(|parts| lane_of(ir, parts, k)).collect();
                    self.accumulate_rows(reducer, &at(r, k), &[lane], 1);
                }
            }
        } else if shared {
            self.accumulate_rows(reducer, &at(0, 0), values, tile.width);
        } else {
            for (r, row) in values.iter().enumerate() {
                self.accumulate_rows(reducer, &at(r, 0), std::slice::from_ref(row), tile.width);
            }
        }
    }

    /// Reduces rows, in order, into the same places.
    fn accumulate_rows(self, reducer: &Reducer, spots: &[Spot<'c>], rows: &[Vec<Parts<'c>>], width: u32) {
        let ir = &self.body.ir;
        let mut accumulators: Vec<Parts> = spots.iter().map(|spot| spot.load(ir, width)).collect();
        for row in rows {
            accumulators = step(ir, reducer, width, accumulators, row);
        }
        for (spot, parts) in spots.iter().zip(&accumulators) {
            spot.store(ir, width, parts);
        }
    }
}

/// The indices of one lane of a row.
fn indices<'c>(
    ir: &Ir<'_, 'c>,
    lookups: &[Lookup<'c>],
    loaded: &[Vec<Parts<'c>>],
    r: usize,
    k: u32,
) -> Vec<Val<'c>> {
    let index = |lookup: &Lookup<'c>| {
        let rows = &loaded[lookup.read];
        lane_of(ir, &rows[r.min(rows.len() - 1)], k)[0]
    };
    lookups.iter().map(index).collect()
}

fn reduce_tile<'c>(
    body: &Body<'_, 'c>,
    accumulators: &Accumulators<'_, 'c>,
    tile: Tile<'c>,
    values: &[Parts<'c>],
) {
    match tile.share {
        Share::All => accumulators.step(&body.ir, values),
        Share::From(first) => accumulators.step_some(&body.ir, first, tile.width, values),
        Share::At(index) => accumulators.step_at(&body.ir, index, tile.width, values),
    }
}
