//! What is measured: the models that the peers' users know, and whole graphs of many sizes.

pub mod graphs;
pub mod models;

/// What a measurement can fail with.
pub type Error = Box<dyn std::error::Error>;
