//! Magnitudes, roots, exponentials, logarithms and powers of complex elements.
//!
//! Errors are stated in units of the last place of the result's magnitude. Branch cuts lie on the negative
//! real axis and are continuous from the side that the sign of a zero imaginary part says (Kahan, "Branch
//! cuts for complex elementary functions", in: The State of the Art in Numerical Analysis, 1987, pp.
//! 165-211).

use super::{Binary, Builder, Element, MathFn, MathFn2, MathFn4, Predicate, ScalarType, Unary, Value};
use crate::dtype::DType;

/// A complex number times a power of two that brings it to where squares neither overflow nor vanish.
struct Scaled {
    /// Magnitudes of the parts.
    re: Value,
    im: Value,
    /// Which of three factors it was multiplied by.
    is_great: Value,
    is_small: Value,
}

/// The exponents of two that divide great numbers and multiply small ones; even, so that their roots are
/// powers too. Of the least denormal number the square is then a normal one.
fn scales(scalar: ScalarType) -> [i32; 2] {
    if scalar == ScalarType::F32 { [70, 90] } else { [600, 600] }
}

impl Scaled {
    fn of(b: &mut Builder, z: Element) -> Scaled {
        let scalar = b.scalar_type(z.re());
        let [re, im] = z.both().map(|v| b.unary(Unary::Abs, v));
        let swap = b.compare(Predicate::Lt, re, im);
        let big = b.select(swap, im, re);
        let [down, up] = scales(scalar);
        let (upper, lower) = if scalar == ScalarType::F32 { (60, -40) } else { (500, -400) };
        let (upper, lower) = (b.float(scalar, 2f64.powi(upper)), b.float(scalar, 2f64.powi(lower)));
        let is_great = b.compare(Predicate::Gt, big, upper);
        let is_small = b.compare(Predicate::Lt, big, lower);
        let mut scaled = Scaled { re, im, is_great, is_small };
        let factor = scaled.choose(b, [-down, up].map(|k| 2f64.powi(k)), 1.0);
        scaled.re = b.binary(Binary::Mul, re, factor);
        scaled.im = b.binary(Binary::Mul, im, factor);
        scaled
    }

