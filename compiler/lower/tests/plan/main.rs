//! Handmade plans: what the interpreter computes, what the verifier refuses, what a reader sees.

mod interpret;
mod models;
mod verify;
