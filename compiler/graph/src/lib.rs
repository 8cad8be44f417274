//! Typed tensor graphs.
pub mod array;
pub mod dim;
pub mod dtype;
pub mod scalar;
pub mod ty;
