//! Accumulators of a scan along the axis of tiles: one tuple of scalars, which iterations pass on in
//! order.
//!
//! A tile of several lanes runs the block's program for all of them at once; then the reduction takes one
//! lane after the other. The first iteration of the axis starts afresh: a select says so, unless it is known.

use inkwell::values::{IntValue, PointerValue};
use tgc_plan::Scan;
use tgc_scalar::{ScalarType, stored_scalar};

use crate::ir::Ir;
use crate::memory::lane_of;
use crate::scalar::{Parts, build_const, build_program, scalar_type};

/// The accumulators of a scan, by part.
pub(crate) struct Running<'p, 'c> {
    scan: &'p Scan,
    slots: Vec<Vec<(ScalarType, PointerValue<'c>)>>,
}

impl<'p, 'c> Running<'p, 'c> {
    /// Accumulators that hold anything.
    pub(crate) fn new(ir: &Ir<'_, 'c>, scan: &'p Scan) -> Running<'p, 'c> {
        let slot = |scalar: ScalarType| {
            let slot = ir.slot(scalar_type(ir, scalar, 1));
            ir.set(slot, build_const(ir, scalar, 0, 1));
            (scalar, slot)
        };
        let member = |dtype: &tgc_graph::dtype::DType| {
            (0..dtype.parts()).map(|_| slot(stored_scalar(*dtype))).collect()
        };
        Running { scan, slots: scan.accumulators.iter().map(member).collect() }
    }

    /// Takes the lanes of a tile, in order; the first scalar may be the first iteration. Returns what they
    /// give.
    pub(crate) fn step(
        &self,
        ir: &Ir<'_, 'c>,
        values: &[Parts<'c>],
        width: u32,
        is_first: Option<IntValue<'c>>,
    ) -> Parts<'c> {
        let read =
            |(scalar, slot): &(ScalarType, PointerValue<'c>)| ir.get(scalar_type(ir, *scalar, 1), *slot);
        let mut accumulators: Vec<Parts> =
            self.slots.iter().map(|member| member.iter().map(read).collect()).collect();
        let mut finished: Vec<Parts> = vec![];
        for k in 0..width {
            let lane: Vec<Parts> = values.iter().map(|parts| lane_of(ir, parts, k)).collect();
            let is_first = is_first.filter(|_| k == 0);
            accumulators = step(ir, self.scan, 1, accumulators, &lane, is_first);
            finished.push(finish(ir, self.scan, 1, &accumulators));
        }
        for (parts, member) in accumulators.iter().zip(&self.slots) {
            for (part, (_, slot)) in parts.iter().zip(member) {
                ir.set(*slot, *part);
            }
        }
        let part = |p: usize| ir.gather(&finished.iter().map(|parts| parts[p]).collect::<Vec<_>>());
        (0..finished[0].len()).map(part).collect()
    }
}

/// The accumulators after one step, of which all lanes or none are first.
pub(crate) fn step<'c>(
    ir: &Ir<'_, 'c>,
    scan: &Scan,
    width: u32,
    accumulators: Vec<Parts<'c>>,
    values: &[Parts<'c>],
    is_first: Option<IntValue<'c>>,
) -> Vec<Parts<'c>> {
    let params: Vec<Parts> = accumulators.into_iter().chain(values.iter().cloned()).collect();
    let next = build_program(ir, &scan.step, width, &params);
    let Some(is_first) = is_first else { return next };
    let first = build_program(ir, &scan.first, width, values);
    let choose = |(first, next): (&Parts<'c>, Parts<'c>)| {
        let parts = first.iter().zip(next);
        parts.map(|(first, next)| ir.select(is_first.into(), *first, next)).collect()
    };
    first.iter().zip(next).map(choose).collect()
}

/// What is stored of the accumulators.
pub(crate) fn finish<'c>(ir: &Ir<'_, 'c>, scan: &Scan, width: u32, accumulators: &[Parts<'c>]) -> Parts<'c> {
    build_program(ir, &scan.finish, width, accumulators).swap_remove(0)
}
