//! Runs programs on bits: the plain meaning of every instruction.

use half::{bf16, f16};

use super::{Binary, Elementary, Inst, Predicate, Program, ScalarKind, ScalarType, Unary};

impl Program {
    /// Runs a [legalized](Program::legalize) program, calls of elementary functions included. `params` are
    /// the bits of each parameter's parts in order; `out` receives the bits of each result's parts; `scratch`
    /// is reused between calls.
    pub fn run(&self, params: &[[u64; 2]], scratch: &mut Vec<u64>, out: &mut Vec<u64>) {
        scratch.clear();
        for (inst, scalar) in &self.insts {
            let bits = if let Inst::Param { index, part } = *inst {
                params[index as usize][part as usize]
            } else {
                let operands: smallvec::SmallVec<[(u64, ScalarType); 3]> =
                    inst.operands().iter().map(|v| (scratch[v.0 as usize], self.scalar_type(*v))).collect();
                match Elementary::of(inst) {
                    Some(function) => run_call(function, *scalar, &operands),
                    None => run_inst(inst, *scalar, &operands).expect("invariant: it needs operands alone"),
                }
            };
            scratch.push(bits);
        }
        out.clear();
        for element in &self.results {
            out.extend(element.parts().iter().map(|v| scratch[v.0 as usize]));
        }
    }
}

/// What an elementary function gives.
fn run_call(function: Elementary, scalar: ScalarType, operands: &[(u64, ScalarType)]) -> u64 {
    let params: smallvec::SmallVec<[[u64; 2]; 4]> = operands.iter().map(|(bits, _)| [*bits, 0]).collect();
    let (mut scratch, mut out) = (vec![], vec![]);
    function.program(scalar).run(&params, &mut scratch, &mut out);
    out[0]
}

/// The bits of one instruction's result, or `None` for the instructions that need more than their
/// operands (parameters) or their expansion (elementary functions).
pub fn run_inst(inst: &Inst, scalar: ScalarType, operands: &[(u64, ScalarType)]) -> Option<u64> {
    let bits = |i: usize| operands[i].0;
    Some(match *inst {
        Inst::Param { .. } | Inst::Math(..) | Inst::Math2(..) | Inst::Math4(..) => return None,
        Inst::Const(bits) => bits,
        Inst::Unary(op, _) => run_unary(op, scalar, bits(0)),
        Inst::Binary(op, _, _) => run_binary(op, scalar, bits(0), bits(1)),
        Inst::Compare(predicate, _, _) => u64::from(run_compare(predicate, operands[0].1, bits(0), bits(1))),
        Inst::Select(..) | Inst::Rarely(..) => {
            if bits(0) != 0 {
                bits(1)
            } else {
                bits(2)
            }
        }
        Inst::Fma(..) => {
            if let ScalarType::F32 = scalar {
                f32_bits(f32_of(bits(0)).mul_add(f32_of(bits(1)), f32_of(bits(2))))
            } else {
                f64_of(bits(0)).mul_add(f64_of(bits(1)), f64_of(bits(2))).to_bits()
            }
        }
        Inst::Convert(_) => run_convert(operands[0].1, scalar, bits(0)),
        Inst::Bitcast(_) => bits(0),
    })
}

