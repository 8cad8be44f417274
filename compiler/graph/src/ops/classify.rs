//! What `isnan`, `isinf` and `isfinite` share: a question to each part of an element, with `bool` as the
//! answer.

use tgc_scalar::{Binary, Builder, Element, Predicate, ScalarType, Unary, Value};

/// Whether a part of the element satisfies a predicate of floats, which no integer does.
pub fn any_part(b: &mut Builder, x: &Element, holds: fn(&mut Builder, Value) -> Value) -> Value {
    if !x.dtype.scalar_type().is_float() {
        return b.bits(ScalarType::Bool, 0);
    }
    let parts: Vec<Value> = x.parts().iter().map(|part| holds(b, *part)).collect();
    parts.into_iter().reduce(|re, im| b.binary(Binary::Or, re, im)).expect("invariant: an element has parts")
}

/// Not equal to itself.
pub fn is_nan(b: &mut Builder, part: Value) -> Value {
    b.compare(Predicate::Ne, part, part)
}

/// Of infinite magnitude.
pub fn is_infinite(b: &mut Builder, part: Value) -> Value {
    let (magnitude, infinity) = magnitude_and_infinity(b, part);
    b.compare(Predicate::Eq, magnitude, infinity)
}

/// NaN or infinite.
pub fn is_not_finite(b: &mut Builder, part: Value) -> Value {
    let (magnitude, infinity) = magnitude_and_infinity(b, part);
    let finite = b.compare(Predicate::Lt, magnitude, infinity);
    b.unary(Unary::Not, finite)
}

fn magnitude_and_infinity(b: &mut Builder, part: Value) -> (Value, Value) {
    let scalar = b.scalar_type(part);
    (b.unary(Unary::Abs, part), b.float(scalar, f64::INFINITY))
}
