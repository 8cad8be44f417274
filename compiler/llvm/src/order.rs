//! What a block's accesses say about the order of its iterations: which may run together, and which loads may come early.

use tgc_graph::dim::Dim;
use tgc_plan::{Access, Axis, Block, Carried};

use crate::kernel::Body;

/// Whether an access moves along an axis.
pub(crate) fn depends_on(access: &Access, axis: Axis) -> bool {
    on_axis(&access.strides, axis).is_some()
}

/// The stride of an axis.
pub(crate) fn on_axis(strides: &[(Axis, Dim)], axis: Axis) -> Option<&Dim> {
    strides.iter().find(|(a, _)| *a == axis).map(|(_, stride)| stride)
}

/// Whether a block may write the memory of an access's buffer.
pub(crate) fn writes(body: &Body, block: &Block, access: &Access) -> bool {
    let storage = &body.plan.buffer(access.buffer).storage;
    let written = |to: &Access| *storage == body.plan.buffer(to.buffer).storage;
    block.accesses().iter().filter_map(|access| access.written_element()).any(written)
}

/// Whether running rows together leaves the order of every fold into memory as it is.
///
/// Rows together means: for each iteration of the axes, all rows. If elements of different rows are distinct, each
/// element still sees its own iterations in order. If the row does not matter but each iteration of the axes has an
/// element of its own, each element sees the rows in order.
pub(crate) fn may_join(block: &Block) -> bool {
    block.sinks.iter().all(|sink| match sink.carried() {
        Carried::At(to) => to.iter().all(|access| may_join_access(block, access)),
        Carried::Anywhere => false,
        // An element of a running fold sees its iterations in order: along the rows, or along an axis of its own row.
        Carried::Along(_) | Carried::Nothing | Carried::Rows => true,
    })
}

fn may_join_access(block: &Block, access: &Access) -> bool {
    let inner = (0..block.axes.len()).filter(|k| !block.axes[*k].is_one()).map(Axis::Inner);
    let all_inner = inner.into_iter().all(|axis| depends_on(access, axis));
    (depends_on(access, Axis::Row) || all_inner) && is_injective(block, access)
}

/// Whether different indices give different elements: in some order of its axes, each stride is at least the extent
/// that the axes before it span. The row, whose extent does not matter, can only come last.
fn is_injective(block: &Block, access: &Access) -> bool {
    let mut left: Vec<_> = access.strides.clone();
    let mut span = Dim::Const(1);
    while !left.is_empty() {
        let fits = |stride: &Dim| match (stride.as_const(), span.as_const()) {
            (Some(stride), Some(span)) => stride.abs() >= span.abs(),
            _ => span.is_one(),
        };
        let allowed = |axis: &Axis| *axis != Axis::Row || left.len() == 1;
        let exact = left.iter().position(|(axis, stride)| *stride == span && allowed(axis));
        let next = exact.or_else(|| left.iter().position(|(axis, stride)| fits(stride) && allowed(axis)));
        let Some(next) = next else { return false };
        let (axis, stride) = left.remove(next);
        if let Axis::Inner(k) = axis {
            span = &stride * &block.axes[k];
        }
    }
    true
}
