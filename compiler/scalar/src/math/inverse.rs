//! arcsin, arccos, arctan and the angle of a point.
//!
//! Each is a polynomial in z = s² for |s| <= 1/2, with s the argument, the root of (1-|x|)/2 or a quotient by
//! one division, which the half-angle formula and the addition theorem bring into that range (FDLIBM's
//! `e_asin.c` and `s_atan.c`, Sun Microsystems, 1993, use the same reductions). The polynomials are minimax
//! fits of our own.

use super::{Emit, Pair, Predicate, Value};

/// 0, π/4, π/2, 3π/4 and π in two parts.
const PI_4: (Pair, Pair) = (
    (std::f32::consts::FRAC_PI_4, std::f64::consts::FRAC_PI_4),
    (-2.185_569_4e-8, 3.061_616_997_868_383e-17),
);
const PI_2: (Pair, Pair) =
    ((std::f32::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2), (-4.371_139e-8, 6.123_233_995_736_766e-17));
const ZERO: (Pair, Pair) = ((0.0, 0.0), (0.0, 0.0));
const THREE_PI_4: (Pair, Pair) =
    ((2.356_194_5, 2.356_194_490_192_345), (-5.962_440_3e-09, 9.184_850_993_605_148e-17));
const PI: (Pair, Pair) =
    ((std::f32::consts::PI, std::f64::consts::PI), (-8.742_278e-8, 1.224_646_799_147_353_2e-16));
/// (arcsin s - s)/s³, relative to arcsin(s) within 4.9e-9 and 1.5e-17.
const ARCSIN: (&[f32], &[f64]) = (
    &[0.166_667_52, 0.074_953_11, 0.045_468_78, 0.024_187_297, 0.042_153_146],
    &[
        0.166_666_666_666_654_08,
        0.075_000_000_003_370_45,
        0.044_642_856_828_387_06,
        0.030_381_959_131_842_61,
        0.022_371_758_219_019_853,
        0.017_359_701_743_832_417,
        0.013_885_268_558_422_178,
        0.012_168_979_465_967_733,
        0.006_529_023_837_270_957_5,
        0.019_525_313_303_289_715,
        -0.016_219_536_180_017_903,
        0.031_909_001_400_248_42,
    ],
);
/// (s - arctan s)/s³, relative to arctan(s) within 5.4e-9 and 4.1e-18.
const ARCTAN: (&[f32], &[f64]) = (
    &[0.333_332_33, -0.199_941_81, 0.141_745_09, -0.101_577_885, 0.051_291_503],
    &[
        0.333_333_333_333_329_8,
        -0.199_999_999_999_030_65,
        0.142_857_142_763_813_64,
        -0.111_111_106_594_365_28,
        0.090_908_962_397_378_61,
        -0.076_920_738_349_974_88,
        0.066_638_098_365_155_43,
        -0.058_582_937_334_979_82,
        0.051_219_832_467_006_676,
        -0.041_864_425_166_589_2,
        0.027_433_981_327_000_034,
        -0.010_116_186_551_990_25,
    ],
);

/// s with what arcsin adds to it, for an argument s or, from 1/2 on, for s the sine of half the angle to 1.
struct HalfSine {
    is_large: Value,
    s: Value,
    /// arcsin(s) - s.
    rest: Value,
}

impl HalfSine {
    /// `small` has the magnitude of x.
    fn of(e: &mut Emit, magnitude: Value, small: Value) -> HalfSine {
        let (half, minus_half) = (e.exact(0.5), e.exact(-0.5));
        let is_large = e.compare(Predicate::Gt, magnitude, half);
        let square = e.mul(magnitude, magnitude);
        // The square of the sine of half the angle; NaN results from a magnitude above 1.
        let half_angle = e.fma(magnitude, minus_half, half);
        let root = e.sqrt(half_angle);
        let z = e.select(is_large, half_angle, square);
        let s = e.select(is_large, root, small);
        let polynomial = e.horner(ARCSIN, z);
        let cube = e.mul(s, z);
        HalfSine { is_large, s, rest: e.mul(cube, polynomial) }
    }
}

/// arcsin x, within 1.5 ULP.
pub(super) fn build_arcsin(e: &mut Emit, x: Value) -> Value {
    let magnitude = e.abs(x);
    let HalfSine { is_large, s, rest } = HalfSine::of(e, magnitude, magnitude);
    let small = e.add(s, rest);
    // π/2 - 2 arcsin(s), by way of π/4 - 2s, which is exact where it matters.
    let (high, low) = (e.constant(PI_4.0), e.constant(PI_2.1));
    let (twice, twice_rest) = (e.add(s, s), e.add(rest, rest));
    let upper = e.sub(high, twice);
    let lower = e.sub(twice_rest, low);
    let large = e.sub(lower, upper);
    let large = e.sub(high, large);
    let result = e.select(is_large, large, small);
    e.with_sign_of(result, x)
}

