//! Powers of complex numbers in double-double arithmetic.

use super::{Dd, exponent};

impl Dd {
    /// log |z| for z = x + iy, within 2^-100 of |log z|.
    fn log_length(x: Dd, y: Dd) -> Dd {
        let (great, less) = if x.abs() < y.abs() { (y.abs(), x.abs()) } else { (x.abs(), y.abs()) };
        if great.hi == 0.0 || !great.hi.is_finite() || !less.hi.is_finite() {
            return Dd::from(great.hi.hypot(less.hi).ln());
        }
        let half = Dd::from(0.5);
        if 0.5 <= great.hi && great.hi < 2.0 {
            return half * ((great - Dd::ONE) * (great + Dd::ONE) + less * less).log1p();
        }
        let k = exponent(great.hi);
        let (great, less) = (great.scale(-k), less.scale(-k));
        half * (great * great + less * less).log() + Dd::from(f64::from(k)) * Dd::from(2.0).log()
    }

    /// e^(y log x) by the parts of both, without any special case.
    pub fn complex_pow([x, xi]: [Dd; 2], [y, yi]: [Dd; 2]) -> [Dd; 2] {
        let (length, angle) = (Dd::log_length(x, xi), xi.arctan2(x));
        let (re, im) = (length * y - angle * yi, length * yi + angle * y);
        // In two factors, so that neither leaves the range before the product does.
        let root = (re * Dd::from(0.5)).exp();
        let imaginary = if im.hi == 0.0 { im } else { im.sin() * root * root };
        [im.cos() * root * root, imaginary]
    }
}
