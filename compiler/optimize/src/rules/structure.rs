//! Shapes, casts and the structural zero.
//!
//! Downhill: fewer nodes; then views (`dimshuffle`, and outside it `fill`) nearer to the root, so that
//! arithmetic runs on fewer elements and other rules see it without views between; then fills whose shape
//! comes from no computed value. Removing a term that is `zero` is exact because `zero` is the absence of a
//! term, made by differentiation, and never a value that happened to be 0.

use tgc_graph::dim::Dim;
use tgc_graph::dtype::Kind;
use tgc_graph::graph::NodeId;
use tgc_graph::ops::{Cast, Constant, Dimshuffle, Fill, Neg, Op, Zero};

use crate::facts::{self, is_lossless, is_scalar, is_zero};
use crate::fold;
use crate::rewrite::Rewriter;
use crate::rule::Contract::{Exact, Structural};
use crate::rule::{Roots, Rule};
use crate::rules::Group;

/// The group.
pub const GROUP: Group = Group {
    name: "structure",
    doc: "Shapes, casts and the zero that gradients make: none of these rules computes anything anew.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::function(
        "zero-absorbs",
        Structural,
        "zero * x, zero / x, and operations that make zero of zero => zero",
        Roots::All,
        zero_absorbs,
        &[
            "zero{A,B} * y:[A,B]",
            "zero{A} / x:[A]",
            "-zero{A}",
            "abs(zero{A})",
            "switch(x:[A,B], zero{1,B}, zero{A,1})",
            "cast{f64}(zero{A})",
            "sum{0}(zero{A,B})",
            "cumsum{0;false;true}(zero{A,B})",
            "recurrence{0;true;false}(x:[A,B], zero{A,B})",
            "dot{0;1;0}(zero{A,B}, y:[B,C])",
            "dimshuffle{1,0}(zero{A,B})",
            "fill(x:[A,B], zero{1,B})",
            "reshape{A*B}(zero{A,B})",
            "concatenate{0;2}(zero{A,B}, zero{C,B})",
            "set_subtensor{0;1;1}(zero{3}, zero{1})",
        ],
    ),
    Rule::function(
        "zero-vanishes",
        Structural,
        "zero + x => x, x - zero => x, zero - x => -x, inc_subtensor(x, zero) => x",
        Roots::Named(&["add", "sub", "inc_subtensor"]),
        zero_vanishes,
        &[
            "inc_subtensor{0;1;1}(x:[3], zero{1})",
            "zero{A,B} + x:[A,B]",
            "zero{A,B} + x:[1,B]",
            "x:[A] - zero{A}",
            "zero{A} - x:[A]",
        ],
    ),
    Rule::function(
        "cast-same",
        Exact,
        "cast to the type that x has => x",
        Roots::Named(&["cast"]),
        cast_same,
        &["cast{f32}(x:f32[A])"],
    ),
    Rule::function(
        "cast-cast",
        Exact,
        "cast of a lossless cast of x => one cast of x",
        Roots::Named(&["cast"]),
        cast_cast,
        &[
            "cast{i32}(cast{f64}(x:f32[A]))",
            "cast{u8}(cast{i64}(x:i32[A]))",
            "cast{f16}(cast{f64}(x:f32[A]))",
            "cast{bool}(cast{f64}(x:f32[A]))",
            "cast{f32}(cast{f64}(x:i32[A]))",
            "cast{f64}(cast{i32}(x:i8[A]))",
        ],
    ),
    Rule::function(
        "fill-same-shape",
        Exact,
        "fill(s, x) => x if x has the shape",
        Roots::Named(&["fill"]),
        fill_same_shape,
        &["fill(s:[A,B], x:[A,B])"],
    ),
    Rule::function(
        "fill-fill",
        Exact,
        "fill(s, fill(t, x)) => fill(s, x)",
        Roots::Named(&["fill"]),
        fill_fill,
        &["fill(s:[A,B], fill(t:[1,B], x:[1,1]))"],
    ),
    Rule::function(
        "fill-constant",
        Exact,
        "fill(s, c) => a constant of that shape if the shape is static",
        Roots::Named(&["fill"]),
        fill_constant,
        &["fill(s:[2,3], 1.5)"],
    ),
    Rule::function(
        "fill-template",
        Exact,
        "fill(s, x) => fill(zero, x): only the shape of s counts",
        Roots::Named(&["fill"]),
        fill_template,
        &["fill(s:[A,B], x:[1,B])"],
    ),
    Rule::function(
        "fill-outward",
        Exact,
        "elementwise(…, fill(s, x), …) => the operation on x, broadcast",
        Roots::Maps,
        fill_outward,
        &[
            "fill(s:[A,B], x:[1,B]) * y:[A,B]",
            "exp(fill(s:[A], x:[1]))",
            "x:[1] + 2c[3]",
            "fill(s:[A,B], x:[1,B]) - fill(s:[A,B], y:[A,1])",
            "cast{f64}(fill(s:[A], x:f32[1]))",
        ],
    ),
    Rule::function(
        "broadcast-to",
        Exact,
        "broadcast_to(x) => fill(zero, dimshuffle(x))",
        Roots::Named(&["broadcast_to"]),
        broadcast_to,
        &["broadcast_to{A,B}(x:[B])", "broadcast_to{A,B}(x:[A,1])", "broadcast_to{A}(x:[A])"],
    ),
    Rule::function(
        "dimshuffle-identity",
        Exact,
        "dimshuffle(x) => x if it keeps every axis in its place, those of size 1 aside",
        Roots::Named(&["dimshuffle"]),
        dimshuffle_identity,
        &["dimshuffle{0,1}(x:[A,B])", "dimshuffle{1,0,x}(x:[1,1,1])", "dimshuffle{x,1}(x:[1,B])"],
    ),
    Rule::function(
        "dimshuffle-dimshuffle",
        Exact,
        "dimshuffle(dimshuffle(x)) => dimshuffle(x)",
        Roots::Named(&["dimshuffle"]),
        dimshuffle_dimshuffle,
        &["dimshuffle{1,0}(dimshuffle{1,0}(x:[A,B]))", "dimshuffle{x,1}(dimshuffle{x,0}(x:[A]))"],
    ),
    Rule::function(
        "dimshuffle-fill",
        Exact,
        "dimshuffle(fill(s, x)) => fill(zero, dimshuffle(x))",
        Roots::Named(&["dimshuffle"]),
        dimshuffle_fill,
        &["dimshuffle{1,0}(fill(s:[A,B], x:[1,B]))"],
    ),
    Rule::function(
        "dimshuffle-outward",
        Exact,
        "elementwise(dimshuffle(x), …) => dimshuffle(elementwise(x, …)) if all operands are shuffled alike or have one element",
        Roots::Maps,
        dimshuffle_outward,
        &[
            "exp(dimshuffle{1,0}(x:[A,B]))",
            "dimshuffle{1,0}(x:[A,B]) + dimshuffle{1,0}(y:[A,B])",
            "dimshuffle{1,0}(x:[A,B]) * s:[1,1]",
            "2.5 * dimshuffle{x,0}(x:[A])",
        ],
    ),
];

