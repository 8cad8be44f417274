//! Elements as text that reads back to the same bits.

use std::fmt::Write;

use half::{bf16, f16};

use tgc_scalar::dtype::DType;
use tgc_scalar::{ScalarKind, ScalarType, scalar_from_bits_f64};

/// One element: the shortest decimals that read back to the same bits, `nan:0x…` for NaNs with a payload,
/// `re:im` for complex.
pub fn element_to_text(dtype: DType, parts: [u64; 2]) -> String {
    let mut text = String::new();
    write_element(&mut text, dtype, parts);
    text
}

pub(super) fn write_element(out: &mut String, dtype: DType, parts: [u64; 2]) {
    write_scalar(out, dtype.scalar_type(), parts[0]);
    if dtype.parts() == 2 {
        out.push(':');
        write_scalar(out, dtype.scalar_type(), parts[1]);
    }
}

fn write_scalar(out: &mut String, scalar: ScalarType, bits: u64) {
    let bits = bits & mask(scalar);
    let written = match scalar.kind() {
        ScalarKind::Bool if bits > 1 => write!(out, "{bits}"),
        ScalarKind::Bool => write!(out, "{}", bits == 1),
        _ if is_nan(scalar, bits) && bits == default_nan(scalar) => write!(out, "nan"),
        _ if is_nan(scalar, bits) => write!(out, "nan:0x{bits:x}"),
        ScalarKind::F32 => write!(out, "{:?}", f32::from_bits(bits as u32)),
        ScalarKind::F64 => write!(out, "{:?}", f64::from_bits(bits)),
        ScalarKind::F16 | ScalarKind::BF16 => write!(out, "{:?}", shortest(scalar, bits)),
        ScalarKind::Integer if scalar.is_signed() => {
            let shift = 64 - scalar.bits();
            write!(out, "{}", ((bits << shift) as i64) >> shift)
        }
        ScalarKind::Integer => write!(out, "{bits}"),
    };
    written.expect("invariant: a string takes all that is written");
}

/// The number with the fewest digits that rounds to this 16-bit float; small integers as they are.
fn shortest(scalar: ScalarType, bits: u64) -> f64 {
    let value = scalar_from_bits_f64(scalar, bits);
    if value.fract() == 0.0 && value.abs() <= 65536.0 {
        return value;
    }
    (0..8)
        .filter_map(|digits| format!("{value:.digits$e}").parse::<f64>().ok())
        .find(|candidate| round(scalar, *candidate) == bits)
        .unwrap_or(value)
}

/// Rounds to a 16-bit float, once.
fn round(scalar: ScalarType, value: f64) -> u64 {
    u64::from(if let ScalarType::BF16 = scalar {
        bf16::from_f64(value).to_bits()
    } else {
        f16::from_f64(value).to_bits()
    })
}

/// The bits of one part of an element, from the text of a number or word without its sign; `None` if it is
/// no value of this scalar.
pub(super) fn scalar_from_text(scalar: ScalarType, negative: bool, text: &str) -> Option<u64> {
    let sign = if negative { 1 << (scalar.bits() - 1) } else { 0 };
    match (scalar, text) {
        (ScalarType::Bool, "true") if !negative => Some(1),
        (ScalarType::Bool, "false") if !negative => Some(0),
        // Numbers as well, for those who write truth so.
        (ScalarType::Bool, "1" | "0") if !negative => Some(u64::from(text == "1")),
        (ScalarType::Bool, _) => None,
        (_, "inf") if scalar.is_float() => Some(infinity(scalar) | sign),
        (_, "nan") if scalar.is_float() && !negative => Some(default_nan(scalar)),
        _ if !text.starts_with(|c: char| c.is_ascii_digit()) => None,
        _ if scalar.is_float() => Some(float_from_digits(scalar, text)? | sign),
        _ => integer_from_digits(scalar, negative, text),
    }
}

fn float_from_digits(scalar: ScalarType, text: &str) -> Option<u64> {
    let bits = if scalar == ScalarType::F32 {
        u64::from(text.parse::<f32>().ok()?.to_bits())
    } else if scalar == ScalarType::F64 {
        text.parse::<f64>().ok()?.to_bits()
    } else {
        round(scalar, text.parse::<f64>().ok()?)
    };
    (bits != infinity(scalar)).then_some(bits)
}

