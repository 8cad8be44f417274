//! The rest of a division, exactly.
//!
//! A rest is not rounded, so neither may any step be. x - q d is a number of the scalar when q is the integer
//! nearest to x/d, and one fused multiplication finds it if q has no more bits than the scalar. Where x is
//! that much greater than the divisor, multiples of the divisor by powers of two come first, the greatest
//! before the others; these are needed rarely and take up the whole range of the scalar.

use super::{Emit, Predicate, Value};

/// The rest of x/y with the sign of x, less than y in magnitude: C's `fmod`, without error.
pub(super) fn build_fmod(e: &mut Emit, [x, y]: [Value; 2]) -> Value {
    let (magnitude, divisor) = (e.abs(x), e.abs(y));
    // How far one step reaches: quotients that are rounded to integers have a bit to spare.
    let reach = e.pick((22, 51));
    let steps = e.pick((277, 2098)) / reach;
    let scale = e.constant((2f32.powi(22), 2f64.powi(51)));
    let mut divisors = vec![divisor];
    for _ in 0..steps {
        let last = divisors[divisors.len() - 1];
        divisors.push(e.mul(last, scale));
    }
    let is_far = e.compare(Predicate::Gt, magnitude, divisors[1]);
    let mut rest = magnitude;
    for divisor in divisors[1..].iter().rev() {
        rest = step(e, rest, *divisor);
    }
    let rest = e.b.rarely(is_far, rest, magnitude);
    let rest = step(e, rest, divisor);

    let zero = e.exact(0.0);
    let raised = e.add(rest, divisor);
    let is_negative = e.compare(Predicate::Lt, rest, zero);
    let rest = e.select(is_negative, raised, rest);
    let signed = e.with_sign_of(rest, x);
    // Nothing is less than 0, and an infinite x has no rest.
    let infinity = e.exact(f32::INFINITY);
    let is_finite = e.compare(Predicate::Lt, magnitude, infinity);
    let nan = e.exact(f32::NAN);
    let result = e.select(is_finite, signed, nan);
    let divides = e.compare(Predicate::Gt, divisor, zero);
    let result = e.select(divides, result, nan);
    let is_less = e.compare(Predicate::Lt, magnitude, divisor);
    e.select(is_less, x, result)
}

/// x less the nearest multiple of a divisor, of which it has fewer than the scalar can count; x if that is
/// infinite.
fn step(e: &mut Emit, x: Value, divisor: Value) -> Value {
    let infinity = e.exact(f32::INFINITY);
    let quotient = e.div(x, divisor);
    let magic = e.magic();
    let sum = e.add(quotient, magic);
    let count = e.sub(sum, magic);
    let rest = e.fnma(count, divisor, x);
    let is_finite = e.compare(Predicate::Lt, divisor, infinity);
    e.select(is_finite, rest, x)
}
