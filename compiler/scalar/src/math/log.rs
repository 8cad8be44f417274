//! log x to the bases e, 2 and 10, log(1 + x), and the series that they and softplus end in.
//!
//! log(1+f) = f - (f²/2 - s (f²/2 + R(s²))) with s = f/(2+f), where R stands for the tail of the series of
//! the inverse hyperbolic tangent (the method of FDLIBM's `e_log.c`, Sun Microsystems, 1993); the
//! coefficients are minimax fits of our own. The exponent is taken by integer operations that need neither
//! an arithmetic shift nor a conversion: it is biased to be positive and placed in the low bits of a float.

use super::{Binary, Emit, Pair, Predicate, Value};

/// ln 2 in two parts, the first with enough trailing zeros for its products with |n| < 2^7 (`F32`) and 2^11
/// (`F64`) to be exact.
const LN_2: (Pair, Pair) =
    ((0.693_138_1, 6.931_471_803_691_238e-1), (9.058_001e-6, 1.908_214_929_270_587_7e-10));
/// log₂ e, log₁₀ e and log₁₀ 2 in two parts, that of log₁₀ 2 as above.
const LOG2_E: (Pair, Pair) =
    ((std::f32::consts::LOG2_E, std::f64::consts::LOG2_E), (1.925_963e-8, 2.035_527_374_093_103_3e-17));
const LOG10_E: (Pair, Pair) =
    ((std::f32::consts::LOG10_E, std::f64::consts::LOG10_E), (-1.010_305e-8, 1.098_319_650_216_765e-17));
const LOG10_2: (Pair, Pair) =
    ((0.301_033_02, 0.301_029_995_663_952_83), (-3.024_355_5e-6, 2.836_339_455_104_496_4e-14));
/// R(z)/z for sqrt(1/2) <= 1 + f <= sqrt(2).
const NARROW: (&[f32], &[f64]) = (
    &[0.666_667_6, 0.399_791_6, 0.298_347_14],
    &[
        0.666_666_666_666_669_1,
        0.399_999_999_996_666_3,
        0.285_714_286_921_218_1,
        0.222_222_033_015_664_76,
        0.181_833_357_785_107_37,
        0.153_195_455_156_638_85,
        0.147_438_766_289_678_36,
    ],
);
/// R(z)/z for 1 <= 1 + f <= 2.
const WIDE: (&[f32], &[f64]) = (
    &[0.666_666_7, 0.399_991_56, 0.286_100_36, 0.214_961_13, 0.240_608_78],
    &[
        0.666_666_666_666_666,
        0.400_000_000_000_625_2,
        0.285_714_285_586_455_3,
        0.222_222_233_560_903_81,
        0.181_817_639_163_861,
        0.153_861_628_682_378_85,
        0.133_058_663_264_301_52,
        0.120_695_575_633_596_67,
        0.084_914_559_563_701_09,
        0.167_514_636_011_363_63,
    ],
);

/// A positive normal number as 2^n (1 + f), with 1 + f between sqrt(1/2) and sqrt(2).
pub(super) struct Split {
    pub(super) n: Value,
    pub(super) f: Value,
    /// 2^(1-n).
    pub(super) twice_inverse: Value,
}

impl Split {
    pub(super) fn of(e: &mut Emit, x: Value) -> Split {
        let fraction = e.fraction;
        let (mask, bias) = ((1u64 << fraction) - 1, e.bias);
        // The bits of sqrt(1/2), rounded up; n grows there.
        let start: u64 = e.pick((0x3f35_04f3, 0x3fe6_a09e_667f_3bcd));
        // Makes n positive, so that the OR gives 2^fraction + n + lift.
        let lift = bias + 1;
        let bits = e.bits_of(x);
        let lifted = e.with_bits(Binary::Sub, bits, start.wrapping_sub(lift << fraction));
        let count = e.with_bits(Binary::Shr, lifted, u64::from(fraction));
        let count = e.with_bits(Binary::Or, count, (bias + u64::from(fraction)) << fraction);
        let count = e.of_bits(count);
        let offset = e.constant((8_388_608.0 + 128.0, 4_503_599_627_370_496.0 + 1024.0));
        let n = e.sub(count, offset);
        let rest = e.with_bits(Binary::And, lifted, mask);
        let m = e.with_bits(Binary::Add, rest, start);
        let m = e.of_bits(m);
        let one = e.exact(1.0);
        let f = e.sub(m, one);
        let exponent = e.with_bits(Binary::And, lifted, !mask);
        let inverse = e.bits((bias + 1 + lift) << fraction);
        let inverse = e.b.binary(Binary::Sub, inverse, exponent);
        let twice_inverse = e.of_bits(inverse);
        Split { n, f, twice_inverse }
    }
}

