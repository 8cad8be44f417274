//! Snapshot cases of the optimizer and the planner.
