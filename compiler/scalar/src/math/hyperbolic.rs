//! The hyperbolic functions and their inverses.

use super::exp::{Power, Reduced};
use super::log::OnePlus;
use super::{Binary, Emit, Pair, Predicate, Value};

/// (sinh r - r)/r³ and (cosh r - 1)/r² for |r| <= ln(2)/2 in z = r², relative to sinh(r) and 1 within 5.3e-11
/// and 1.1e-10 (`F32`), 2.8e-19 and 8.6e-22 (`F64`).
const SINH: (&[f32], &[f64]) = (
    &[0.166_666_67, 0.008_333_191, 0.000_199_593_11],
    &[
        0.166_666_666_666_666_77,
        0.008_333_333_333_321_447,
        0.000_198_412_698_865_446_06,
        2.755_724_382_131_320_5e-6,
        2.510_916_377_359_796_6e-8,
    ],
);
const COSH: (&[f32], &[f64]) = (
    &[0.5, 0.041_666_456, 0.001_393_576_6],
    &[
        0.5,
        0.041_666_666_666_666_685,
        0.001_388_888_888_887_331,
        2.480_158_734_910_38e-5,
        2.755_725_193_865_184_5e-7,
        2.092_172_354_355_154_4e-9,
    ],
);
/// (tanh r - r)/r³ for |r| <= 0.975 in z = r², relative to tanh(r) within 3.4e-9 and 6.1e-18.
const TANH: (&[f32], &[f64]) = (
    &[
        -0.333_333_05,
        0.133_325_49,
        -0.053_894_833,
        0.021_536_993,
        -0.008_030_635,
        0.002_370_726_8,
        -0.000_380_582_5,
    ],
    &[
        -0.333_333_333_333_331_26,
        0.133_333_333_333_106_62,
        -0.053_968_253_959_526_646,
        0.021_869_488_365_301_08,
        -0.008_863_233_530_749_927,
        0.003_592_112_737_258_924,
        -0.001_455_753_416_020_950_5,
        0.000_589_720_186_177_394_9,
        -0.000_238_273_402_100_902_3,
        9.514_099_776_039_69e-05,
        -3.651_800_191_249_801e-05,
        1.268_822_990_097_052_4e-05,
        -3.603_889_454_440_093e-06,
        7.125_575_298_999_739e-07,
        -7.091_817_684_683_836e-08,
    ],
);
/// (artanh s - s)/s³ for |s| <= 0.2728 in z = s², relative to artanh(s) within 5.6e-10 and 7.5e-19.
const ARCTANH: (&[f32], &[f64]) = (
    &[0.333_333_1, 0.200_029_61, 0.141_673_71, 0.129_422_95],
    &[
        0.333_333_333_333_334_6,
        0.199_999_999_999_329_85,
        0.142_857_142_980_331_84,
        0.111_111_100_009_341_06,
        0.090_909_656_001_734_58,
        0.076_905_761_665_098_55,
        0.066_991_493_523_629_4,
        0.055_198_353_477_673_226,
        0.074_273_283_336_655_09,
    ],
);

/// ln(2)/2 in two parts, the first with enough trailing zeros for its products with |n| < 2^8 (`F32`) and
/// 2^11 (`F64`) to be exact.
const HALF_LN_2: (Pair, Pair) =
    ((0.346_572_88, 0.346_573_590_279_945_17), (7.143_034e-7, 2.748_961_509_354_155_6e-14));

/// What sinh and cosh of a = n ln 2 + r >= 0 are sums of: with C = (2^n + 2^-n)/4 and S = (2^n - 2^-n)/4,
/// half of sinh a is S cosh r + C sinh r and half of cosh a is C cosh r + S sinh r.
struct Halves {
    /// S and C.
    sinh_n: Value,
    cosh_n: Value,
    /// What rounding took from them.
    sinh_low: Value,
    cosh_low: Value,
    /// sinh r and cosh r - 1.
    sinh_r: Value,
    cosh_r: Value,
}

impl Halves {
    fn of(e: &mut Emit, x: Value) -> Halves {
        let a = e.abs(x);
        // Beyond this both are infinite.
        let top = e.constant((89.5, 710.5));
        let a = e.at_most(a, top);
        let Reduced { whole, r, .. } = Reduced::of(e, a);
        let up = whole.scale(e, -2);
        // Beyond this the other power is lost.
        let top = e.constant((100.0, 1000.0));
        let down = whole.inverse_scale(e, -2, top);
        let (cosh_n, sinh_n) = (e.add(up, down), e.sub(up, down));
        let cosh_low = e.sub(up, cosh_n);
        let cosh_low = e.add(cosh_low, down);
        let sinh_low = e.sub(up, sinh_n);
        let sinh_low = e.sub(sinh_low, down);
        let z = e.mul(r, r);
        let (sinh, cosh) = (e.horner(SINH, z), e.horner(COSH, z));
        let cube = e.mul(r, z);
        let (sinh_r, cosh_r) = (e.fma(cube, sinh, r), e.mul(z, cosh));
        Halves { sinh_n, cosh_n, sinh_low, cosh_low, sinh_r, cosh_r }
    }
}

