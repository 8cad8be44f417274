//! Conversions of 16-bit floats against the `half` crate.

use std::collections::BTreeSet;

use half::{bf16, f16};
use tgc_scalar::dtype::{DType, Kind};
use tgc_scalar::{Builder, Element, Inst, Value, run_inst};

use crate::block::run_block;

/// Converts each input by the legalized program, and hands it over with its result.
fn convert(from: DType, to: DType, inputs: impl IntoIterator<Item = u64>, mut check: impl FnMut(u64, u64)) {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.convert(x.re(), to.scalar_type());
    let program = b.finish(vec![Element::real(to, y)]).legalize();
    assert!(program.is_legal());
    let mut inputs = inputs.into_iter();
    loop {
        let block: Vec<u64> = inputs.by_ref().take(1024).collect();
        if block.is_empty() {
            return;
        }
        block.iter().zip(run_block(&program, &block)).for_each(|(x, y)| check(*x, y));
    }
}

const HALVES: [DType; 2] = [DType::F16, DType::BF16];

fn half_to_f64(dtype: DType, bits: u64) -> f64 {
    match dtype {
        DType::F16 => f16::from_bits(bits as u16).to_f64(),
        _ => bf16::from_bits(bits as u16).to_f64(),
    }
}

fn half_from_f32(dtype: DType, value: f32) -> u64 {
    u64::from(match dtype {
        DType::F16 => f16::from_f32(value).to_bits(),
        _ => bf16::from_f32(value).to_bits(),
    })
}

fn is_nan(dtype: DType, bits: u64) -> bool {
    half_to_f64(dtype, bits).is_nan()
}

/// Points where rounding is decided: every value of the type, the middle to the next, and their neighbours.
fn boundaries(dtype: DType) -> impl Iterator<Item = f64> {
    (0..0x7fffu64).flat_map(move |bits| {
        let (a, b) = (half_to_f64(dtype, bits), half_to_f64(dtype, bits + 1));
        let middle =
            if b.is_infinite() { a + (a - half_to_f64(dtype, bits - 1)) / 2.0 } else { (a + b) / 2.0 };
        [a, middle, middle.next_down(), middle.next_up(), -middle, -middle.next_down(), -middle.next_up()]
    })
}

#[test]
fn every_half_widens_and_comes_back() {
    for dtype in HALVES {
        for wide in [DType::F32, DType::F64] {
            let mut all = Vec::new();
            convert(dtype, wide, 0..=0xffff, |bits, got| {
                let value = match wide {
                    DType::F32 => f64::from(f32::from_bits(got as u32)),
                    _ => f64::from_bits(got),
                };
                let exact = half_to_f64(dtype, bits);
                let equal = value.to_bits() == exact.to_bits() || value.is_nan() && exact.is_nan();
                assert!(equal, "{dtype:?} {bits:#x}: {value}, not {exact}");
                all.push(got);
            });
            let mut bits = 0;
            convert(wide, dtype, all, |_, back| {
                let equal = back == bits || is_nan(dtype, bits) && is_nan(dtype, back);
                assert!(equal, "{dtype:?} {bits:#x} through {wide:?} is {back:#x}");
                bits += 1;
            });
        }
    }
}

#[test]
fn halves_convert_to_each_other_integers_and_bool() {
    for from in HALVES {
        for to in DType::ALL.into_iter().filter(|d| d.parts() == 1) {
            convert(from, to, 0..=0xffff, |bits, got| {
                let want = plain(from, to, bits);
                let both_nan = is_nan(from, bits) && to.kind() == Kind::Float;
                assert!(got == want || both_nan, "{from:?} {bits:#x} to {to:?}: {got:#x}, not {want:#x}");
            });
        }
    }
}

/// What the instruction means, without expansion.
fn plain(from: DType, to: DType, bits: u64) -> u64 {
    run_inst(&Inst::Convert(Value(0)), to.scalar_type(), &[(bits, from.scalar_type())]).unwrap()
}

#[test]
fn f32_rounds_to_half() {
    for dtype in HALVES {
        // The middles are exact; their neighbours round to the middle or to its neighbours in f32.
        let near = boundaries(dtype).flat_map(|value| {
            let near = value as f32;
            [near, near.next_up(), near.next_down()].map(|x| u64::from(x.to_bits()))
        });
        convert(DType::F32, dtype, (0..1 << 32).step_by(997).chain(near), |bits, got| {
            let value = f32::from_bits(bits as u32);
            let want = half_from_f32(dtype, value);
            let both_nan = is_nan(dtype, got) && is_nan(dtype, want);
            assert!(got == want || both_nan, "{value:e} to {dtype:?}: {got:#x}, not {want:#x}");
        });
    }
}

