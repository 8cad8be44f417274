//! Scalar programs hold the accuracy they promise, and their reference deserves that name.

mod block;
mod cost;
mod dd;
mod functions;
mod half;
mod wide;
