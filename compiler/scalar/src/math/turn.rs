//! Sine, cosine and cotangent of π x, for the functions that are reflected at 1/2.
//!
//! π x is reduced exactly, as x is; the polynomial for the sine on half a turn is a minimax fit of our own.
//! The cotangent, which ψ adds to numbers that it nearly cancels with, is a quotient of Taylor series on a
//! quarter of a turn.

use super::double::Double;
use super::{Binary, Emit, Pair, Predicate, Value};

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

/// A function of r as leading + r² (second + r² (…)), the first two coefficients to twice the places.
struct Series {
    leading: (Pair, Pair),
    second: (Pair, Pair),
    rest: (&'static [f32], &'static [f64]),
}

/// sin πr / r.
const QUARTER_SINE: Series = Series {
    leading: PI,
    second: ((-5.167_712_7, -5.167_712_780_049_97), (-9.160_392e-8, 2.266_562_282_578_944_7e-16)),
    rest: (
        &[2.550_164, -0.599_264_5, 0.082_145_885, -0.007_370_431],
        &[
            2.550_164_039_877_345_5,
            -0.599_264_529_320_792_1,
            0.082_145_886_611_128_23,
            -0.007_370_430_945_714_350_4,
            0.000_466_302_805_767_612_55,
            -2.191_535_344_783_021_7e-5,
            7.952_054_001_475_513e-7,
            -2.294_842_899_726_987_3e-8,
        ],
    ),
};

/// cos πr.
const QUARTER_COSINE: Series = Series {
    leading: ((1.0, 1.0), (0.0, 0.0)),
    second: ((-4.934_802, -4.934_802_200_544_679), (-1.451_858e-7, -3.132_647_754_369_855_7e-16)),
    rest: (
        &[4.058_712, -1.335_262_8, 0.235_330_63, -0.025_806_89],
        &[
            4.058_712_126_416_768_5,
            -1.335_262_768_854_589_5,
            0.235_330_630_358_893_2,
            -0.025_806_891_390_014_06,
            0.001_929_574_309_403_923,
            -0.000_104_638_104_924_845_7,
            4.303_069_587_032_947e-6,
            -1.387_895_246_221_377e-7,
        ],
    ),
};

impl Series {
    fn of(&self, e: &mut Emit, square: Double) -> Double {
        let (leading, second) = (e.double_constant(self.leading), e.double_constant(self.second));
        let rest = e.horner(self.rest, square.hi);
        let rest = e.mul(rest, square.hi);
        let inner = e.ordered_sum(second.hi, rest);
        let inner = Double { hi: inner.hi, lo: e.add(inner.lo, second.lo) };
        let product = e.double_product(square, inner);
        let sum = e.ordered_sum(leading.hi, product.hi);
        let low = e.add(product.lo, leading.lo);
        Double { hi: sum.hi, lo: e.add(sum.lo, low) }
    }
}

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
        let places = u64::from(e.scalar.bits() - 1);
        let sign = e.with_bits(Binary::Shl, self.parity, places);
        let sign = e.of_bits(sign);
        let sine = sine(e, self.rest);
        e.double_flipped_with(sine, sign)
    }

    /// cot πx, to nearly twice the places of the scalar.
    pub(super) fn cotangent(&self, e: &mut Emit) -> Double {
        let (quarter, half) = (e.exact(0.25), e.exact(0.5));
        let magnitude = e.abs(self.rest);
        let is_far = e.compare(Predicate::Gt, magnitude, quarter);
        let complement = e.sub(half, magnitude);
        let near = e.select(is_far, complement, magnitude);
        let square = e.two_product(near, near);
        let sine = QUARTER_SINE.of(e, square);
        let sine = e.times(sine, near);
        let cosine = QUARTER_COSINE.of(e, square);
        // Of what is left of half a turn, sine and cosine change places.
        let (numerator, denominator) = (e.choose(is_far, sine, cosine), e.choose(is_far, cosine, sine));
        let numerator = e.double_flipped_with(numerator, self.rest);
        e.quotient(numerator, denominator)
    }
}

/// sin πr for |r| <= 1/2, to a few bits more than the scalar has.
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
