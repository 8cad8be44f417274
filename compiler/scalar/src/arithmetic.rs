//! Division that rounds down, powers and signs of real and integer elements.

use super::{Binary, Builder, Element, MathFn, MathFn2, Predicate, ScalarType, Unary, Value};
use crate::dtype::Kind;

/// Exponents of integer powers below 2 to this are not rare.
const FEW_BITS: u32 = 6;

impl Builder {
    /// x / y rounded down, and what that leaves, which has the sign of y. Of integers by 0 both are 0.
    pub fn floored_division(&mut self, x: Value, y: Value) -> (Value, Value) {
        let scalar = self.scalar_type(x);
        match () {
            () if scalar.is_float() => self.floored_float_division(x, y),
            () if scalar.is_signed() => {
                let (quotient, rest) = (self.binary(Binary::Div, x, y), self.binary(Binary::Rem, x, y));
                let (zero, one) = (self.int(scalar, 0), self.int(scalar, 1));
                let is_rest = self.compare(Predicate::Ne, rest, zero);
                let signs = self.binary(Binary::Xor, rest, y);
                let differ = self.compare(Predicate::Lt, signs, zero);
                let is_below = self.binary(Binary::And, is_rest, differ);
                let less = self.binary(Binary::Sub, quotient, one);
                let raised = self.binary(Binary::Add, rest, y);
                (self.select(is_below, less, quotient), self.select(is_below, raised, rest))
            }
            () => (self.binary(Binary::Div, x, y), self.binary(Binary::Rem, x, y)),
        }
    }

    /// As CPython's `float_divmod` has it: the rest is exact, and the quotient is computed from it.
    fn floored_float_division(&mut self, x: Value, y: Value) -> (Value, Value) {
        let scalar = self.scalar_type(x);
        let (zero, half, one) = (self.float(scalar, 0.0), self.float(scalar, 0.5), self.float(scalar, 1.0));
        let rest = self.math2(MathFn2::Fmod, x, y);
        let is_rest = self.compare(Predicate::Ne, rest, zero);
        let [rest_negative, y_negative] = [rest, y].map(|v| self.compare(Predicate::Lt, v, zero));
        let differ = self.binary(Binary::Xor, rest_negative, y_negative);
        let is_below = self.binary(Binary::And, is_rest, differ);
        let whole = self.binary(Binary::Sub, x, rest);
        let whole = self.binary(Binary::Div, whole, y);
        let less = self.binary(Binary::Sub, whole, one);
        let near = self.select(is_below, less, whole);
        let floor = self.unary(Unary::Floor, near);
        let above = self.binary(Binary::Sub, near, floor);
        let is_above = self.compare(Predicate::Gt, above, half);
        let more = self.binary(Binary::Add, floor, one);
        let quotient = self.select(is_above, more, floor);
        // A zero has the sign of the exact quotient, as the quotient by 0 has.
        let exact = self.binary(Binary::Div, x, y);
        let vanishes = self.compare(Predicate::Eq, quotient, zero);
        let signed = self.with_sign_of(zero, exact);
        let quotient = self.select(vanishes, signed, quotient);
        let by_zero = self.compare(Predicate::Eq, y, zero);
        let quotient = self.select(by_zero, exact, quotient);

        let raised = self.binary(Binary::Add, rest, y);
        let modulo = self.select(is_below, raised, rest);
        let vanishes = self.compare(Predicate::Eq, modulo, zero);
        let signed = self.with_sign_of(zero, y);
        (quotient, self.select(vanishes, signed, modulo))
    }

    /// A float that is not negative, with the sign of another. No arithmetic on bits, as the wide evaluator
    /// rounds what it reads them of.
    pub(super) fn with_sign_of(&mut self, magnitude: Value, signed: Value) -> Value {
        let scalar = self.scalar_type(magnitude);
        let sign = self.bits(scalar.to_bits_type(), 1 << (scalar.bits() - 1));
        let bits = self.bitcast(signed, scalar.to_bits_type());
        let is_negative = self.compare(Predicate::Ge, bits, sign);
        let minus = self.unary(Unary::Neg, magnitude);
        self.select(is_negative, minus, magnitude)
    }

    /// x to the power of y, of one type but `bool`. Integers wrap, and are 0 to a negative power.
    pub fn power(&mut self, x: Element, y: Element) -> Element {
        match x.dtype.kind() {
            Kind::Complex => self.complex_power(x, y),
            Kind::Float => Element::real(x.dtype, self.math2(MathFn2::Pow, x.re(), y.re())),
            Kind::Bool | Kind::Integer => Element::real(x.dtype, self.integer_power(x.re(), y.re())),
        }
    }

