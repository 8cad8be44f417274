//! The gamma function, its kin, the error functions and powers in double-double arithmetic.
//!
//! Relative errors are below 1e-25 (ψ and log Γ: of the larger of the value and 1; rests: of what is
//! divided), which is all that judging `f64` takes. Formulas are those of Abramowitz and Stegun, "Handbook of
//! Mathematical Functions", 1964: 6.1.17, 6.1.40, 6.3.7, 6.3.18, 6.4.7, 6.4.10, 6.4.11, 7.1.6, 7.1.14, and
//! 4.3.65.

use std::f64::consts;

use super::Dd;

/// B_2, B_4, … as numerators and denominators.
pub(super) const BERNOULLI: [(f64, f64); 15] = [
    (1.0, 6.0),
    (-1.0, 30.0),
    (1.0, 42.0),
    (-1.0, 30.0),
    (5.0, 66.0),
    (-691.0, 2730.0),
    (7.0, 6.0),
    (-3617.0, 510.0),
    (43867.0, 798.0),
    (-174_611.0, 330.0),
    (854_513.0, 138.0),
    (-236_364_091.0, 2730.0),
    (8_553_103.0, 6.0),
    (-23_749_461_029.0, 870.0),
    (8_615_841_276_005.0, 14322.0),
];
const PI: Dd = Dd { hi: consts::PI, lo: 1.224_646_799_147_353_2e-16 };
/// log sqrt(2π).
const LOG_SQRT_TWO_PI: Dd = Dd { hi: 0.918_938_533_204_672_8, lo: -3.878_294_158_067_241_5e-17 };
/// 2/sqrt(π).
const TWO_OVER_ROOT_PI: Dd = Dd { hi: consts::FRAC_2_SQRT_PI, lo: 1.533_545_961_316_588e-17 };

const EULER: Dd = Dd { hi: 0.577_215_664_901_532_9, lo: -4.942_915_152_430_645e-18 };

const HALF: Dd = Dd { hi: 0.5, lo: 0.0 };
const ZERO: Dd = Dd { hi: 0.0, lo: 0.0 };
const NAN: Dd = Dd { hi: f64::NAN, lo: 0.0 };
/// Where the series in 1/z have all the places that are needed.
const FAR: f64 = 40.0;

fn of(value: usize) -> Dd {
    Dd::from(value as f64)
}

/// B_2, B_4, … with their numbers.
fn bernoulli() -> impl Iterator<Item = (usize, Dd)> {
    (1..).map(|k| 2 * k).zip(BERNOULLI.map(|(top, bottom)| Dd::from(top) / Dd::from(bottom)))
}

impl Dd {
    fn is_negative_integer(self) -> bool {
        self.hi < 0.0 && self == self.floor()
    }

    /// sin πr and cos πr, where r is what the nearest integer leaves of the value; with that integer.
    fn turn(self) -> (Dd, Dd, Dd) {
        let whole = self.round_ties_even();
        let angle = (self - whole) * PI;
        let square = angle * angle;
        let series = |first: usize| {
            (1..16).rev().fold(Dd::ONE, |sum, k| {
                let k = 2 * k + first;
                Dd::ONE - sum * square / of(k * (k - 1))
            })
        };
        (angle * series(1), series(0), whole)
    }

    /// cot πx.
    fn cotangent(self) -> Dd {
        let (sine, cosine, _) = self.turn();
        cosine / sine
    }

    /// log Γ(z) for z >= 40.
    fn stirling(self) -> Dd {
        let square = self * self;
        let mut power = self;
        let mut sum = ZERO;
        for (k, b) in bernoulli() {
            sum = sum + b / (of(k * (k - 1)) * power);
            power = power * square;
        }
        (self - HALF) * self.log() - self + LOG_SQRT_TWO_PI + sum
    }

    /// The value moved up beyond 40 by a number of ones, with that number.
    fn raised(self) -> (Dd, usize) {
        let steps = if self.hi < FAR { (FAR - self.hi).ceil() as usize } else { 0 };
        (self + of(steps), steps)
    }

    /// x(x+1)…(x+n-1).
    fn rising(self, n: usize) -> Dd {
        (0..n).fold(Dd::ONE, |product, k| product * (self + of(k)))
    }

