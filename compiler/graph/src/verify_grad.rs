//! A numeric check of gradients: central differences in double-double arithmetic.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Dd, Wide};
use thiserror::Error;

use crate::array::Array;
use crate::builder::{EvalError, Gradient, Tensor};
use crate::evaluate::{EvaluateError, Sizes, Value, evaluate_wide};
use crate::module::{Function, SharedVariable};

/// Why a gradient was not confirmed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum VerifyGradError {
    /// The expression has no value at the point.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// The gradient differs from the differences.
    #[error(
        "the gradient by element {element} of input {input} is {gradient:e}, and differences give {difference:e}"
    )]
    Differs {
        /// Which of the given inputs.
        input: usize,
        /// Which of its elements, row-major.
        element: usize,
        /// What differentiation gives.
        gradient: f64,
        /// What differences give.
        difference: f64,
    },
}

/// The step relative to the larger of the argument and 1: differences of double-doubles lose little, and what
/// a central difference leaves out is of the order of its square.
const STEP: f64 = 1.0 / (1u64 << 26) as f64;

/// How much of the larger of the gradient's elements a difference may be off.
const TOLERANCE: f64 = 1e-9;

/// Compares the gradient of a value by its `f64` inputs, at a point, with central differences.
///
/// The value's elements are summed with fixed weights first, so one gradient stands for all. Choose points
/// away from kinks and jumps: at those a gradient is a convention that no difference knows.
///
/// # Errors
///
/// If the gradient is wrong, or the expression cannot be evaluated.
///
/// ```
/// use tgc_graph::prelude::*;
/// use tgc_graph::verify_grad::verify_grad;
///
/// let m = Model::new("example");
/// let x = m.dvector("x");
/// verify_grad(exp(x) * x, [(x, [0.5, -1.0].into())])?;
/// # Ok::<(), tgc_graph::verify_grad::VerifyGradError>(())
/// ```
pub fn verify_grad<'m>(
    value: Tensor<'m>,
    inputs: impl IntoIterator<Item = (Tensor<'m>, Array)>,
) -> Result<(), VerifyGradError> {
    let (inputs, point): (Vec<Tensor<'m>>, Vec<Array>) = inputs.into_iter().unzip();
    let model = value.model();
    let at_point = value.eval_with(inputs.iter().copied().zip(point.iter().cloned()))?;
    let weights: Vec<f64> = (0..at_point.len()).map(|i| (1.0 + i as f64).sin()).collect();
    let weights_array = Array::from_slice(at_point.shape(), &weights);
    let weights_tensor = model.constant(weights_array).cast(at_point.dtype());
    let is_checked = |i: &usize| point[*i].dtype() == DType::F64;
    let checked: Vec<usize> = (0..inputs.len()).filter(is_checked).collect();
    let wrt: Vec<Tensor<'m>> = checked.iter().map(|i| inputs[*i]).collect();
    let gradients = Gradient::known([(value, weights_tensor)]).allow_disconnected().by(wrt);
    let (function, shared) = value.function_of(&inputs, &gradients)?;
    let gradients = wide(&function, &shared, &point)?.split_off(1);
    for (input, gradient) in checked.into_iter().zip(&gradients) {
        let gradient: Vec<f64> = gradient.elements.iter().map(|parts| real(parts[0]).hi).collect();
        let largest = gradient.iter().fold(0f64, |most, g| most.max(g.abs()));
        for (element, gradient) in gradient.into_iter().enumerate() {
            let difference = difference(&function, &shared, &point, (input, element), &weights)?;
            let off = (gradient - difference).abs();
            // Written so that NaN fails.
            let agrees = off <= TOLERANCE * largest.max(difference.abs());
            if !agrees {
                return Err(VerifyGradError::Differs { input, element, gradient, difference });
            }
        }
    }
    Ok(())
}

fn wide(
    function: &Function,
    shared: &[SharedVariable],
    point: &[Array],
) -> Result<Vec<Value<Wide>>, EvalError> {
    let outcome: Result<_, EvaluateError> = evaluate_wide(function, shared, point, &Sizes::new());
    Ok(outcome?.outputs)
}

fn real(part: Wide) -> Dd {
    match part {
        Wide::Real(value) => value,
        Wide::Bits(bits) => Dd::from(f64::from_bits(bits)),
    }
}

/// The derivative of the weighted sum of the value by one element of one input.
fn difference(
    function: &Function,
    shared: &[SharedVariable],
    point: &[Array],
    (input, element): (usize, usize),
    weights: &[f64],
) -> Result<f64, EvalError> {
    let x = f64::from_bits(point[input].get(element)[0]);
    let step = STEP * x.abs().max(1.0);
    let ends = [x - step, x + step];
    let mut sums = [Dd::default(); 2];
    for (end, sum) in ends.into_iter().zip(&mut sums) {
        let mut moved = point.to_vec();
        moved[input].set(element, [end.to_bits(), 0]);
        let value = wide(function, shared, &moved)?.remove(0);
        for (parts, weight) in value.elements.iter().zip(weights) {
            *sum = *sum + real(parts[0]) * Dd::from(*weight);
        }
    }
    Ok(((sums[1] - sums[0]) / (Dd::from(ends[1]) - Dd::from(ends[0]))).hi)
}