#[test]
fn f64_rounds_once() {
    for dtype in HALVES {
        let specials =
            [f64::NAN, f64::INFINITY, -f64::INFINITY, 0.0, -0.0, f64::MAX, f64::MIN, 5e-324, -1e-310];
        // Multiples of an odd number visit all exponents.
        let spread = (0..200_000u64).map(|i| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let values = boundaries(dtype).chain(specials).chain(spread);
        convert(DType::F64, dtype, values.map(f64::to_bits), |bits, got| {
            let value = f64::from_bits(bits);
            let want = round_by_search(dtype, value);
            let both_nan = is_nan(dtype, got) && is_nan(dtype, want);
            assert!(got == want || both_nan, "{value:e} to {dtype:?}: {got:#x}, not {want:#x}");
            let plain = plain(DType::F64, dtype, bits);
            assert!(plain == want || both_nan, "{value:e} to {dtype:?} plainly: {plain:#x}, not {want:#x}");
        });
    }
}

/// The nearest value of the type, ties to even, found by bisection over its ordered bits.
fn round_by_search(dtype: DType, value: f64) -> u64 {
    let infinity = if dtype == DType::F16 { 0x7c00 } else { 0x7f80 };
    let sign = (value.to_bits() >> 63) << 15;
    let size = value.abs();
    if value.is_nan() {
        return infinity | 1;
    }
    let (mut low, mut high) = (0, infinity);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if half_to_f64(dtype, middle) <= size { low = middle } else { high = middle }
    }
    let below = half_to_f64(dtype, low);
    // The middle between the greatest finite value and what would follow it overflows.
    let step =
        if high == infinity { below - half_to_f64(dtype, low - 1) } else { half_to_f64(dtype, high) - below };
    let middle = below + step / 2.0;
    let up = size > middle || size == middle && low & 1 == 1;
    sign | if size == f64::INFINITY || up { high } else { low }
}

#[test]
fn integers_round_once() {
    const FROM: [DType; 9] = [
        DType::Bool,
        DType::I8,
        DType::U8,
        DType::I16,
        DType::U16,
        DType::I32,
        DType::U32,
        DType::I64,
        DType::U64,
    ];
    for dtype in HALVES {
        for from in FROM {
            let shift = 64 - from.scalar_type().bits();
            let mask = if from == DType::Bool { 1 } else { u64::MAX >> shift };
            // Most boundaries are small, so most of these would be the same.
            let near: BTreeSet<u64> = boundaries(dtype)
                .filter(|v| v.abs() < 2e19)
                .flat_map(|v| (-2..=2).map(move |d| (v as i128 + d) as u64 & mask))
                .collect();
            let spread = (0..100_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 64));
            let ends = [u64::MAX, 1 << 63, (1 << 63) - 1, 0];
            convert(
                from,
                dtype,
                near.into_iter().chain(spread.chain(ends).map(|bits| bits & mask)),
                |bits, got| {
                    let signed = i128::from(((bits << shift) as i64) >> shift);
                    let value = if from.scalar_type().is_signed() { signed } else { i128::from(bits) };
                    let want = round_integer(dtype, value);
                    assert_eq!(got, want, "{value} from {from:?} to {dtype:?}");
                    assert_eq!(plain(from, dtype, bits), want, "{value} from {from:?} to {dtype:?}, plainly");
                },
            );
        }
    }
}

/// The nearest value of the type, by integer arithmetic: keep the precision's bits, look at the rest.
fn round_integer(dtype: DType, value: i128) -> u64 {
    let precision = if dtype == DType::F16 { 11 } else { 8 };
    let size = value.unsigned_abs();
    let excess = (128 - size.leading_zeros()).saturating_sub(precision);
    let kept = size >> excess;
    let (rest, half) = (size - (kept << excess), (1u128 << excess) / 2);
    let up = excess > 0 && (rest > half || rest == half && kept & 1 == 1);
    let rounded = (kept + u128::from(up)) << excess;
    half_from_f32(dtype, if value < 0 { -(rounded as f32) } else { rounded as f32 })
}