/// sinh x, within 1.6 ULP (`F32`) and 1.8 ULP (`F64`).
pub(super) fn build_sinh(e: &mut Emit, x: Value) -> Value {
    let h = Halves::of(e, x);
    let rest = e.fma(h.sinh_n, h.cosh_r, h.sinh_low);
    let rest = e.fma(h.cosh_n, h.sinh_r, rest);
    let half = e.add(h.sinh_n, rest);
    let result = e.add(half, half);
    // Halving a denormal has rounded it.
    let tiny = e.constant((1.2e-4, 7.4e-9));
    let magnitude = e.abs(x);
    let is_tiny = e.compare(Predicate::Lt, magnitude, tiny);
    let result = e.select(is_tiny, magnitude, result);
    e.with_sign_of(result, x)
}

/// cosh x, within 1.3 ULP.
pub(super) fn build_cosh(e: &mut Emit, x: Value) -> Value {
    let h = Halves::of(e, x);
    let rest = e.fma(h.cosh_n, h.cosh_r, h.cosh_low);
    let rest = e.fma(h.sinh_n, h.sinh_r, rest);
    let half = e.add(h.cosh_n, rest);
    e.add(half, half)
}

/// tanh x, within 1 ULP.
///
/// A polynomial near 0; 1 - 2/(1 + e^2|x|) where the quotient is so small that its rounding does not count.
pub(super) fn build_tanh(e: &mut Emit, x: Value) -> Value {
    let a = e.abs(x);
    let z = e.mul(x, x);
    let polynomial = e.horner(TANH, z);
    let cube = e.mul(a, z);
    let small = e.fma(cube, polynomial, a);
    let one = e.exact(1.0);
    let complement = complement(e, a);
    let large = e.sub(one, complement);
    let limit = e.constant((0.975, 0.975));
    let is_small = e.compare(Predicate::Lt, a, limit);
    let result = e.select(is_small, small, large);
    e.with_sign_of(result, x)
}

/// 2/(1 + e^2a) = 1 - tanh a, for a >= 0; a power of two that divides both sides keeps the exponential in the
/// range.
fn complement(e: &mut Emit, a: Value) -> Value {
    // Beyond this the quotient is 0.
    let top = e.constant((106.0, 748.0));
    let (one, two) =
        (e.constant((2f32.powi(-32), 2f64.powi(-64))), e.constant((2f32.powi(-31), 2f64.powi(-63))));
    let twice = e.add(a, a);
    let twice = e.at_most(twice, top);
    let power = Power::of(e, twice);
    let scale = power.scale(e, e.pick((-32, -64)));
    let base = e.add(scale, one);
    let divisor = e.fma(scale, power.p, base);
    e.div(two, divisor)
}

/// The derivative of tanh, 1/cosh² x, within 2.5 ULP. Measured: 2.015 for `F32`, 2.077 for `F64`.
///
/// With q = 1 - tanh |x| it is 2q - q², in which nothing cancels, as q is at most 1; beside a tanh q is there
/// already.
pub(super) fn build_sech_squared(e: &mut Emit, x: Value) -> Value {
    let a = e.abs(x);
    let complement = complement(e, a);
    let twice = e.add(complement, complement);
    e.fnma(complement, complement, twice)
}

/// arsinh x, within 1.3 ULP: log(1 + u) with u = |x| + x²/(1 + sqrt(1 + x²)), or log(2|x|).
pub(super) fn build_arcsinh(e: &mut Emit, x: Value) -> Value {
    let a = e.abs(x);
    let one = e.exact(1.0);
    let square = e.mul(a, a);
    let hypotenuse = e.fma(a, a, one);
    let hypotenuse = e.sqrt(hypotenuse);
    let divisor = e.add(hypotenuse, one);
    let less = e.div(square, divisor);
    let result = log_of_sum(e, a, a, less);
    // Where the square is nothing beside 1, and the sign of zero.
    let tiny = e.constant((1.2e-4, 7.4e-9));
    let is_tiny = e.compare(Predicate::Lt, a, tiny);
    let result = e.select(is_tiny, a, result);
    e.with_sign_of(result, x)
}