fn f32_of(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

fn f64_of(bits: u64) -> f64 {
    f64::from_bits(bits)
}

fn f32_bits(value: f32) -> u64 {
    u64::from(value.to_bits())
}

/// Drops the bits beyond the scalar's width.
fn wrap(scalar: ScalarType, bits: u64) -> u64 {
    match scalar.bits() {
        64 => bits,
        width => bits & ((1 << width) - 1),
    }
}

/// An integer scalar's value, sign- or zero-extended.
pub fn int_of(scalar: ScalarType, bits: u64) -> i128 {
    let shift = 64 - scalar.bits();
    if scalar.is_signed() { i128::from(((bits << shift) as i64) >> shift) } else { i128::from(bits) }
}

fn run_unary(op: Unary, scalar: ScalarType, a: u64) -> u64 {
    let sign = 1u64 << (scalar.bits() - 1);
    match (op, scalar) {
        (Unary::Neg, _) if scalar.is_float() => a ^ sign,
        (Unary::Abs, _) if scalar.is_float() => a & !sign,
        (Unary::Neg, _) => wrap(scalar, a.wrapping_neg()),
        (Unary::Abs, _) => wrap(scalar, int_of(scalar, a).unsigned_abs() as u64),
        (Unary::Sqrt, ScalarType::F32) => f32_bits(f32_of(a).sqrt()),
        (Unary::Sqrt, _) => f64_of(a).sqrt().to_bits(),
        (Unary::Not, ScalarType::Bool) => a ^ 1,
        (Unary::Not, _) => wrap(scalar, !a),
        (Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round, ScalarType::F32) => {
            f32_bits(round_to_integer(op, f64::from(f32_of(a))) as f32)
        }
        (Unary::Floor | Unary::Ceil | Unary::Trunc | Unary::Round, _) => {
            round_to_integer(op, f64_of(a)).to_bits()
        }
    }
}

fn round_to_integer(op: Unary, value: f64) -> f64 {
    match op {
        Unary::Floor => value.floor(),
        Unary::Ceil => value.ceil(),
        Unary::Trunc => value.trunc(),
        Unary::Round => value.round_ties_even(),
        Unary::Neg | Unary::Abs | Unary::Sqrt | Unary::Not => unreachable!("invariant: rounds to an integer"),
    }
}

fn run_binary(op: Binary, scalar: ScalarType, a: u64, b: u64) -> u64 {
    match scalar.kind() {
        ScalarKind::F32 => f32_bits(float_binary(op, f32_of(a), f32_of(b))),
        ScalarKind::F64 => float_binary(op, f64_of(a), f64_of(b)).to_bits(),
        ScalarKind::Bool => match op {
            Binary::Add | Binary::Or => a | b,
            Binary::Mul | Binary::And => a & b,
            Binary::Sub | Binary::Xor => a ^ b,
            Binary::Div | Binary::Rem | Binary::Shl | Binary::Shr => {
                unreachable!("invariant: verified programs")
            }
        },
        ScalarKind::F16 | ScalarKind::BF16 => unreachable!("invariant: legalized programs"),
        ScalarKind::Integer => match op {
            Binary::Add => wrap(scalar, a.wrapping_add(b)),
            Binary::Sub => wrap(scalar, a.wrapping_sub(b)),
            Binary::Mul => wrap(scalar, a.wrapping_mul(b)),
            Binary::And => a & b,
            Binary::Or => a | b,
            Binary::Xor => a ^ b,
            Binary::Shl if b >= u64::from(scalar.bits()) => 0,
            Binary::Shl => wrap(scalar, a << b),
            Binary::Shr => wrap(scalar, (int_of(scalar, a) >> b.min(64)) as u64),
            Binary::Div | Binary::Rem if b == 0 => 0,
            Binary::Div => wrap(scalar, (int_of(scalar, a) / int_of(scalar, b)) as u64),
            Binary::Rem => wrap(scalar, (int_of(scalar, a) % int_of(scalar, b)) as u64),
        },
    }
}

fn float_binary<T>(op: Binary, a: T, b: T) -> T
where
    T: std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>
        + std::ops::Div<Output = T>,
{
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Rem | Binary::And | Binary::Or | Binary::Xor | Binary::Shl | Binary::Shr => {
            unreachable!("invariant: verified programs")
        }
    }
}

fn run_compare(predicate: Predicate, scalar: ScalarType, a: u64, b: u64) -> bool {
    match scalar.kind() {
        ScalarKind::F32 => compare(predicate, f32_of(a).partial_cmp(&f32_of(b))),
        ScalarKind::F64 => compare(predicate, f64_of(a).partial_cmp(&f64_of(b))),
        ScalarKind::F16 | ScalarKind::BF16 => unreachable!("invariant: legalized programs"),
        ScalarKind::Bool | ScalarKind::Integer => {
            compare(predicate, Some(int_of(scalar, a).cmp(&int_of(scalar, b))))
        }
    }
}