/// f - log(1+f) - low.
fn tail(e: &mut Emit, f: Value, low: Value, coefficients: (&[f32], &[f64])) -> Value {
    let (two, half) = (e.exact(2.0), e.exact(0.5));
    let divisor = e.add(f, two);
    let s = e.div(f, divisor);
    let z = e.mul(s, s);
    let polynomial = e.horner(coefficients, z);
    let half_f = e.mul(f, half);
    let h = e.mul(half_f, f);
    let sum = e.fma(z, polynomial, h);
    let product = e.fma(s, sum, low);
    e.sub(h, product)
}

/// n ln 2 + log(1+f), given the lower part of n ln 2 with whatever else is that small.
fn with_exponent(e: &mut Emit, n: Value, f: Value, low: Value) -> Value {
    let tail = tail(e, f, low, NARROW);
    let fraction = e.sub(f, tail);
    let high = e.constant(LN_2.0);
    e.fma(n, high, fraction)
}

/// log(1 + f + low) for 0 <= f <= 1 and |low| at most an ULP of f.
pub(super) fn series_to_two(e: &mut Emit, f: Value, low: Value) -> Value {
    // low/(1+f), to the few bits that matter.
    let half = e.exact(0.5);
    let half_f = e.mul(f, half);
    let low = e.fnma(half_f, low, low);
    let tail = tail(e, f, low, WIDE);
    e.sub(f, tail)
}

impl Split {
    /// The same for any positive number.
    fn of_any(e: &mut Emit, x: Value) -> Split {
        let least = e.constant((f32::MIN_POSITIVE, f64::MIN_POSITIVE));
        let is_denormal = e.compare(Predicate::Lt, x, least);
        let lift = e.constant((8_388_608.0, 4_503_599_627_370_496.0));
        let lifted = e.mul(x, lift);
        let normal = e.select(is_denormal, lifted, x);
        let split = Split::of(e, normal);
        let (places, zero) = (e.constant((23.0, 52.0)), e.exact(0.0));
        let places = e.select(is_denormal, places, zero);
        Split { n: e.sub(split.n, places), ..split }
    }
}

/// log x, within 0.9 ULP. Measured: 0.843 for `F32` (all arguments), 0.806 for `F64` (4 million).
pub(super) fn build_log(e: &mut Emit, x: Value) -> Value {
    let split = Split::of_any(e, x);
    let ln2_low = e.constant(LN_2.1);
    let low = e.mul(split.n, ln2_low);
    let result = with_exponent(e, split.n, split.f, low);
    let zero = e.exact(0.0);
    at_the_ends(e, x, zero, result)
}

/// log₂ x, within 1 ULP; exact for powers of two.
pub(super) fn build_log2(e: &mut Emit, x: Value) -> Value {
    let split = Split::of_any(e, x);
    let zero = e.exact(0.0);
    in_base(e, x, split.f, LOG2_E, (split.n, zero))
}

/// log₁₀ x, within 0.9 ULP; exact for powers of ten.
pub(super) fn build_log10(e: &mut Emit, x: Value) -> Value {
    let split = Split::of_any(e, x);
    let (high, low) = (e.constant(LOG10_2.0), e.constant(LOG10_2.1));
    let (high, low) = (e.mul(split.n, high), e.mul(split.n, low));
    in_base(e, x, split.f, LOG10_E, (high, low))
}

