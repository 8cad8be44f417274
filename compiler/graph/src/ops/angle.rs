//! `angle`: the angle of a complex number from the positive real axis.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Complex, Notation, Vjp};

elementwise! {
    /// The angle from the positive real axis, from -π to π: `arctan2(imag, real)`; of real numbers π below 0
    /// and else 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let z = m.constant([num_complex::Complex::new(0.0, 2.0)]);
    /// assert_eq!(z.angle().eval()?, Array::from([std::f64::consts::FRAC_PI_2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Angle, fn angle(z), Notation::Call("angle")
}

impl Elementwise for Angle {
    const PROMOTES: bool = false;

    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        let (dtype, _) = elementwise::function(common)?;
        Ok((dtype, dtype.to_real()))
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        b.angle(x[0])
    }

    /// i g / conj(z).
    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        if !graph.ty(vjp.operands[0]).dtype.is_complex() {
            return vec![None];
        }
        let zero = graph.exact_zero(vjp.cotangent);
        let turned = graph.op_node(Complex {}, &[zero, vjp.cotangent]);
        let mirrored = graph.conj(vjp.operands[0]);
        vec![Some(graph.over(turned, mirrored))]
    }
}
