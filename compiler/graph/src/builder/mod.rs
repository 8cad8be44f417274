//! The builder: how a model is written in Rust.
//!
//! A [`Model`] holds one arena of expressions; a [`Tensor`] is a `Copy` handle into it. Expressions never
//! panic and never fail on the spot: an ill-typed one remembers where it was made, and
//! [`FunctionBuilder::finish`] reports all of them.
//!
//! ```
//! use tgc_graph::prelude::*;
//!
//! let m = Model::new("affine");
//! let n = m.dim("N");
//! let x = m.input("x", F32, [n]);
//! let w = m.shared("w", 2.0f32);
//! m.function("apply").inputs([x]).output("y", x * w + 1.0).finish()?;
//! # Ok::<(), tgc_graph::builder::BuildError>(())
//! ```

pub mod axes;
mod constructors;
mod contract;
mod create;
mod einsum;
mod eval;
mod finish;
mod frontend;
pub mod functions;
mod gradients;
pub mod index;
mod join;
mod linalg;
mod nnet;
mod operators;
mod pad;
mod print;
mod ranges;
mod reductions;
mod size;
mod solve;
mod tensor;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::Location;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

pub use axes::Axes;
pub(crate) use axes::count as count_axes;
pub use create::{Number, alloc};
pub use einsum::einsum;
pub use eval::EvalError;
pub use finish::FunctionBuilder;
pub use frontend::Expression;
pub use gradients::{Gradient, Wrt, grad, hessian, jacobian, lop, rop};
pub use index::{Ellipsis, Entry, Index, Indices, NewAxis, Position, Slice, Step, slice};
pub use join::Sections;
pub use linalg::{Contracted, batched_dot, matmul, outer, tensordot};
pub use nnet::{
    BatchNorm, batch_norm, batch_norm_with, binary_crossentropy, categorical_crossentropy, layer_norm,
};
pub use operators::{Operand, cast, divmod, dot, fill};
pub(crate) use operators::{apply, broadcast};
pub use pad::Padding;
pub use print::pp;
pub use reductions::{Along, Reduce};
pub use size::{IntoShape, Size};
pub use tensor::Tensor;

use tensor::Handle;
use tgc_scalar::dtype::DType;

use crate::array::Array;
use crate::dim::{Dim, Symbol, SymbolId, Symbols};
use crate::graph::{Graph, NodeId, Scope};
use crate::infer::{self, AxisOf, Equations, Extent, Reason};
use crate::limits;
use crate::module::{Function, Module, SharedVariable};
use crate::ops::{Constant, Dimshuffle, Input, Op, Shared};
use crate::origin::Origin;
use crate::pp;

/// A model under construction. See the [module's documentation](self).
#[derive(Debug)]
pub struct Model {
    name: String,
    arena: RwLock<Arena>,
}

/// A constraint that two sizes be equal, with the node that made it.
#[derive(Clone, Debug)]
pub(crate) struct Constraint {
    pub node: NodeId,
    pub left: (Dim, String),
    pub right: (Dim, String),
}

/// A constraint that a size be at least so much, with the node that made it.
#[derive(Clone, Debug)]
pub(crate) struct LowerBound {
    pub node: NodeId,
    pub dim: Dim,
    pub least: i64,
    pub name: String,
}

#[derive(Debug)]
pub(crate) struct Arena {
    pub graph: Graph,
    pub shared: Vec<SharedVariable>,
    pub functions: Vec<Function>,
    pub diagnostics: Vec<Diagnostic>,
    pub constraints: Vec<Constraint>,
    pub lower_bounds: Vec<LowerBound>,
    /// The symbols with the ranges and hints that the author gave them. The graph's own symbols admit every
    /// size, so that no expression depends on a range that the author has yet to change.
    pub symbols: Symbols,
    /// Symbols that the author declared, which a solution prefers over those of unnamed axes.
    pub declared: Vec<SymbolId>,
    /// Symbols whose range the author chose; those of the others give way.
    pub ranged: BTreeSet<SymbolId>,
    /// Sizes that [`Size`] handles refer to.
    pub sizes: Vec<Dim>,
    /// Their positions.
    pub known_sizes: HashMap<Dim, u32>,
    /// The names of inputs and shared variables.
    pub names: HashSet<String>,
    /// Where a front end says that what is built comes from; the last one counts.
    pub places: Vec<Origin>,
}

/// One thing that is wrong with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What was found, what was expected, and what to do.
    pub message: String,
    /// The place in the author's source.
    pub origin: Origin,
    /// What it is about, for programs.
    pub reason: Box<Reason>,
}

