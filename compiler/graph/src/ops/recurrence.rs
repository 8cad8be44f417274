//! `recurrence`: h_i = a_i h_{i-1} + b_i along an axis, from h_0 = b_0.
//!
//! The gradient of the exclusive form is the exclusive form from the other end, so the operation can be
//! differentiated any number of times; cumulative products, and through them products, rest on it.

use tgc_scalar::dtype::promote;

use crate::attribute::Attribute;
use crate::builder::{Along, Tensor, apply};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::literal::{Role, computing_type};
use crate::kernel::Kernel;
use crate::ops::reduction::accumulator;
use crate::ops::running::{self, Direction, Running};
use crate::ops::{Fill, Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// The operation of [`Tensor::recurrence`]. Operands are the factors a, then the terms b.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    /// The axis to go along.
    pub axis: usize,
    /// From the last element to the first.
    pub reverse: bool,
    /// Each result is h_{i-1}, the first 0.
    pub exclusive: bool,
}

attributes!(Recurrence, "recurrence", axis, reverse, exclusive);

impl<'m> Tensor<'m> {
    /// The linear recurrence h_i = a_i h_{i-1} + b_i along an axis of these terms b, from h_0 = b_0 on: the
    /// first factor counts for nothing. Floats are kept in at least `f64`, and each result is rounded once. A
    /// negative axis counts from the last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let b = m.constant([1.0, 1.0, 1.0]);
    /// assert_eq!(b.recurrence(0.5, 0).eval()?, Array::from([1.0, 1.5, 1.75]));
    /// assert_eq!(b.along(0).reverse().recurrence(0.5).eval()?, Array::from([1.75, 1.5, 1.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn recurrence(self, factors: impl crate::builder::Operand<'m>, axis: i64) -> Tensor<'m> {
        self.along(axis).recurrence(factors)
    }
}

impl<'m> Along<'m> {
    /// [`Tensor::recurrence`].
    #[track_caller]
    pub fn recurrence(self, factors: impl crate::builder::Operand<'m>) -> Tensor<'m> {
        let Along { tensor: terms, axis, reverse, exclusive } = self;
        let factors = stretched(factors.tensor(terms), terms);
        apply(Recurrence { axis, reverse, exclusive }, &[factors, terms])
    }
}

/// Factors that serve several places each, as a literal does, at each of them.
#[track_caller]
fn stretched<'m>(factors: Tensor<'m>, terms: Tensor<'m>) -> Tensor<'m> {
    let (Some(own), Some(ty)) = (factors.ty(), terms.ty()) else { return factors };
    if !own.shape.iter().zip(&ty.shape).any(|(factor, term)| factor.is_one() && !term.is_one()) {
        return factors;
    }
    // Stretched, a literal is none any more, so its width would count.
    let literal = factors.is_literal();
    let dtype = promote((own.dtype, literal), (ty.dtype, terms.is_literal()));
    match if literal { factors.of_type(dtype) } else { Ok(factors) } {
        Ok(factors) => apply(Fill {}, &[terms, factors]),
        Err(error) => terms.ill_typed(error),
    }
}

impl Recurrence {
    pub(crate) fn sample() -> Recurrence {
        Recurrence { axis: 0, reverse: false, exclusive: false }
    }

    fn direction(self) -> Direction {
        Direction { axis: self.axis, reverse: self.reverse, exclusive: self.exclusive }
    }
}

impl Operation for Recurrence {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "h_i = a_i h_{i-1} + b_i along an axis, from h_0 = b_0; floats are kept in at least `f64`."
    }

    fn arity(&self) -> usize {
        2
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn promoted(&self) -> std::ops::Range<usize> {
        0..2
    }

    fn linear(&self) -> &'static [&'static [usize]] {
        &[&[1]]
    }

    fn notation(&self) -> Notation {
        Notation::Call(Self::NAME)
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let (factors, terms) = (operands[0].ty, operands[1].ty);
        if factors.rank() != terms.rank() {
            return Err(TypeError::new(
                Reason::Ranks { operands: [0, 1], ranks: [factors.rank(), terms.rank()] },
                "the factors {0} and the terms {1} of a recurrence have different ranks",
                "insert axes with dimshuffle",
            ));
        }
        self.direction().check(Self::NAME, operands)?;
        let shape: Result<Vec<Dim>, TypeError> = (0..terms.rank())
            .map(|axis| {
                let (f, t) = (AxisOf { operand: 0, axis }, AxisOf { operand: 1, axis });
                constraints.equal(&factors.shape[axis], f, &terms.shape[axis], t)
            })
            .collect();
        Ok(TensorType::new(computing_type(operands, 0..2, |_| Role::Value)?, shape?))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let dtypes = [operands[0].ty.dtype, operands[1].ty.dtype];
        let running = Running {
            start: 0.0,
            first: &|_, x| x[1],
            step: &|b, h, x| {
                let carried = b.mul(x[0], h);
                b.add(carried, x[1])
            },
        };
        running::kernel(self.direction(), &dtypes, [accumulator(result.dtype), result.dtype], &running)
    }

    /// With l_i the cost's gradient by h_i: ∂c/∂b_i = l_i and ∂c/∂a_i = l_i h_{i-1}, where l_i = g_i +
    /// a_{i+1} l_{i+1}. What is added to g_i there is the exclusive recurrence of (a, a g) from the other
    /// end; where this one is exclusive itself, l_i = g_{i+1} + a_{i+1} l_{i+1} is that of (a, g).
    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let [factors, terms] = [vjp.operands[0], vjp.operands[1]];
        let mirrored = graph.conj(factors);
        let back = Recurrence { reverse: !self.reverse, exclusive: true, ..*self };
        let (before, by_value) = if self.exclusive {
            (vjp.result, graph.op_node(back, &[mirrored, vjp.cotangent]))
        } else {
            let before = graph.op_node(Recurrence { exclusive: true, ..*self }, &[factors, terms]);
            let weighted = graph.times(mirrored, vjp.cotangent);
            let beyond = graph.op_node(back, &[mirrored, weighted]);
            (before, graph.plus(vjp.cotangent, beyond))
        };
        let before = graph.conj(before);
        let by_factor = graph.times(by_value, before);
        [(by_factor, factors), (by_value, terms)]
            .map(|(value, operand)| {
                let dtype = graph.ty(operand).dtype;
                dtype.is_differentiable().then(|| graph.cast(value, dtype))
            })
            .to_vec()
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let lifted: Vec<NodeId> = operands
            .iter()
            .zip(batched)
            .map(|(operand, batched)| if *batched { *operand } else { elementwise::stretch(graph, *operand, lead) })
            .collect();
        graph.op_node(Recurrence { axis: self.axis + 1, ..*self }, &lifted)
    }
}
