//! Plan to LLVM module to object file. The only crate that names inkwell.
//!
//! [`compile`] turns a [`ModelPlan`](tgc_plan::ModelPlan) into two object files; [`Jit`] runs the same
//! modules in this process. All decisions were taken in the Plan: this crate picks no order, width or place
//! of its own, so that [`interpret`](tgc_plan::interpret) says what the emitted code computes, bit for bit.
//!
//! # What the modules hold
//!
//! - one *wrapper* per function (`wrapper.rs`), compiled for the baseline of the triple, which checks every
//!   argument;
//! - one *kernel* per function (`kernel.rs`), the only code that uses the CPU's features;
//! - constants that describe the model to the runtime and to loaders (`describe.rs`);
//! - the runtime's bitcode (`runtime.rs`), made internal.
//!
//! # What they never hold
//!
//! Mutable globals, names without the model's prefix and hash, calls of library functions beyond `memcpy` and
//! its kin, unwind tables, anything that depends on a path, the time or a pointer of the compiling process.
//!
//! # What is public
//!
//! All of it is for the facade and its tests, and changes without notice.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
#![allow(
    unsafe_code,
    reason = "LLVM's interface and calls of compiled code need it; each block says why it is sound"
)]

mod block;
mod body;
mod call;
mod check;
mod compile;
mod describe;
mod emulate;
mod ends;
mod entry;
mod error;
mod fission;
mod framed;
mod given;
mod ir;
mod jit;
mod kernel;
mod matmul;
mod memory;
mod module;
mod nest;
mod order;
mod pack;
mod pressure;
mod record;
mod reduce;
mod runtime;
mod scalar;
mod scan;
mod shell;
mod stack;
mod target;
mod tile;
mod work;
mod wrapper;

pub use error::Error;
pub use jit::{ArgumentMemory, Instance, Jit, JitError};

pub use compile::{Objects, Options, assembly, compile, ir, stack};
pub use describe::Linkage;
pub use stack::Stack;
pub use target::{Target, Targets};
