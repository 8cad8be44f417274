//! `reshape`: the same elements, in the same row-major order, in another shape.

use crate::attribute::Attribute;
use crate::builder::{IntoShape, Tensor};
use crate::dim::{Dim, Symbols};
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Extent, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes};
use crate::ty::TensorType;

/// Another shape with as many elements.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// Size of each axis of the result.
    pub shape: Vec<Dim>,
}

attributes!(Reshape, "reshape", shape = ResultShape);

impl<'m> Tensor<'m> {
    /// The same elements, in the same row-major order, in another shape. One size may be -1: the one that
    /// makes the numbers of elements equal.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4, 5, 6]);
    /// assert_eq!(x.reshape([2, 3]).eval()?, Array::from([[1, 2, 3], [4, 5, 6]]));
    /// assert_eq!(x.reshape([-1, 2]).eval()?, Array::from([[1, 2], [3, 4], [5, 6]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn reshape(self, shape: impl IntoShape<'m>) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let shape = shape.into_shape(self.model());
        let completed = complete(&ty.shape, shape, &self.model().arena().graph.scope.symbols);
        match completed {
            Ok(shape) => self.unary(Reshape { shape }),
            Err(error) => self.ill_typed(error),
        }
    }

    /// The first `ndim - 1` axes, and all others as one.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.flatten(1).eval()?, Array::from([1, 2, 3, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn flatten(self, ndim: usize) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        if ndim == 0 || ndim > ty.rank().max(1) {
            return self.ill_typed(TypeError::new(
                Reason::Argument { value: ndim.to_string() },
                format!("{{0}} cannot be flattened to {ndim} axes"),
                format!("keep from 1 to {}", ty.rank().max(1)),
            ));
        }
        let (kept, merged) = ty.shape.split_at((ndim - 1).min(ty.rank()));
        self.unary(Reshape { shape: [kept, &[product(merged)]].concat() })
    }
}

impl Reshape {
    pub(crate) fn sample() -> Reshape {
        Reshape { shape: vec![Dim::Const(1), Dim::Const(2)] }
    }
}

impl Operation for Reshape {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the same elements, in the same row-major order, in another shape."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("Reshape")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        let ty = operands[0].ty;
        constraints.exist(&self.shape)?;
        let (have, want) = (product(&ty.shape), product(&self.shape));
        let differ = |have: i64, want: i64| {
            let shape = TensorType::new(ty.dtype, self.shape.clone());
            let shape = shape.display(constraints.symbols);
            TypeError::new(
                Reason::Sizes {
                    extents: [Extent::Elements(0), Extent::ResultElements],
                    sizes: [Dim::Const(have), Dim::Const(want)],
                },
                format!("{{0}} has {have} elements and {shape}, which it is reshaped to, {want}"),
                "give sizes with the same product, or one of them as -1",
            )
        };
        match (have.as_const(), want.as_const()) {
            _ if have == want => {}
            (Some(have), Some(want)) => return Err(differ(have, want)),
            (_, None) | (None, _) => {
                // Without what both have: where that is 0 this constrains more than needed, and else it is
                // the same constraint in a form that is easier to meet, whatever a batch puts in front.
                let (have, want) = without_common(&ty.shape, &self.shape);
                constraints
                    .equal(&product(&have), Extent::Elements(0), &product(&want), Extent::ResultElements)
                    .map_err(|error| TypeError { remedy: "give sizes with the same product".to_owned(), ..error })?;
            }
        }
        Ok(TensorType::new(ty.dtype, self.shape.clone()))
    }

    fn kernel(&self, _: &[Operand<'_>], _: &TensorType) -> Kernel {
        Kernel::Reshape
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let shape = graph.ty(vjp.operands[0]).shape.clone();
        vec![Some(graph.reshape(vjp.cotangent, shape))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], lead: &Dim) -> NodeId {
        let shape = [std::slice::from_ref(lead), &self.shape].concat();
        graph.op_node(Reshape { shape }, operands)
    }
}

/// The number of elements of a shape.
fn product(shape: &[Dim]) -> Dim {
    shape.iter().product()
}

/// Two shapes without the sizes that both have.
fn without_common(a: &[Dim], b: &[Dim]) -> (Vec<Dim>, Vec<Dim>) {
    let (mut left, mut right) = (vec![], b.to_vec());
    for dim in a {
        match right.iter().position(|other| other == dim) {
            Some(at) => drop(right.remove(at)),
            None => left.push(dim.clone()),
        }
    }
    (left, right)
}

/// A shape with its -1, if there is one, replaced by the size that makes it hold the elements of another.
fn complete(from: &[Dim], mut shape: Vec<Dim>, symbols: &Symbols) -> Result<Vec<Dim>, TypeError> {
    let unknown = |dim: &Dim| *dim == Dim::Const(-1);
    let Some(axis) = shape.iter().position(unknown) else { return Ok(shape) };
    shape.remove(axis);
    if shape.iter().any(unknown) {
        return Err(TypeError::new(
            Reason::Argument { value: "-1".to_owned() },
            "{0} is reshaped to a shape with two sizes of -1",
            "leave one open at most",
        ));
    }
    let (have, given) = without_common(from, &shape);
    let (have, given) = (product(&have), product(&given));
    let divides = match (have.as_const(), given.as_const()) {
        (_, Some(given)) if given < 1 || product(&shape).as_const() == Some(0) => false,
        (Some(have), Some(given)) => have % given == 0,
        // What a call's sizes leave is checked when it enters.
        (None, _) | (_, None) => true,
    };
    if !divides {
        return Err(TypeError::new(
            Reason::Sizes { extents: [Extent::Elements(0), Extent::ResultElements], sizes: [have, given] },
            "the sizes that {0} is reshaped to do not divide its number of elements, so that given as -1 is not known",
            "give it as a number or a dim",
        ));
    }
    shape.insert(axis, have.floor_div(&given, symbols));
    Ok(shape)
}