fn compare(predicate: Predicate, order: Option<std::cmp::Ordering>) -> bool {
    match predicate {
        Predicate::Eq => order.is_some_and(|o| o.is_eq()),
        Predicate::Ne => order.is_none_or(|o| o.is_ne()),
        Predicate::Lt => order.is_some_and(|o| o.is_lt()),
        Predicate::Le => order.is_some_and(|o| o.is_le()),
        Predicate::Gt => order.is_some_and(|o| o.is_gt()),
        Predicate::Ge => order.is_some_and(|o| o.is_ge()),
    }
}

/// A floating-point scalar's value as `f64`, exactly.
pub fn scalar_from_bits_f64(scalar: ScalarType, bits: u64) -> f64 {
    match scalar.kind() {
        ScalarKind::F16 => f16::from_bits(bits as u16).to_f64(),
        ScalarKind::BF16 => bf16::from_bits(bits as u16).to_f64(),
        ScalarKind::F32 => f64::from(f32_of(bits)),
        ScalarKind::F64 => f64_of(bits),
        ScalarKind::Bool | ScalarKind::Integer => int_of(scalar, bits) as f64,
    }
}

fn run_convert(from: ScalarType, to: ScalarType, bits: u64) -> u64 {
    if to == ScalarType::Bool {
        return u64::from(if from.is_float() { scalar_from_bits_f64(from, bits) != 0.0 } else { bits != 0 });
    }
    match (from.is_float(), to) {
        (true, ScalarType::F16) if from == ScalarType::F32 => {
            u64::from(f16::from_f32(f32_of(bits)).to_bits())
        }
        (true, ScalarType::BF16) if from == ScalarType::F32 => {
            u64::from(bf16::from_f32(f32_of(bits)).to_bits())
        }
        (true, ScalarType::F16 | ScalarType::BF16) => {
            run_convert(ScalarType::F32, to, single_to_odd(scalar_from_bits_f64(from, bits)))
        }
        (true, ScalarType::F32) => f32_bits(scalar_from_bits_f64(from, bits) as f32),
        (true, ScalarType::F64) => scalar_from_bits_f64(from, bits).to_bits(),
        (true, _) => float_to_int(scalar_from_bits_f64(from, bits), to),
        (false, ScalarType::F32) => f32_bits(int_of(from, bits) as f32),
        (false, ScalarType::F64) => (int_of(from, bits) as f64).to_bits(),
        (false, ScalarType::F16 | ScalarType::BF16) => {
            run_convert(ScalarType::F32, to, single_to_odd(int_to_odd(int_of(from, bits))))
        }
        (false, _) => wrap(to, int_of(from, bits) as u64),
    }
}

/// An integer as `f64`, rounded to odd, so that a second rounding to a shorter format is right.
fn int_to_odd(value: i128) -> f64 {
    let nearest = value as f64;
    if nearest as i128 == value {
        return nearest;
    }
    let toward_zero = if (nearest as i128).unsigned_abs() > value.unsigned_abs() {
        f64::from_bits(nearest.to_bits() - 1)
    } else {
        nearest
    };
    f64::from_bits(toward_zero.to_bits() | 1)
}

/// The bits of an `f64` as `f32`, rounded to odd in the same way. (`f16::from_f64` of the `half` crate looks
/// at the upper half of its argument alone and so misses what decides a tie.)
fn single_to_odd(value: f64) -> u64 {
    let nearest = value as f32;
    let (back, exact) = (f64::from(nearest).abs(), value.abs());
    let toward_zero = if back > exact { nearest.to_bits() - 1 } else { nearest.to_bits() };
    u64::from(if back == exact || value.is_nan() { toward_zero } else { toward_zero | 1 })
}

fn float_to_int(value: f64, to: ScalarType) -> u64 {
    match to {
        ScalarType::I8 => u64::from(value as i8 as u8),
        ScalarType::I16 => u64::from(value as i16 as u16),
        ScalarType::I32 => u64::from(value as i32 as u32),
        ScalarType::I64 => value as i64 as u64,
        ScalarType::U8 => u64::from(value as u8),
        ScalarType::U16 => u64::from(value as u16),
        ScalarType::U32 => u64::from(value as u32),
        ScalarType::Bool
        | ScalarType::U64
        | ScalarType::F16
        | ScalarType::BF16
        | ScalarType::F32
        | ScalarType::F64 => value as u64,
    }
}
