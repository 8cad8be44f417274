//! Finds the operation that a line means: gives each value the kind that the operation wants.
//!
//! The text does not say whether `[1, 2]` is a list of axes, a shape or tensor data: the operation's fields
//! say what each attribute can be.

use tgc_scalar::dtype::DType;

use super::cursor::{Cursor, Step};
use super::error::{Diagnostic, ParseErrorKind, did_you_mean};
use super::print::shape_text;
use super::size::Sizes;
use crate::array::Array;
use crate::attribute::{Attribute, AttributeError, AttributeField, AttributeKind, Attributes};
use crate::data::DataStore;
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
}

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

/// The operation that a call means.
pub(super) fn operation(mut call: Call<'_, '_>, context: &mut Context<'_>) -> Step<Op> {
    let Some(fields) = Op::fields_of(call.name) else { return Err(unknown_operation(call.name, call.at)) };
    call.check_names(fields)?;
    let mut attributes = Attributes::default();
    for field in fields {
        let value = match (call.take(field.name), field.default.value(context.ty)) {
            (Some(written), _) => Some(call.read(&written, field, context)?),
            (None, Some(value)) => Some(value),
            (None, None) if field.default.is_of_result() => {
                let (found, expected) =
                    ("no type".to_owned(), "one such as `: f32[N]` on this line".to_owned());
                return Err(Diagnostic::new(call.at, ParseErrorKind::Found { found, expected }));
            }
            (None, None) => match call.take_bare(field.name) {
                Some(written) => Some(call.read(&written, field, context)?),
                None => None,
            },
        };
        attributes.0.extend(value.map(|value| (field.name.to_owned(), value)));
    }
    let op = Op::from_parts(call.name, &attributes).map_err(|error| call.refuse(call.at, &error))?;
    call.check_used().map(|()| op)
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
    fn check_names(&self, fields: &[AttributeField]) -> Step<()> {
        for (i, written) in self.attributes.iter().enumerate() {
            if self.attributes[..i].iter().any(|earlier| earlier.name == written.name) {
                let kind = ParseErrorKind::Twice { what: "attribute", name: written.name.clone() };
                return Err(Diagnostic::new(written.at, kind));
            }
        }
        let is_known = |written: &&Written<'_, '_>| fields.iter().any(|field| field.name == written.name);
        match self.attributes.iter().find(|written| !is_known(written)) {
            Some(odd) => Err(self.refuse(odd.at, &AttributeError::Unknown(odd.name.clone()))),
            None => Ok(()),
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

    /// The value of an attribute by the first of its kinds that fits.
    fn read(
        &self,
        written: &Written<'_, '_>,
        field: &AttributeField,
        context: &mut Context<'_>,
    ) -> Step<Attribute> {
        let cursor = match written.value {
            Value::Flag if field.kinds.contains(&AttributeKind::Bool) => return Ok(Attribute::Bool(true)),
            Value::Flag => {
                let (found, expected) = (format!("`{}` alone", written.name), format!("`{}=`", written.name));
                return Err(Diagnostic::new(written.at, ParseErrorKind::Found { found, expected }));
            }
            Value::Tokens(cursor) => cursor,
        };
        let mut fitting = field.kinds.iter().filter(|kind| kind.is_list() == cursor.is("["));
        let (Some(kind), None) = (fitting.next(), fitting.next()) else {
            return cursor.expected(field.describe());
        };
        let is_word =
            |value: &Attribute| field.words.is_empty() || field.words.iter().any(|w| value.is_text(w));
        match interpret(*kind, cursor, context) {
            Ok(value) if is_word(&value) => Ok(value),
            Err(diagnostic) if field.words.is_empty() => Err(diagnostic),
            Ok(_) | Err(_) => cursor.expected(field.describe()),
        }
    }
}

/// A value by one kind.
fn interpret(kind: AttributeKind, mut cursor: Cursor<'_, '_>, context: &mut Context<'_>) -> Step<Attribute> {
    let sizes = context.sizes;
    if kind.is_list() {
        cursor.need("[")?;
    }
    let value = match kind {
        AttributeKind::Bool if cursor.take("true") => Attribute::Bool(true),
        AttributeKind::Bool if cursor.take("false") => Attribute::Bool(false),
        AttributeKind::Bool => return cursor.expected(kind.describe()),
        AttributeKind::Int => Attribute::Int(cursor.integer(kind.describe())?),
        AttributeKind::Ints => {
            Attribute::Ints(cursor.short_list(|c| c.integer(AttributeKind::Int.describe()))?)
        }
        AttributeKind::DType => Attribute::DType(cursor.dtype()?),
        AttributeKind::Text => Attribute::Text(cursor.quoted(kind.describe())?.into()),
        AttributeKind::Dim => Attribute::Dim(cursor.dim(sizes)?),
        AttributeKind::Dims => Attribute::Dims(cursor.short_list(|c| c.dim(sizes))?),
        AttributeKind::Element => Attribute::Element(cursor.element(typed(context.ty, &cursor)?.dtype)?),
        AttributeKind::Data => {
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
