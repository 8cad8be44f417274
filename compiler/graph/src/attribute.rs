//! Attributes of operations as values: what the text form prints and the file stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use tgc_scalar::dtype::DType;
use thiserror::Error;

use crate::data::DataId;
use crate::dim::Dim;
use crate::ty::TensorType;

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

    /// This string.
    pub(crate) fn is_text(&self, word: &str) -> bool {
        matches!(self, Attribute::Text(text) if **text == *word)
    }

    fn kind(&self) -> AttributeKind {
        match self {
            Attribute::Bool(_) => AttributeKind::Bool,
            Attribute::Int(_) => AttributeKind::Int,
            Attribute::Ints(_) => AttributeKind::Ints,
            Attribute::DType(_) => AttributeKind::DType,
            Attribute::Dim(_) => AttributeKind::Dim,
            Attribute::Dims(_) => AttributeKind::Dims,
            Attribute::Text(_) => AttributeKind::Text,
            Attribute::Element(_) => AttributeKind::Element,
            Attribute::Data(_) => AttributeKind::Data,
        }
    }
}

/// What an attribute's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum AttributeKind {
    Bool,
    Int,
    Ints,
    DType,
    Dim,
    Dims,
    Text,
    Element,
    Data,
}

impl AttributeKind {
    /// Written in brackets.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, AttributeKind::Ints | AttributeKind::Dims | AttributeKind::Data)
    }

    /// As messages say it.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            AttributeKind::Bool => "`true` or `false`",
            AttributeKind::Int => "an integer",
            AttributeKind::Ints => "a list of integers",
            AttributeKind::DType => "an element type such as `f32`",
            AttributeKind::Dim => "a size",
            AttributeKind::Dims => "a list of sizes",
            AttributeKind::Text => "a string in quotes",
            AttributeKind::Element => "an element",
            AttributeKind::Data => "a list of elements",
        }
    }

    /// A value as the text form writes it.
    fn example(self) -> &'static str {
        match self {
            AttributeKind::Bool => "true",
            AttributeKind::Int => "1",
            AttributeKind::Ints => "[0, 1]",
            AttributeKind::DType => "f32",
            AttributeKind::Dim => "N",
            AttributeKind::Dims => "[N, 3]",
            AttributeKind::Text => "\"x\"",
            AttributeKind::Element => "0.5",
            AttributeKind::Data => "[0.5, 1.5]",
        }
    }
}

/// What an attribute is where nothing gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeDefault {
    /// It must be given.
    Required,
    /// The element type of the result, which the text form gives anyway.
    ResultDType,
    /// The shape of the result, likewise.
    ResultShape,
    /// 0.
    Zero,
    /// False.
    False,
}

impl AttributeDefault {
    /// The value for a result of this type, or for one that is not known yet.
    pub(crate) fn value(self, result: Option<&TensorType>) -> Option<Attribute> {
        match self {
            AttributeDefault::Required => None,
            AttributeDefault::ResultDType => result.map(|ty| Attribute::DType(ty.dtype)),
            AttributeDefault::ResultShape => result.map(|ty| Attribute::Dims(ty.shape.clone())),
            AttributeDefault::Zero => Some(Attribute::Int(0)),
            AttributeDefault::False => Some(Attribute::Bool(false)),
        }
    }

    /// A result's type says it.
    pub(crate) fn is_of_result(self) -> bool {
        matches!(self, AttributeDefault::ResultDType | AttributeDefault::ResultShape)
    }
}

/// An attribute that an operation has.
#[derive(Clone, Copy, Debug)]
pub struct AttributeField {
    /// Its name.
    pub name: &'static str,
    /// What its value can be; in the text, the first that fits.
    pub kinds: &'static [AttributeKind],
    /// The texts that it can be, where it is one of a few.
    pub words: &'static [&'static str],
    /// What it is where nothing gives it.
    pub default: AttributeDefault,
}

impl AttributeField {
    /// The attribute that is kept in a field of type `T`, which `_of` reads.
    pub(crate) const fn new<S, T: AttributeValue>(
        name: &'static str,
        _of: fn(&S) -> &T,
        default: AttributeDefault,
    ) -> AttributeField {
        AttributeField { name, kinds: T::KINDS, words: T::WORDS, default }
    }

    /// What its value can be, for a message.
    pub(crate) fn describe(&self) -> String {
        describe(self.kinds, self.words)
    }
}

/// What an attribute can be, and one as the text form writes it.
fn with_example<T: AttributeValue>(name: &str) -> String {
    let example = match (T::WORDS, T::KINDS) {
        ([word, ..], _) => format!("\"{word}\""),
        ([], [kind, ..]) => kind.example().to_owned(),
        ([], []) => String::new(),
    };
    format!("{}: `{name}={example}`", describe(T::KINDS, T::WORDS))
}

/// What an attribute of these kinds can be, where it is none of a few words.
fn describe(kinds: &[AttributeKind], words: &[&str]) -> String {
    match words {
        [] => kinds.iter().map(|kind| kind.describe()).collect::<Vec<_>>().join(" or "),
        _ => list(words, " or "),
    }
}

/// A Rust type that an attribute's field has.
pub trait AttributeValue: Sized {
    /// The kinds of attributes that can be it.
    const KINDS: &'static [AttributeKind];
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
            const KINDS: &'static [AttributeKind] = &[AttributeKind::$variant];

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
    const KINDS: &'static [AttributeKind] = &[AttributeKind::Ints];

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
    const KINDS: &'static [AttributeKind] = &[AttributeKind::Ints];

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
    const KINDS: &'static [AttributeKind] = &[AttributeKind::Int];

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
    pub(crate) fn read<T: AttributeValue>(&self, name: &'static str) -> Result<T, AttributeError> {
        let missing = || AttributeError::Missing(name, with_example::<T>(name));
        let attribute = self.0.get(name).ok_or_else(missing)?;
        T::read(attribute).ok_or_else(|| match T::WORDS {
            [] if T::KINDS.contains(&attribute.kind()) => AttributeError::Negative(name),
            [] => AttributeError::Kind(name, attribute.kind()),
            words => AttributeError::Word(name, words),
        })
    }

    /// Checks that there are no others than these.
    ///
    /// # Errors
    ///
    /// If there is one.
    pub(crate) fn only(&self, fields: &[AttributeField]) -> Result<(), AttributeError> {
        match self.0.keys().find(|key| !fields.iter().any(|field| field.name == key.as_str())) {
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
    /// An attribute is not there; what it can be.
    #[error("the attribute `{0}` is missing; it is {1}")]
    Missing(&'static str, String),
    /// An attribute has an integer below 0, or below the -1 that it may have.
    #[error("the attribute `{0}` has an integer that is too small; count from 0")]
    Negative(&'static str),
    /// An attribute has another kind of value.
    #[error("the attribute `{0}` cannot be {found}", found = .1.describe())]
    Kind(&'static str, AttributeKind),
    /// An attribute is none of the few texts that it can be.
    #[error("the attribute `{0}` is none of {list}", list = list(.1, ", "))]
    Word(&'static str, &'static [&'static str]),
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