fn zero_absorbs(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    if !facts::keeps_zero(graph, id) {
        return None;
    }
    let ty = graph.ty(id);
    let zero = Zero { dtype: ty.dtype, shape: ty.shape.clone() };
    rewriter.add(zero, &[])
}

fn zero_vanishes(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let node = graph.node(id);
    let [a, b] = [node.operands[0], node.operands[1]];
    match (&node.op, is_zero(graph, a), is_zero(graph, b)) {
        (_, _, true) => Some(a),
        (Op::IncSubtensor(_), _, false) => None,
        (Op::Sub(_), true, _) => rewriter.add(Neg {}, &[b]),
        (_, true, _) => Some(b),
        (_, false, false) => None,
    }
}

fn cast_same(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let operand = rewriter.graph().operands(id)[0];
    (rewriter.graph().ty(operand).dtype == rewriter.graph().ty(id).dtype).then_some(operand)
}

fn cast_cast(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let middle = graph.operands(id)[0];
    let Op::Cast(_) = graph.op(middle) else { return None };
    let source = graph.operands(middle)[0];
    let (from, through, to) = (graph.ty(source).dtype, graph.ty(middle).dtype, graph.ty(id).dtype);
    // Integers wrap on the way to integers and saturate on the way through floats.
    let wraps = from.kind() == Kind::Integer && to.kind() == Kind::Integer && through.kind() > Kind::Integer;
    if !is_lossless(from, through) || wraps && !is_lossless(from, to) {
        return None;
    }
    rewriter.add(Cast { dtype: to }, &[source])
}

fn fill_same_shape(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let value = rewriter.graph().operands(id)[1];
    (rewriter.graph().ty(value) == rewriter.graph().ty(id)).then_some(value)
}

fn fill_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let [shape, value] = [graph.operands(id)[0], graph.operands(id)[1]];
    let Op::Fill(_) = graph.op(value) else { return None };
    let inner = graph.operands(value)[1];
    rewriter.add(Fill {}, &[shape, inner])
}

fn fill_constant(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let constant = facts::constant(graph, graph.operands(id)[1])?;
    constant.as_splat()?;
    graph.ty(id).static_shape()?;
    let stretched = Constant { shape: graph.ty(id).shape.clone(), weak: false, ..constant.clone() };
    rewriter.add(stretched, &[])
}

