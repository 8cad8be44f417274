//! `deg2rad`: x degrees in radians: x * (pi / 180).

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element};

use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::ops::elementwise::{self, Elementwise, elementwise};
use crate::ops::{Notation, Vjp};

elementwise! {
    /// x degrees in radians: x * (pi / 180).
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let y = m.constant([180.0]).deg2rad();
    /// assert_eq!(y.eval()?, Array::from([std::f64::consts::PI]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Deg2rad, fn deg2rad(x), Notation::Call("deg2rad")
}

impl Elementwise for Deg2rad {
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError> {
        elementwise::real_function("deg2rad", common)
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

const FACTOR: f64 = std::f64::consts::PI / 180.0;
