//! `concatenate`: tensors one after another along an axis.

use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::builder::{Model, Tensor, count_axes};
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError, promote_all};
use crate::kernel::Kernel;
use crate::literal::Literal;
use crate::ops::{Notation, Operation, Subtensor, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// Operands of one element type, one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Concatenate {
    /// The axis along which they follow each other.
    pub axis: usize,
    /// How many there are; at least 1.
    pub count: usize,
}

attributes!(Concatenate, "concatenate", axis, count);

/// Tensors one after another along an axis, in the element type that all of them go to; a negative axis
/// counts from the last. [`Model::concatenate`] takes a list whose length is not known.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (a, b) = (m.constant([[1, 2]]), m.constant([[3, 4]]));
/// assert_eq!(concatenate([a, b], 0).eval()?, Array::from([[1, 2], [3, 4]]));
/// assert_eq!(concatenate([a, b], -1).eval()?, Array::from([[1, 2, 3, 4]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn concatenate<const N: usize>(tensors: [Tensor<'_>; N], axis: i64) -> Tensor<'_> {
    const { assert!(N > 0, "there is nothing to concatenate") };
    tensors[0].model().concatenate(tensors, axis)
}

/// Tensors of one shape along a new axis, which is this one of the result; a negative one counts from the
/// last. [`Model::stack`] takes a list whose length is not known.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (a, b) = (m.constant([1, 2]), m.constant([3, 4]));
/// assert_eq!(stack([a, b], 0).eval()?, Array::from([[1, 2], [3, 4]]));
/// assert_eq!(stack([a, b], -1).eval()?, Array::from([[1, 3], [2, 4]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn stack<const N: usize>(tensors: [Tensor<'_>; N], axis: i64) -> Tensor<'_> {
    const { assert!(N > 0, "there is nothing to stack") };
    tensors[0].model().stack(tensors, axis)
}

impl Model {
    /// As [`concatenate`], of any number of tensors but none.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let parts: Vec<Tensor> = (0..3).map(|i| m.constant([i, i * i])).collect();
    /// assert_eq!(m.concatenate(parts, 0).eval()?, Array::from([0, 0, 1, 1, 2, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn concatenate<'m>(
        &'m self,
        tensors: impl IntoIterator<Item = Tensor<'m>>,
        axis: i64,
    ) -> Tensor<'m> {
        let mut tensors: Vec<Tensor<'m>> = tensors.into_iter().collect();
        let Some(&first) = tensors.first() else {
            let message = "there is nothing to concatenate; give at least one tensor";
            return self.refuse(message, Reason::Arity { takes: 1, has: 0 });
        };
        if let Some(invalid) = tensors.iter().find(|t| t.id().is_none()) {
            return *invalid;
        }
        let axis = match count_axes(&[axis], first.rank()) {
            Ok(axes) => axes[0],
            Err(error) => return first.ill_typed(error),
        };
        let dtype = common_dtype(&tensors);
        let beside = tensors.iter().copied().find(|tensor| !tensor.is_literal()).unwrap_or(first);
        for tensor in &mut tensors {
            *tensor = match tensor.of_type(dtype) {
                Ok(converted) => converted,
                Err(error) => return beside.ill_typed(error),
            };
        }
        crate::builder::apply(Concatenate { axis, count: tensors.len() }, &tensors)
    }

    /// As [`stack`], of any number of tensors but none.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let parts: Vec<Tensor> = (0..3).map(|i| m.constant(i)).collect();
    /// assert_eq!(m.stack(parts, 0).eval()?, Array::from([0, 1, 2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn stack<'m>(&'m self, tensors: impl IntoIterator<Item = Tensor<'m>>, axis: i64) -> Tensor<'m> {
        let mut tensors: Vec<Tensor<'m>> = tensors.into_iter().collect();
        for tensor in &mut tensors {
            *tensor = tensor.expand_dims(axis);
        }
        self.concatenate(tensors, axis)
    }
}

/// The element type that all go to.
fn common_dtype(tensors: &[Tensor<'_>]) -> DType {
    let types: Vec<(TensorType, Option<Literal>)> =
        tensors.iter().filter_map(|t| Some((t.ty()?, t.literal_values()))).collect();
    let operands: Vec<Operand<'_>> = types.iter().map(|(ty, literal)| Operand { ty, literal: *literal }).collect();
    promote_all(&operands)
}

impl Concatenate {
    pub(crate) fn sample() -> Concatenate {
        Concatenate { axis: 0, count: 2 }
    }
}

impl Operation for Concatenate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the operands, all of one element type, one after another along an axis."
    }

    fn arity(&self) -> usize {
        self.count
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Join")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let Some(first) = operands.first().map(|o| o.ty) else {
            return Err(TypeError::new(
                Reason::Arity { takes: 1, has: 0 },
                "there is nothing to concatenate",
                "give at least one tensor",
            ));
        };
        if self.axis >= first.rank() {
            return Err(TypeError::new(
                Reason::Axes { operand: 0, axes: vec![self.axis as i64], rank: first.rank() },
                format!("tensors are concatenated along axis {} of {{0}}, which has {} axes", self.axis, first.rank()),
                "name one that it has, or stack them along a new one",
            ));
        }
        let mut shape = first.shape.clone();
        for (operand, Operand { ty, .. }) in operands.iter().enumerate().skip(1) {
            if ty.rank() != first.rank() {
                return Err(TypeError::new(
                    Reason::Ranks { operands: [0, operand], ranks: [first.rank(), ty.rank()] },
                    format!("{{0}} and {{{operand}}} are concatenated and have different ranks"),
                    "give them the same number of axes",
                ));
            }
            if ty.dtype != first.dtype {
                return Err(TypeError::new(
                    Reason::ElementTypes { takes: first.dtype, has: ty.dtype },
                    format!("{{0}} and {{{operand}}} are concatenated and have different element types"),
                    "cast one of them",
                ));
            }
            for (axis, (sum, size)) in shape.iter_mut().zip(&ty.shape).enumerate() {
                if axis == self.axis {
                    *sum = &*sum + size;
                    continue;
                }
                let [first, other] = [0, operand].map(|operand| AxisOf { operand, axis });
                *sum = constraints
                    .equal(sum, first, size, other)
                    .map_err(|error| TypeError { remedy: "give both the same size".to_owned(), ..error })?;
            }
        }
        Ok(TensorType::new(first.dtype, shape))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Concatenate(self.axis)
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let mut start = Dim::Const(0);
        let mut gradients = vec![];
        for operand in vjp.operands {
            let ty = graph.ty(*operand).clone();
            let stop = &start + &ty.shape[self.axis];
            let part = Subtensor::along(&graph.ty(vjp.result).shape, self.axis, start, stop.clone(), 1);
            gradients.push(Some(graph.op_node(part, &[vjp.cotangent])));
            start = stop;
        }
        gradients
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let lifted: Vec<NodeId> = operands
            .iter()
            .zip(batched)
            .map(|(id, batched)| if *batched { *id } else { elementwise::stretch(graph, *id, lead) })
            .collect();
        graph.op_node(Concatenate { axis: self.axis + 1, count: self.count }, &lifted)
    }
}
