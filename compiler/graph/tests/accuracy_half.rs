//! Conversions of 16-bit floats against the `half` crate.

use half::{bf16, f16};
use tgc_graph::dtype::{DType, Kind};
use tgc_graph::scalar::{Builder, Element, Inst, Lane, Program, Value, run_inst};

/// The expanded program that converts one element.
fn conversion(from: DType, to: DType) -> Program {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.convert(x.re(), to.lane());
    let program = b.finish(vec![Element::real(to, y)]).expand();
    assert!(program.is_expanded());
    program
}

/// Converts bits by the expanded program.
struct Convert {
    program: Program,
    scratch: Vec<u64>,
    out: Vec<u64>,
}

impl Convert {
    fn new(from: DType, to: DType) -> Convert {
        Convert { program: conversion(from, to), scratch: Vec::new(), out: Vec::new() }
    }

    fn run(&mut self, bits: u64) -> u64 {
        self.program.run(&[[bits, 0]], &mut self.scratch, &mut self.out);
        self.out[0]
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
            let (mut widen, mut narrow) = (Convert::new(dtype, wide), Convert::new(wide, dtype));
            for bits in 0..=0xffff {
                let single = widen.run(bits);
                let value = if wide == DType::F32 {
                    f64::from(f32::from_bits(single as u32))
                } else {
                    f64::from_bits(single)
                };
                let back = narrow.run(single);
                if is_nan(dtype, bits) {
                    assert!(value.is_nan() && is_nan(dtype, back), "{dtype:?} {bits:#x}");
                } else {
                    assert_eq!(value.to_bits(), half_to_f64(dtype, bits).to_bits(), "{dtype:?} {bits:#x}");
                    assert_eq!(back, bits, "{dtype:?} through {wide:?}");
                }
            }
        }
    }
}

#[test]
fn halves_convert_to_each_other_integers_and_bool() {
    for from in HALVES {
        for to in DType::ALL.into_iter().filter(|d| d.parts() == 1) {
            let mut convert = Convert::new(from, to);
            for bits in 0..=0xffff {
                let inst = Inst::Convert(Value(0));
                let want = run_inst(&inst, to.lane(), &[(bits, from.lane())]).unwrap();
                let got = convert.run(bits);
                assert!(
                    got == want || is_nan(from, bits) && to.kind() == Kind::Float,
                    "{from:?} {bits:#x} to {to:?}: {got:#x}, not {want:#x}"
                );
            }
        }
    }
}

#[test]
fn f32_rounds_to_half() {
    for dtype in HALVES {
        let mut convert = Convert::new(DType::F32, dtype);
        let mut check = |value: f32| {
            let (got, want) = (convert.run(u64::from(value.to_bits())), half_from_f32(dtype, value));
            let both_nan = is_nan(dtype, got) && is_nan(dtype, want);
            assert!(got == want || both_nan, "{value:e} to {dtype:?}: {got:#x}, not {want:#x}");
        };
        (0..=u32::MAX).step_by(997).for_each(|bits| check(f32::from_bits(bits)));
        for value in boundaries(dtype) {
            // The middles are exact; their neighbours round to the middle or to its neighbours in f32.
            let near = value as f32;
            [near, near.next_up(), near.next_down()].into_iter().for_each(&mut check);
        }
    }
}

#[test]
fn f64_rounds_once() {
    for dtype in HALVES {
        let mut convert = Convert::new(DType::F64, dtype);
        let mut check = |value: f64| {
            let (got, want) = (convert.run(value.to_bits()), round_by_search(dtype, value));
            let both_nan = is_nan(dtype, got) && is_nan(dtype, want);
            assert!(got == want || both_nan, "{value:e} to {dtype:?}: {got:#x}, not {want:#x}");
        };
        boundaries(dtype).for_each(&mut check);
        let specials =
            [f64::NAN, f64::INFINITY, -f64::INFINITY, 0.0, -0.0, f64::MAX, f64::MIN, 5e-324, -1e-310];
        specials.into_iter().for_each(&mut check);
        // Multiples of an odd number visit all exponents.
        (0..200_000u64).for_each(|i| check(f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
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
    for dtype in HALVES {
        for from in [
            DType::Bool,
            DType::I8,
            DType::U8,
            DType::I16,
            DType::U16,
            DType::I32,
            DType::U32,
            DType::I64,
            DType::U64,
        ] {
            let mut convert = Convert::new(from, dtype);
            let lane = from.lane();
            let width = lane.bits();
            let mask = if width == 64 { u64::MAX } else { (1 << width) - 1 };
            let mut check = |bits: u64| {
                let bits = if lane == Lane::Bool { bits & 1 } else { bits & mask };
                let shift = 64 - width;
                let value = if lane.is_signed() {
                    i128::from(((bits << shift) as i64) >> shift)
                } else {
                    i128::from(bits)
                };
                let got = convert.run(bits);
                let want = round_integer(dtype, value);
                assert_eq!(got, want, "{value} from {from:?} to {dtype:?}");
                let inst = Inst::Convert(Value(0));
                assert_eq!(
                    run_inst(&inst, dtype.lane(), &[(bits, lane)]),
                    Some(want),
                    "the plain meaning of {value}"
                );
            };
            for value in boundaries(dtype).filter(|v| v.abs() < 2e19) {
                let near = value as i128;
                (-2..=2).for_each(|d| check((near + d) as u64));
            }
            (0..100_000u64).for_each(|i| check(i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (i % 64)));
            [u64::MAX, 1 << 63, (1 << 63) - 1, 0].into_iter().for_each(check);
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
