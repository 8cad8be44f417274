//! What front ends need beside the methods of expressions: operations by value or name, places that are not
//! Rust's, and handles that own their model.
//!
//! An importer reads nodes from a file, and makes each by its name:
//!
//! ```
//! use std::sync::Arc;
//!
//! use tgc_graph::attribute::{Attribute, Attributes};
//! use tgc_graph::builder::Expression;
//! use tgc_graph::origin::Origin;
//! use tgc_graph::prelude::*;
//!
//! let m = Arc::new(Model::new("imported"));
//! let x = Expression::new(&m, m.input("x", F32, [m.dim("N"), 3.into()]));
//!
//! // From here on `x` is a value of its own: it can be sent to threads, and be a field of an
//! // object of Python.
//! let axes = Attributes(std::iter::once(("axes".to_owned(), Attribute::Ints(vec![1]))).collect());
//! let origin = Origin::new("net.onnx", 7).named("ReduceSum_3");
//! let sum = m.at(origin, || Expression::new(&m, m.apply_named("sum", &axes, &[x.tensor()])));
//!
//! m.function("f").inputs([x.tensor()]).output("y", sum.tensor()).finish()?;
//! # Ok::<(), tgc_graph::builder::BuildError>(())
//! ```

use std::panic::Location;
use std::sync::Arc;

use super::tensor::Handle;
use super::{Model, Tensor, operators};
use crate::attribute::{AttributeError, Attributes};
use crate::infer::Reason;
use crate::ops::Op;
use crate::origin::Origin;

/// The operation of this name, with the default values of attributes that are not there.
fn named(name: &str, mut attributes: Attributes) -> Result<Op, AttributeError> {
    for field in Op::fields_of(name).unwrap_or_default() {
        if let (false, Some(value)) = (attributes.0.contains_key(field.name), field.default.value(None)) {
            attributes.0.insert(field.name.to_owned(), value);
        }
    }
    Op::from_parts(name, &attributes)
}

/// Ends a place, also when what is built there panics.
struct Scoped<'m>(&'m Model);

impl Drop for Scoped<'_> {
    fn drop(&mut self) {
        self.0.arena_mut().places.pop();
    }
}

impl Model {
    /// Builds something whose nodes and diagnostics come from this place and have this name, as far as
    /// messages, `tgc print` and the error lines of libraries are concerned. Places nest; the inner one
    /// counts.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # use tgc_graph::origin::Origin;
    /// let m = Model::new("example");
    /// let [x, y] = [m.input("x", F32, [3]), m.input("y", F32, [4])];
    /// let sum = m.at(Origin::new("net.onnx", 12).column(3).named("Add_4"), || x + y);
    /// let error = m.function("f").inputs([x, y]).output("z", sum).finish().unwrap_err();
    /// assert!(error.to_string().starts_with("net.onnx:12:3, Add_4: axis 0 of `x`"));
    /// ```
    pub fn at<T>(&self, origin: Origin, build: impl FnOnce() -> T) -> T {
        self.arena_mut().places.push(origin);
        let _scoped = Scoped(self);
        build()
    }

    /// Builds what a method of ours makes of several nodes: they come from the place where its caller is,
    /// unless the caller says another with [`Model::at`].
    pub(crate) fn on_behalf<T>(&self, caller: &Origin, build: impl FnOnce() -> T) -> T {
        let is_said = !self.arena().places.is_empty();
        if is_said { build() } else { self.at(caller.clone(), build) }
    }

