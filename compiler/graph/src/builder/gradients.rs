//! Derivatives: gradients, Jacobians, Hessians, and products with them from the left and the right.
//!
//! All are expressions like any other, and can be differentiated again. The optimizer stabilizes a cost
//! before it differentiates it.

use std::collections::BTreeMap;
use std::panic::Location;

use super::tensor::Handle;
use super::{Tensor, finish, pp};
use crate::graph::NodeId;
use crate::infer::Reason;
use crate::ops::{ConsiderConstant, Grad, Jacobian};
use crate::origin::Origin;

/// What a derivative is taken by: a tensor, or an array or vector of them.
pub trait Wrt<'m> {
    /// A derivative for each.
    type Gradients;
    /// Applies `by` to each.
    fn gradients(self, by: &mut dyn FnMut(Tensor<'m>) -> Tensor<'m>) -> Self::Gradients;
}

impl<'m> Wrt<'m> for Tensor<'m> {
    type Gradients = Tensor<'m>;
    fn gradients(self, by: &mut dyn FnMut(Tensor<'m>) -> Tensor<'m>) -> Tensor<'m> {
        by(self)
    }
}

impl<'m, const N: usize> Wrt<'m> for [Tensor<'m>; N] {
    type Gradients = [Tensor<'m>; N];
    fn gradients(self, by: &mut dyn FnMut(Tensor<'m>) -> Tensor<'m>) -> [Tensor<'m>; N] {
        self.map(by)
    }
}

impl<'m> Wrt<'m> for Vec<Tensor<'m>> {
    type Gradients = Vec<Tensor<'m>>;
    fn gradients(self, by: &mut dyn FnMut(Tensor<'m>) -> Tensor<'m>) -> Vec<Tensor<'m>> {
        self.into_iter().map(by).collect()
    }
}

/// The gradient of `cost`, a real 0-d tensor, by one tensor or several.
///
/// A tensor that the cost does not depend on is an error; [`Gradient`] has more to choose.
///
/// The gradient by a complex tensor x + iy is the gradient by x plus i times that by y, as in Theano: the
/// direction in which the cost grows fastest. Through a function with a complex derivative it passes times
/// the conjugate of that.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let [x, y] = [m.constant(3.0), m.constant(2.0)];
/// let [by_x, by_y] = grad(x * x * y, [x, y]);
/// assert_eq!((by_x.eval()?, by_y.eval()?), (Array::from(12.0), Array::from(9.0)));
///
/// let z = m.constant(num_complex::Complex::new(3.0, 4.0));
/// assert_eq!(grad(sqr(abs(z)), z).eval()?, Array::from(num_complex::Complex::new(6.0, 8.0)));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn grad<'m, W: Wrt<'m>>(cost: Tensor<'m>, wrt: W) -> W::Gradients {
    Gradient::of(cost).by(wrt)
}

/// A gradient with choices.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let [x, y] = [m.constant(3.0), m.constant(2.0)];
/// // x * x is taken as a constant factor, and z is not used: its gradient is zero.
/// let z = m.constant([1.0, 1.0]);
/// let [by_x, by_z] = Gradient::of(x * x * x * y).constants([x * x]).allow_disconnected().by([x, z]);
/// assert_eq!(by_x.eval()?, Array::from(18.0));
/// assert_eq!(by_z.eval()?, Array::from([0.0, 0.0]));
/// # Ok::<(), EvalError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a gradient is made by `by`"]
pub struct Gradient<'m> {
    /// The cost, or values with the gradient by each.
    cost: Option<Tensor<'m>>,
    known: Vec<(Tensor<'m>, Tensor<'m>)>,
    constants: Vec<Tensor<'m>>,
    allow_disconnected: bool,
}

impl<'m> Gradient<'m> {
    /// The gradient of a real 0-d tensor.
    pub fn of(cost: Tensor<'m>) -> Gradient<'m> {
        Gradient { cost: Some(cost), known: vec![], constants: vec![], allow_disconnected: false }
    }

    /// The gradient of a cost that is not at hand, but of which the gradients by some values are known: pairs
    /// of a value and the cost's gradient by it, of one shape.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let x = m.constant([1.0, 2.0]);
    /// let y = x * x;
    /// let by_x = Gradient::known([(y, m.constant([10.0, 1.0]))]).by(x);
    /// assert_eq!(by_x.eval()?, Array::from([20.0, 4.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    pub fn known(gradients: impl IntoIterator<Item = (Tensor<'m>, Tensor<'m>)>) -> Gradient<'m> {
        let known = gradients.into_iter().collect();
        Gradient { cost: None, known, constants: vec![], allow_disconnected: false }
    }

