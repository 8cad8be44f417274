//! Products of linear algebra, by the rules of NumPy and Theano.

use super::contract::{Label, Labelled, contract};
use super::{Tensor, apply, count_axes, dot};
use crate::infer::{Reason, TypeError};
use crate::ops::{Dot, Mul};

/// What [`tensordot`] sums over: the last axes of the left operand with the first of the right, by their
/// number, or pairs of axes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contracted {
    /// So many axes.
    Count(i64),
    /// These axes of the left operand with those of the right; negative ones count from the last.
    Axes(Vec<i64>, Vec<i64>),
}

impl From<i64> for Contracted {
    fn from(count: i64) -> Contracted {
        Contracted::Count(count)
    }
}

impl<const N: usize> From<([i64; N], [i64; N])> for Contracted {
    fn from((left, right): ([i64; N], [i64; N])) -> Contracted {
        Contracted::Axes(left.to_vec(), right.to_vec())
    }
}

impl From<(Vec<i64>, Vec<i64>)> for Contracted {
    fn from((left, right): (Vec<i64>, Vec<i64>)) -> Contracted {
        Contracted::Axes(left, right)
    }
}

impl<'m> Tensor<'m> {
    /// [`dot`](super::dot) with this tensor on the left.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(x.dot(m.constant([1.0, 10.0])).eval()?, Array::from([21.0, 43.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn dot(self, other: Tensor<'m>) -> Tensor<'m> {
        dot(self, other)
    }

    /// The sum of the diagonal of the first two axes; integers of fewer bits are summed in 64.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1, 2], [3, 4]]).trace().eval()?, Array::from(5i64));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn trace(self) -> Tensor<'m> {
        self.diagonal(0).sum_over([-1])
    }
}

/// The products of all pairs of elements of two vectors, as a matrix. Tensors of other ranks are flattened.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let y = outer(m.constant([1.0, 2.0]), m.constant([1.0, 10.0]));
/// assert_eq!(y.eval()?, Array::from([[1.0, 10.0], [2.0, 20.0]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn outer<'m>(a: Tensor<'m>, b: Tensor<'m>) -> Tensor<'m> {
    let (rows, columns) =
        (as_vector(a).dimshuffle([Some(0), None]), as_vector(b).dimshuffle([None, Some(0)]));
    apply(Mul {}, &[rows, columns])
}

/// All elements along one axis.
#[track_caller]
fn as_vector(x: Tensor<'_>) -> Tensor<'_> {
    if x.rank() == 1 { x } else { x.flatten(1) }
}

/// Sums of products over pairs of axes, all others kept: those of `a`, then those of `b`.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (x, y) = (m.constant([[1, 2], [3, 4]]), m.constant([[1, 10], [100, 1000]]));
/// assert_eq!(tensordot(x, y, 2).eval()?, Array::from(4321));
/// assert_eq!(tensordot(x, y, ([0], [1])).eval()?, Array::from([[31, 3100], [42, 4200]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn tensordot<'m>(a: Tensor<'m>, b: Tensor<'m>, axes: impl Into<Contracted>) -> Tensor<'m> {
    let (left_rank, right_rank) = (a.rank(), b.rank());
    let (left, right) = match axes.into() {
        Contracted::Axes(left, right) => (left, right),
        Contracted::Count(count) if (0..=left_rank.min(right_rank) as i64).contains(&count) => {
            ((left_rank as i64 - count..left_rank as i64).collect(), (0..count).collect())
        }
        Contracted::Count(count) => {
            return a.ill_typed(TypeError::new(
                Reason::Argument { value: count.to_string() },
                format!("tensordot over {count} axes of {{0}} and of a tensor with {right_rank}"),
                "sum over at most as many axes as both have",
            ));
        }
    };
    if left.len() != right.len() {
        return a.ill_typed(TypeError::new(
            Reason::Length { takes: left.len(), has: right.len() },
            format!("tensordot pairs {} axes of {{0}} with {}", left.len(), right.len()),
            "name as many axes of both",
        ));
    }
    let (left, right) = match (count_axes(&left, left_rank), count_axes(&right, right_rank)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(error), _) => return a.ill_typed(error),
        (_, Err(error)) => return b.ill_typed(error),
    };
    if left.is_empty() {
        let (first, second) = (labels(0, left_rank), labels(left_rank, right_rank));
        let result = [first.as_slice(), &second].concat();
        let operands = vec![Labelled { tensor: a, labels: first }, Labelled { tensor: b, labels: second }];
        return contract(operands, &result);
    }
    apply(Dot { batch: 0, left, right }, &[a, b])
}

