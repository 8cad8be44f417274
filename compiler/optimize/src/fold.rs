//! Constant folding: runs an operation's own scalar program on constants, so that the folded bits are the
//! bits that a call would compute.
//!
//! Only static sizes fold, and arrays only up to [`LARGEST`] elements; one value repeated is one run
//! whatever the size.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Kernel, View};
use tgc_graph::ops::{Constant, Op};
use tgc_graph::scalar::Program;
use tgc_graph::ty::TensorType;

use crate::facts::{Class, class, constant};

/// The most elements of a folded array.
const LARGEST: usize = 4096;

/// The constant that a node equals, if that is known.
pub(crate) fn fold(graph: &mut Graph, id: NodeId) -> Option<Constant> {
    let node = graph.node(id);
    match class(graph, id) {
        Class::Leaf => size(&node.op),
        Class::Elementwise | Class::Cast | Class::View => {
            if node.operands.is_empty() || node.operands.iter().any(|o| constant(graph, *o).is_none()) {
                return None;
            }
            match graph.kernel(id) {
                Kernel::Map(program) => fold_map(graph, id, &program.expand()),
                Kernel::View(view) => fold_view(graph, id, &view),
                Kernel::Leaf(_)
                | Kernel::Reduce(_)
                | Kernel::Contract(_)
                | Kernel::Reshape
                | Kernel::Concatenate(_)
                | Kernel::Gather(_)
                | Kernel::Scatter(_)
                | Kernel::Prefix(_)
                | Kernel::Deferred => None,
            }
        }
        Class::Fold | Class::Rearrangement | Class::Deferred => None,
    }
}

fn size(op: &Op) -> Option<Constant> {
    let Op::SizeValue(size) = op else { return None };
    let value = size.size.as_const()?;
    let array = Array::from(value);
    Some(Constant::from_array(&array, &mut Default::default()))
}

fn splat_of(ty: &TensorType, parts: [u64; 2]) -> Constant {
    let elements = tgc_graph::ops::Elements::Splat(parts);
    Constant { dtype: ty.dtype, shape: ty.shape.clone(), elements, weak: false }
}

fn fold_map(graph: &mut Graph, id: NodeId, program: &Program) -> Option<Constant> {
    let node = graph.node(id).clone();
    let operands: Vec<&Constant> = node.operands.iter().filter_map(|o| constant(graph, *o)).collect();
    let (mut scratch, mut out) = (vec![], vec![]);
    let mut run = |params: &[[u64; 2]]| {
        program.run(params, &mut scratch, &mut out);
        [out[0], out.get(1).copied().unwrap_or(0)]
    };
    let splats: Option<Vec<[u64; 2]>> = operands.iter().map(|c| c.as_splat()).collect();
    if let Some(params) = splats {
        return Some(splat_of(&node.ty, run(&params)));
    }
    let shape = small_shape(&node.ty)?;
    let arrays = arrays(graph, &node.operands)?;
    let mut result = Array::zeros_of(node.ty.dtype, shape.clone());
    for (at, index) in indices(&shape).enumerate() {
        let params: Vec<[u64; 2]> = arrays
            .iter()
            .map(|a| {
                let clamped = index.iter().zip(a.shape()).map(|(i, n)| if *n == 1 { 0 } else { *i });
                a.get(offset(a.shape(), clamped))
            })
            .collect();
        result.set(at, run(&params));
    }
    Some(Constant::from_array(&result, &mut graph.data))
}

fn fold_view(graph: &mut Graph, id: NodeId, view: &View) -> Option<Constant> {
    let node = graph.node(id).clone();
    let viewed = node.operands[view.operand];
    node.ty.static_shape()?;
    graph.ty(viewed).static_shape()?;
    if let Some(parts) = constant(graph, viewed)?.as_splat() {
        return Some(splat_of(&node.ty, parts));
    }
    let shape = small_shape(&node.ty)?;
    let source = arrays(graph, &[viewed])?.remove(0);
    let known =
        |dim: &tgc_graph::dim::Dim| dim.as_const().expect("invariant: a static shape has static indices");
    let mut result = Array::zeros_of(node.ty.dtype, shape.clone());
    for (at, index) in indices(&shape).enumerate() {
        let from = view.axes.iter().map(|axis| {
            let terms = axis.terms.iter().map(|(i, stride)| index[*i] as i64 * known(stride));
            (known(&axis.offset) + terms.sum::<i64>()) as usize
        });
        result.set(at, source.get(offset(source.shape(), from)));
    }
    Some(Constant::from_array(&result, &mut graph.data))
}

fn small_shape(ty: &TensorType) -> Option<Vec<usize>> {
    ty.static_shape().filter(|shape| shape.iter().product::<usize>() <= LARGEST)
}

fn arrays(graph: &Graph, ids: &[NodeId]) -> Option<Vec<Array>> {
    ids.iter()
        .map(|id| {
            let ty = graph.ty(*id);
            let shape = small_shape(ty)?;
            match constant(graph, *id)?.elements {
                tgc_graph::ops::Elements::Splat(parts) => Some(Array::splat(ty.dtype, shape, parts)),
                tgc_graph::ops::Elements::Data(data) => graph.data.get(data).cloned(),
            }
        })
        .collect()
}

/// All indices of a shape, row-major.
fn indices(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + use<> {
    let shape = shape.to_vec();
    (0..shape.iter().product::<usize>()).map(move |flat| {
        let mut rest = flat;
        let mut index = vec![0; shape.len()];
        for (i, n) in shape.iter().enumerate().rev() {
            index[i] = rest % n;
            rest /= n;
        }
        index
    })
}

fn offset(shape: &[usize], index: impl Iterator<Item = usize>) -> usize {
    shape.iter().zip(index).fold(0, |at, (n, i)| at * n + i)
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
