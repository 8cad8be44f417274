//! The scalar language: typed straight-line SSA that says what happens to one element.
//!
//! The reference evaluator, the Plan's interpreter and the LLVM back end run the same [`Program`]s, so an
//! operation's meaning is written once. `Add` and `Mul` never contract; [`Inst::Fma`] rounds once everywhere.
//! A complex element is a pair of scalars. [`Inst::Math`], [`Inst::Math2`], [`Inst::Math4`] and the 16-bit
//! floats are shorthand that [`legalize`](Program::legalize) turns into the remaining instructions; what is
//! left of elementary functions is a call of [`Elementary::program`].
//!
//! # What is public
//!
//! [`dtype`] is part of what authors of models see, through `tgc_graph`. The rest is for the compiler's own
//! crates, and changes without notice.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod analytic;
mod arithmetic;
mod builder;
mod call;
mod complex;
mod dd;
pub mod dtype;
mod half;
mod legalize;
pub mod math;
mod run;
mod special;
mod text;
mod wide;

pub use builder::{Builder, Element};
pub use call::Elementary;
pub use dd::Dd;
pub use legalize::stored_scalar;
pub use run::{int_of, run_inst, scalar_from_bits_f64};
pub use text::constant_to_text;
pub use wide::Wide;

use smallvec::SmallVec;

use crate::dtype::DType;

/// The type of one value of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ScalarType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    BF16,
    F32,
    F64,
}

/// What sort of number a [`ScalarType`] holds: what differs by more than width has a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ScalarKind {
    Bool,
    /// Signed and unsigned integers of any width.
    Integer,
    F16,
    BF16,
    F32,
    F64,
}

impl ScalarType {
    /// What sort of number it holds.
    pub const fn kind(self) -> ScalarKind {
        match self {
            ScalarType::Bool => ScalarKind::Bool,
            ScalarType::I8 | ScalarType::I16 | ScalarType::I32 | ScalarType::I64 => ScalarKind::Integer,
            ScalarType::U8 | ScalarType::U16 | ScalarType::U32 | ScalarType::U64 => ScalarKind::Integer,
            ScalarType::F16 => ScalarKind::F16,
            ScalarType::BF16 => ScalarKind::BF16,
            ScalarType::F32 => ScalarKind::F32,
            ScalarType::F64 => ScalarKind::F64,
        }
    }

    /// Bytes in memory.
    pub const fn bytes(self) -> usize {
        match self {
            ScalarType::Bool | ScalarType::I8 | ScalarType::U8 => 1,
            ScalarType::I16 | ScalarType::U16 | ScalarType::F16 | ScalarType::BF16 => 2,
            ScalarType::I32 | ScalarType::U32 | ScalarType::F32 => 4,
            ScalarType::I64 | ScalarType::U64 | ScalarType::F64 => 8,
        }
    }

    /// Bits in memory.
    pub const fn bits(self) -> u32 {
        self.bytes() as u32 * 8
    }

    /// Floating point, the 16-bit shorthands included.
    pub const fn is_float(self) -> bool {
        !matches!(self.kind(), ScalarKind::Bool | ScalarKind::Integer)
    }

    /// Signed integers.
    pub const fn is_signed(self) -> bool {
        matches!(self, ScalarType::I8 | ScalarType::I16 | ScalarType::I32 | ScalarType::I64)
    }

    /// Signed or unsigned integers, not `Bool`.
    pub const fn is_integer(self) -> bool {
        matches!(self.kind(), ScalarKind::Integer)
    }

    /// The integer scalar that holds the bits of a float.
    pub const fn to_bits_type(self) -> ScalarType {
        match self.kind() {
            ScalarKind::F16 | ScalarKind::BF16 => ScalarType::U16,
            ScalarKind::F32 => ScalarType::U32,
            ScalarKind::F64 => ScalarType::U64,
            ScalarKind::Bool | ScalarKind::Integer => self,
        }
    }

