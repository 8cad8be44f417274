//! Scalar programs hold the accuracy they promise, and their reference deserves that name.

mod block;
mod complex;
mod cost;
mod dd;
mod functions;
mod functions_of_two;
mod half;
#[path = "../../../../tests/src/accuracy/points.rs"]
mod points;
mod special;
#[path = "../../../../tests/src/accuracy/ulp.rs"]
mod ulp;
mod wide;
