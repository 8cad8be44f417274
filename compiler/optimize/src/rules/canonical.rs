//! One spelling for what arithmetic can spell in several ways.
//!
//! Downhill: fewer nodes; then negations, constants and scalar factors nearer to the root; then `sub` and
//! `div` by a constant become `add` and `mul`. Later groups can then look for one form of each expression.

use tgc_graph::dtype::{DType, Kind};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::infer::Operand;
use tgc_graph::literal::{Literal, Role, computing_type, integer_range};
use tgc_graph::ops::{Cast, Constant, Div, Elements, Mul, Rsqrt, Sqr};

use crate::facts;
use crate::pattern::Match;
use crate::rewrite::Rewriter;
use crate::rule::Contract::{Approx, Exact, Reassociates};
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
            "switch(p:bool[A], x:f32[A], y:f64[A])",
            "switch(p:f64[A], x:f32[A], 0w)",
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
    // Powers.
    Rule::new("pow-zero", Exact, "pow(x, 0) => 1"),
    Rule::new("pow-one", Exact, "pow(x, 1) => x"),
    Rule::new("one-pow", Exact, "pow(1, x) => 1")
        .when("x is no integer", |m| m.graph.ty(m.root).dtype.is_float()),
    Rule::new("pow-half", Approx, "pow(x, 0.5) => sqrt(x)"),
    Rule::function(
        "pow-minus-half",
        Approx,
        "pow(x, -0.5) => rsqrt(x) if x is known not to be negative",
        Roots::Named(&["pow"]),
        pow_minus_half,
        &["pow(abs(x:[A]), -0.5)", "pow(exp(x:[A]) + 0.001, -0.5)"],
    ),
    Rule::function(
        "pow-integer",
        Reassociates,
        "pow(x, c) => x * x * … by repeated squaring, or 1 over that, for whole c from -64 to 64",
        Roots::Named(&["pow"]),
        pow_integer,
        &[
            "pow(x:[A], 2)",
            "pow(x:[A], 3)",
            "pow(x:[A,B], -1)",
            "pow(x:[A], 15)",
            "pow(x:[A], -6)",
            "pow(x:[A], 64)",
        ],
    ),
    Rule::new("mul-same", Exact, "x * x => sqr(x)"),
    Rule::new("sqr-neg", Exact, "sqr(-x) => sqr(x)"),
    Rule::new("sqr-abs", Exact, "sqr(abs(x)) => sqr(x)"),
    Rule::new("sqr-scaled", Reassociates, "sqr(c * x) => sqr(c) * sqr(x)").when(MODERATE, moderate),
    Rule::new("abs-abs", Exact, "abs(abs(x)) => abs(x)"),
    Rule::new("abs-neg", Exact, "abs(-x) => abs(x)")
        .when("x has a sign", |m| facts::is_signed(m.graph.ty(m.root).dtype)),
    Rule::new("abs-sqr", Exact, "abs(sqr(x)) => sqr(x)")
        .when("x is real", |m| m.graph.ty(m.node("x")).dtype.is_float()),
    Rule::new("reciprocal", Exact, "reciprocal(x) => 1 / x"),
    Rule::new("one-div-sqrt", Approx, "1 / sqrt(x) => rsqrt(x)"),
    // Extremes of what is extreme already. Where both sides tie, the first has the gradient; so it stays
    // first.
    Rule::new("maximum-same", Exact, "maximum(x, x) => x"),
    Rule::new("maximum-first-again", Exact, "maximum(maximum(x, y), x) => maximum(x, y)"),
    Rule::new("maximum-second-again", Exact, "maximum(maximum(x, y), y) => maximum(x, y)"),
    Rule::new("maximum-again-first", Exact, "maximum(x, maximum(x, y)) => maximum(x, y)"),
    Rule::new("maximum-again-second", Exact, "maximum(y, maximum(x, y)) => maximum(y, x)"),
    Rule::new("minimum-same", Exact, "minimum(x, x) => x"),
    Rule::new("minimum-first-again", Exact, "minimum(minimum(x, y), x) => minimum(x, y)"),
    Rule::new("minimum-second-again", Exact, "minimum(minimum(x, y), y) => minimum(x, y)"),
    Rule::new("minimum-again-first", Exact, "minimum(x, minimum(x, y)) => minimum(x, y)"),
    Rule::new("minimum-again-second", Exact, "minimum(y, minimum(x, y)) => minimum(y, x)"),
    Rule::new("clip-clip", Exact, "clip(clip(x, y, z), y, z) => clip(x, y, z)"),
    Rule::new("relu-relu", Exact, "relu(relu(x)) => relu(x)"),
    Rule::new("floor-floor", Exact, "floor(floor(x)) => floor(x)"),
    Rule::new("ceil-ceil", Exact, "ceil(ceil(x)) => ceil(x)"),
    Rule::new("trunc-trunc", Exact, "trunc(trunc(x)) => trunc(x)"),
    Rule::new("real-complex", Exact, "real(complex(x, y)) => x"),
    Rule::new("imag-complex", Exact, "imag(complex(x, y)) => y"),
    // Choices.
    Rule::new("switch-same", Exact, "switch(p, x, x) => x"),
    Rule::new("switch-true", Exact, "switch(c, x, y) => x")
        .when("c is not 0", |m| condition(m) == Some(true)),
    Rule::new("switch-false", Exact, "switch(c, x, y) => y").when("c is 0", |m| condition(m) == Some(false)),
    Rule::new("switch-invert", Exact, "switch(invert(p), x, y) => switch(p, y, x)")
        .when("p is bool", |m| m.graph.ty(m.node("p")).dtype == DType::Bool),
    Rule::new("switch-first-again", Exact, "switch(p, switch(p, x, y), z) => switch(p, x, z)"),
    Rule::new("switch-second-again", Exact, "switch(p, x, switch(p, y, z)) => switch(p, x, z)"),
    // Comparisons and logic.
    Rule::new("gt", Exact, "gt(x, y) => lt(y, x)"),
    Rule::new("ge", Exact, "ge(x, y) => le(y, x)"),
    Rule::new("not-eq", Exact, "invert(eq(x, y)) => neq(x, y)"),
    Rule::new("not-neq", Exact, "invert(neq(x, y)) => eq(x, y)"),
    Rule::new("invert-invert", Exact, "invert(invert(x)) => x"),
    Rule::new("and-same", Exact, "and(x, x) => x"),
    Rule::new("or-same", Exact, "or(x, x) => x"),
    Rule::new("xor-same", Exact, "xor(x, x) => 0"),
    Rule::new("and-zero", Exact, "and(x, 0) => 0"),
    Rule::new("or-zero", Exact, "or(x, 0) => x"),
    Rule::new("xor-zero", Exact, "xor(x, 0) => x"),
    Rule::new("and-true", Exact, "and(x, 1) => x").when(IS_BOOL, is_bool),
    Rule::new("or-true", Exact, "or(x, 1) => 1").when(IS_BOOL, is_bool),
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
    // Constants meet. In sums they may be there for their rounding: x + c - c is how sums are made
    // error-free, and numbers rounded.
    Rule::new("add-constants", Reassociates, "c1 + (c2 + x) => c1 + c2 + x")
        .when(MODERATE, moderate_or_zero)
        .only_fast(),
    Rule::new("add-constants-sub", Reassociates, "c1 + (c2 - x) => c1 + c2 - x")
        .when(MODERATE, moderate_or_zero)
        .only_fast(),
    Rule::new("sub-constants", Reassociates, "c1 - (c2 + x) => c1 - c2 - x")
        .when(MODERATE, moderate_or_zero)
        .only_fast(),
    Rule::new("sub-constants-sub", Reassociates, "c1 - (c2 - x) => c1 - c2 + x")
        .when(MODERATE, moderate_or_zero)
        .only_fast(),
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

