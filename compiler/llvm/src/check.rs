//! Checks of indices that data gives: whether all are inside, many at a time; which one is not is for the
//! runtime to find.
//!
//! An index `i` is inside an axis of size `n` if `i + n < 2 n` in unsigned arithmetic.

use inkwell::IntPredicate;
use inkwell::values::{InstructionOpcode as Op, IntValue, PointerValue};
use tgc_graph::dtype::DType;
use tgc_plan::IndexCheck;

use crate::body::{Base, Body};
use crate::ir::{Ir, Val};
use crate::memory::{Spot, Stride, lane_of};

/// Indices that are looked at together.
const LANES: u32 = 8;

/// Emits a check, which leaves the kernel with a status if it fails.
pub(crate) fn build_check(body: &Body<'_, '_>, check: &IndexCheck) {
    let ir = &body.ir;
    let extent = ir.dim(&check.extent);
    let count = ir.dim(&body.plan.buffer(check.index).elements());
    let (first, outside) = match body.base(check.index) {
        Base::Value(value) => {
            let slot = ir.slot(value.get_type());
            ir.set(slot, value);
            (slot, is_outside(ir, value, extent, 1).into_int_value())
        }
        Base::Memory(first) => (first, any_outside(ir, first, count, extent)),
    };
    let (fail, inside) = (ir.new_block("outside"), ir.new_block("inside"));
    ir.branch(outside, fail, inside);
    ir.position(fail);
    let text = |text: &str| Val::from(ir.shell.text(text));
    let args = [
        body.context(),
        text(&body.plan.signature.name),
        text(&check.index_name),
        text(&format!("axis {} of {}", check.axis, check.data_name)),
        text(&check.in_brackets()),
        first.into(),
        count.into(),
        extent.into(),
    ];
    let status = ir.call(ir.runtime("tgc_rt_fail_index"), &args);
    ir.return_value(status.expect("invariant: reporters return a status"));
    ir.position(inside);
}

/// Whether some element is outside.
fn any_outside<'c>(
    ir: &Ir<'_, 'c>,
    first: PointerValue<'c>,
    count: IntValue<'c>,
    extent: IntValue<'c>,
) -> IntValue<'c> {
    let spot = Spot { dtype: DType::I64, address: first, stride: Stride::Next };
    let none = Val::from(ir.context().bool_type().const_zero());
    let look = |begin: IntValue<'c>, end: IntValue<'c>, width: u32| {
        let ty = ir.widen(none.get_type(), width);
        let slot = ir.slot(ty);
        ir.set(slot, ir.splat(none, width));
        ir.for_range(begin, end, i64::from(width), &mut |index| {
            let indices = spot.at(ir, index).load(ir, width)[0];
            let found = ir.binary(Op::Or, ir.get(ty, slot), is_outside(ir, indices, extent, width));
            ir.set(slot, found);
        });
        ir.get(ty, slot)
    };
    let whole = ir.round_down(count, LANES);
    let many = look(ir.int(0), whole, LANES);
    let one = look(whole, count, 1);
    let any = (0..LANES).fold(one, |any, k| ir.binary(Op::Or, any, lane_of(ir, &[many], k)[0]));
    any.into_int_value()
}

fn is_outside<'c>(ir: &Ir<'_, 'c>, indices: Val<'c>, extent: IntValue<'c>, width: u32) -> Val<'c> {
    let all = |value: IntValue<'c>| ir.splat(value.into(), width);
    let counted = ir.binary(Op::Add, indices, all(extent));
    ir.compare(IntPredicate::UGE, counted, all(ir.add(extent, extent)))
}