    /// Adds values that the cost also depends on, with the gradients by them that come from elsewhere.
    pub fn and_known(
        mut self,
        gradients: impl IntoIterator<Item = (Tensor<'m>, Tensor<'m>)>,
    ) -> Gradient<'m> {
        self.known.extend(gradients);
        self
    }

    /// Takes these expressions as constant.
    pub fn constants(mut self, constants: impl IntoIterator<Item = Tensor<'m>>) -> Gradient<'m> {
        self.constants.extend(constants);
        self
    }

    /// Gives zeros for tensors that the cost does not depend on, instead of an error.
    pub fn allow_disconnected(mut self) -> Gradient<'m> {
        self.allow_disconnected = true;
        self
    }

    /// The gradient by one tensor or several.
    #[track_caller]
    pub fn by<W: Wrt<'m>>(self, wrt: W) -> W::Gradients {
        let origin = Origin::here(Location::caller());
        let cost = self.total().map(|cost| self.with_constants(cost, &origin));
        wrt.gradients(&mut |wrt| match cost {
            Some(cost) => derivative(cost, wrt, !self.allow_disconnected, &origin, Kind::Gradient),
            None => wrt.model().invalid(
                "a gradient of nothing; give a cost or known gradients".to_owned(),
                origin.clone(),
                Box::new(Reason::Arity { takes: 1, has: 0 }),
            ),
        })
    }

    /// One real 0-d expression with the gradients that are asked for; its value does not matter.
    #[track_caller]
    fn total(&self) -> Option<Tensor<'m>> {
        let mut total = self.cost;
        for (value, gradient) in &self.known {
            let term = (*value * gradient.consider_constant()).sum();
            total = Some(match total {
                Some(sum) => sum + term,
                None => term,
            });
        }
        total
    }

    fn with_constants(&self, cost: Tensor<'m>, origin: &Origin) -> Tensor<'m> {
        let model = cost.model;
        let mut replaced: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for constant in &self.constants {
            let constant_value = constant.unary(ConsiderConstant {});
            if let (Some(old), Some(new)) = (constant.id(), constant_value.id()) {
                replaced.insert(old, new);
            }
        }
        let Some(id) = cost.id().filter(|_| !replaced.is_empty()) else { return cost };
        match finish::replace(&mut model.arena_mut(), &[id], &replaced) {
            Ok(moved) => Tensor { model, handle: Handle::Node(moved[&id]) },
            Err(problem) => model.invalid(problem.message, origin.clone(), problem.reason),
        }
    }
}

/// The derivatives of all elements of `value` by those of one tensor or several: the value's axes, then the
/// tensor's.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let x = m.constant([4.0, 4.0]);
/// assert_eq!(jacobian(x * x, x).eval()?, Array::from([[8.0, 0.0], [0.0, 8.0]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn jacobian<'m, W: Wrt<'m>>(value: Tensor<'m>, wrt: W) -> W::Gradients {
    let origin = Origin::here(Location::caller());
    wrt.gradients(&mut |wrt| derivative(value, wrt, true, &origin, Kind::Jacobian))
}

/// The second derivatives of `cost`, a real 0-d tensor, by all pairs of elements of a tensor, or of each of
/// several: the tensor's axes twice.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let x = m.constant([1.0, 3.0]);
/// let cost = (x * x * x).sum();
/// assert_eq!(hessian(cost, x).eval()?, Array::from([[6.0, 0.0], [0.0, 18.0]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn hessian<'m, W: Wrt<'m>>(cost: Tensor<'m>, wrt: W) -> W::Gradients {
    let origin = Origin::here(Location::caller());
    wrt.gradients(&mut |wrt| {
        let gradient = derivative(cost, wrt, true, &origin, Kind::Gradient);
        // A gradient that does not depend on the tensor has zero derivatives.
        derivative(gradient, wrt, false, &origin, Kind::Jacobian)
    })
}

/// The product of a row vector with the Jacobian of `value` by one tensor or several (Theano's `Lop`): the
/// gradient of the sum of the elements of `value` times those of `weights`.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let x = m.constant([1.0, 2.0]);
/// let product = lop(x * x, x, m.constant([1.0, -1.0]));
/// assert_eq!(product.eval()?, Array::from([2.0, -4.0]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn lop<'m, W: Wrt<'m>>(value: Tensor<'m>, wrt: W, weights: Tensor<'m>) -> W::Gradients {
    Gradient::known([(value, weights)]).by(wrt)
}

/// The product of the Jacobian of `value` by a tensor with a direction of the tensor's shape (Theano's
/// `Rop`): the derivative of `value` along the direction.
///
/// It is two products from the left: the first is linear in its weights, and its derivative by them along the
/// direction is the product from the right.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("example");
/// let x = m.constant([1.0, 2.0]);
/// let product = rop(x * x, x, m.constant([1.0, 10.0]));
/// assert_eq!(product.eval()?, Array::from([2.0, 40.0]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn rop<'m>(value: Tensor<'m>, wrt: Tensor<'m>, direction: Tensor<'m>) -> Tensor<'m> {
    // A node of its own, whose value does not matter.
    let Some(ty) = value.ty() else { return value };
    let weights = super::fill(value, 0.0).cast(ty.dtype).consider_constant();
    let origin = Origin::here(Location::caller());
    let left = derivative((value * weights).sum(), wrt, true, &origin, Kind::Gradient);
    let along = (left * direction.consider_constant()).sum();
    derivative(along, weights, false, &origin, Kind::Gradient)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gradient,
    Jacobian,
}

fn derivative<'m>(
    value: Tensor<'m>,
    wrt: Tensor<'m>,
    connected: bool,
    origin: &Origin,
    kind: Kind,
) -> Tensor<'m> {
    if let Some(foreign) = super::operators::foreign(value, wrt, origin) {
        return foreign;
    }
    let model = value.model;
    let (Some(value_id), Some(wrt_id)) = (value.id(), wrt.id()) else {
        return Tensor { model, handle: Handle::Invalid };
    };
    let disconnected = {
        let arena = model.arena();
        (connected && !arena.graph.reachable(&[value_id])[wrt_id.index()]).then(|| {
            let value = pp::brief(&arena.graph, value_id);
            format!(
                "`{value}` does not depend on {}; differentiate by what it is computed from, or allow_disconnected()",
                arena.describe(wrt_id)
            )
        })
    };
    match (disconnected, kind) {
        (Some(message), _) => model.invalid(message, origin.clone(), Box::new(Reason::Independent)),
        (None, Kind::Gradient) => model.node(Grad {}, &[value_id, wrt_id], origin.clone()),
        (None, Kind::Jacobian) => model.node(Jacobian {}, &[value_id, wrt_id], origin.clone()),
    }
}
