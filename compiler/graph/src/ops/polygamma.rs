//! `polygamma`: a derivative of ψ.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, MathFn};

use crate::attribute::Attribute;
use crate::builder::Tensor;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes, elementwise};
use crate::ty::TensorType;

/// The greatest order; the gradient of that is NaN.
const MAX_ORDER: usize = 100;

/// A derivative of ψ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Polygamma {
    /// How often ψ is differentiated, from 1 to 100.
    pub order: usize,
}

attributes!(Polygamma, "polygamma", order);

impl Polygamma {
    pub(crate) fn sample() -> Polygamma {
        Polygamma { order: 1 }
    }
}

impl<'m> Tensor<'m> {
    /// The derivative of [`Tensor::psi`] of an order from 1 to 100.
    ///
    /// At negative integers it is infinite or, of even order, NaN. The gradient is the derivative of the next
    /// order, and NaN where that is beyond 100.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([1.0, -2.0]).polygamma(1);
    /// assert_eq!(y.eval()?, Array::from([1.6449340668482264, f64::INFINITY]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn polygamma(self, order: usize) -> Tensor<'m> {
        self.unary(Polygamma { order })
    }
}

impl Operation for Polygamma {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "The derivative of psi of an order from 1 to 100; at negative integers infinite or, of even order, NaN."
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
        Notation::Call("polygamma")
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        if !(1..=MAX_ORDER).contains(&self.order) {
            return Err(TypeError::new(
                Reason::Argument { value: self.order.to_string() },
                format!("polygamma of {{0}} has the order {}", self.order),
                format!("give an order from 1 to {MAX_ORDER}; order 0 is psi"),
            ));
        }
        let (dtype, _) = elementwise::real_function("polygamma", operands[0].ty.dtype)?;
        Ok(operands[0].ty.with_dtype(dtype))
    }

    fn kernel(&self, operands: &[Operand<'_>], result: &TensorType) -> Kernel {
        let order = u8::try_from(self.order).expect("invariant: the node was inferred");
        let wide = if result.dtype == DType::F64 { DType::F64 } else { DType::F32 };
        let mut b = Builder::new(&[operands[0].ty.dtype]);
        let x = b.param(0);
        let x = b.cast(x, wide);
        let value = Element::real(wide, b.math(MathFn::Polygamma(order), x.re()));
        let value = b.cast(value, result.dtype);
        Kernel::Map(b.finish(vec![value]))
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let order = self.order + 1;
        let slope = match order {
            0..=MAX_ORDER => graph.op_node(Polygamma { order }, vjp.operands),
            _ => graph.splat(graph.ty(vjp.result).dtype, graph.ty(vjp.result).rank(), f64::NAN),
        };
        let product = graph.times(vjp.cotangent, slope);
        vec![Some(graph.cast(product, graph.ty(vjp.operands[0]).dtype))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(*self, operands)
    }
}
