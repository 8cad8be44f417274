//! One spelling for what arithmetic can spell in several ways.
//!
//! Downhill: fewer nodes; then negations, constants and scalar factors nearer to the root; then `sub` and
//! `div` by a constant become `add` and `mul`. Later groups can then look for one form of each expression.

use tgc_graph::dtype::{DType, Kind};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::infer::{Operand, promote_all};
use tgc_graph::ops::{Cast, Constant};

use crate::facts;
use crate::pattern::Match;
use crate::rewrite::Rewriter;
use crate::rule::Contract::{Exact, Reassociates};
use crate::rule::{Roots, Rule};
use crate::rules::Group;

/// The group.
pub const GROUP: Group = Group {
    name: "canonical",
    doc: "One form for each expression of arithmetic, so that other rules need to look for that form alone.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    // Elementwise operands in the type that they are computed in.
    Rule::function(
        "uniform-types",
        Exact,
        "operands of other types, literals among them, are cast to the type that the operation computes in",
        Roots::Elementwise,
        uniform_types,
        &[
            "x:f32[A] + y:f64[A]",
            "x:i32[A] / y:i32[A]",
            "exp(x:i8[A])",
            "gt(x:i16[A], y:f32[A])",
            "x:f32[A] * 0.1w",
        ],
    ),
    Rule::function(
        "strong-literal-in-dot",
        Exact,
        "a literal operand of `dot` takes the result's type",
        Roots::Named(&["dot"]),
        strong_literal_in_dot,
        &["dot{0;0;0}(x:f32[1], 2w)"],
    ),
    // Units.
    Rule::new("mul-one", Exact, "x * 1 => x"),
    Rule::new("div-one", Exact, "x / 1 => x"),
    Rule::new("add-minus-zero", Exact, "x + -0 => x"),
    Rule::new("add-zero", Reassociates, "x + 0 => x"),
    Rule::new("mul-minus-one", Exact, "x * -1 => -x"),
    Rule::new("div-minus-one", Exact, "x / -1 => -x"),
    Rule::new("minus-zero-sub", Exact, "-0 - x => -x"),
    Rule::new("zero-sub", Reassociates, "0 - x => -x"),
    // Negations move toward the root and meet.
    Rule::new("neg-neg", Exact, "--x => x"),
    Rule::new("add-neg", Exact, "x + -y => x - y"),
    Rule::new("sub-neg", Exact, "x - -y => x + y"),
    Rule::new("neg-sub", Reassociates, "-x - y => -(x + y)"),
    Rule::new("neg-of-sub", Reassociates, "-(x - y) => y - x"),
    Rule::new("neg-mul", Exact, "-x * y => -(x * y)"),
    Rule::new("neg-div", Exact, "-x / y => -(x / y)"),
    Rule::new("div-neg", Exact, "x / -y => -(x / y)"),
    Rule::new("neg-of-scaled", Exact, "-(c * x) => -c * x"),
    Rule::new("neg-of-div-constant", Exact, "-(x / c) => x / -c"),
    Rule::new("neg-of-constant-div", Exact, "-(c / x) => -c / x"),
    Rule::new("neg-of-shifted", Reassociates, "-(c + x) => -c - x"),
    // One operation instead of two kinds.
    Rule::new("sub-constant", Exact, "x - c => x + -c"),
    Rule::new("add-same", Exact, "x + x => 2 * x"),
    Rule::new("div-power-of-two", Exact, "x / c => 1 / c * x").when(
        "c is a power of two and 1/c a normal number",
        |m| {
            let (c, dtype) = (m.value("c"), m.graph.ty(m.root).dtype);
            facts::is_moderate(dtype, c) && c.to_bits() << 12 == 0
        },
    ),
    // Constants meet.
    Rule::new("add-constants", Reassociates, "c1 + (c2 + x) => c1 + c2 + x").when(MODERATE, moderate_or_zero),
    Rule::new("add-constants-sub", Reassociates, "c1 + (c2 - x) => c1 + c2 - x")
        .when(MODERATE, moderate_or_zero),
    Rule::new("sub-constants", Reassociates, "c1 - (c2 + x) => c1 - c2 - x").when(MODERATE, moderate_or_zero),
    Rule::new("sub-constants-sub", Reassociates, "c1 - (c2 - x) => c1 - c2 + x")
        .when(MODERATE, moderate_or_zero),
    Rule::new("mul-constants", Reassociates, "c1 * (c2 * x) => c1 * c2 * x").when(MODERATE, moderate),
    Rule::new("mul-div-constants", Reassociates, "c1 * (x / c2) => c1 / c2 * x").when(MODERATE, moderate),
    Rule::new("mul-constant-div", Reassociates, "c1 * (c2 / x) => c1 * c2 / x").when(MODERATE, moderate),
    Rule::new("scaled-div-constant", Reassociates, "c1 * x / c2 => c1 / c2 * x").when(MODERATE, moderate),
    Rule::new("constant-div-scaled", Reassociates, "c1 / (c2 * x) => c1 / c2 / x").when(MODERATE, moderate),
    Rule::new("div-constants", Reassociates, "x / c1 / c2 => x / (c1 * c2)").when(MODERATE, moderate),
    Rule::new("constant-div-div", Reassociates, "c1 / x / c2 => c1 / c2 / x").when(MODERATE, moderate),
    Rule::new("constant-div-quotient", Reassociates, "c1 / (x / c2) => c1 * c2 / x").when(MODERATE, moderate),
    Rule::new("constant-div-constant-div", Reassociates, "c1 / (c2 / x) => c1 / c2 * x")
        .when(MODERATE, moderate),
    // Scalar factors move toward the root, where one multiplication serves a whole sum.
    Rule::new("scale-outward", Reassociates, "s * x * y => s * (x * y)").when(
        "s is constant, or has one element where x and y have several",
        |m| {
            let constant = |name| facts::splat(m.graph, m.node(name)).is_some();
            let scalar = |name| facts::is_scalar(m.graph.ty(m.node(name)));
            match constant("s") {
                true => !constant("x") && !constant("y") && (!scalar("x") || scalar("y")),
                false => scalar("s") && !scalar("x") && !scalar("y"),
            }
        },
    ),
    Rule::new("scales-meet", Reassociates, "s * (t * x) => s * t * x").when(
        "s and t have one element where x has several",
        |m| {
            let scalar = |name| facts::is_scalar(m.graph.ty(m.node(name)));
            scalar("s") && scalar("t") && !scalar("x")
        },
    ),
    Rule::new("factor-sum", Reassociates, "s * x + s * y => s * (x + y)").when(COMMON_FACTOR, common_factor),
    Rule::new("factor-difference", Reassociates, "s * x - s * y => s * (x - y)")
        .when(COMMON_FACTOR, common_factor),
    Rule::new("collect-terms", Reassociates, "c1 * x + c2 * x => (c1 + c2) * x")
        .when("c1 and c2 have one sign and are of moderate size", |m| {
            moderate(m) && m.value("c1") * m.value("c2") > 0.0
        }),
    Rule::new("collect-term", Reassociates, "c1 * x + x => (c1 + 1) * x")
        .when("c1 is positive and of moderate size", |m| moderate(m) && m.value("c1") > 0.0),
];

