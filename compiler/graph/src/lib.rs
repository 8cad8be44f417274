//! Typed tensor graphs: types, operations, builder, gradients, text and file forms, reference evaluator.

pub mod array;
pub mod attribute;
mod build;
pub mod builder;
pub mod data;
pub mod differentiate;
pub mod dim;
pub mod dtype;
pub mod evaluate;
pub mod graph;
pub mod infer;
pub mod kernel;
pub mod module;
pub mod ops;
pub mod origin;
pub mod pp;
pub mod prelude;
pub mod scalar;
pub mod ty;
