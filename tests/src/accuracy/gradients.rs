//! First and second derivatives and what is promised of them, with exact ones by their formulas in
//! double-double arithmetic.
//!
//! What is measured is the gradient of a sum of values as it is optimized and compiled, so that a rewrite
//! that cancels shows.

use tgc_graph::prelude::*;
use tgc_scalar::Dd;

use super::functions::{Function, one, two};

type Build = for<'m> fn(Tensor<'m>) -> Tensor<'m>;

fn once<'m>(x: Tensor<'m>, f: Build) -> Tensor<'m> {
    grad(f(x).sum(), x)
}

fn twice<'m>(x: Tensor<'m>, f: Build) -> Tensor<'m> {
    grad(once(x, f).sum(), x)
}

/// The derivatives of a function: its name, what is promised of both, how it is built, and what both are.
///
/// `smooth!("exp", [1.0, 1.0], exp, Dd::exp, Dd::exp)` makes the rows `exp'` and `exp''`.
macro_rules! smooth {
    ($name:literal, [$first:expr, $second:expr], $build:expr, $slope:expr, $bend:expr) => {
        [
            one(concat!($name, "'"), $first, |x| once(x, $build), $slope),
            one(concat!($name, "''"), $second, |x| twice(x, $build), $bend),
        ]
    };
}

/// Derivatives with zeros that are no numbers, so that what is left of two terms is less than their rounding
/// errors: errors are counted in the last place of at least what the terms are.
fn relative_to(functions: [Function; 2], terms: [fn(&[f64], f64) -> f64; 2]) -> [Function; 2] {
    let [first, second] = functions;
    [first.above(terms[0]), second.above(terms[1])]
}

/// Derivatives where a condition holds of the arguments, of `f32` or, if so said first, of `f64`.
fn within(functions: [Function; 2], admits: fn(bool, &[f64]) -> bool) -> [Function; 2] {
    functions.map(|function| Function { admits, ..function })
}

/// Whether a number is normal in `f32` or in `f64`.
fn is_normal(is_wide: bool, x: f64) -> bool {
    if is_wide { x.is_normal() } else { (x as f32).is_normal() }
}

fn is_inside(_: bool, x: &[f64]) -> bool {
    x[0].abs() <= 1.0
}

/// Where e^-x² is a normal number.
fn has_bell(is_wide: bool, x: &[f64]) -> bool {
    x[0].abs() <= if is_wide { 26.0 } else { 9.0 }
}

/// Where φ(x) is.
fn has_normal(is_wide: bool, x: &[f64]) -> bool {
    x[0].abs() <= if is_wide { 37.0 } else { 13.0 }
}

/// Where e^-x is.
fn has_density(is_wide: bool, x: &[f64]) -> bool {
    x[0].abs() <= if is_wide { 708.0 } else { 87.0 }
}

const INF: f64 = f64::INFINITY;

/// All derivatives, in the order of the table.
pub fn gradients() -> Vec<Function> {
    [powers(), exponentials(), circular(), hyperbolic(), special(), activations(), of_two()].concat()
}

fn powers() -> Vec<Function> {
    [
        smooth!("reciprocal", [3.0, 3.0], reciprocal, |x| -(n(1.0) / x / x), |x| n(2.0) / x / x / x),
        smooth!("sqr", [0.5, 0.5], sqr, |x| n(2.0) * x, |_| n(2.0)),
        smooth!("sqrt", [2.0, 5.0], sqrt, |x| n(0.5) / x.sqrt(), |x| n(-0.25)
            / x.sqrt()
            / x.sqrt()
            / x.sqrt()),
        smooth!("rsqrt", [3.0, 4.0], rsqrt, |x| n(-0.5) / x / x.sqrt(), |x| n(0.75) / x / x / x.sqrt()),
    ]
    .concat()
}

fn exponentials() -> Vec<Function> {
    [
        smooth!("exp", [1.0, 1.0], exp, Dd::exp, Dd::exp),
        smooth!("expm1", [1.0, 1.0], expm1, Dd::exp, Dd::exp),
        within(
            smooth!("exp2", [2.0, 3.0], exp2, |x| ln(2.0) * x.exp2(), |x| ln(2.0) * ln(2.0) * x.exp2()),
            // Where 2^x is finite; its derivatives are less than it.
            |is_wide, x| x[0] < if is_wide { 1024.0 } else { 128.0 },
        ),
        smooth!("log", [0.5, 3.0], log, |x| n(1.0) / x, |x| -(n(1.0) / x / x)),
        smooth!("log1p", [2.0, 4.0], log1p, |x| n(1.0) / (n(1.0) + x), |x| -square(n(1.0) / (n(1.0) + x))),
        smooth!("log2", [2.0, 3.0], log2, |x| n(1.0) / ln(2.0) / x, |x| -(n(1.0) / ln(2.0) / x / x)),
        smooth!("log10", [2.0, 3.0], log10, |x| n(1.0) / ln(10.0) / x, |x| -(n(1.0) / ln(10.0) / x / x)),
        within(
            smooth!("log1mexp", [3.0, 5.0], log1mexp, |x| x.exp() / x.expm1(), |x| {
                -(x.exp() / x.expm1() / x.expm1())
            }),
            |_, x| x[0] < 0.0,
        ),
    ]
    .concat()
}