    /// One constant where the number was great, another where it was small, else a third.
    fn choose(&self, b: &mut Builder, [great, small]: [f64; 2], else_: f64) -> Value {
        let scalar = b.scalar_type(self.re);
        let [great, small, other] = [great, small, else_].map(|value| b.float(scalar, value));
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
    /// Whether a value is infinite.
    fn is_endless(&mut self, v: Value) -> Value {
        let infinity = self.float(self.scalar_type(v), f64::INFINITY);
        let magnitude = self.unary(Unary::Abs, v);
        self.compare(Predicate::Eq, magnitude, infinity)
    }

    /// Whether either part is infinite.
    fn is_infinite(&mut self, z: Element) -> Value {
        let [re, im] = z.both().map(|v| self.is_endless(v));
        self.binary(Binary::Or, re, im)
    }

    /// |z|, within 1.2 ULP; infinite if either part is.
    pub(super) fn length(&mut self, z: Element) -> Value {
        let scalar = self.scalar_type(z.re());
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let [down, up] = scales(scalar);
        let back = scaled.choose(self, [down, -up].map(|k| 2f64.powi(k)), 1.0);
        let length = self.binary(Binary::Mul, length, back);
        let infinity = self.float(scalar, f64::INFINITY);
        let is_infinite = self.is_infinite(z);
        self.select(is_infinite, infinity, length)
    }

    /// z / |z| within 3 ULP, 0 at 0. With one infinite part it is ±1 there and a zero beside it, even beside
    /// NaN; with two there is no direction, and it is NaN.
    pub(super) fn direction(&mut self, z: Element) -> Element {
        let scalar = self.scalar_type(z.re());
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let zero = self.float(scalar, 0.0);
        let vanishes = self.compare(Predicate::Eq, length, zero);
        let ends = [self.is_endless(z.re()), self.is_endless(z.both()[1])];
        let is_infinite = self.binary(Binary::Or, ends[0], ends[1]);
        let limits = self.directions_at_infinity(scalar, ends);
        let [re, im] = z.both();
        let parts = [(scaled.re, re, limits[0]), (scaled.im, im, limits[1])];
        let [re, im] = parts.map(|(magnitude, signed, limit)| {
            let quotient = self.binary(Binary::Div, magnitude, length);
            let quotient = self.select(is_infinite, limit, quotient);
            let quotient = self.with_sign_of(quotient, signed);
            self.select(vanishes, zero, quotient)
        });
        Element::complex(z.dtype, re, im)
    }

    /// The magnitudes of the parts of a direction by which of the number's are infinite: 1 for the one that
    /// is.
    fn directions_at_infinity(&mut self, scalar: ScalarType, ends: [Value; 2]) -> [Value; 2] {
        let [zero, one, nan] = [0.0, 1.0, f64::NAN].map(|value| self.float(scalar, value));
        let both = self.binary(Binary::And, ends[0], ends[1]);
        ends.map(|is_end| {
            let alone = self.select(is_end, one, zero);
            self.select(both, nan, alone)
        })
    }

    /// The root in the right half plane, within 2 ULP of its magnitude, with the special cases of C, annex
    /// G.6.4.2.
    ///
    /// The larger part comes from a sum without cancellation, the other from their product.
    pub(super) fn complex_sqrt(&mut self, z: Element) -> Element {
        let scalar = self.scalar_type(z.re());
        let [re, im] = z.both();
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let (zero, half, infinity) =
            (self.float(scalar, 0.0), self.float(scalar, 0.5), self.float(scalar, f64::INFINITY));
        let sum = self.binary(Binary::Add, length, scaled.re);
        let square = self.binary(Binary::Mul, sum, half);
        let large = self.unary(Unary::Sqrt, square);
        // Beside an infinite real part NaN does not matter for the larger part.
        let is_far = self.is_endless(re);
        let large = self.select(is_far, infinity, large);
        let quotient = self.binary(Binary::Div, scaled.im, large);
        let small = self.binary(Binary::Mul, quotient, half);
        let vanishes = self.compare(Predicate::Eq, large, zero);
        let small = self.select(vanishes, zero, small);
        let [down, up] = scales(scalar);
        let back = scaled.choose(self, [down / 2, -up / 2].map(|k| 2f64.powi(k)), 1.0);
        let [large, small] = [large, small].map(|v| self.binary(Binary::Mul, v, back));
        let is_left = self.compare(Predicate::Lt, re, zero);
        let root_re = self.select(is_left, small, large);
        let root_im = self.select(is_left, large, small);
        let is_infinite = self.is_endless(im);
        let root_re = self.select(is_infinite, infinity, root_re);
        let root_im = self.select(is_infinite, infinity, root_im);
        let root_im = self.with_sign_of(root_im, im);
        Element::complex(z.dtype, root_re, root_im)
    }

    /// e^z, within 3 ULP of its magnitude, with the special cases of C, annex G.6.3.1.
    pub(super) fn complex_exp(&mut self, z: Element) -> Element {
        let scalar = self.scalar_type(z.re());
        let [re, im] = z.both();
        // Where e^re overflows its product with a sine need not.
        let (limit, half) = (
            self.float(scalar, if scalar == ScalarType::F32 { 88.0 } else { 709.0 }),
            self.float(scalar, 0.5),
        );
        let is_great = self.compare(Predicate::Gt, re, limit);
        let half_re = self.binary(Binary::Mul, re, half);
        let exponent = self.select(is_great, half_re, re);
        let power = self.math(MathFn::Exp, exponent);
        let angle = self.angle_of_exponential(re, im);
        let (cosine, sine) = (self.math(MathFn::Cos, angle), self.math(MathFn::Sin, angle));
        let [root_re, root_im] = [cosine, sine].map(|part| {
            let once = self.binary(Binary::Mul, part, power);
            let twice = self.binary(Binary::Mul, once, power);
            self.select(is_great, twice, once)
        });
        // On the real line e^z is real, and infinity times 0 no problem.
        let zero = self.float(scalar, 0.0);
        let is_real = self.compare(Predicate::Eq, im, zero);
        let root_im = self.select(is_real, im, root_im);
        Element::complex(z.dtype, root_re, root_im)
    }

    /// An imaginary part, but 0 for an angle that is no number where the real part is infinite: e^z is then
    /// 0, or an infinity with the imaginary part NaN, which infinity times 0 is.
    fn angle_of_exponential(&mut self, re: Value, im: Value) -> Value {
        let is_far = self.is_endless(re);
        // Infinities and NaN.
        let gap = self.binary(Binary::Sub, im, im);
        let is_open = self.compare(Predicate::Ne, gap, gap);
        let is_lost = self.binary(Binary::And, is_far, is_open);
        let zero = self.float(self.scalar_type(im), 0.0);
        self.select(is_lost, zero, im)
    }

    /// The logarithm whose imaginary part is from -π to π, within 3 ULP of its magnitude.
    pub(super) fn complex_log(&mut self, z: Element) -> Element {
        let scalar = self.scalar_type(z.re());
        let [re, im] = z.both();
        let scaled = Scaled::of(self, z);
        let length = scaled.length(self);
        let log = self.math(MathFn::Log, length);
        let [down, up] = scales(scalar).map(|k| std::f64::consts::LN_2 * f64::from(k));
        let shift = scaled.choose(self, [down, -up], 0.0);
        let far = self.binary(Binary::Add, log, shift);
        // Near the unit circle from |z|² - 1, in which only what does not matter beside the angle cancels.
        let swap = self.compare(Predicate::Lt, scaled.re, scaled.im);
        let big = self.select(swap, scaled.im, scaled.re);
        let small = self.select(swap, scaled.re, scaled.im);
        let (half, one, two) = (self.float(scalar, 0.5), self.float(scalar, 1.0), self.float(scalar, 2.0));
        let (above, below) = (self.binary(Binary::Add, big, one), self.binary(Binary::Sub, big, one));
        let square = self.binary(Binary::Mul, small, small);
        let excess = self.fma(below, above, square);
        let near = self.math(MathFn::Log1p, excess);
        let near = self.binary(Binary::Mul, near, half);
        let is_above = self.compare(Predicate::Gt, length, half);
        let is_below = self.compare(Predicate::Lt, length, two);
        let is_near = self.binary(Binary::And, is_above, is_below);
        let log = self.select(is_near, near, far);
        let infinity = self.float(scalar, f64::INFINITY);
        let is_infinite = self.is_infinite(z);
        let log = self.select(is_infinite, infinity, log);
        let angle = self.math2(MathFn2::Arctan2, im, re);
        Element::complex(z.dtype, log, angle)
    }

    /// e^(y log x), 1 for y = 0 and 0 where x is 0 and the real part of y positive; within 4 ULP of its
    /// magnitude.
    ///
    /// `F32` values are computed in `F64`, where no care is needed, with small integer powers by products. In
    /// `F64` values products say which parts of such a power are zero, and take over where each rounds but
    /// once.
    pub(super) fn complex_power(&mut self, x: Element, y: Element) -> Element {
        let dtype = x.dtype;
        let (x, y) = (self.cast(x, DType::C128), self.cast(y, DType::C128));
        let is_wide = dtype == DType::C128;
        let power = if is_wide {
            let [re, im] = [MathFn4::PowReal, MathFn4::PowImaginary].map(|part| self.math4(part, x, y));
            Element::complex(dtype, re, im)
        } else {
            let log = self.complex_log(x);
            let exponent = self.mul(y, log);
            self.complex_exp(exponent)
        };
        let zero = self.float(ScalarType::F64, 0.0);
        let [is_zero, is_real] = [[x.re(), x.both()[1]], [y.both()[1], y.both()[1]]]
            .map(|[a, b]| [a, b].map(|v| self.compare(Predicate::Eq, v, zero)))
            .map(|[a, b]| self.binary(Binary::And, a, b));
        let grows = self.compare(Predicate::Gt, y.re(), zero);
        let vanishes = self.binary(Binary::And, is_zero, grows);
        let nothing = Element::complex(DType::C128, zero, zero);
        let power = self.choose(vanishes, nothing, power);
        let small = self.small_power(x, y.re());
        let is_small = self.binary(Binary::And, small.applies, is_real);
        if !is_wide {
            let power = self.choose(is_small, small.power, power);
            return self.cast(power, dtype);
        }
        let is_infinite = self.is_infinite(x);
        let is_end = self.binary(Binary::Or, is_zero, is_infinite);
        let as_products = self.binary(Binary::Or, small.is_short, is_end);
        let mut part = |k: usize| {
            let vanishes = self.compare(Predicate::Eq, small.product.both()[k], zero);
            let is_better = self.binary(Binary::Or, as_products, vanishes);
            let is_better = self.binary(Binary::And, is_better, is_small);
            self.select(is_better, small.power.both()[k], power.both()[k])
        };
        let (re, im) = (part(0), part(1));
        Element::complex(dtype, re, im)
    }

    /// x to a power that is an integer below 16 in magnitude.
    fn small_power(&mut self, x: Element, exponent: Value) -> SmallPower {
        let count = self.convert(exponent, ScalarType::I32);
        let whole = self.convert(count, ScalarType::F64);
        let is_whole = self.compare(Predicate::Eq, whole, exponent);
        let (zero, limit) = (self.int(ScalarType::U32, 0), self.int(ScalarType::U32, 16));
        // The least integer stays, and is great without its sign.
        let magnitude = self.unary(Unary::Abs, count);
        let magnitude = self.bitcast(magnitude, ScalarType::U32);
        let is_low = self.compare(Predicate::Lt, magnitude, limit);
        let applies = self.binary(Binary::And, is_whole, is_low);
        let (re, im) = (self.float(ScalarType::F64, 1.0), self.float(ScalarType::F64, 0.0));
        let one = Element::complex(x.dtype, re, im);
        let (mut product, mut square) = (one, x);
        for bit in 0..4 {
            let [mask, lower] = [1 << bit, (1 << bit) - 1].map(|bits| self.int(ScalarType::U32, bits));
            let [masked, below] = [mask, lower].map(|bits| self.binary(Binary::And, magnitude, bits));
            let is_set = self.compare(Predicate::Ne, masked, zero);
            // A first factor is not multiplied by 1, whose imaginary part would make NaN of an infinity.
            let is_first = self.compare(Predicate::Eq, below, zero);
            let longer = self.mul(product, square);
            let longer = self.choose(is_first, square, longer);
            product = self.choose(is_set, longer, product);
            square = self.mul(square, square);
        }
        let inverse = self.div(one, product);
        let [none, least, greatest] = [0, -1, 2].map(|n| self.int(ScalarType::I32, n));
        let is_negative = self.compare(Predicate::Lt, count, none);
        let power = self.choose(is_negative, inverse, product);
        let is_above = self.compare(Predicate::Ge, count, least);
        let is_below = self.compare(Predicate::Le, count, greatest);
        SmallPower { applies, power, product, is_short: self.binary(Binary::And, is_above, is_below) }
    }
}

/// A power by products.
struct SmallPower {
    /// Whether the exponent is a small integer.
    applies: Value,
    power: Element,
    /// The power, or its inverse if the exponent is negative.
    product: Element,
    /// Whether it is the inverse, 1, the base or its square.
    is_short: Value,
}
