//! Fixes shared variables at their initial values: constants of the library instead of state of an instance.

use tgc_graph::graph::NodeId;
use tgc_graph::kernel::{Kernel, Leaf};
use tgc_graph::module::{Function, Module, SharedVariable, Update};
use tgc_plan::Frozen;

use crate::error::Error;

/// The model with these variables as constants, and the variables.
///
/// # Errors
///
/// If the model has no variable of a name, or a function updates it.
pub fn freeze(module: &Module, names: &[String]) -> Result<(Module, Vec<Frozen>), Error> {
    for name in names {
        let Some(index) = module.shared_index(name) else {
            let known = module.shared.iter().map(|s| s.name.clone()).collect();
            return Err(Error::unknown("shared variable", name, known));
        };
        let updates = |f: &&Function| f.updates.iter().any(|u| u.shared == index);
        if let Some(function) = module.functions.iter().find(updates) {
            return Err(Error::Frozen { variable: name.clone(), function: function.name.clone() });
        }
    }
    let (frozen, shared): (Vec<SharedVariable>, Vec<SharedVariable>) =
        module.shared.iter().cloned().partition(|s| names.contains(&s.name));
    let functions = module.functions.iter().map(|f| with_constants(f, module, &frozen, &shared)).collect();
    let frozen = frozen.into_iter().map(|s| Frozen { name: s.name, value: s.initial }).collect();
    Ok((Module { name: module.name.clone(), shared, functions }, frozen))
}

/// Rebuilds a function with constants for frozen variables, its updates counted among what is left.
fn with_constants(
    function: &Function,
    module: &Module,
    frozen: &[SharedVariable],
    left: &[SharedVariable],
) -> Function {
    let mut graph = function.graph.successor();
    let mut renamed: Vec<NodeId> = Vec::with_capacity(function.graph.len());
    for id in function.graph.ids() {
        let node = function.graph.node(id);
        graph.set_origin(node.origin.clone());
        let value = if let Kernel::Leaf(Leaf::Shared(name)) = function.graph.kernel(id) {
            frozen.iter().find(|s| s.name == *name)
        } else {
            None
        };
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        renamed.push(match value {
            Some(variable) => graph.constant(variable.initial.clone()),
            None => graph.op_node(node.op.clone(), &operands),
        });
    }
    let position = |shared: usize| {
        let name = &module.shared[shared].name;
        left.iter().position(|s| s.name == *name).expect("invariant: updated variables are not frozen")
    };
    let mut new = function.with_graph(graph, &|id| renamed[id.index()]);
    new.updates = new.updates.iter().map(|u| Update { shared: position(u.shared), node: u.node }).collect();
    new
}
