//! `rad2deg`: x radians in degrees: x * (180 / pi).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// x radians in degrees: x * (180 / pi).
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([std::f64::consts::PI]).rad2deg();
    /// assert_eq!(y.eval()?, Array::from([180.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Rad2deg, fn rad2deg(x), Notation::Call("rad2deg")
}

impl Elementwise for Rad2deg {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("rad2deg", common)
    }

    fn scalar(b: &mut Builder, x: &[Element]) -> Element {
        let factor = b.float(b.scalar_type(x[0].re()), FACTOR);
        Element::real(x[0].dtype, b.binary(Binary::Mul, x[0].re(), factor))
    }

    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let (dtype, rank) = (graph.ty(vjp.cotangent).dtype, graph.ty(vjp.cotangent).rank());
        let factor = graph.splat(dtype, rank, FACTOR);
        vec![Some(graph.times(vjp.cotangent, factor))]
    }
}

const FACTOR: f64 = 180.0 / std::f64::consts::PI;
