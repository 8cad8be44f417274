//! Every operation, one file each, and the one list that names them.
//!
//! An operation is a small struct of attributes that implements [`Operation`]. Text form, file form,
//! documentation table and tests derive from [`Op`] and [`Op::samples`]; nothing else names operations one by
//! one.

use std::fmt::Debug;
use std::ops::Range;

use crate::attribute::{Attribute, AttributeError, AttributeField, Attributes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::support::Support;
use crate::ty::TensorType;

mod classify;
mod comparison;
pub mod elementwise;
pub mod extremum;
pub mod facts;
pub mod leaf;
pub mod reduction;
pub mod running;
pub mod table;

pub use concatenate::{concatenate, stack};
pub use constant::Elements;
pub use facts::{Magnitude, Sign};
pub use round::Halves;

/// How `pp` writes an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// `name(a, b)`.
    Call(&'static str),
    /// `(a + b)`.
    Infix(&'static str),
    /// `(-a)`.
    Prefix(&'static str),
    /// `|a|`.
    Around(&'static str),
    /// As its first operand: broadcasts and the like.
    Transparent,
    /// Written by `pp` itself: leaves, which print their name or value.
    Leaf,
}

/// What there is to know of one operation.
pub trait Operation: Debug {
    /// The name in text, files and documentation.
    fn name(&self) -> &'static str;

    /// One sentence of documentation, with its formula.
    fn doc(&self) -> &'static str;

    /// Number of operands.
    fn arity(&self) -> usize;

    /// The attributes by name, in a fixed order.
    fn attributes(&self) -> Vec<(&'static str, Attribute)>;

    /// The operands that are first converted to one type, the result's or that which a `bool` comes from.
    fn promoted(&self) -> Range<usize> {
        0..0
    }

    /// Groups of operands: the result is linear in those of each group together, whatever the others are, so
    /// that exact zeros there make it one. What follows from the kernel alone need not be told.
    fn linear(&self) -> &'static [&'static [usize]] {
        &[]
    }

    /// Whether elements are below 0.
    fn sign(&self) -> Sign {
        Sign::Any
    }

    /// How large elements are.
    fn magnitude(&self) -> Magnitude {
        Magnitude::Unknown
    }

    /// How `pp` writes it.
    fn notation(&self) -> Notation;

    /// The result's type. `operands` has [`Operation::arity`] entries.
    ///
    /// # Errors
    ///
    /// If the operands do not fit, with what would be right.
    fn infer(
        &self,
        operands: &[Operand<'_>],
        constraints: &mut Constraints<'_>,
    ) -> Result<TensorType, TypeError>;

    /// The class that lowering and evaluation go by.
    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel;

    /// The value as other operations, for an operation without a kernel of its own.
    fn expand(&self, graph: &mut Graph, operands: &[NodeId]) -> Option<NodeId> {
        let _ = (graph, operands);
        None
    }

    /// The vector-Jacobian product: for each operand the gradient of the cost by it, given the gradient
    /// `cotangent` by the result; `None` where the cost does not depend on it (an exact zero).
    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>>;

    /// The same operation on operands with a leading axis of size `lead` each; `batched` says which have it.
    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId;
}

/// What a gradient rule is given.
#[derive(Clone, Copy, Debug)]
pub struct Vjp<'a> {
    /// The node's operands.
    pub operands: &'a [NodeId],
    /// The node itself.
    pub result: NodeId,
    /// The gradient of the cost by the node; has the node's type.
    pub cotangent: NodeId,
    /// Where it counts: elsewhere it may be anything, and nothing of it arrives.
    pub(crate) support: &'a Support,
    /// Whether it is 0 elsewhere.
    pub(crate) is_plain: bool,
}

/// Declares the modules and the enum of all operations from one list.
///
/// `ops! { add::Add }` makes `mod add; pub use add::Add;`, the variant `Op::Add(Add)`, its arms in
/// `Op::definition` and `Op::from_parts`, and its entries in `Op::NAMES` and `Op::samples`.
macro_rules! ops {
    ($($module:ident::$name:ident,)*) => {
        $(mod $module; pub use $module::$name;)*

        /// Any operation, with its attributes.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Op {
            $($name($name),)*
        }

        /// The operations without their attributes, numbered in the order of the list.
        #[derive(Clone, Copy)]
        enum Index {
            $($name,)*
        }

        impl Op {
            /// The operation's position in [`Op::NAMES`].
            pub fn index(&self) -> u16 {
                let index = match self {
                    $(Op::$name(_) => Index::$name,)*
                };
                index as u16
            }

            /// The operation's definition.
            pub fn definition(&self) -> &dyn Operation {
                match self {
                    $(Op::$name(op) => op,)*
                }
            }

            /// An operation by name and attributes.
            ///
            /// # Errors
            ///
            /// If no operation has the name, or an attribute is missing or of another kind.
            pub fn from_parts(name: &str, attributes: &Attributes) -> Result<Op, AttributeError> {
                match name {
                    $(_ if name == $name::NAME => $name::from_attributes(attributes).map(Op::$name),)*
                    _ => Err(AttributeError::unknown_operation(name)),
                }
            }

            /// The names of all operations, in the order of the list.
            pub const NAMES: &[&str] = &[$($name::NAME,)*];

            /// The attributes of all operations, in the order of the list.
            const FIELDS: &[&[AttributeField]] = &[$($name::FIELDS,)*];

            /// One of each operation, in the order of the list, for operands of rank 1.
            pub fn samples() -> Vec<Op> {
                vec![$($name::sample().into(),)*]
            }
        }

        $(from_operation!($name);)*
    };
}

const _: () = assert!(Op::NAMES.len() <= u16::MAX as usize);

/// Makes an operation an [`Op`].
macro_rules! from_operation {
    ($name:ident) => {
        impl From<$name> for Op {
            fn from(op: $name) -> Op {
                Op::$name(op)
            }
        }
    };
}

/// What an [`Operation`] says of itself: its documentation, the number of its operands and its notation; the
/// name and attributes are those of [`attributes`].
macro_rules! described {
    ($doc:expr, $arity:expr, $notation:expr) => {
        fn name(&self) -> &'static str {
            Self::NAME
        }
        fn doc(&self) -> &'static str {
            $doc
        }
        fn arity(&self) -> usize {
            $arity
        }
        fn attributes(&self) -> Vec<(&'static str, crate::attribute::Attribute)> {
            self.attribute_list()
        }
        fn notation(&self) -> crate::ops::Notation {
            $notation
        }
    };
}
pub(crate) use described;

ops! {
    // Leaves.
    input::Input,
    optional_input::OptionalInput,
    shared::Shared,
    constant::Constant,
    size_value::SizeValue,
    iota::Iota,
    zero::Zero,
    // Arithmetic.
    add::Add,
    sub::Sub,
    mul::Mul,
    div::Div,
    int_div::IntDiv,
    modulo::Modulo,
    neg::Neg,
    abs::Abs,
    sgn::Sgn,
    reciprocal::Reciprocal,
    // Powers and roots.
    pow::Pow,
    sqr::Sqr,
    sqrt::Sqrt,
    hypot::Hypot,
    difference_of_squares::DifferenceOfSquares,
    rsqrt::Rsqrt,
    // Exponentials and logarithms.
    exp::Exp,
    log::Log,
    log1p::Log1p,
    exp2::Exp2,
    expm1::Expm1,
    exp_product::ExpProduct,
    log2::Log2,
    log10::Log10,
    logaddexp::Logaddexp,
    log1mexp::Log1mexp,
    // Complex numbers.
    complex::Complex,
    real::Real,
    imag::Imag,
    conj::Conj,
    angle::Angle,
    // Error and gamma functions.
    erf::Erf,
    erfc::Erfc,
    gamma::Gamma,
    gammaln::Gammaln,
    psi::Psi,
    polygamma::Polygamma,
    // Angles.
    sin::Sin,
    cos::Cos,
    tan::Tan,
    arcsin::Arcsin,
    arccos::Arccos,
    arctan::Arctan,
    arctan2::Arctan2,
    deg2rad::Deg2rad,
    rad2deg::Rad2deg,
    // Hyperbolic functions.
    sinh::Sinh,
    cosh::Cosh,
    tanh::Tanh,
    arcsinh::Arcsinh,
    arccosh::Arccosh,
    arctanh::Arctanh,
    // Rounding.
    floor::Floor,
    ceil::Ceil,
    trunc::Trunc,
    round::Round,
    // Activations.
    sigmoid::Sigmoid,
    softplus::Softplus,
    logistic_density::LogisticDensity,
    sech_squared::SechSquared,
    relu::Relu,
    leaky_relu::LeakyRelu,
    elu::Elu,
    selu::Selu,
    gelu::Gelu,
    gelu_tanh::GeluTanh,
    silu::Silu,
    hard_sigmoid::HardSigmoid,
    softsign::Softsign,
    softmax::Softmax,
    log_softmax::LogSoftmax,
    // Comparisons.
    eq::Eq,
    neq::Neq,
    lt::Lt,
    le::Le,
    gt::Gt,
    ge::Ge,
    isnan::Isnan,
    isinf::Isinf,
    isfinite::Isfinite,
    // Choice.
    maximum::Maximum,
    minimum::Minimum,
    clip::Clip,
    switch::Switch,
    // Logic and bits.
    and::And,
    or::Or,
    xor::Xor,
    invert::Invert,
    left_shift::LeftShift,
    right_shift::RightShift,
    // Element types.
    cast::Cast,
    // Shape.
    dimshuffle::Dimshuffle,
    fill::Fill,
    broadcast_to::BroadcastTo,
    reshape::Reshape,
    flip::Flip,
    concatenate::Concatenate,
    diagonal::Diagonal,
    set_diagonal::SetDiagonal,
    // Indexing.
    subtensor::Subtensor,
    set_subtensor::SetSubtensor,
    inc_subtensor::IncSubtensor,
    gather::Gather,
    scatter::Scatter,
    scatter_add::ScatterAdd,
    // Reductions.
    sum::Sum,
    mean::Mean,
    prod::Prod,
    var::Var,
    standard_deviation::Std,
    max::Max,
    min::Min,
    supremum::Supremum,
    ptp::Ptp,
    argmax::Argmax,
    argmin::Argmin,
    any::Any,
    all::All,
    norm::Norm,
    logsumexp::Logsumexp,
    // Scans.
    sort::Sort,
    argsort::Argsort,
    cumsum::Cumsum,
    cumprod::Cumprod,
    recurrence::Recurrence,
    // Products.
    dot::Dot,
    // Gradients.
    grad::Grad,
    jacobian::Jacobian,
    consider_constant::ConsiderConstant,
    pin::Pin,
}

impl Op {
    /// Whether [`differentiate`](crate::differentiate) replaces it by what it stands for.
    pub fn is_derivative(&self) -> bool {
        matches!(self, Op::Grad(_) | Op::Jacobian(_))
    }

    /// The name of the argument that it is.
    pub fn input_name(&self) -> Option<&str> {
        if let Op::OptionalInput(input) = self {
            return Some(&input.name);
        }
        let Op::Input(input) = self else { return None };
        Some(&input.name)
    }

    /// The operation's attributes, in a fixed order.
    pub fn fields(&self) -> &'static [AttributeField] {
        Op::FIELDS[usize::from(self.index())]
    }

    /// The attributes of the operation of this name; `None` if none has the name.
    pub fn fields_of(name: &str) -> Option<&'static [AttributeField]> {
        Op::NAMES.iter().position(|known| *known == name).map(|index| Op::FIELDS[index])
    }

    /// The operation's name.
    pub fn name(&self) -> &'static str {
        self.definition().name()
    }
}

