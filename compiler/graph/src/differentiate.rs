//! Reverse-mode differentiation, graph to graph: expands `grad` nodes into ordinary ones.
//!
//! One sweep per cost: cotangents flow from the cost to every node that it depends on and that depends on
//! something asked for (Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, section 3.2).
//! Where a gradient is exactly zero it is the operation `zero`, not a constant 0.

mod sweep;
mod transfer;

use std::collections::BTreeMap;

use sweep::{Seed, sweep};
use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::ops::{ConsiderConstant, Eq, Fill, Iota, Op, Reshape, Zero, elementwise};

/// The gradients of `cost`, a real 0-d node, by each node of `wrt`, as nodes of the same graph. No `wrt`
/// depends on another.
///
/// A `wrt` that the cost does not depend on through differentiable operations gets a `zero`. The cone of
/// the cost must hold neither composites nor gradients ([`expand`]).
///
/// Where a `switch` did not take a value, indexing left it out, or something was written over it, nothing
/// flows to it, even if a derivative behind it is infinite or NaN.
pub fn differentiate(graph: &mut Graph, cost: NodeId, wrt: &[NodeId]) -> Vec<NodeId> {
    let seed = ones_like(graph, cost);
    sweep(graph, cost, Seed::Everywhere(seed), wrt)
}

/// The gradients of all elements of `value` by `wrt`: axes of the value, then those of `wrt`.
///
/// One vector-Jacobian product, of which a leading axis is made that runs over the elements of the value:
/// every node of the product that depends on the seed is [lifted](crate::ops::Operation::lift), and the seed
/// becomes the identity matrix.
pub fn jacobian(graph: &mut Graph, value: NodeId, wrt: NodeId) -> NodeId {
    let shape = [graph.ty(value).shape.clone(), graph.ty(wrt).shape.clone()].concat();
    if graph.ty(value).rank() == 0 {
        return differentiate(graph, value, &[wrt])[0];
    }
    let count = graph.ty(value).elements();
    let line = reshape(graph, value, vec![count.clone()]);
    let zero = graph.op_node(Zero { dtype: DType::Bool, shape: vec![count.clone()] }, &[]);
    // A node that nothing else is, whose value does not matter.
    let seed = graph.op_node(ConsiderConstant {}, &[zero]);
    let product = sweep(graph, line, Seed::Where(seed), &[wrt])[0];
    let mut lifted: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let identity = identity_matrix(graph, &count);
    lifted.insert(seed, identity);
    for id in (seed.0 + 1..=product.0).map(NodeId) {
        let node = graph.node(id).clone();
        let batched: Vec<bool> = node.operands.iter().map(|o| lifted.contains_key(o)).collect();
        if batched.contains(&true) {
            let operands: Vec<NodeId> = node.operands.iter().map(|o| *lifted.get(o).unwrap_or(o)).collect();
            graph.set_origin(node.origin.clone());
            let node = node.op.definition().lift(graph, &operands, &batched, &count);
            lifted.insert(id, node);
        }
    }
    let rows = match lifted.get(&product) {
        Some(rows) => *rows,
        None => elementwise::stretch(graph, product, &count),
    };
    reshape(graph, rows, shape)
}

fn reshape(graph: &mut Graph, value: NodeId, shape: Vec<Dim>) -> NodeId {
    if graph.ty(value).shape == shape { value } else { graph.op_node(Reshape { shape }, &[value]) }
}

/// True on the main diagonal.
fn identity_matrix(graph: &mut Graph, size: &Dim) -> NodeId {
    let index = graph.op_node(Iota { size: size.clone() }, &[]);
    let (rows, columns) = (graph.expand_dims(index, 1), graph.expand_dims(index, 0));
    graph.op_node(Eq {}, &[rows, columns])
}

fn ones_like(graph: &mut Graph, id: NodeId) -> NodeId {
    let (dtype, rank) = (graph.ty(id).dtype, graph.ty(id).rank());
    let one = graph.splat(dtype, rank, 1.0);
    graph.op_node(Fill {}, &[id, one])
}