fn labels(first: usize, count: usize) -> Vec<Label> {
    (first as Label..).take(count).collect()
}

/// [`dot`](super::dot) of each pair of elements along the first axes, which have one size.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (x, y) = (m.constant([[1, 2], [3, 4]]), m.constant([[1, 10], [100, 1000]]));
/// assert_eq!(batched_dot(x, y).eval()?, Array::from([21, 4300]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn batched_dot<'m>(a: Tensor<'m>, b: Tensor<'m>) -> Tensor<'m> {
    match (a.rank(), b.rank()) {
        (0, _) => a.ill_typed(TypeError::new(
            Reason::Rank { operand: 0, rank: 0 },
            "batched_dot of {0}, which has no axes",
            "give it a first axis",
        )),
        (_, 0) => b.ill_typed(TypeError::new(
            Reason::Rank { operand: 0, rank: 0 },
            "batched_dot of {0}, which has no axes",
            "give it a first axis",
        )),
        (1, rank) => apply(Mul {}, &[trailing(a, rank), b]),
        (rank, 1) => apply(Mul {}, &[a, trailing(b, rank)]),
        (left, right) => {
            let dot = Dot { batch: 1, left: vec![left - 1], right: vec![(right - 2).max(1)] };
            apply(dot, &[a, b])
        }
    }
}

/// A vector with axes of size 1 behind, up to a rank.
#[track_caller]
fn trailing(x: Tensor<'_>, rank: usize) -> Tensor<'_> {
    x.dimshuffle((0..rank).map(|axis| (axis == 0).then_some(0)).collect::<Vec<_>>())
}

/// The product of matrices, by NumPy's rules: the last two axes are the matrices and those before broadcast.
/// A vector is a row on the left and a column on the right, and the result lacks that axis.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let x = m.constant(Array::from_slice([2, 1, 2], &[1, 2, 3, 4]));
/// let y = m.constant([[1, 10], [100, 1000]]);
/// assert_eq!(matmul(x, y).eval()?, Array::from_slice([2, 1, 2], &[201, 2010, 403, 4030]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn matmul<'m>(a: Tensor<'m>, b: Tensor<'m>) -> Tensor<'m> {
    const ROW: Label = 0;
    const SUMMED: Label = 1;
    const COLUMN: Label = 2;
    /// The last of the axes before the matrix; those before it have the next labels.
    const BATCH: Label = 3;
    if let Some(scalar) = [a, b].into_iter().find(|x| x.ty().is_some_and(|ty| ty.rank() == 0)) {
        return scalar.ill_typed(TypeError::new(
            Reason::Rank { operand: 0, rank: 0 },
            "matmul of {0}, which has no axes",
            "multiply with `*`",
        ));
    }
    let batch = |rank: usize| (0..rank.saturating_sub(2) as Label).rev().map(|from_last| BATCH + from_last);
    let operand = |tensor: Tensor<'m>, [matrix, vector]: [&[Label]; 2]| {
        let own = if tensor.rank() == 1 { vector } else { matrix };
        Labelled { tensor, labels: batch(tensor.rank()).chain(own.iter().copied()).collect() }
    };
    let left = operand(a, [&[ROW, SUMMED], &[SUMMED]]);
    let right = operand(b, [&[SUMMED, COLUMN], &[SUMMED]]);
    let outer = [ROW, COLUMN].into_iter().filter(|l| left.labels.contains(l) || right.labels.contains(l));
    let result: Vec<Label> = batch(a.rank().max(b.rank())).chain(outer).collect();
    contract(vec![left, right], &result)
}