fn integer_from_digits(scalar: ScalarType, negative: bool, text: &str) -> Option<u64> {
    let magnitude: i128 = text.parse().ok()?;
    let value = if negative { -magnitude } else { magnitude };
    let bits = scalar.bits();
    let range = match scalar.is_signed() {
        true => -(1i128 << (bits - 1))..(1i128 << (bits - 1)),
        false => 0..(1i128 << bits),
    };
    range.contains(&value).then_some(value as u64 & mask(scalar))
}

/// The bits of a NaN given in hexadecimal; `None` if they are no NaN of this scalar.
pub(super) fn nan_from_text(scalar: ScalarType, text: &str) -> Option<u64> {
    let bits = u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()?;
    (scalar.is_float() && bits <= mask(scalar) && is_nan(scalar, bits)).then_some(bits)
}

/// The bits that a scalar has.
pub fn mask(scalar: ScalarType) -> u64 {
    u64::MAX >> (64 - scalar.bits())
}

fn is_nan(scalar: ScalarType, bits: u64) -> bool {
    scalar.is_float() && bits & (mask(scalar) >> 1) > infinity(scalar)
}

fn infinity(scalar: ScalarType) -> u64 {
    match scalar.kind() {
        ScalarKind::F16 => 0x7c00,
        ScalarKind::BF16 => 0x7f80,
        ScalarKind::F32 => 0x7f80_0000,
        ScalarKind::F64 => 0x7ff0_0000_0000_0000,
        ScalarKind::Bool | ScalarKind::Integer => unreachable!("invariant: a float"),
    }
}

/// Infinity with the first bit of the fraction set.
fn default_nan(scalar: ScalarType) -> u64 {
    let infinity = infinity(scalar);
    infinity | (1 << infinity.trailing_zeros()) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sixteen_bit_float_reads_back() {
        for scalar in [ScalarType::F16, ScalarType::BF16] {
            for bits in 0..=0xffff {
                let mut text = String::new();
                write_scalar(&mut text, scalar, bits);
                let back = match text.strip_prefix("nan:") {
                    Some(hex) => nan_from_text(scalar, hex),
                    None => scalar_from_text(scalar, text.starts_with('-'), text.trim_start_matches('-')),
                };
                assert_eq!(back, Some(bits), "{scalar:?} {text}");
            }
        }
    }

    #[test]
    fn elements_are_short() {
        let text = |dtype, re, im| element_to_text(dtype, [re, im]);
        assert_eq!(text(DType::F16, 0x2e66, 0), "0.1");
        assert_eq!(text(DType::BF16, 0x3dcd, 0), "0.1");
        assert_eq!(text(DType::F32, 0x7fc0_0001, 0), "nan:0x7fc00001");
        assert_eq!(text(DType::C64, u64::from(1.5f32.to_bits()), 0x7fc0_0000), "1.5:nan");
        assert_eq!(text(DType::F64, (-0.0f64).to_bits(), 0), "-0.0");
        assert_eq!(text(DType::F64, f64::NEG_INFINITY.to_bits(), 0), "-inf");
        assert_eq!(text(DType::I8, 0x80, 0), "-128");
        assert_eq!(text(DType::Bool, 1, 0), "true");
    }

    #[test]
    fn values_that_do_not_fit_are_refused() {
        assert_eq!(scalar_from_text(ScalarType::I8, false, "128"), None);
        assert_eq!(scalar_from_text(ScalarType::I8, true, "128"), Some(0x80));
        assert_eq!(scalar_from_text(ScalarType::U8, true, "1"), None);
        assert_eq!(scalar_from_text(ScalarType::F32, false, "1e99"), None);
        assert_eq!(scalar_from_text(ScalarType::F16, false, "65520"), None);
        assert_eq!(scalar_from_text(ScalarType::U64, false, "18446744073709551615"), Some(u64::MAX));
        assert_eq!(scalar_from_text(ScalarType::I64, false, "1.5"), None);
        assert_eq!(nan_from_text(ScalarType::F32, "0x7f800000"), None);
    }
}
