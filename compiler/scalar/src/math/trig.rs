//! sin, cos and tan over the whole range.
//!
//! An `F32` argument is reduced by multiples of π and evaluated in `F64`, where no rounding is felt; an `F64`
//! argument is reduced by multiples of π/2 to a sum of two numbers (Cody and Waite, "Software Manual for the
//! Elementary Functions", 1980, chapter 8, with parts of π/2 chosen for fused operations). Beyond where that
//! is exact, [`huge`](super::huge) takes over, behind [`Inst::Rarely`](crate::Inst::Rarely).

use super::double::Double;
use super::huge::{build_single_turns, build_turns};
use super::{Binary, Emit, Predicate, ScalarType, Value};

/// π and π/2 in two parts, for `F32` arguments up to 2^30: the product with the first leaves an exact
/// difference.
const PI: [f64; 2] = [std::f64::consts::PI, 1.224_646_799_147_353_2e-16];
const PI_2: [f64; 2] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17];
/// π/2 in three parts, the second with 33 bits, so that its products with |n| < 2^20 are exact.
const PI_2_LONG: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_384_61e-17, 3.521_559_865_183_2e-27];
/// Up to here the reductions above are good enough.
const SINGLE_LIMIT: f32 = 1_073_741_824.0;
const DOUBLE_LIMIT: f64 = 1_048_576.0;

/// sin(r)/r for |r| <= π/2 in z = r², within 6.2e-9.
const SINGLE_SIN_WIDE: &[f64] = &[
    1.0,
    -0.166_666_596_074_610_43,
    0.008_333_067_636_260_143,
    -0.000_198_097_010_203_433_18,
    2.605_990_270_166_139e-6,
];
/// sin(r)/r and cos(r) for |r| <= π/4 in z = r², within 4.0e-9 and 6.5e-11.
const SINGLE_SIN: &[f64] =
    &[1.0, -0.166_666_546_959_609_45, 0.008_332_166_407_521_635, -0.000_195_160_192_258_791_62];
const SINGLE_COS: &[f64] = &[
    1.0,
    -0.499_999_996_968_315_43,
    0.041_666_620_580_898_87,
    -0.001_388_668_784_339_931_6,
    2.438_408_915_212_775e-5,
];
/// (r - sin r)/r³ for |r| <= π/4 in z = r², relative to sin(r) within 3.8e-18.
const SIN: &[f64] = &[
    0.166_666_666_666_666_3,
    -0.008_333_333_333_321_924,
    0.000_198_412_698_294_643_4,
    -2.755_731_358_461_632_3e-6,
    2.505_074_272_966_330_5e-8,
    -1.589_596_953_437_919e-10,
];
/// (cos r - 1 + r²/2)/r⁴ for |r| <= π/4 in z = r², relative to cos(r) within 6.0e-20.
const COS: &[f64] = &[
    0.041_666_666_666_666_595,
    -0.001_388_888_888_887_335_7,
    2.480_158_728_901_801e-5,
    -2.755_731_422_306_546_3e-7,
    2.087_570_637_178_460_5e-9,
    -1.135_880_649_140_446_5e-11,
];

/// sin x, within 0.7 ULP (`F32`) and 1 ULP (`F64`).
pub(super) fn build_sin(e: &mut Emit, x: Value) -> Value {
    if let ScalarType::F32 = e.scalar {
        single(e, x, |e, x| x.sin(e, false))
    } else {
        Reduced::of(e, x).sin(e, 0)
    }
}

/// cos x, within 0.7 ULP (`F32`) and 1 ULP (`F64`).
pub(super) fn build_cos(e: &mut Emit, x: Value) -> Value {
    if let ScalarType::F32 = e.scalar {
        single(e, x, |e, x| x.sin(e, true))
    } else {
        Reduced::of(e, x).sin(e, 1)
    }
}

/// tan x, within 0.6 ULP (`F32`) and 1.5 ULP (`F64`).
pub(super) fn build_tan(e: &mut Emit, x: Value) -> Value {
    if let ScalarType::F32 = e.scalar { single(e, x, |e, x| x.tan(e)) } else { Reduced::of(e, x).tan(e) }
}

