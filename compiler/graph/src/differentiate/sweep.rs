//! One reverse sweep: cotangents from a value to what it is computed from.
//!
//! Where a `switch` did not take a value, its cotangent is an exact zero, and stays one even where a derivative
//! behind it is infinite or NaN: it is kept as a switch through elementwise operations, folds and moves of
//! elements. Through products, and moves whose places are data, it goes as a number.

use std::collections::BTreeMap;

use crate::graph::{Graph, NodeId};
use crate::kernel::Kernel;
use crate::ops::{Fill, Op, Vjp, elementwise};

/// The vector-Jacobian products of `value` by each node of `wrt`, given the gradient `seed` by the value.
pub fn sweep(graph: &mut Graph, value: NodeId, seed: NodeId, wrt: &[NodeId]) -> Vec<NodeId> {
    let active = active_nodes(graph, value, wrt);
    let cotangents = BTreeMap::from([(value, seed)]);
    let mut sweep = Sweep { graph, active, cotangents, unguarded: BTreeMap::new() };
    for index in (0..=value.index()).rev() {
        let id = NodeId(index as u32);
        let Some(&cotangent) = sweep.cotangents.get(&id) else { continue };
        if sweep.active[index] && !wrt.contains(&id) {
            sweep.push_back(id, cotangent);
        }
    }
    wrt.iter().map(|id| sweep.gradient(*id)).collect()
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

/// The cotangents so far.
struct Sweep<'g> {
    graph: &'g mut Graph,
    active: Vec<bool>,
    cotangents: BTreeMap<NodeId, NodeId>,
    /// Cotangents inside a switch that says where anything arrived, without it: the numbers are the same.
    unguarded: BTreeMap<NodeId, NodeId>,
}

impl Sweep<'_> {
    fn gradient(&mut self, wrt: NodeId) -> NodeId {
        match self.cotangents.get(&wrt) {
            Some(&cotangent) => self.plain(cotangent),
            None => super::zero_like(self.graph, wrt),
        }
    }

    /// A cotangent without its guard.
    fn plain(&self, cotangent: NodeId) -> NodeId {
        self.unguarded.get(&cotangent).copied().unwrap_or(cotangent)
    }

    fn push_back(&mut self, id: NodeId, cotangent: NodeId) {
        let node = self.graph.node(id).clone();
        if node.operands.iter().all(|o| !self.active[o.index()]) {
            return;
        }
        self.graph.set_origin(node.origin.clone());
        let vjp = Vjp { operands: &node.operands, result: id, cotangent };
        let contributions = self.contributions(&node.op, vjp);
        for (operand, contribution) in node.operands.iter().zip(contributions) {
            let Some(contribution) = contribution.filter(|_| self.active[operand.index()]) else { continue };
            let sum = match self.cotangents.get(operand) {
                Some(&other) => {
                    let (a, b) = (self.plain(other), self.plain(contribution));
                    sum_of_cotangents(self.graph, a, b)
                }
                None => contribution,
            };
            self.cotangents.insert(*operand, sum);
        }
    }

    /// What a node contributes to its operands' gradients.
    fn contributions(&mut self, op: &Op, vjp: Vjp<'_>) -> Vec<Option<NodeId>> {
        let gradient =
            |graph: &mut Graph, cotangent| op.definition().gradient(graph, &Vjp { cotangent, ..vjp });
        let (taken, inside) = Taken::of(self.graph, vjp.cotangent);
        if taken.is_everywhere() {
            return gradient(self.graph, vjp.cotangent);
        }
        match self.graph.kernel(vjp.result) {
            // They look inside the switches themselves, before they sum over stretched axes.
            Kernel::Map(_) => {
                let values = gradient(self.graph, vjp.cotangent);
                let arrived: Vec<_> = vjp.operands.iter().map(|o| self.arrived(&taken, inside, *o)).collect();
                self.guard(values, arrived)
            }
            Kernel::Reduce(reduction) => {
                let stretched = taken.map(&mut |condition| {
                    let axes = reduction.axes.iter();
                    axes.fold(condition, |condition, axis| self.graph.expand_dims(condition, *axis))
                });
                let values = gradient(self.graph, inside);
                values.into_iter().map(|value| Some(stretched.restrict(self.graph, value?))).collect()
            }
            // The gradient moves elements and adds them up: as it does those of ones where the node is taken.
            Kernel::View(_) | Kernel::Reshape | Kernel::Concatenate(_) => {
                let ones = self.ones(&taken, inside);
                let arrived = gradient(self.graph, ones);
                let plain = self.plain(vjp.cotangent);
                let values = gradient(self.graph, plain);
                self.guard(values, arrived)
            }
            Kernel::Leaf(_)
            | Kernel::Gather(_)
            | Kernel::Scatter(_)
            | Kernel::Prefix(_)
            | Kernel::Contract(_)
            | Kernel::Deferred => {
                let plain = self.plain(vjp.cotangent);
                gradient(self.graph, plain)
            }
        }
    }

    /// How many elements arrive at each of an operand that broadcasting stretched.
    fn arrived(&mut self, taken: &Taken, inside: NodeId, operand: NodeId) -> Option<NodeId> {
        let stretched = self.graph.ty(operand).shape != self.graph.ty(inside).shape;
        (stretched && self.active[operand.index()]).then(|| {
            let ones = self.ones(taken, inside);
            elementwise::unbroadcast(self.graph, ones, operand)
        })
    }

    /// Ones of the shape of `inside`, in switches.
    fn ones(&mut self, taken: &Taken, inside: NodeId) -> NodeId {
        let (dtype, rank) = (self.graph.ty(inside).dtype, self.graph.ty(inside).rank());
        let one = self.graph.splat(dtype, rank, 1.0);
        let ones = self.graph.op_node(Fill {}, &[inside, one]);
        taken.restrict(self.graph, ones)
    }

    /// Contributions, zero where nothing arrives.
    fn guard(&mut self, values: Vec<Option<NodeId>>, arrived: Vec<Option<NodeId>>) -> Vec<Option<NodeId>> {
        let guarded = |(value, arrived): (Option<NodeId>, Option<NodeId>)| {
            let (Some(plain), Some(arrived)) = (value, arrived) else { return value };
            let guarded = self.graph.only_where(arrived, plain);
            self.unguarded.insert(guarded, plain);
            Some(guarded)
        };
        values.into_iter().zip(arrived).map(guarded).collect()
    }
}

