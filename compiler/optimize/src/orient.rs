//! One orientation for each product of matrices.
//!
//! A gradient by the right operand of a product is a product turned around: `dimshuffle(dot(x, y))`. Rules
//! see one use of it at a time, and the one that turns the product would leave the others with it as it was:
//! two products for one value. So before those rules run, a product is turned where all its uses are: the
//! values that are made of it alone, element by element, and are turned afterwards, are made of the turned
//! product. Sums of all elements then add in another order, which reassociates.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::Kernel;
use tgc_graph::ops::{Dimshuffle, Dot, Op};

use crate::facts::is_scalar;

/// Whether a node turns something that may be made of a product.
pub(crate) fn is_turn(graph: &Graph, id: NodeId) -> bool {
    let made = || graph.operands(id)[0];
    matches!(graph.op(id), Op::Dimshuffle(_))
        && (matches!(graph.op(made()), Op::Dot(_)) || is_map(graph, made()))
}

/// How the axes of a product must be shuffled to be those of the product of its operands in the other order.
pub(crate) fn swap(graph: &Graph, product: NodeId) -> Option<Vec<Option<usize>>> {
    let Op::Dot(dot) = graph.op(product) else { return None };
    let free = |side: usize| graph.ty(graph.operands(product)[side]).rank() - dot.batch - dot.left.len();
    let (first, last) = (dot.batch + free(0), dot.batch + free(0) + free(1));
    let order = (0..dot.batch).chain(first..last).chain(dot.batch..first).map(Some);
    (free(0) > 0 && free(1) > 0).then(|| order.collect())
}

/// The product of the operands in the other order.
pub(crate) fn swapped(dot: &Dot) -> Dot {
    Dot { batch: dot.batch, left: dot.right.clone(), right: dot.left.clone() }
}

/// Turns products of which all uses are turned; returns where each root went.
pub(crate) fn orient(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let users = users(graph, &live);
    // What is made of a product that is turned, and how that is shuffled.
    let mut turned: Vec<Option<Vec<Option<usize>>>> = vec![None; graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let Some(order) = swap(graph, id) else { continue };
        for node in made_of(graph, &users, id, &order).unwrap_or_default() {
            turned[node.index()] = Some(order.clone());
        }
    }
    let mut new = graph.successor();
    let mut renamed = vec![NodeId(0); graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        new.set_origin(node.origin.clone());
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        renamed[id.index()] = match (&node.op, &turned[id.index()]) {
            (Op::Dot(dot), Some(_)) => new.op_node(swapped(dot), &[operands[1], operands[0]]),
            (Op::Dimshuffle(_), None) if turned[node.operands[0].index()].is_some() => operands[0],
            (op, _) => new.op_node(op.clone(), &operands),
        };
    }
    // A root is what it was.
    let back = |new: &mut Graph, root: &NodeId| match &turned[root.index()] {
        Some(order) => new.op_node(Dimshuffle { order: inverse(order) }, &[renamed[root.index()]]),
        None => renamed[root.index()],
    };
    let places = roots.iter().map(|root| back(&mut new, root)).collect();
    (new, places)
}

fn users(graph: &Graph, live: &[bool]) -> Vec<Vec<NodeId>> {
    let mut users = vec![vec![]; graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        graph.operands(id).iter().for_each(|operand| users[operand.index()].push(id));
    }
    users
}

/// A product and all that is made of it alone, element by element, if what uses them turns them.
fn made_of(
    graph: &Graph,
    users: &[Vec<NodeId>],
    product: NodeId,
    order: &[Option<usize>],
) -> Option<Vec<NodeId>> {
    let mut made = vec![product];
    let mut turns = 0;
    let mut next = 0;
    while let Some(id) = made.get(next).copied() {
        next += 1;
        for user in &users[id.index()] {
            let (op, ty) = (graph.op(*user), graph.ty(*user));
            if matches!(op, Op::Dimshuffle(shuffle) if shuffle.order == order) {
                turns += 1;
            } else if is_map(graph, *user) && ty.shape == graph.ty(product).shape {
                if !made.contains(user) {
                    made.push(*user);
                }
            } else if !(matches!(op, Op::Sum(_)) && ty.rank() == 0) {
                return None;
            }
        }
    }
    let is_alone = |id: &NodeId| {
        let mut others = graph.operands(*id).iter().filter(|operand| !made.contains(operand));
        others.all(|operand| is_scalar(graph.ty(*operand)))
    };
    (turns > 0 && !is_scalar(graph.ty(product)) && made[1..].iter().all(is_alone)).then_some(made)
}

fn is_map(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.kernel(id), Kernel::Map(_))
}

/// The order that puts axes back; all axes are in it.
fn inverse(order: &[Option<usize>]) -> Vec<Option<usize>> {
    (0..order.len()).map(|axis| order.iter().position(|from| *from == Some(axis))).collect()
}
