//! Graph to Plan: every plan is verified, and gives what the reference evaluator gives.

mod harness;
mod kernels;
mod models;
mod random;
mod rearrange;
