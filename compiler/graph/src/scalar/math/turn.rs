//! Sine, cosine and cotangent of π x, for the functions that are reflected at 1/2.
//!
//! π x is reduced exactly, as x is; the polynomial for the sine on half a turn is a minimax fit of our own.

use super::double::Double;
use super::{Binary, Emit, Pair, Value};

pub(super) const PI: (Pair, Pair) =
    ((std::f32::consts::PI, std::f64::consts::PI), (-8.742_278e-8, 1.224_646_799_147_353_2e-16));
/// (sin πr / r - π)/r² in r², for |r| <= 1/2; within 2^-60 (`F64`) and 2^-27 (`F32`) of sin πr.
const SINE: (&[f32], &[f64]) = (
    &[-5.167_711, 2.550_086_3, -0.598_331_33, 0.077_719_04],
    &[
        -5.167_712_780_049_969,
        2.550_164_039_877_269,
        -0.599_264_529_317_765_6,
        0.082_145_886_552_806_91,
        -0.007_370_430_321_750_25,
        0.000_466_298_904_854_345_94,
        -2.190_117_119_327_36e-5,
        7.673_865_344_401_068e-7,
    ],
);

/// x less the nearest integer.
pub(super) struct Turn {
    /// Between -1/2 and 1/2.
    pub(super) rest: Value,
    /// Bits whose last is that of the integer.
    parity: Value,
}

impl Turn {
    /// Of a magnitude.
    pub(super) fn of(e: &mut Emit, x: Value) -> Turn {
        // From here on every number is an integer; beyond twice that, an even one.
        let limit = e.constant((8_388_608.0, 4_503_599_627_370_496.0));
        let near = e.at_most(x, limit);
        let sum = e.add(near, limit);
        let rounded = e.sub(sum, limit);
        Turn { rest: e.sub(near, rounded), parity: e.bits_of(sum) }
    }

    /// sin πx; right up to a sign for magnitudes where every number is an integer.
    pub(super) fn sine(&self, e: &mut Emit) -> Double {
        let places = u64::from(e.lane.bits() - 1);
        let sign = e.with_bits(Binary::Shl, self.parity, places);
        let sign = e.of_bits(sign);
        let sine = sine(e, self.rest);
        Double { hi: e.flipped_with(sine.hi, sign), lo: e.flipped_with(sine.lo, sign) }
    }

    /// cot πx.
    pub(super) fn cotangent(&self, e: &mut Emit) -> Double {
        let half = e.exact(0.5);
        let magnitude = e.abs(self.rest);
        let complement = e.sub(half, magnitude);
        let (cosine, sine) = (sine(e, complement), sine(e, self.rest));
        e.quotient(cosine, sine)
    }
}

/// sin πr for |r| <= 1/2, to a few bits more than the lane has.
fn sine(e: &mut Emit, r: Value) -> Double {
    let pi = e.double_constant(PI);
    let square = e.mul(r, r);
    let polynomial = e.horner(SINE, square);
    let slope = e.fma(polynomial, square, pi.lo);
    let low = e.mul(slope, r);
    let hi = e.fma(r, pi.hi, low);
    let minus = e.neg(hi);
    let lo = e.fma(r, pi.hi, minus);
    Double { hi, lo: e.add(lo, low) }
}
