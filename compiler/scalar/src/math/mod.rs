//! Elementary functions as branch-free programs for `F32` and `F64` values.
//!
//! One scheme serves both types; only constants differ, but for the circular functions. No instruction rounds
//! to an integer, converts between a float and an integer scalar, or shifts a 64-bit value arithmetically:
//! vector units without those would take the types apart. NaN gives NaN, infinities and zeros give the limits
//! with their signs, and denormal arguments and results are as accurate as others. Each function's bound is
//! in units of the last place of the exact result (ULP), and `tests/accuracy` measures it.

mod complex_log;
mod complex_pow;
mod double;
mod erf;
mod exp;
mod fmod;
mod gamma;
mod huge;
mod hyperbolic;
mod inverse;
mod log;
mod logistic;
mod polygamma;
mod pow;
mod power;
mod trig;
mod turn;

use super::{Binary, Builder, MathFn, MathFn2, MathFn4, Predicate, ScalarKind, ScalarType, Unary, Value};

/// Builds a function of `x`, an `F32` or `F64` scalar.
pub(super) fn build(b: &mut Builder, function: MathFn, x: Value) -> Value {
    let e = &mut Emit::new(b, x);
    match function {
        MathFn::Exp => exp::build_exp(e, x),
        MathFn::Expm1 => exp::build_expm1(e, x),
        MathFn::Log => log::build_log(e, x),
        MathFn::Log1p => log::build_log1p(e, x),
        MathFn::Sigmoid => logistic::build_sigmoid(e, x),
        MathFn::LogisticDensity => logistic::build_density(e, x),
        MathFn::Softplus => logistic::build_softplus(e, x),
        MathFn::Exp2 => exp::build_exp2(e, x),
        MathFn::Log2 => log::build_log2(e, x),
        MathFn::Log10 => log::build_log10(e, x),
        MathFn::Sin => trig::build_sin(e, x),
        MathFn::Cos => trig::build_cos(e, x),
        MathFn::Tan => trig::build_tan(e, x),
        MathFn::Arcsin => inverse::build_arcsin(e, x),
        MathFn::Arccos => inverse::build_arccos(e, x),
        MathFn::Arctan => inverse::build_arctan(e, x),
        MathFn::Sinh => hyperbolic::build_sinh(e, x),
        MathFn::Cosh => hyperbolic::build_cosh(e, x),
        MathFn::Tanh => hyperbolic::build_tanh(e, x),
        MathFn::SechSquared => hyperbolic::build_sech_squared(e, x),
        MathFn::Arcsinh => hyperbolic::build_arcsinh(e, x),
        MathFn::Arccosh => hyperbolic::build_arccosh(e, x),
        MathFn::Arctanh => hyperbolic::build_arctanh(e, x),
        MathFn::Erf => erf::build_erf(e, x),
        MathFn::Erfc => erf::build_erfc(e, x),
        MathFn::Gamma => gamma::build_gamma(e, x),
        MathFn::Gammaln => gamma::build_gammaln(e, x),
        MathFn::Psi => gamma::build_psi(e, x),
        MathFn::Polygamma(order) => polygamma::build_polygamma(e, order, x),
    }
}

/// Builds a function of two values of one scalar, `F32` or `F64`.
pub(super) fn build2(b: &mut Builder, function: MathFn2, x: [Value; 2]) -> Value {
    let e = &mut Emit::new(b, x[0]);
    match function {
        MathFn2::Arctan2 => inverse::build_arctan2(e, x[0], x[1]),
        MathFn2::Pow => pow::build_pow(e, x),
        MathFn2::Fmod => fmod::build_fmod(e, x),
    }
}

/// Builds a part of a function of two complex numbers, given by their parts, `F64` values.
pub(super) fn build4(b: &mut Builder, function: MathFn4, parts: [Value; 4]) -> Value {
    let e = &mut Emit::new(b, parts[0]);
    match function {
        MathFn4::PowReal | MathFn4::PowImaginary => complex_pow::build_complex_pow(e, function, parts),
    }
}

/// A constant for each scalar.
type Pair = (f32, f64);

/// Emits instructions on one floating-point scalar and the unsigned scalar of its bits.
struct Emit<'a> {
    b: &'a mut Builder,
    scalar: ScalarType,
    /// Bits of the fraction.
    fraction: u32,
    /// The exponent field of 1.
    bias: u64,
}

