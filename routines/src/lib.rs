//! Code that libraries call rather than have generated for them.
//!
//! Sorting does not become loops over elements that a planner could fuse. It is a *routine*: ordinary code
//! with an interface of slices, written once. The evaluator, the Plan's interpreter and every emitted library
//! run this source; the library has it as bitcode of the runtime, which has no panic in it, so nothing here
//! indexes or divides in a way that could, nothing zips iterators, which would leave a reference to the
//! unwinder behind, and what is not generic is `#[inline]`, so that it becomes part of that bitcode.
//!
//! The other thing here is an instruction that some processors lack ([`fma()`]).
//!
//! A routine allocates nothing: what it needs besides operand and result is *scratch*, whose size follows
//! from sizes alone.
//!
//! # What is public
//!
//! All of it is for the compiler's own crates and the runtime, and changes without notice.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod fma;
mod key;
pub mod sort;

pub use fma::fma;
pub use key::{Bf16, F16, F32, F64, I8, I16, I32, I64, Key, U8, U16, U32, U64};
