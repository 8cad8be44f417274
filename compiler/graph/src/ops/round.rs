//! `round`: the nearest integer; halves go to the even one, or away from 0.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, Unary, Value};

use crate::attribute::{Attribute, AttributeKind, AttributeValue};
use crate::builder::{Tensor, apply};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::elementwise::{self, Elementwise};
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// The nearest integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Round {
    /// Where halves go.
    pub mode: Halves,
}

/// Where rounding takes a number halfway between two integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Halves {
    /// To the even integer.
    ToEven,
    /// To the integer of larger magnitude.
    Away,
}

attributes!(Round, "round", mode);

impl AttributeValue for Halves {
    const KINDS: &'static [AttributeKind] = &[AttributeKind::Text];
    const WORDS: &'static [&'static str] = &["half_to_even", "half_away"];

    fn write(&self) -> Attribute {
        Attribute::Text(match self {
            Halves::ToEven => "half_to_even".into(),
            Halves::Away => "half_away".into(),
        })
    }

    fn read(attribute: &Attribute) -> Option<Self> {
        let Attribute::Text(text) = attribute else { return None };
        match &**text {
            "half_to_even" => Some(Halves::ToEven),
            "half_away" => Some(Halves::Away),
            _ => None,
        }
    }
}

impl Round {
    pub(crate) fn sample() -> Round {
        Round { mode: Halves::ToEven }
    }
}

impl<'m> Tensor<'m> {
    /// The nearest integer, of two the even one; integers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.5, 1.5, -2.6]).round();
    /// assert_eq!(y.eval()?, Array::from([0.0, 2.0, -3.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn round(self) -> Tensor<'m> {
        apply(Round { mode: Halves::ToEven }, &[self])
    }

    /// The nearest integer, of two the one of larger magnitude; integers stay.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([0.5, -2.5]).round_half_away();
    /// assert_eq!(y.eval()?, Array::from([1.0, -3.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn round_half_away(self) -> Tensor<'m> {
        apply(Round { mode: Halves::Away }, &[self])
    }
}

impl Operation for Round {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "The nearest integer; halves go to the even one, or away from 0. Integers stay."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn promoted(&self) -> std::ops::Range<usize> {
        0..1
    }

    fn notation(&self) -> Notation {
        match self.mode {
            Halves::ToEven => Notation::Call("round"),
            Halves::Away => Notation::Call("round_half_away"),
        }
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        elementwise::infer::<ToEven>(operands, constraints)
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        match self.mode {
            Halves::ToEven => elementwise::kernel::<ToEven>(operands, result),
            Halves::Away => elementwise::kernel::<Away>(operands, result),
        }
    }

    fn gradient(&self, _: &mut Graph, _: &Vjp<'_>) -> Vec<Option<NodeId>> {
        vec![None]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], _: &Dim) -> NodeId {
        elementwise::lift(graph, (*self).into(), operands, batched)
    }
}

struct ToEven;

impl Elementwise for ToEven {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("round", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        elementwise::rounded(b, Unary::Round, &x[0])
    }
}

struct Away;

impl Elementwise for Away {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real("round", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        if x[0].dtype.is_float() { x[0].map(&mut |part| half_away(b, part)) } else { x[0] }
    }
}

/// The fraction decides, which is exact; the sign is put back for the sake of -0.
fn half_away(b: &mut Builder, x: Value) -> Value {
    let scalar = b.scalar_type(x);
    let [half, one, zero] = [0.5, 1.0, 0.0].map(|value| b.float(scalar, value));
    let magnitude = b.unary(Unary::Abs, x);
    let whole = b.unary(Unary::Trunc, magnitude);
    let fraction = b.binary(Binary::Sub, magnitude, whole);
    let up = b.compare(Predicate::Ge, fraction, half);
    let more = b.select(up, one, zero);
    let rounded = b.binary(Binary::Add, whole, more);
    let negated = b.unary(Unary::Neg, rounded);
    let negative = b.compare(Predicate::Lt, x, zero);
    let signed = b.select(negative, negated, rounded);
    // Zeros keep their sign; of an infinity the fraction would be NaN, which is not above.
    let vanishes = b.compare(Predicate::Eq, x, zero);
    b.select(vanishes, x, signed)
}