fn fill_template(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let [shape, value] = [graph.operands(id)[0], graph.operands(id)[1]];
    if is_zero(graph, shape) && graph.ty(shape) == graph.ty(id) {
        return None;
    }
    let shape = graph.ty(id).shape.clone();
    rewriter.stretch(value, &shape)
}

fn fill_outward(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let mut stripped = rewriter.graph().node(id).operands.clone();
    for operand in &mut stripped {
        *operand = unstretched(rewriter, *operand)?.unwrap_or(*operand);
    }
    let node = rewriter.graph().node(id);
    if stripped == node.operands {
        return None;
    }
    let op = node.op.clone();
    rewriter.add(op, &stripped)
}

/// What a stretched value was before; `Some(None)` if it is not stretched.
pub(crate) fn unstretched(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<Option<NodeId>> {
    if let Op::Fill(_) = rewriter.graph().op(id) {
        return Some(Some(rewriter.graph().operands(id)[1]));
    }
    match fold::shrink(rewriter.graph(), id) {
        Some(constant) => rewriter.add(constant, &[]).map(Some),
        None => Some(None),
    }
}

fn broadcast_to(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let (x, shape) = (graph.operands(id)[0], graph.ty(id).shape.clone());
    let rank = graph.ty(x).rank();
    let order = std::iter::repeat_n(None, shape.len() - rank).chain((0..rank).map(Some)).collect();
    let value = rewriter.add(Dimshuffle { order }, &[x])?;
    rewriter.stretch(value, &shape)
}

fn dimshuffle_identity(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (order, operand) = dimshuffle(rewriter, id)?;
    let (from, to) = (&rewriter.graph().ty(operand).shape, &rewriter.graph().ty(id).shape);
    let kept = order.iter().enumerate().all(|(i, axis)| *axis == Some(i) || to[i].is_one());
    (kept && from == to).then_some(operand)
}

fn dimshuffle_dimshuffle(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (outer, operand) = dimshuffle(rewriter, id)?;
    let (inner, source) = dimshuffle(rewriter, operand)?;
    let order = outer.iter().map(|axis| axis.and_then(|a| inner[a])).collect();
    rewriter.add(Dimshuffle { order }, &[source])
}

fn dimshuffle_fill(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let (order, operand) = dimshuffle(rewriter, id)?;
    let Op::Fill(_) = rewriter.graph().op(operand) else { return None };
    let value = rewriter.graph().operands(operand)[1];
    rewriter.add(Dimshuffle { order }, &[value])
}

/// The order and operand of a `dimshuffle`.
pub(crate) fn dimshuffle(rewriter: &Rewriter<'_>, id: NodeId) -> Option<(Vec<Option<usize>>, NodeId)> {
    if let Op::Dimshuffle(shuffle) = rewriter.graph().op(id) {
        Some((shuffle.order.clone(), rewriter.graph().operands(id)[0]))
    } else {
        None
    }
}

fn dimshuffle_outward(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    if !graph.operands(id).iter().any(|o| matches!(graph.op(*o), Op::Dimshuffle(_))) {
        return None;
    }
    let node = graph.node(id).clone();
    let scalar = |id: &NodeId| is_scalar(rewriter.graph().ty(*id));
    // If every operand has one element, any shuffled one leads, but then the others follow it exactly.
    let all_scalar = node.operands.iter().all(scalar);
    let leads = |id: &&NodeId| (all_scalar || !scalar(id)) && dimshuffle(rewriter, **id).is_some();
    let (order, source) = dimshuffle(rewriter, *node.operands.iter().find(leads)?)?;
    let rank = rewriter.graph().ty(source).rank();
    let operands: Option<Vec<NodeId>> = node
        .operands
        .iter()
        .map(|operand| match dimshuffle(rewriter, *operand) {
            Some((other, inner)) if other == order && rewriter.graph().ty(inner).rank() == rank => {
                Some(inner)
            }
            _ if facts::constant(rewriter.graph(), *operand).is_none() && all_scalar => None,
            _ if is_scalar(rewriter.graph().ty(*operand)) => {
                rewriter.add(Dimshuffle { order: vec![None; rank] }, &[*operand])
            }
            _ => None,
        })
        .collect();
    let inner = rewriter.add(node.op, &operands?)?;
    rewriter.add(Dimshuffle { order }, &[inner])
}

/// The axes of `shape` other than these, with their new positions, as an order that drops the rest.
pub(crate) fn without(shape: &[Dim], dropped: &[usize]) -> Vec<Option<usize>> {
    (0..shape.len()).filter(|axis| !dropped.contains(axis)).map(Some).collect()
}
