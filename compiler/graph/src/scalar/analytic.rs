//! Magnitudes and roots of complex elements.
//!
//! Errors are stated in units of the last place of the result's magnitude. Branch cuts lie on the negative real axis and
//! are continuous from the side that the sign of a zero imaginary part says (Kahan, "Branch cuts for complex elementary
//! functions", in: The State of the Art in Numerical Analysis, 1987, pp. 165-211).

use super::{Binary, Builder, Element, Lane, Predicate, Unary, Value};

/// A complex number times a power of two that brings it to where squares neither overflow nor vanish.
struct Scaled {
    /// Magnitudes of the parts.
    re: Value,
    im: Value,
    /// Which of three factors it was multiplied by.
    is_great: Value,
    is_small: Value,
}

/// The exponents of two that great and small numbers are multiplied by; even, so that their roots are powers too.
fn scale(lane: Lane) -> i32 {
    if lane == Lane::F32 { 70 } else { 600 }
}

impl Scaled {
    fn of(b: &mut Builder, z: Element) -> Scaled {
        let lane = b.lane(z.re());
        let [re, im] = z.both().map(|v| b.unary(Unary::Abs, v));
        let swap = b.compare(Predicate::Lt, re, im);
        let big = b.select(swap, im, re);
        let exponent = scale(lane);
        let (upper, lower) = if lane == Lane::F32 { (60, -40) } else { (500, -400) };
        let (upper, lower) = (b.float(lane, 2f64.powi(upper)), b.float(lane, 2f64.powi(lower)));
        let is_great = b.compare(Predicate::Gt, big, upper);
        let is_small = b.compare(Predicate::Lt, big, lower);
        let mut scaled = Scaled { re, im, is_great, is_small };
        let factor = scaled.choose(b, [-exponent, exponent].map(|k| 2f64.powi(k)), 1.0);
        scaled.re = b.binary(Binary::Mul, re, factor);
        scaled.im = b.binary(Binary::Mul, im, factor);
        scaled
    }

    /// One constant where the number was great, another where it was small, else a third.
    fn choose(&self, b: &mut Builder, [great, small]: [f64; 2], else_: f64) -> Value {
        let lane = b.lane(self.re);
        let [great, small, other] = [great, small, else_].map(|value| b.float(lane, value));
        let rest = b.select(self.is_small, small, other);
        b.select(self.is_great, great, rest)
    }

    /// The length, within 1.2 ULP.
    fn length(&self, b: &mut Builder) -> Value {
        let square = b.binary(Binary::Mul, self.im, self.im);
        let sum = b.fma(self.re, self.re, square);
        b.unary(Unary::Sqrt, sum)
    }
}

impl Builder {
    /// Whether either part is infinite.
    fn is_infinite(&mut self, z: Element) -> Value {
        let infinity = self.float(self.lane(z.re()), f64::INFINITY);
        let [re, im] = z.both().map(|v| self.unary(Unary::Abs, v));
        let [re, im] = [re, im].map(|v| self.compare(Predicate::Eq, v, infinity));
        self.binary(Binary::Or, re, im)
    }

    /// |z|, within 1.2 ULP; infinite if either part is.
    pub(super) fn length(&mut self, z: Element) -> Value {
        let lane = self.lane(z.re());
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let back = scaled.choose(self, [scale(lane), -scale(lane)].map(|k| 2f64.powi(k)), 1.0);
        let length = self.binary(Binary::Mul, length, back);
        let infinity = self.float(lane, f64::INFINITY);
        let is_infinite = self.is_infinite(z);
        self.select(is_infinite, infinity, length)
    }

    /// z / |z| within 3 ULP, 0 at 0. Directions of infinite numbers are NaN.
    pub(super) fn direction(&mut self, z: Element) -> Element {
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let zero = self.float(self.lane(length), 0.0);
        let vanishes = self.compare(Predicate::Eq, length, zero);
        let mut part = |magnitude: Value, signed: Value| {
            let quotient = self.binary(Binary::Div, magnitude, length);
            let quotient = self.with_sign_of(quotient, signed);
            self.select(vanishes, zero, quotient)
        };
        let [re, im] = z.both();
        let (re, im) = (part(scaled.re, re), part(scaled.im, im));
        Element::complex(z.dtype, re, im)
    }

    /// The root in the right half plane, within 2 ULP of its magnitude, with the special cases of C, annex G.6.4.2.
    ///
    /// The larger part comes from a sum without cancellation, the other from their product.
    pub(super) fn complex_sqrt(&mut self, z: Element) -> Element {
        let lane = self.lane(z.re());
        let [re, im] = z.both();
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let (zero, half, infinity) =
            (self.float(lane, 0.0), self.float(lane, 0.5), self.float(lane, f64::INFINITY));
        let sum = self.binary(Binary::Add, length, scaled.re);
        let square = self.binary(Binary::Mul, sum, half);
        let large = self.unary(Unary::Sqrt, square);
        let quotient = self.binary(Binary::Div, scaled.im, large);
        let small = self.binary(Binary::Mul, quotient, half);
        let vanishes = self.compare(Predicate::Eq, large, zero);
        let small = self.select(vanishes, zero, small);
        let back = scaled.choose(self, [scale(lane) / 2, -scale(lane) / 2].map(|k| 2f64.powi(k)), 1.0);
        let [large, small] = [large, small].map(|v| self.binary(Binary::Mul, v, back));
        let is_left = self.compare(Predicate::Lt, re, zero);
        let root_re = self.select(is_left, small, large);
        let root_im = self.select(is_left, large, small);
        let im_magnitude = self.unary(Unary::Abs, im);
        let is_infinite = self.compare(Predicate::Eq, im_magnitude, infinity);
        let root_re = self.select(is_infinite, infinity, root_re);
        let root_im = self.select(is_infinite, infinity, root_im);
        let root_im = self.with_sign_of(root_im, im);
        Element::complex(z.dtype, root_re, root_im)
    }
}