/// Writes the parts of an operation that its fields determine: `NAME`, `FIELDS`, `attributes` and
/// `from_attributes`.
///
/// `attributes!(Gather, "gather", batch = Zero, axes, at)` makes `Gather::NAME`, `Gather::FIELDS` with an
/// [`AttributeField`] for each, `Gather::attribute_list(&self)` that lists their values, and
/// `Gather::from_attributes` that reads them back. `Zero` is an
/// [`AttributeDefault`](crate::attribute::AttributeDefault), without one an attribute must be given.
macro_rules! attributes {
    ($name:ident, $text:expr $(, $field:ident $(= $default:ident)?)*) => {
        impl $name {
            /// The operation's name in text and files.
            pub const NAME: &'static str = $text;

            /// The operation's attributes.
            pub(crate) const FIELDS: &'static [crate::attribute::AttributeField] = &[$(
                crate::attribute::AttributeField::new(
                    stringify!($field),
                    |op: &$name| &op.$field,
                    crate::ops::attributes!(@default $($default)?),
                ),
            )*];

            fn attribute_list(&self) -> Vec<(&'static str, crate::attribute::Attribute)> {
                vec![$((stringify!($field), crate::attribute::AttributeValue::write(&self.$field)),)*]
            }

            pub(crate) fn from_attributes(
                attributes: &crate::attribute::Attributes,
            ) -> Result<$name, crate::attribute::AttributeError> {
                attributes.only($name::FIELDS)?;
                Ok($name { $($field: attributes.read(stringify!($field))?,)* })
            }
        }
    };
    (@default) => { crate::attribute::AttributeDefault::Required };
    (@default $default:ident) => { crate::attribute::AttributeDefault::$default };
}
pub(crate) use attributes;