impl Emit<'_> {
    fn new(b: &mut Builder, x: Value) -> Emit<'_> {
        match b.scalar_type(x).kind() {
            ScalarKind::F32 => Emit { b, scalar: ScalarType::F32, fraction: 23, bias: 127 },
            ScalarKind::F64 => Emit { b, scalar: ScalarType::F64, fraction: 52, bias: 1023 },
            ScalarKind::Bool | ScalarKind::Integer | ScalarKind::F16 | ScalarKind::BF16 => {
                unreachable!("invariant: elementary functions have no such form")
            }
        }
    }

    fn pick<T>(&self, pair: (T, T)) -> T {
        if self.scalar == ScalarType::F32 { pair.0 } else { pair.1 }
    }

    fn constant(&mut self, pair: Pair) -> Value {
        let bits = self.pick((u64::from(pair.0.to_bits()), pair.1.to_bits()));
        self.b.bits(self.scalar, bits)
    }

    /// A constant of an `F64` scalar.
    fn double(&mut self, value: f64) -> Value {
        debug_assert_eq!(self.scalar, ScalarType::F64);
        self.b.bits(self.scalar, value.to_bits())
    }

    /// A constant that both types hold exactly.
    fn exact(&mut self, value: f32) -> Value {
        self.constant((value, f64::from(value)))
    }

    /// 1.5 times the first power of two whose last place is 1: adding it rounds to an integer, which then
    /// stands in the low bits.
    fn magic(&mut self) -> Value {
        self.constant((12_582_912.0, 6_755_399_441_055_744.0))
    }

    fn add(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Binary::Add, a, b)
    }

    fn sub(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Binary::Sub, a, b)
    }

    fn mul(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Binary::Mul, a, b)
    }

    fn div(&mut self, a: Value, b: Value) -> Value {
        self.b.binary(Binary::Div, a, b)
    }

    fn fma(&mut self, a: Value, b: Value, c: Value) -> Value {
        self.b.fma(a, b, c)
    }

    /// c - a*b, rounded once.
    fn fnma(&mut self, a: Value, b: Value, c: Value) -> Value {
        let a = self.neg(a);
        self.b.fma(a, b, c)
    }

    fn neg(&mut self, a: Value) -> Value {
        self.b.unary(Unary::Neg, a)
    }

    fn abs(&mut self, a: Value) -> Value {
        self.b.unary(Unary::Abs, a)
    }

    fn sqrt(&mut self, a: Value) -> Value {
        self.b.unary(Unary::Sqrt, a)
    }

    fn compare(&mut self, predicate: Predicate, a: Value, b: Value) -> Value {
        self.b.compare(predicate, a, b)
    }

    fn select(&mut self, c: Value, a: Value, b: Value) -> Value {
        self.b.select(c, a, b)
    }

    /// The lesser of `a` and `limit`, NaN if `a` is.
    fn at_most(&mut self, a: Value, limit: Value) -> Value {
        let beyond = self.compare(Predicate::Gt, a, limit);
        self.select(beyond, limit, a)
    }

    /// The greater of `a` and `limit`, NaN if `a` is.
    fn at_least(&mut self, a: Value, limit: Value) -> Value {
        let beyond = self.compare(Predicate::Lt, a, limit);
        self.select(beyond, limit, a)
    }

    /// c0 + x*(c1 + x*(c2 + ...)), by Horner's rule: fewer operations and less rounding than Estrin's.
    fn horner(&mut self, coefficients: (&[f32], &[f64]), x: Value) -> Value {
        let bits: Vec<u64> = if let ScalarType::F32 = self.scalar {
            coefficients.0.iter().map(|c| u64::from(c.to_bits())).collect()
        } else {
            coefficients.1.iter().map(|c| c.to_bits()).collect()
        };
        let mut bits = bits.into_iter().rev();
        let first = bits.next().expect("invariant: a polynomial has coefficients");
        let first = self.b.bits(self.scalar, first);
        bits.fold(first, |sum, c| {
            let c = self.b.bits(self.scalar, c);
            self.fma(sum, x, c)
        })
    }

    /// The sign bit.
    fn sign(&self) -> u64 {
        1 << (self.scalar.bits() - 1)
    }

    /// A value that is not negative, with the sign of another.
    fn with_sign_of(&mut self, magnitude: Value, signed: Value) -> Value {
        let (magnitude, signed) = (self.bits_of(magnitude), self.bits_of(signed));
        let sign = self.with_bits(Binary::And, signed, self.sign());
        let bits = self.b.binary(Binary::Or, magnitude, sign);
        self.of_bits(bits)
    }

    /// A value, negated where another has its sign bit set.
    fn flipped_with(&mut self, a: Value, signed: Value) -> Value {
        let (bits, signed) = (self.bits_of(a), self.bits_of(signed));
        let sign = self.with_bits(Binary::And, signed, self.sign());
        let bits = self.b.binary(Binary::Xor, bits, sign);
        self.of_bits(bits)
    }

    fn bits_of(&mut self, a: Value) -> Value {
        self.b.bitcast(a, self.scalar.to_bits_type())
    }

    fn of_bits(&mut self, a: Value) -> Value {
        self.b.bitcast(a, self.scalar)
    }

    /// A constant of the bits scalar, cut to its width.
    fn bits(&mut self, bits: u64) -> Value {
        self.b.int(self.scalar.to_bits_type(), bits as i64)
    }

    /// An operation on bits with a constant.
    fn with_bits(&mut self, op: Binary, a: Value, bits: u64) -> Value {
        let constant = self.bits(bits);
        self.b.binary(op, a, constant)
    }
}
