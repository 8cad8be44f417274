//! The Plan: which loops run over which buffers, decided and readable before any code exists.
//!
//! A [`ModelPlan`] prints ([`mod@print`]), is proved sound ([`mod@verify`]) and runs ([`mod@interpret`]); native code must equal the
//! interpreter bit for bit. Planner and code generation meet here and do not know each other.

pub mod cost;
pub mod interpret;
pub mod machine;
mod plan;
pub mod print;
pub mod size;
pub mod stages;
pub mod verify;

pub use plan::*;
