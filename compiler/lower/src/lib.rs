//! Graph to Plan.
pub mod interpret;
pub mod lower;
pub mod machine;
pub mod plan;
pub mod print;
pub mod size;
pub mod verify;
