//! Scalar programs as LLVM instructions, at any width.
//!
//! Each instruction means what `Program::run` says, to the bit, except for the payload of NaNs. Nothing here
//! can make poison: conversions of floats to integers clamp their operand first.

use inkwell::types::BasicTypeEnum;
use inkwell::values::InstructionOpcode as Op;
use inkwell::{FloatPredicate, IntPredicate};
use tgc_scalar::{Binary, Elementary, Inst, Predicate, Program, ScalarKind, ScalarType, Unary};

use crate::call;
use crate::emulate::{self, Float};
use crate::ir::{Ir, Val, basic, int_of_bits};

/// The parts of each result, or of each parameter.
pub(crate) type Parts<'c> = Vec<Val<'c>>;

/// Emits a program on the parts of its parameters.
pub(crate) fn build_program<'c>(
    ir: &Ir<'_, 'c>,
    program: &Program,
    width: u32,
    params: &[Parts<'c>],
) -> Vec<Parts<'c>> {
    let mut values: Values = vec![None; program.insts.len()];
    build_some(ir, program, width, params, 0..program.insts.len(), &mut values);
    results(program, &values)
}

/// What instructions have given so far.
pub(crate) type Values<'c> = Vec<Option<Val<'c>>>;

/// Emits some instructions of a program, in order, after those that they need.
pub(crate) fn build_some<'c>(
    ir: &Ir<'_, 'c>,
    program: &Program,
    width: u32,
    params: &[Parts<'c>],
    some: impl IntoIterator<Item = usize>,
    values: &mut Values<'c>,
) {
    for at in some {
        let (inst, scalar) = &program.insts[at];
        values[at] = Some(if let Inst::Param { index, part } = *inst {
            params[index as usize][part as usize]
        } else {
            Emit { ir, program, width, values }.build(inst, *scalar)
        });
    }
}

/// The parts of each result.
pub(crate) fn results<'c>(program: &Program, values: &Values<'c>) -> Vec<Parts<'c>> {
    let value = |v: &tgc_scalar::Value| values[v.0 as usize].expect(IN_ORDER);
    program.results.iter().map(|e| e.parts().iter().map(value).collect()).collect()
}

const IN_ORDER: &str = "invariant: operands come before their uses";

/// The type of a scalar in a register.
pub(crate) fn scalar_type<'c>(ir: &Ir<'_, 'c>, scalar: ScalarType, width: u32) -> BasicTypeEnum<'c> {
    let scalar = match scalar.kind() {
        ScalarKind::Bool => basic(ir.context().bool_type()),
        ScalarKind::F32 => basic(ir.context().f32_type()),
        ScalarKind::F64 => basic(ir.context().f64_type()),
        ScalarKind::F16 | ScalarKind::BF16 => unreachable!("invariant: programs are legalized"),
        ScalarKind::Integer => basic(int_of_bits(ir.context(), scalar.bits())),
    };
    ir.widen(scalar, width)
}

/// A constant by its bits.
pub(crate) fn build_const<'c>(ir: &Ir<'_, 'c>, scalar: ScalarType, bits: u64, width: u32) -> Val<'c> {
    let scalar: Val = match scalar.kind() {
        ScalarKind::Bool => ir.context().bool_type().const_int(u64::from(bits != 0), false).into(),
        ScalarKind::F32 | ScalarKind::F64 => {
            let bits = int_of_bits(ir.context(), scalar.bits()).const_int(bits, false);
            ir.cast(Op::BitCast, bits.into(), scalar_type(ir, scalar, 1))
        }
        ScalarKind::Integer | ScalarKind::F16 | ScalarKind::BF16 => {
            int_of_bits(ir.context(), scalar.bits()).const_int(bits, false).into()
        }
    };
    ir.splat(scalar, width)
}

/// One instruction in its surroundings.
struct Emit<'a, 'b, 'c> {
    ir: &'a Ir<'b, 'c>,
    program: &'a Program,
    width: u32,
    values: &'a [Option<Val<'c>>],
}