fn circular() -> Vec<Function> {
    [
        smooth!("sin", [1.0, 1.0], sin, Dd::cos, |x| -x.sin()),
        smooth!("cos", [1.0, 1.0], cos, |x| -x.sin(), |x| -x.cos()),
        smooth!("tan", [4.0, 6.0], tan, |x| n(1.0) + square(x.tan()), |x| {
            n(2.0) * x.tan() * (n(1.0) + square(x.tan()))
        }),
        within(smooth!("arcsin", [2.0, 8.0], arcsin, arcsin_slope, |x| x * cube(arcsin_slope(x))), is_inside),
        within(
            smooth!("arccos", [2.0, 8.0], arccos, |x| -arcsin_slope(x), |x| -(x * cube(arcsin_slope(x)))),
            is_inside,
        ),
        smooth!("arctan", [5.0, 10.0], arctan, |x| square(inverse_length(x)), |x| {
            n(-2.0) * cube(inverse_length(x)) * along(x)
        }),
    ]
    .concat()
}

fn hyperbolic() -> Vec<Function> {
    [
        smooth!("sinh", [2.0, 2.0], sinh, Dd::cosh, Dd::sinh),
        smooth!("cosh", [2.0, 2.0], cosh, Dd::sinh, Dd::cosh),
        smooth!("tanh", [3.0, 6.0], tanh, |x| n(4.0) * density(n(2.0) * x), |x| {
            n(-8.0) * x.tanh() * density(n(2.0) * x)
        }),
        smooth!("arcsinh", [3.0, 8.0], arcsinh, inverse_length, |x| {
            -(square(inverse_length(x)) * along(x))
        }),
        smooth!("arccosh", [4.0, 8.0], arccosh, arccosh_slope, |x| {
            if x.hi == INF { n(-0.0) } else { -(square(arccosh_slope(x)) * (x * arccosh_slope(x))) }
        }),
        within(
            smooth!("arctanh", [3.0, 8.0], arctanh, |x| square(arcsin_slope(x)), |x| {
                n(2.0) * x * square(square(arcsin_slope(x)))
            }),
            is_inside,
        ),
    ]
    .concat()
}

fn special() -> Vec<Function> {
    let at_least_one: [fn(&[f64], f64) -> f64; 2] = [|_, _| 1.0, |_, _| 1.0];
    [
        within(smooth!("erf", [4.0, 5.0], erf, bell, |x| n(-2.0) * x * bell(x)), has_bell),
        within(smooth!("erfc", [4.0, 5.0], erfc, |x| -bell(x), |x| n(2.0) * x * bell(x)), has_bell),
        relative_to(
            within(
                smooth!("gamma", [8.0, 16.0], gamma, |x| x.gamma() * x.psi(), gamma_bend),
                |is_wide, x| {
                    // Where Γ(x) is a normal number.
                    let (least, greatest) = if is_wide { (-169.0, 171.0) } else { (-33.0, 34.0) };
                    (least..=greatest).contains(&x[0])
                },
            ),
            [gamma_terms, |_, _| 0.0],
        ),
        relative_to(smooth!("gammaln", [4.0, 8.0], gammaln, Dd::psi, trigamma), at_least_one),
        relative_to(
            // At the last numbers before it overflows ψ″ is not the pole's that stands for it here.
            within(smooth!("psi", [8.0, 12.0], psi, trigamma, tetragamma), |_, x| {
                x[0] == 0.0 || x[0].abs() >= 1e-102
            }),
            at_least_one,
        ),
    ]
    .concat()
}

fn activations() -> Vec<Function> {
    [
        smooth!("sigmoid", [3.0, 5.0], sigmoid, density, |x| -(density(x) * (n(0.5) * x).tanh())),
        smooth!("softplus", [1.0, 3.0], softplus, Dd::sigmoid, density),
        relative_to(
            smooth!(
                "logistic_density",
                [5.0, 8.0],
                logistic_density,
                |x| -(density(x) * (n(0.5) * x).tanh()),
                |x| { density(x) * (square((n(0.5) * x).tanh()) - n(2.0) * density(x)) }
            ),
            [|_, _| 0.0, density_terms],
        ),
        relative_to(
            within(smooth!("silu", [4.0, 8.0], silu, silu_slope, silu_bend), has_density),
            [silu_terms, silu_terms],
        ),
        relative_to(
            within(smooth!("gelu", [6.0, 8.0], gelu, gelu_slope, gelu_bend), has_normal),
            [gelu_terms, gelu_terms],
        ),
        smooth!("selu", [2.0, 2.0], selu, |x| selu_slope(x, n(SELU[0])), |x| selu_slope(x, n(0.0))),
        smooth!("softsign", [4.0, 6.0], softsign, |x| square(n(1.0) / (n(1.0) + x.abs())), |x| {
            n(-2.0) * sign(x) * cube(n(1.0) / (n(1.0) + x.abs()))
        }),
    ]
    .concat()
}

