//! Spelled-out formulas that overflow or cancel, replaced by operations that do neither.
//!
//! Downhill: fewer operations that can overflow (`exp`) or cancel (`1 - …`, `log` near 1). Two expressions
//! that only cancel against each other are never made: the cross-entropy of a sigmoid stays a sum of
//! terms of one sign, and its gradient a difference of what is small where the other is large.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::Op;

use crate::facts;
use crate::rule::Contract::{Approx, BackwardStable};
use crate::rule::Rule;
use crate::rules::Group;

/// The group.
pub const GROUP: Group = Group {
    name: "stable",
    doc: "Formulas that overflow or cancel, spelled by operations that do neither.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    // The reciprocal of an exponential.
    Rule::new("reciprocal-exp", Approx, "1 / exp(x) => exp(-x)"),
    // e^x - 1.
    Rule::new("expm1", Approx, "exp(x) + -1 => expm1(x)"),
    Rule::new("one-minus-exp", Approx, "1 - exp(x) => -expm1(x)"),
    Rule::new("expm1-log1p", Approx, "log1p(expm1(x)) => x"),
    // 1 - |tanh x| and 1 - |erf x| vanish faster than they can be subtracted. Of tanh x itself the former is
    // in every gradient, beside it, so that only the half argument, with which people spell sigmoids, is
    // worth another function.
    Rule::new("one-plus-tanh", Approx, "1 + tanh(0.5 * x) => 2 * sigmoid(x)"),
    Rule::new("one-minus-tanh", Approx, "1 - tanh(0.5 * x) => 2 * sigmoid(-x)"),
    Rule::new("half-plus-tanh", Approx, "0.5 + 0.5 * tanh(0.5 * x) => sigmoid(x)"),
    Rule::new("half-minus-tanh", Approx, "0.5 - 0.5 * tanh(0.5 * x) => sigmoid(-x)"),
    Rule::new("one-minus-erf", Approx, "1 - erf(x) => erfc(x)"),
    Rule::new("one-plus-erf", Approx, "1 + erf(x) => erfc(-x)"),
    Rule::new("erf-minus-one", Approx, "erf(x) + -1 => -erfc(x)"),
    Rule::new("one-minus-erfc", Approx, "1 - erfc(x) => erf(x)"),
    Rule::new("erfc-minus-one", Approx, "erfc(x) + -1 => -erf(x)"),
    // Sigmoid, from what people write for it. -x meets another negation in canonical form.
    Rule::new("sigmoid", Approx, "1 / (1 + exp(x)) => sigmoid(-x)"),
    Rule::new("sigmoid-quotient", Approx, "exp(x) / (1 + exp(x)) => sigmoid(x)"),
    Rule::new("div-by-one-plus-exp", Approx, "y / (1 + exp(x)) => y * sigmoid(-x)"),
    // What is left when one sigmoid is taken from 1, or times the exponential that turns it around.
    Rule::new("one-minus-sigmoid", Approx, "1 - sigmoid(x) => sigmoid(-x)"),
    Rule::new("sigmoid-minus-one", Approx, "sigmoid(x) + -1 => -sigmoid(-x)"),
    Rule::new("exp-times-sigmoid", Approx, "exp(x) * sigmoid(-x) => sigmoid(x)"),
    Rule::new("exp-times-mirrored-sigmoid", Approx, "exp(-x) * sigmoid(x) => sigmoid(-x)"),
    // Logarithms.
    Rule::new("log-exp", Approx, "log(exp(x)) => x"),
    Rule::new("log-sigmoid", Approx, "log(sigmoid(x)) => -softplus(-x)"),
    Rule::new("log-sqr", Approx, "log(sqr(x)) => 2 * log(abs(x))"),
    Rule::new("log-sqrt", Approx, "log(sqrt(x)) => 0.5 * log(x)"),
    Rule::new("log-reciprocal", Approx, "log(1 / x) => -log(x)"),
    Rule::new("sqrt-sqr", Approx, "sqrt(sqr(x)) => abs(x)"),
    Rule::new("logaddexp", Approx, "log(exp(x) + exp(y)) => logaddexp(x, y)"),
    Rule::new("logaddexp-zero", Approx, "logaddexp(x, 0) => softplus(x)"),
    Rule::new("zero-logaddexp", Approx, "logaddexp(0, x) => softplus(x)"),
    Rule::new("softplus", Approx, "log(1 + exp(x)) => softplus(x)"),
    Rule::new("log1p", Approx, "log(1 + x) => log1p(x)"),
    Rule::new("log1p-of-negative", Approx, "log(1 - x) => log1p(-x)"),
    Rule::new("softplus-log1p", Approx, "log1p(exp(x)) => softplus(x)"),
    Rule::new("log1p-minus-sigmoid", Approx, "log1p(-sigmoid(x)) => -softplus(x)"),
    Rule::new("log1mexp", Approx, "log(-expm1(x)) => log1mexp(x)"),
    Rule::new("log1p-minus-exp", Approx, "log1p(-exp(x)) => log1mexp(x)"),
    // With e^x next to 0, where it vanishes beside 1, 1 - e^-e^x is e^x (1 - e^x/2 + e^2x/6 …); from 7 on it
    // is 1.
    Rule::new(
        "log1mexp-minus-exp",
        BackwardStable,
        "log1mexp(-exp(x)) => switch(lt(x, -8), x + exp(x) * (0.041666666666666664 * exp(x) - 0.5), log1mexp(-exp(clip(x, -8, 7))))",
    )
    .when("x is not clipped so", |m| !is_clipped(m.graph, m.node("x"))),
    Rule::new("log1mexp-minus-softplus", Approx, "log1mexp(-softplus(x)) => -softplus(-x)"),
    Rule::new("exp-minus-softplus", Approx, "exp(-softplus(x)) => sigmoid(-x)"),
    Rule::new("expm1-minus-softplus", Approx, "expm1(-softplus(x)) => -sigmoid(x)"),
    Rule::new("log-expm1", BackwardStable, "log(expm1(x)) => x + log1mexp(-x)"),
    // Of products with a factor that is known to be positive and whose logarithm is simpler.
    Rule::new("log-exp-times", BackwardStable, "log(exp(x) * y) => x + log(y)"),
    Rule::new("log-exp-over", BackwardStable, "log(exp(x) / y) => x - log(y)"),
    Rule::new("log-over-exp", BackwardStable, "log(y / exp(x)) => log(y) - x"),
    Rule::new("log-sigmoid-times", BackwardStable, "log(sigmoid(x) * y) => log(y) - softplus(-x)"),
    Rule::new("log-sigmoid-over", BackwardStable, "log(sigmoid(x) / y) => -softplus(-x) - log(y)"),
    Rule::new("log-over-sigmoid", BackwardStable, "log(y / sigmoid(x)) => log(y) + softplus(-x)"),
];

/// Whether a node is between -8 and 7.
fn is_clipped(graph: &Graph, id: NodeId) -> bool {
    let operands = graph.operands(id);
    matches!(graph.op(id), Op::Clip(_))
        && facts::splat(graph, operands[1]) == Some(-8.0)
        && facts::splat(graph, operands[2]) == Some(7.0)
}