    /// Γ(x); NaN at negative integers.
    pub fn gamma(self) -> Dd {
        match self.hi {
            x if x.is_nan() || self.is_negative_integer() || x == f64::NEG_INFINITY => NAN,
            0.0 => Dd::ONE / self,
            // 1/x less Euler's constant; the factors below would leave the range.
            x if x.abs() < 1e-30 => Dd::ONE / self - EULER,
            x if x < 0.5 => {
                let (sine, _, whole) = self.turn();
                let sign = if (whole * HALF).floor() * of(2) == whole { Dd::ONE } else { -Dd::ONE };
                // Its logarithm, as it may be greater than any number.
                let y = Dd::ONE - self;
                let (z, steps) = y.raised();
                (-z.stirling()).exp_times(sign * PI * y.rising(steps) / sine)
            }
            x if x > 180.0 => Dd::from(f64::INFINITY),
            _ => {
                let (z, steps) = self.raised();
                z.stirling().exp_times(Dd::ONE / self.rising(steps))
            }
        }
    }

    /// e^x times a factor, where the power alone may leave the range.
    fn exp_times(self, factor: Dd) -> Dd {
        let half = (self * HALF).exp();
        factor * half * half
    }

    /// log |Γ(x)|.
    pub fn gammaln(self) -> Dd {
        let infinity = Dd::from(f64::INFINITY);
        match self.hi {
            x if x.is_nan() => NAN,
            x if x.is_infinite() || x == 0.0 || self.is_negative_integer() => infinity,
            x if x < 0.5 => {
                let (sine, _, _) = self.turn();
                -(sine.abs() / PI).log() - (Dd::ONE - self).gammaln()
            }
            x if x > 2.6e305 => infinity,
            _ => {
                let (z, steps) = self.raised();
                z.stirling() - self.rising(steps).log()
            }
        }
    }

    /// ψ(x); NaN at negative integers.
    pub fn psi(self) -> Dd {
        match self.hi {
            x if x.is_nan() || self.is_negative_integer() || x == f64::NEG_INFINITY => NAN,
            0.0 => -(Dd::ONE / self),
            x if x < 0.5 => (Dd::ONE - self).psi() - PI * self.cotangent(),
            f64::INFINITY => self,
            _ => {
                let (z, steps) = self.raised();
                let square = z * z;
                let mut power = square;
                let mut sum = z.log() - HALF / z;
                for (k, b) in bernoulli() {
                    sum = sum - b / (of(k) * power);
                    power = power * square;
                }
                (0..steps).fold(sum, |sum, k| sum - Dd::ONE / (self + of(k)))
            }
        }
    }

    /// The derivative of ψ of this order, at least 1. At negative integers: infinite or, of even order, NaN.
    pub fn polygamma(self, order: u8) -> Dd {
        let n = usize::from(order);
        let is_odd = n % 2 == 1;
        if self.hi.is_nan() {
            return NAN;
        }
        if self.is_negative_integer() || self.hi == f64::NEG_INFINITY {
            return if is_odd { Dd::from(f64::INFINITY) } else { NAN };
        }
        if self.hi < 0.5 {
            let mirrored = cotangent_derivative(n, self.cotangent());
            let right = (Dd::ONE - self).polygamma(order).abs();
            return if is_odd { mirrored - right } else { -(mirrored + right) };
        }
        let magnitude = self.polygamma_series(n);
        if is_odd { magnitude } else { -magnitude }
    }

    /// n! Σ (x+k)^(-n-1) over k >= 0; powers and factorials grow together, so that none leaves the range
    /// before the product does.
    fn polygamma_series(self, n: usize) -> Dd {
        let power = |x: Dd| (1..=n).fold(Dd::ONE, |power, i| power * of(i) / x);
        let steps = self.raised().1.max((2 * n).saturating_sub(self.hi.min(1e6) as usize));
        let z = self + of(steps);
        let mut ratio = Dd::ONE / of(n);
        let mut tail = ratio + HALF / z;
        let mut scale = Dd::ONE;
        for (k, b) in bernoulli() {
            ratio = ratio * of((k + n - 2) * (k + n - 1)) / of(k * (k - 1));
            scale = scale / z / z;
            tail = tail + b * ratio * scale;
        }
        (0..steps).rev().map(|k| self + of(k)).fold(power(z) * tail, |sum, x| sum + power(x) / x)
    }

