//! The remainder of a huge argument by π/2.
//!
//! Of the digits of 2/π only a window matters: those before contribute whole turns, those behind less than
//! any rounding (M. Payne and R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18,
//! 1983, pp. 19-24). Digits and products are floating-point numbers here, each product is exact or an exact
//! sum of two, and sums are exact because their terms are multiples of one power of two and the sum is small.

use super::{Binary, Emit, Predicate, Value};

/// What is left of an argument: |x| = mπ/2 + r - low with the sign of x.
pub(super) struct Turns {
    pub(super) r: Value,
    pub(super) low: Value,
    /// The sum whose low bits hold m.
    pub(super) sum: Value,
}

/// Bits of a digit of 2/π for `F64`.
const DIGIT: u64 = 48;
/// 2/π in digits, after a zero.
const TWO_OVER_PI: [u64; 26] = [
    0,
    0xa2f9_836e_4e44,
    0x1529_fc27_57d1,
    0xf534_ddc0_db62,
    0x9599_3c43_9041,
    0xfe51_63ab_debb,
    0xc561_b724_6e3a,
    0x424d_d2e0_0649,
    0x2eea_09d1_921c,
    0xfe1d_eb1c_b129,
    0xa73e_e882_35f5,
    0x2ebb_4484_e99c,
    0x7026_b45f_7e41,
    0x3991_d639_8353,
    0x39f4_9c84_5f8b,
    0xbdf9_283b_1ff8,
    0x97ff_de05_980f,
    0xef2f_118b_5a0a,
    0x6d1f_6d36_7ecf,
    0x27cb_09b7_4f46,
    0x3f66_9e5f_ea2d,
    0x7527_bac7_ebe5,
    0xf17b_3d07_39f7,
    0x8a52_92ea_6bfb,
    0x5fb1_1f8d_5d08,
    0x5603_3046_fc7b,
];
/// Digits of a window: the last one weighs 2^-138 at most, and no `F64` is nearer to a multiple of π/2 than
/// 2^-61.
const WINDOW: usize = 5;
/// π/2 in two parts.
const PI_2: [f64; 2] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17];

/// Reduces an `F64` argument from 2^20 on; NaN for infinity.
pub(super) fn build_turns(e: &mut Emit, x: Value) -> Turns {
    let magnitude = e.abs(x);
    let (scaled, digits) = window(e, magnitude);
    let (first, rest) = products(e, scaled, &digits);
    let [turns, middle, rest] = sum_in_three(e, first, rest);
    // The nearest integer and the fraction.
    let magic = e.magic();
    let sum = e.add(turns, magic);
    let n = e.sub(sum, magic);
    let fraction = e.sub(turns, n);
    let fraction = e.ordered_sum(fraction, middle);
    let low = e.add(fraction.lo, rest);
    // Times π/2; infinity less itself is NaN.
    let [first, second] = PI_2.map(|part| e.double(part));
    let r = e.two_product(fraction.hi, first);
    let r_low = e.fma(fraction.hi, second, r.lo);
    let r_low = e.fma(low, first, r_low);
    let r_low = e.neg(r_low);
    let nothing = e.sub(magnitude, magnitude);
    let r = e.add(r.hi, nothing);
    // The sign of x everywhere.
    let n = e.flipped_with(n, x);
    Turns { r: e.flipped_with(r, x), low: e.flipped_with(r_low, x), sum: e.add(n, magic) }
}

/// The digits that matter, and the argument divided by the weight of what is before them: an integer multiple
/// of 4 below 2^102.
fn window(e: &mut Emit, magnitude: Value) -> (Value, Vec<Value>) {
    let bits = e.bits_of(magnitude);
    let exponent = e.with_bits(Binary::Shr, bits, 52);
    // The last place of the argument is 2^(exponent - 1075), that of the last digit before the window 4 times
    // its inverse at least: the index is the integer below (exponent - 1029) / 48, by a quotient that is
    // right up to 2047.
    let over = e.with_bits(Binary::Sub, exponent, 1029);
    let index = e.with_bits(Binary::Mul, over, 1366);
    let index = e.with_bits(Binary::Shr, index, 16);
    let weight = e.with_bits(Binary::Mul, index, DIGIT << 52);
    let scaled = e.b.binary(Binary::Sub, bits, weight);
    let scaled = e.with_bits(Binary::Add, scaled, DIGIT << 52);
    let unit = 2f64.powi(-(DIGIT as i32));
    let mut row: Vec<Value> = TWO_OVER_PI.iter().map(|digit| e.double(*digit as f64 * unit)).collect();
    for step in [16, 8, 4, 2, 1] {
        let (bit, zero) = (e.with_bits(Binary::And, index, step), e.bits(0));
        let is_set = e.compare(Predicate::Ne, bit, zero);
        let step = step as usize;
        // What has nothing that far behind it is not part of such a window.
        let shifted = (0..(WINDOW + step - 1).min(row.len())).map(|at| match row.get(at + step) {
            Some(&far) => e.select(is_set, far, row[at]),
            None => row[at],
        });
        row = shifted.collect();
    }
    (e.of_bits(scaled), row)
}