    /// Lower-case name, as in text.
    pub const fn name(self) -> &'static str {
        match self {
            ScalarType::Bool => "bool",
            ScalarType::I8 => "i8",
            ScalarType::I16 => "i16",
            ScalarType::I32 => "i32",
            ScalarType::I64 => "i64",
            ScalarType::U8 => "u8",
            ScalarType::U16 => "u16",
            ScalarType::U32 => "u32",
            ScalarType::U64 => "u64",
            ScalarType::F16 => "f16",
            ScalarType::BF16 => "bf16",
            ScalarType::F32 => "f32",
            ScalarType::F64 => "f64",
        }
    }
}

/// A value of a program: the index of the instruction that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// Operations on one value; the result has the operand's scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// Negation; wraps on integers, flips the sign bit of floats (NaN too).
    Neg,
    /// Clears the sign bit of a float.
    Abs,
    /// Square root, correctly rounded.
    Sqrt,
    /// Bitwise not of integers, logical not of `Bool`.
    Not,
    /// The greatest integer that a float is not below, as a float.
    Floor,
    /// The least integer that a float is not above, as a float.
    Ceil,
    /// A float without its fraction.
    Trunc,
    /// The nearest integer of a float, as a float; halves go to the even one.
    Round,
}

/// Operations on two values of one scalar; the result has that scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// Sum; wraps on integers. `Bool`: or.
    Add,
    /// Difference; wraps on integers. Not on `Bool`.
    Sub,
    /// Product; wraps on integers. `Bool`: and.
    Mul,
    /// Quotient; of integers truncated toward zero, 0 for a divisor of 0, and wrapping for the least integer
    /// by -1.
    Div,
    /// What [`Binary::Div`] of integers leaves, with the sign of the dividend; 0 for a divisor of 0.
    Rem,
    /// Bitwise and; integers and `Bool`.
    And,
    /// Bitwise or; integers and `Bool`.
    Or,
    /// Bitwise exclusive or; integers and `Bool`.
    Xor,
    /// Left shift of integers by an unsigned count: 0 for a count of the width or more.
    Shl,
    /// Right shift of integers by an unsigned count: the sign enters for signed types, zeros for others.
    Shr,
}

/// How two values compare. Every predicate but `Ne` is false when an operand is NaN; `Ne` is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Predicate {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Elementary functions, on `F32` and `F64` values; [`math`] says how each is computed and how well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MathFn {
    /// e^x.
    Exp,
    /// Natural logarithm.
    Log,
    /// log(1 + x).
    Log1p,
    /// e^x - 1.
    Expm1,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// The derivative of the one before, e^-x / (1 + e^-x)².
    LogisticDensity,
    /// log(1 + e^x).
    Softplus,
    /// 2^x.
    Exp2,
    /// Logarithm to the base 2.
    Log2,
    /// Logarithm to the base 10.
    Log10,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Inverse sine, between -π/2 and π/2.
    Arcsin,
    /// Inverse cosine, between 0 and π.
    Arccos,
    /// Inverse tangent, between -π/2 and π/2.
    Arctan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Hyperbolic tangent.
    Tanh,
    /// The derivative of the one before, 1 / cosh² x.
    SechSquared,
    /// Inverse hyperbolic sine.
    Arcsinh,
    /// Inverse hyperbolic cosine, not negative.
    Arccosh,
    /// Inverse hyperbolic tangent.
    Arctanh,
    /// The error function.
    Erf,
    /// 1 - erf x.
    Erfc,
    /// The gamma function.
    Gamma,
    /// log |Γ(x)|.
    Gammaln,
    /// ψ, the derivative of log Γ.
    Psi,
    /// The derivative of ψ of this order, at least 1.
    Polygamma(u8),
}

