//! The type of a tensor: element type and shape.

use std::fmt;

use tgc_scalar::dtype::DType;

use crate::dim::{Dim, Symbols};

/// The largest rank of a tensor.
pub const MAX_RANK: usize = 8;

/// Element type and shape, row-major.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorType {
    /// Element type.
    pub dtype: DType,
    /// Size of each axis, outermost first.
    pub shape: Vec<Dim>,
}

impl TensorType {
    /// A type of this element type and shape.
    pub fn new(dtype: DType, shape: impl Into<Vec<Dim>>) -> TensorType {
        TensorType { dtype, shape: shape.into() }
    }

    /// A 0-d tensor.
    pub fn scalar(dtype: DType) -> TensorType {
        TensorType { dtype, shape: vec![] }
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn elements(&self) -> Dim {
        self.shape.iter().product()
    }

    /// The same shape with other elements.
    pub fn with_dtype(&self, dtype: DType) -> TensorType {
        TensorType { dtype, shape: self.shape.clone() }
    }

    /// The shape in numbers, when every size is known.
    pub fn static_shape(&self) -> Option<Vec<usize>> {
        self.shape.iter().map(|d| d.as_const().and_then(|v| usize::try_from(v).ok())).collect()
    }

    /// Prints as `f32[N,784]`.
    pub fn display<'a>(&'a self, symbols: &'a Symbols) -> impl fmt::Display + 'a {
        DisplayType { ty: self, symbols }
    }
}

struct DisplayType<'a> {
    ty: &'a TensorType,
    symbols: &'a Symbols,
}

impl fmt::Display for DisplayType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[", self.ty.dtype)?;
        for (i, dim) in self.ty.shape.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { "," }, dim.display(self.symbols))?;
        }
        write!(f, "]")
    }
}
