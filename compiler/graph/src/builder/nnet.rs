//! Costs and normalizations of neural networks, composed of operations.

use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::{Axes, Tensor};
use crate::infer::{Reason, TypeError};
use crate::ops::reduction::{kept_order, to_inexact};
use crate::ops::{LogSoftmax, Op};
use crate::origin::Origin;

/// The cross-entropy of probabilities, which lie along the last axis, with targets: -Σ t log p.
///
/// Targets are either weights of the shape of `p`, or integers of its shape without the last axis, each of
/// which names the one class whose weight is 1; negative ones count from the last, and one that names none is
/// an error of the call. A class of probability 0 and weight 0 contributes 0. Weights that are integers or
/// `bool` are taken as floats of `p`'s type. Where `p` is a [`softmax`](Tensor::softmax) along the last axis,
/// its logarithm is taken as [`log_softmax`](Tensor::log_softmax), so that no small probability is lost.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let p = m.constant([[0.25, 0.75], [0.0, 0.5]]);
/// let dense = categorical_crossentropy(p, m.constant([[0.0, 1.0], [0.0, 1.0]]));
/// assert_eq!(dense.eval()?, Array::from([-(0.75f64.ln()), 2f64.ln()]));
/// let classes = categorical_crossentropy(p, m.constant([1, 1]));
/// assert_eq!(classes.eval()?, dense.eval()?);
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn categorical_crossentropy<'m>(p: Tensor<'m>, targets: Tensor<'m>) -> Tensor<'m> {
    let (Some(ty), Some(target_ty)) = (p.ty(), targets.ty()) else { return p.invalid() };
    let along_last = |op: &Op| matches!(op, Op::Softmax(softmax) if softmax.axis + 1 == ty.rank());
    let (mut logarithm, logits) = (None, p.operand_of(along_last));
    if let Some(logits) = logits {
        logarithm = Some(logits.unary(LogSoftmax { axis: ty.rank() - 1 }));
    }
    if target_ty.rank() == ty.rank() && ty.rank() > 0 {
        let logarithm = match logarithm {
            Some(logarithm) => logarithm,
            None => p.log(),
        };
        return weighted(as_weights(targets, p), -logarithm).sum_over(-1);
    }
    if target_ty.rank() + 1 != ty.rank() || !target_ty.dtype.scalar_type().is_integer() {
        let what = targets.describe();
        let reason = match target_ty.rank() + 1 == ty.rank() {
            true => Reason::ElementType { dtype: target_ty.dtype },
            false => Reason::Ranks { operands: [0, 1], ranks: [ty.rank(), target_ty.rank()] },
        };
        return p.ill_typed(TypeError::new(
            reason,
            format!("the cross-entropy of {{0}} with the targets {what}"),
            "give probabilities with an axis of classes, and weights of their shape or integers without that axis",
        ));
    }
    let picked = logarithm.unwrap_or(p).take_along_axis(targets.expand_dims(-1), -1).squeeze_axes(-1);
    match logarithm {
        Some(_) => -picked,
        // The logarithm of the others may be infinite, and would have an infinite derivative.
        None => -picked.log(),
    }
}

/// The cross-entropy of the probability of an event with a target between 0 and 1, element by element:
/// -(t log p + (1 - t) log(1 - p)).
///
/// Certainty that is right costs 0. Targets that are integers or `bool` are taken as floats of `p`'s type.
/// Where `p` is a [`sigmoid`](Tensor::sigmoid), the logarithms are taken as [`softplus`](Tensor::softplus),
/// so that no small probability is lost.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let p = m.constant([0.0, 0.5, 1.0]);
/// let cost = binary_crossentropy(p, m.constant([0.0, 1.0, 0.0]));
/// assert_eq!(cost.eval()?, Array::from([0.0, 2f64.ln(), f64::INFINITY]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn binary_crossentropy<'m>(p: Tensor<'m>, targets: Tensor<'m>) -> Tensor<'m> {
    let targets = as_weights(targets, p);
    let [event, complement] = match p.operand_of(|op| matches!(op, Op::Sigmoid(_))) {
        Some(z) => [(-z).softplus(), z.softplus()],
        None => [-p.log(), -(-p).log1p()],
    };
    weighted(targets, event) + weighted(1.0 - targets, complement)
}

