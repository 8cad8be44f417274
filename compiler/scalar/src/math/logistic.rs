//! 1/(1+e^-x) and log(1+e^x), from one exponential.
//!
//! Everything is built from e^-|x|, which neither overflows nor cancels, and from instructions that do not
//! depend on the sign of x until the last select. [`Builder`](super::Builder) merges equal instructions, so a
//! program with sigmoid(x), sigmoid(-x), softplus(x) and softplus(-x) (a cross-entropy and its gradient)
//! computes one exponential and one reciprocal.

use super::exp::Power;
use super::log::series_to_two;
use super::{Emit, Predicate, Value};

/// e^-|x| = (first * second) (1 + p).
struct Decay {
    p: Value,
    first: Value,
    second: Value,
    /// first * second.
    scale: Value,
    /// 1 + p as an unevaluated sum.
    mantissa: (Value, Value),
}

impl Decay {
    fn of(e: &mut Emit, x: Value) -> Decay {
        let magnitude = e.abs(x);
        let argument = e.neg(magnitude);
        let bottom = e.constant((-104.0, -746.0));
        let argument = e.at_least(argument, bottom);
        let power = Power::of(e, argument);
        // As n <= 0, one of two scales can be a constant; what it takes away keeps the other one normal.
        let lift = e.pick((64, 512));
        let first = power.scale(e, lift);
        let second = e.constant((2f32.powi(-64), 2f64.powi(-512)));
        let scale = e.mul(first, second);
        let one = e.exact(1.0);
        let high = e.add(power.p, one);
        let rest = e.sub(high, one);
        let low = e.sub(power.p, rest);
        Decay { p: power.p, first, second, scale, mantissa: (high, low) }
    }
}

/// 1/(1+e^-x), within 1 ULP. Measured: 0.977 for `F32` (all arguments), 0.957 for `F64` (4 million).
///
/// With E = e^-|x| it is 1/(1+E) or E/(1+E). The divisor is an unevaluated sum; quotients get one Newton
/// step with the residual against that sum.
pub(super) fn build_sigmoid(e: &mut Emit, x: Value) -> Value {
    let Decay { p, first, second, scale, mantissa } = Decay::of(e, x);
    let one = e.exact(1.0);
    let base = e.add(scale, one);
    let divisor = e.fma(scale, p, base);
    let divisor_low = e.sub(base, divisor);
    let divisor_low = e.fma(scale, p, divisor_low);
    let base_rest = e.sub(base, one);
    let base_low = e.sub(scale, base_rest);
    let divisor_low = e.add(divisor_low, base_low);
    let inverse = e.div(one, divisor);

    let residual = e.fnma(inverse, divisor, one);
    let residual = e.fnma(inverse, divisor_low, residual);
    let positive = e.fma(residual, inverse, inverse);

    let quotient = e.mul(mantissa.0, inverse);
    let residual = e.fnma(quotient, divisor, mantissa.0);
    let residual = e.fnma(quotient, divisor_low, residual);
    let residual = e.add(residual, mantissa.1);
    let quotient = e.fma(residual, inverse, quotient);
    let negative = e.mul(quotient, first);
    let negative = e.mul(negative, second);

    let zero = e.exact(0.0);
    let is_negative = e.compare(Predicate::Lt, x, zero);
    e.select(is_negative, negative, positive)
}

/// The derivative of sigmoid, e^-|x|/(1+e^-|x|)², within 2.5 ULP. Measured: 2.262 for `F32`, 2.153 for `F64`.
///
/// With q = E/(1+E), which is at most a half, it is q - q²: the difference does not cancel. Beside a sigmoid
/// all but that is computed already.
pub(super) fn build_density(e: &mut Emit, x: Value) -> Value {
    let Decay { p, first, second, scale, .. } = Decay::of(e, x);
    let one = e.exact(1.0);
    let base = e.add(scale, one);
    let divisor = e.fma(scale, p, base);
    let inverse = e.div(one, divisor);
    let quotient = e.fma(p, inverse, inverse);
    let quotient = e.mul(quotient, first);
    let quotient = e.mul(quotient, second);
    e.fnma(quotient, quotient, quotient)
}

/// log(1+e^x), within 1.8 ULP. Measured: 1.753 for `F32` (all arguments), 1.663 for `F64` (4 million).
///
/// It is max(x, 0) + log(1+e^-|x|), where nothing cancels.
pub(super) fn build_softplus(e: &mut Emit, x: Value) -> Value {
    let Decay { first, second, scale, mantissa, .. } = Decay::of(e, x);
    let decay = e.mul(mantissa.0, first);
    let decay = e.mul(decay, second);
    let decay_low = e.mul(mantissa.1, scale);
    let bend = series_to_two(e, decay, decay_low);
    let zero = e.exact(0.0);
    let ramp = e.at_least(x, zero);
    e.add(ramp, bend)
}
