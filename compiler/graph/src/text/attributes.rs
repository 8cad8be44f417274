//! Finds the operation that a line means: gives each value the kind that the operation wants.
//!
//! The text does not say whether `[1, 2]` is a list of axes, a shape or tensor data. Operations are known by
//! name and attributes only, so they are asked: an attribute has the kinds of which a sample is accepted.

use std::collections::{BTreeMap, HashMap};

use tgc_scalar::dtype::DType;

use super::cursor::{Cursor, Step};
use super::error::{Diagnostic, ParseErrorKind, did_you_mean};
use super::print::shape_text;
use super::size::Sizes;
use super::{implied, implied_by_type};
use crate::array::Array;
use crate::attribute::{Attribute, AttributeError, Attributes, list};
use crate::data::{DataId, DataStore};
use crate::dim::Dim;
use crate::limits::array_bytes;
use crate::ops::Op;
use crate::ty::TensorType;

/// What a value's meaning depends on.
pub(super) struct Context<'x> {
    pub sizes: Sizes<'x>,
    /// The type that the line gives.
    pub ty: Option<&'x TensorType>,
    /// Where tensor data goes.
    pub data: &'x mut DataStore,
    pub kinds: &'x mut KnownKinds,
}

/// The kinds that attributes were found to have, by operation and attribute.
#[derive(Default)]
pub(super) struct KnownKinds(HashMap<String, BTreeMap<String, Vec<Kind>>>);

/// A value in the text.
#[derive(Clone, Copy)]
pub(super) enum Value<'t, 'a> {
    /// The name alone.
    Flag,
    /// These tokens.
    Tokens(Cursor<'t, 'a>),
}

/// An attribute in the text.
#[derive(Clone)]
pub(super) struct Written<'t, 'a> {
    pub name: String,
    pub at: usize,
    pub value: Value<'t, 'a>,
}

/// The operation as it stands in the text.
pub(super) struct Call<'t, 'a> {
    pub name: &'a str,
    pub at: usize,
    /// The value after the name of an operation without operands.
    pub bare: Option<Cursor<'t, 'a>>,
    pub attributes: Vec<Written<'t, 'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bool,
    Int,
    Ints,
    DType,
    Text,
    Dim,
    Dims,
    Element,
    Data,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Bool,
        Kind::Int,
        Kind::Ints,
        Kind::DType,
        Kind::Text,
        Kind::Dim,
        Kind::Dims,
        Kind::Element,
        Kind::Data,
    ];

    fn is_list(self) -> bool {
        matches!(self, Kind::Ints | Kind::Dims | Kind::Data)
    }

    fn describe(self) -> &'static str {
        match self {
            Kind::Bool => "`true` or `false`",
            Kind::Int => "an integer",
            Kind::Ints => "a list of integers",
            Kind::DType => "an element type such as `f32`",
            Kind::Text => "a string in quotes",
            Kind::Dim => "a size",
            Kind::Dims => "a list of sizes",
            Kind::Element => "an element",
            Kind::Data => "a list of elements",
        }
    }

    fn sample(self) -> Attribute {
        match self {
            Kind::Bool => Attribute::Bool(false),
            Kind::Int => Attribute::Int(0),
            Kind::Ints => Attribute::Ints(vec![]),
            Kind::DType => Attribute::DType(DType::F32),
            Kind::Text => Attribute::Text("".into()),
            Kind::Dim => Attribute::Dim(Dim::Const(0)),
            Kind::Dims => Attribute::Dims(vec![]),
            Kind::Element => Attribute::Element([0, 0]),
            Kind::Data => Attribute::Data(DataId(0)),
        }
    }
}

/// The operation that a call means.
pub(super) fn operation(mut call: Call<'_, '_>, context: &mut Context<'_>) -> Step<Op> {
    call.check_names()?;
    let mut attributes = Attributes::default();
    loop {
        let error = match Op::from_parts(call.name, &attributes) {
            Ok(op) => return call.check_used().map(|()| op),
            Err(error) => error,
        };
        let AttributeError::Missing(missing) = &error else {
            return Err(call.refuse(call.at, &error));
        };
        let value = match (call.take(missing), implied(missing, context.ty)) {
            (Some(written), _) => call.read(&written, &attributes, context)?,
            (None, Some(value)) => value,
            (None, None) if context.ty.is_none() && implied_by_type(missing) => {
                let (found, expected) =
                    ("no type".to_owned(), "one such as `: f32[N]` on this line".to_owned());
                return Err(Diagnostic::new(call.at, ParseErrorKind::Found { found, expected }));
            }
            (None, None) => match call.take_bare(missing) {
                Some(written) => call.read(&written, &attributes, context)?,
                None => return Err(call.refuse(call.at, &error)),
            },
        };
        attributes.0.insert(missing.clone(), value);
    }
}

