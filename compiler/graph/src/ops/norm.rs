//! `norm`: the Euclidean norm over axes; norms of other orders are written with other reductions.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Element, Predicate, Program, ScalarType, Unary, Value};

use crate::builder::{Reduce, Tensor};
use crate::graph::{Graph, NodeId};
use crate::infer::TypeError;
use crate::kernel::Reduction;
use crate::ops::reduction::{Primitive, Reducing, keep, reduction, to_inexact};
use crate::ops::{self, Notation, Vjp};

reduction! {
    /// The Euclidean norm: the square root of the sum of the magnitudes' squares, which are summed in `f64`
    /// and neither overflow nor vanish; of integers in `f64`.
    ///
    /// The gradient is x / norm, and 0 where the norm is 0. [`norm_ord`](crate::builder::Reduce::norm_ord)
    /// has other orders.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[3.0, -4.0], [0.0, 0.0]]);
    /// assert_eq!(x.norm().eval()?, Array::from(5.0));
    /// let y = m.constant([[0.0, -2.0], [0.0, 0.0]]);
    /// assert_eq!(grad(y.norm_over([1]).sum(), y).eval()?, Array::from([[0.0, -1.0], [0.0, 0.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    Primitive Norm, fn norm, fn norm_over, Notation::Call("norm")
}

impl<'m> Reduce<'m> {
    /// The norm of an order p, (Σ |x|^p)^(1/p): 1 is the sum of absolute values, 2 [`Tensor::norm`], an
    /// infinity the greatest absolute value, minus infinity the least, and 0 counts the elements
    /// that are not 0.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([3.0, -4.0, 0.0]);
    /// assert_eq!(x.reduce().norm_ord(1.0).eval()?, Array::from(7.0));
    /// assert_eq!(x.reduce().norm_ord(f64::INFINITY).eval()?, Array::from(4.0));
    /// assert_eq!(x.reduce().norm_ord(0.0).eval()?, Array::from(2.0));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn norm_ord(self, ord: f64) -> Tensor<'m> {
        if ord == 2.0 {
            return self.norm();
        }
        let x = self.elements();
        let dtype = x.ty().map_or(DType::F64, |ty| to_inexact(ty.dtype));
        let magnitudes = if dtype.is_complex() { x.abs() } else { x.cast(dtype).abs() };
        match ord {
            0.0 => self.of(magnitudes.neq(0.0).cast(dtype.to_real())).sum(),
            1.0 => self.of(magnitudes).sum(),
            f64::INFINITY => self.of(magnitudes).max(),
            f64::NEG_INFINITY => self.of(magnitudes).min(),
            ord => self.of(magnitudes.pow(ord)).sum().pow(1.0 / ord),
        }
    }
}

impl Reducing for Norm {
    fn dtype(operand: DType) -> Result<DType, TypeError> {
        Ok(to_inexact(operand).to_real())
    }
}

impl Primitive for Norm {
    /// The sum of squares, and in `f64` those of what is `SCALE` times greater and less too, of which one
    /// neither overflows nor vanishes: after J. L. Blue, "A portable Fortran program to find the Euclidean
    /// norm of a vector", ACM TOMS 4(1), 1978, with sums instead of branches.
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction {
        let scales: &[f64] = if is_wide(result) { &[1.0, 1.0 / SCALE, SCALE] } else { &[1.0] };
        let sums = vec![DType::F64; scales.len()];
        Reduction {
            axes: axes.to_vec(),
            init: vec![[0, 0]; scales.len()],
            indexed: false,
            prepare: scaled(operand, scales),
            step: add_squares(scales.len(), operand.parts()),
            merge: sums_of_pairs(&sums),
            finish: root_of_sums(scales.len(), result),
            accumulators: sums,
        }
    }

