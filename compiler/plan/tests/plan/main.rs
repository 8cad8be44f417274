//! Handmade plans: what the interpreter computes, what the verifier refuses, what a reader sees.

#![allow(clippy::cloned_ref_to_slice_refs, reason = "shapes of one dim are written like those of several")]

mod interpret;
mod models;
mod print;
mod settle;
mod verify;
