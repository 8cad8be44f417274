//! The functions and what is promised of them.

use tgc_graph::prelude::*;
use tgc_scalar::Dd;

/// A function of real numbers as tgc has it, and exactly.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    One { build: for<'m> fn(Tensor<'m>) -> Tensor<'m>, exact: fn(Dd) -> Dd },
    Two { build: for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>, exact: fn(Dd, Dd) -> Dd },
}

/// A function to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What is promised, in ULP.
    pub bound: f64,
    /// Errors are counted in the last place of at least this, given the arguments and the exact value.
    pub(super) floor: fn(&[f64], f64) -> f64,
    /// Whether it is measured at these arguments, of `f32` or, if so said first, of `f64`.
    pub(super) admits: fn(bool, &[f64]) -> bool,
    pub(super) shape: Shape,
}

impl Function {
    fn of(name: &'static str, bound: f64, shape: Shape) -> Function {
        Function { name, bound, floor: |_, _| 0.0, admits: |_, _| true, shape }
    }

    /// With errors in the last place of at least that number: 1 for functions with zeros between numbers.
    pub(super) fn above(self, floor: fn(&[f64], f64) -> f64) -> Function {
        Function { floor, ..self }
    }

    /// The least magnitude whose last place errors are counted in, at these arguments.
    pub(super) fn least(&self, x: &[f64], exact: f64) -> f64 {
        let floor = (self.floor)(x, exact);
        if floor.is_nan() { 0.0 } else { floor }
    }
}

/// A function of one value.
pub(super) fn one(
    name: &'static str,
    bound: f64,
    build: for<'m> fn(Tensor<'m>) -> Tensor<'m>,
    exact: fn(Dd) -> Dd,
) -> Function {
    Function::of(name, bound, Shape::One { build, exact })
}

/// A function of two values.
pub(super) fn two(
    name: &'static str,
    bound: f64,
    build: for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>,
    exact: fn(Dd, Dd) -> Dd,
) -> Function {
    Function::of(name, bound, Shape::Two { build, exact })
}

/// All functions, in the order of the table.
pub fn functions() -> Vec<Function> {
    vec![
        one("exp", 1.0, exp, Dd::exp),
        one("expm1", 1.0, expm1, Dd::expm1),
        one("log", 1.0, log, Dd::log),
        one("log1p", 1.0, log1p, Dd::log1p),
        one("sqrt", 0.5, sqrt, Dd::sqrt),
        one("sigmoid", 1.0, sigmoid, Dd::sigmoid),
        one("tanh", 1.0, tanh, Dd::tanh),
        one("sin", 1.0, sin, Dd::sin),
        one("cos", 1.0, cos, Dd::cos),
        one("tan", 2.0, tan, Dd::tan),
        one("arcsin", 2.0, arcsin, Dd::arcsin),
        one("arccos", 2.0, arccos, Dd::arccos),
        one("arctan", 2.0, arctan, Dd::arctan),
        one("sinh", 2.0, sinh, Dd::sinh),
        one("cosh", 2.0, cosh, Dd::cosh),
        one("arcsinh", 2.0, arcsinh, Dd::arcsinh),
        one("arccosh", 2.0, arccosh, Dd::arccosh),
        one("arctanh", 2.0, arctanh, Dd::arctanh),
        one("exp2", 2.0, exp2, Dd::exp2),
        one("log2", 2.0, log2, Dd::log2),
        one("log10", 2.0, log10, Dd::log10),
        one("erf", 2.0, erf, Dd::erf),
        one("erfc", 2.0, erfc, Dd::erfc),
        one("softplus", 2.0, softplus, Dd::softplus),
        one("gamma", 4.0, gamma, Dd::gamma),
        one("gammaln", 4.0, gammaln, Dd::gammaln).above(|_, _| 1.0),
        one("psi", 4.0, psi, Dd::psi).above(|_, _| 1.0),
        two("arctan2", 2.0, |y, x| arctan2(y, x), Dd::arctan2),
        two("pow", 2.0, |x, y| pow(x, y), Dd::pow),
        two("logaddexp", 4.0, |x, y| logaddexp(x, y), exact_logaddexp).above(|_, _| 1.0),
        two("mod", 0.5, |x, y| modulo(x, y), exact_modulo),
    ]
}

/// log(e^x + e^y) = max + log(1 + e^-|x - y|); the larger where it is infinite.
fn exact_logaddexp(x: Dd, y: Dd) -> Dd {
    let (greater, less) = if x.hi < y.hi { (y, x) } else { (x, y) };
    if greater.hi.is_nan() || less.hi.is_nan() {
        return Dd::from(f64::NAN);
    }
    if greater.hi.is_infinite() { greater } else { greater + (less - greater).exp().log1p() }
}

/// The rest with the divisor's sign.
fn exact_modulo(x: Dd, y: Dd) -> Dd {
    let rest = x.fmod(y);
    let is_other = rest.hi != 0.0 && (rest.hi < 0.0) != (y.hi < 0.0);
    match rest.hi == 0.0 {
        true => Dd::from(0f64.copysign(y.hi)),
        false if is_other => rest + y,
        false => rest,
    }
}
