//! Scalar programs hold the accuracy they promise, and their reference deserves that name.

mod block;
mod complex;
mod cost;
mod dd;
mod functions;
mod functions_of_two;
mod half;
mod special;
mod wide;
