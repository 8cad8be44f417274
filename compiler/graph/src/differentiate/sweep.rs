//! One reverse sweep: cotangents from a value to what it is computed from.
//!
//! Where nothing of the value arrives, a cotangent is an exact zero, and stays one even where a derivative
//! behind it is infinite or NaN: each goes with its [`Support`]. What a `switch` did not take is kept apart
//! through elementwise operations, reductions and moves of elements, and goes as a number through products;
//! what indexing left out is kept apart through those too.

use std::collections::BTreeMap;

use super::transfer::Step;
use crate::graph::{Graph, NodeId};
use crate::kernel::Kernel;
use crate::ops::{Op, Vjp};
use crate::support::{Branch, Condition, Support, keeps_zeros};

/// The gradient of what is asked for by the value that a sweep begins with.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seed {
    /// Known by each element.
    Everywhere(NodeId),
    /// 1 by the elements where a `bool` tensor is true; the others do not count.
    Where(NodeId),
}

/// The vector-Jacobian products of `value` by each node of `wrt`, given the gradient by the value.
pub(super) fn sweep(graph: &mut Graph, value: NodeId, seed: Seed, wrt: &[NodeId]) -> Vec<NodeId> {
    let active = active_nodes(graph, value, wrt);
    let seed = Cotangent::seed(graph, value, seed);
    let mut sweep = Sweep { graph, active, cotangents: BTreeMap::from([(value, seed)]) };
    for index in (0..=value.index()).rev() {
        let id = NodeId(index as u32);
        if !sweep.active[index] || wrt.contains(&id) {
            continue;
        }
        if let Some(cotangent) = sweep.cotangents.remove(&id) {
            sweep.push_back(id, &cotangent);
        }
    }
    wrt.iter().map(|id| sweep.gradient(*id)).collect()
}

/// Nodes on a path from a `wrt` to the cost along which values can change by small steps: none through
/// integers or `bool`. The cone of a `wrt` is cut there: it is a leaf.
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

/// The gradient of the cost by a node, as far as it is known.
#[derive(Clone, Debug)]
struct Cotangent {
    /// The gradient where the support is; anything elsewhere.
    inside: NodeId,
    /// Where anything arrives.
    support: Support,
    /// The gradient with zeros outside the support, if that is at hand.
    plain: Option<NodeId>,
}

impl Cotangent {
    fn seed(graph: &mut Graph, value: NodeId, seed: Seed) -> Cotangent {
        match seed {
            Seed::Everywhere(seed) => {
                Cotangent { inside: seed, support: Support::EVERYWHERE, plain: Some(seed) }
            }
            Seed::Where(condition) => {
                let inside = super::ones_like(graph, value);
                let plain = graph.cast(condition, graph.ty(value).dtype);
                let condition = Condition { node: condition, branch: Branch::First, by_value: true };
                let support = Support::EVERYWHERE.inside(&[condition], graph);
                Cotangent { inside, support, plain: Some(plain) }
            }
        }
    }

    /// The gradient with zeros outside the support.
    fn plain(&self, graph: &mut Graph) -> NodeId {
        self.plain.unwrap_or_else(|| self.support.restrict(graph, self.inside))
    }

    /// With the switches that an operation put around the gradient told apart; they choose by value or by
    /// place.
    fn opened(self, graph: &Graph, by_value: bool) -> Cotangent {
        let (switches, inside) = opened(graph, self.inside, by_value);
        match switches.is_empty() {
            true => self,
            false => Cotangent { inside, support: self.support.inside(&switches, graph), plain: self.plain },
        }
    }

    /// The sum of two; one switch if both are made by the same.
    fn sum(&self, graph: &mut Graph, other: &Cotangent) -> Cotangent {
        if let Some((condition, support)) = self.support.complement(&other.support) {
            let (first, second) = match condition.branch {
                Branch::First => (self.inside, other.inside),
                Branch::Second => (other.inside, self.inside),
            };
            return Cotangent { inside: graph.choose(condition.node, first, second), support, plain: None };
        }
        if self.support == other.support {
            let inside = graph.plus(self.inside, other.inside);
            let are_plain = [self, other].iter().all(|c| c.plain == Some(c.inside));
            return Cotangent { inside, support: self.support.clone(), plain: are_plain.then_some(inside) };
        }
        let (a, b) = (self.plain(graph), other.plain(graph));
        let inside = graph.plus(a, b);
        Cotangent { inside, support: self.support.union(&other.support, graph), plain: Some(inside) }
    }
}

/// The cotangents so far.
struct Sweep<'g> {
    graph: &'g mut Graph,
    active: Vec<bool>,
    cotangents: BTreeMap<NodeId, Cotangent>,
}

