//! Unevaluated sums of two values of a scalar, for what has to be known to more places than a scalar has.
//!
//! Sums and products: T. J. Dekker, "A floating-point technique for extending the available precision",
//! Numerische Mathematik 18, 1971, pp. 224-242, with the exact product by fused multiplication.

use super::{Emit, Value};

/// hi + lo, where lo is small beside hi.
#[derive(Clone, Copy)]
pub(super) struct Double {
    pub(super) hi: Value,
    pub(super) lo: Value,
}

impl Emit<'_> {
    /// a + b exactly, in any order of magnitudes.
    pub(super) fn two_sum(&mut self, a: Value, b: Value) -> Double {
        let hi = self.add(a, b);
        let back = self.sub(hi, a);
        let rest = self.sub(hi, back);
        let (lost_a, lost_b) = (self.sub(a, rest), self.sub(b, back));
        Double { hi, lo: self.add(lost_a, lost_b) }
    }

    /// a + b exactly, if a is 0 or not smaller than b.
    pub(super) fn ordered_sum(&mut self, a: Value, b: Value) -> Double {
        let hi = self.add(a, b);
        let back = self.sub(hi, a);
        Double { hi, lo: self.sub(b, back) }
    }

    /// a * b exactly, unless the lower part leaves the range.
    pub(super) fn two_product(&mut self, a: Value, b: Value) -> Double {
        let hi = self.mul(a, b);
        let minus = self.neg(hi);
        Double { hi, lo: self.fma(a, b, minus) }
    }

    /// a * b to about twice the places of a lane.
    pub(super) fn double_product(&mut self, a: Double, b: Double) -> Double {
        let product = self.two_product(a.hi, b.hi);
        let lo = self.fma(a.lo, b.hi, product.lo);
        Double { hi: product.hi, lo: self.fma(a.hi, b.lo, lo) }
    }

    /// a * b for a value of a lane.
    pub(super) fn times(&mut self, a: Double, b: Value) -> Double {
        let product = self.two_product(a.hi, b);
        Double { hi: product.hi, lo: self.fma(a.lo, b, product.lo) }
    }

    /// a / b to about twice the places of a scalar; no lower part where the quotient leaves the range.
    pub(super) fn quotient(&mut self, a: Double, b: Double) -> Double {
        let (one, zero, infinity) = (self.exact(1.0), self.exact(0.0), self.exact(f32::INFINITY));
        let inverse = self.div(one, b.hi);
        let hi = self.mul(a.hi, inverse);
        let rest = self.fnma(hi, b.hi, a.hi);
        let rest = self.fnma(hi, b.lo, rest);
        let rest = self.add(rest, a.lo);
        let lo = self.mul(rest, inverse);
        let magnitude = self.abs(hi);
        let is_finite = self.compare(super::Predicate::Lt, magnitude, infinity);
        Double { hi, lo: self.select(is_finite, lo, zero) }
    }

    /// a + b for a value of a scalar that is 0 or not smaller than the other.
    pub(super) fn ordered_plus(&mut self, a: Value, b: Double) -> Double {
        let sum = self.ordered_sum(a, b.hi);
        Double { hi: sum.hi, lo: self.add(sum.lo, b.lo) }
    }

    /// A constant given by its parts.
    pub(super) fn double_constant(&mut self, parts: (super::Pair, super::Pair)) -> Double {
        Double { hi: self.constant(parts.0), lo: self.constant(parts.1) }
    }

    /// a + b, which may nearly cancel.
    pub(super) fn double_sum(&mut self, a: Double, b: Double) -> Double {
        let sum = self.two_sum(a.hi, b.hi);
        let low = self.add(a.lo, b.lo);
        let low = self.add(sum.lo, low);
        self.two_sum(sum.hi, low)
    }

    /// a + b, where a is 0 or not smaller than twice the other.
    pub(super) fn ordered_double_sum(&mut self, a: Double, b: Double) -> Double {
        let sum = self.ordered_sum(a.hi, b.hi);
        let middle = self.two_sum(sum.lo, a.lo);
        let upper = self.ordered_sum(sum.hi, middle.hi);
        let low = self.add(middle.lo, b.lo);
        Double { hi: upper.hi, lo: self.add(upper.lo, low) }
    }

    /// -a.
    pub(super) fn opposite(&mut self, a: Double) -> Double {
        Double { hi: self.neg(a.hi), lo: self.neg(a.lo) }
    }

    /// One of two.
    pub(super) fn choose(&mut self, c: Value, a: Double, b: Double) -> Double {
        Double { hi: self.select(c, a.hi, b.hi), lo: self.select(c, a.lo, b.lo) }
    }

    /// [`Emit::flipped_with`] of both parts.
    pub(super) fn double_flipped_with(&mut self, a: Double, signed: Value) -> Double {
        Double { hi: self.flipped_with(a.hi, signed), lo: self.flipped_with(a.lo, signed) }
    }
}
