//! The logarithm of a complex number to twice the places of an `F64` scalar, as complex powers need it.
//!
//! Both parts are series in a double: log |z|² = n log 2 + 2 artanh(f/(2+f)) with |z|² = 2^n (1 + f), and the
//! angle of z is that of the nearest point (1, k/4) plus the arctangent of a quotient. In f, squares and
//! |z|² - 1 = (|x|+1)(|x|-1) + y² are exact but for the last of the sums, so errors stay below 2^-100 of
//! |log z|, near 1 too. What matters to a series behind its first terms is a polynomial in the scalar itself,
//! interpolated at Chebyshev's points.

use super::double::Double;
use super::log::Split;
use super::{Binary, Emit, Predicate, Value};

/// log 2 in three parts, the first with enough trailing zeros for its products with |n| < 2^21 to be exact.
const LN_2: [f64; 3] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10, 1.161_222_722_936_253_2e-26];
const PI: [f64; 2] = [std::f64::consts::PI, 1.224_646_799_147_353_2e-16];
const PI_2: [f64; 2] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17];
/// 1/(2k+1) for k < 9: the first coefficients of artanh(s)/s in s²; signs alternate for the arctangent.
const ODD_INVERSES: [[f64; 2]; 9] = [
    [1.0, 0.0],
    [0.333_333_333_333_333_3, 1.850_371_707_708_594e-17],
    [0.2, -1.110_223_024_625_156_6e-17],
    [0.142_857_142_857_142_85, 7.930_164_461_608_26e-18],
    [0.111_111_111_111_111_1, 6.167_905_692_361_98e-18],
    [0.090_909_090_909_090_91, -2.523_234_146_875_356e-18],
    [0.076_923_076_923_076_93, -4.270_088_556_250_602e-18],
    [0.066_666_666_666_666_67, 9.251_858_538_542_971e-19],
    [0.058_823_529_411_764_705, 8.163_404_592_832_033e-19],
];
/// (artanh(s)/s - Σ s^2k/(2k+1) for k < 9)/s^18 in s², for |s| <= (sqrt(2)-1)/(sqrt(2)+1); within 2^-103 of
/// artanh(s)/s.
const ARTANH: [f64; 8] = [
    0.052_631_578_947_368_42,
    0.047_619_047_619_050_01,
    0.043_478_260_867_859_61,
    0.040_000_000_462_480_12,
    0.037_036_975_545_115_12,
    0.034_487_188_074_361_17,
    0.032_082_108_369_856_75,
    0.033_902_139_438_398_926,
];
/// (arctan(t)/t - Σ (-t²)^k/(2k+1) for k < 8)/t^16 in t², for |t| <= 1/8; within 2^-107 of arctan(t)/t.
const ARCTAN: [f64; 7] = [
    0.058_823_529_411_764_705,
    -0.052_631_578_947_363_08,
    0.047_619_047_613_575_94,
    -0.043_478_258_765_435_22,
    0.039_999_614_246_649_84,
    -0.037_000_654_449_097_09,
    0.032_772_173_772_441_4,
];
/// k/4 and its arctangent.
const STARTS: [(f64, [f64; 2]); 5] = [
    (0.0, [0.0, 0.0]),
    (0.25, [0.244_978_663_126_864_14, 1.069_875_561_873_445_1e-17]),
    (0.5, [0.463_647_609_000_806_1, 2.269_877_745_296_168_7e-17]),
    (0.75, [0.643_501_108_793_284_4, 1.583_478_505_144_428_6e-17]),
    (1.0, [std::f64::consts::FRAC_PI_4, 3.061_616_997_868_383e-17]),
];

/// log z.
pub(super) struct ComplexLog {
    /// log |z|; not finite at zero, infinity and NaN.
    pub(super) length: Double,
    /// Between -π and π, as [`arctan2`](super::inverse) has it.
    pub(super) angle: Double,
}

