//! Literals: constants whose width does not count, and whether a type holds their values.
//!
//! A literal that the type it is computed in cannot hold never wraps: arithmetic refuses it, comparisons
//! compute in a type that holds it, and as a bound it bounds nothing. Floats round to the type, as elsewhere;
//! what rounds to an infinity without being one is not held.

use std::ops::Range;

use tgc_scalar::dtype::{DType, Kind, promote};
use tgc_scalar::scalar_from_bits_f64;

use crate::data::DataStore;
use crate::infer::{Operand, Reason, TypeError, promote_all};
use crate::ops::{Constant, Elements};

/// The values of a literal: those that bound it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// Integers, or truth as 0 and 1.
    Integers {
        /// The least.
        least: i128,
        /// The greatest.
        greatest: i128,
    },
    /// The finite ones among floats, or parts of complex numbers; 0 if none is finite.
    Floats {
        /// The least.
        least: f64,
        /// The greatest.
        greatest: f64,
    },
}

/// What an operation does with a literal that the type which it computes in does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It computes with it, and refuses it.
    Value,
    /// It compares with it, in a type that holds both.
    Compared,
    /// The result is at least the literal.
    Lower,
    /// The result is at most the literal.
    Upper,
}

impl Literal {
    /// The values of a constant, if it is a literal.
    pub fn of(constant: &Constant, data: &DataStore) -> Option<Literal> {
        if !constant.weak {
            return None;
        }
        let array = match constant.elements {
            Elements::Splat(parts) => return Literal::of_elements(constant.dtype, [parts].into_iter()),
            Elements::Data(id) => data.get(id)?,
        };
        Literal::of_elements(constant.dtype, (0..array.len()).map(|i| array.get(i)))
    }

    fn of_elements(dtype: DType, elements: impl Iterator<Item = [u64; 2]>) -> Option<Literal> {
        let elements: Vec<[u64; 2]> = elements.collect();
        if dtype.is_differentiable() {
            let real = |bits: &u64| scalar_from_bits_f64(dtype.scalar_type(), *bits);
            let parts = elements.iter().flat_map(|parts| parts[..dtype.parts()].iter().map(real));
            let finite: Vec<f64> = parts.filter(|part| part.is_finite()).collect();
            let least = finite.iter().copied().reduce(f64::min).unwrap_or(0.0);
            let greatest = finite.iter().copied().reduce(f64::max).unwrap_or(0.0);
            return Some(Literal::Floats { least, greatest });
        }
        let whole = |parts: &[u64; 2]| integer(dtype, parts[0]);
        let (least, greatest) = (elements.iter().map(whole).min()?, elements.iter().map(whole).max()?);
        Some(Literal::Integers { least, greatest })
    }

    /// Whether all its values are values of a type, but for rounding.
    pub fn fits(self, dtype: DType) -> bool {
        !self.is_below(dtype) && !self.is_above(dtype)
    }

    /// Whether a value is below all finite ones of a type.
    pub fn is_below(self, dtype: DType) -> bool {
        match (self, integer_range(dtype)) {
            (Literal::Integers { least, .. }, Some((min, _))) => least < min,
            (Literal::Integers { least, .. }, None) => overflows(least as f64, dtype),
            (Literal::Floats { least, .. }, Some((min, _))) => (least.trunc() as i128) < min,
            (Literal::Floats { least, .. }, None) => least < 0.0 && overflows(least, dtype),
        }
    }

    /// Whether a value is above all finite ones of a type.
    pub fn is_above(self, dtype: DType) -> bool {
        match (self, integer_range(dtype)) {
            (Literal::Integers { greatest, .. }, Some((_, max))) => greatest > max,
            (Literal::Integers { greatest, .. }, None) => overflows(greatest as f64, dtype),
            (Literal::Floats { greatest, .. }, Some((_, max))) => greatest.trunc() as i128 > max,
            (Literal::Floats { greatest, .. }, None) => greatest > 0.0 && overflows(greatest, dtype),
        }
    }

    /// That a type, which a tensor has or is converted to, does not hold it.
    pub fn refused(self, dtype: DType, tensor: &str) -> TypeError {
        let value = match self {
            Literal::Integers { least, greatest } => {
                if self.is_below(dtype) { least } else { greatest }.to_string()
            }
            Literal::Floats { least, greatest } => {
                format!("{:?}", if self.is_below(dtype) { least } else { greatest })
            }
        };
        let range = match integer_range(dtype) {
            Some((min, max)) => format!("from {min} to {max}"),
            None => format!("of magnitude up to {}", largest(dtype)),
        };
        TypeError::new(
            Reason::Literal { value: value.clone(), dtype },
            format!(
                "the literal {value} is no {dtype}, the element type that {tensor} has or is converted to"
            ),
            format!("write one {range}, or cast {tensor} to a type that holds it"),
        )
    }
}

