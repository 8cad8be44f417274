//! What has to be in the graph before the planner decides anything: contractions over one axis, and indices
//! as tensors.

mod indices;
mod pairs;

use std::borrow::Cow;

use tgc_graph::module::Function;

/// The function in that form.
pub(crate) fn prepared<'a>(function: &'a Function) -> Cow<'a, Function> {
    match pairs::merged(function) {
        Cow::Borrowed(function) => indices::stored(function),
        Cow::Owned(function) => Cow::Owned(indices::stored(&function).into_owned()),
    }
}
