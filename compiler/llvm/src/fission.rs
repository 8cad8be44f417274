//! Blocks whose program is cut into segments: for each strip of iterations one loop after the other, one a
//! segment.
//!
//! A value that a later segment needs is spilled to the workspace, in the slice of the chunk that runs; the
//! place of an iteration is its number in the strip. What a segment needs besides, it reads or computes
//! again. Only the last segment feeds the sinks.
//!
//! LLVM takes a time that grows with the square of a function's loops and blocks. So where segments are many,
//! they are functions of some segments each, whose parameters are the strip and what the sources of their
//! reads are made of.

use inkwell::attributes::AttributeLoc;
use inkwell::types::BasicMetadataTypeEnum;
use inkwell::values::{IntValue, PointerValue};
use tgc_plan::fission::{Schedule, Segment};
use tgc_plan::{Block, Fission};
use tgc_scalar::{Inst, Value};

use crate::block::BlockBuilder;
use crate::body::{Base, Body};
use crate::ends::{Drain, Lookup, Source};
use crate::ir::{Val, is_constant};
use crate::memory::{Spot, Stride, from_memory, scalar_memory_type, to_memory};
use crate::scalar::{Parts, Values, build_some, results};
use crate::tile::{Share, Tile};

/// The most segments of one function.
const TOGETHER: usize = 32;

/// How a block is cut, and where its values are spilled.
pub(crate) struct Fissioned<'c> {
    strip: u32,
    schedule: Schedule,
    slice: PointerValue<'c>,
}

/// Some iterations of a strip that run together.
struct StripTile<'c> {
    tile: Tile<'c>,
    /// Their number in the strip.
    number: IntValue<'c>,
}

impl<'c> Fissioned<'c> {
    /// The segments of a block, if it has some.
    pub(crate) fn of(body: &Body<'_, 'c>, block: &Block) -> Option<Fissioned<'c>> {
        let fission: &Fission = block.fission.as_ref()?;
        let schedule = fission.schedule(block);
        let Base::Memory(base) = body.base(fission.buffer) else {
            unreachable!("invariant: values are spilled to the workspace")
        };
        let ir = &body.ir;
        let slice = ir.offset(base, ir.mul(body.chunk, ir.int(schedule.bytes as i64)));
        Some(Fissioned { strip: fission.strip, schedule, slice })
    }

    /// Runs `body` with the first iteration of each strip and the end of the strip.
    pub(crate) fn strips(
        &self,
        body: &Body<'_, 'c>,
        begin: IntValue<'c>,
        end: IntValue<'c>,
        strip: &mut dyn FnMut(IntValue<'c>, IntValue<'c>),
    ) {
        let ir = &body.ir;
        ir.for_range(begin, end, i64::from(self.strip), &mut |first| {
            let all = ir.add(first, ir.int(i64::from(self.strip)));
            strip(first, ir.min(all, end));
        });
    }
}

