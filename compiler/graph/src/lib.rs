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
//! What expressions mean is said where it is decided: element types and promotion in [`dtype`], sizes in [`dim`],
//! each operation in its file of [`ops`] (the table is `docs/ops.md`), arithmetic on one element in `tgc_scalar`, and the
//! whole, executable, in [`evaluate`]. A finished model is a [`module::Module`]; it has a text form ([`text`]), a file
//! form ([`wire`]) and a verifier ([`mod@verify`]), after which no later stage fails for a reason of the user's.

pub mod array;
pub mod attribute;
mod build;
pub mod builder;
pub mod data;
pub mod differentiate;
pub mod dim;
mod equality;
pub mod evaluate;
#[cfg(feature = "generate")]
#[doc(hidden)]
pub mod generate;
pub mod graph;
pub mod infer;
pub mod kernel;
pub mod limits;
pub mod module;
pub mod ops;
pub mod origin;
pub mod pp;
pub mod prelude;
pub mod render;
pub mod text;
pub mod ty;
pub mod verify;
pub mod verify_grad;
pub mod wire;

pub use tgc_scalar::dtype;
