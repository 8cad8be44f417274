//! Runs programs in wide arithmetic: what they would give if floating point did not round.
//!
//! Every floating-point scalar, whatever its width, holds a [`Dd`]; conversions between such lanes change
//! nothing. Other types hold bits and mean what [`run_inst`] says. It takes programs before
//! [`legalize`](Program::legalize), where elementary functions are still named.

use super::{
    Binary, Dd, Inst, MathFn, MathFn2, MathFn4, Predicate, Program, ScalarType, Unary, run_inst,
    scalar_from_bits_f64,
};

/// A value in wide arithmetic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wide {
    /// The bits of an integer or `Bool` scalar, zero-extended.
    Bits(u64),
    /// The value of a floating-point scalar.
    Real(Dd),
}

impl Default for Wide {
    fn default() -> Wide {
        Wide::Bits(0)
    }
}

impl Wide {
    /// The value of a scalar's bits, exactly.
    pub fn from_bits(scalar: ScalarType, bits: u64) -> Wide {
        if scalar.is_float() {
            Wide::Real(Dd::from(scalar_from_bits_f64(scalar, bits)))
        } else {
            Wide::Bits(bits)
        }
    }

    /// The value of a floating-point scalar.
    pub fn real(self) -> Dd {
        match self {
            Wide::Real(value) => value,
            Wide::Bits(_) => unreachable!("invariant: verified programs"),
        }
    }

    /// The bits of an integer or `Bool` scalar.
    pub fn bits(self) -> u64 {
        match self {
            Wide::Bits(bits) => bits,
            Wide::Real(_) => unreachable!("invariant: verified programs"),
        }
    }

    /// The bits of the scalar's value nearest to this one.
    pub fn to_bits(self, scalar: ScalarType) -> u64 {
        match self {
            Wide::Bits(bits) => bits,
            Wide::Real(value) => {
                let narrow = Inst::Convert(super::Value(0));
                run_inst(&narrow, scalar, &[(round_to_odd(value, scalar).to_bits(), ScalarType::F64)])
                    .expect("invariant: a conversion needs its operand only")
            }
        }
    }
}

/// A value as `f64` such that rounding it to a narrower scalar rounds the value itself.
fn round_to_odd(value: Dd, scalar: ScalarType) -> f64 {
    let Dd { hi, lo } = value;
    if scalar == ScalarType::F64 || lo == 0.0 || hi.to_bits() & 1 == 1 {
        return hi;
    }
    if lo > 0.0 { hi.next_up() } else { hi.next_down() }
}

impl Program {
    /// Runs the program, given each parameter's parts in order; returns each result's parts.
    pub fn run_wide(&self, params: &[[Wide; 2]]) -> Vec<Wide> {
        let mut values: Vec<Wide> = Vec::with_capacity(self.insts.len());
        for (inst, scalar) in &self.insts {
            let value = if let Inst::Param { index, part } = *inst {
                params[index as usize][part as usize]
            } else {
                self.run_wide_inst(inst, *scalar, &values)
            };
            values.push(value);
        }
        let parts = self.results.iter().flat_map(|e| e.parts().iter());
        parts.map(|v| values[v.0 as usize]).collect()
    }

    fn run_wide_inst(&self, inst: &Inst, scalar: ScalarType, values: &[Wide]) -> Wide {
        let real = |v: super::Value| values[v.0 as usize].real();
        match *inst {
            Inst::Param { .. } => unreachable!("invariant: parameters are read by the caller"),
            Inst::Const(bits) => Wide::from_bits(scalar, bits),
            Inst::Math(function, a) => Wide::Real(wide_math(function, real(a))),
            Inst::Math2(function, a, b) => Wide::Real(wide_math2(function, real(a), real(b))),
            Inst::Math4(function, parts) => Wide::Real(wide_math4(function, parts.map(real))),
            Inst::Fma(a, b, c) => Wide::Real(real(a) * real(b) + real(c)),
            Inst::Unary(op, a) if scalar.is_float() => Wide::Real(wide_unary(op, real(a))),
            Inst::Binary(op, a, b) if scalar.is_float() => Wide::Real(wide_binary(op, real(a), real(b))),
            Inst::Compare(predicate, a, b) if self.scalar_type(a).is_float() => {
                Wide::Bits(u64::from(wide_compare(predicate, real(a), real(b))))
            }
            Inst::Select(c, a, b) | Inst::Rarely(c, a, b) => {
                let chosen = if values[c.0 as usize].bits() != 0 { a } else { b };
                values[chosen.0 as usize]
            }
            Inst::Convert(a) => wide_convert(self.scalar_type(a), scalar, values[a.0 as usize]),
            Inst::Bitcast(a) => Wide::from_bits(scalar, values[a.0 as usize].to_bits(self.scalar_type(a))),
            Inst::Unary(..) | Inst::Binary(..) | Inst::Compare(..) => {
                let operands: Vec<(u64, ScalarType)> = inst
                    .operands()
                    .iter()
                    .map(|v| (values[v.0 as usize].bits(), self.scalar_type(*v)))
                    .collect();
                let bits = run_inst(inst, scalar, &operands).expect("invariant: needs its operands only");
                Wide::Bits(bits)
            }
        }
    }
}

