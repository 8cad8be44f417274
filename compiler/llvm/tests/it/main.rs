//! Runs emitted code and looks at emitted objects.

#![allow(unsafe_code, reason = "calls of compiled code; each block says why it is sound")]
//!
//! The judge of results is the Plan's interpreter, bit for bit; any NaN equals any NaN.

mod check;
mod errors;
mod fission;
mod graphs;
mod matmuls;
mod nests;
mod objects;
mod plans;
mod scalars;
mod steps;
mod threads;
mod vectors;
