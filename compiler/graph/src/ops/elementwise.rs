//! What all elementwise operations share: broadcasting, promotion, kernels, gradients and lifting follow
//! from a scalar function and its derivative.

use crate::dim::Dim;
use crate::dtype::DType;
use crate::graph::{Graph, NodeId};
use crate::infer::{Equations, Operand, TypeError, broadcast, promote_all};
use crate::kernel::Kernel;
use crate::ops::{Op, Vjp};
use crate::scalar::{Builder, Element, Program};
use crate::ty::TensorType;

/// An operation on corresponding elements.
pub trait Elementwise {
    /// The type that the scalar function computes in and the type it returns, given the operands' common
    /// type; 16-bit floats are computed in `f32` and rounded after.
    ///
    /// # Errors
    ///
    /// If the operation has no meaning for the type.
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError>;

    /// The scalar function on elements of the computing type.
    fn scalar(b: &mut Builder, x: &[Element]) -> Element;

    /// The gradients by each operand as if all had the result's shape and type.
    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>>;
}

/// The result's type.
pub fn infer<E: Elementwise>(
    operands: &[Operand<'_>],
    equations: &mut Equations,
) -> Result<TensorType, TypeError> {
    let (_, dtype) = E::dtypes(promote_all(operands))?;
    Ok(TensorType::new(dtype, broadcast(operands, equations)?))
}

/// The program: promotion casts, the scalar function, and the rounding of 16-bit floats.
///
/// A weak operand's dtype decides nothing, so the common type is recovered from the operands' types by
/// `compute`, the computing type that inference found.
pub fn program<E: Elementwise>(operands: &[DType], compute: DType, result: DType) -> Program {
    let wide = match compute {
        DType::F16 | DType::BF16 => DType::F32,
        other => other,
    };
    let mut b = Builder::new(operands);
    let args: Vec<Element> = (0..operands.len())
        .map(|i| {
            let rounded = b.param(i);
            let rounded = b.cast(rounded, compute);
            b.cast(rounded, wide)
        })
        .collect();
    let value = E::scalar(&mut b, &args);
    let value = b.cast(value, result);
    b.finish(vec![value])
}

/// The kernel of a node.
pub fn kernel<E: Elementwise>(operands: &[Operand<'_>], result: &TensorType) -> Kernel {
    let (compute, _) = E::dtypes(promote_all(operands)).expect("invariant: the node was inferred");
    let dtypes: Vec<DType> = operands.iter().map(|o| o.ty.dtype).collect();
    Kernel::Map(program::<E>(&dtypes, compute, result.dtype))
}

/// The gradients by each operand: the derivative, summed over stretched axes and cast back.
pub fn gradient<E: Elementwise>(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
    let raw = E::derivative(graph, vjp);
    raw.into_iter()
        .zip(vjp.operands)
        .map(|(cotangent, operand)| Some(unbroadcast(graph, cotangent?, *operand)))
        .collect()
}

/// Sums a gradient over the axes that broadcasting stretched, and casts it to the operand's type.
pub fn unbroadcast(graph: &mut Graph, cotangent: NodeId, operand: NodeId) -> NodeId {
    let (from, to) = (graph.ty(cotangent).clone(), graph.ty(operand).clone());
    let stretched: Vec<usize> =
        (0..to.rank()).filter(|&i| to.shape[i].is_one() && !from.shape[i].is_one()).collect();
    let mut value = cotangent;
    if !stretched.is_empty() {
        value = graph.op_node(crate::ops::Sum { axes: stretched.clone() }, &[value]);
        let mut kept = 0..;
        let order = (0..to.rank()).map(|i| if stretched.contains(&i) { None } else { kept.next() }).collect();
        value = graph.op_node(crate::ops::Dimshuffle { order }, &[value]);
    }
    graph.cast(value, to.dtype)
}

/// The same operation with a leading axis: operands without it get one of size 1.
pub fn lift(graph: &mut Graph, op: Op, operands: &[NodeId], batched: &[bool]) -> NodeId {
    let lifted: Vec<NodeId> = operands
        .iter()
        .zip(batched)
        .map(|(operand, batched)| if *batched { *operand } else { graph.expand_dims(*operand, 0) })
        .collect();
    graph.op_node(op, &lifted)
}

/// Stretches a value along a new leading axis: how an operation lifts that none of its operands forces to.
pub fn stretch(graph: &mut Graph, value: NodeId, lead: &Dim) -> NodeId {
    let mut shape = graph.ty(value).shape.clone();
    shape.insert(0, lead.clone());
    let dtype = graph.ty(value).dtype;
    let template = graph.op_node(crate::ops::Zero { dtype, shape }, &[]);
    let one = graph.expand_dims(value, 0);
    graph.op_node(crate::ops::Fill {}, &[template, one])
}

/// Implements [`Operation`](crate::ops::Operation) for a unit struct that is [`Elementwise`].
///
/// `elementwise!(Exp, "exp", 1, Notation::Call("exp"), "e^x")` makes `pub struct Exp {}` with the name,
/// arity, notation and documentation given, and everything else from [`Elementwise`].
macro_rules! elementwise {
    ($name:ident, $text:literal, $arity:literal, $notation:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name {}

        crate::ops::attributes!($name, $text);

        impl $name {
            pub(crate) fn sample() -> $name {
                $name {}
            }
        }

        impl crate::ops::Operation for $name {
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
            fn infer(
                &self,
                operands: &[crate::infer::Operand<'_>],
                equations: &mut crate::infer::Equations,
            ) -> Result<crate::ty::TensorType, crate::infer::TypeError> {
                crate::ops::elementwise::infer::<$name>(operands, equations)
            }
            fn kernel(
                &self,
                operands: &[crate::infer::Operand<'_>],
                result: &crate::ty::TensorType,
            ) -> crate::kernel::Kernel {
                crate::ops::elementwise::kernel::<$name>(operands, result)
            }
            fn gradient(
                &self,
                graph: &mut crate::graph::Graph,
                vjp: &crate::ops::Vjp<'_>,
            ) -> Vec<Option<crate::graph::NodeId>> {
                crate::ops::elementwise::gradient::<$name>(graph, vjp)
            }
            fn lift(
                &self,
                graph: &mut crate::graph::Graph,
                operands: &[crate::graph::NodeId],
                batched: &[bool],
                _: &crate::dim::Dim,
            ) -> crate::graph::NodeId {
                crate::ops::elementwise::lift(graph, (*self).into(), operands, batched)
            }
        }
    };
}
pub(crate) use elementwise;

/// Types for arithmetic that every element type has: computes in and returns the common type.
pub fn any(common: DType) -> Result<(DType, DType), TypeError> {
    Ok((common, common))
}

/// Types for a function of the reals: integers go to floats, complex is not admitted.
pub fn real_function(name: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common.is_complex() {
        return Err(TypeError::new(
            format!("{name} of {{0}}, whose elements are complex, is not defined in this version"),
            "use a real tensor",
        ));
    }
    let dtype = common.to_inexact();
    Ok((dtype, dtype))
}

/// Types for arithmetic that `bool` has no negatives for.
pub fn not_bool(symbol: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common == DType::Bool {
        return Err(TypeError::new(
            format!("`{symbol}` is not defined on bool, the element type of {{0}}"),
            "cast to an integer type first",
        ));
    }
    Ok((common, common))
}
