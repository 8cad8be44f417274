//! `cast`: the same values in another element type.

use tgc_scalar::Builder;
use tgc_scalar::dtype::DType;

use crate::attribute::Attribute;
use crate::builder::Tensor;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Notation, Operation, Vjp, attributes, Sign, Magnitude};
use crate::ty::TensorType;

/// The operation of [`Tensor::cast`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cast {
    /// The element type of the result.
    pub dtype: DType,
}

attributes!(Cast, "cast", dtype = ResultDType);

impl<'m> Tensor<'m> {
    /// The elements in another type. Floats truncate toward zero on the way to integers and saturate, NaN
    /// gives 0; integers wrap; to `bool` is `!= 0`; complex to real drops the imaginary part.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([-1.5, 2.75, 300.0, f64::NAN]);
    /// assert_eq!(x.cast(I8).eval()?, Array::from([-1i8, 2, 127, 0]));
    /// assert_eq!(m.constant([300i64]).cast(I8).eval()?, Array::from([44i8]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn cast(self, dtype: DType) -> Tensor<'m> {
        self.unary(Cast { dtype })
    }
}

impl Cast {
    pub(crate) fn sample() -> Cast {
        Cast { dtype: DType::F32 }
    }
}

impl Operation for Cast {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the same values in another element type; floats to integers truncate and saturate, NaN gives 0."
    }

    fn arity(&self) -> usize {
        1
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn sign(&self) -> Sign {
        Sign::OfFloats(&[0])
    }

    fn magnitude(&self) -> Magnitude {
        Magnitude::OfFloats(0)
    }

    fn notation(&self) -> Notation {
        Notation::Call(self.dtype.long_name())
    }

    fn infer(&self, operands: &[Operand<'_>], _: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        Ok(operands[0].ty.with_dtype(self.dtype))
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        let mut b = Builder::new(&[operands[0].ty.dtype]);
        let x = b.param(0);
        let value = b.cast(x, self.dtype);
        Kernel::Map(b.finish(vec![value]))
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let from = graph.ty(vjp.operands[0]).dtype;
        let differentiable = from.is_differentiable() && self.dtype.is_differentiable();
        vec![differentiable.then(|| graph.cast(vjp.cotangent, from))]
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], _: &[bool], _: &Dim) -> NodeId {
        graph.op_node(self.clone(), operands)
    }
}