/// arccos x, within 1.3 ULP.
pub(super) fn build_arccos(e: &mut Emit, x: Value) -> Value {
    let magnitude = e.abs(x);
    let HalfSine { is_large, s, rest } = HalfSine::of(e, magnitude, x);
    // π/2 - arcsin(s), 2 arcsin(s) or π - 2 arcsin(s).
    let zero = e.exact(0.0);
    let is_negative = e.compare(Predicate::Lt, x, zero);
    let mut pick = |small: Pair, positive: Pair, negative: Pair| {
        let [small, positive, negative] = [small, positive, negative].map(|c| e.constant(c));
        let large = e.select(is_negative, negative, positive);
        e.select(is_large, large, small)
    };
    let factor = pick((1.0, 1.0), (-2.0, -2.0), (2.0, 2.0));
    let high = pick(PI_2.0, (0.0, 0.0), PI.0);
    let low = pick(PI_2.1, (0.0, 0.0), PI.1);
    let minus_low = e.neg(low);
    let lower = e.fma(rest, factor, minus_low);
    let lower = e.fma(s, factor, lower);
    e.sub(high, lower)
}

/// Angles to start from and the tangent of what is to be added.
struct Start {
    /// In two parts.
    angle: (Value, Value),
    tangent: Value,
}

impl Start {
    /// 0, π/4 or π/2, each in two parts, with the tangent's dividend and divisor.
    fn pick(
        e: &mut Emit,
        from: [Value; 2],
        angles: [(Value, Value); 3],
        fractions: [(Value, Value); 3],
    ) -> Start {
        let mut pick = |[zero, quarter, half]: [Value; 3]| {
            let other = e.select(from[0], quarter, zero);
            e.select(from[1], half, other)
        };
        let angle = (pick(angles.map(|a| a.0)), pick(angles.map(|a| a.1)));
        let (top, bottom) = (pick(fractions.map(|f| f.0)), pick(fractions.map(|f| f.1)));
        Start { angle, tangent: e.div(top, bottom) }
    }

    /// The sum, for a tangent between -1/2 and 1/2.
    fn angle(&self, e: &mut Emit) -> Value {
        let tangent = self.tangent;
        let z = e.mul(tangent, tangent);
        let polynomial = e.horner(ARCTAN, z);
        let cube = e.mul(tangent, z);
        let minus_low = e.neg(self.angle.1);
        let rest = e.fma(cube, polynomial, minus_low);
        let rest = e.sub(tangent, rest);
        e.add(self.angle.0, rest)
    }
}

fn parts(e: &mut Emit, angle: (Pair, Pair)) -> (Value, Value) {
    (e.constant(angle.0), e.constant(angle.1))
}

/// arctan x, within 1.5 ULP.
pub(super) fn build_arctan(e: &mut Emit, x: Value) -> Value {
    let a = e.abs(x);
    let (half, one, two, minus_one) = (e.exact(0.5), e.exact(1.0), e.exact(2.0), e.exact(-1.0));
    let from = [half, two].map(|limit| e.compare(Predicate::Gt, a, limit));
    let angles = [ZERO, PI_4, PI_2].map(|angle| parts(e, angle));
    let fractions = [(a, one), (e.sub(a, one), e.add(a, one)), (minus_one, a)];
    let angle = Start::pick(e, from, angles, fractions).angle(e);
    e.with_sign_of(angle, x)
}

/// The angle of the point (x, y), within 1.6 ULP; zeros and infinities as in C99, F.9.1.4.
pub(super) fn build_arctan2(e: &mut Emit, y: Value, x: Value) -> Value {
    let (a, b) = (e.abs(y), e.abs(x));
    let sum = e.add(a, b);
    // A quarter of both where the sum would leave the range; the origin counts as (1, 0).
    let (zero, one, quarter) = (e.exact(0.0), e.exact(1.0), e.exact(0.25));
    let limit = e.constant((f32::MAX, f64::MAX));
    let is_huge = e.compare(Predicate::Gt, sum, limit);
    let is_origin = e.compare(Predicate::Eq, sum, zero);
    let scale = e.select(is_huge, quarter, one);
    let (a, b) = (e.mul(a, scale), e.mul(b, scale));
    let b = e.select(is_origin, one, b);
    let (twice_a, twice_b) = (e.add(a, a), e.add(b, b));
    let from = [e.compare(Predicate::Ge, twice_a, b), e.compare(Predicate::Gt, a, twice_b)];
    // Infinities of both, whose difference is NaN, count as equal.
    let is_equal = e.compare(Predicate::Eq, a, b);
    let difference = e.sub(a, b);
    let difference = e.select(is_equal, zero, difference);
    let fractions = [(a, b), (difference, e.add(a, b)), (e.neg(b), a)];
    // On the left side the other way round.
    let sign = e.with_sign_of(one, x);
    let is_left = e.compare(Predicate::Lt, sign, zero);
    let mut either = |right, left| {
        let (right, left) = (parts(e, right), parts(e, left));
        (e.select(is_left, left.0, right.0), e.select(is_left, left.1, right.1))
    };
    let angles = [either(ZERO, PI), either(PI_4, THREE_PI_4), either(PI_2, PI_2)];
    let start = Start::pick(e, from, angles, fractions);
    let tangent = e.flipped_with(start.tangent, x);
    let angle = Start { tangent, ..start }.angle(e);
    e.with_sign_of(angle, y)
}