    /// By the bits of the exponent, from the last (Knuth, "The Art of Computer Programming" vol. 2, 4.6.3,
    /// algorithm A).
    fn integer_power(&mut self, x: Value, y: Value) -> Value {
        let scalar = self.scalar_type(x);
        let (zero, one) = (self.int(scalar, 0), self.int(scalar, 1));
        let bits = scalar.bits() - u32::from(scalar.is_signed());
        let few = bits.min(FEW_BITS);
        let (low, square) = self.product_of_squares(one, x, y, 0..few);
        let (all, _) = self.product_of_squares(low, square, y, few..bits);
        let limit = self.int(scalar, 1 << FEW_BITS);
        let is_great = self.compare(Predicate::Ge, y, limit);
        let power = self.rarely(is_great, all, low);
        if !scalar.is_signed() {
            return power;
        }
        let is_negative = self.compare(Predicate::Lt, y, zero);
        self.select(is_negative, zero, power)
    }

    /// A product with those squares of squares whose bits are set, and the next square.
    fn product_of_squares(
        &mut self,
        mut product: Value,
        mut square: Value,
        exponent: Value,
        bits: std::ops::Range<u32>,
    ) -> (Value, Value) {
        let scalar = self.scalar_type(square);
        let zero = self.int(scalar, 0);
        for bit in bits {
            let mask = self.int(scalar, 1 << bit);
            let masked = self.binary(Binary::And, exponent, mask);
            let is_set = self.compare(Predicate::Ne, masked, zero);
            let longer = self.binary(Binary::Mul, product, square);
            product = self.select(is_set, longer, product);
            square = self.binary(Binary::Mul, square, square);
        }
        (product, square)
    }

    /// The magnitude, real; the least integer stays.
    pub fn abs(&mut self, x: Element) -> Element {
        match x.im() {
            Some(_) => Element::real(x.dtype.to_real(), self.length(x)),
            None if x.dtype.is_float() || x.dtype.scalar_type().is_signed() => {
                x.map(&mut |v| self.unary(Unary::Abs, v))
            }
            None => x,
        }
    }

    /// -1, 0 or 1 by the sign, NaN of NaN; of a complex element that of its magnitude in its direction.
    pub fn sign(&mut self, x: Element) -> Element {
        if x.im().is_some() {
            return self.direction(x);
        }
        let scalar = self.scalar_type(x.re());
        let number = |b: &mut Builder, value: i64| {
            if let ScalarType::F16 | ScalarType::BF16 | ScalarType::F32 | ScalarType::F64 = scalar {
                b.float(scalar, value as f64)
            } else {
                b.int(scalar, value)
            }
        };
        let (zero, one) = (number(self, 0), number(self, 1));
        let is_positive = self.compare(Predicate::Gt, x.re(), zero);
        let rest = match scalar.is_float() || scalar.is_signed() {
            true => {
                let minus_one = number(self, -1);
                let is_negative = self.compare(Predicate::Lt, x.re(), zero);
                // Zeros and NaN stay, without the sign of a zero.
                let plain = if scalar.is_float() { self.binary(Binary::Add, x.re(), zero) } else { x.re() };
                self.select(is_negative, minus_one, plain)
            }
            false => zero,
        };
        Element::real(x.dtype, self.select(is_positive, one, rest))
    }

    /// The square root.
    pub fn sqrt(&mut self, x: Element) -> Element {
        if x.im().is_some() { self.complex_sqrt(x) } else { x.map(&mut |v| self.unary(Unary::Sqrt, v)) }
    }

    /// e^x.
    pub fn exp(&mut self, x: Element) -> Element {
        if x.im().is_some() { self.complex_exp(x) } else { x.map(&mut |v| self.math(MathFn::Exp, v)) }
    }

    /// The natural logarithm.
    pub fn log(&mut self, x: Element) -> Element {
        if x.im().is_some() { self.complex_log(x) } else { x.map(&mut |v| self.math(MathFn::Log, v)) }
    }

    /// The angle from the positive real axis: of a real element π below 0 and else 0, whatever the sign of a
    /// zero.
    pub fn angle(&mut self, x: Element) -> Element {
        let real = x.dtype.to_real();
        if let Some(im) = x.im() {
            return Element::real(real, self.math2(MathFn2::Arctan2, im, x.re()));
        }
        let scalar = self.scalar_type(x.re());
        let (zero, pi) = (self.float(scalar, 0.0), self.float(scalar, std::f64::consts::PI));
        let is_negative = self.compare(Predicate::Lt, x.re(), zero);
        let is_other = self.compare(Predicate::Ge, x.re(), zero);
        let rest = self.select(is_other, zero, x.re());
        Element::real(real, self.select(is_negative, pi, rest))
    }

    /// 1 / x.
    pub fn reciprocal(&mut self, x: Element) -> Element {
        let one = Element::real(x.dtype.to_real(), self.float(self.scalar_type(x.re()), 1.0));
        let one = self.cast(one, x.dtype);
        self.div(one, x)
    }
}