impl MathFn {
    /// Every function, in declaration order; of derivatives of ψ the first two.
    pub const ALL: [MathFn; 30] = [
        MathFn::Exp,
        MathFn::Log,
        MathFn::Log1p,
        MathFn::Expm1,
        MathFn::Sigmoid,
        MathFn::LogisticDensity,
        MathFn::Softplus,
        MathFn::Exp2,
        MathFn::Log2,
        MathFn::Log10,
        MathFn::Sin,
        MathFn::Cos,
        MathFn::Tan,
        MathFn::Arcsin,
        MathFn::Arccos,
        MathFn::Arctan,
        MathFn::Sinh,
        MathFn::Cosh,
        MathFn::Tanh,
        MathFn::SechSquared,
        MathFn::Arcsinh,
        MathFn::Arccosh,
        MathFn::Arctanh,
        MathFn::Erf,
        MathFn::Erfc,
        MathFn::Gamma,
        MathFn::Gammaln,
        MathFn::Psi,
        MathFn::Polygamma(1),
        MathFn::Polygamma(2),
    ];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            MathFn::Exp => "exp",
            MathFn::Log => "log",
            MathFn::Log1p => "log1p",
            MathFn::Expm1 => "expm1",
            MathFn::Sigmoid => "sigmoid",
            MathFn::LogisticDensity => "logistic_density",
            MathFn::Softplus => "softplus",
            MathFn::Exp2 => "exp2",
            MathFn::Log2 => "log2",
            MathFn::Log10 => "log10",
            MathFn::Sin => "sin",
            MathFn::Cos => "cos",
            MathFn::Tan => "tan",
            MathFn::Arcsin => "arcsin",
            MathFn::Arccos => "arccos",
            MathFn::Arctan => "arctan",
            MathFn::Sinh => "sinh",
            MathFn::Cosh => "cosh",
            MathFn::Tanh => "tanh",
            MathFn::SechSquared => "sech_squared",
            MathFn::Arcsinh => "arcsinh",
            MathFn::Arccosh => "arccosh",
            MathFn::Arctanh => "arctanh",
            MathFn::Erf => "erf",
            MathFn::Erfc => "erfc",
            MathFn::Gamma => "gamma",
            MathFn::Gammaln => "gammaln",
            MathFn::Psi => "psi",
            MathFn::Polygamma(_) => "polygamma",
        }
    }
}

/// Elementary functions of two values, on `F32` and `F64` values; [`math`] says how each is computed and how
/// well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MathFn2 {
    /// The angle of the point (x, y), given y and x, between -π and π.
    Arctan2,
    /// x^y.
    Pow,
    /// The rest of x/y with the sign of x.
    Fmod,
}

impl MathFn2 {
    /// Every function, in declaration order.
    pub const ALL: [MathFn2; 3] = [MathFn2::Arctan2, MathFn2::Pow, MathFn2::Fmod];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            MathFn2::Arctan2 => "arctan2",
            MathFn2::Pow => "pow",
            MathFn2::Fmod => "fmod",
        }
    }
}

/// Parts of elementary functions of two complex numbers, on the `F64` values of their real and imaginary
/// parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MathFn4 {
    /// The real part of x^y.
    PowReal,
    /// The imaginary part of x^y.
    PowImaginary,
}

impl MathFn4 {
    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            MathFn4::PowReal => "pow_real",
            MathFn4::PowImaginary => "pow_imaginary",
        }
    }
}

/// One instruction. Its scalar stands beside it in [`Program::insts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Inst {
    /// Part `part` (0 real, 1 imaginary) of the element read through parameter `index`.
    Param {
        /// Which parameter.
        index: u16,
        /// Which part of a complex element.
        part: u8,
    },
    /// A constant: the bits of the scalar, zero-extended.
    Const(u64),
    /// One operand.
    Unary(Unary, Value),
    /// Two operands of the result's scalar.
    Binary(Binary, Value, Value),
    /// Two operands of one scalar; the result is `Bool`.
    Compare(Predicate, Value, Value),
    /// `if c { a } else { b }`, without evaluating lazily.
    Select(Value, Value, Value),
    /// The same as [`Inst::Select`], with the promise that the condition rarely holds: what only the first
    /// choice needs may be skipped where it does not.
    Rarely(Value, Value, Value),
    /// a*b + c with one rounding.
    Fma(Value, Value, Value),
    /// To the result's scalar by value: integers wrap among themselves; floats truncate toward zero and
    /// saturate, NaN gives 0; to `Bool` is `!= 0`; to a narrower float rounds to nearest even.
    Convert(Value),
    /// The same bits in a scalar of the same width.
    Bitcast(Value),
    /// An elementary function of one value.
    Math(MathFn, Value),
    /// An elementary function of two values.
    Math2(MathFn2, Value, Value),
    /// A part of an elementary function of two complex numbers: the parts of the first, then of the second.
    Math4(MathFn4, [Value; 4]),
}