const MODERATE: &str = "the constants are of moderate size";

/// Every constant of the match, c1 and (if there is one) c2, is such that products cannot overflow.
fn moderate(m: &Match<'_>) -> bool {
    m.constants().all(|value| facts::is_moderate(m.graph.ty(m.root).dtype, value))
}

fn moderate_or_zero(m: &Match<'_>) -> bool {
    m.constants().all(|value| value == 0.0 || facts::is_moderate(m.graph.ty(m.root).dtype, value))
}

const COMMON_FACTOR: &str = "s has one element that is known to be finite and not zero";

fn common_factor(m: &Match<'_>) -> bool {
    let s = m.node("s");
    let shape = &m.graph.ty(m.root).shape;
    facts::is_scalar(m.graph.ty(s)) && facts::is_finite_nonzero(m.graph, s, shape)
}

fn uniform_types(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let promotes = rewriter.graph().op(id).definition().promotes();
    if !promotes || facts::is_uniform(rewriter.graph(), id) {
        return None;
    }
    let node = rewriter.graph().node(id).clone();
    let compute = compute_type(rewriter.graph(), id)?;
    let operands: Option<Vec<NodeId>> = node
        .operands
        .iter()
        .map(|operand| match rewriter.graph().ty(*operand).dtype == compute {
            true if rewriter.graph().is_weak(*operand) => strengthen(rewriter, *operand),
            true => Some(*operand),
            false => rewriter.add(Cast { dtype: compute }, &[*operand]),
        })
        .collect();
    rewriter.add(node.op, &operands?)
}

/// The type an elementwise operation computes in: its result's, or what a `bool` comes from. None for integers that
/// only a float would hold both of: they are compared as they are.
fn compute_type(graph: &Graph, id: NodeId) -> Option<DType> {
    let node = graph.node(id);
    if node.ty.dtype != DType::Bool {
        return Some(node.ty.dtype);
    }
    let operands: Vec<Operand<'_>> =
        node.operands.iter().map(|o| Operand { ty: graph.ty(*o), weak: graph.is_weak(*o) }).collect();
    let common = promote_all(&operands);
    let inexact = common.is_float() && operands.iter().all(|o| o.ty.dtype.kind() <= Kind::Integer);
    (!inexact).then_some(common)
}

fn strong_literal_in_dot(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    if !rewriter.graph().operands(id).iter().any(|o| rewriter.graph().is_weak(*o)) {
        return None;
    }
    let node = rewriter.graph().node(id).clone();
    let operands: Option<Vec<NodeId>> = node
        .operands
        .iter()
        .map(|operand| match rewriter.graph().is_weak(*operand) {
            true if rewriter.graph().ty(*operand).dtype == node.ty.dtype => strengthen(rewriter, *operand),
            true => rewriter.add(Cast { dtype: node.ty.dtype }, &[*operand]),
            false => Some(*operand),
        })
        .collect();
    rewriter.add(node.op, &operands?)
}

fn strengthen(rewriter: &mut Rewriter<'_>, literal: NodeId) -> Option<NodeId> {
    let strong = Constant { weak: false, ..facts::constant(rewriter.graph(), literal)?.clone() };
    rewriter.add(strong, &[])
}
