//! Constant folding: the reference evaluator runs an operation's own kernel on constants, so that the folded
//! bits are the bits that a call would compute, but for the order of sums.
//!
//! Only static sizes fold, and arrays only up to [`LARGEST`] elements; one value repeated is one run
//! whatever the size. What a call would refuse, such as an index outside, is left to the call.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_graph::evaluate::evaluate_kernel;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::Kernel;
use tgc_graph::ops::{Constant, Elements, Op};
use tgc_graph::ty::TensorType;

use crate::facts::{Class, class, constant};

/// The most elements of a folded array, and of each that it is folded from.
const LARGEST: usize = 4096;

/// The constant that a node equals, if that is known.
pub(crate) fn fold(graph: &mut Graph, id: NodeId) -> Option<Constant> {
    let node = graph.node(id);
    match class(graph, id) {
        Class::Leaf => return size(&node.op),
        Class::Composite => return None,
        Class::Elementwise | Class::Cast | Class::View | Class::Reduction | Class::Rearrangement => {}
    }
    if node.operands.is_empty() || node.operands.iter().any(|o| constant(graph, *o).is_none()) {
        return None;
    }
    let kernel = graph.kernel(id);
    let (dtype, shape) = (node.ty.dtype, node.ty.static_shape()?);
    if let Some(parts) = splat_result(graph, id, &kernel) {
        let shape = node.ty.shape.clone();
        return Some(splat_of(&TensorType::new(dtype, shape), parts));
    }
    let operands: Option<Vec<Array>> = node.operands.iter().map(|o| array(graph, *o)).collect();
    let folded = is_small(&shape).then(|| evaluate_kernel(&kernel, &operands?, dtype, &shape)).flatten()?;
    Some(Constant::from_array(&folded, &mut graph.scope.data))
}

fn size(op: &Op) -> Option<Constant> {
    let Op::SizeValue(size) = op else { return None };
    let value = size.size.as_const()?;
    let array = Array::from(value);
    Some(Constant::from_array(&array, &mut Default::default()))
}

/// The one value of a map or view of operands that have one value each.
fn splat_result(graph: &Graph, id: NodeId, kernel: &Kernel) -> Option<[u64; 2]> {
    let operands = graph.operands(id);
    let value = |id: NodeId| constant(graph, id).and_then(Constant::as_splat);
    match kernel {
        Kernel::View(view) => value(operands[view.operand]),
        Kernel::Reshape => value(operands[0]),
        Kernel::Map(_) => {
            let one = |id: &NodeId| Some(Array::splat(graph.ty(*id).dtype, vec![], value(*id)?));
            let operands: Option<Vec<Array>> = operands.iter().map(one).collect();
            Some(evaluate_kernel(kernel, &operands?, graph.ty(id).dtype, &[])?.get(0))
        }
        Kernel::Leaf(_) | Kernel::Reduce(_) | Kernel::Contract(_) | Kernel::Concatenate(_) => None,
        Kernel::Gather(_) | Kernel::Scatter(_) | Kernel::Scan(_) => None,
        Kernel::Routine(_) | Kernel::Composite => None,
    }
}

fn splat_of(ty: &TensorType, parts: [u64; 2]) -> Constant {
    Constant { dtype: ty.dtype, shape: ty.shape.clone(), elements: Elements::Splat(parts), weak: false }
}

fn is_small(shape: &[usize]) -> bool {
    shape
        .iter()
        .try_fold(1usize, |count, size| count.checked_mul(*size))
        .is_some_and(|count| count <= LARGEST)
}

/// The elements of a small constant.
fn array(graph: &Graph, id: NodeId) -> Option<Array> {
    let ty = graph.ty(id);
    let shape = ty.static_shape().filter(|shape| is_small(shape))?;
    match constant(graph, id)?.elements {
        Elements::Splat(parts) => Some(Array::splat(ty.dtype, shape, parts)),
        Elements::Data(data) => graph.scope.data.get(data).cloned(),
    }
}

/// A constant of one value with every axis of size 1, and its own shape, if that is another.
pub(crate) fn shrink(graph: &Graph, id: NodeId) -> Option<Constant> {
    let constant = constant(graph, id)?;
    let parts = constant.as_splat()?;
    if constant.shape.iter().all(Dim::is_one) {
        return None;
    }
    let shape = vec![Dim::Const(1); constant.shape.len()];
    Some(splat_of(&TensorType::new(constant.dtype, shape), parts))
}