    /// g x / norm.
    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        let [norm, cotangent] = [vjp.result, vjp.cotangent].map(|value| keep(graph, axes, value));
        let zero = graph.splat(graph.ty(norm).dtype, graph.ty(norm).rank(), 0.0);
        let vanishes = graph.op_node(ops::Eq {}, &[norm, zero]);
        let direction = graph.over(vjp.operands[0], norm);
        let slope = graph.times(cotangent, direction);
        Some(graph.unless(vanishes, slope))
    }
}

/// 2^600: what is so much greater than the least number that its square vanishes is a number when multiplied
/// by it, and what is so great that its square overflows, when divided.
const SCALE: f64 = 4.149_515_568_880_993e180;

/// Where the sum of squares is 2^-900 or more, it has lost none that counts.
const LEAST: f64 = 1.183_052_186_166_774_7e-271;

/// Whether squares of elements can leave the range of what they are added in.
fn is_wide(result: DType) -> bool {
    result.scalar_type() == ScalarType::F64
}

/// (element) → its parts times each factor.
fn scaled(operand: DType, scales: &[f64]) -> Program {
    let mut b = Builder::new(&[operand]);
    let x = b.param(0);
    let x = b.cast(x, if operand.is_complex() { DType::C128 } else { DType::F64 });
    let times = |b: &mut Builder, part: Value, scale: f64| match scale {
        1.0 => part,
        scale => {
            let factor = b.float(ScalarType::F64, scale);
            b.binary(Binary::Mul, part, factor)
        }
    };
    let mut parts = vec![];
    for scale in scales {
        parts.extend(x.parts().iter().map(|part| Element::real(DType::F64, times(&mut b, *part, *scale))));
    }
    b.finish(parts)
}

/// (sums…, parts for each sum…) → the sums and the parts' squares, which are not rounded before they are
/// added.
fn add_squares(sums: usize, parts: usize) -> Program {
    let mut b = Builder::new(&vec![DType::F64; sums * (1 + parts)]);
    let results = (0..sums).map(|i| {
        let terms: Vec<Value> = (0..parts).map(|part| b.param(sums + i * parts + part).re()).collect();
        let sum = b.param(i).re();
        Element::real(DType::F64, terms.into_iter().fold(sum, |sum, part| b.fma(part, part, sum)))
    });
    let results = results.collect();
    b.finish(results)
}

/// (sums…, sums…) → their sums.
fn sums_of_pairs(sums: &[DType]) -> Program {
    let mut b = Builder::new(&[sums, sums].concat());
    let pairs = (0..sums.len()).map(|i| [b.param(i), b.param(sums.len() + i)]).collect::<Vec<_>>();
    let results = pairs.into_iter().map(|[x, y]| b.add(x, y)).collect();
    b.finish(results)
}

/// (sums…) → the root of the one that is right, without its factor.
fn root_of_sums(count: usize, result: DType) -> Program {
    let mut b = Builder::new(&vec![DType::F64; count]);
    let sums: Vec<Value> = (0..count).map(|i| b.param(i).re()).collect();
    let norm = match sums.as_slice() {
        [plain, less, greater] => {
            let float = |b: &mut Builder, value: f64| b.float(ScalarType::F64, value);
            let (infinity, least) = (float(&mut b, f64::INFINITY), float(&mut b, LEAST));
            let overflows = b.compare(Predicate::Eq, *plain, infinity);
            let vanishes = b.compare(Predicate::Lt, *plain, least);
            let (mut sum, mut factor) = (*plain, float(&mut b, 1.0));
            for (applies, other, scale) in [(overflows, *less, SCALE), (vanishes, *greater, 1.0 / SCALE)] {
                let scale = float(&mut b, scale);
                sum = b.select(applies, other, sum);
                factor = b.select(applies, scale, factor);
            }
            let root = b.unary(Unary::Sqrt, sum);
            b.binary(Binary::Mul, root, factor)
        }
        sums => b.unary(Unary::Sqrt, sums[0]),
    };
    let norm = b.cast(Element::real(DType::F64, norm), result);
    b.finish(vec![norm])
}
