//! Runs emitted code and looks at emitted objects.

#![allow(unsafe_code, reason = "calls of compiled code; each block says why it is sound")]
//!
//! The judge of results is the Plan's interpreter, bit for bit; any NaN equals any NaN.

mod check;
mod errors;
mod graphs;
mod nests;
mod objects;
mod plans;
mod products;
mod scalars;
mod staged;
mod steps;
mod threads;
mod vectors;