/// The exponent's part, given in two parts, and log(1+f) times a factor: all that is rounded before the last
/// sum is carried along, so that the last sum alone decides.
fn in_base(e: &mut Emit, x: Value, f: Value, factor: (Pair, Pair), exponent: (Value, Value)) -> Value {
    let zero = e.exact(0.0);
    let tail = tail(e, f, zero, NARROW);
    let log = e.sub(f, tail);
    let log_low = e.sub(f, log);
    let log_low = e.sub(log_low, tail);
    let (high, low) = (e.constant(factor.0), e.constant(factor.1));
    let product = e.two_product(log, high);
    let rest = e.fma(log, low, product.lo);
    let rest = e.fma(log_low, high, rest);
    let rest = e.add(rest, exponent.1);
    let sum = e.ordered_sum(exponent.0, product.hi);
    let rest = e.add(sum.lo, rest);
    let result = e.add(sum.hi, rest);
    at_the_ends(e, x, zero, result)
}

/// log(1 + x), within 0.9 ULP. Measured: 0.843 for `F32` (all arguments), 0.805 for `F64` (4 million).
pub(super) fn build_log1p(e: &mut Emit, x: Value) -> Value {
    let sum = OnePlus::of(e, x);
    let result = sum.log(e);
    let minus_one = e.exact(-1.0);
    let result = at_the_ends(e, x, minus_one, result);
    // Halving a denormal has rounded it, and zero has lost its sign.
    let tiny = e.constant((2.98e-8, 5.5e-17));
    let magnitude = e.abs(x);
    let is_tiny = e.compare(Predicate::Lt, magnitude, tiny);
    e.select(is_tiny, x, result)
}

/// 2^n (u + lost), with n zero unless changed.
pub(super) struct OnePlus {
    pub(super) u: Value,
    /// What rounding took from u, or anything of that size.
    pub(super) lost: Value,
    /// A term of the exponent besides that of u.
    pub(super) n: Option<Value>,
}

impl OnePlus {
    /// 1 + x, exactly.
    pub(super) fn of(e: &mut Emit, x: Value) -> OnePlus {
        let one = e.exact(1.0);
        let u = e.add(x, one);
        // Knuth, "The Art of Computer Programming" vol. 2, 4.2.2, theorem B: exact whichever is larger.
        let back = e.sub(u, x);
        let rest = e.sub(u, back);
        let lost_x = e.sub(x, rest);
        let lost_one = e.sub(one, back);
        OnePlus { u, lost: e.add(lost_x, lost_one), n: None }
    }

    /// Its logarithm. What was lost joins the fraction of u; what that sum loses in turn is added to the low
    /// terms.
    pub(super) fn log(&self, e: &mut Emit) -> Value {
        let split = Split::of(e, self.u);
        let half = e.exact(0.5);
        let lost = e.mul(self.lost, half);
        let lost = e.mul(lost, split.twice_inverse);
        let f = e.add(split.f, lost);
        let low = e.sub(split.f, f);
        let low = e.add(low, lost);
        let low = e.fnma(low, f, low);
        let n = self.n.map_or(split.n, |n| e.add(split.n, n));
        let ln2_low = e.constant(LN_2.1);
        let low = e.fma(n, ln2_low, low);
        with_exponent(e, n, f, low)
    }
}

/// Puts in infinity at infinity, minus infinity where the argument is `zero`, NaN below.
fn at_the_ends(e: &mut Emit, x: Value, zero: Value, result: Value) -> Value {
    let infinity = e.exact(f32::INFINITY);
    let is_infinite = e.compare(Predicate::Eq, x, infinity);
    let result = e.select(is_infinite, infinity, result);
    let (least, nan) = (e.exact(f32::NEG_INFINITY), e.exact(f32::NAN));
    let is_zero = e.compare(Predicate::Eq, x, zero);
    let outside = e.select(is_zero, least, nan);
    let is_inside = e.compare(Predicate::Gt, x, zero);
    e.select(is_inside, result, outside)
}
