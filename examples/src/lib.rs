//! Models of the examples.