/// First derivatives of functions of two values. A rounded difference or logarithm stands in an exponent of
/// `logaddexp` and `pow`, which multiplies its error by it.
fn of_two() -> Vec<Function> {
    // Where the power is a normal number.
    let has_power = |is_wide: bool, x: &[f64]| {
        let powers = [x[0].powf(x[1]), x[0].powf(x[1] - 1.0)];
        // With room for the factor that errors are divided by.
        let slope = 1000.0 * x[1].abs().max(1.0) * powers[1];
        x[0] > 0.0 && powers.into_iter().chain([slope]).all(|value| is_normal(is_wide, value))
    };
    // Where the quotient of the lesser and the greater is, and the length.
    let has_quotient = |is_wide: bool, x: &[f64]| {
        let (least, greatest) = (x[0].abs().min(x[1].abs()), x[0].abs().max(x[1].abs()));
        least == 0.0 || is_normal(is_wide, least / greatest) && is_normal(is_wide, x[0].hypot(x[1]))
    };
    let has_exponential = |is_wide: bool, x: &[f64]| is_normal(is_wide, (x[0] * x[1]).exp());
    let by_base = two(
        "pow by x",
        4.0,
        |x, y| grad(pow(x, y).sum(), x),
        |x, y| if y.hi == 0.0 { n(0.0) } else { y * x.pow(y - n(1.0)) },
    );
    let by_base = by_base.above(|x, exact| exact.abs() * (1.0 + (x[1] - 1.0).abs() * x[0].ln().abs()));
    let by_exponent = two("pow by y", 4.0, |x, y| grad(pow(x, y).sum(), y), |x, y| x.pow(y) * x.log());
    let by_factor =
        two("exp_product by x", 3.0, |x, y| grad(exp_product(x, y).sum(), x), |x, y| y * (x * y).exp());
    let logaddexp = two("logaddexp by x", 4.0, |x, y| grad(logaddexp(x, y).sum(), x), share);
    let with_quotient = |function: Function| Function { admits: has_quotient, ..function };
    vec![
        with_quotient(two(
            "arctan2 by y",
            4.0,
            |y, x| grad(arctan2(y, x).sum(), y),
            |y, x| arctan2_slopes(y, x)[0],
        )),
        with_quotient(two(
            "arctan2 by x",
            4.0,
            |y, x| grad(arctan2(y, x).sum(), x),
            |y, x| arctan2_slopes(y, x)[1],
        )),
        with_quotient(two("hypot by x", 3.0, |x, y| grad(hypot(x, y).sum(), x), hypot_slope)),
        Function { admits: has_exponential, ..by_factor },
        Function { admits: has_power, ..by_base },
        Function { admits: has_power, ..by_exponent },
        logaddexp.above(|x, exact| if x[0] == x[1] { 0.0 } else { exact * (1.0 + (x[0] - x[1]).abs()) }),
    ]
}

fn n(value: f64) -> Dd {
    Dd::from(value)
}

fn ln(value: f64) -> Dd {
    n(value).log()
}

fn square(x: Dd) -> Dd {
    x * x
}

fn cube(x: Dd) -> Dd {
    x * x * x
}

/// x by its sign, 0 at 0.
fn sign(x: Dd) -> Dd {
    match x.hi {
        0.0 => n(0.0),
        hi if hi.is_nan() => x,
        hi => n(1f64.copysign(hi)),
    }
}

/// 1/√(1 + x²).
fn inverse_length(x: Dd) -> Dd {
    let a = x.abs();
    if a.hi <= 1.0 || a.hi.is_nan() {
        return n(1.0) / (n(1.0) + square(a)).sqrt();
    }
    let inverse = n(1.0) / a;
    inverse / (n(1.0) + square(inverse)).sqrt()
}

/// x/√(1 + x²).
fn along(x: Dd) -> Dd {
    if x.hi.is_infinite() { sign(x) } else { x * inverse_length(x) }
}

/// 1/√(1 - x²).
fn arcsin_slope(x: Dd) -> Dd {
    n(1.0) / ((n(1.0) - x) * (n(1.0) + x)).sqrt()
}