    /// The error function.
    pub fn erf(self) -> Dd {
        if self.hi.abs() > 3.0 {
            let far = Dd::ONE - self.abs().erfc();
            return if self.hi < 0.0 { -far } else { far };
        }
        if self.hi.is_nan() || self.hi == 0.0 {
            return self;
        }
        let square = self * self;
        let (mut term, mut sum) = (Dd::ONE, Dd::ONE);
        for n in 1..160 {
            term = term * square * Dd::from(2.0) / of(2 * n + 1);
            sum = sum + term;
        }
        self * sum * (-square).exp() * TWO_OVER_ROOT_PI
    }

    /// 1 - erf x.
    pub fn erfc(self) -> Dd {
        if self.hi.is_nan() || self.hi <= 3.0 {
            return Dd::ONE - self.erf();
        }
        if self.hi > 30.0 {
            return ZERO;
        }
        let fraction = (1..160).rev().fold(self, |tail, k| self + of(k) * HALF / tail);
        (-(self * self)).exp_times(HALF * TWO_OVER_ROOT_PI / fraction)
    }

    /// x^y, with the special cases of C, annex F.10.4.4.
    pub fn pow(self, y: Dd) -> Dd {
        let (x, narrow) = (self, self.hi.powf(y.hi));
        let ends = [0.0, f64::INFINITY];
        let exact = y == ZERO || x == Dd::ONE;
        if exact || !(narrow.is_finite() || x.hi.is_finite() && y.hi.is_finite()) {
            return Dd::from(if exact { 1.0 } else { narrow });
        }
        if ends.contains(&x.hi.abs()) || !y.hi.is_finite() {
            return Dd::from(narrow);
        }
        let whole = y == y.floor();
        if x.hi < 0.0 && !whole {
            return NAN;
        }
        let magnitude = (y * x.abs().log()).exp();
        let odd = whole && (y * HALF).floor() * of(2) != y;
        if x.hi < 0.0 && odd { -magnitude } else { magnitude }
    }

    /// The rest of x/y with the sign of x; without error if both are `f64`.
    pub fn fmod(self, y: Dd) -> Dd {
        let defined = self.hi.is_finite() && !y.hi.is_nan() && y != ZERO;
        if !defined || self.lo == 0.0 && y.lo == 0.0 || y.hi.is_infinite() {
            return if defined && y.hi.is_infinite() { self } else { Dd::from(self.hi % y.hi) };
        }
        let (mut rest, divisor) = (self.abs(), y.abs());
        while rest >= divisor {
            // At most 40 bits of the quotient at a time, none too many.
            let quotient = (rest.hi / divisor.hi).min(f64::MAX);
            let scale = if quotient < 2f64.powi(40) { 1.0 } else { binade(quotient) * 2f64.powi(-40) };
            let count = ((quotient / scale).floor() - 1.0).max(1.0);
            rest = rest - divisor * Dd::from(scale) * Dd::from(count);
        }
        let rest = if rest < ZERO { rest + divisor } else { rest };
        if self.hi.is_sign_negative() { -rest } else { rest }
    }
}

/// The greatest power of two that is not above.
fn binade(x: f64) -> f64 {
    f64::from_bits(x.to_bits() & (0x7ff << 52))
}

/// (-1)^n π times the n-th derivative of cot πx, given the cotangent: the derivative of p(cot x) is
/// -(1 + cot² x) p'(cot x).
fn cotangent_derivative(n: usize, cotangent: Dd) -> Dd {
    let mut coefficients = vec![ZERO, Dd::ONE];
    for _ in 0..n {
        let slope: Vec<Dd> = (1..coefficients.len()).map(|i| coefficients[i] * of(i)).collect();
        let at = |i: usize| slope.get(i).copied().unwrap_or(ZERO);
        coefficients = (0..slope.len() + 2).map(|i| if i >= 2 { at(i) + at(i - 2) } else { at(i) }).collect();
    }
    let value = coefficients.iter().rev().fold(ZERO, |sum, c| sum * cotangent + *c);
    (0..=n).fold(value, |product, _| product * PI)
}