/// The switches that made a cotangent, each with the branch that is not an exact zero; the outermost first.
///
/// An operation behind the branch may have an infinite derivative, or none, where the branch is not taken. Its
/// gradient is that of what is inside the switches, put into them again: 0 there, whatever the derivative is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    layers: Vec<(NodeId, Branch)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Branch {
    First,
    Second,
}

impl Taken {
    /// A cotangent apart: its switches and what is inside them.
    pub fn of(graph: &Graph, cotangent: NodeId) -> (Taken, NodeId) {
        let is_zero = |id: NodeId| matches!(graph.op(id), Op::Zero(_));
        let (mut layers, mut inside) = (vec![], cotangent);
        while let (Op::Switch(_), &[condition, x, y]) = (graph.op(inside), graph.operands(inside)) {
            let (branch, value) = match (is_zero(x), is_zero(y)) {
                (false, true) => (Branch::First, x),
                (true, false) => (Branch::Second, y),
                (true, true) | (false, false) => break,
            };
            layers.push((condition, branch));
            inside = value;
        }
        (Taken { layers }, inside)
    }

    /// Whether there are no switches.
    fn is_everywhere(&self) -> bool {
        self.layers.is_empty()
    }

    /// A value inside the same switches.
    pub fn restrict(&self, graph: &mut Graph, value: NodeId) -> NodeId {
        self.layers.iter().rev().fold(value, |value, (condition, branch)| match branch {
            Branch::First => graph.only_where(*condition, value),
            Branch::Second => graph.unless(*condition, value),
        })
    }

    /// The same switches with each condition replaced.
    fn map(&self, condition: &mut dyn FnMut(NodeId) -> NodeId) -> Taken {
        Taken { layers: self.layers.iter().map(|(c, branch)| (condition(*c), *branch)).collect() }
    }
}

/// The sum of two cotangents; one switch if both are made by the same.
fn sum_of_cotangents(graph: &mut Graph, a: NodeId, b: NodeId) -> NodeId {
    let ((taken_a, inside_a), (taken_b, inside_b)) = (Taken::of(graph, a), Taken::of(graph, b));
    match (taken_a.layers.as_slice(), taken_b.layers.as_slice()) {
        ([(first, Branch::First)], [(second, Branch::Second)]) if first == second => {
            graph.choose(*first, inside_a, inside_b)
        }
        ([(first, Branch::Second)], [(second, Branch::First)]) if first == second => {
            graph.choose(*first, inside_b, inside_a)
        }
        (a_layers, b_layers) if a_layers == b_layers => {
            let sum = graph.add_node(inside_a, inside_b);
            taken_a.restrict(graph, sum)
        }
        _ => graph.add_node(a, b),
    }
}