/// Weights that can be subtracted from 1: those of no fractions in the type of `p`.
#[track_caller]
fn as_weights<'m>(weights: Tensor<'m>, p: Tensor<'m>) -> Tensor<'m> {
    match (weights.ty(), p.ty()) {
        (Some(ty), Some(p)) if !ty.dtype.is_differentiable() => weights.cast(to_inexact(p.dtype)),
        _ => weights,
    }
}

/// weight * surprise; 0 where the weight is 0 and the surprise, minus the logarithm of a
/// probability, that of 0.
#[track_caller]
fn weighted<'m>(weight: Tensor<'m>, surprise: Tensor<'m>) -> Tensor<'m> {
    let nothing = weight.eq(0) & surprise.eq(f64::INFINITY);
    nothing.switch(0, weight * surprise)
}

/// Layer normalization: (x - mean) / √(variance + eps) * scale + shift, with mean and variance over the last
/// axes: as many as `scale` has, which along with `shift` has their sizes. 16-bit floats are normalized in
/// `f32`.
///
/// J. L. Ba, J. R. Kiros and G. E. Hinton, "Layer normalization", arXiv:1607.06450, equation 4.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let x = m.constant([[1.0, 3.0], [-5.0, 5.0]]);
/// let y = layer_norm(x, m.constant([1.0, 10.0]), m.constant([0.0, 0.5]), 0.0);
/// assert_eq!(y.eval()?, Array::from([[-1.0, 10.5], [-1.0, 10.5]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn layer_norm<'m>(x: Tensor<'m>, scale: Tensor<'m>, shift: Tensor<'m>, eps: f64) -> Tensor<'m> {
    let (Some(ty), Some(scale_ty), Some(shift_ty)) = (x.ty(), scale.ty(), shift.ty()) else {
        return x.invalid();
    };
    let (rank, normalized) = (ty.rank(), scale_ty.rank());
    if normalized == 0 || normalized > rank || shift_ty.rank() != normalized {
        let reason = match (1..=rank).contains(&normalized) {
            true => Reason::Ranks { operands: [1, 2], ranks: [normalized, shift_ty.rank()] },
            false => Reason::Ranks { operands: [0, 1], ranks: [rank, normalized] },
        };
        return x.ill_typed(TypeError::new(
            reason,
            format!("layer normalization of {{0}} by {} and {}", scale.describe(), shift.describe()),
            "give a scale and a shift with the last axes of the input, at least one",
        ));
    }
    let axes: Vec<usize> = (rank - normalized..rank).collect();
    normalize(x, &axes, None, eps).output * scale + shift
}

/// What [`batch_norm`] gives.
#[derive(Clone, Copy, Debug)]
pub struct BatchNorm<'m> {
    /// The normalized input.
    pub output: Tensor<'m>,
    /// The mean over the batch.
    pub mean: Tensor<'m>,
    /// The variance over the batch: the mean square of deviations.
    pub variance: Tensor<'m>,
}

/// Batch normalization: (x - mean) / √(variance + eps) * scale + shift, with mean and variance over some
/// axes: those of the batch, and of places if they share their statistics. `scale` and `shift` have the other
/// axes. 16-bit floats are normalized in `f32`.
///
/// S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network training by reducing internal
/// covariate shift", ICML 2015, algorithm 1.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let x = m.constant([[1.0, -5.0], [3.0, 5.0]]);
/// let norm = batch_norm(x, m.constant([1.0, 10.0]), m.constant([0.0, 0.5]), 0, 0.0);
/// assert_eq!(norm.output.eval()?, Array::from([[-1.0, -9.5], [1.0, 10.5]]));
/// assert_eq!(norm.variance.eval()?, Array::from([1.0, 25.0]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn batch_norm<'m>(
    x: Tensor<'m>,
    scale: Tensor<'m>,
    shift: Tensor<'m>,
    axes: impl Axes,
    eps: f64,
) -> BatchNorm<'m> {
    let Some(axes) = statistics_axes(x, &[scale, shift], axes) else {
        return BatchNorm { output: x.invalid(), mean: x.invalid(), variance: x.invalid() };
    };
    let norm = normalize(x, &axes, None, eps);
    BatchNorm { output: norm.output * spread(scale, &axes, x) + spread(shift, &axes, x), ..norm }
}

