//! Conversions of `f16` and `bf16` by integer instructions, so that every target gives the same bits.
//!
//! Every conversion rounds once, to nearest even. A value that `F32` cannot hold goes there by rounding to
//! odd, after which rounding to at least two bits fewer gives what one rounding would have given (Boldo and
//! Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using rounding to odd",
//! IEEE Trans. Computers 57(4), 2008, pp. 462-471). The bit manipulations for `f16` are those of
//! F. Giesen, "Float->half variants" (public domain code), without its branches and tables.

use super::{Binary, Builder, Predicate, ScalarType, Unary, Value};

/// A conversion between scalar types, 16-bit floats given and returned as `U16` values of their bits.
pub(super) fn build_convert(b: &mut Builder, a: Value, from: ScalarType, to: ScalarType) -> Value {
    if from == to {
        return a;
    }
    match (is_half(from), is_half(to)) {
        (false, false) => b.convert(a, to),
        (true, false) if to == ScalarType::Bool => {
            let magnitude = and(b, a, 0x7fff);
            b.convert(magnitude, ScalarType::Bool)
        }
        (true, false) => {
            let single = half_to_single(b, a, from);
            b.convert(single, to)
        }
        (true, true) => {
            let single = half_to_single(b, a, from);
            single_to_half(b, single, to)
        }
        (false, true) => {
            let single = to_single_odd(b, a, from, to);
            single_to_half(b, single, to)
        }
    }
}

fn is_half(scalar: ScalarType) -> bool {
    matches!(scalar, ScalarType::F16 | ScalarType::BF16)
}

fn half_to_single(b: &mut Builder, a: Value, from: ScalarType) -> Value {
    if from == ScalarType::BF16 { bf16_to_single(b, a) } else { f16_to_single(b, a) }
}

fn single_to_half(b: &mut Builder, a: Value, to: ScalarType) -> Value {
    if to == ScalarType::BF16 { single_to_bf16(b, a) } else { single_to_f16(b, a) }
}

/// Exact: the sixteen bits are the upper half.
fn bf16_to_single(b: &mut Builder, a: Value) -> Value {
    let wide = b.convert(a, ScalarType::I32);
    let bits = shift(b, Binary::Shl, wide, 16);
    b.bitcast(bits, ScalarType::F32)
}

/// Exact. Denormals are converted as integers, so no denormal `F32` arises on the way.
fn f16_to_single(b: &mut Builder, a: Value) -> Value {
    let wide = b.convert(a, ScalarType::I32);
    let magnitude = and(b, wide, 0x7fff);
    let sign = and(b, wide, 0x8000);
    let sign = shift(b, Binary::Shl, sign, 16);
    let shifted = shift(b, Binary::Shl, magnitude, 13);
    let rebias = b.int(ScalarType::I32, (127 - 15) << 23);
    let normal = b.binary(Binary::Add, shifted, rebias);
    let special = b.binary(Binary::Add, normal, rebias);
    let count = b.convert(magnitude, ScalarType::F32);
    let unit = b.float(ScalarType::F32, 1.0 / f64::from(1 << 24));
    let denormal = b.binary(Binary::Mul, count, unit);
    let denormal = b.bitcast(denormal, ScalarType::I32);
    let is_special = compare(b, Predicate::Ge, magnitude, 0x7c00);
    let is_denormal = compare(b, Predicate::Lt, magnitude, 0x0400);
    let bits = b.select(is_special, special, normal);
    let bits = b.select(is_denormal, denormal, bits);
    let bits = b.binary(Binary::Or, bits, sign);
    b.bitcast(bits, ScalarType::F32)
}

/// Adds half a unit of the last place kept, less one if that place is even, and cuts.
fn single_to_bf16(b: &mut Builder, a: Value) -> Value {
    let bits = b.bitcast(a, ScalarType::I32);
    let upper = shift(b, Binary::Shr, bits, 16);
    let odd = and(b, upper, 1);
    let half = b.int(ScalarType::I32, 0x7fff);
    let bias = b.binary(Binary::Add, odd, half);
    let rounded = b.binary(Binary::Add, bits, bias);
    let rounded = shift(b, Binary::Shr, rounded, 16);
    // Rounding could carry a NaN into the sign, cutting could leave it an infinity.
    let quiet = b.int(ScalarType::I32, 0x0040);
    let quiet = b.binary(Binary::Or, upper, quiet);
    let is_nan = b.compare(Predicate::Ne, a, a);
    let result = b.select(is_nan, quiet, rounded);
    b.convert(result, ScalarType::U16)
}

