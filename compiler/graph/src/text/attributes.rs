//! Finds the operation that a line means: gives each value the kind that the operation wants.
//!
//! The text does not say whether `[1, 2]` is a list of axes, a shape or tensor data. Kinds are tried in one
//! order until the operation accepts them all.

use super::cursor::{Cursor, Step, SymbolIds};
use super::error::{Fault, Problem, did_you_mean};
use super::implied;
use super::print::shape_text;
use crate::array::Array;
use crate::attribute::{Attribute, AttributeError, Attributes};
use crate::data::DataStore;
use crate::dtype::DType;
use crate::limits::array_bytes;
use crate::ops::Op;
use crate::ty::TensorType;

/// What a value's meaning depends on.
pub(super) struct Context<'x> {
    pub symbols: &'x SymbolIds,
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

/// A value on its way to the right kind.
struct Attempt<'t, 'a> {
    written: Written<'t, 'a>,
    is_bare: bool,
    /// Kinds that are left to try.
    kinds: std::slice::Iter<'static, Kind>,
    fault: Option<Fault>,
}

#[derive(Clone, Copy)]
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

const KINDS: [Kind; 9] = [
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

/// The operation that a call means.
pub(super) fn operation<'t, 'a>(call: Call<'t, 'a>, context: &mut Context<'_>) -> Step<Op> {
    let Call { name, at, mut bare, attributes: written } = call;
    let refuse = |at: usize, error: &AttributeError| {
        let (operation, problem) = (name.to_owned(), error.to_string());
        Fault::new(at, Problem::Attribute { operation, problem })
    };
    let mut attributes = Attributes::default();
    let mut attempts: Vec<Attempt<'t, 'a>> = vec![];
    for written in written {
        if attempts.iter().any(|a| a.written.name == written.name) {
            return Err(Fault::new(written.at, Problem::Twice { what: "attribute", name: written.name }));
        }
        attempts.push(Attempt { written, is_bare: false, kinds: KINDS.iter(), fault: None });
    }
    for attempt in &mut attempts {
        let value = attempt.next(context).map_err(|fault| fault.unwrap_or_else(|| attempt.meaningless()))?;
        attributes.0.insert(attempt.written.name.clone(), value);
    }
    loop {
        let error = match Op::from_parts(name, &attributes) {
            Ok(op) => match bare {
                None => return Ok(op),
                Some(cursor) => return cursor.expected("no value, but `name=value`"),
            },
            Err(error) => error,
        };
        match &error {
            AttributeError::Operation(_) => return Err(unknown_operation(name, at)),
            AttributeError::Missing(missing) => match (implied(missing, context.ty), bare.take()) {
                (Some(value), cursor) => {
                    bare = cursor;
                    attributes.0.insert(missing.clone(), value);
                }
                (None, Some(cursor)) => {
                    let (at, value) = (cursor.at(), Value::Tokens(cursor));
                    let written = Written { name: missing.clone(), at, value };
                    let mut attempt = Attempt { written, is_bare: true, kinds: KINDS.iter(), fault: None };
                    let value = attempt
                        .next(context)
                        .map_err(|fault| fault.unwrap_or_else(|| attempt.meaningless()))?;
                    attributes.0.insert(missing.clone(), value);
                    attempts.push(attempt);
                }
                (None, None) => return Err(refuse(at, &error)),
            },
            AttributeError::Kind(odd, _) => {
                let Some(attempt) = attempts.iter_mut().find(|a| a.written.name == *odd) else {
                    return Err(refuse(at, &error));
                };
                let place = attempt.written.at;
                let value =
                    attempt.next(context).map_err(|fault| fault.unwrap_or_else(|| refuse(place, &error)))?;
                attributes.0.insert(odd.clone(), value);
            }
            AttributeError::Unknown(odd) => {
                let place = attempts.iter().find(|a| a.written.name == *odd).map_or(at, |a| a.written.at);
                return Err(refuse(place, &error));
            }
        }
    }
}

/// The error for a name that no operation has.
pub(super) fn unknown_operation(name: &str, at: usize) -> Fault {
    let suggestion = did_you_mean(name, Op::NAMES.iter().copied());
    Fault::new(at, Problem::Unknown { what: "operation", name: name.to_owned(), suggestion })
}

impl Attempt<'_, '_> {
    /// The value by the next kind that it can have; else why it could not have one of them, if that is
    /// worth saying.
    fn next(&mut self, context: &mut Context<'_>) -> Result<Attribute, Option<Fault>> {
        for kind in self.kinds.by_ref() {
            match self.written.value {
                Value::Flag if matches!(kind, Kind::Bool) => return Ok(Attribute::Bool(true)),
                Value::Flag => {}
                Value::Tokens(cursor) => match interpret(*kind, cursor, context) {
                    Some(Ok(value)) => return Ok(value),
                    // A value alone is most likely an element, a named one most likely something else.
                    Some(Err(fault)) if self.is_bare || self.fault.is_none() => self.fault = Some(fault),
                    Some(Err(_)) | None => {}
                },
            }
        }
        Err(self.fault.take())
    }

    fn meaningless(&self) -> Fault {
        let found = format!("a value that `{}` cannot have", self.written.name);
        let expected = "an integer, size, element, string or list".to_owned();
        Fault::new(self.written.at, Problem::Found { found, expected })
    }
}

/// A value by one kind; `None` where it plainly has another.
fn interpret(kind: Kind, mut cursor: Cursor<'_, '_>, context: &mut Context<'_>) -> Option<Step<Attribute>> {
    let is_list = cursor.take("[");
    let symbols = context.symbols;
    let value = match (kind, is_list) {
        (Kind::Bool, false) if cursor.take("true") => Ok(Attribute::Bool(true)),
        (Kind::Bool, false) if cursor.take("false") => Ok(Attribute::Bool(false)),
        (Kind::Int, false) => Ok(Attribute::Int(cursor.integer("").ok()?)),
        (Kind::DType, false) => Ok(Attribute::DType(cursor.dtype().ok()?)),
        (Kind::Text, false) => Ok(Attribute::Text(cursor.quoted("").ok()?.into())),
        (Kind::Dim, false) => cursor.dim(symbols).map(Attribute::Dim),
        (Kind::Element, false) => {
            context.dtype(&cursor).and_then(|d| cursor.element(d)).map(Attribute::Element)
        }
        (Kind::Ints, true) => Ok(Attribute::Ints(cursor.short_list(|c| c.integer("")).ok()?)),
        (Kind::Dims, true) => cursor.short_list(|c| c.dim(symbols)).map(Attribute::Dims),
        (Kind::Data, true) => data(&mut cursor, context),
        (Kind::Bool | Kind::Int | Kind::DType | Kind::Text | Kind::Dim | Kind::Element, _) => return None,
        (Kind::Ints | Kind::Dims | Kind::Data, _) => return None,
    };
    Some(value.and_then(|value| cursor.finish().map(|()| value)))
}

fn data(cursor: &mut Cursor<'_, '_>, context: &mut Context<'_>) -> Step<Attribute> {
    let dtype = context.dtype(cursor)?;
    let shape = context.ty.and_then(TensorType::static_shape);
    let Some(shape) = shape else {
        return cursor.expected("a type of static shape for these elements");
    };
    let array = array(cursor, dtype, &shape)?;
    Ok(Attribute::Data(context.data.insert(array)))
}

impl Context<'_> {
    fn dtype(&self, cursor: &Cursor<'_, '_>) -> Step<DType> {
        match self.ty {
            Some(ty) => Ok(ty.dtype),
            None => cursor.fault(Problem::Limit("an element needs a type; write one at the end".to_owned())),
        }
    }
}

/// All elements of an array, row-major; the `[` is behind.
pub(super) fn array(cursor: &mut Cursor<'_, '_>, dtype: DType, shape: &[usize]) -> Step<Array> {
    let here = *cursor;
    let elements = cursor.list(|c| c.element(dtype))?;
    let held = array_bytes(dtype, shape).map(|bytes| bytes / dtype.bytes());
    if held != Some(elements.len()) {
        let expected =
            held.map_or_else(|| format!("too many in {}", shape_text(dtype, shape)), |n| n.to_string());
        return here.fault(Problem::Count { found: elements.len(), expected });
    }
    let mut array = Array::zeros_of(dtype, shape);
    for (i, parts) in elements.into_iter().enumerate() {
        array.set(i, parts);
    }
    Ok(array)
}
