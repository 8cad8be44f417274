//! The facade: a model and options in, a static library and a C header out.
//!
//! [`build()`] runs all stages and returns a [`Library`], which [`Library::write`] puts on the disk: both
//! files or neither. [`Session`] compiles the same code into this process. Nothing here prints, exits or
//! reads arguments, and nothing is written before code generation has returned.
//!
//! # What is public
//!
//! Programs that compile models need [`build()`], [`Library`], [`Options`], [`Session`], [`Call`] and
//! [`Error`]. The modules are public for the command line and for tests; they change without notice.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod archive;
mod error;
mod freeze;
pub mod header;
mod library;
pub mod names;
pub mod output;
pub mod safetensors;
mod session;
pub mod stages;
pub mod value;

pub use error::{Error, nearest};
pub use library::{Emit, Library, Options, build, build_observed};
pub use session::{Call, Outcome, Session};
pub use stages::Step;
pub use tgc_optimize::Fp;
