//! Trigonometric functions and their inverses in double-double arithmetic.

use super::Dd;

const PI: Dd = Dd { hi: f64::from_bits(0x4009_21fb_5444_2d18), lo: f64::from_bits(0x3ca1_a626_3314_5c07) };
const PI_2: Dd = Dd { hi: f64::from_bits(0x3ff9_21fb_5444_2d18), lo: f64::from_bits(0x3c91_a626_3314_5c07) };
/// The bits of 2/π behind the point.
const TWO_OVER_PI: [u64; 22] = [
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
    0xa9e3_9161_5ee6_1b08,
    0x6599_855f_14a0_6840,
];

/// A number of quarter turns modulo 4 in 320 bits, the highest two before the point; the least significant
/// word first.
type Turns = [u64; 5];

/// |x| times 2/π modulo 4, in integers: the digits of 2/π that matter times the significand.
fn turns(x: f64) -> Turns {
    let bits = x.to_bits() & (u64::MAX >> 1);
    let significand = (bits & ((1 << 52) - 1)) | (1 << 52);
    // |x| is the significand times 2^exponent; digits of weight 4 and more in the product count whole turns.
    let exponent = (bits >> 52) as i64 - 1075;
    let start = exponent - 2;
    let word = |offset: i64| {
        let at = |i: i64| usize::try_from(i).ok().and_then(|i| TWO_OVER_PI.get(i)).copied().unwrap_or(0);
        let (index, shift) = (offset.div_euclid(64), offset.rem_euclid(64));
        let pair = u128::from(at(index)) << 64 | u128::from(at(index + 1));
        (pair << shift >> 64) as u64
    };
    let mut product = [0; 5];
    let mut carry = 0;
    // One word more than is kept, for its carry.
    for i in (0..6).rev() {
        let wide = u128::from(word(start + 64 * i)) * u128::from(significand) + carry;
        carry = wide >> 64;
        if i < 5 {
            product[4 - i as usize] = wide as u64;
        }
    }
    product
}

fn negate(turns: Turns) -> Turns {
    add(turns.map(|word| !word), [1, 0, 0, 0, 0])
}

fn add(a: Turns, b: Turns) -> Turns {
    let mut carry = 0;
    std::array::from_fn(|i| {
        let sum = u128::from(a[i]) + u128::from(b[i]) + carry;
        carry = sum >> 64;
        sum as u64
    })
}

/// x = nπ/2 + r modulo 2π with |r| <= π/4.
fn reduce(x: Dd) -> (u64, Dd) {
    if x.hi.abs() < 0.785 {
        return (0, x);
    }
    let signed = |part: f64| if part < 0.0 { negate(turns(part)) } else { turns(part) };
    let low = if x.lo == 0.0 { [0; 5] } else { signed(x.lo) };
    let sum = add(signed(x.hi), low);
    let n = (sum[4] >> 61).div_ceil(2);
    let fraction = add(sum, [0, 0, 0, 0, (n << 62).wrapping_neg()]);
    let is_negative = fraction[4] >> 63 == 1;
    let size = if is_negative { negate(fraction) } else { fraction };
    let quarters = (0..5).fold(Dd::default(), |sum, i| {
        let [upper, lower] = [size[i] >> 32, size[i] & 0xffff_ffff];
        let scale = 2f64.powi(64 * i as i32 - 318);
        sum + Dd::from(lower as f64 * scale) + Dd::from(upper as f64 * scale * 2f64.powi(32))
    });
    let r = quarters * PI_2;
    (n % 4, if is_negative { -r } else { r })
}

/// sin r and cos r for |r| <= π/4, by their Taylor series.
fn small_sin_cos(r: Dd) -> (Dd, Dd) {
    let z = r * r;
    // r^first/first! - r^(first+2)/(first+2)! + ..., divided by the first term.
    let series = |first: i32| {
        (0..14).rev().fold(Dd::ONE, |sum, i| {
            let (a, b) = (first + 2 * i + 1, first + 2 * i + 2);
            Dd::ONE - sum * z / Dd::from(f64::from(a * b))
        })
    };
    (if r.hi.abs() < 2f64.powi(-55) { r } else { r * series(1) }, series(0))
}

impl Dd {
    fn sin_cos(self) -> (Dd, Dd) {
        if !self.hi.is_finite() {
            return (Dd::from(f64::NAN), Dd::from(f64::NAN));
        }
        let (n, r) = reduce(self);
        let (sin, cos) = small_sin_cos(r);
        match n {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        }
    }

    /// Sine; NaN at infinity.
    pub fn sin(self) -> Dd {
        self.sin_cos().0
    }

    /// Cosine; NaN at infinity.
    pub fn cos(self) -> Dd {
        self.sin_cos().1
    }

    /// Tangent; NaN at infinity.
    pub fn tan(self) -> Dd {
        let (sin, cos) = self.sin_cos();
        sin / cos
    }

    /// Inverse tangent: a step from the `f64` solution by the addition theorem.
    pub fn arctan(self) -> Dd {
        let near = self.hi.atan();
        if self.hi.is_infinite() {
            return if self.hi > 0.0 { PI_2 } else { -PI_2 };
        }
        if near.is_nan() || self.hi.abs() < 2f64.powi(-55) {
            return self;
        }
        let (sin, cos) = Dd::from(near).sin_cos();
        // Division by a huge number loses nothing that addition to π/2 would keep.
        let (top, bottom) = match self.hi.abs() > 2f64.powi(500) {
            true => (cos - sin / self, cos / self + sin),
            false => (self * cos - sin, cos + self * sin),
        };
        Dd::from(near) + top / bottom
    }

    /// The angle of the point (x, y), for `self` as y; signs of zeros and infinities as in C99, F.9.1.4.
    pub fn arctan2(self, x: Dd) -> Dd {
        let (y, plain) = (self, self.hi.atan2(x.hi));
        if plain.is_nan() || !(y.hi.is_finite() && x.hi.is_finite()) || y.hi == 0.0 {
            return special_angle(plain);
        }
        // Away from the end, where quotients would lose digits.
        let k = if y.hi.abs().max(x.hi.abs()) < 2f64.powi(-400) { 500 } else { 0 };
        let (a, b) = (y.scale(k).abs(), x.scale(k).abs());
        let angle = if a > b { PI_2 - (b / a).arctan() } else { (a / b).arctan() };
        let angle = if x.hi.is_sign_negative() { PI - angle } else { angle };
        if y.hi < 0.0 { -angle } else { angle }
    }

    /// Inverse sine; NaN beyond ±1.
    pub fn arcsin(self) -> Dd {
        self.arctan2(((Dd::ONE - self) * (Dd::ONE + self)).sqrt())
    }

    /// Inverse cosine; NaN beyond ±1.
    pub fn arccos(self) -> Dd {
        ((Dd::ONE - self) * (Dd::ONE + self)).sqrt().arctan2(self)
    }
}

/// Zero or a multiple of π/4, from its `f64`.
fn special_angle(angle: f64) -> Dd {
    let eighths = (angle / std::f64::consts::FRAC_PI_4).round();
    if angle == 0.0 || angle.is_nan() { Dd::from(angle) } else { PI * Dd::from(eighths) / Dd::from(4.0) }
}
