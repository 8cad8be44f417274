//! x^y for complex numbers, on `F64` values.
//!
//! x^y is e^(y log x), of which errors of y log x, whatever its size, are relative errors: so [`ComplexLog`]
//! has twice the places, as have the product, and what is left of its imaginary part by multiples of π/2. The
//! last operation alone rounds to the scalar. Zero, infinity and NaN give what the formula says:
//! [`complex_power`](crate::Builder::power) knows better.

use super::complex_log::ComplexLog;
use super::double::Double;
use super::pow::clamped;
use super::power::DoublePower;
use super::trig::double_sin_cos;
use super::{Emit, Predicate, Value};
use crate::MathFn4;

/// A part of x^y. Both are within 2 ULP of the length while |y log x| is below 2^42; beyond, the angle is no
/// better than an argument of twice the places can say. Measured: 1.357, against mpmath on 8 thousand points.
pub(super) fn build_complex_pow(e: &mut Emit, function: MathFn4, [x, xi, y, yi]: [Value; 4]) -> Value {
    let ComplexLog { length, angle } = ComplexLog::of(e, [x, xi]);
    let (straight, crossed) = (e.times(length, y), e.times(angle, yi));
    let minus = e.opposite(crossed);
    let re = finite_sum(e, straight, minus);
    let (straight, crossed) = (e.times(length, yi), e.times(angle, y));
    let im = finite_sum(e, straight, crossed);
    // Beyond these even the product with the least sine is infinite, or zero.
    let limit = (1400.0, 1400.0);
    let exponent = clamped(e, re, limit, (-limit.0, -limit.1));
    let power = DoublePower::of(e, exponent);
    let (sine, cosine) = double_sin_cos(e, im);
    match function {
        MathFn4::PowReal => scaled_product(e, &power, cosine),
        MathFn4::PowImaginary => {
            let part = scaled_product(e, &power, sine);
            // On the real line with the sign of its zero.
            let zero = e.exact(0.0);
            let is_real = e.compare(Predicate::Eq, im.hi, zero);
            e.select(is_real, im.hi, part)
        }
    }
}

/// e^re times a sine or cosine.
fn scaled_product(e: &mut Emit, power: &DoublePower, part: Double) -> Value {
    let product = e.double_product(power.mantissa, part);
    let product = e.add(product.hi, product.lo);
    power.scaled(e, product)
}

/// The sum of two products, which may nearly cancel, or be infinite.
fn finite_sum(e: &mut Emit, a: Double, b: Double) -> Double {
    let (zero, infinity) = (e.exact(0.0), e.exact(f32::INFINITY));
    let sum = e.two_sum(a.hi, b.hi);
    let low = e.add(a.lo, b.lo);
    let low = e.add(sum.lo, low);
    let magnitude = e.abs(low);
    let is_finite = e.compare(Predicate::Lt, magnitude, infinity);
    let is_zero = e.compare(Predicate::Eq, low, zero);
    let low = e.select(is_finite, low, zero);
    let both = e.two_sum(sum.hi, low);
    // What is infinite, and the sign of a zero.
    let magnitude = e.abs(both.hi);
    let is_finite = e.compare(Predicate::Lt, magnitude, infinity);
    Double { hi: e.select(is_zero, sum.hi, both.hi), lo: e.select(is_finite, both.lo, zero) }
}
