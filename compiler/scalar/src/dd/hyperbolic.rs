//! Hyperbolic functions and their inverses, and exponentials and logarithms to other bases, in double-double
//! arithmetic.

use super::{Dd, exponent};

const LN_2: Dd = Dd { hi: f64::from_bits(0x3fe6_2e42_fefa_39ef), lo: f64::from_bits(0x3c7a_bc9e_3b39_803f) };
const LN_10: Dd = Dd { hi: f64::from_bits(0x4002_6bb1_bbb5_5516), lo: f64::from_bits(0xbcaf_48ad_494e_a3e9) };

impl Dd {
    /// 2^x.
    pub fn exp2(self) -> Dd {
        if self.hi.is_nan() || self.hi > 1024.0 || self.hi < -1076.0 {
            return Dd::from(self.hi.exp2());
        }
        let k = self.hi.round();
        ((self - Dd::from(k)) * LN_2).small_expm1().add_one().scale(k as i32)
    }

    fn add_one(self) -> Dd {
        self + Dd::ONE
    }

    /// Logarithm to the base 2; exact for powers of two.
    pub fn log2(self) -> Dd {
        if !(self.hi > 0.0 && self.hi.is_finite()) {
            return self.log();
        }
        let k = exponent(self.hi);
        let k = if self.scale(-k).hi > std::f64::consts::SQRT_2 { k + 1 } else { k };
        Dd::from(f64::from(k)) + self.scale(-k).log() / LN_2
    }

    /// Logarithm to the base 10.
    pub fn log10(self) -> Dd {
        self.log() / LN_10
    }

    /// Hyperbolic sine.
    pub fn sinh(self) -> Dd {
        if self.hi.abs() > 40.0 {
            let size = self.abs().cosh();
            return if self.hi < 0.0 { -size } else { size };
        }
        let power = self.expm1();
        (power + power / (power + Dd::ONE)).scale(-1)
    }

    /// Hyperbolic cosine.
    pub fn cosh(self) -> Dd {
        if self.hi.abs() > 700.0 {
            let half = self.abs().scale(-1).exp();
            return half.scale(-1) * half;
        }
        let power = self.exp();
        (power + Dd::ONE / power).scale(-1)
    }

    /// Hyperbolic tangent.
    pub fn tanh(self) -> Dd {
        let power = (-self.abs()).scale(1).expm1();
        let size = -power / (power + Dd::from(2.0));
        if self.hi.is_sign_negative() { -size } else { size }
    }

    /// Inverse hyperbolic sine.
    pub fn arcsinh(self) -> Dd {
        let a = self.abs();
        let size = if a.hi < 2f64.powi(-60) {
            a
        } else if a.hi > 2f64.powi(200) {
            a.log() + LN_2
        } else {
            let square = a * a;
            (a + square / (Dd::ONE + (Dd::ONE + square).sqrt())).log1p()
        };
        if self.hi.is_sign_negative() { -size } else { size }
    }

    /// Inverse hyperbolic cosine; NaN below 1.
    pub fn arccosh(self) -> Dd {
        if self.hi > 2f64.powi(200) {
            return self.log() + LN_2;
        }
        if self < Dd::ONE {
            return Dd::from(f64::NAN);
        }
        let t = self - Dd::ONE;
        (t + (t * (t + Dd::from(2.0))).sqrt()).log1p()
    }

    /// Inverse hyperbolic tangent; infinite at ±1, NaN beyond.
    pub fn arctanh(self) -> Dd {
        let a = self.abs();
        let size = if a == Dd::ONE {
            Dd::from(f64::INFINITY)
        } else {
            (a.scale(1) / (Dd::ONE - a)).log1p().scale(-1)
        };
        if self.hi.is_sign_negative() { -size } else { size }
    }
}
