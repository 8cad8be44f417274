//! Instructions on floats that some machines lack, made of those that they have, to the bit: what LLVM would
//! make calls of libm. One function of the module for each, by type and width.
//!
//! Rounding to an integer adds what leaves no bits for a fraction. A fused multiply-add of `f32` is exact in
//! `f64` but for the sum, which is rounded to odd, so that the rounding to `f32` is the only one that counts;
//! one of `f64` takes product and sum apart into two numbers each and rounds what is left to odd
//! (S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums: proved algorithms using rounding to
//! odd", IEEE Transactions on Computers 57(4), 2008). Where those would overflow or leave the normal numbers,
//! a function of the runtime computes in integers.

use inkwell::FloatPredicate::{OEQ, OGE, OGT, OLT, ONE};
use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum};
use inkwell::values::FunctionValue;
use inkwell::values::InstructionOpcode as Op;

use crate::ir::{Ir, Val};

/// An instruction of which LLVM has an intrinsic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Float {
    Fma,
    Floor,
    Ceil,
    Trunc,
    /// To the nearest integer, ties to even.
    Round,
}

impl Float {
    fn intrinsic(self) -> &'static str {
        match self {
            Float::Fma => "llvm.fma",
            Float::Floor => "llvm.floor",
            Float::Ceil => "llvm.ceil",
            Float::Trunc => "llvm.trunc",
            Float::Round => "llvm.roundeven",
        }
    }
}

/// Emits the instruction, or a call of what does the same.
pub(crate) fn build<'c>(ir: &Ir<'_, 'c>, float: Float, operands: &[Val<'c>]) -> Val<'c> {
    let target = ir.shell.target;
    let is_there = if float == Float::Fma { target.fuses() } else { target.rounds() };
    if is_there {
        return ir.intrinsic(float.intrinsic(), operands);
    }
    let function = callee(ir, float, operands[0].get_type(), operands.len());
    ir.call(function, operands).expect("invariant: it returns a value")
}

/// The function of the module, made when it is first asked for.
fn callee<'c>(ir: &Ir<'_, 'c>, float: Float, ty: BasicTypeEnum<'c>, arity: usize) -> FunctionValue<'c> {
    let width = if let BasicTypeEnum::VectorType(ty) = ty { ty.get_size() } else { 1 };
    let is_double = lane(ty) == ir.context().f64_type().into();
    let scalar = if is_double { "f64" } else { "f32" };
    let name = format!("tgc.{}.{scalar}x{width}", float.intrinsic().trim_start_matches("llvm."));
    ir.shell.module.get_function(&name).unwrap_or_else(|| {
        let params = vec![BasicMetadataTypeEnum::from(ty); arity];
        let function = ir.shell.kernel_function(&name, ty.fn_type(&params, false));
        ir.shell.mark(function, AttributeLoc::Function, "willreturn");
        let (inner, params) = (Ir::new(ir.shell, function), function.get_params());
        let lanes = Lanes { ir: &inner, width };
        let result = match (float, is_double) {
            (Float::Fma, true) => lanes.fma_f64([params[0], params[1], params[2]]),
            (Float::Fma, false) => lanes.fma_f32([params[0], params[1], params[2]], ty),
            (Float::Floor | Float::Ceil | Float::Trunc | Float::Round, _) => lanes.round(float, params[0]),
        };
        inner.return_value(result);
        inner.finish();
        function
    })
}

fn lane(ty: BasicTypeEnum<'_>) -> BasicTypeEnum<'_> {
    if let BasicTypeEnum::VectorType(ty) = ty { ty.get_element_type() } else { ty }
}

/// The body of a function on so many lanes.
struct Lanes<'a, 'b, 'c> {
    ir: &'a Ir<'b, 'c>,
    width: u32,
}

impl<'c> Lanes<'_, '_, 'c> {
    fn add(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.ir.binary(Op::FAdd, a, b)
    }