impl ComplexLog {
    pub(super) fn of(e: &mut Emit, z: [Value; 2]) -> ComplexLog {
        let scaled = Scaled::of(e, z);
        let (length, angle) = (scaled.log(e), scaled.angle(e));
        let (infinity, nan) = (e.exact(f32::INFINITY), e.exact(f32::NAN));
        let minus = e.neg(infinity);
        let end = e.select(scaled.is_zero, minus, infinity);
        let hi = e.select(scaled.is_end, end, length.hi);
        let [re_is_nan, im_is_nan] = z.map(|part| e.compare(Predicate::Ne, part, part));
        let is_nan = e.b.binary(Binary::Or, re_is_nan, im_is_nan);
        let length = Double { hi: e.select(is_nan, nan, hi), ..length };
        // On the left side the other way round, and below with the sign changed.
        let half_turn = e.double_of(PI);
        let sign = e.bits_of(z[0]);
        let sign = e.with_bits(Binary::Shr, sign, 63);
        let none = e.bits(0);
        let is_left = e.compare(Predicate::Ne, sign, none);
        let opposite = e.opposite(angle);
        let left = e.ordered_double_sum(half_turn, opposite);
        let angle = e.choose(is_left, left, angle);
        let angle = Double { hi: e.select(is_nan, nan, angle.hi), ..angle };
        ComplexLog { length, angle: e.double_flipped_with(angle, z[1]) }
    }
}

/// The magnitudes of the parts, the greater and the less, divided by 2^n.
struct Scaled {
    is_zero: Value,
    /// Whether it is zero or infinite, and stands for a number of the same angle.
    is_end: Value,
    /// Whether the real part is the less.
    is_steep: Value,
    n: Value,
    /// The greater, between sqrt(1/2) and sqrt(2), less 1.
    f: Value,
    great: Value,
    less: Value,
}

impl Scaled {
    fn of(e: &mut Emit, z: [Value; 2]) -> Scaled {
        let (zero, one, infinity) = (e.exact(0.0), e.exact(1.0), e.exact(f32::INFINITY));
        let [re, im] = z.map(|part| e.abs(part));
        let is_steep = e.compare(Predicate::Lt, re, im);
        let (great, less) = (e.select(is_steep, im, re), e.select(is_steep, re, im));
        let is_zero = e.compare(Predicate::Eq, great, zero);
        let [is_infinite, both] = [great, less].map(|v| e.compare(Predicate::Eq, v, infinity));
        let is_end = e.b.binary(Binary::Or, is_zero, is_infinite);
        let end = e.select(both, one, zero);
        let (great, less) = (e.select(is_end, one, great), e.select(is_end, end, less));
        // To where powers of two and their inverses are normal numbers.
        let (upper, lower) = (e.double(2f64.powi(500)), e.double(2f64.powi(-400)));
        let is_huge = e.compare(Predicate::Gt, great, upper);
        let is_tiny = e.compare(Predicate::Lt, great, lower);
        let mut pick = |[huge, tiny, other]: [f64; 3]| {
            let [huge, tiny, other] = [huge, tiny, other].map(|value| e.double(value));
            let rest = e.select(is_tiny, tiny, other);
            e.select(is_huge, huge, rest)
        };
        let factor = pick([2f64.powi(-600), 2f64.powi(600), 1.0]);
        let shift = pick([600.0, -600.0, 0.0]);
        let (great, less) = (e.mul(great, factor), e.mul(less, factor));
        let split = Split::of(e, great);
        let half = e.exact(0.5);
        let inverse = e.mul(split.twice_inverse, half);
        let (n, less) = (e.add(split.n, shift), e.mul(less, inverse));
        Scaled { is_zero, is_end, is_steep, n, f: split.f, great: e.add(split.f, one), less }
    }

