//! Typed tensor graphs: types, operations, builder, gradients, text and file forms, reference evaluator.

pub mod array;
pub mod attribute;
mod build;
pub mod builder;
pub mod data;
pub mod differentiate;
pub mod dim;
pub mod dtype;
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
pub mod scalar;
pub mod text;
pub mod ty;
pub mod verify;
pub mod wire;