/// Normal results round as in [`single_to_bf16`]. For denormal ones the addition of 1/2, whose last place
/// is the unit of f16 denormals, does the rounding.
fn single_to_f16(b: &mut Builder, a: Value) -> Value {
    let bits = b.bitcast(a, ScalarType::I32);
    let sign = shift(b, Binary::Shr, bits, 16);
    let sign = and(b, sign, 0x8000);
    let magnitude = and(b, bits, 0x7fff_ffff);
    let last = shift(b, Binary::Shr, magnitude, 13);
    let odd = and(b, last, 1);
    let bias = b.int(ScalarType::I32, 0x0fff - ((127 - 15) << 23));
    let bias = b.binary(Binary::Add, odd, bias);
    let normal = b.binary(Binary::Add, magnitude, bias);
    let normal = shift(b, Binary::Shr, normal, 13);

    let value = b.bitcast(magnitude, ScalarType::F32);
    let half = b.float(ScalarType::F32, 0.5);
    let sum = b.binary(Binary::Add, value, half);
    let sum = b.bitcast(sum, ScalarType::I32);
    let half = b.bitcast(half, ScalarType::I32);
    let denormal = b.binary(Binary::Sub, sum, half);

    let infinity = b.int(ScalarType::I32, 0x7c00);
    let nan = b.int(ScalarType::I32, 0x7e00);
    let is_nan = b.compare(Predicate::Ne, a, a);
    let special = b.select(is_nan, nan, infinity);
    let is_denormal = compare(b, Predicate::Lt, magnitude, (127 - 14) << 23);
    let is_special = compare(b, Predicate::Ge, magnitude, (127 + 16) << 23);
    let result = b.select(is_denormal, denormal, normal);
    let result = b.select(is_special, special, result);
    let result = b.binary(Binary::Or, result, sign);
    b.convert(result, ScalarType::U16)
}

/// A scalar other than a 16-bit float as an `F32` that rounds to `to` as the value itself would.
fn to_single_odd(b: &mut Builder, a: Value, from: ScalarType, to: ScalarType) -> Value {
    match from {
        ScalarType::F32 => a,
        ScalarType::F64 => double_to_single_odd(b, a),
        ScalarType::Bool | ScalarType::I8 | ScalarType::U8 | ScalarType::I16 | ScalarType::U16 => {
            b.convert(a, ScalarType::F32)
        }
        ScalarType::I32 | ScalarType::U32 | ScalarType::I64 | ScalarType::U64 if to == ScalarType::F16 => {
            let clamped = clamp_to_f16(b, a, from);
            b.convert(clamped, ScalarType::F32)
        }
        ScalarType::I32 | ScalarType::U32 => {
            let double = b.convert(a, ScalarType::F64);
            double_to_single_odd(b, double)
        }
        ScalarType::I64 | ScalarType::U64 => {
            let short = shorten_to_odd(b, a, from);
            let double = b.convert(short, ScalarType::F64);
            double_to_single_odd(b, double)
        }
        ScalarType::F16 | ScalarType::BF16 => unreachable!("invariant: only other types come here"),
    }
}

/// Rounds to nearest, then steps toward zero if that went away from zero, and makes an inexact result odd.
fn double_to_single_odd(b: &mut Builder, a: Value) -> Value {
    let nearest = b.convert(a, ScalarType::F32);
    let back = b.convert(nearest, ScalarType::F64);
    let back = b.unary(Unary::Abs, back);
    let exact = b.unary(Unary::Abs, a);
    let above = b.compare(Predicate::Gt, back, exact);
    let below = b.compare(Predicate::Lt, back, exact);
    let inexact = b.binary(Binary::Or, above, below);
    let above = b.convert(above, ScalarType::U32);
    let inexact = b.convert(inexact, ScalarType::U32);
    let bits = b.bitcast(nearest, ScalarType::U32);
    let toward_zero = b.binary(Binary::Sub, bits, above);
    let odd = b.binary(Binary::Or, toward_zero, inexact);
    b.bitcast(odd, ScalarType::F32)
}

/// Every integer beyond 65535 is an infinity in f16, so 17 bits are enough.
fn clamp_to_f16(b: &mut Builder, a: Value, from: ScalarType) -> Value {
    let top = b.int(from, 1 << 16);
    let is_high = b.compare(Predicate::Gt, a, top);
    let high = b.select(is_high, top, a);
    if !from.is_signed() {
        return high;
    }
    let bottom = b.int(from, -(1 << 16));
    let is_low = b.compare(Predicate::Lt, high, bottom);
    b.select(is_low, bottom, high)
}

/// A 64-bit integer rounded to odd at a multiple of 4096 if it has more bits than `F64`.
fn shorten_to_odd(b: &mut Builder, a: Value, from: ScalarType) -> Value {
    let mask = b.int(from, 0xfff);
    let lost = b.binary(Binary::And, a, mask);
    let inexact = b.convert(lost, ScalarType::Bool);
    let sticky = b.convert(inexact, from);
    let sticky = shift(b, Binary::Shl, sticky, 12);
    let kept = b.binary(Binary::Sub, a, lost);
    let odd = b.binary(Binary::Or, kept, sticky);
    let limit = b.int(from, 1 << 53);
    let is_high = b.compare(Predicate::Gt, a, limit);
    let result = b.select(is_high, odd, a);
    if !from.is_signed() {
        return result;
    }
    let limit = b.int(from, -(1 << 53));
    let is_low = b.compare(Predicate::Lt, a, limit);
    b.select(is_low, odd, result)
}

fn and(b: &mut Builder, a: Value, mask: i64) -> Value {
    let mask = b.int(b.scalar_type(a), mask);
    b.binary(Binary::And, a, mask)
}

fn shift(b: &mut Builder, op: Binary, a: Value, count: i64) -> Value {
    let count = b.int(b.scalar_type(a), count);
    b.binary(op, a, count)
}

fn compare(b: &mut Builder, predicate: Predicate, a: Value, with: i64) -> Value {
    let with = b.int(b.scalar_type(a), with);
    b.compare(predicate, a, with)
}
