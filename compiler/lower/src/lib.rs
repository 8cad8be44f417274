//! Graph to Plan.
pub mod machine;
pub mod plan;
pub mod size;
