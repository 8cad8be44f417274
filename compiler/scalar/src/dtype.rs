//! Element types, their storage, and the promotion of two of them.
//!
//! Promotion follows NumPy's table for tensors; literals are weak (see [`promote`]).

use std::fmt;

use crate::ScalarType;

/// The element type of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[allow(missing_docs)]
pub enum DType {
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
    C64,
    C128,
}

/// What sort of number a [`DType`] holds; ordered as promotion climbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// Signed and unsigned integers.
    Integer,
    /// Real floating point.
    Float,
    /// A pair of floats.
    Complex,
}

impl DType {
    /// Every element type, in declaration order.
    pub const ALL: [DType; 15] = [
        DType::Bool,
        DType::I8,
        DType::I16,
        DType::I32,
        DType::I64,
        DType::U8,
        DType::U16,
        DType::U32,
        DType::U64,
        DType::F16,
        DType::BF16,
        DType::F32,
        DType::F64,
        DType::C64,
        DType::C128,
    ];

    /// The name used in text, files and messages: `f32`, `bool`, `c128`.
    pub const fn name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "i8",
            DType::I16 => "i16",
            DType::I32 => "i32",
            DType::I64 => "i64",
            DType::U8 => "u8",
            DType::U16 => "u16",
            DType::U32 => "u32",
            DType::U64 => "u64",
            DType::F16 => "f16",
            DType::BF16 => "bf16",
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::C64 => "c64",
            DType::C128 => "c128",
        }
    }

    /// The name NumPy and Theano use: `float32`, `bool`, `complex128`.
    pub const fn long_name(self) -> &'static str {
        match self {
            DType::Bool => "bool",
            DType::I8 => "int8",
            DType::I16 => "int16",
            DType::I32 => "int32",
            DType::I64 => "int64",
            DType::U8 => "uint8",
            DType::U16 => "uint16",
            DType::U32 => "uint32",
            DType::U64 => "uint64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::C64 => "complex64",
            DType::C128 => "complex128",
        }
    }

    /// The inverse of [`DType::name`].
    pub fn from_name(name: &str) -> Option<DType> {
        DType::ALL.into_iter().find(|d| d.name() == name)
    }

    /// Bytes of one element in memory.
    pub const fn bytes(self) -> usize {
        self.scalar_type().bytes() * self.parts()
    }

    /// How many scalars one element has: 2 for complex, else 1.
    pub const fn parts(self) -> usize {
        if let DType::C64 | DType::C128 = self { 2 } else { 1 }
    }

    /// The scalar that holds (one part of) an element.
    pub const fn scalar_type(self) -> ScalarType {
        match self {
            DType::Bool => ScalarType::Bool,
            DType::I8 => ScalarType::I8,
            DType::I16 => ScalarType::I16,
            DType::I32 => ScalarType::I32,
            DType::I64 => ScalarType::I64,
            DType::U8 => ScalarType::U8,
            DType::U16 => ScalarType::U16,
            DType::U32 => ScalarType::U32,
            DType::U64 => ScalarType::U64,
            DType::F16 => ScalarType::F16,
            DType::BF16 => ScalarType::BF16,
            DType::F32 | DType::C64 => ScalarType::F32,
            DType::F64 | DType::C128 => ScalarType::F64,
        }
    }

    /// The sort of number.
    pub const fn kind(self) -> Kind {
        match self {
            DType::Bool => Kind::Bool,
            DType::I8 | DType::I16 | DType::I32 | DType::I64 => Kind::Integer,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => Kind::Integer,
            DType::F16 | DType::BF16 | DType::F32 | DType::F64 => Kind::Float,
            DType::C64 | DType::C128 => Kind::Complex,
        }
    }

    /// Real floating point.
    pub fn is_float(self) -> bool {
        self.kind() == Kind::Float
    }

    /// Complex.
    pub fn is_complex(self) -> bool {
        self.kind() == Kind::Complex
    }

    /// A type through which gradients flow: real or complex floating point.
    pub fn is_differentiable(self) -> bool {
        self.kind() >= Kind::Float
    }

    /// The type a real function such as `exp` computes in: floats and complex stay, narrow integers
    /// become `f32`, wide ones `f64`.
    pub fn to_inexact(self) -> DType {
        match self {
            DType::Bool | DType::I8 | DType::I16 | DType::U8 | DType::U16 => DType::F32,
            DType::I32 | DType::I64 | DType::U32 | DType::U64 => DType::F64,
            DType::F16 | DType::BF16 | DType::F32 | DType::F64 | DType::C64 | DType::C128 => self,
        }
    }

    /// The type `sum` and `prod` accumulate integers in and return: 64 bits of the same sign.
    pub fn to_sum(self) -> DType {
        match self {
            DType::Bool | DType::I8 | DType::I16 | DType::I32 | DType::I64 => DType::I64,
            DType::U8 | DType::U16 | DType::U32 | DType::U64 => DType::U64,
            DType::F16 | DType::BF16 | DType::F32 | DType::F64 | DType::C64 | DType::C128 => self,
        }
    }

    /// The complex type whose parts hold numbers of a real one; complex types unchanged.
    pub fn to_complex(self) -> DType {
        match self {
            DType::F16 | DType::BF16 | DType::F32 | DType::C64 => DType::C64,
            DType::Bool | DType::I8 | DType::I16 | DType::U8 | DType::U16 => DType::C64,
            DType::I32 | DType::I64 | DType::U32 | DType::U64 | DType::F64 | DType::C128 => DType::C128,
        }
    }

    /// The real type of a complex one's parts; other types unchanged.
    pub fn to_real(self) -> DType {
        match self {
            DType::C64 => DType::F32,
            DType::C128 => DType::F64,
            DType::Bool
            | DType::I8
            | DType::I16
            | DType::I32
            | DType::I64
            | DType::U8
            | DType::U16
            | DType::U32
            | DType::U64
            | DType::F16
            | DType::BF16
            | DType::F32
            | DType::F64 => self,
        }
    }

    /// The type in which its elements are computed: `F32` for 16-bit floats, whose results are rounded; other
    /// types unchanged.
    pub const fn to_computed(self) -> DType {
        match self {
            DType::F16 | DType::BF16 => DType::F32,
            DType::Bool
            | DType::I8
            | DType::I16
            | DType::I32
            | DType::I64
            | DType::U8
            | DType::U16
            | DType::U32
            | DType::U64
            | DType::F32
            | DType::F64
            | DType::C64
            | DType::C128 => self,
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The common type of two tensors' elements.
///
/// A weak operand (a literal) has no width: it only lifts the other's kind. `i32` with a weak float is
/// `f64`, `bool` with a weak integer `i64`, `f32` with a weak complex `c64`.
pub fn promote(a: (DType, bool), b: (DType, bool)) -> DType {
    match (a, b) {
        ((strong, false), (weak, true)) | ((weak, true), (strong, false)) => promote_weak(strong, weak),
        ((a, _), (b, _)) => promote_strong(a, b),
    }
}

fn promote_weak(strong: DType, weak: DType) -> DType {
    if strong.kind() >= weak.kind() {
        return strong;
    }
    match weak.kind() {
        Kind::Complex if strong == DType::F64 || strong.kind() < Kind::Float => DType::C128,
        Kind::Complex => DType::C64,
        Kind::Float => DType::F64,
        Kind::Integer | Kind::Bool => DType::I64,
    }
}

fn promote_strong(a: DType, b: DType) -> DType {
    let (low, high) = if a.kind() <= b.kind() { (a, b) } else { (b, a) };
    if a == b || low.kind() == Kind::Bool {
        return high;
    }
    match high.kind() {
        Kind::Bool => DType::Bool,
        Kind::Integer => promote_integers(a, b),
        Kind::Float => promote_floats(integer_to_float(low, high), high),
        Kind::Complex => {
            let real = promote_floats(integer_to_float(low.to_real(), DType::F32), high.to_real());
            if real == DType::F64 { DType::C128 } else { DType::C64 }
        }
    }
}

/// The narrowest float that holds every value of an integer type, no wider than needed beside `other`.
fn integer_to_float(low: DType, other: DType) -> DType {
    match low {
        DType::I8 | DType::U8 if matches!(other, DType::F16 | DType::BF16) => other,
        DType::I8 | DType::U8 | DType::I16 | DType::U16 => DType::F32,
        DType::I32 | DType::U32 | DType::I64 | DType::U64 => DType::F64,
        float @ DType::Bool
        | float @ DType::F16
        | float @ DType::BF16
        | float @ DType::F32
        | float @ DType::F64
        | float @ DType::C64
        | float @ DType::C128 => float,
    }
}

fn promote_floats(a: DType, b: DType) -> DType {
    match (a, b) {
        (DType::F16, DType::BF16) | (DType::BF16, DType::F16) => DType::F32,
        _ => a.max(b),
    }
}

fn promote_integers(a: DType, b: DType) -> DType {
    let signed = |d: DType| d <= DType::I64;
    if signed(a) == signed(b) {
        return a.max(b);
    }
    let (s, u) = if signed(a) { (a, b) } else { (b, a) };
    match (s.bytes(), u.bytes()) {
        (_, 8) => DType::F64,
        (s_bytes, u_bytes) if s_bytes > u_bytes => s,
        (_, 1) => DType::I16,
        (_, 2) => DType::I32,
        (_, _) => DType::I64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promotion_follows_the_table() {
        use DType::*;
        let strong = |a, b| promote((a, false), (b, false));
        for (a, b, want) in [
            (I8, F32, F32),
            (I16, F32, F32),
            (I32, F32, F64),
            (I64, F32, F64),
            (U8, I8, I16),
            (U16, I8, I32),
            (U32, I64, I64),
            (U64, I64, F64),
            (C64, F64, C128),
            (C64, I32, C128),
            (C64, I16, C64),
            (Bool, U8, U8),
            (F16, BF16, F32),
            (F16, I8, F16),
            (F16, I16, F32),
            (BF16, F64, F64),
        ] {
            assert_eq!(strong(a, b), want, "{a} with {b}");
            assert_eq!(strong(b, a), want, "{b} with {a}");
        }
        let weak = |a, b| promote((a, false), (b, true));
        assert_eq!(weak(F32, F64), F32);
        assert_eq!(weak(I32, I64), I32);
        assert_eq!(weak(I32, F64), F64);
        assert_eq!(weak(Bool, I64), I64);
        assert_eq!(weak(F32, C128), C64);
    }
}