fn zero_like(graph: &mut Graph, id: NodeId) -> NodeId {
    let ty = graph.ty(id).clone();
    graph.op_node(Zero { dtype: ty.dtype, shape: ty.shape }, &[])
}

/// Rebuilds what `roots` need with every composite replaced by its expansion and every `grad` by its
/// gradient; returns the new graph and where each root went.
pub fn expand(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    expand_where(graph, roots, &|_| true)
}

/// Rebuilds what `roots` need with every `grad` replaced by its gradient, and composites only where a
/// gradient goes through them.
pub fn expand_gradients(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let mut in_cone = vec![false; graph.len()];
    for id in graph.ids().rev() {
        let costs = graph.op(id).is_derivative();
        if costs || in_cone[id.index()] {
            graph.operands(id).iter().for_each(|o| in_cone[o.index()] = true);
        }
    }
    expand_where(graph, roots, &|id| in_cone[id.index()])
}

/// Gradients of one cost by several leaves, swept together.
struct Gradients {
    /// By cost, the leaves that gradients are taken by.
    leaves: BTreeMap<NodeId, Vec<NodeId>>,
    /// By cost and leaf, in the new graph.
    known: BTreeMap<(NodeId, NodeId), NodeId>,
}

impl Gradients {
    fn of_costs(graph: &Graph, live: &[bool]) -> Gradients {
        let mut leaves: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
        for id in graph.ids().filter(|id| live[id.index()] && matches!(graph.op(*id), Op::Grad(_))) {
            let [cost, wrt] = [graph.operands(id)[0], graph.operands(id)[1]];
            // Leaves do not depend on one another, and those before the cost are rebuilt when it is.
            if graph.operands(wrt).is_empty() && wrt < cost {
                leaves.entry(cost).or_default().push(wrt);
            }
        }
        Gradients { leaves, known: BTreeMap::new() }
    }

    /// The gradient that a node of the old graph asks for, in the new graph.
    fn of(&mut self, graph: &Graph, new: &mut Graph, id: NodeId, renamed: &[Option<NodeId>]) -> NodeId {
        let place = |id: NodeId| renamed[id.index()].expect("invariant: operands come before their users");
        let [old_cost, wrt] = [graph.operands(id)[0], graph.operands(id)[1]];
        let cost = place(old_cost);
        if let Some(leaves) = self.leaves.remove(&old_cost) {
            let places: Vec<NodeId> = leaves.iter().map(|leaf| place(*leaf)).collect();
            let gradients = differentiate(new, cost, &places);
            self.known.extend(leaves.into_iter().map(|leaf| (old_cost, leaf)).zip(gradients));
        }
        match self.known.get(&(old_cost, wrt)) {
            Some(gradient) => *gradient,
            None => differentiate(new, cost, &[place(wrt)])[0],
        }
    }
}

fn expand_where(graph: &Graph, roots: &[NodeId], composite: &dyn Fn(NodeId) -> bool) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let mut gradients = Gradients::of_costs(graph, &live);
    let mut new = graph.successor();
    let mut renamed: Vec<Option<NodeId>> = vec![None; graph.len()];
    let place = |renamed: &[Option<NodeId>], id: NodeId| {
        renamed[id.index()].expect("invariant: operands come before their users")
    };
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        new.set_origin(node.origin.clone());
        let operands: Vec<NodeId> = node.operands.iter().map(|o| place(&renamed, *o)).collect();
        let value = if let Op::Grad(_) = node.op {
            gradients.of(graph, &mut new, id, &renamed)
        } else if let Op::Jacobian(_) = node.op {
            jacobian(&mut new, operands[0], operands[1])
        } else {
            let expanded = composite(id).then(|| node.op.definition().expand(&mut new, &operands)).flatten();
            expanded.unwrap_or_else(|| new.op_node(node.op.clone(), &operands))
        };
        renamed[id.index()] = Some(value);
    }
    let roots = roots.iter().map(|id| place(&renamed, *id)).collect();
    (new, roots)
}
