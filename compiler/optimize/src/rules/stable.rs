//! Spelled-out formulas that overflow or cancel, replaced by operations that do neither.
//!
//! Downhill: fewer operations that can overflow (`exp`) or cancel (`1 - …`, `log` near 1). Two expressions
//! that only cancel against each other are never made: the cross-entropy of a sigmoid stays a sum of
//! terms of one sign, and its gradient a difference of what is small where the other is large.

use crate::rule::Contract::Approx;
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
    Rule::new("log-sqrt", Approx, "log(sqrt(x)) => 0.5 * log(x)"),
    Rule::new("log-reciprocal", Approx, "log(1 / x) => -log(x)"),
    Rule::new("sqrt-sqr", Approx, "sqrt(sqr(x)) => abs(x)"),
    Rule::new("logaddexp", Approx, "log(exp(x) + exp(y)) => logaddexp(x, y)"),
    Rule::new("softplus", Approx, "log(1 + exp(x)) => softplus(x)"),
    Rule::new("log1p", Approx, "log(1 + x) => log1p(x)"),
    Rule::new("log1p-of-negative", Approx, "log(1 - x) => log1p(-x)"),
    Rule::new("softplus-log1p", Approx, "log1p(exp(x)) => softplus(x)"),
    Rule::new("log1p-minus-sigmoid", Approx, "log1p(-sigmoid(x)) => -softplus(x)"),
];
