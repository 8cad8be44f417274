//! Operations, group by group: values, special cases, messages, gradients.

mod check;
mod complex;
mod coverage;
mod elementwise;
mod functions;
mod indexing;
mod linalg;
mod nnet;
mod powers;
mod reductions;
mod robustness;
mod shape;
mod values;
mod vocabulary;
