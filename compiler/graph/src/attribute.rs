//! Attributes of operations as values: what the text form prints and the file stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use tgc_scalar::dtype::DType;
use thiserror::Error;

use crate::data::DataId;
use crate::dim::Dim;

/// The value of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A list of integers.
    Ints(Vec<i64>),
    /// An element type.
    DType(DType),
    /// A size.
    Dim(Dim),
    /// A shape.
    Dims(Vec<Dim>),
    /// A string.
    Text(Arc<str>),
    /// The bits of the parts of one element.
    Element([u64; 2]),
    /// Tensor data.
    Data(DataId),
}

impl Attribute {
    /// The sizes that it consists of.
    pub(crate) fn dims(&self) -> &[Dim] {
        match self {
            Attribute::Dim(dim) => std::slice::from_ref(dim),
            Attribute::Dims(dims) => dims,
            Attribute::Bool(_)
            | Attribute::Int(_)
            | Attribute::Ints(_)
            | Attribute::DType(_)
            | Attribute::Text(_)
            | Attribute::Element(_)
            | Attribute::Data(_) => &[],
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Attribute::Bool(_) => "a boolean",
            Attribute::Int(_) => "an integer",
            Attribute::Ints(_) => "a list of integers",
            Attribute::DType(_) => "an element type",
            Attribute::Dim(_) => "a size",
            Attribute::Dims(_) => "a shape",
            Attribute::Text(_) => "a string",
            Attribute::Element(_) => "an element",
            Attribute::Data(_) => "tensor data",
        }
    }
}

/// A Rust type that an attribute's field has.
pub trait AttributeValue: Sized {
    /// The texts that it can be, where it is one of a few.
    const WORDS: &'static [&'static str] = &[];
    /// As an attribute.
    fn write(&self) -> Attribute;
    /// From an attribute, if it has the right kind.
    fn read(attribute: &Attribute) -> Option<Self>;
}

macro_rules! attribute_values {
    ($($ty:ty, $variant:ident;)*) => {$(
        impl AttributeValue for $ty {
            fn write(&self) -> Attribute {
                Attribute::$variant(self.clone())
            }
            fn read(attribute: &Attribute) -> Option<Self> {
                match attribute {
                    Attribute::$variant(value) => Some(value.clone()),
                    _ => None,
                }
            }
        }
    )*};
}

attribute_values! {
    bool, Bool;
    i64, Int;
    DType, DType;
    Dim, Dim;
    Vec<Dim>, Dims;
    Vec<i64>, Ints;
    Arc<str>, Text;
}

/// Axis numbers.
impl AttributeValue for Vec<usize> {
    fn write(&self) -> Attribute {
        Attribute::Ints(self.iter().map(|axis| *axis as i64).collect())
    }
    fn read(attribute: &Attribute) -> Option<Self> {
        if let Attribute::Ints(values) = attribute {
            values.iter().map(|v| usize::try_from(*v).ok()).collect()
        } else {
            None
        }
    }
}

/// Axis numbers with -1 for a new axis.
impl AttributeValue for Vec<Option<usize>> {
    fn write(&self) -> Attribute {
        Attribute::Ints(self.iter().map(|axis| axis.map_or(-1, |a| a as i64)).collect())
    }
    fn read(attribute: &Attribute) -> Option<Self> {
        if let Attribute::Ints(values) = attribute {
            values
                .iter()
                .map(|v| match v {
                    -1 => Some(None),
                    _ => usize::try_from(*v).ok().map(Some),
                })
                .collect()
        } else {
            None
        }
    }
}

impl AttributeValue for usize {
    fn write(&self) -> Attribute {
        Attribute::Int(*self as i64)
    }
    fn read(attribute: &Attribute) -> Option<Self> {
        if let Attribute::Int(value) = attribute { usize::try_from(*value).ok() } else { None }
    }
}

/// The attributes of one operation, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl Attributes {
    /// Reads one attribute.
    ///
    /// # Errors
    ///
    /// If it is missing or of another kind.
    pub fn read<T: AttributeValue>(&self, name: &str) -> Result<T, AttributeError> {
        let attribute = self.0.get(name).ok_or_else(|| AttributeError::Missing(name.to_owned()))?;
        T::read(attribute).ok_or_else(|| match T::WORDS {
            [] => AttributeError::Kind(name.to_owned(), attribute.kind()),
            words => AttributeError::Word(name.to_owned(), words),
        })
    }

    /// Checks that there are no others than these.
    ///
    /// # Errors
    ///
    /// If there is one.
    pub fn only(&self, names: &[&str]) -> Result<(), AttributeError> {
        match self.0.keys().find(|key| !names.contains(&key.as_str())) {
            Some(key) => Err(AttributeError::Unknown(key.clone())),
            None => Ok(()),
        }
    }
}

/// Why a name and attributes are no operation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AttributeError {
    /// No such operation.
    #[error("there is no operation named `{0}` in this version; a newer tgc may have it")]
    Operation(String),
    /// An attribute is not there.
    #[error("the attribute `{0}` is missing")]
    Missing(String),
    /// An attribute has another kind of value.
    #[error("the attribute `{0}` cannot be {1}, or this value")]
    Kind(String, &'static str),
    /// An attribute is none of the few texts that it can be.
    #[error("the attribute `{0}` is none of {list}", list = list(.1, ", "))]
    Word(String, &'static [&'static str]),
    /// An attribute that the operation does not have.
    #[error("the operation has no attribute `{0}`")]
    Unknown(String),
}

/// Words in quotes with this between them.
pub(crate) fn list(words: &[&str], between: &str) -> String {
    words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(between)
}

impl AttributeError {
    pub(crate) fn unknown_operation(name: &str) -> AttributeError {
        AttributeError::Operation(name.to_owned())
    }
}
