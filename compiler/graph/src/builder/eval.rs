//! The value of an expression, computed at once by the reference evaluator.

use thiserror::Error;

use super::{BuildError, Tensor};
use crate::array::Array;
use crate::evaluate::{EvaluateError, Sizes, evaluate};
use crate::module::{Function, SharedVariable};

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvalError {
    /// It is not well-formed, or depends on an input that was not given.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A given value does not fit.
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
}

impl<'m> Tensor<'m> {
    /// The value of an expression that depends on no input; shared variables have their initial values.
    ///
    /// The reference evaluator computes it, which is plain and slow: for tests and to look at things.
    ///
    /// # Errors
    ///
    /// If the expression, or any other of the model, is ill-typed, or it depends on an input.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let x = m.constant([1.0, 2.0, 3.0]);
    /// assert_eq!((x * 2.0).sum().eval()?, Array::from(12.0));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn eval(self) -> Result<Array, EvalError> {
        self.eval_with([])
    }

    /// The value of an expression, given those of inputs.
    ///
    /// # Errors
    ///
    /// As [`Tensor::eval`], and if a value does not have its input's type.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let x = m.dvector("x");
    /// assert_eq!((x * 2.0).sum().eval_with([(x, [1.0, 2.0].into())])?, Array::from(6.0));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn eval_with(
        self,
        inputs: impl IntoIterator<Item = (Tensor<'m>, Array)>,
    ) -> Result<Array, EvalError> {
        let (inputs, values): (Vec<_>, Vec<_>) = inputs.into_iter().unzip();
        let (function, shared) = self.function_of(&inputs, &[])?;
        let mut outcome = evaluate(&function, &shared, &values, &Sizes::new())?;
        Ok(outcome.outputs.remove(0))
    }

    /// A function of these inputs that gives this value and others, and the shared variables that it reads.
    #[track_caller]
    pub(crate) fn function_of(
        self,
        inputs: &[Tensor<'m>],
        others: &[Tensor<'m>],
    ) -> Result<(Function, Vec<SharedVariable>), EvalError> {
        let mut builder = self.model.function("eval").inputs(inputs.iter().copied()).allow_unused();
        for (i, value) in std::iter::once(self).chain(others.iter().copied()).enumerate() {
            builder = builder.output(&format!("value{i}"), value);
        }
        let arena = &mut *self.model.arena_mut();
        Ok((builder.build(arena)?, arena.shared.clone()))
    }
}
