//! `a * b + c` with one rounding, in integers: what a processor without the instruction computes where its
//! own multiplication and addition do not reach.

const EXPONENT: u64 = 0x7ff;
const FRACTION: u64 = (1 << 52) - 1;
const SIGN: u64 = 1 << 63;

/// A finite number that is not zero: `mantissa * 2^exponent`, where the mantissa has 53 bits.
#[derive(Clone, Copy)]
struct Parts {
    mantissa: u64,
    exponent: i32,
}

/// The sum of a product and a number, rounded once to nearest, ties to even, as IEEE 754 has it. Arguments
/// and result are the bits of `f64`; the payload of a NaN is any.
#[inline]
pub fn fma(a: u64, b: u64, c: u64) -> u64 {
    let product = f64::from_bits(a) * f64::from_bits(b);
    if !is_finite(a) || !is_finite(b) || is_zero(a) || is_zero(b) {
        return (product + f64::from_bits(c)).to_bits();
    }
    if !is_finite(c) {
        return c;
    }
    if is_zero(c) {
        return product.to_bits();
    }
    let sign = (a ^ b) & SIGN;
    let (x, y, exponent) = aligned(multiplied(parts(a), parts(b)), parts(c));
    let (sign, sum) = match (sign == c & SIGN, x >= y) {
        (true, _) => (sign, x.wrapping_add(y)),
        (false, true) => (sign, x.wrapping_sub(y)),
        (false, false) => (c & SIGN, y.wrapping_sub(x)),
    };
    if sum == 0 { 0 } else { sign | rounded(sum, exponent) }
}

#[inline]
fn is_finite(bits: u64) -> bool {
    (bits >> 52) & EXPONENT != EXPONENT
}

#[inline]
fn is_zero(bits: u64) -> bool {
    bits & !SIGN == 0
}

#[inline]
fn parts(bits: u64) -> Parts {
    let (exponent, fraction) = (((bits >> 52) & EXPONENT) as i32, bits & FRACTION);
    if exponent != 0 {
        return Parts { mantissa: fraction | 1 << 52, exponent: exponent.wrapping_sub(1075) };
    }
    let shift = fraction.leading_zeros().wrapping_sub(11);
    Parts { mantissa: fraction.wrapping_shl(shift), exponent: (-1074i32).wrapping_sub(shift as i32) }
}

/// A product of 105 or 106 bits, and its exponent.
#[inline]
fn multiplied(a: Parts, b: Parts) -> (u128, i32) {
    let product = u128::from(a.mantissa).wrapping_mul(u128::from(b.mantissa));
    (product, a.exponent.wrapping_add(b.exponent))
}

/// A product and a number under one exponent, below 2^127 both. Of what lies far below the other, the last
/// bit says whether there was more.
#[inline]
fn aligned((product, exponent): (u128, i32), c: Parts) -> (u128, u128, i32) {
    let mantissa = u128::from(c.mantissa);
    let above = c.exponent.wrapping_sub(exponent);
    if above > 64 {
        let shift = above.wrapping_sub(64) as u32;
        return (shifted_right(product, shift), mantissa << 64, c.exponent.wrapping_sub(64));
    }
    if above >= 0 {
        return (product, mantissa.wrapping_shl(above as u32), exponent);
    }
    let below = above.wrapping_neg() as u32;
    let room = if below < 20 { below } else { 20 };
    let rest = shifted_right(mantissa, below.wrapping_sub(room));
    (product.wrapping_shl(room), rest, exponent.wrapping_sub(room as i32))
}

#[inline]
fn shifted_right(value: u128, shift: u32) -> u128 {
    if shift > 127 {
        return u128::from(value != 0);
    }
    let whole = value.wrapping_shr(shift);
    whole | u128::from(whole.wrapping_shl(shift) != value)
}

/// The bits of a positive number, rounded to the nearest.
#[inline]
fn rounded(value: u128, exponent: i32) -> u64 {
    let zeros = value.leading_zeros();
    let value = value.wrapping_shl(zeros);
    // The exponent of the first bit.
    let first = exponent.wrapping_add(127).wrapping_sub(zeros as i32);
    if first > 1023 {
        return EXPONENT << 52;
    }
    let lost = if first < -1022 { (-1022i32).wrapping_sub(first) as u32 } else { 0 };
    let mantissa = nearest(value, lost.wrapping_add(75));
    match lost {
        0 => ((first.wrapping_add(1022) as u64) << 52).wrapping_add(mantissa),
        _ => mantissa,
    }
}

/// A value without so many of its bits, rounded to nearest, ties to even.
#[inline]
fn nearest(value: u128, bits: u32) -> u64 {
    if bits > 128 {
        return 0;
    }
    if bits == 128 {
        return u64::from(value > 1 << 127);
    }
    let (whole, half) = (value.wrapping_shr(bits), 1u128.wrapping_shl(bits.wrapping_sub(1)));
    let rest = value.wrapping_sub(whole.wrapping_shl(bits));
    let up = rest > half || (rest == half && whole & 1 != 0);
    (whole as u64).wrapping_add(u64::from(up))
}

#[cfg(test)]
mod tests {
    use super::fma;

    fn check(a: f64, b: f64, c: f64) {
        let (expected, found) = (a.mul_add(b, c), f64::from_bits(fma(a.to_bits(), b.to_bits(), c.to_bits())));
        let same = expected.to_bits() == found.to_bits() || expected.is_nan() && found.is_nan();
        assert!(same, "{a:e} * {b:e} + {c:e} = {expected:e}, not {found:e}");
    }

    #[test]
    fn edges_are_as_the_processor_has_them() {
        let mut edges = vec![0.0, 1.0, 1.5, f64::MIN_POSITIVE, 5e-324, 1e-310, f64::MAX, f64::INFINITY];
        edges.extend([
            f64::NAN,
            1.0 + f64::EPSILON,
            1.0 - f64::EPSILON / 2.0,
            3e-162,
            2.0f64.powi(-537),
            1e300,
        ]);
        edges.extend(edges.clone().iter().map(|x| -x));
        for &a in &edges {
            for &b in &edges {
                edges.iter().for_each(|&c| check(a, b, c));
            }
        }
    }

    #[test]
    fn random_bits_and_cancellations_are_as_the_processor_has_them() {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..200_000 {
            let [a, b, c] = [(); 3].map(|()| f64::from_bits(next()));
            check(a, b, c);
            // What is left of a product once it is taken away, and its neighbours.
            let near = -(a * b);
            [near, near.next_up(), near.next_down(), near * 0.5].into_iter().for_each(|c| check(a, b, c));
            // Results about the smallest numbers.
            let scale = 2.0f64.powi((next() % 240) as i32 - 1180);
            let [x, y] = [a, b].map(|v| f64::from_bits(v.to_bits() & !(0x7ff << 52) | 0x3ff << 52));
            check(x, y * scale.max(5e-324), c * 1e-300);
            check(x * scale, y, f64::from_bits(next() >> 12));
        }
    }
}