/// The error for a name that no operation has.
pub(super) fn unknown_operation(name: &str, at: usize) -> Diagnostic {
    let suggestion = did_you_mean(name, Op::NAMES.iter().copied());
    Diagnostic::new(at, ParseErrorKind::Unknown { what: "operation", name: name.to_owned(), suggestion })
}

impl<'t, 'a> Call<'t, 'a> {
    fn refuse(&self, at: usize, error: &AttributeError) -> Diagnostic {
        let (operation, kind) = (self.name.to_owned(), error.to_string());
        Diagnostic::new(at, ParseErrorKind::Attribute { operation, kind })
    }

    /// Each name once, and only names that the operation has.
    fn check_names(&self) -> Step<()> {
        let mut names = Attributes::default();
        for written in &self.attributes {
            if names.0.insert(written.name.clone(), Attribute::Bool(false)).is_some() {
                let kind = ParseErrorKind::Twice { what: "attribute", name: written.name.clone() };
                return Err(Diagnostic::new(written.at, kind));
            }
        }
        match Op::from_parts(self.name, &names) {
            Err(error @ AttributeError::Unknown(_)) => {
                let AttributeError::Unknown(odd) = &error else { return Ok(()) };
                let at = self.attributes.iter().find(|w| w.name == *odd).map_or(self.at, |w| w.at);
                Err(self.refuse(at, &error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn check_used(&self) -> Step<()> {
        match &self.bare {
            None => Ok(()),
            Some(cursor) => cursor.expected("no value, but `name=value`"),
        }
    }

    fn take(&mut self, name: &str) -> Option<Written<'t, 'a>> {
        let index = self.attributes.iter().position(|written| written.name == name)?;
        Some(self.attributes.swap_remove(index))
    }

    /// The value without a name, as that of this one.
    fn take_bare(&mut self, name: &str) -> Option<Written<'t, 'a>> {
        let cursor = self.bare.take()?;
        Some(Written { name: name.to_owned(), at: cursor.at(), value: Value::Tokens(cursor) })
    }

    /// The value of an attribute by the first of its kinds that it can have. `known` holds the attributes
    /// that come before it.
    fn read(
        &self,
        written: &Written<'_, '_>,
        known: &Attributes,
        context: &mut Context<'_>,
    ) -> Step<Attribute> {
        let mut kinds = context.kinds.find(self.name, &written.name, known).to_vec();
        let is_unknown = kinds.len() == Kind::ALL.len();
        let words = if is_unknown { words(self.name, &written.name, known) } else { &[] };
        if !words.is_empty() {
            kinds = vec![Kind::Text];
        }
        let cursor = match written.value {
            Value::Flag if kinds.contains(&Kind::Bool) => return Ok(Attribute::Bool(true)),
            Value::Flag => {
                let (found, expected) = (format!("`{}` alone", written.name), format!("`{}=`", written.name));
                return Err(Diagnostic::new(written.at, ParseErrorKind::Found { found, expected }));
            }
            Value::Tokens(cursor) => cursor,
        };
        let fitting = || kinds.iter().filter(|kind| kind.is_list() == cursor.is("["));
        let mut refusal = None;
        for kind in fitting() {
            let refused = match interpret(*kind, cursor, context) {
                Ok(value) => match accepts(self.name, &written.name, known, &value) {
                    Ok(()) => return Ok(value),
                    Err(error) => self.refuse(written.at, &error),
                },
                Err(diagnostic) => diagnostic,
            };
            refusal = Some(refused);
        }
        match refusal {
            _ if !words.is_empty() => cursor.expected(list(words, " or ")),
            Some(diagnostic) if fitting().count() == 1 => Err(diagnostic),
            _ => cursor.expected(kinds.iter().map(|k| k.describe()).collect::<Vec<_>>().join(" or ")),
        }
    }
}

/// Whether an operation takes a value for an attribute, given those before it.
fn accepts(operation: &str, name: &str, known: &Attributes, value: &Attribute) -> Result<(), AttributeError> {
    let mut attributes = known.clone();
    attributes.0.insert(name.to_owned(), value.clone());
    match Op::from_parts(operation, &attributes) {
        Err(AttributeError::Kind(odd, kind)) if odd == name => Err(AttributeError::Kind(odd, kind)),
        Err(AttributeError::Word(odd, words)) if odd == name => Err(AttributeError::Word(odd, words)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The texts that an attribute can be, where it is one of a few; no attribute is the empty text.
fn words(operation: &str, name: &str, known: &Attributes) -> &'static [&'static str] {
    match accepts(operation, name, known, &Attribute::Text("".into())) {
        Err(AttributeError::Word(_, words)) => words,
        Ok(()) | Err(_) => &[],
    }
}

impl KnownKinds {
    /// The kinds of an attribute; all, where no sample is accepted.
    fn find(&mut self, operation: &str, name: &str, known: &Attributes) -> &[Kind] {
        if !self.0.get(operation).is_some_and(|of| of.contains_key(name)) {
            let accepted = |kind: &Kind| accepts(operation, name, known, &kind.sample()).is_ok();
            let mut kinds: Vec<Kind> = Kind::ALL.into_iter().filter(accepted).collect();
            if kinds.is_empty() {
                kinds = Kind::ALL.to_vec();
            }
            self.0.entry(operation.to_owned()).or_default().insert(name.to_owned(), kinds);
        }
        &self.0[operation][name]
    }
}

/// A value by one kind.
fn interpret(kind: Kind, mut cursor: Cursor<'_, '_>, context: &mut Context<'_>) -> Step<Attribute> {
    let sizes = context.sizes;
    if kind.is_list() {
        cursor.need("[")?;
    }
    let value = match kind {
        Kind::Bool if cursor.take("true") => Attribute::Bool(true),
        Kind::Bool if cursor.take("false") => Attribute::Bool(false),
        Kind::Bool => return cursor.expected(kind.describe()),
        Kind::Int => Attribute::Int(cursor.integer(kind.describe())?),
        Kind::Ints => Attribute::Ints(cursor.short_list(|c| c.integer(Kind::Int.describe()))?),
        Kind::DType => Attribute::DType(cursor.dtype()?),
        Kind::Text => Attribute::Text(cursor.quoted(kind.describe())?.into()),
        Kind::Dim => Attribute::Dim(cursor.dim(sizes)?),
        Kind::Dims => Attribute::Dims(cursor.short_list(|c| c.dim(sizes))?),
        Kind::Element => Attribute::Element(cursor.element(typed(context.ty, &cursor)?.dtype)?),
        Kind::Data => {
            let ty = typed(context.ty, &cursor)?;
            data(&mut cursor, ty, context.data)?
        }
    };
    cursor.finish()?;
    Ok(value)
}

fn typed<'x>(ty: Option<&'x TensorType>, cursor: &Cursor<'_, '_>) -> Step<&'x TensorType> {
    match ty {
        Some(ty) => Ok(ty),
        None => {
            cursor.refuse(ParseErrorKind::Limit("an element needs a type at the end of the line".to_owned()))
        }
    }
}

fn data(cursor: &mut Cursor<'_, '_>, ty: &TensorType, data: &mut DataStore) -> Step<Attribute> {
    let Some(shape) = ty.static_shape() else {
        return cursor.expected("a type of static shape for these elements");
    };
    Ok(Attribute::Data(data.insert(array(cursor, ty.dtype, &shape)?)))
}

/// All elements of an array, row-major; the `[` is behind.
pub(super) fn array(cursor: &mut Cursor<'_, '_>, dtype: DType, shape: &[usize]) -> Step<Array> {
    let here = *cursor;
    let elements = cursor.list(|c| c.element(dtype))?;
    let held = array_bytes(dtype, shape).map(|bytes| bytes / dtype.bytes());
    if held != Some(elements.len()) {
        let expected =
            held.map_or_else(|| format!("too many in {}", shape_text(dtype, shape)), |n| n.to_string());
        return here.refuse(ParseErrorKind::Count { found: elements.len(), expected });
    }
    let mut array = Array::zeros_of(dtype, shape);
    for (i, parts) in elements.into_iter().enumerate() {
        array.set(i, parts);
    }
    Ok(array)
}