/// Batch normalization by a mean and a variance that are given, as after training.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let [x, mean, variance] = [[2.0, 3.0], [1.0, 3.0], [4.0, 1.0]].map(|v| m.constant(v));
/// let [scale, shift] = [[1.0, 1.0], [0.0, 7.0]].map(|v| m.constant(v));
/// let y = batch_norm_with(x.expand_dims(0), scale, shift, mean, variance, 0, 0.0);
/// assert_eq!(y.eval()?, Array::from([[0.5, 7.0]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn batch_norm_with<'m>(
    x: Tensor<'m>,
    scale: Tensor<'m>,
    shift: Tensor<'m>,
    mean: Tensor<'m>,
    variance: Tensor<'m>,
    axes: impl Axes,
    eps: f64,
) -> Tensor<'m> {
    let Some(axes) = statistics_axes(x, &[scale, shift, mean, variance], axes) else { return x.invalid() };
    let norm = normalize(x, &axes, Some((mean, variance)), eps);
    norm.output * spread(scale, &axes, x) + spread(shift, &axes, x)
}

/// (x - mean) / √(variance + eps), with the statistics given or those of x over the axes.
#[track_caller]
fn normalize<'m>(
    x: Tensor<'m>,
    axes: &[usize],
    statistics: Option<(Tensor<'m>, Tensor<'m>)>,
    eps: f64,
) -> BatchNorm<'m> {
    let Some(ty) = x.ty() else { return BatchNorm { output: x, mean: x, variance: x } };
    let numbers: Vec<i64> = axes.iter().map(|axis| *axis as i64).collect();
    let is_narrow = ty.dtype.to_computed() != ty.dtype;
    let wide = if is_narrow { x.cast(DType::F32) } else { x };
    // Not by closures, in which operations would take this file for their author's.
    let mean = match statistics {
        Some((mean, _)) => mean,
        None => wide.mean_over(&numbers),
    };
    let centred = wide - spread(mean, axes, x);
    let variance = match statistics {
        Some((_, variance)) => variance,
        None => centred.sqr().mean_over(&numbers),
    };
    let output = centred * spread((variance + eps).rsqrt(), axes, x);
    BatchNorm { output: if is_narrow { output.cast(ty.dtype) } else { output }, mean, variance }
}

/// A tensor without some axes of another, with axes of size 1 in their places.
#[track_caller]
fn spread<'m>(tensor: Tensor<'m>, axes: &[usize], beside: Tensor<'m>) -> Tensor<'m> {
    tensor.dimshuffle(kept_order(axes, beside.rank()))
}

/// The axes that statistics are taken over, if all of these tensors have the others.
#[track_caller]
fn statistics_axes<'m>(x: Tensor<'m>, others: &[Tensor<'m>], axes: impl Axes) -> Option<Vec<usize>> {
    let axes = x.axes(&axes.numbers(), Origin::here(Location::caller()))?;
    for other in others {
        let rank = other.ty()?.rank();
        if rank + axes.len() != x.rank() {
            other.ill_typed(TypeError::new(
                Reason::Rank { operand: 0, rank },
                format!("batch normalization of {} over {} axes by {{0}}", x.describe(), axes.len()),
                format!("give a tensor with the other {} axes", x.rank() - axes.len()),
            ));
            return None;
        }
    }
    Some(axes)
}

impl<'m> Tensor<'m> {
    /// What the operation that made this tensor was applied to, if it is of a kind.
    fn operand_of(self, kind: impl Fn(&Op) -> bool) -> Option<Tensor<'m>> {
        let id = self.id()?;
        let arena = self.model().arena();
        let operand = *arena.graph.operands(id).first().filter(|_| kind(arena.graph.op(id)))?;
        Some(Tensor { handle: super::tensor::Handle::Node(operand), ..self })
    }

    /// As messages name it.
    fn describe(self) -> String {
        self.id().map_or(String::new(), |id| self.model().arena().describe(id))
    }
}
