//! Pins: what a gradient is taken by must still be there when the gradient is made.
//!
//! Rules would dissolve a value such as `x * x` into what surrounds it. So each computed value that a
//! gradient names becomes `pin` of itself in the cone of the gradient's cost — a copy of the cone, so that
//! the value of the cost, and gradients by inputs, lose no rule to the pin. The copies merge again when the
//! pins are gone.

use std::collections::BTreeMap;

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::{Constant, Op, Pin};

/// Pins what gradients are taken by; returns where each root went.
pub(crate) fn pin(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let mut new = graph.successor();
    let mut renamed = vec![NodeId(0); graph.len()];
    let mut costs: BTreeMap<NodeId, Vec<NodeId>> = BTreeMap::new();
    for id in graph.ids().filter(|id| live[id.index()]) {
        if let (true, [cost, wrt]) = (graph.op(id).is_derivative(), graph.operands(id))
            && !matches!(graph.op(*wrt), Op::Shared(_))
            && graph.op(*wrt).input_name().is_none()
            && !graph.is_weak(*wrt)
        {
            costs.entry(*cost).or_default().push(*wrt);
        }
    }
    let mut pinned: BTreeMap<NodeId, Pinned> = BTreeMap::new();
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        let operands: Vec<NodeId> = match (node.op.is_derivative(), node.operands.as_slice()) {
            (true, [cost, wrt]) if costs.get(cost).is_some_and(|wrts| wrts.contains(wrt)) => {
                let copy = pinned.entry(*cost).or_insert_with(|| {
                    let wrts: Vec<NodeId> = costs[cost].iter().map(|w| renamed[w.index()]).collect();
                    Pinned::new(&mut new, renamed[cost.index()], &wrts)
                });
                vec![copy.cost, copy.wrt[&renamed[wrt.index()]]]
            }
            _ => node.operands.iter().map(|o| renamed[o.index()]).collect(),
        };
        new.set_origin(node.origin.clone());
        renamed[id.index()] = new.op_node(node.op.clone(), &operands);
    }
    (new, roots.iter().map(|id| renamed[id.index()]).collect())
}

/// A copy of a cost's cone with pins in it.
struct Pinned {
    cost: NodeId,
    /// The pin of each value.
    wrt: BTreeMap<NodeId, NodeId>,
}

impl Pinned {
    fn new(graph: &mut Graph, cost: NodeId, wrts: &[NodeId]) -> Pinned {
        let cone = graph.reachable(&[cost]);
        let mut copies: Vec<NodeId> = graph.ids().collect();
        let mut wrt = BTreeMap::new();
        let last = copies.len();
        for index in 0..last {
            let id = copies[index];
            if !cone[index] && !wrts.contains(&id) {
                continue;
            }
            let node = graph.node(id).clone();
            graph.set_origin(node.origin.clone());
            let operands: Vec<NodeId> = node.operands.iter().map(|o| copies[o.index()]).collect();
            copies[index] = graph.op_node(node.op, &operands);
            if wrts.contains(&id) {
                copies[index] = graph.op_node(Pin {}, &[copies[index]]);
                wrt.insert(id, copies[index]);
            }
        }
        Pinned { cost: copies[cost.index()], wrt }
    }
}

/// Whether a node is there for gradients alone: the value of its operand.
pub(crate) fn is_mark(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.op(id), Op::Pin(_) | Op::ConsiderConstant(_))
}

/// Takes out all pins, and what gradients were told to take as constant; returns where each root went.
pub(crate) fn unpin(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let mut new = graph.successor();
    let mut renamed = vec![NodeId(0); graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        new.set_origin(node.origin.clone());
        renamed[id.index()] = if let Op::Pin(_) | Op::ConsiderConstant(_) = node.op {
            strong(&mut new, operands[0])
        } else {
            new.op_node(node.op.clone(), &operands)
        };
    }
    (new, roots.iter().map(|id| renamed[id.index()]).collect())
}

/// The value with a type of its own: a mark on a literal takes part in promotion, so what replaces it has to.
fn strong(graph: &mut Graph, id: NodeId) -> NodeId {
    let Op::Constant(literal) = graph.op(id).clone() else { return id };
    if literal.weak { graph.op_node(Constant { weak: false, ..literal }, &[]) } else { id }
}