impl Sweep<'_> {
    fn gradient(&mut self, wrt: NodeId) -> NodeId {
        match self.cotangents.get(&wrt) {
            Some(cotangent) => cotangent.plain(self.graph),
            None => super::zero_like(self.graph, wrt),
        }
    }

    fn push_back(&mut self, id: NodeId, cotangent: &Cotangent) {
        let node = self.graph.node(id).clone();
        if node.operands.iter().all(|o| !self.active[o.index()]) {
            return;
        }
        self.graph.set_origin(node.origin.clone());
        let kernel = self.graph.kernel(id);
        let values = self.values(id, &kernel, cotangent);
        for (number, (operand, value)) in node.operands.iter().zip(values).enumerate() {
            let Some(value) = value.filter(|_| self.active[operand.index()]) else { continue };
            let step = Step { node: id, operand: number, kernel: &kernel };
            let Some(contribution) = self.contribution(step, cotangent, value) else { continue };
            let sum = match self.cotangents.get(operand) {
                Some(other) => other.sum(self.graph, &contribution),
                None => contribution,
            };
            self.cotangents.insert(*operand, sum);
        }
    }

    /// The gradients by a node's operands. An operation on elements apart from each other looks at the
    /// cotangent's support itself, before it sums over stretched axes; so does a reduction, whose every
    /// result has elements of its own.
    fn values(&mut self, id: NodeId, kernel: &Kernel, cotangent: &Cotangent) -> Vec<Option<NodeId>> {
        let node = self.graph.node(id).clone();
        let (mut operands, mut value, mut support) =
            (node.operands.to_vec(), cotangent.inside, &cotangent.support);
        match kernel {
            Kernel::Map(_) | Kernel::Reduce(_) => {}
            Kernel::Contract(_) | Kernel::Scan(_) => {
                (value, support) = (cotangent.plain(self.graph), &Support::EVERYWHERE);
                for (number, operand) in operands.iter_mut().enumerate() {
                    *operand = self.used(Step { node: id, operand: number, kernel }, cotangent);
                }
            }
            Kernel::View(_)
            | Kernel::Reshape
            | Kernel::Concatenate(_)
            | Kernel::Gather(_)
            | Kernel::Scatter(_)
            | Kernel::Routine(_)
            | Kernel::Leaf(_)
            | Kernel::Composite => {
                (value, support) = (cotangent.plain(self.graph), &Support::EVERYWHERE);
            }
        }
        let is_plain = cotangent.plain == Some(value);
        let vjp = Vjp { operands: &operands, result: id, cotangent: value, support, is_plain };
        node.op.definition().gradient(self.graph, &vjp)
    }

    /// An operand of sums of products, with zeros where it has no part in what arrives.
    fn used(&mut self, step: Step<'_>, cotangent: &Cotangent) -> NodeId {
        let operand = self.graph.operands(step.node)[step.operand];
        let support = step.support(self.graph, &cotangent.support);
        support.restrict(self.graph, operand)
    }

    /// What arrives at an operand, given the gradient by it; nothing where that is an exact zero.
    fn contribution(&mut self, step: Step<'_>, cotangent: &Cotangent, value: NodeId) -> Option<Cotangent> {
        let support = step.support(self.graph, &cotangent.support);
        if support.is_nowhere() {
            return None;
        }
        let graph = &mut *self.graph;
        let (own, operand) = (graph.ty(step.node), graph.ty(graph.operands(step.node)[step.operand]));
        let is_plain = match step.kernel {
            Kernel::Map(_) if support.is_everywhere() => true,
            Kernel::Map(_) if own.shape == operand.shape => {
                cotangent.plain == Some(cotangent.inside) && keeps_zeros(graph, value, cotangent.inside)
            }
            Kernel::Reduce(_) => support.is_everywhere(),
            Kernel::Map(_)
            | Kernel::View(_)
            | Kernel::Reshape
            | Kernel::Concatenate(_)
            | Kernel::Gather(_)
            | Kernel::Scatter(_)
            | Kernel::Scan(_)
            | Kernel::Contract(_)
            | Kernel::Routine(_)
            | Kernel::Leaf(_)
            | Kernel::Composite => true,
        };
        let plain = is_plain.then_some(value);
        // Of updates of one place the last is chosen.
        let by_value = !matches!(step.kernel, Kernel::Scatter(_));
        Some(Cotangent { inside: value, support, plain }.opened(graph, by_value))
    }
}

/// A gradient apart: the switches around it whose other branch is an exact zero, the innermost first, and
/// what is inside.
fn opened(graph: &Graph, gradient: NodeId, by_value: bool) -> (Vec<Condition>, NodeId) {
    let is_zero = |id: NodeId| matches!(graph.op(id), Op::Zero(_));
    let (mut switches, mut inside) = (vec![], gradient);
    while let (Op::Switch(_), &[node, x, y]) = (graph.op(inside), graph.operands(inside)) {
        let (branch, value) = match (is_zero(x), is_zero(y)) {
            (false, true) => (Branch::First, x),
            (true, false) => (Branch::Second, y),
            (true, true) | (false, false) => break,
        };
        // A branch that stretches is not what is inside.
        if graph.ty(value).shape != graph.ty(inside).shape {
            break;
        }
        switches.insert(0, Condition { node, branch, by_value });
        inside = value;
    }
    (switches, inside)
}
