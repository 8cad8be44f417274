//! Double-double arithmetic: a real number as an unevaluated sum of two `f64`, about 106 bits.
//!
//! It judges the accuracy of everything else, so it is written to be read, not to be fast. Relative errors
//! are below 1e-29 where the result's magnitude is above 2^-960; below, the lower part leaves the range of
//! `f64`, and at the end the error is that of a denormal `f64`. A result whose upper part is not finite has
//! the lower part zero, and is what `f64` arithmetic on the upper parts gives.
//!
//! Sums and products: T. J. Dekker, "A floating-point technique for extending the available precision",
//! Numerische Mathematik 18, 1971, pp. 224-242. Quotient, square root and the reduction of exp: Y. Hida,
//! X. S. Li and D. H. Bailey, "Algorithms for quad-double precision floating point arithmetic", ARITH-15,
//! 2001, pp. 155-162, and the QD library by the same authors.

mod circular;
mod complex;
mod hyperbolic;

use std::ops::{Add, Div, Mul, Neg, Sub};

/// hi + lo, where lo is at most half a unit of the last place of hi.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct Dd {
    /// The value rounded to `f64`.
    pub hi: f64,
    /// The rest.
    pub lo: f64,
}

/// ln 2 to 2^-137 in three parts, of which the products of the first two with |k| < 2^12 are exact.
const LN_2: [f64; 3] = [
    f64::from_bits(0x3fe6_2e42_fefa_0000),
    f64::from_bits(0x3d7c_f79a_bc9e_0000),
    f64::from_bits(0x3b0d_9cc0_1f97_b57a),
];

/// a + b and what rounding lost (Knuth; valid in any order).
fn two_sum(a: f64, b: f64) -> Dd {
    let hi = a + b;
    let back = hi - a;
    Dd { hi, lo: (a - (hi - back)) + (b - back) }
}

/// a * b and what rounding lost.
fn two_product(a: f64, b: f64) -> Dd {
    let hi = a * b;
    Dd { hi, lo: a.mul_add(b, -hi) }
}

/// Restores the invariant of a sum whose second term is the smaller.
fn renormalize(hi: f64, lo: f64) -> Dd {
    // Adding zero would turn -0 into 0.
    if lo == 0.0 || !hi.is_finite() {
        return Dd::from(hi);
    }
    let sum = hi + lo;
    if sum.is_finite() { Dd { hi: sum, lo: lo - (sum - hi) } } else { Dd::from(sum) }
}

impl From<f64> for Dd {
    fn from(hi: f64) -> Dd {
        Dd { hi, lo: 0.0 }
    }
}

impl From<i128> for Dd {
    /// Exact for integers of at most 106 bits.
    fn from(value: i128) -> Dd {
        let hi = value as f64;
        renormalize(hi, (value - hi as i128) as f64)
    }
}

impl Neg for Dd {
    type Output = Dd;
    fn neg(self) -> Dd {
        Dd { hi: -self.hi, lo: -self.lo }
    }
}

impl Add for Dd {
    type Output = Dd;
    fn add(self, other: Dd) -> Dd {
        let sum = two_sum(self.hi, other.hi);
        if !sum.hi.is_finite() {
            return Dd::from(sum.hi);
        }
        let tail = two_sum(self.lo, other.lo);
        let sum = renormalize(sum.hi, sum.lo + tail.hi);
        renormalize(sum.hi, sum.lo + tail.lo)
    }
}

impl Sub for Dd {
    type Output = Dd;
    fn sub(self, other: Dd) -> Dd {
        self + -other
    }
}

impl Mul for Dd {
    type Output = Dd;
    fn mul(self, other: Dd) -> Dd {
        let product = two_product(self.hi, other.hi);
        renormalize(product.hi, product.lo + (self.hi * other.lo + self.lo * other.hi))
    }
}

impl Div for Dd {
    type Output = Dd;
    fn div(self, other: Dd) -> Dd {
        let first = self.hi / other.hi;
        if first == 0.0 || !first.is_finite() || !other.hi.is_finite() {
            return Dd::from(first);
        }
        let rest = self - other * Dd::from(first);
        let second = rest.hi / other.hi;
        let rest = rest - other * Dd::from(second);
        let third = rest.hi / other.hi;
        let quotient = renormalize(first, second);
        renormalize(quotient.hi, quotient.lo + third)
    }
}

impl Dd {
    /// The greatest integer not above.
    pub fn floor(self) -> Dd {
        let hi = self.hi.floor();
        if hi == self.hi && hi.is_finite() { renormalize(hi, self.lo.floor()) } else { Dd::from(hi) }
    }

    /// The nearest integer, the even one of two.
    pub fn round_ties_even(self) -> Dd {
        let half = Dd::from(0.5);
        let floor = self.floor();
        let rest = self - floor;
        let odd = (floor * half).floor() * Dd::from(2.0) != floor;
        let up = rest > half || rest == half && odd;
        if !self.hi.is_finite() {
            return self;
        }
        let rounded = if up { floor + Dd::from(1.0) } else { floor };
        if rounded == Dd::default() { Dd::from(0f64.copysign(self.hi)) } else { rounded }
    }

    /// One.
    pub const ONE: Dd = Dd { hi: 1.0, lo: 0.0 };