fn wide_math(function: MathFn, x: Dd) -> Dd {
    match function {
        MathFn::Exp => x.exp(),
        MathFn::Log => x.log(),
        MathFn::Log1p => x.log1p(),
        MathFn::Expm1 => x.expm1(),
        MathFn::Sigmoid => x.sigmoid(),
        MathFn::LogisticDensity => x.logistic_density(),
        MathFn::Softplus => x.softplus(),
        MathFn::Exp2 => x.exp2(),
        MathFn::Log2 => x.log2(),
        MathFn::Log10 => x.log10(),
        MathFn::Sin => x.sin(),
        MathFn::Cos => x.cos(),
        MathFn::Tan => x.tan(),
        MathFn::Arcsin => x.arcsin(),
        MathFn::Arccos => x.arccos(),
        MathFn::Arctan => x.arctan(),
        MathFn::Sinh => x.sinh(),
        MathFn::Cosh => x.cosh(),
        MathFn::Tanh => x.tanh(),
        MathFn::SechSquared => x.sech_squared(),
        MathFn::Arcsinh => x.arcsinh(),
        MathFn::Arccosh => x.arccosh(),
        MathFn::Arctanh => x.arctanh(),
        MathFn::Erf => x.erf(),
        MathFn::Erfc => x.erfc(),
        MathFn::Gamma => x.gamma(),
        MathFn::Gammaln => x.gammaln(),
        MathFn::Psi => x.psi(),
        MathFn::Polygamma(order) => x.polygamma(order),
    }
}

fn wide_math2(function: MathFn2, x: Dd, y: Dd) -> Dd {
    match function {
        MathFn2::Arctan2 => x.arctan2(y),
        MathFn2::Pow => x.pow(y),
        MathFn2::Fmod => x.fmod(y),
    }
}

fn wide_math4(function: MathFn4, [re, im, other_re, other_im]: [Dd; 4]) -> Dd {
    let [power_re, power_im] = Dd::complex_pow([re, im], [other_re, other_im]);
    match function {
        MathFn4::PowReal => power_re,
        MathFn4::PowImaginary => power_im,
    }
}

fn wide_unary(op: Unary, a: Dd) -> Dd {
    match op {
        Unary::Neg => -a,
        Unary::Abs => a.abs(),
        Unary::Sqrt => a.sqrt(),
        Unary::Floor => a.floor(),
        Unary::Ceil => -(-a).floor(),
        Unary::Trunc => {
            if a < Dd::default() {
                -(-a).floor()
            } else {
                a.floor()
            }
        }
        Unary::Round => a.round_ties_even(),
        Unary::Not => unreachable!("invariant: verified programs"),
    }
}

fn wide_binary(op: Binary, a: Dd, b: Dd) -> Dd {
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

fn wide_compare(predicate: Predicate, a: Dd, b: Dd) -> bool {
    match predicate {
        Predicate::Eq => a == b,
        Predicate::Ne => a != b,
        Predicate::Lt => a < b,
        Predicate::Le => a <= b,
        Predicate::Gt => a > b,
        Predicate::Ge => a >= b,
    }
}

/// By value; between floating-point types nothing is rounded.
fn wide_convert(from: ScalarType, to: ScalarType, a: Wide) -> Wide {
    match a {
        Wide::Real(value) if to.is_float() => Wide::Real(value),
        Wide::Real(value) if to == ScalarType::Bool => Wide::Bits(u64::from(value != Dd::default())),
        Wide::Real(value) => {
            let (least, greatest) = integer_range(to);
            let width_mask = u64::MAX >> (64 - to.bits());
            Wide::Bits(value.trunc().clamp(least, greatest) as u64 & width_mask)
        }
        Wide::Bits(bits) if to.is_float() => {
            let shift = 64 - from.bits();
            let signed = i128::from(((bits << shift) as i64) >> shift);
            Wide::Real(Dd::from(if from.is_signed() { signed } else { i128::from(bits) }))
        }
        Wide::Bits(bits) => {
            let inst = Inst::Convert(super::Value(0));
            Wide::Bits(run_inst(&inst, to, &[(bits, from)]).expect("invariant: needs its operand only"))
        }
    }
}

fn integer_range(scalar: ScalarType) -> (i128, i128) {
    let width = scalar.bits();
    if scalar.is_signed() { (-(1 << (width - 1)), (1 << (width - 1)) - 1) } else { (0, (1 << width) - 1) }
}