/// sin x and cos x for an `F64` argument of twice the places, to about 3 bits more than the scalar; what is
/// beyond the scalar counts up to 2^-9, where it is not noise beside whole turns.
pub(super) fn double_sin_cos(e: &mut Emit, x: Double) -> (Double, Double) {
    let (zero, limit) = (e.exact(0.0), e.double(2f64.powi(-9)));
    let magnitude = e.abs(x.lo);
    let counts = e.compare(Predicate::Lt, magnitude, limit);
    let low = e.select(counts, x.lo, zero);
    let Reduced { r, low: excess, n } = Reduced::of(e, x.hi);
    let r = e.two_sum(r, low);
    let ([sin, sin_below], [cos, cos_below]) =
        Reduced { r: r.hi, low: e.sub(excess, r.lo), n }.sin_and_cos(e);
    let sin = Double { hi: sin, lo: e.neg(sin_below) };
    let cos = Double { hi: cos, lo: e.neg(cos_below) };
    // A quarter of a turn makes sine and cosine of cosine and minus sine.
    let odd = is_odd(e, n);
    let next = e.with_bits(Binary::Add, n, 1);
    let [sin, cos] = [(cos, sin, n), (sin, cos, next)].map(|(turned, own, n)| {
        let value = e.choose(odd, turned, own);
        Double { hi: flip_sign(e, value.hi, n, 1), lo: flip_sign(e, value.lo, n, 1) }
    });
    (sin, cos)
}

/// Flips the sign where the bit `bit` of an integer is set.
fn flip_sign(e: &mut Emit, value: Value, integer: Value, bit: u64) -> Value {
    let sign = e.with_bits(Binary::And, integer, 1 << bit);
    let sign = e.with_bits(Binary::Shl, sign, 63 - bit);
    let bits = e.bits_of(value);
    let bits = e.b.binary(Binary::Xor, bits, sign);
    e.of_bits(bits)
}

fn is_odd(e: &mut Emit, integer: Value) -> Value {
    let (lowest, zero) = (e.with_bits(Binary::And, integer, 1), e.bits(0));
    e.compare(Predicate::Ne, lowest, zero)
}

/// An `F32` argument, widened.
struct Single {
    x: Value,
    is_huge: Value,
}

/// Evaluates a function of an `F32` argument in `F64`.
fn single(e: &mut Emit, x: Value, build: impl FnOnce(&mut Emit, &Single) -> Value) -> Value {
    let magnitude = e.abs(x);
    let limit = e.exact(SINGLE_LIMIT);
    let is_huge = e.compare(Predicate::Gt, magnitude, limit);
    let x = e.b.convert(x, ScalarType::F64);
    let result = build(&mut Emit::new(e.b, x), &Single { x, is_huge });
    e.b.convert(result, ScalarType::F32)
}

impl Single {
    /// The remainder of least magnitude by `unit`, and the bits of the multiple; `between` is for odd
    /// multiples of unit/2, the bits are then those of the multiple of the unit below.
    fn reduce(&self, e: &mut Emit, unit: [f64; 2], between: bool) -> (Value, Value) {
        let (magic, factor) = (e.magic(), e.double(unit[0].recip()));
        let (sum, m) = if between {
            let (half, minus_half) = (e.exact(0.5), e.exact(-0.5));
            let sum = e.fma(self.x, factor, minus_half);
            let sum = e.add(sum, magic);
            let n = e.sub(sum, magic);
            (sum, e.add(n, half))
        } else {
            let sum = e.fma(self.x, factor, magic);
            (sum, e.sub(sum, magic))
        };
        let (high, low) = (e.double(unit[0]), e.double(unit[1]));
        let r = e.fnma(m, high, self.x);
        let r = e.fnma(m, low, r);
        let (huge_r, huge_sum) = build_single_turns(e, self.x, unit[0], between);
        let r = e.b.rarely(self.is_huge, huge_r, r);
        let sum = e.b.rarely(self.is_huge, huge_sum, sum);
        (r, e.bits_of(sum))
    }

    /// sin x; or cos x, which is minus the sine of what lies beyond an odd multiple of π/2.
    fn sin(&self, e: &mut Emit, cosine: bool) -> Value {
        let (r, n) = self.reduce(e, PI, cosine);
        let z = e.mul(r, r);
        let quotient = e.horner((&[], SINGLE_SIN_WIDE), z);
        let sin = e.mul(r, quotient);
        let n = if cosine { e.with_bits(Binary::Add, n, 1) } else { n };
        flip_sign(e, sin, n, 0)
    }