impl Inst {
    /// The values it reads, in order.
    pub fn operands(&self) -> SmallVec<[Value; 4]> {
        match *self {
            Inst::Param { .. } | Inst::Const(_) => SmallVec::new(),
            Inst::Unary(_, a) | Inst::Convert(a) | Inst::Bitcast(a) | Inst::Math(_, a) => {
                SmallVec::from_slice(&[a])
            }
            Inst::Binary(_, a, b) | Inst::Compare(_, a, b) | Inst::Math2(_, a, b) => {
                SmallVec::from_slice(&[a, b])
            }
            Inst::Select(a, b, c) | Inst::Rarely(a, b, c) | Inst::Fma(a, b, c) => {
                SmallVec::from_slice(&[a, b, c])
            }
            Inst::Math4(_, parts) => SmallVec::from_slice(&parts),
        }
    }

    /// The same instruction on other values.
    pub fn map(&self, f: &mut dyn FnMut(Value) -> Value) -> Inst {
        match *self {
            Inst::Param { .. } | Inst::Const(_) => *self,
            Inst::Unary(op, a) => Inst::Unary(op, f(a)),
            Inst::Convert(a) => Inst::Convert(f(a)),
            Inst::Bitcast(a) => Inst::Bitcast(f(a)),
            Inst::Math(op, a) => Inst::Math(op, f(a)),
            Inst::Binary(op, a, b) => Inst::Binary(op, f(a), f(b)),
            Inst::Compare(op, a, b) => Inst::Compare(op, f(a), f(b)),
            Inst::Math2(op, a, b) => Inst::Math2(op, f(a), f(b)),
            Inst::Math4(op, parts) => Inst::Math4(op, parts.map(&mut *f)),
            Inst::Select(a, b, c) => Inst::Select(f(a), f(b), f(c)),
            Inst::Rarely(a, b, c) => Inst::Rarely(f(a), f(b), f(c)),
            Inst::Fma(a, b, c) => Inst::Fma(f(a), f(b), f(c)),
        }
    }
}

/// A scalar function from elements to elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Program {
    /// Element type of each parameter.
    pub params: Vec<DType>,
    /// Instructions with the types of their values; operands come before their uses.
    pub insts: Vec<(Inst, ScalarType)>,
    /// The elements it returns.
    pub results: Vec<Element>,
}

impl Program {
    /// The scalar of a value.
    pub fn scalar_type(&self, value: Value) -> ScalarType {
        self.insts[value.0 as usize].1
    }

    /// Whether each instruction is one that only rare choices need: every use of it is as the first choice of
    /// [`Inst::Rarely`] or by such an instruction.
    pub fn rare(&self) -> Vec<bool> {
        let mut rare = vec![true; self.insts.len()];
        for value in self.results.iter().flat_map(|e| e.parts()) {
            rare[value.0 as usize] = false;
        }
        for (at, (inst, _)) in self.insts.iter().enumerate().rev() {
            let operands = inst.operands();
            let needed = if rare[at] {
                &[]
            } else if let Inst::Rarely(c, _, usual) = inst {
                &[*c, *usual][..]
            } else {
                &operands
            };
            for value in needed {
                rare[value.0 as usize] = false;
            }
        }
        rare
    }

    /// The program that returns its only argument.
    pub fn identity(dtype: DType) -> Program {
        let mut b = Builder::new(&[dtype]);
        let x = b.param(0);
        b.finish(vec![x])
    }

    /// True when no elementary function or 16-bit float scalar is left.
    pub fn is_legal(&self) -> bool {
        self.insts.iter().all(|(inst, scalar)| {
            !matches!(inst, Inst::Math(..) | Inst::Math2(..) | Inst::Math4(..))
                && !matches!(scalar, ScalarType::F16 | ScalarType::BF16)
        })
    }
}