    /// The logarithm of the length.
    fn log(&self, e: &mut Emit) -> Double {
        let (half, one, two) = (e.exact(0.5), e.exact(1.0), e.exact(2.0));
        // Its square less 1.
        let above = e.ordered_sum(one, self.great);
        let above = e.times(above, self.f);
        let square = e.two_product(self.less, self.less);
        let excess = e.double_sum(above, square);
        // 2^m (1 + f).
        let near = e.add(excess.hi, one);
        let split = Split::of(e, near);
        let inverse = e.mul(split.twice_inverse, half);
        let offset = e.sub(inverse, one);
        let (hi, lo) = (e.mul(excess.hi, inverse), e.mul(excess.lo, inverse));
        let sum = e.two_sum(offset, hi);
        let f = Double { hi: sum.hi, lo: e.add(sum.lo, lo) };
        let divisor = e.ordered_sum(two, f.hi);
        let divisor = Double { hi: divisor.hi, lo: e.add(divisor.lo, f.lo) };
        let s = e.quotient(f, divisor);
        let z = e.double_product(s, s);
        let rest = e.horner((&[], &ARTANH), z.hi);
        let series = e.double_horner(&ODD_INVERSES, rest, z);
        let fraction = e.double_product(s, series);
        // Half of the exponent, as half of the logarithm.
        let n = e.fma(split.n, half, self.n);
        let [first, second, third] = LN_2.map(|part| e.double(part));
        let first = e.mul(n, first);
        let second = e.two_product(n, second);
        let sum = e.ordered_double_sum(Double { hi: first, lo: second.hi }, fraction);
        let lo = e.add(sum.lo, second.lo);
        Double { hi: sum.hi, lo: e.fma(n, third, lo) }
    }

    /// The angle from the positive real axis, or from the negative one.
    fn angle(&self, e: &mut Emit) -> Double {
        let (zero, half_turn) = (e.exact(0.0), e.double_of(PI_2));
        let (mut start, [mut hi, mut lo]) = (zero, [zero, zero]);
        for (k, (next, angle)) in (1u8..).zip(&STARTS[1..]) {
            let limit = e.double((f64::from(k) - 0.5) / 4.0);
            let limit = e.mul(self.great, limit);
            let is_beyond = e.compare(Predicate::Gt, self.less, limit);
            let [next, next_hi, next_lo] = [*next, angle[0], angle[1]].map(|value| e.double(value));
            start = e.select(is_beyond, next, start);
            (hi, lo) = (e.select(is_beyond, next_hi, hi), e.select(is_beyond, next_lo, lo));
        }
        let (opposite, adjacent) = (e.two_product(start, self.great), e.two_product(start, self.less));
        let opposite = e.opposite(opposite);
        let top = e.two_sum(self.less, opposite.hi);
        let top = Double { hi: top.hi, lo: e.add(top.lo, opposite.lo) };
        let bottom = e.ordered_plus(self.great, adjacent);
        let t = e.quotient(top, bottom);
        let square = e.double_product(t, t);
        let rest = e.horner((&[], &ARCTAN), square.hi);
        let mut coefficients = ODD_INVERSES;
        coefficients.iter_mut().skip(1).step_by(2).for_each(|c| *c = c.map(|part| -part));
        let series = e.double_horner(&coefficients[..8], rest, square);
        let more = e.double_product(t, series);
        let angle = e.ordered_double_sum(Double { hi, lo }, more);
        let minus = e.opposite(angle);
        let steep = e.ordered_double_sum(half_turn, minus);
        e.choose(self.is_steep, steep, angle)
    }
}

impl Emit<'_> {
    /// A constant of `F64` values given by its parts.
    fn double_of(&mut self, [hi, lo]: [f64; 2]) -> Double {
        Double { hi: self.double(hi), lo: self.double(lo) }
    }

    /// c0 + x (c1 + x (c2 + ... + x rest)).
    fn double_horner(&mut self, coefficients: &[[f64; 2]], rest: Value, x: Double) -> Double {
        let zero = self.exact(0.0);
        coefficients.iter().rev().fold(Double { hi: rest, lo: zero }, |sum, c| {
            let product = self.double_product(x, sum);
            let c = self.double_of(*c);
            let sum = self.ordered_plus(c.hi, product);
            Double { hi: sum.hi, lo: self.add(sum.lo, c.lo) }
        })
    }
}