    fn tan(&self, e: &mut Emit) -> Value {
        let (r, n) = self.reduce(e, PI_2, false);
        let z = e.mul(r, r);
        let sin = e.horner((&[], SINGLE_SIN), z);
        let sin = e.mul(r, sin);
        let cos = e.horner((&[], SINGLE_COS), z);
        // The tangent of r + π/2 is -cos r / sin r.
        let odd = is_odd(e, n);
        let (top, bottom) = (e.select(odd, cos, sin), e.select(odd, sin, cos));
        let tan = e.div(top, bottom);
        flip_sign(e, tan, n, 0)
    }
}

/// An `F64` argument as nπ/2 + r - low.
struct Reduced {
    r: Value,
    low: Value,
    /// An integer with the low bits of n.
    n: Value,
}

impl Reduced {
    fn of(e: &mut Emit, x: Value) -> Reduced {
        let magnitude = e.abs(x);
        let limit = e.double(DOUBLE_LIMIT);
        let is_huge = e.compare(Predicate::Gt, magnitude, limit);
        let (magic, factor) = (e.magic(), e.double(std::f64::consts::FRAC_2_PI));
        let [first, second, third] = PI_2_LONG.map(|part| e.double(part));
        let sum = e.fma(x, factor, magic);
        let n = e.sub(sum, magic);
        let upper = e.fnma(n, first, x);
        let r = e.fnma(n, second, upper);
        // The opposite of what is missing: so a zero keeps its sign through all that follows.
        let low = e.sub(r, upper);
        let low = e.fma(n, second, low);
        let low = e.fma(n, third, low);
        let huge = build_turns(e, x);
        let r = e.b.rarely(is_huge, huge.r, r);
        let low = e.b.rarely(is_huge, huge.low, low);
        let sum = e.b.rarely(is_huge, huge.sum, sum);
        Reduced { r, low, n: e.bits_of(sum) }
    }

    /// sin(r - low) and cos(r - low), each with what is to be subtracted from it.
    fn sin_and_cos(&self, e: &mut Emit) -> ([Value; 2], [Value; 2]) {
        let (r, low) = (self.r, self.low);
        let z = e.mul(r, r);
        let (half, one) = (e.exact(0.5), e.exact(1.0));
        let sin = e.horner((&[], SIN), z);
        let cube = e.mul(r, z);
        let sin_below = e.fma(cube, sin, low);
        // r²/2 enters without having been rounded.
        let cos = e.horner((&[], COS), z);
        let fourth = e.mul(z, z);
        let lost = e.mul(r, low);
        let above = e.fma(fourth, cos, lost);
        let half_r = e.mul(r, half);
        let minus = e.neg(above);
        let cos_below = e.fma(half_r, r, minus);
        ([r, sin_below], [one, cos_below])
    }

    /// The sine of the argument and so many times π/2.
    fn sin(&self, e: &mut Emit, quadrants: u64) -> Value {
        let (sin, cos) = self.sin_and_cos(e);
        let (sin, cos) = (e.sub(sin[0], sin[1]), e.sub(cos[0], cos[1]));
        let n = if quadrants == 0 { self.n } else { e.with_bits(Binary::Add, self.n, quadrants) };
        let odd = is_odd(e, n);
        let value = e.select(odd, cos, sin);
        flip_sign(e, value, n, 1)
    }

    /// The quotient of sine and cosine, with a Newton step for what rounding took from all three.
    fn tan(&self, e: &mut Emit) -> Value {
        let (sin, cos) = self.sin_and_cos(e);
        let odd = is_odd(e, self.n);
        // The tangent of r + π/2 is -cos r / sin r.
        let [top, top_below] = std::array::from_fn(|i| e.select(odd, cos[i], sin[i]));
        let [bottom, bottom_below] = std::array::from_fn(|i| e.select(odd, sin[i], cos[i]));
        let one = e.exact(1.0);
        let (high, divisor) = (e.sub(top, top_below), e.sub(bottom, bottom_below));
        let low = e.sub(top, high);
        let low = e.sub(low, top_below);
        let divisor_low = e.sub(bottom, divisor);
        let divisor_low = e.sub(divisor_low, bottom_below);
        let inverse = e.div(one, divisor);
        let tan = e.mul(high, inverse);
        // What is too much: so a zero keeps its sign.
        let minus_high = e.neg(high);
        let excess = e.fma(tan, divisor, minus_high);
        let excess = e.fma(tan, divisor_low, excess);
        let excess = e.sub(excess, low);
        let tan = e.fnma(excess, inverse, tan);
        flip_sign(e, tan, self.n, 0)
    }
}
