//! What a block's accesses say of its iterations: what moves along an axis, and which loads may come early.

use tgc_graph::dim::Dim;
use tgc_plan::{Access, Axis, Block};

use crate::body::Body;

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