    fn sub(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.ir.binary(Op::FSub, a, b)
    }

    fn mul(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.ir.binary(Op::FMul, a, b)
    }

    fn and(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        self.ir.binary(Op::And, a, b)
    }

    /// A number in every lane, of the lanes' own type.
    fn number(&self, like: Val<'c>, value: f64) -> Val<'c> {
        self.ir.splat(lane(like.get_type()).into_float_type().const_float(value).into(), self.width)
    }

    fn f64_type(&self) -> BasicTypeEnum<'c> {
        self.ir.widen(self.ir.context().f64_type().into(), self.width)
    }

    fn i64_type(&self) -> BasicTypeEnum<'c> {
        self.ir.widen(self.ir.context().i64_type().into(), self.width)
    }

    fn integer(&self, value: u64) -> Val<'c> {
        self.ir.splat(self.ir.int(value as i64).into(), self.width)
    }

    /// To an integer. What has no fraction, NaN and infinities stay, and so does the sign of zero.
    fn round(&self, float: Float, x: Val<'c>) -> Val<'c> {
        let (ir, one) = (self.ir, self.number(x, 1.0));
        let is_double = lane(x.get_type()) == ir.context().f64_type().into();
        let whole = self.number(x, if is_double { 2f64.powi(52) } else { 2f64.powi(23) });
        let size = ir.intrinsic("llvm.fabs", &[x]);
        let nearest = self.sub(self.add(size, whole), whole);
        let rounded = match float {
            Float::Trunc => {
                let above = ir.compare_float(OGT, nearest, size);
                ir.select(above, self.sub(nearest, one), nearest)
            }
            Float::Floor => {
                let signed = ir.intrinsic("llvm.copysign", &[nearest, x]);
                ir.select(ir.compare_float(OGT, signed, x), self.sub(signed, one), signed)
            }
            Float::Ceil => {
                let signed = ir.intrinsic("llvm.copysign", &[nearest, x]);
                ir.select(ir.compare_float(OLT, signed, x), self.add(signed, one), signed)
            }
            Float::Round | Float::Fma => nearest,
        };
        let rounded = ir.intrinsic("llvm.copysign", &[rounded, x]);
        ir.select(ir.compare_float(OLT, size, whole), rounded, x)
    }

    /// The rounded sum of two numbers and its error, exact where nothing overflows (D. Knuth).
    fn two_sum(&self, a: Val<'c>, b: Val<'c>) -> [Val<'c>; 2] {
        let sum = self.add(a, b);
        let of_b = self.sub(sum, a);
        let error = self.add(self.sub(a, self.sub(sum, of_b)), self.sub(b, of_b));
        [sum, error]
    }

    /// The rounded product of two numbers and its error (T. Dekker).
    fn two_product(&self, a: Val<'c>, b: Val<'c>) -> [Val<'c>; 2] {
        let product = self.mul(a, b);
        let ([ah, al], [bh, bl]) = (self.halves(a), self.halves(b));
        let error = self.sub(self.mul(ah, bh), product);
        let error = self.add(self.add(error, self.mul(ah, bl)), self.mul(al, bh));
        [product, self.add(error, self.mul(al, bl))]
    }

    /// A number as the sum of two with half of the bits (G. Veltkamp).
    fn halves(&self, a: Val<'c>) -> [Val<'c>; 2] {
        let scaled = self.mul(self.number(a, 134_217_729.0), a);
        let high = self.sub(scaled, self.sub(scaled, a));
        [high, self.sub(a, high)]
    }

    /// The sum of two numbers, or, if it is not exact, the neighbour of it whose last bit is set.
    fn odd_sum(&self, a: Val<'c>, b: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        let [sum, error] = self.two_sum(a, b);
        let [bits, of_error] = [sum, error].map(|v| ir.cast(Op::BitCast, v, self.i64_type()));
        let inexact = ir.compare_float(ONE, error, self.number(error, 0.0));
        let even = ir.compare(IntPredicate::EQ, self.and(bits, self.integer(1)), self.integer(0));
        // Away from zero if the error has the sign of the sum: 1, else -1.
        let apart = ir.binary(Op::AShr, ir.binary(Op::Xor, bits, of_error), self.integer(63));
        let step = ir.binary(Op::Or, apart, self.integer(1));
        let odd = ir.binary(Op::Add, bits, step);
        let bits = ir.select(self.and(inexact, even), odd, bits);
        ir.cast(Op::BitCast, bits, self.f64_type())
    }

    fn fma_f32(&self, operands: [Val<'c>; 3], ty: BasicTypeEnum<'c>) -> Val<'c> {
        let [a, b, c] = operands.map(|v| self.ir.cast(Op::FPExt, v, self.f64_type()));
        let sum = self.odd_sum(self.mul(a, b), c);
        self.ir.cast(Op::FPTrunc, sum, ty)
    }

    fn fma_f64(&self, operands: [Val<'c>; 3]) -> Val<'c> {
        let (ir, ty) = (self.ir, self.f64_type());
        let slot = ir.slot(ty);
        let [a, b, c] = operands;
        let product = self.mul(a, b);
        let mut reach = || ir.set(slot, self.fused(a, b, c));
        let mut beyond = || ir.set(slot, self.by_runtime(operands));
        let all = self.all(self.is_within(operands, product));
        ir.either(all.into_int_value(), &mut reach, &mut beyond);
        ir.get(ty, slot)
    }

    /// Whether no step overflows, and every part of the product is a normal number or zero.
    fn is_within(&self, [a, b, c]: [Val<'c>; 3], product: Val<'c>) -> Val<'c> {
        let ir = self.ir;
        let below = |x: Val<'c>, power: i32| {
            let size = ir.intrinsic("llvm.fabs", &[x]);
            ir.compare_float(OLT, size, self.number(x, 2f64.powi(power)))
        };
        let is_zero = |x: Val<'c>| ir.compare_float(OEQ, x, self.number(x, 0.0));
        let size = ir.intrinsic("llvm.fabs", &[product]);
        let large = ir.compare_float(OGE, size, self.number(product, 2f64.powi(-900)));
        let large = ir.binary(Op::Or, large, ir.binary(Op::Or, is_zero(a), is_zero(b)));
        let sizes = [below(a, 990), below(b, 990), below(c, 1000), below(product, 1000)];
        sizes.into_iter().fold(large, |all, is| self.and(all, is))
    }

    fn all(&self, lanes: Val<'c>) -> Val<'c> {
        if self.width == 1 { lanes } else { self.ir.intrinsic("llvm.vector.reduce.and", &[lanes]) }
    }

    fn fused(&self, a: Val<'c>, b: Val<'c>, c: Val<'c>) -> Val<'c> {
        let [high, low] = self.two_product(a, b);
        let [c_high, c_low] = self.two_sum(c, low);
        let [sum, rest] = self.two_sum(high, c_high);
        let result = self.add(sum, self.odd_sum(c_low, rest));
        // The sign of zero is that of the plain sum.
        let is_zero = self.ir.compare_float(OEQ, result, self.number(result, 0.0));
        self.ir.select(is_zero, self.add(high, c), result)
    }

    fn by_runtime(&self, operands: [Val<'c>; 3]) -> Val<'c> {
        let (ir, function) = (self.ir, self.ir.runtime("tgc_rt_fma"));
        let one = |lane: u32| {
            let bits = operands.map(|v| ir.cast(Op::BitCast, ir.extract(v, lane), ir.int_type().into()));
            let sum = ir.call(function, &bits).expect("invariant: it returns a number");
            ir.cast(Op::BitCast, sum, ir.context().f64_type().into())
        };
        ir.gather(&(0..self.width).map(one).collect::<Vec<_>>())
    }
}
