//! Distances between a result and the exact value: the tests of the graph crate's programs use this file too.

use tgc_scalar::{Dd, ScalarType};

/// A floating-point format.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Bits of the fraction.
    pub fraction: i32,
    /// The least exponent of a normal number.
    pub least: i32,
    /// The exponent of the greatest number.
    pub greatest: i32,
}

impl Format {
    /// `f32`.
    pub const SINGLE: Format = Format { fraction: 23, least: -126, greatest: 127 };
    /// `f64`.
    pub const DOUBLE: Format = Format { fraction: 52, least: -1022, greatest: 1023 };

    /// That of a scalar's values.
    pub fn of(scalar: ScalarType) -> Format {
        if scalar == ScalarType::F32 { Format::SINGLE } else { Format::DOUBLE }
    }

    /// How far a result is from the exact value, in units of the last place of that, or of `floor` if that is
    /// greater.
    ///
    /// Infinite if NaN meets a number, or zeros meet that differ in sign. An infinity counts as the number
    /// that would follow the greatest.
    pub fn error(self, got: f64, exact: Dd, floor: f64) -> f64 {
        if got.is_nan() || exact.hi.is_nan() {
            return if got.is_nan() && exact.hi.is_nan() { 0.0 } else { f64::INFINITY };
        }
        if Dd::from(got) == exact {
            let same_sign = got.is_sign_negative() == exact.hi.is_sign_negative();
            return if same_sign || floor > 0.0 { 0.0 } else { f64::INFINITY };
        }
        let limit = match self.greatest {
            1023 => Dd::from(f64::MAX),
            greatest => Dd::from(2f64.powi(greatest + 1)),
        };
        let clip = |v: Dd| match v {
            v if v > limit => limit,
            v if v < -limit => -limit,
            v => v,
        };
        let magnitude = clip(exact).hi.abs().max(floor);
        let exponent = ((magnitude.to_bits() >> 52) as i32 - 1023).clamp(self.least, self.greatest);
        // In two steps, as the unit itself may be below the range.
        (clip(Dd::from(got)) - clip(exact)).hi.abs() * 2f64.powi(self.fraction) / 2f64.powi(exponent)
    }
}

/// [`Format::error`] of an `f32` whose exact value is an `f64`, without branches, and whether it is none,
/// because they are of different classes. Of two NaNs it is NaN.
#[inline]
fn single_error(got: f32, exact: f64, floor: f64) -> (f64, bool) {
    const LIMIT: f64 = 3.402_823_669_209_385e38;
    let is_one_nan = got.is_nan() != exact.is_nan();
    let differs = got.is_sign_negative() != exact.is_sign_negative();
    let is_other_zero = (got == 0.0) & (exact == 0.0) & (floor == 0.0) & differs;
    let (got, exact) = (f64::from(got).clamp(-LIMIT, LIMIT), exact.clamp(-LIMIT, LIMIT));
    let magnitude = exact.abs().max(floor).clamp(f64::from(f32::MIN_POSITIVE), f64::from(f32::MAX));
    // The inverse of the unit, a power of two.
    let scale = (2046u64 << 52) - (magnitude.to_bits() & (0x7ff << 52)) + (23 << 52);
    ((got - exact).abs() * f64::from_bits(scale), is_one_nan | is_other_zero)
}

/// The greatest error of `f32` results whose exact values are `f64`, and where it is, if it is above what is
/// known; all have the same length.
pub fn worst_single(got: &[f32], exact: &[f64], floors: &[f64], known: f64) -> Option<(f64, usize)> {
    let error = |i: usize| match single_error(got[i], exact[i], floors[i]) {
        (_, true) => f64::INFINITY,
        (error, false) if error.is_nan() => 0.0,
        (error, false) => error,
    };
    // In lanes, so that the compiler can do some at once; then once more to find the place.
    let (mut most, mut is_bad) = ([0f64; 8], [false; 8]);
    let chunks = got.chunks_exact(8).zip(exact.chunks_exact(8)).zip(floors.chunks_exact(8));
    for ((got, exact), floors) in chunks {
        for lane in 0..8 {
            let (error, bad) = single_error(got[lane], exact[lane], floors[lane]);
            most[lane] = if error > most[lane] { error } else { most[lane] };
            is_bad[lane] |= bad;
        }
    }
    let most = most.into_iter().fold(0.0, f64::max);
    let rest = got.len() / 8 * 8..got.len();
    let most = if is_bad.contains(&true) { f64::INFINITY } else { rest.map(error).fold(most, f64::max) };
    if most <= known {
        return None;
    }
    (0..got.len()).find(|i| error(*i) == most).map(|at| (most, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_in_units_of_the_last_place() {
        let double = |got: f64, exact: f64| Format::DOUBLE.error(got, Dd::from(exact), 0.0);
        assert_eq!(double(1.0f64.next_up(), 1.0), 1.0);
        assert_eq!(double(1.0f64.next_down(), 1.0), 0.5);
        assert_eq!(double(5e-324, 0.0), 1.0);
        assert_eq!(double(f64::INFINITY, f64::MAX), 0.0);
        assert_eq!(double(-0.0, 0.0), f64::INFINITY);
        assert_eq!(double(f64::NAN, 1.0), f64::INFINITY);
        assert_eq!(double(f64::NAN, f64::NAN), 0.0);
        assert!(double(1.0, f64::INFINITY) > 2f64.powi(52));
        let third = Dd::from(1.0) / Dd::from(3.0);
        let error = Format::DOUBLE.error(1.0 / 3.0, third, 0.0);
        assert!(error > 0.3 && error < 0.5, "{error}");
        assert_eq!(Format::DOUBLE.error(2f64.powi(-52), Dd::from(0.0), 1.0), 1.0);
    }

    #[test]
    fn quick_errors_are_the_same() {
        let exact = [0.0, -0.0, 1.0, -1.5, 3e38, 4e38, 1e-38, 1e-40, 1e-46, f64::INFINITY, f64::NAN, 1e-300];
        let got = [0.0, -0.0, 1.0, 1.0f32.next_up(), -1.5, f32::MAX, f32::INFINITY, 1e-38, 1e-45, f32::NAN];
        for e in exact {
            for g in got {
                for floor in [0.0, 1.0] {
                    let slow = Format::SINGLE.error(f64::from(g), Dd::from(e), floor);
                    assert_eq!(
                        worst_single(&[g], &[e], &[floor], -1.0),
                        Some((slow, 0)),
                        "{g:e} for {e:e} from {floor}"
                    );
                    let (mut many, mut exact) = ([1f32; 19], [1f64; 19]);
                    (many[3], exact[3]) = (g, e);
                    let at = if slow > 0.0 { 3 } else { 0 };
                    let worst = worst_single(&many, &exact, &[floor; 19], -1.0);
                    assert_eq!(worst, Some((slow, at)), "{g:e} for {e:e} from {floor}");
                }
            }
        }
    }
}
