//! `constant`: values known when the model is written; a literal is a weak one.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, ScalarType};

use crate::array::Array;
use crate::attribute::{Attribute, AttributeKind, AttributeValue};
use crate::data::{DataId, DataStore};
use crate::dim::Dim;
use crate::infer::{Reason, TypeError};
use crate::kernel::Leaf;
use crate::ops::attributes;
use crate::ops::leaf::{LeafOperation, leaf_operation};
use crate::ty::TensorType;

/// The elements of a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elements {
    /// All the same, by the bits of their parts.
    Splat([u64; 2]),
    /// In the data store.
    Data(DataId),
}

impl AttributeValue for Elements {
    const KINDS: &'static [AttributeKind] = &[AttributeKind::Element, AttributeKind::Data];

    fn write(&self) -> Attribute {
        match self {
            Elements::Splat(parts) => Attribute::Element(*parts),
            Elements::Data(id) => Attribute::Data(*id),
        }
    }

    fn read(attribute: &Attribute) -> Option<Self> {
        match attribute {
            Attribute::Element(parts) => Some(Elements::Splat(*parts)),
            Attribute::Data(id) => Some(Elements::Data(*id)),
            Attribute::Bool(_) | Attribute::Int(_) | Attribute::Ints(_) | Attribute::DType(_) | Attribute::Dim(_) | Attribute::Dims(_) | Attribute::Text(_) => None,
        }
    }
}

/// A leaf: values known when the model is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constant {
    /// Element type.
    pub dtype: DType,
    /// Size of each axis, all static.
    pub shape: Vec<Dim>,
    /// The elements.
    pub elements: Elements,
    /// A literal: its width does not count in promotion.
    pub weak: bool,
}

attributes!(Constant, "constant", dtype = ResultDType, shape = ResultShape, elements, weak = False);

impl Constant {
    pub(crate) fn sample() -> Constant {
        Constant::splat(DType::F32, vec![Dim::Const(2)], 1.0)
    }

    /// One value everywhere; rounded or wrapped to the element type.
    pub fn splat(dtype: DType, shape: Vec<Dim>, value: f64) -> Constant {
        let mut b = Builder::new(&[]);
        let wide = b.float(ScalarType::F64, value);
        let scalar = b.convert(wide, dtype.scalar_type());
        let bits = b.as_const(scalar).expect("invariant: a conversion of a constant folds");
        Constant { dtype, shape, elements: Elements::Splat([bits, 0]), weak: false }
    }

    /// An array; kept as a splat if all its elements are equal.
    pub fn from_array(array: &Array, data: &mut DataStore) -> Constant {
        let elements = match array.as_splat() {
            Some(parts) => Elements::Splat(parts),
            None if array.is_empty() => Elements::Splat([0, 0]),
            None => Elements::Data(data.insert(array.clone())),
        };
        let shape = array.shape().iter().map(|n| Dim::Const(*n as i64)).collect();
        Constant { dtype: array.dtype(), shape, elements, weak: false }
    }

    /// The bits of the one value, if there is one.
    pub fn as_splat(&self) -> Option<[u64; 2]> {
        match self.elements {
            Elements::Splat(parts) => Some(parts),
            Elements::Data(_) => None,
        }
    }

    /// The one value as `f64`, if there is one and the type is real; exact but for 64-bit integers.
    pub fn as_f64(&self) -> Option<f64> {
        if self.dtype.is_complex() {
            return None;
        }
        self.as_splat().map(|parts| tgc_scalar::scalar_from_bits_f64(self.dtype.scalar_type(), parts[0]))
    }
}

leaf_operation!(Constant, "values known when the model is written.");

impl LeafOperation for Constant {
    fn ty(&self) -> Result<TensorType, TypeError> {
        if let Some(size) = self.shape.iter().find(|d| d.as_const().is_none()) {
            return Err(TypeError::new(
                Reason::Size { size: size.clone() },
                "a constant has a symbolic size",
                "give its sizes as numbers",
            ));
        }
        Ok(TensorType::new(self.dtype, self.shape.clone()))
    }

    fn leaf(&self) -> Leaf {
        match self.elements {
            Elements::Splat(parts) => Leaf::Splat(parts),
            Elements::Data(id) => Leaf::Data(id),
        }
    }
}