impl<'a, 'c> BlockBuilder<'a, '_, 'c> {
    /// Emits the iterations of a strip, so many at a time, each for its accumulators.
    pub(crate) fn build_strip(
        self,
        fission: &Fissioned<'c>,
        (sources, drains): (&[Source<'c>], &[Drain<'a, 'c>]),
        (first, end): (IntValue<'c>, IntValue<'c>),
        width: u32,
        share: &dyn Fn(IntValue<'c>) -> Share<'c>,
    ) {
        let ir = &self.body.ir;
        let (last, segments) =
            fission.schedule.segments.split_last().expect("invariant: a program has segments");
        match segments.len() <= TOGETHER {
            true => self.build_segments(fission, segments, sources, (first, end), width),
            false => segments
                .chunks(TOGETHER)
                .for_each(|segments| self.build_apart(fission, segments, sources, (first, end), width)),
        }
        ir.for_range(first, end, i64::from(width), &mut |index| {
            let tile = Tile { index, width, share: share(index), may_start: false };
            let place = StripTile { tile, number: ir.sub(index, first) };
            let (values, loaded) = self.build_segment(fission, last, sources, &place);
            let row = [results(&self.block.program, &values)];
            for (sink, drain) in self.block.sinks.iter().zip(drains) {
                self.sink(sink, drain, &row, tile, &loaded);
            }
        });
    }

    /// Emits a function of some segments, without sinks, and a call of it.
    fn build_apart(
        self,
        fission: &Fissioned<'c>,
        segments: &[Segment],
        sources: &[Source<'c>],
        (first, end): (IntValue<'c>, IntValue<'c>),
        width: u32,
    ) {
        let shell = self.body.ir.shell;
        let mut needed = vec![false; sources.len()];
        for segment in segments {
            needed.iter_mut().zip(self.reads_of(segment)).for_each(|(needed, read)| *needed |= read);
        }
        let own = |put: &mut dyn FnMut(Val<'c>) -> Val<'c>| -> Vec<Source<'c>> {
            let sources = sources.iter().zip(&needed);
            sources.map(|(source, is_read)| if *is_read { made_of(source, put) } else { none() }).collect()
        };
        let mut args: Vec<Val> = vec![fission.slice.into(), first.into(), end.into()];
        own(&mut |value| {
            args.extend(Some(value).filter(|value| !is_constant(*value)));
            value
        });
        let types: Vec<BasicMetadataTypeEnum> = args.iter().map(|arg| arg.get_type().into()).collect();
        let ty = shell.context.void_type().fn_type(&types, false);
        let function = shell.kernel_function(&format!("{}.fission", self.body.plan.signature.name), ty);
        // Nothing else is where values are spilled.
        shell.mark(function, AttributeLoc::Param(0), "noalias");
        let params: Vec<Val> = function.get_params();
        let mut rest = params[3..].iter();
        let sources = own(&mut |value| match is_constant(value) {
            true => value,
            false => *rest.next().expect("invariant: a parameter for each value"),
        });
        let body = self.body.apart(function);
        let fission = Fissioned {
            strip: fission.strip,
            schedule: fission.schedule.clone(),
            slice: params[0].into_pointer_value(),
        };
        let strip = (params[1].into_int_value(), params[2].into_int_value());
        BlockBuilder { body: &body, totals: &[], running: &[], ..self }
            .build_segments(&fission, segments, &sources, strip, width);
        body.ir.return_void();
        body.ir.finish();
        self.body.ir.call(function, &args);
    }

    /// Emits some segments, without sinks.
    fn build_segments(
        self,
        fission: &Fissioned<'c>,
        segments: &[Segment],
        sources: &[Source<'c>],
        (first, end): (IntValue<'c>, IntValue<'c>),
        width: u32,
    ) {
        let ir = &self.body.ir;
        for segment in segments {
            ir.for_range(first, end, i64::from(width), &mut |index| {
                let tile = Tile { index, width, share: Share::All, may_start: false };
                self.build_segment(
                    fission,
                    segment,
                    sources,
                    &StripTile { tile, number: ir.sub(index, first) },
                );
            });
        }
    }

    /// One segment of a tile, without sinks. Returns its values and what it has read.
    fn build_segment(
        self,
        fission: &Fissioned<'c>,
        segment: &Segment,
        sources: &[Source<'c>],
        place: &StripTile<'c>,
    ) -> (Values<'c>, Vec<Vec<Parts<'c>>>) {
        let (ir, program, width) = (&self.body.ir, &self.block.program, place.tile.width);
        let reads = self.reads_of(segment);
        let mut loaded: Vec<Vec<Parts>> = vec![];
        for (source, is_read) in sources.iter().zip(reads) {
            let rows = if is_read { self.load(source, place.tile, &loaded) } else { vec![] };
            loaded.push(rows);
        }
        let params: Vec<Parts> =
            loaded.iter().map(|rows| rows.first().cloned().unwrap_or_default()).collect();
        let mut values: Values = vec![None; program.insts.len()];
        for value in &segment.loads {
            let (scalar, from) = self.spilled_at(fission, *value, place);
            let memory = ir.load(scalar_memory_type(ir, scalar, width), from, scalar.bytes());
            values[*value] = Some(from_memory(ir, scalar, memory));
        }
        build_some(ir, program, width, &params, segment.runs.iter().copied(), &mut values);
        for value in &segment.stores {
            let (scalar, to) = self.spilled_at(fission, *value, place);
            let made = values[*value].expect("invariant: a segment makes what it spills");
            ir.store(to_memory(ir, scalar, made, width), to, scalar.bytes());
        }
        (values, loaded)
    }

    /// Which reads a segment needs, those that say places included.
    fn reads_of(self, segment: &Segment) -> Vec<bool> {
        let mut needed = vec![false; self.block.reads.len()];
        for at in &segment.runs {
            if let Inst::Param { index, .. } = self.block.program.insts[*at].0 {
                needed[usize::from(index)] = true;
            }
        }
        // A read names earlier ones alone.
        for at in (0..needed.len()).rev().filter(|at| needed[*at]).collect::<Vec<_>>() {
            self.need_places(at, &mut needed);
        }
        needed
    }

    fn need_places(self, read: usize, needed: &mut [bool]) {
        for index in self.block.reads[read].indirect_indices() {
            needed[index.read] = true;
            self.need_places(index.read, needed);
        }
    }

    /// Type and address of a spilled value.
    fn spilled_at(
        self,
        fission: &Fissioned<'c>,
        value: usize,
        place: &StripTile<'c>,
    ) -> (tgc_scalar::ScalarType, PointerValue<'c>) {
        let ir = &self.body.ir;
        let scalar = self.block.program.scalar_type(Value(value as u32));
        let start = fission.schedule.slots[value].expect("invariant: what is spilled has a slot");
        let strip = ir.offset(fission.slice, ir.int(start as i64));
        (scalar, ir.element(strip, scalar_memory_type(ir, scalar, 1), place.number))
    }
}

/// What stands for a source that is not read.
fn none<'c>() -> Source<'c> {
    Source::Scalars(vec![])
}

/// The same source made of other values, in the order of those that it is made of.
fn made_of<'c>(source: &Source<'c>, put: &mut dyn FnMut(Val<'c>) -> Val<'c>) -> Source<'c> {
    match source {
        Source::Scalars(rows) => {
            Source::Scalars(rows.iter().map(|parts| parts.iter().map(|v| put(*v)).collect()).collect())
        }
        Source::Lanes(parts) => Source::Lanes(parts.iter().map(|value| put(*value)).collect()),
        Source::Memory(spots) => Source::Memory(spots.iter().map(|spot| spot_of(*spot, put)).collect()),
        Source::Counter { starts, step } => Source::Counter {
            starts: starts.iter().map(|start| int_of(*start, put)).collect(),
            step: int_of(*step, put),
        },
        Source::Gathered { spots, lookups } => Source::Gathered {
            spots: spots.iter().map(|spot| spot_of(*spot, put)).collect(),
            lookups: lookups
                .iter()
                .map(|index| Lookup {
                    extent: int_of(index.extent, put),
                    stride: int_of(index.stride, put),
                    ..*index
                })
                .collect(),
        },
    }
}

fn int_of<'c>(value: IntValue<'c>, put: &mut dyn FnMut(Val<'c>) -> Val<'c>) -> IntValue<'c> {
    put(value.into()).into_int_value()
}

fn spot_of<'c>(spot: Spot<'c>, put: &mut dyn FnMut(Val<'c>) -> Val<'c>) -> Spot<'c> {
    let address = put(spot.address.into()).into_pointer_value();
    let stride = match spot.stride {
        Stride::Same | Stride::Next | Stride::Back => spot.stride,
        Stride::By(stride) => Stride::By(int_of(stride, put)),
    };
    Spot { address, stride, ..spot }
}