    /// Any operation, on operands as they are: of one rank, where it is elementwise. An ill-typed one is
    /// reported at `finish`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # use tgc_graph::ops::{Add, Iota};
    /// # let m = Model::new("example");
    /// let x = m.apply(Iota { size: 3.into() }, &[]);
    /// assert_eq!(m.apply(Add {}, &[x, x]).eval()?, Array::from([0i64, 2, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn apply<'m>(&'m self, op: impl Into<Op>, operands: &[Tensor<'m>]) -> Tensor<'m> {
        self.apply_at(op.into(), operands, self.origin(Location::caller()))
    }

    /// The same on operands of any ranks: axes of size 1 are put in front of those of lower rank, as `x + y`
    /// does.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # use tgc_graph::ops::Mul;
    /// # let m = Model::new("example");
    /// let (x, y) = (m.constant([[1, 2], [3, 4]]), m.constant([10, 1]));
    /// assert_eq!(m.apply_broadcast(Mul {}, &[x, y]).eval()?, Array::from([[10, 2], [30, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn apply_broadcast<'m>(&'m self, op: impl Into<Op>, operands: &[Tensor<'m>]) -> Tensor<'m> {
        let origin = self.origin(Location::caller());
        let rank = operands.iter().map(|t| t.rank()).max().unwrap_or(0);
        let padded: Vec<Tensor<'m>> = operands.iter().map(|t| t.padded(rank, &origin)).collect();
        self.apply_at(op.into(), &padded, origin)
    }

    /// The operation of this name with these attributes, as text and file form have them ([all
    /// operations](crate::ops::Op::NAMES)), on operands as they are. Those that texts leave out where they
    /// have their usual values, such as `batch=0`, can be left out.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # use tgc_graph::attribute::Attributes;
    /// # let m = Model::new("example");
    /// let x = m.constant([1.0, 4.0]);
    /// assert_eq!(m.apply_named("sqrt", &Attributes::default(), &[x]).eval()?, Array::from([1.0, 2.0]));
    /// let error = m.apply_named("sqroot", &Attributes::default(), &[x]).eval().unwrap_err();
    /// assert!(error.to_string().contains("there is no operation named `sqroot`"));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn apply_named<'m>(
        &'m self,
        name: &str,
        attributes: &Attributes,
        operands: &[Tensor<'m>],
    ) -> Tensor<'m> {
        let origin = self.origin(Location::caller());
        match named(name, attributes.clone()) {
            Ok(op) => self.apply_at(op, operands, origin),
            Err(error) => {
                let reason = Box::new(Reason::Operation { name: name.to_owned() });
                self.invalid(format!("{name}: {error}"), origin, reason)
            }
        }
    }

    fn apply_at<'m>(&'m self, op: Op, operands: &[Tensor<'m>], origin: Origin) -> Tensor<'m> {
        if let Op::Input(_) | Op::OptionalInput(_) | Op::Shared(_) = op {
            let message =
                format!("{} is applied; declare it with the model's `input` or `shared`", op.name());
            let reason = Box::new(Reason::Operation { name: op.name().to_owned() });
            return self.invalid(message, origin, reason);
        }
        match operands {
            [] => self.node(op, &[], origin),
            [first, ..] => match operators::foreign(self.invalid_tensor(), *first, &origin) {
                Some(foreign) => foreign,
                None => operators::apply_at(op, operands, origin),
            },
        }
    }

    fn invalid_tensor(&self) -> Tensor<'_> {
        Tensor { model: self, handle: Handle::Invalid }
    }
}

/// An expression that owns a share of its model: what a [`Tensor`] borrows, without a lifetime. It can be
/// sent to other threads.
#[derive(Clone, Debug)]
pub struct Expression {
    model: Arc<Model>,
    handle: Handle,
}

impl Expression {
    /// An expression of this model; one of another is reported at `finish`.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # use tgc_graph::builder::Expression;
    /// let m = std::sync::Arc::new(Model::new("example"));
    /// let x = Expression::new(&m, m.constant([1.0, 2.0]));
    /// let y = std::thread::spawn(move || Expression::new(x.model(), x.tensor() * 2.0)).join().unwrap();
    /// assert_eq!(y.tensor().eval()?, Array::from([2.0, 4.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn new(model: &Arc<Model>, tensor: Tensor<'_>) -> Expression {
        let origin = model.origin(Location::caller());
        let handle = match operators::foreign(model.invalid_tensor(), tensor, &origin) {
            Some(_) => Handle::Invalid,
            None => tensor.handle,
        };
        Expression { model: Arc::clone(model), handle }
    }

    /// The expression, to build with.
    pub fn tensor(&self) -> Tensor<'_> {
        Tensor { model: &self.model, handle: self.handle }
    }

    /// The model that it belongs to.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
}