/// Everything that is wrong with a model, as far as it can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    /// The diagnostics in the order in which they were made; at least one.
    pub diagnostics: Vec<Diagnostic>,
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, problem) in self.diagnostics.iter().enumerate() {
            write!(f, "{}{}: {}", if i == 0 { "" } else { "\n" }, problem.origin, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for BuildError {}

impl Model {
    /// An empty model. The emitted library's names begin with `name`.
    pub fn new(name: impl Into<String>) -> Model {
        let graph = Graph::new(Scope { equations: Equations::collecting(), ..Scope::default() });
        let arena = Arena {
            graph,
            shared: vec![],
            functions: vec![],
            diagnostics: vec![],
            constraints: vec![],
            lower_bounds: vec![],
            symbols: Symbols::default(),
            declared: vec![],
            ranged: BTreeSet::new(),
            sizes: vec![],
            known_sizes: HashMap::new(),
            names: HashSet::new(),
            places: vec![],
        };
        Model { name: name.into(), arena: RwLock::new(arena) }
    }

    /// A size that callers give at run time: a parameter of every function that depends on it. Declaring a
    /// name again gives the same size.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let n = m.dim("N").range(1, 1024);
    /// let x = m.input("x", F64, [n, 2 * n + 1]);
    /// assert_eq!(x.sum_over(1).ty(), m.input("y", F64, [m.dim("N")]).ty());
    /// ```
    pub fn dim(&self, name: &str) -> Size<'_> {
        let mut arena = self.arena_mut();
        let id = arena.symbol(name);
        if !arena.declared.contains(&id) {
            arena.declared.push(id);
        }
        Size::interned(self, &mut arena, Dim::symbol(id))
    }

    /// An argument of functions. The name is unique in the model.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.input("x", F32, [m.dim("N"), 3.into()]);
    /// let y = x.sum_over(0).eval_with([(x, [[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]].into())])?;
    /// assert_eq!(y, Array::from([5f32, 7.0, 9.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn input<'m>(&'m self, name: &str, dtype: DType, shape: impl IntoShape<'m>) -> Tensor<'m> {
        self.input_of(name, dtype, shape.into_shape(self), Origin::here(Location::caller()))
    }

    fn input_of(&self, name: &str, dtype: DType, shape: Vec<Dim>, origin: Origin) -> Tensor<'_> {
        self.declare(name, &origin);
        self.node(Input { name: name.into(), dtype, shape }, &[], origin)
    }

    /// A shared variable: state of the library, with this value in a new instance. Its type is the value's.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let state = m.shared("state", 0i64);
    /// let inc = m.lscalar("inc");
    /// m.function("accumulate").inputs([inc]).output("before", state).update(state, state + inc).finish()?;
    /// # Ok::<(), tgc_graph::builder::BuildError>(())
    /// ```
    #[track_caller]
    pub fn shared(&self, name: &str, initial: impl Into<Array>) -> Tensor<'_> {
        let initial: Array = initial.into();
        let origin = Origin::here(Location::caller());
        self.declare(name, &origin);
        if !initial.is_valid() {
            return self.odd_bool(&format!("shared variable `{name}`"), origin);
        }
        let shape = initial.shape().iter().map(|n| Dim::Const(*n as i64)).collect();
        let op = Shared { name: name.into(), dtype: initial.dtype(), shape };
        self.arena_mut().shared.push(SharedVariable { name: name.to_owned(), initial });
        self.node(op, &[], origin)
    }

    /// Values that are part of the library's read-only data.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let table = m.constant([[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(table.index(1).eval()?, Array::from([3.0, 4.0]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn constant(&self, value: impl Into<Array>) -> Tensor<'_> {
        self.constant_at(&value.into(), Origin::here(Location::caller()))
    }

    fn constant_at(&self, value: &Array, origin: Origin) -> Tensor<'_> {
        if !value.is_valid() {
            return self.odd_bool("constant", origin);
        }
        let constant = Constant::from_array(value, &mut self.arena_mut().graph.scope.data);
        self.node(constant, &[], origin)
    }

    /// Refuses what [`Array::is_valid`] does not admit.
    fn odd_bool(&self, what: &str, origin: Origin) -> Tensor<'_> {
        let message =
            format!("the {what} has a bool whose byte is neither 0 nor 1; make it of `true` and `false`");
        self.invalid(message, origin, Box::new(Reason::ElementType { dtype: DType::Bool }))
    }

    /// Starts a function. [`FunctionBuilder::finish`] adds it to the model.
    #[track_caller]
    pub fn function(&self, name: &str) -> FunctionBuilder<'_> {
        FunctionBuilder::new(self, name, self.origin(Location::caller()))
    }

    /// The model as data: its shared variables and the functions finished so far.
    pub fn module(&self) -> Module {
        let arena = self.arena();
        Module { name: self.name.clone(), shared: arena.shared.clone(), functions: arena.functions.clone() }
    }

    /// Writes the model's file, beside and then in place of whatever has that name.
    ///
    /// # Errors
    ///
    /// If the model is not well-formed as a whole, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), crate::wire::WireError> {
        crate::wire::save(&self.module(), path)
    }

    /// The sizes that types of this model's tensors refer to, to print them with.
    pub fn symbols(&self) -> Symbols {
        self.arena().symbols.clone()
    }

    /// The symbols of sizes of expressions, which admit every size.
    fn symbols_of_sizes(&self) -> Symbols {
        self.arena().graph.scope.symbols.clone()
    }

    /// Reports a second input or shared variable of one name.
    fn declare(&self, name: &str, origin: &Origin) {
        let mut arena = self.arena_mut();
        if !arena.names.insert(name.to_owned()) {
            let message = format!("the model has two inputs or shared variables named `{name}`; rename one");
            let reason = Box::new(Reason::Name { name: name.to_owned() });
            let origin = arena.placed(origin.clone());
            arena.diagnostics.push(Diagnostic { message, origin, reason });
        }
    }

    /// Adds a node over valid operands, or remembers what is wrong with it.
    pub(crate) fn node(&self, op: impl Into<Op>, operands: &[NodeId], origin: Origin) -> Tensor<'_> {
        let mut arena = self.arena_mut();
        let origin = arena.placed(origin);
        arena.graph.set_origin(origin.clone());
        let handle = match arena.graph.add(op, operands) {
            Ok(id) => {
                arena.collect_constraints(id, operands);
                arena.constrain_divisors(id);
                Handle::Node(id)
            }
            Err(error) => {
                let message = arena.explain(&error, operands);
                arena.diagnose(message, origin, error.reason)
            }
        };
        Tensor { model: self, handle }
    }

    /// A node without operands.
    #[track_caller]
    pub(crate) fn leaf(&self, op: impl Into<Op>) -> Tensor<'_> {
        self.node(op, &[], Origin::here(Location::caller()))
    }

    /// Remembers what is wrong with an expression, and what that is about.
    pub(crate) fn invalid(&self, message: String, origin: Origin, reason: Box<Reason>) -> Tensor<'_> {
        let mut arena = self.arena_mut();
        let origin = arena.placed(origin);
        let handle = arena.diagnose(message, origin, reason);
        Tensor { model: self, handle }
    }

    /// Where a call comes from: what [`Model::at`] says, or its place in Rust.
    pub(crate) fn origin(&self, location: &Location<'_>) -> Origin {
        self.arena().placed(Origin::here(location))
    }

    /// What the model holds. A panic elsewhere leaves it as it was before a node, or after. Not asked for
    /// while it is held: a second reader of one thread would wait for a writer of another that waits for the
    /// first.
    pub(crate) fn arena(&self) -> RwLockReadGuard<'_, Arena> {
        self.arena.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn arena_mut(&self) -> RwLockWriteGuard<'_, Arena> {
        self.arena.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arena {
    /// The symbol of this name, made if there is none.
    pub fn symbol(&mut self, name: &str) -> SymbolId {
        match self.graph.scope.symbols.find(name) {
            Some(id) => id,
            None => {
                self.symbols.push(Symbol::new(name));
                self.graph.scope.symbols.push(Symbol { max: i64::MAX, ..Symbol::new(name) })
            }
        }
    }

    /// Where a front end says that what is built comes from, or what is known otherwise.
    fn placed(&self, origin: Origin) -> Origin {
        self.places.last().cloned().unwrap_or(origin)
    }

    fn diagnose(&mut self, message: String, origin: Origin, reason: Box<Reason>) -> Handle {
        self.diagnostics.push(Diagnostic { message, origin, reason });
        Handle::Invalid
    }

    /// Constraints that what the sizes of a new node divide by be at least 1.
    fn constrain_divisors(&mut self, node: NodeId) {
        let divided = |dim: &Dim| dim.divisors().into_iter().map(|divisor| (dim.clone(), divisor)).collect();
        let mut found: Vec<(Dim, Dim)> = vec![];
        for (_, attribute) in self.graph.op(node).definition().attributes() {
            found.extend(attribute.dims().iter().flat_map::<Vec<_>, _>(divided));
        }
        found.extend(self.graph.ty(node).shape.iter().flat_map::<Vec<_>, _>(divided));
        let zero = |(_, divisor): &&(Dim, Dim)| matches!(divisor, Dim::Const(..=0));
        if let Some((size, _)) = found.iter().find(zero) {
            let message = format!("a size of {} {}", self.describe(node), limits::undefined_size());
            self.diagnostics.push(Diagnostic {
                message,
                origin: self.graph.node(node).origin.clone(),
                reason: Box::new(Reason::Size { size: size.clone() }),
            });
            return;
        }
        for (dim, divisor) in found {
            let [dim, by] = [&dim, &divisor].map(|dim| dim.display(&self.graph.scope.symbols).to_string());
            let name = format!("`{by}`, by which the size `{dim}` divides,");
            self.lower_bounds.push(LowerBound { node, dim: divisor, least: 1, name });
        }
    }

    /// Takes what inference of `node` required of sizes.
    pub(super) fn collect_constraints(&mut self, node: NodeId, operands: &[NodeId]) {
        let made = self.graph.scope.equations.made.as_mut().map(std::mem::take).unwrap_or_default();
        let name = |arena: &Arena, extent: Extent| arena.name(extent, node, operands);
        for constraint in made {
            match constraint {
                infer::Constraint::Equal(left, right, l, r) => {
                    let (left, right) = ((left, name(self, l)), (right, name(self, r)));
                    self.constraints.push(Constraint { node, left, right });
                }
                infer::Constraint::AtLeast(dim, least, axis) => {
                    let name = name(self, axis);
                    self.lower_bounds.push(LowerBound { node, dim, least, name });
                }
            }
        }
    }

    /// What a constraint of a node is on, in the user's terms.
    fn name(&self, extent: Extent, node: NodeId, operands: &[NodeId]) -> String {
        let text = |id: NodeId| pp::brief(&self.graph, id);
        match extent {
            Extent::Axis(AxisOf { operand, axis }) => {
                let (id, axis) = self.moved_axis(operands[operand], axis);
                format!("{} axis {axis}", text(id))
            }
            Extent::Part(AxisOf { operand, axis }) => {
                let (id, axis) = self.moved_axis(operands[operand], axis);
                format!("a part of {} axis {axis}", text(id))
            }
            Extent::Elements(operand) => format!("the number of elements of {}", text(operands[operand])),
            Extent::ResultAxis(axis) => format!("{} axis {axis}", text(node)),
            Extent::ResultElements => format!("the number of elements of {}", text(node)),
        }
    }

    /// Lets calls check what a node of a function requires and the function's sizes do not show, though
    /// solving did: they are in another normal form.
    pub(super) fn check_constraints(&self, scope: &mut Scope, node: NodeId) {
        let made = scope.equations.made.as_mut().map(std::mem::take).unwrap_or_default();
        for constraint in made {
            if scope.equations.meet(&constraint, &scope.symbols) {
                continue;
            }
            let name = |extent| self.name(extent, node, self.graph.operands(node));
            let check = match constraint {
                infer::Constraint::Equal(left, right, l, r) => {
                    infer::Equation { left, right, left_name: name(l), right_name: name(r) }
                }
                infer::Constraint::AtLeast(dim, least, extent) => {
                    infer::Equation::at_least(&dim, least, name(extent), &scope.symbols)
                }
            };
            scope.equations.known.push(check);
        }
    }

    /// An axis before it was moved: a tensor prints as that of which it has the axes in another order.
    fn moved_axis(&self, mut id: NodeId, mut axis: usize) -> (NodeId, usize) {
        while let Op::Dimshuffle(Dimshuffle { order }) = self.graph.op(id) {
            let Some(from) = order[axis] else { break };
            (id, axis) = (self.graph.operands(id)[0], from);
        }
        (id, axis)
    }

    /// What is wrong with a node of these operands, in terms of what the author wrote: without the axes that
    /// broadcasting put in front.
    pub fn explain(&self, error: &infer::TypeError, operands: &[NodeId]) -> String {
        let operand = |i: usize| self.describe(self.unpadded(operands[i]).0);
        let axis = |i: usize, axis: usize| {
            let padding = self.unpadded(operands[i]).1;
            axis.checked_sub(padding).unwrap_or(axis)
        };
        error.describe_axes(&operand, &axis)
    }

    /// A tensor without new axes in front, and how many there were.
    fn unpadded(&self, id: NodeId) -> (NodeId, usize) {
        let Op::Dimshuffle(Dimshuffle { order }) = self.graph.op(id) else { return (id, 0) };
        let padding = order.iter().take_while(|axis| axis.is_none()).count();
        match order[padding..].iter().copied().eq((0..order.len() - padding).map(Some)) {
            true => (self.graph.operands(id)[0], padding),
            false => (id, 0),
        }
    }

    /// A tensor as messages name it: `` `x` (f32[N,784]) ``.
    pub fn describe(&self, id: NodeId) -> String {
        let text = pp::brief(&self.graph, id);
        format!("`{text}` ({})", self.graph.ty(id).display(&self.graph.scope.symbols))
    }
}
