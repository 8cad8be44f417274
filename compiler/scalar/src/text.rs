//! Prints programs, one instruction a line: `%3 = add f32 %1, %2`.

use std::fmt;

use super::{
    Binary, Inst, MathFn, Predicate, Program, ScalarKind, ScalarType, Unary, Value, scalar_from_bits_f64,
};

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl Unary {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Unary::Neg => "neg",
            Unary::Abs => "abs",
            Unary::Sqrt => "sqrt",
            Unary::Not => "not",
            Unary::Floor => "floor",
            Unary::Ceil => "ceil",
            Unary::Trunc => "trunc",
            Unary::Round => "round",
        }
    }
}

impl Binary {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::Div => "div",
            Binary::Rem => "rem",
            Binary::And => "and",
            Binary::Or => "or",
            Binary::Xor => "xor",
            Binary::Shl => "shl",
            Binary::Shr => "shr",
        }
    }
}

impl Predicate {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            Predicate::Eq => "eq",
            Predicate::Ne => "ne",
            Predicate::Lt => "lt",
            Predicate::Le => "le",
            Predicate::Gt => "gt",
            Predicate::Ge => "ge",
        }
    }
}

/// A scalar's constant as text: floats in shortest round-trip form, integers in decimal.
pub fn constant_to_text(scalar: ScalarType, bits: u64) -> String {
    match scalar.kind() {
        ScalarKind::Bool => (bits != 0).to_string(),
        ScalarKind::F32 => format!("{:?}", f32::from_bits(bits as u32)),
        ScalarKind::F16 | ScalarKind::BF16 | ScalarKind::F64 => {
            format!("{:?}", scalar_from_bits_f64(scalar, bits))
        }
        ScalarKind::Integer if scalar.is_signed() => scalar_from_bits_i64(scalar, bits).to_string(),
        ScalarKind::Integer => bits.to_string(),
    }
}

fn scalar_from_bits_i64(scalar: ScalarType, bits: u64) -> i64 {
    let shift = 64 - scalar.bits();
    if scalar.is_signed() { ((bits << shift) as i64) >> shift } else { bits as i64 }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (inst, scalar)) in self.insts.iter().enumerate() {
            let name = scalar.name();
            write!(f, "%{i} = ")?;
            match *inst {
                Inst::Param { index, part: 0 } => writeln!(f, "param {name} {index}")?,
                Inst::Param { index, part } => writeln!(f, "param {name} {index}.{part}")?,
                Inst::Const(bits) => writeln!(f, "const {name} {}", constant_to_text(*scalar, bits))?,
                Inst::Unary(op, a) => writeln!(f, "{} {name} {a}", op.name())?,
                Inst::Binary(op, a, c) => writeln!(f, "{} {name} {a}, {c}", op.name())?,
                Inst::Compare(p, a, c) => {
                    writeln!(f, "{} {} {a}, {c}", p.name(), self.scalar_type(a).name())?
                }
                Inst::Select(c, x, y) => writeln!(f, "select {name} {c}, {x}, {y}")?,
                Inst::Rarely(c, x, y) => writeln!(f, "rarely {name} {c}, {x}, {y}")?,
                Inst::Fma(x, y, z) => writeln!(f, "fma {name} {x}, {y}, {z}")?,
                Inst::Convert(a) => writeln!(f, "convert {name} {a}")?,
                Inst::Bitcast(a) => writeln!(f, "bitcast {name} {a}")?,
                Inst::Math(MathFn::Polygamma(order), a) => writeln!(f, "polygamma{order} {name} {a}")?,
                Inst::Math(function, a) => writeln!(f, "{} {name} {a}", function.name())?,
                Inst::Math2(function, a, c) => writeln!(f, "{} {name} {a}, {c}", function.name())?,
                Inst::Math4(function, [a, ai, c, ci]) => {
                    writeln!(f, "{} {name} {a}:{ai}, {c}:{ci}", function.name())?;
                }
            }
        }
        let results: Vec<String> = self
            .results
            .iter()
            .map(|e| e.parts().iter().map(Value::to_string).collect::<Vec<_>>().join(":"))
            .collect();
        writeln!(f, "return {}", results.join(", "))
    }
}