/// The products with the digits in two parts each, less multiples of 4: one number that is a multiple of
/// 2^-46 and below 5, and others below 2^6.
fn products(e: &mut Emit, scaled: Value, digits: &[Value]) -> (Value, Vec<Value>) {
    let mut parts = vec![];
    for (at, digit) in digits.iter().enumerate() {
        let weight = e.double(2f64.powi(-(DIGIT as i32) * at as i32));
        let weighted = e.mul(scaled, weight);
        let product = e.two_product(weighted, *digit);
        parts.extend([product.hi, product.lo]);
    }
    // The last lower part is below 2^-143.
    parts.pop();
    // The first product is below 2^102, too large for one step.
    let (_, high) = split(e, 52, parts[0]);
    let (_, high) = split(e, 2, high);
    let (_, low) = split(e, 2, parts[1]);
    let first = e.add(high, low);
    parts[2] = split(e, 2, parts[2]).1;
    (first, parts.split_off(2))
}

/// The nearest multiple of 2^place, for numbers between -2^(place+51) and 2^(place+52), and what is left,
/// exactly.
fn split(e: &mut Emit, place: i32, value: Value) -> (Value, Value) {
    let magic = e.double(1.5 * 2f64.powi(place + 52));
    let sum = e.add(value, magic);
    let multiple = e.sub(sum, magic);
    (multiple, e.sub(value, multiple))
}

/// The sum of the products in parts that are multiples of 2^-46 and of 2^-96, and a rest that rounding has
/// reached.
fn sum_in_three(e: &mut Emit, first: Value, mut terms: Vec<Value>) -> [Value; 3] {
    let mut sums = [first, e.exact(0.0), e.exact(0.0)];
    // How many of the terms reach so high.
    for (at, (place, count)) in [(-45, 5), (-96, 7)].into_iter().enumerate() {
        for term in &mut terms[..count] {
            let (multiple, rest) = split(e, place, *term);
            sums[at] = e.add(sums[at], multiple);
            *term = rest;
        }
    }
    sums[2] = terms.into_iter().fold(sums[2], |sum, term| e.add(sum, term));
    sums
}

/// Digits of 1/π for `F32`, of 29 bits: their products with 24 bits are exact.
const ONE_OVER_PI: [f64; 7] =
    [170_891_318.0, 480_020_522.0, 176_097_749.0, 512_731_558.0, 499_178_338.0, 313_730_952.0, 239_142_905.0];

/// Reduces an `F64` argument that was an `F32` from 2^30 on by `unit`, π or π/2; NaN for infinity. What is
/// returned is the remainder and the sum whose lowest bit is that of the multiple; `between` is for odd
/// multiples of unit/2.
pub(super) fn build_single_turns(e: &mut Emit, x: Value, unit: f64, between: bool) -> (Value, Value) {
    let magnitude = e.abs(x);
    let factor = e.double(std::f64::consts::PI / unit);
    let magnitude = e.mul(magnitude, factor);
    let weight = 2f64.powi(-29);
    // Digits before the window contribute multiples of 2.
    let mut scaled = magnitude;
    let mut digits: [Value; 4] = std::array::from_fn(|at| e.double(ONE_OVER_PI[at] * weight));
    for shift in 1..4 {
        let limit = e.double(2f64.powi(24 + 29 * shift));
        let is_beyond = e.compare(Predicate::Ge, magnitude, limit);
        let less = e.double(weight.powi(shift));
        let less = e.mul(magnitude, less);
        scaled = e.select(is_beyond, less, scaled);
        for (at, digit) in digits.iter_mut().enumerate() {
            let far = e.double(ONE_OVER_PI[at + shift as usize] * weight);
            *digit = e.select(is_beyond, far, *digit);
        }
    }
    let products: [Value; 4] = std::array::from_fn(|at| {
        let weight = e.double(weight.powi(at as i32));
        let weighted = e.mul(scaled, weight);
        e.mul(weighted, digits[at])
    });
    let (_, turns) = split(e, 1, products[0]);
    let (second, second_rest) = split(e, -27, products[1]);
    let (third, third_rest) = split(e, -27, products[2]);
    let turns = e.add(turns, second);
    let turns = e.add(turns, third);
    let rest = e.add(third_rest, products[3]);
    let rest = e.add(rest, second_rest);
    let offset = e.exact(if between { -0.5 } else { 0.0 });
    let turns = e.add(turns, offset);
    let magic = e.magic();
    let sum = e.add(turns, magic);
    let n = e.sub(sum, magic);
    let fraction = e.sub(turns, n);
    let fraction = e.add(fraction, rest);
    let unit = e.double(unit);
    let r = e.mul(fraction, unit);
    (if between { r } else { e.flipped_with(r, x) }, sum)
}
