//! Typed tensor graphs: all that the author of a model needs, without LLVM.
//!
//! Write a model with the [`builder`], save it, and let `tgc build` make a library of it:
//!
//! ```
//! use tgc_graph::prelude::*;
//!
//! let m = Model::new("parabola");
//! let x = m.dscalar("x");
//! let y = sqr(x);
//! m.function("value").inputs([x]).output("y", y).finish()?;
//! m.function("slope").inputs([x]).output("dy", grad(y, x)).finish()?;
//! assert_eq!(pp(y), "sqr(x)");
//! # Ok::<(), tgc_graph::builder::BuildError>(())
//! ```
//!
//! The rest of this page defines the intermediate representation: the data that builder, files, optimizer,
//! evaluator and planner share. Read it before you change any of them.
//!
//! # Module
//!
//! A [`Module`](module::Module) is a finished model: a name, *shared variables* and *functions*.
//!
//! ```
//! # use tgc_graph::text::{parse, print};
//! let text = r#"tgc 1 model "counter"
//! shared "total" : f64[] = 0.0
//!
//! function "add"
//!   size N 0..1000
//!   %0 = input "x" : f64[N]
//!   %1 = shared "total" : f64[]
//!   %2 = sum(%0) axes=[0] : f64[]
//!   %3 = add(%1, %2) : f64[]
//!   output "before" = %1
//!   update "total" = %3
//! end
//! "#;
//! let module = parse(text)?;
//! assert_eq!(print(&module), text);
//! # Ok::<(), tgc_graph::text::ParseError>(())
//! ```
//!
//! - A **shared variable** has a value that lives between calls. Its initial value decides its type, which is
//!   static. It belongs to the module; functions name it. The values of all of them, which an instance of the
//!   library holds, are the model's **state**: a Plan and a library know a variable as one of their states.
//! - A **function** has a graph of its own, a list of inputs, named outputs, and *updates*: new values of
//!   shared variables. All outputs and all right-hand sides of updates see the state from before the call.
//! - Nothing else crosses from one function to another. A size has one range in the whole module if several
//!   functions name it, because an instance is configured with it once.
//!
//! # Graph and node
//!
//! A [`Graph`](graph::Graph) is a directed acyclic graph of tensor values. A [`Node`](graph::Node) is one
//! value: an operation with attributes, operands in order, a type, and an origin.
//!
//! - **Well typed by construction.** [`Graph::add`](graph::Graph::add) is the only way in. It infers the type
//!   from operation and operands, and refuses what does not fit.
//! - **Append-only.** Operands have smaller ids than their users, so that ascending ids are a topological
//!   order. A pass that changes a graph builds a successor and says where each root went.
//! - **Hash-consed.** Adding a node that is there already (same operation, attributes and operands) gives the
//!   id of the first one: common subexpressions are shared from the beginning. The origin does not count.
//! - **Origin.** The file and line of the author's call that made the node; messages and reports name it.
//!
//! petgraph holds nodes and edges, an edge for each use of an operand; the order of operands is in the node.
//!
//! # Type
//!
//! A [`TensorType`](ty::TensorType) is an element type and a shape: `f32[N,784]`. There are no other types: a
//! scalar is a tensor of rank 0, an index a tensor of integers, a size that a computation needs a tensor
//! `i64[]`.
//!
//! - **Element types** are `bool`, integers of 8 to 64 bits, `f16`, `bf16`, `f32`, `f64`, `c64` and `c128`
//!   ([`dtype`]).
//! - **Broadcasting** stretches an axis of *static* size 1, and operands of one elementwise node have one
//!   rank: the builder inserts the axes. An axis of unknown size that is 1 in some call is not stretched, so
//!   that the shape of a result does not depend on numbers that only a call knows.
//!
//! # Size, symbol, constraint
//!
//! A [`Dim`](dim::Dim) is a size: a polynomial over symbols, with `a // b`, `a % b`, `min` and `max`, in a
//! normal form in which equal polynomials are equal values. No size depends on the elements of a tensor.
//!
//! - A **symbol** is a named size that a call gives, with a range and a size to tune for. It becomes an
//!   `int64_t` parameter of the function in C.
//! - A **constraint** is what an operation needs of sizes to mean anything: that two are equal, or that one
//!   is at least so much. While a model is written, inference collects constraints
//!   ([`Constraints`](infer::Constraints)); `finish` solves them by substitution and by raising the lower
//!   ends of ranges. What it cannot solve (`2*N == M`) stays in the function as an equation
//!   ([`Equations`](infer::Equations)) that a call checks on entry, and every later stage takes the two sizes
//!   as equal.
//!
//! # Scope
//!
//! Nodes of a graph refer to three tables that belong to it: *symbols*, which sizes are made of; *data*, the
//! arrays of constants by the hash of their contents ([`data`]); and *equations*, which sizes obey. Together
//! they are the scope of the graph: a node means something only within it, and
//! [`Graph::successor`](graph::Graph::successor) makes an empty graph in the same scope.
//!
//! # Operation and kernel
//!
//! An operation is one file of [`ops`] that says everything about itself: name, documentation, attributes,
//! type inference, gradient, lift, and its [`Kernel`](kernel::Kernel). The kernel is a *class* with what its
//! computation needs, and all that evaluator, optimizer and planner match on: none of them knows operations
//! by name.
//!
//! | class | value | examples |
//! |---|---|---|
//! | leaf | exists before the call | `input`, `shared`, `constant`, `iota`, `zero` |
//! | map | one scalar program for each element | `add`, `exp`, `switch`, `cast` |
//! | reduce | reduces axes away with an accumulator | `sum`, `max`, `argmax` |
//! | view | the operand's element at an affine index | `dimshuffle`, `subtensor`, `broadcast_to` |
//! | reshape | the same elements in row-major order | `reshape` |
//! | concatenate | operands one after another | `concatenate` |
//! | gather, scatter | elements read or written at indices that data gives | `gather`, `set_subtensor` |
//! | contract | sums of products over shared axes | `dot` |
//! | scan | running reductions along an axis | `cumsum` |
//! | composite | has no loop of its own: a stage replaces it | `mean`, `grad`, `pin` |
//!
//! What a map does to one element is a program of the scalar language (`tgc_scalar`): typed straight-line
//! code in SSA form. Evaluator, interpreter and code generation run the same program, so an operation's
//! meaning is written once.
//!
//! A **composite** is an operation of the last class whose value other operations can express, such as `mean`
//! or `logsumexp`. It exists so that `pp`, rules and messages see what the author wrote; it is expanded late.
//!
//! # Constants, weak literals, structural zeros
//!
//! - A **constant** is one value for all elements (a *splat*) or an array in the data store. A splat of shape
//!   `[1,…]` broadcasts over anything.
//! - A **weak literal** is a constant that came from a number in the source, as `2` in `x * 2`. It has a kind
//!   (integer, float, complex) and no width: `f32` times a weak `2.5` is `f32`. Weakness matters to inference
//!   alone, and is an attribute of the constant, so that files keep it.
//! - A **structural zero** is the node `zero`: it is there because nothing depends on anything, as the
//!   gradient by an input that a cost does not use. Multiplying by it gives it again whatever the other
//!   factor is, infinity and NaN included. A constant 0 is a number: `0 * inf` is NaN.
//!
//! # Gradients and pins
//!
//! `grad` and `jacobian` are nodes too ([`differentiate`](mod@differentiate)): a cost is simplified and
//! stabilized *before* its gradient is taken. Until then rules must not rewrite what the gradient is by, or
//! the cost would no longer depend on it: that node goes behind a **pin**, the identity that no rule looks
//! through. Pins are dropped with the gradients.
//!
//! # Where a module comes from and goes to
//!
//! | form | module | what holds |
//! |---|---|---|
//! | Rust | [`builder`] | a faulty expression remembers its place; `finish` reports all of them |
//! | text, `.tgc` | [`text`] | what is printed parses to an equal module |
//! | file, `model.graph` | [`wire`] | it decodes to an equal module; equal ones have equal bytes |
//! | mathematics | [`pp`] | for reading only |
//!
//! [`verify`](mod@verify) decides whether a module is valid: names that C admits, byte counts that fit, every
//! type inferred anew. After it no later stage fails for a reason of the user's. [`evaluate`](mod@evaluate)
//! runs a function element by element: it is the reference that everything else is compared with.
//!
//! # What is public
//!
//! Authors of models need the [`prelude`], [`builder`], [`mod@array`] and [`wire`].
//!
//! Front ends, such as importers and bindings of other languages, need beside these
//! [`Model::apply`](builder::Model::apply) and [`apply_named`](builder::Model::apply_named),
//! [`Model::at`](builder::Model::at) with an [`Origin`](origin::Origin), an
//! [`Expression`](builder::Expression), which has no lifetime, [`ops::Op`], [`attribute`], and the
//! [`Reason`](infer::Reason) of each [`Diagnostic`](builder::Diagnostic); [`text`] and [`mod@evaluate`] help
//! to test them.
//!
//! The other modules are public for the compiler's own crates, and change without notice. A type of theirs
//! that an item above names, such as [`Dim`](dim::Dim) or [`Module`](module::Module), can be relied on as far
//! as that item says.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod build;
mod equality;
mod routine;
mod support;

// What authors of models and front ends use.
pub mod array;
pub mod attribute;
pub mod builder;
pub mod evaluate;
pub mod infer;
pub mod origin;
pub mod prelude;
pub mod text;
pub mod verify_grad;
pub mod wire;

// The representation, for the compiler's own crates.
pub mod data;
pub mod differentiate;
pub mod dim;
pub mod graph;
pub mod kernel;
pub mod literal;
pub mod lookup;
pub mod module;
pub mod ops;
pub mod pp;
pub mod render;
pub mod ty;
pub mod verify;

// What the compiler's crates have in common, and no interface of anything.
#[cfg(feature = "generate")]
#[doc(hidden)]
pub mod generate;
#[doc(hidden)]
pub mod limits;
#[doc(hidden)]
pub mod output;
#[doc(hidden)]
pub mod quote;
#[doc(hidden)]
pub mod unsigned;

pub use tgc_scalar::dtype;