    /// The sign cleared.
    pub fn abs(self) -> Dd {
        if self.hi.is_sign_negative() { -self } else { self }
    }

    /// The integer part, saturated to what `f64` to `i128` conversion saturates to; 0 for NaN.
    pub fn trunc(self) -> i128 {
        let whole = self.hi == self.hi.floor();
        let tail = if whole { self.lo } else { 0.0 };
        let floor = (self.hi.floor() as i128).saturating_add(tail.floor() as i128);
        let is_integer = whole && tail == tail.floor();
        if self.hi < 0.0 && !is_integer { floor + 1 } else { floor }
    }

    /// Times 2^k, in two steps because 2^k alone may leave the range.
    fn scale(self, k: i32) -> Dd {
        let (first, second) = (2f64.powi(k / 2), 2f64.powi(k - k / 2));
        renormalize(self.hi * first * second, self.lo * first * second)
    }

    /// Square root; NaN below zero.
    pub fn sqrt(self) -> Dd {
        let root = self.hi.sqrt();
        if root == 0.0 || !root.is_finite() {
            return Dd::from(root);
        }
        // Away from the ends, where the square of the root would leave the range.
        if self.hi < 2f64.powi(-900) {
            return self.scale(400).sqrt().scale(-200);
        }
        if self.hi > 2f64.powi(900) {
            return self.scale(-400).sqrt().scale(200);
        }
        let rest = self - two_product(root, root);
        renormalize(root, rest.hi / (2.0 * root))
    }

    /// x = k ln 2 + r, with |r| at most about ln(2)/2.
    fn reduce(self) -> (i32, Dd) {
        let k = (self.hi / LN_2[0]).round();
        let r = LN_2.iter().fold(self, |r, part| r - two_product(k, *part));
        (k as i32, r)
    }

    /// e^r - 1 for |r| < 1: the Taylor series of r/512, then nine times (1+t)² - 1 = t (t + 2).
    fn small_expm1(self) -> Dd {
        if self.hi.abs() < 2f64.powi(-110) {
            return self;
        }
        let r = self.scale(-9);
        let series = (2..=11).rev().fold(Dd::ONE, |sum, i| Dd::ONE + sum * r / Dd::from(f64::from(i)));
        (0..9).fold(r * series, |t, _| t * (t + Dd::from(2.0)))
    }

    /// e^x.
    pub fn exp(self) -> Dd {
        if self.hi.is_nan() || self.hi > 710.0 || self.hi < -746.0 {
            return Dd::from(self.hi.exp());
        }
        let (k, r) = self.reduce();
        (r.small_expm1() + Dd::ONE).scale(k)
    }

    /// e^x - 1.
    pub fn expm1(self) -> Dd {
        if self.hi.abs() < 0.34 { self.small_expm1() } else { self.exp() - Dd::ONE }
    }

    /// log(1 + x) for x between -0.3 and 0.42: a Newton step for e^y - 1 = x from the `f64` solution.
    fn small_log1p(self) -> Dd {
        if self.hi.abs() < 2f64.powi(-110) {
            return self;
        }
        let y = Dd::from(self.hi.ln_1p());
        let power = y.expm1();
        y + (self - power) / (power + Dd::ONE)
    }

    /// Natural logarithm; NaN below zero, minus infinity at zero.
    pub fn log(self) -> Dd {
        if !(self.hi > 0.0 && self.hi.is_finite()) {
            return Dd::from(self.hi.ln());
        }
        let k = exponent(self.hi);
        // Between sqrt(1/2) and sqrt(2), so that the two terms of the result do not cancel.
        let k = if self.scale(-k).hi > std::f64::consts::SQRT_2 { k + 1 } else { k };
        let fraction = self.scale(-k);
        let k = f64::from(k);
        let high = two_product(k, LN_2[0]) + two_product(k, LN_2[1]);
        (fraction - Dd::ONE).small_log1p() + two_product(k, LN_2[2]) + high
    }

    /// log(1 + x); NaN below -1.
    pub fn log1p(self) -> Dd {
        if -0.29 < self.hi && self.hi < 0.41 { self.small_log1p() } else { (Dd::ONE + self).log() }
    }

    /// 1 / (1 + e^-x).
    pub fn sigmoid(self) -> Dd {
        let decay = (-self.abs()).exp();
        let top = if self.hi < 0.0 { decay } else { Dd::ONE };
        top / (Dd::ONE + decay)
    }

    /// The derivative of sigmoid, e^-x / (1 + e^-x)².
    pub fn logistic_density(self) -> Dd {
        let decay = (-self.abs()).exp();
        let sum = Dd::ONE + decay;
        decay / sum / sum
    }

    /// The derivative of tanh, 1 / cosh² x.
    pub fn sech_squared(self) -> Dd {
        let four = Dd::from(4.0);
        four * (self + self).logistic_density()
    }

    /// log(1 + e^x).
    pub fn softplus(self) -> Dd {
        let decay = (-self.abs()).exp();
        let ramp = if self.hi < 0.0 { Dd::default() } else { self };
        ramp + decay.log1p()
    }
}

/// The k with 2^k <= x < 2^(k+1), x positive and finite.
fn exponent(x: f64) -> i32 {
    if x < f64::MIN_POSITIVE {
        return exponent(x * 2f64.powi(64)) - 64;
    }
    (x.to_bits() >> 52) as i32 - 1023
}
