//! The boundary between C programs, generated code and the runtime: every struct and function type that two
//! of them share.
//!
//! Each struct is one entry of a table (the macro `structs!`), which gives
//!
//! - the `#[repr(C)]` type that the runtime and in-process calls use;
//! - its description, `TABLE`: from it code generation builds constants, and the header has its text.
//!
//! Where a field lies depends on the [`DataLayout`] of the target: the width of its pointers, and the
//! alignment that it gives integers of 64 bits, which is four on i386 and eight on Arm and wasm32. There are
//! two kinds of structs:
//!
//! - those of the header (`C…`), which C lays out in its own way, so that offsets differ among targets;
//! - those that only generated code and the runtime see. They keep each pointer in a [`Slot`] of eight bytes
//!   and are the same on every target ([`Struct::is_fixed`]), because the runtime's bitcode is made once, for
//!   64-bit pointers.
//!
//! No struct holds a `size_t`, an `enum` or a `long`: integers have the widths that their names say.
//!
//! # What is public
//!
//! All of it is for the compiler's own crates. What a C program may rely on is the header.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

#[macro_use]
mod shared;

mod header;
mod instance;
mod layout;
mod slot;
mod status;
mod text;

pub use header::{
    AllocateFn, CAlloc, CArgument, CConfigEnd, CConfigStart, CFunction, CModel, CPool, CSize, CState, CallFn,
    Config, GetFn, HEADER, InitFn, ParallelForFn, ReleaseFn, TaskFn, WsBytesFn, pointer_at,
};
pub use instance::{
    Alloc, ArrayDesc, CallDesc, Context, CreateDesc, DimDesc, InitSharedFn, ModelDesc, OWNED, RunnableFn,
    StateDesc, VariantDesc,
};
pub use layout::{DataLayout, Field, Prototype, Struct, Type};
pub use shared::Shared;
pub use slot::{Char, Slot};
pub use status::Status;

/// The bytes of a context block, and of the space that `create` sets aside for one.
pub const CTX_BYTES: u64 = 512;

/// The alignment of context, state and workspace blocks, and of each state inside its block.
pub const BLOCK_ALIGN: u64 = 64;

/// The bytes of an error line with its terminating NUL.
pub const ERROR_BYTES: usize = 256;

/// The bit of [`Context::owns`] that says that the instance lies in a block that `destroy` has to release.
pub const OWNS_BLOCK: u64 = 1;
