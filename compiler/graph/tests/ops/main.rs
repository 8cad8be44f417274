//! Operations, group by group: values, special cases, messages, gradients.

mod indexing;
mod shape;
