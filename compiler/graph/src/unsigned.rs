//! Indices of `u64`: a number that `i64` does not hold is outside of every axis.
//!
//! Places are named by `i64`, so that indices of other types are cast. A cast wraps, and would make the
//! largest `u64` the last place of an axis; where an index is a cast, or a view of one, it saturates instead,
//! and the index is found to be outside.

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::ops::{Cast, Constant, Elements, Gather, Minimum, Op, Scatter, ScatterAdd};

/// The largest number that both types hold.
const LARGEST: [u64; 2] = [i64::MAX as u64, 0];

/// Whether an index of a node is a cast that can wrap.
pub fn can_wrap(graph: &Graph, id: NodeId) -> bool {
    indices(graph, id).iter().any(|index| wrapped(graph, *index).is_some())
}

/// The operands of a node that name places; the first is what is indexed.
fn indices(graph: &Graph, id: NodeId) -> &[NodeId] {
    let (Op::Gather(Gather { axes, .. })
    | Op::Scatter(Scatter { axes, .. })
    | Op::ScatterAdd(ScatterAdd { axes, .. })) = graph.op(id)
    else {
        return &[];
    };
    graph.operands(id).get(1..=axes.len()).unwrap_or_default()
}

/// What a node, or the one that it is a view of, casts from `u64` to `i64`, unless it is known to be small
/// enough.
fn wrapped(graph: &Graph, id: NodeId) -> Option<NodeId> {
    let [from] = *graph.operands(id) else { return None };
    if let Op::Dimshuffle(_) | Op::BroadcastTo(_) | Op::Reshape(_) | Op::Subtensor(_) | Op::Flip(_) =
        graph.op(id)
    {
        return wrapped(graph, from);
    }
    let is_cast =
        matches!(graph.op(id), Op::Cast(Cast { dtype: DType::I64 })) && graph.ty(from).dtype == DType::U64;
    let is_largest = |operand: &NodeId| matches!(graph.op(*operand), Op::Constant(constant) if constant.as_splat() == Some(LARGEST));
    let is_bounded = matches!(graph.op(from), Op::Minimum(_)) && graph.operands(from).iter().any(is_largest);
    (is_cast && !is_bounded).then_some(from)
}

/// Saturates casts that are indices; returns where each root went.
pub fn saturate(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let live = graph.reachable(roots);
    let mut new = graph.successor();
    let mut renamed = vec![NodeId(0); graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        let mut operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        for (at, index) in indices(graph, id).iter().enumerate() {
            new.set_origin(graph.node(*index).origin.clone());
            if let Some(from) = wrapped(graph, *index) {
                operands[1 + at] = view(graph, *index, from, &mut new, renamed[from.index()]);
            }
        }
        new.set_origin(node.origin.clone());
        renamed[id.index()] = new.op_node(node.op.clone(), &operands);
    }
    (new, roots.iter().map(|id| renamed[id.index()]).collect())
}

/// A view of a cast of `from` as one of the cast that saturates, in a new graph that has the value of `from`.
fn view(graph: &Graph, id: NodeId, from: NodeId, new: &mut Graph, value: NodeId) -> NodeId {
    let operand = graph.operands(id)[0];
    if operand != from || !matches!(graph.op(id), Op::Cast(_)) {
        let inner = view(graph, operand, from, new, value);
        return new.op_node(graph.op(id).clone(), &[inner]);
    }
    let ones = vec![1i64.into(); new.ty(value).rank()];
    let largest =
        Constant { dtype: DType::U64, shape: ones, elements: Elements::Splat(LARGEST), weak: false };
    let largest = new.op_node(largest, &[]);
    let least = new.op_node(Minimum {}, &[value, largest]);
    new.cast(least, DType::I64)
}
