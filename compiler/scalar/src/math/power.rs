//! e^x for arguments of twice the places, as powers, the error functions and the gamma function need it.

use super::double::Double;
use super::exp::{LN_2, LOG2_E, POLYNOMIAL, power_of_two};
use super::{Binary, Emit, Value};

/// e^x = 2^n m, where m, between 0.7 and 1.42, has about 6 bits more than the scalar.
pub(super) struct DoublePower {
    n: Value,
    /// The sum whose low bits hold n.
    sum: Value,
    pub(super) mantissa: Double,
}

impl DoublePower {
    /// Reduces an argument so small that 2^n is within a few places of the range of the scalar.
    pub(super) fn of(e: &mut Emit, x: Double) -> DoublePower {
        let (log2_e, magic) = (e.constant(LOG2_E), e.magic());
        let sum = e.fma(x.hi, log2_e, magic);
        let n = e.sub(sum, magic);
        let (high, low) = (e.constant(LN_2.0), e.constant(LN_2.1));
        let upper = e.fnma(n, high, x.hi);
        let lower = e.fnma(n, low, x.lo);
        let r = e.two_sum(upper, lower);
        let polynomial = e.horner(POLYNOMIAL, r.hi);
        let square = e.mul(r.hi, r.hi);
        let curved = e.mul(square, polynomial);
        let one = e.exact(1.0);
        let linear = e.ordered_sum(one, r.hi);
        let sum_of_terms = e.ordered_sum(linear.hi, curved);
        let low = e.fma(r.lo, r.hi, r.lo);
        let low = e.add(low, linear.lo);
        let mantissa = Double { hi: sum_of_terms.hi, lo: e.add(low, sum_of_terms.lo) };
        DoublePower { n, sum, mantissa }
    }

    /// Two powers of two, both in the normal range, whose product is 2^n even where that is not.
    pub(super) fn scales(&self, e: &mut Emit) -> (Value, Value) {
        let (half, magic) = (e.exact(0.5), e.magic());
        let sum = e.fma(self.n, half, magic);
        let (whole, first) = (e.bits_of(self.sum), e.bits_of(sum));
        let second = e.b.binary(Binary::Sub, whole, first);
        (power_of_two(e, first, 0), power_of_two(e, second, 0))
    }

    /// 2^n times a value that is near the mantissa.
    pub(super) fn scaled(&self, e: &mut Emit, value: Value) -> Value {
        let (first, second) = self.scales(e);
        let scaled = e.mul(value, first);
        e.mul(scaled, second)
    }
}
