//! What has to be in the graph before the planner decides anything: contractions over one axis, and indices as tensors.

mod indices;
mod pairs;

use tgc_graph::module::Function;
use tgc_plan::machine::Machine;

/// The function in that form.
pub(crate) fn prepared(function: &Function, machine: &Machine) -> Function {
    indices::stored(&pairs::merged(function, machine)).into_owned()
}
