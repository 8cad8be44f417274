//! Sums over several pairs of axes as matmuls.
//!
//! A matmul walks its terms as one loop. Where the summed axes of an operand do not lie side by side, in the
//! order in which those of the other lie, a copy brings them there: it moves each element once, which each
//! row or column of the other operand then reads. The operand of fewer elements is copied if one copy is
//! enough.
//!
//! In which order a sum adds its terms is the plan's choice at every level of arithmetic, and this is a part
//! of it.

use std::borrow::Cow;

use tgc_graph::dim::Dim;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Contraction, Kernel, LoopAxis};
use tgc_graph::module::Function;
use tgc_plan::machine::Machine;

/// The function with such sums as sums over one pair of axes.
pub(crate) fn merged<'a>(function: &'a Function) -> Cow<'a, Function> {
    let graph = &function.graph;
    let orders: Vec<Option<Vec<usize>>> = graph.ids().map(|id| order(graph, id)).collect();
    if orders.iter().all(Option::is_none) {
        return Cow::Borrowed(function);
    }
    let mut result = graph.successor();
    let mut renamed: Vec<NodeId> = vec![];
    for (id, order) in graph.ids().zip(&orders) {
        let node = graph.node(id);
        result.set_origin(node.origin.clone());
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        renamed.push(match (order, graph.kernel(id)) {
            (Some(order), Kernel::Contract(contraction)) => {
                merge(&mut result, &operands, &contraction, order)
            }
            _ => result.op_node(node.op.clone(), &operands),
        });
    }
    Cow::Owned(function.with_graph(result, &|id| renamed[id.index()]))
}

/// The order of the sums in which they become one, where that pays and they are not one as they lie.
fn order(graph: &Graph, id: NodeId) -> Option<Vec<usize>> {
    let Kernel::Contract(contraction) = graph.kernel(id) else { return None };
    let sides = sides(graph, id, &contraction);
    let is_plain = sides.iter().all(|side| graph.ty(side.node).dtype == contraction.dtype)
        && contraction.accumulator == contraction.dtype
        && contraction.dtype.is_float();
    let [left, right] = [sides[0].sum_axes(), sides[1].sum_axes()];
    let same_sizes = left.iter().zip(&right).all(|(l, r)| sides[0].shape[*l] == sides[1].shape[*r]);
    if left.len() < 2 || !is_plain || !same_sizes {
        return None;
    }
    let by_place = |axes: &[usize]| {
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|sum| axes[*sum]);
        order
    };
    let orders = [by_place(&left), by_place(&right)];
    let is_one = |order: &[usize]| sides.iter().all(|side| side.walks_as_one(order));
    let least = &Machine::ORDER.tuning.matmul;
    let pays = sides.iter().all(|side| size(side.free()) >= least.copied_reads)
        && size(sides[0].free()).saturating_mul(size(sides[1].shape.iter())) >= least.copied_multiplications;
    if orders.iter().any(|order| is_one(order)) || !pays {
        return None;
    }
    let copied = |order: &Vec<usize>| {
        let apart = sides.iter().filter(|side| !side.is_together(order));
        apart.fold(0i64, |sum, side| sum.saturating_add(size(side.shape.iter())))
    };
    orders.into_iter().min_by_key(copied)
}

/// The number of elements; very many where it is not known.
fn size<'a>(dims: impl Iterator<Item = &'a Dim>) -> i64 {
    let elements: Dim = dims.product();
    elements.as_const().unwrap_or(1 << 40)
}

/// An operand and what its axes are for.
struct Side<'a> {
    node: NodeId,
    shape: &'a [Dim],
    loops: &'a [LoopAxis],
    sums: usize,
}

fn sides<'a>(graph: &'a Graph, id: NodeId, contraction: &'a Contraction) -> [Side<'a>; 2] {
    let operands = graph.operands(id);
    [(operands[0], &contraction.left), (operands[1], &contraction.right)].map(|(node, loops)| Side {
        node,
        shape: &graph.ty(node).shape,
        loops,
        sums: contraction.sums,
    })
}

impl Side<'_> {
    /// The axis of each sum.
    fn sum_axes(&self) -> Vec<usize> {
        let axis = |sum| self.loops.iter().position(|l| *l == LoopAxis::Sum(sum));
        (0..self.sums)
            .map(|sum| axis(sum).expect("invariant: both operands have every summed axis"))
            .collect()
    }

    /// The sizes of the axes that are not summed.
    fn free(&self) -> impl Iterator<Item = &Dim> {
        self.shape
            .iter()
            .zip(self.loops)
            .filter(|(_, l)| !matches!(l, LoopAxis::Sum(_)))
            .map(|(size, _)| size)
    }

    /// Whether the summed axes lie side by side in this order.
    fn is_together(&self, order: &[usize]) -> bool {
        let axes = self.sum_axes();
        order.windows(2).all(|pair| axes[pair[1]] == axes[pair[0]] + 1)
    }

    /// Whether the sums in this order walk the operand as one loop would.
    fn walks_as_one(&self, order: &[usize]) -> bool {
        let axes = self.sum_axes();
        let real: Vec<usize> =
            order.iter().map(|sum| axes[*sum]).filter(|axis| !self.shape[*axis].is_one()).collect();
        let between = |outer: usize, inner: usize| outer < inner && size_between(self.shape, outer, inner);
        real.windows(2).all(|pair| between(pair[0], pair[1]))
    }
}

/// Whether there is but one element between two axes.
fn size_between(shape: &[Dim], outer: usize, inner: usize) -> bool {
    shape[outer + 1..inner].iter().all(Dim::is_one)
}

/// The matmul of both operands with their summed axes as one.
fn merge(graph: &mut Graph, operands: &[NodeId], contraction: &Contraction, order: &[usize]) -> NodeId {
    let is_batch = |(axis, l): &(usize, &LoopAxis)| **l == LoopAxis::Result(*axis);
    let [left, right] = [&contraction.left, &contraction.right];
    let batch =
        left.iter().zip(right).enumerate().take_while(|(axis, (l, r))| l == r && is_batch(&(*axis, l)));
    let batch = batch.count();
    let [left, right] = [(operands[0], left), (operands[1], right)].map(|(node, loops)| {
        let shape = graph.ty(node).shape.clone();
        let side = Side { node, shape: &shape, loops, sums: contraction.sums };
        with_one_sum(graph, &side, order)
    });
    graph.contract([left.0, right.0], batch, [left.1, right.1])
}

/// The operand with its summed axes as one, and where that is.
fn with_one_sum(graph: &mut Graph, side: &Side<'_>, order: &[usize]) -> (NodeId, usize) {
    let axes = side.sum_axes();
    let summed: Vec<usize> = order.iter().map(|sum| axes[*sum]).collect();
    let all: Dim = summed.iter().map(|axis| &side.shape[*axis]).product();
    let kept = (0..side.shape.len()).filter(|axis| !summed.contains(axis));
    let (node, at) = match side.is_together(order) {
        true => (side.node, summed[0]),
        false => {
            let turned = kept.clone().chain(summed.iter().copied()).map(Some).collect();
            (graph.dimshuffle(side.node, turned), side.shape.len() - summed.len())
        }
    };
    let mut shape: Vec<Dim> = kept.map(|axis| side.shape[axis].clone()).collect();
    shape.insert(at, all);
    (graph.reshape(node, shape), at)
}
