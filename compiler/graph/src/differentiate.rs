//! Reverse-mode differentiation, graph to graph: expands `grad` nodes into ordinary ones.
//!
//! One sweep per cost: cotangents flow from the cost to every node that it depends on and that depends on
//! something asked for (Griewank and Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, section 3.2).
//! Where a gradient is exactly zero it is the operation `zero`, not a constant 0.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId};
use crate::ops::{Fill, Op, Vjp, Zero};

/// The gradients of `cost`, a real 0-d node, by each node of `wrt`, as nodes of the same graph. No `wrt`
/// depends on another.
///
/// A `wrt` that the cost does not depend on through differentiable operations gets a `zero`. The cone of
/// the cost must hold neither composites nor gradients ([`expand`]).
pub fn differentiate(graph: &mut Graph, cost: NodeId, wrt: &[NodeId]) -> Vec<NodeId> {
    let active = active_nodes(graph, cost, wrt);
    let mut cotangents: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    let dtype = graph.ty(cost).dtype;
    let one = graph.splat(dtype, 0, 1.0);
    let seed = graph.op_node(Fill {}, &[cost, one]);
    cotangents.insert(cost, seed);
    for index in (0..=cost.index()).rev() {
        let id = NodeId(index as u32);
        let Some(&cotangent) = cotangents.get(&id) else { continue };
        if active[index] && !wrt.contains(&id) || id == cost {
            push_back(graph, id, cotangent, &active, &mut cotangents);
        }
    }
    wrt.iter().map(|id| cotangents.get(id).copied().unwrap_or_else(|| zero_like(graph, *id))).collect()
}

/// Nodes on a path from a `wrt` to the cost along which values can change by small steps: none through integers
/// or `bool`. The cone of a `wrt` is cut there: it is a leaf.
fn active_nodes(graph: &Graph, cost: NodeId, wrt: &[NodeId]) -> Vec<bool> {
    let needed = graph.reachable(&[cost]);
    let mut active = vec![false; graph.len()];
    for id in graph.ids() {
        let depends = wrt.contains(&id)
            || graph.ty(id).dtype.is_differentiable() && graph.operands(id).iter().any(|o| active[o.index()]);
        active[id.index()] = depends && needed[id.index()];
    }
    active
}

fn push_back(
    graph: &mut Graph,
    id: NodeId,
    cotangent: NodeId,
    active: &[bool],
    cotangents: &mut BTreeMap<NodeId, NodeId>,
) {
    let node = graph.node(id).clone();
    if node.operands.iter().all(|o| !active[o.index()]) {
        return;
    }
    graph.set_origin(node.origin.clone());
    let vjp = Vjp { operands: &node.operands, result: id, cotangent };
    let contributions = node.op.definition().gradient(graph, &vjp);
    for (operand, contribution) in node.operands.iter().zip(contributions) {
        let Some(contribution) = contribution.filter(|_| active[operand.index()]) else { continue };
        let sum = match cotangents.get(operand) {
            Some(&other) => graph.add_node(other, contribution),
            None => contribution,
        };
        cotangents.insert(*operand, sum);
    }
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
        let costs = matches!(graph.op(id), Op::Grad(_));
        if costs || in_cone[id.index()] {
            graph.operands(id).iter().for_each(|o| in_cone[o.index()] = true);
        }
    }
    expand_where(graph, roots, &|id| in_cone[id.index()])
}

fn expand_where(graph: &Graph, roots: &[NodeId], composite: &dyn Fn(NodeId) -> bool) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let mut new = graph.successor();
    let mut renamed: Vec<Option<NodeId>> = vec![None; graph.len()];
    let place = |renamed: &[Option<NodeId>], id: NodeId| {
        renamed[id.index()].expect("invariant: operands come before their users")
    };
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        new.set_origin(node.origin.clone());
        let operands: Vec<NodeId> = node.operands.iter().map(|o| place(&renamed, *o)).collect();
        let value = match &node.op {
            Op::Grad(_) => differentiate(&mut new, operands[0], &[operands[1]])[0],
            op => composite(id)
                .then(|| op.definition().expand(&mut new, &operands))
                .flatten()
                .unwrap_or_else(|| new.op_node(op.clone(), &operands)),
        };
        renamed[id.index()] = Some(value);
    }
    let roots = roots.iter().map(|id| place(&renamed, *id)).collect();
    (new, roots)
}
