//! The Plan: what the machine will do, decided and readable before any code exists.
//!
//! A [`ModelPlan`] is an [`Interface`], what programs see, and [`Variant`]s, what code is made of. A function
//! is a [`Signature`] of the one and a [`Body`] of the other. Fusion, in-place updates, memory reuse, vector
//! lanes, accumulators and parallel chunks are all decided here.
//!
//! A plan prints ([`mod@print`]), is proved sound ([`mod@verify`]) and runs ([`mod@interpret`]); native code
//! must equal the interpreter bit for bit. Planner and code generation meet here and do not know each other.
//!
//! # What is public
//!
//! All of it is for the compiler's own crates, and changes without notice; a program that lists what a model
//! has reads the [`Interface`], as `tgc inspect` does.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod access;
mod body;
mod cost;
pub mod fission;
mod form;
mod frame;
mod interface;
pub mod interpret;
pub mod machine;
mod matmul;
mod merge;
mod order;
pub mod print;
mod provenance;
mod reach;
pub mod size;
pub mod verify;

pub use access::{AccessKind, Carried, MemoryAccess};
pub use body::*;
pub use form::{Form, Kind};
pub use frame::Frame;
pub use interface::{Argument, Check, Frozen, FunctionPlan, Interface, ModelPlan, Signature, State, Variant};
pub use matmul::{Blocking, Matmul, Pack, RegisterTile};
pub use provenance::{Apart, Materialized, NotFused, Provenance, Tensor};
pub use reach::{Ends, Reach};