impl<'c> Emit<'_, '_, 'c> {
    fn build(&self, inst: &Inst, scalar: ScalarType) -> Val<'c> {
        let value = |v: tgc_scalar::Value| self.values[v.0 as usize].expect(IN_ORDER);
        match *inst {
            Inst::Const(bits) => self.constant(scalar, bits),
            Inst::Unary(op, a) => self.unary(op, scalar, value(a)),
            Inst::Binary(op, a, b) => self.binary(op, scalar, value(a), value(b)),
            Inst::Compare(predicate, a, b) => {
                self.compare(predicate, self.program.scalar_type(a), value(a), value(b))
            }
            Inst::Select(c, a, b) | Inst::Rarely(c, a, b) => self.ir.select(value(c), value(a), value(b)),
            Inst::Fma(a, b, c) => emulate::build(self.ir, Float::Fma, &[value(a), value(b), value(c)]),
            Inst::Convert(a) => self.convert(self.program.scalar_type(a), scalar, value(a)),
            Inst::Bitcast(a) => self.bitcast(self.program.scalar_type(a), scalar, value(a)),
            Inst::Math(..) | Inst::Math2(..) | Inst::Math4(..) => {
                let function = Elementary::of(inst).expect("invariant: these are elementary");
                let operands: Vec<Val> = inst.operands().into_iter().map(value).collect();
                call::build_call(self.ir, function, scalar, self.width, &operands)
            }
            Inst::Param { .. } => unreachable!("invariant: parameters are given"),
        }
    }

    fn constant(&self, scalar: ScalarType, bits: u64) -> Val<'c> {
        build_const(self.ir, scalar, bits, self.width)
    }

    fn ty(&self, scalar: ScalarType) -> BasicTypeEnum<'c> {
        scalar_type(self.ir, scalar, self.width)
    }

    fn unary(&self, op: Unary, scalar: ScalarType, a: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        match op {
            Unary::Neg if scalar.is_float() => ir.negate(a),
            Unary::Abs if scalar.is_float() => ir.intrinsic("llvm.fabs", &[a]),
            Unary::Neg => ir.binary(Op::Sub, self.constant(scalar, 0), a),
            Unary::Abs if scalar.is_signed() => {
                let zero = self.constant(scalar, 0);
                let negative = ir.compare(IntPredicate::SLT, a, zero);
                ir.select(negative, ir.binary(Op::Sub, zero, a), a)
            }
            Unary::Abs => a,
            Unary::Sqrt => ir.intrinsic("llvm.sqrt", &[a]),
            Unary::Not => ir.binary(Op::Xor, a, self.constant(scalar, u64::MAX)),
            Unary::Floor => emulate::build(ir, Float::Floor, &[a]),
            Unary::Ceil => emulate::build(ir, Float::Ceil, &[a]),
            Unary::Trunc => emulate::build(ir, Float::Trunc, &[a]),
            Unary::Round => emulate::build(ir, Float::Round, &[a]),
        }
    }

    /// Quotient or remainder of integers, with what LLVM leaves undefined put right.
    fn divide(&self, op: Binary, scalar: ScalarType, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        let (zero, one) = (self.constant(scalar, 0), self.constant(scalar, 1));
        let by_zero = ir.compare(IntPredicate::EQ, b, zero);
        let divisor = ir.select(by_zero, one, b);
        if !scalar.is_signed() {
            let op = if op == Binary::Div { Op::UDiv } else { Op::URem };
            return ir.select(by_zero, zero, ir.binary(op, a, divisor));
        }
        // By -1: the negative, which wraps, and no rest.
        let by_minus_one = ir.compare(IntPredicate::EQ, b, self.constant(scalar, u64::MAX));
        let divisor = ir.select(by_minus_one, one, divisor);
        let (op, special) =
            if let Binary::Div = op { (Op::SDiv, ir.binary(Op::Sub, zero, a)) } else { (Op::SRem, zero) };
        let value = ir.select(by_minus_one, special, ir.binary(op, a, divisor));
        ir.select(by_zero, zero, value)
    }

    /// A shift by any count; LLVM's are undefined from the width on.
    fn shift(&self, op: Binary, scalar: ScalarType, a: Val<'c>, count: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        let last = self.constant(scalar, u64::from(scalar.bits() - 1));
        let inside = ir.compare(IntPredicate::ULE, count, last);
        let safe = ir.select(inside, count, last);
        match op {
            Binary::Shr if scalar.is_signed() => ir.binary(Op::AShr, a, safe),
            Binary::Shr => ir.select(inside, ir.binary(Op::LShr, a, safe), self.constant(scalar, 0)),
            Binary::Add
            | Binary::Sub
            | Binary::Mul
            | Binary::Div
            | Binary::Rem
            | Binary::And
            | Binary::Or
            | Binary::Xor
            | Binary::Shl => ir.select(inside, ir.binary(Op::Shl, a, safe), self.constant(scalar, 0)),
        }
    }

    fn binary(&self, op: Binary, scalar: ScalarType, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let op = match (op, scalar) {
            (Binary::Shl | Binary::Shr, _) => return self.shift(op, scalar, a, b),
            (Binary::Div | Binary::Rem, _) if scalar.is_integer() => return self.divide(op, scalar, a, b),
            (Binary::Add, ScalarType::Bool) => Op::Or,
            (Binary::Mul, ScalarType::Bool) => Op::And,
            (Binary::Sub, ScalarType::Bool) => Op::Xor,
            (Binary::Add, _) if scalar.is_float() => Op::FAdd,
            (Binary::Sub, _) if scalar.is_float() => Op::FSub,
            (Binary::Mul, _) if scalar.is_float() => Op::FMul,
            (Binary::Div | Binary::Rem, _) => Op::FDiv,
            (Binary::Add, _) => Op::Add,
            (Binary::Sub, _) => Op::Sub,
            (Binary::Mul, _) => Op::Mul,
            (Binary::And, _) => Op::And,
            (Binary::Or, _) => Op::Or,
            (Binary::Xor, _) => Op::Xor,
        };
        self.ir.binary(op, a, b)
    }

    fn compare(&self, predicate: Predicate, scalar: ScalarType, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        if scalar.is_float() {
            let predicate = match predicate {
                Predicate::Eq => FloatPredicate::OEQ,
                Predicate::Ne => FloatPredicate::UNE,
                Predicate::Lt => FloatPredicate::OLT,
                Predicate::Le => FloatPredicate::OLE,
                Predicate::Gt => FloatPredicate::OGT,
                Predicate::Ge => FloatPredicate::OGE,
            };
            return self.ir.compare_float(predicate, a, b);
        }
        let predicate = match (predicate, scalar.is_signed()) {
            (Predicate::Eq, _) => IntPredicate::EQ,
            (Predicate::Ne, _) => IntPredicate::NE,
            (Predicate::Lt, true) => IntPredicate::SLT,
            (Predicate::Le, true) => IntPredicate::SLE,
            (Predicate::Gt, true) => IntPredicate::SGT,
            (Predicate::Ge, true) => IntPredicate::SGE,
            (Predicate::Lt, false) => IntPredicate::ULT,
            (Predicate::Le, false) => IntPredicate::ULE,
            (Predicate::Gt, false) => IntPredicate::UGT,
            (Predicate::Ge, false) => IntPredicate::UGE,
        };
        self.ir.compare(predicate, a, b)
    }

    fn convert(&self, from: ScalarType, to: ScalarType, a: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        match (from, to) {
            _ if from == to => a,
            (_, ScalarType::Bool) if from.is_float() => {
                ir.compare_float(FloatPredicate::UNE, a, self.constant(from, 0))
            }
            (_, ScalarType::Bool) => ir.compare(IntPredicate::NE, a, self.constant(from, 0)),
            (ScalarType::Bool, ScalarType::F32) => {
                ir.select(a, self.constant(to, u64::from(1f32.to_bits())), self.constant(to, 0))
            }
            (ScalarType::Bool, ScalarType::F64) => {
                ir.select(a, self.constant(to, 1f64.to_bits()), self.constant(to, 0))
            }
            (ScalarType::F32, ScalarType::F64) => ir.cast(Op::FPExt, a, self.ty(to)),
            (ScalarType::F64, ScalarType::F32) => ir.cast(Op::FPTrunc, a, self.ty(to)),
            _ if from.is_float() => self.float_to_int(from, to, a),
            _ if to.is_float() => {
                ir.cast(if from.is_signed() { Op::SIToFP } else { Op::UIToFP }, a, self.ty(to))
            }
            (ScalarType::Bool, _) => ir.cast(Op::ZExt, a, self.ty(to)),
            _ if to.bits() < from.bits() => ir.cast(Op::Trunc, a, self.ty(to)),
            _ if to.bits() == from.bits() => a,
            _ => ir.cast(if from.is_signed() { Op::SExt } else { Op::ZExt }, a, self.ty(to)),
        }
    }

    /// Toward zero; what is too small or too large becomes the least or greatest value, NaN becomes 0.
    fn float_to_int(&self, from: ScalarType, to: ScalarType, a: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        let power = |exponent: u32| self.float(from, f64::from(exponent).exp2());
        let (least, beyond, greatest) = match to.is_signed() {
            true => {
                let top = to.bits() - 1;
                (self.float(from, -f64::from(top).exp2()), power(top), (1u64 << top) - 1)
            }
            false => (self.constant(from, 0), power(to.bits()), u64::MAX >> (64 - to.bits())),
        };
        let not_small = ir.compare_float(FloatPredicate::OGE, a, least);
        let not_large = ir.compare_float(FloatPredicate::OLT, a, beyond);
        let inside = ir.binary(Op::And, not_small, not_large);
        let safe = ir.select(inside, a, self.constant(from, 0));
        let value = ir.cast(if to.is_signed() { Op::FPToSI } else { Op::FPToUI }, safe, self.ty(to));
        let large = ir.compare_float(FloatPredicate::OGE, a, beyond);
        let value = ir.select(large, self.constant(to, greatest), value);
        if !to.is_signed() {
            return value;
        }
        let small = ir.compare_float(FloatPredicate::OLT, a, least);
        ir.select(small, self.constant(to, 1 << (to.bits() - 1)), value)
    }

    fn float(&self, scalar: ScalarType, value: f64) -> Val<'c> {
        if let ScalarType::F32 = scalar {
            self.constant(scalar, u64::from((value as f32).to_bits()))
        } else {
            self.constant(scalar, value.to_bits())
        }
    }

    fn bitcast(&self, from: ScalarType, to: ScalarType, a: Val<'c>) -> Val<'c> {
        match (from, to) {
            (ScalarType::Bool, ScalarType::Bool) => a,
            (ScalarType::Bool, _) => self.ir.cast(Op::ZExt, a, self.ty(to)),
            (_, ScalarType::Bool) => self.ir.compare(IntPredicate::NE, a, self.constant(from, 0)),
            (_, _) if from.is_float() == to.is_float() => a,
            (_, _) => self.ir.cast(Op::BitCast, a, self.ty(to)),
        }
    }
}
