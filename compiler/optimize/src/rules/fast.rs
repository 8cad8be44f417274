//! What is true of real numbers and false of floating-point ones: NaN and inf get lost, or rounding that
//! the author may have meant. Only with [`Fp::Fast`](crate::Fp).
//!
//! Downhill: fewer nodes.

use crate::rule::Contract::FastMath;
use crate::rule::Rule;
use crate::rules::Group;

/// The group.
pub const GROUP: Group = Group {
    name: "fast",
    doc: "Facts about real numbers that floating point does not share; off unless asked for.",
    rules: RULES,
};

const RULES: &[Rule] = &[
    Rule::new("mul-zero", FastMath, "x * 0 => 0"),
    Rule::new("zero-div", FastMath, "0 / x => 0"),
    Rule::new("sub-same", FastMath, "x - x => 0"),
    Rule::new("div-same", FastMath, "x / x => 1"),
    Rule::new("add-then-sub", FastMath, "x + y - y => x"),
    Rule::new("sub-then-add", FastMath, "x - y + y => x"),
    Rule::new("mul-then-div", FastMath, "x * y / y => x"),
    Rule::new("div-then-mul", FastMath, "x / y * y => x"),
    Rule::new("exp-log", FastMath, "exp(log(x)) => x"),
];
