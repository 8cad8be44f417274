//! What `max`, `min`, `argmax` and `argmin` share: which of two elements is the more extreme.
//!
//! NaN is more extreme than any number, of two zeros `+0` is the greater. The reductions here give the same
//! bits in whatever order elements are combined, NaN being NaN.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, ScalarKind, Unary, Value};

use crate::graph::{Graph, NodeId};
use crate::kernel::Reduction;
use crate::ops::maximum::greater;
use crate::ops::minimum::lesser;
use crate::ops::reduction::{combine, keep};
use crate::ops::{self, Vjp};

/// An end of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extremum {
    /// The greatest element.
    Max,
    /// The least element.
    Min,
}

impl Extremum {
    /// The predicate that holds between a more extreme number and a less extreme one.
    fn beyond(self) -> Predicate {
        match self {
            Extremum::Max => Predicate::Gt,
            Extremum::Min => Predicate::Lt,
        }
    }

    /// The bits of the element that no other is less extreme than.
    fn bound(self, dtype: DType) -> u64 {
        let (scalar, least) = (dtype.scalar_type(), self == Extremum::Max);
        let ones = u64::MAX >> (64 - scalar.bits());
        let sign = 1 << (scalar.bits() - 1);
        match (scalar.kind(), scalar.is_signed()) {
            (ScalarKind::Bool, _) => u64::from(!least),
            (ScalarKind::Integer, true) if least => sign,
            (ScalarKind::Integer, true) => ones ^ sign,
            (ScalarKind::Integer, false) if least => 0,
            (ScalarKind::Integer, false) => ones,
            (ScalarKind::F16 | ScalarKind::BF16 | ScalarKind::F32 | ScalarKind::F64, _) => {
                let mut b = Builder::new(&[]);
                let infinity = b.float(scalar, if least { f64::NEG_INFINITY } else { f64::INFINITY });
                b.as_const(infinity).expect("invariant: constants fold")
            }
        }
    }

    /// The more extreme of two values of a scalar other than a 16-bit float.
    fn choose(self, b: &mut Builder, x: Value, y: Value) -> Value {
        match self {
            Extremum::Max => greater(b, x, y),
            Extremum::Min => lesser(b, x, y),
        }
    }

    /// The most extreme element.
    pub fn reduction(self, axes: &[usize], operand: DType, result: DType) -> Reduction {
        let kept = operand.to_computed();
        combine(axes, [operand, kept, result], [self.bound(kept), 0], &|b, x, y| {
            Element::real(kept, self.choose(b, x.re(), y.re()))
        })
    }

    /// The position of the most extreme element, the first of several.
    ///
    /// The accumulators are the element and its position; before any element the position is beyond all
    /// others, so that elements that equal the bound win.
    pub fn position(self, axes: &[usize], operand: DType) -> Reduction {
        let kept = operand.to_computed();
        let accumulators = vec![kept, DType::I64];
        let mut b = Builder::new(&[operand, DType::I64]);
        let (element, position) = (b.param(0), b.param(1));
        let element = b.cast(element, kept);
        let prepare = b.finish(vec![element, position]);

        let mut b = Builder::new(&[kept, DType::I64, kept, DType::I64]);
        let [x, at, y, other] = [0, 1, 2, 3].map(|i| b.param(i).re());
        let replaced = self.replaced(&mut b, (x, at), (y, other));
        let element = b.select(replaced, y, x);
        let position = b.select(replaced, other, at);
        let results = vec![Element::real(kept, element), Element::real(DType::I64, position)];
        let step = b.finish(results);

        let mut b = Builder::new(&accumulators);
        let position = b.param(1);
        let finish = b.finish(vec![position]);
        let init = vec![[self.bound(kept), 0], [i64::MAX as u64, 0]];
        Reduction {
            axes: axes.to_vec(),
            accumulators,
            init,
            indexed: true,
            prepare,
            merge: step.clone(),
            step,
            finish,
        }
    }

    /// Whether the second element is more extreme than the first, or equal and before it.
    fn replaced(self, b: &mut Builder, (x, at): (Value, Value), (y, other): (Value, Value)) -> Value {
        let mut beyond = b.compare(self.beyond(), y, x);
        let mut equal = b.compare(Predicate::Eq, y, x);
        if b.scalar_type(x).is_float() {
            let [x_nan, y_nan] = [x, y].map(|v| b.compare(Predicate::Ne, v, v));
            let x_number = b.unary(Unary::Not, x_nan);
            let first_nan = b.binary(Binary::And, y_nan, x_number);
            let both_nan = b.binary(Binary::And, y_nan, x_nan);
            beyond = b.binary(Binary::Or, beyond, first_nan);
            equal = b.binary(Binary::Or, equal, both_nan);
        }
        let earlier = b.compare(Predicate::Lt, other, at);
        let tie = b.binary(Binary::And, equal, earlier);
        b.binary(Binary::Or, beyond, tie)
    }
}

/// The gradient of the most extreme element: the cotangent, shared evenly by the elements that equal it.
pub fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> NodeId {
    let (operand, dtype) = (vjp.operands[0], graph.ty(vjp.result).dtype);
    let extreme = keep(graph, axes, vjp.result);
    let equal = graph.op_node(ops::Eq {}, &[operand, extreme]);
    if axes.iter().all(|axis| graph.ty(operand).shape[*axis].is_one()) {
        let cotangent = keep(graph, axes, vjp.cotangent);
        return graph.only_where(equal, cotangent);
    }
    // More than 16-bit floats can count may tie.
    let wide = dtype.to_computed();
    let ones = graph.cast(equal, wide);
    let ties = graph.op_node(ops::Sum { axes: axes.to_vec() }, &[ones]);
    let cotangent = graph.cast(vjp.cotangent, wide);
    let share = graph.over(cotangent, ties);
    let share = graph.cast(share, dtype);
    let share = keep(graph, axes, share);
    graph.only_where(equal, share)
}