const IS_BOOL: &str = "x is bool";

fn is_bool(m: &Match<'_>) -> bool {
    m.graph.ty(m.root).dtype == DType::Bool
}

/// Which way a switch on a constant goes.
fn condition(m: &Match<'_>) -> Option<bool> {
    facts::splat(m.graph, m.node("c")).map(|value| value != 0.0)
}

/// Of -inf the power is 0 and the root NaN.
fn pow_minus_half(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let [x, exponent] = [graph.operands(id)[0], graph.operands(id)[1]];
    let half = facts::splat(graph, exponent) == Some(-0.5);
    let admitted = half && facts::is_uniform(graph, id) && facts::is_not_negative(graph, x);
    if admitted { rewriter.add(Rsqrt {}, &[x]) } else { None }
}

fn pow_integer(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let graph = rewriter.graph();
    let [x, exponent] = [graph.operands(id)[0], graph.operands(id)[1]];
    let (dtype, rank) = (graph.ty(id).dtype, graph.ty(id).rank());
    let whole = |value: &f64| value.fract() == 0.0 && value.abs() <= 64.0;
    let n = facts::splat(graph, exponent).filter(whole)? as i64;
    // Whole numbers have no whole reciprocals, and f16 has so few exponents that x^n may overflow where x^-n
    // does not vanish.
    let invertible = dtype.is_float() && (dtype != DType::F16 || n == -1);
    if !facts::is_uniform(graph, id) || dtype.is_complex() || n < 0 && !invertible {
        return None;
    }
    let (mut power, mut square) = (None, x);
    let mut rest = n.unsigned_abs();
    while rest > 0 {
        if rest % 2 == 1 {
            power = Some(match power {
                Some(power) => rewriter.add(Mul {}, &[square, power])?,
                None => square,
            });
        }
        rest /= 2;
        if rest > 0 {
            square = rewriter.add(Sqr {}, &[square])?;
        }
    }
    let one = rewriter.splat(dtype, rank, 1.0);
    let power = power.unwrap_or(one);
    if n < 0 { rewriter.add(Div {}, &[one, power]) } else { Some(power) }
}