/// The type that an operation computes in some of its operands, by the role of literals among them.
///
/// # Errors
///
/// If that does not hold a literal that it computes with.
pub fn computing_type(
    operands: &[Operand<'_>],
    computed: Range<usize>,
    role: impl Fn(usize) -> Role,
) -> Result<DType, TypeError> {
    let common = promote_all(&operands[computed.clone()]);
    let mut computing = common;
    for number in computed.clone() {
        let operand = &operands[number];
        let Some(literal) = operand.literal.filter(|literal| !literal.fits(common)) else { continue };
        let is_held = match role(number) {
            Role::Value => false,
            Role::Compared => {
                computing = promote((computing, false), (operand.ty.dtype, false));
                true
            }
            Role::Lower => !literal.is_above(common),
            Role::Upper => !literal.is_below(common),
        };
        if !is_held {
            let beside = computed.into_iter().find(|i| operands[*i].literal.is_none()).unwrap_or(number);
            return Err(literal.refused(common, &format!("{{{beside}}}")));
        }
    }
    Ok(computing)
}

/// The least and greatest value of a type of integers.
pub fn integer_range(dtype: DType) -> Option<(i128, i128)> {
    let bits = dtype.bytes() as u32 * 8;
    match (dtype.kind(), dtype) {
        (Kind::Bool, _) => Some((0, 1)),
        (Kind::Integer, DType::I8 | DType::I16 | DType::I32 | DType::I64) => {
            Some((-(1 << (bits - 1)), (1 << (bits - 1)) - 1))
        }
        (Kind::Integer, _) => Some((0, (1 << bits) - 1)),
        (Kind::Float | Kind::Complex, _) => None,
    }
}

/// The value of the bits of an integer or of `bool`.
fn integer(dtype: DType, bits: u64) -> i128 {
    let unused = 64 - dtype.bytes() as u32 * 8;
    match integer_range(dtype) {
        Some((0, _)) | None => i128::from(bits),
        Some(_) => i128::from(((bits << unused) as i64) >> unused),
    }
}

/// Whether a finite number rounds to an infinity of a type of floats.
fn overflows(value: f64, dtype: DType) -> bool {
    !Constant::splat(dtype.to_real(), vec![], value).as_f64().is_some_and(f64::is_finite)
}

/// The greatest finite number of a type of floats, as one writes it.
pub fn largest(dtype: DType) -> &'static str {
    match dtype.to_real() {
        DType::F16 => "65504",
        DType::BF16 => "3.38e38",
        DType::F32 => "3.4e38",
        DType::F64 => "1.79e308",
        DType::Bool
        | DType::I8
        | DType::I16
        | DType::I32
        | DType::I64
        | DType::U8
        | DType::U16
        | DType::U32
        | DType::U64
        | DType::C64
        | DType::C128 => unreachable!("invariant: a type of real floats"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(value: i128) -> Literal {
        Literal::Integers { least: value, greatest: value }
    }

    #[test]
    fn types_hold_what_is_in_their_range() {
        for (dtype, least, greatest) in [
            (DType::I8, -128, 127),
            (DType::U8, 0, 255),
            (DType::I16, -32768, 32767),
            (DType::U16, 0, 65535),
            (DType::I32, i128::from(i32::MIN), i128::from(i32::MAX)),
            (DType::U32, 0, i128::from(u32::MAX)),
            (DType::I64, i128::from(i64::MIN), i128::from(i64::MAX)),
            (DType::U64, 0, i128::from(u64::MAX)),
            (DType::Bool, 0, 1),
            (DType::F16, -65519, 65519),
        ] {
            assert!(whole(least).fits(dtype) && whole(greatest).fits(dtype), "{dtype}");
            assert!(whole(least - 1).is_below(dtype) && whole(greatest + 1).is_above(dtype), "{dtype}");
        }
        let float = |value: f64| Literal::Floats { least: value, greatest: value };
        assert!(float(3.4e38).fits(DType::F32) && float(1e-300).fits(DType::F32));
        assert!(float(-1e39).is_below(DType::F32) && float(1e39).is_above(DType::C64));
        assert!(float(255.9).fits(DType::U8) && float(-1.0).is_below(DType::U8));
        assert!(float(f64::MAX).fits(DType::C128));
    }
}
