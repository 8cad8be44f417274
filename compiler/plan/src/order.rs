//! Whether rows of a block may run together.

use tgc_graph::dim::Dim;

use crate::{Access, Axis, Block, Carried};

impl Block {
    /// Whether running rows together leaves the order of every reduction into memory as it is.
    ///
    /// Rows together means: for each iteration of the axes, all rows. If elements of different rows are
    /// distinct, each element still sees its own iterations in order. If the row does not matter but each
    /// iteration of the axes has an element of its own, each element sees the rows in order.
    pub fn may_join_rows(&self) -> bool {
        self.sinks.iter().all(|sink| match sink.carried() {
            Carried::At(to) => to.iter().all(|access| self.may_join_access(access)),
            Carried::Anywhere => false,
            // An element of a scan sees its iterations in order: along the rows, or along an axis of
            // its own row.
            Carried::Along(_) | Carried::Nothing | Carried::Rows => true,
        })
    }

    fn may_join_access(&self, access: &Access) -> bool {
        let inner = (0..self.axes.len()).filter(|k| !self.axes[*k].is_one()).map(Axis::Inner);
        let all_inner = inner.into_iter().all(|axis| access.stride(axis).is_some());
        (access.stride(Axis::Row).is_some() || all_inner) && is_injective(self, access)
    }
}

/// Whether different indices give different elements: in some order of its axes, each stride is at least the
/// extent that the axes before it span. The row, whose extent does not matter, can only come last.
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