fn uniform_types(rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
    let converted = rewriter.graph().op(id).definition().promoted();
    if converted.is_empty() || facts::is_uniform(rewriter.graph(), id) {
        return None;
    }
    let node = rewriter.graph().node(id).clone();
    let compute = compute_type(rewriter.graph(), id)?;
    let operands: Option<Vec<NodeId>> = node
        .operands
        .iter()
        .enumerate()
        .map(|(i, operand)| match rewriter.graph().ty(*operand).dtype == compute {
            _ if !converted.contains(&i) => Some(*operand),
            true if rewriter.graph().is_weak(*operand) => strengthen(rewriter, *operand),
            true => Some(*operand),
            false => in_type(rewriter, *operand, compute),
        })
        .collect();
    rewriter.add(node.op, &operands?)
}

/// An operand in the type that is computed in; a literal that bounds beyond it at its end.
fn in_type(rewriter: &mut Rewriter<'_>, operand: NodeId, compute: DType) -> Option<NodeId> {
    let beyond = rewriter.graph().literal(operand).filter(|literal| !literal.fits(compute));
    let (Some(Literal::Integers { least, greatest }), Some((min, max))) = (beyond, integer_range(compute))
    else {
        return rewriter.add(Cast { dtype: compute }, &[operand]);
    };
    let bits = u64::MAX >> (64 - compute.scalar_type().bits());
    let elements = Elements::Splat([least.clamp(min, max) as u64 & bits, 0]);
    let shape = rewriter.graph().ty(operand).shape.clone();
    let end = Constant { dtype: compute, shape, elements, weak: false };
    if least == greatest { rewriter.add(end, &[]) } else { None }
}

/// The type an elementwise operation computes in: its result's, or what a `bool` comes from. None for
/// integers that only a float would hold both of: they are compared as they are.
fn compute_type(graph: &Graph, id: NodeId) -> Option<DType> {
    let node = graph.node(id);
    if node.ty.dtype != DType::Bool {
        return Some(node.ty.dtype);
    }
    let converted = node.operands[node.op.definition().promoted()].iter();
    let operands: Vec<Operand<'_>> =
        converted.map(|o| Operand { ty: graph.ty(*o), literal: graph.literal(*o) }).collect();
    let common = computing_type(&operands, 0..operands.len(), |_| Role::Compared).ok()?;
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