/// 1/√(x² - 1).
fn arccosh_slope(x: Dd) -> Dd {
    if x.hi < 1.0 {
        return n(f64::NAN);
    }
    if x.hi > 2.0 {
        let inverse = n(1.0) / x;
        return inverse * arcsin_slope(inverse);
    }
    n(1.0) / ((x - n(1.0)) * (x + n(1.0))).sqrt()
}

/// e^-x / (1 + e^-x)².
fn density(x: Dd) -> Dd {
    x.sigmoid() * (-x).sigmoid()
}

/// |Γ(x)|, of which the first derivative is ψ(x) times as much, roughly: Stirling's formula after
/// steps up to 8.
fn gamma_terms(x: &[f64], _: f64) -> f64 {
    let (mut x, mut divisor) = (x[0], 1.0);
    while x < 8.0 {
        divisor *= x;
        x += 1.0;
    }
    let power = (x / std::f64::consts::E).powf(x) * (std::f64::consts::TAU / x).sqrt();
    (power * (1.0 + 1.0 / (12.0 * x)) / divisor).abs()
}

/// Where all but the pole at 0 is lost.
fn is_at_pole(x: Dd) -> bool {
    x.hi.abs() < 1e-40
}

fn trigamma(x: Dd) -> Dd {
    if is_at_pole(x) { n(1.0) / x / x } else { x.polygamma(1) }
}

fn tetragamma(x: Dd) -> Dd {
    if is_at_pole(x) { n(-2.0) / x / x / x } else { x.polygamma(2) }
}

fn gamma_bend(x: Dd) -> Dd {
    match x.hi {
        INF => x,
        _ if is_at_pole(x) => n(2.0) / x / x / x,
        _ => x.gamma() * (square(x.psi()) + x.polygamma(1)),
    }
}

/// 2/√π e^(-x²).
fn bell(x: Dd) -> Dd {
    let pi = n(4.0) * n(1.0).arctan();
    n(2.0) / pi.sqrt() * (-square(x)).exp()
}

/// φ(x), the density of the normal distribution.
fn normal(x: Dd) -> Dd {
    let tau = n(8.0) * n(1.0).arctan();
    (n(-0.5) * square(x)).exp() / tau.sqrt()
}

fn gelu_slope(x: Dd) -> Dd {
    n(0.5) * (-x / n(2.0).sqrt()).erfc() + x * normal(x)
}

fn gelu_bend(x: Dd) -> Dd {
    normal(x) * (n(2.0) - square(x))
}

/// φ(x) x², of which both derivatives are made for great x, and at least φ(x).
fn gelu_terms(x: &[f64], _: f64) -> f64 {
    (-0.5 * x[0] * x[0]).exp() / std::f64::consts::TAU.sqrt() * (1.0 + x[0].abs())
}

fn silu_slope(x: Dd) -> Dd {
    x.sigmoid() + x * density(x)
}

fn silu_bend(x: Dd) -> Dd {
    density(x) * (n(2.0) - x * (n(0.5) * x).tanh())
}

fn silu_terms(x: &[f64], _: f64) -> f64 {
    density_terms(x, 0.0) * (1.0 + x[0].abs())
}

/// e^-|x| / (1 + e^-|x|)², roughly.
fn density_terms(x: &[f64], _: f64) -> f64 {
    let decay = (-x[0].abs()).exp();
    decay / ((1.0 + decay) * (1.0 + decay))
}

/// The scale of `selu`, and that of its negative side.
const SELU: [f64; 2] = [1.050_700_987_355_480_5, 1.758_099_340_847_376_6];

fn selu_slope(x: Dd, above: Dd) -> Dd {
    if x.hi > 0.0 { above } else { n(SELU[1]) * x.exp() }
}

/// The part of x in log(e^x + e^y); of two equal infinities half.
fn share(x: Dd, y: Dd) -> Dd {
    if x.hi == y.hi { n(0.5) } else { (x - y).sigmoid() }
}

/// x/(x² + y²) and -y/(x² + y²).
fn arctan2_slopes(y: Dd, x: Dd) -> [Dd; 2] {
    let scale = if y.abs().hi < x.abs().hi { x.abs() } else { y.abs() };
    let (v, u) = (y / scale, x / scale);
    let square = u * u + v * v;
    [u / square / scale, -(v / square / scale)]
}

fn hypot_slope(x: Dd, y: Dd) -> Dd {
    if x.hi.is_infinite() {
        return sign(x);
    }
    let scale = if y.abs().hi < x.abs().hi { x.abs() } else { y.abs() };
    if scale.hi == 0.0 || y.hi.is_infinite() {
        return if x.hi.is_nan() { x } else { n(if scale.hi == 0.0 { 0.0 } else { 0f64.copysign(x.hi) }) };
    }
    let (u, v) = (x / scale, y / scale);
    u / (u * u + v * v).sqrt()
}
