//! Graph to Plan: which loops run over which buffers, decided and readable before any code exists.
//!
//! [`lower`](lower::lower) turns a module into a [`ModelPlan`](plan::ModelPlan) for a [`Machine`](machine::Machine). A plan
//! prints ([`mod@print`]), is proved sound ([`mod@verify`]) and runs ([`mod@interpret`]); native code must equal the interpreter bit
//! for bit. Nothing here knows an operation by name: kernels come in classes ([`tgc_graph::kernel`]).

pub mod cost;
pub mod interpret;
pub mod lower;
pub mod machine;
pub mod plan;
pub mod print;
pub mod size;
pub mod stages;
pub mod verify;
