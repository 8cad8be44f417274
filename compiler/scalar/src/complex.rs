//! Arithmetic on elements, real or complex.
//!
//! Complex products and quotients are the textbook formulas; the quotient scales by the larger part of the
//! divisor (Smith, "Algorithm 116: Complex division", CACM 5(8), 1962, p. 435) so that it does not overflow
//! early.

use super::{Binary, Builder, Element, Predicate, Unary, Value};

impl Builder {
    /// Sum of two elements of one type.
    pub fn add(&mut self, a: Element, b: Element) -> Element {
        self.partwise(Binary::Add, a, b)
    }

    /// Difference of two elements of one type.
    pub fn sub(&mut self, a: Element, b: Element) -> Element {
        self.partwise(Binary::Sub, a, b)
    }

    fn partwise(&mut self, op: Binary, a: Element, b: Element) -> Element {
        let re = self.binary(op, a.re(), b.re());
        match (a.parts(), b.parts()) {
            ([_, ai], [_, bi]) => {
                let (ai, bi) = (*ai, *bi);
                let im = self.binary(op, ai, bi);
                Element::complex(a.dtype, re, im)
            }
            _ => Element::real(a.dtype, re),
        }
    }

    /// `if c { a } else { b }` on elements of one type.
    pub fn choose(&mut self, c: Value, a: Element, b: Element) -> Element {
        let re = self.select(c, a.re(), b.re());
        match (a.parts(), b.parts()) {
            ([_, ai], [_, bi]) => {
                let (ai, bi) = (*ai, *bi);
                let im = self.select(c, ai, bi);
                Element::complex(a.dtype, re, im)
            }
            _ => Element::real(a.dtype, re),
        }
    }

    /// Negation.
    pub fn neg(&mut self, a: Element) -> Element {
        a.map(&mut |v| self.unary(Unary::Neg, v))
    }

    /// Product of two elements of one type.
    pub fn mul(&mut self, a: Element, b: Element) -> Element {
        let ([ar, ai], [br, bi]) = (a.parts(), b.parts()) else {
            return Element::real(a.dtype, self.binary(Binary::Mul, a.re(), b.re()));
        };
        let (ar, ai, br, bi) = (*ar, *ai, *br, *bi);
        let rr = self.binary(Binary::Mul, ar, br);
        let ii = self.binary(Binary::Mul, ai, bi);
        let ri = self.binary(Binary::Mul, ar, bi);
        let ir = self.binary(Binary::Mul, ai, br);
        let re = self.binary(Binary::Sub, rr, ii);
        let im = self.binary(Binary::Add, ri, ir);
        Element::complex(a.dtype, re, im)
    }

    /// Quotient of two floating-point elements of one type.
    pub fn div(&mut self, a: Element, b: Element) -> Element {
        let ([ar, ai], [br, bi]) = (a.parts(), b.parts()) else {
            return Element::real(a.dtype, self.binary(Binary::Div, a.re(), b.re()));
        };
        let (ar, ai, br, bi) = (*ar, *ai, *br, *bi);
        let (abs_re, abs_im) = (self.unary(Unary::Abs, br), self.unary(Unary::Abs, bi));
        let swap = self.compare(Predicate::Lt, abs_re, abs_im);
        // With |big| >= |small|: ratio = small/big, scale = big + small*ratio.
        let big = self.select(swap, bi, br);
        let small = self.select(swap, br, bi);
        let quotient = self.binary(Binary::Div, small, big);
        // 0/0 would make x/0 NaN in both parts instead of inf or NaN by part.
        let zero = self.float(self.scalar_type(big), 0.0);
        let vanishes = self.compare(Predicate::Eq, big, zero);
        let ratio = self.select(vanishes, zero, quotient);
        let tail = self.binary(Binary::Mul, small, ratio);
        let scale = self.binary(Binary::Add, big, tail);
        let (p, q) = (self.select(swap, ai, ar), self.select(swap, ar, ai));
        let re = self.scaled(Binary::Add, p, q, ratio, scale);
        let straight = self.scaled(Binary::Sub, ai, ar, ratio, scale);
        let flipped_tail = self.binary(Binary::Mul, ai, ratio);
        let flipped_sum = self.binary(Binary::Sub, flipped_tail, ar);
        let flipped = self.binary(Binary::Div, flipped_sum, scale);
        let im = self.select(swap, flipped, straight);
        Element::complex(a.dtype, re, im)
    }

    /// (a ± b*ratio) / scale.
    fn scaled(&mut self, op: Binary, a: Value, b: Value, ratio: Value, scale: Value) -> Value {
        let tail = self.binary(Binary::Mul, b, ratio);
        let sum = self.binary(op, a, tail);
        self.binary(Binary::Div, sum, scale)
    }
}