/// arcosh x, within 1.9 ULP (`F32`) and 1.8 ULP (`F64`): log(1 + u) with t = x - 1 and u = t + sqrt(t(t +
/// 2)), or log(2x); NaN below 1.
pub(super) fn build_arccosh(e: &mut Emit, x: Value) -> Value {
    let (one, nan) = (e.exact(1.0), e.exact(f32::NAN));
    let t = e.sub(x, one);
    let twice = e.add(t, t);
    let square = e.fma(t, t, twice);
    let root = e.sqrt(square);
    let result = log_of_sum(e, x, root, t);
    let is_inside = e.compare(Predicate::Ge, x, one);
    e.select(is_inside, result, nan)
}

/// log(1 + more + less), or log(2a) where a is so large that both are a nearly.
fn log_of_sum(e: &mut Emit, a: Value, more: Value, less: Value) -> Value {
    let (zero, one) = (e.exact(0.0), e.exact(1.0));
    let sum = e.ordered_sum(more, less);
    let OnePlus { u, lost, .. } = OnePlus::of(e, sum.hi);
    let lost = e.add(lost, sum.lo);
    let limit = e.constant((1e9, 1e17));
    let is_large = e.compare(Predicate::Gt, a, limit);
    let u = e.select(is_large, a, u);
    let lost = e.select(is_large, zero, lost);
    let n = e.select(is_large, one, zero);
    let result = OnePlus { u, lost, n: Some(n) }.log(e);
    let infinity = e.exact(f32::INFINITY);
    let is_infinite = e.compare(Predicate::Eq, a, infinity);
    e.select(is_infinite, infinity, result)
}

/// artanh x, within 1.5 ULP; infinite at ±1, NaN beyond.
///
/// With an integer n it is n ln(2)/2 + artanh(s), where s = (1 + x - 2^n (1 - x)) / (1 + x + 2^n (1 - x));
/// the n that makes s small is read off the bits of 1 + x and 1 - x, which are their logarithms nearly.
pub(super) fn build_arctanh(e: &mut Emit, x: Value) -> Value {
    let a = e.abs(x);
    let one = e.exact(1.0);
    let (above, below) = (e.add(one, a), e.sub(one, a));
    let (fraction, bias) = (e.fraction, e.bias);
    let (above_bits, below_bits) = (e.bits_of(above), e.bits_of(below));
    let ratio = e.b.binary(Binary::Sub, above_bits, below_bits);
    let ratio = e.with_bits(Binary::Add, ratio, 1 << (fraction - 2));
    let n = e.with_bits(Binary::Shr, ratio, u64::from(fraction));
    let count = e.with_bits(Binary::Or, n, (bias + u64::from(fraction)) << fraction);
    let count = e.of_bits(count);
    let offset = e.constant((8_388_608.0, 4_503_599_627_370_496.0));
    let count = e.sub(count, offset);
    let shift = e.with_bits(Binary::And, ratio, !((1 << fraction) - 1));
    let lifted = e.b.binary(Binary::Add, below_bits, shift);
    let lifted = e.of_bits(lifted);
    // What rounding took from the sum and the difference counts where the result is small.
    let power = e.with_bits(Binary::Add, shift, bias << fraction);
    let power = e.of_bits(power);
    let above_low = e.sub(above, one);
    let above_low = e.sub(a, above_low);
    let below_low = e.sub(one, below);
    let below_low = e.sub(below_low, a);
    let low = e.fnma(power, below_low, above_low);
    let (top, bottom) = (e.sub(above, lifted), e.add(above, lifted));
    let top = e.add(top, low);
    // For n = 0 it is x itself.
    let zero = e.exact(0.0);
    let is_small = e.compare(Predicate::Eq, count, zero);
    let top = e.select(is_small, a, top);
    let bottom = e.select(is_small, one, bottom);
    let s = e.div(top, bottom);
    let z = e.mul(s, s);
    let polynomial = e.horner(ARCTANH, z);
    let cube = e.mul(s, z);
    let (high, low) = (e.constant(HALF_LN_2.0), e.constant(HALF_LN_2.1));
    let low = e.mul(count, low);
    let rest = e.fma(cube, polynomial, low);
    let rest = e.add(s, rest);
    let result = e.fma(count, high, rest);
    let (infinity, nan) = (e.exact(f32::INFINITY), e.exact(f32::NAN));
    let is_one = e.compare(Predicate::Eq, a, one);
    let outside = e.select(is_one, infinity, nan);
    let is_inside = e.compare(Predicate::Lt, a, one);
    let result = e.select(is_inside, result, outside);
    e.with_sign_of(result, x)
}
