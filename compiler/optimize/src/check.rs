//! What every stage keeps: inputs, outputs, updates, their order, names and types.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::Function;

/// Compares a function with what a stage made of it; tells the first difference.
pub(crate) fn interface(before: &Function, after: &Function) -> Result<(), String> {
    let count = |what: &str, a: usize, b: usize| match a == b {
        true => Ok(()),
        false => Err(format!("{a} {what} became {b}")),
    };
    count("inputs", before.inputs.len(), after.inputs.len())?;
    count("outputs", before.outputs.len(), after.outputs.len())?;
    count("updates", before.updates.len(), after.updates.len())?;
    if before.graph.scope.symbols != after.graph.scope.symbols
        || before.graph.scope.equations != after.graph.scope.equations
    {
        return Err("the sizes or what is required of them changed".to_owned());
    }
    for (a, b) in before.inputs.iter().zip(&after.inputs) {
        if before.graph.op(*a) != after.graph.op(*b) || after.graph.op(*b).input_name().is_none() {
            return Err(format!("the input {:?} became {:?}", before.graph.op(*a), after.graph.op(*b)));
        }
    }
    let names = before.outputs.iter().zip(&after.outputs).all(|(a, b)| a.name == b.name);
    let variables = before.updates.iter().zip(&after.updates).all(|(a, b)| a.shared == b.shared);
    if !names || !variables {
        return Err("outputs or updates changed their order".to_owned());
    }
    for (a, b) in before.roots().into_iter().zip(after.roots()) {
        let (old, new) = (before.graph.ty(a), after.graph.ty(b));
        if old != new {
            let name = after.outputs.iter().find(|o| o.node == b).map_or("an update", |o| o.name.as_str());
            return Err(format!("`{name}` was {old:?} and became {new:?}"));
        }
    }
    Ok(())
}

/// Tells the first live node that a predicate finds.
pub(crate) fn none(
    function: &Function,
    what: &str,
    found: &dyn Fn(&Graph, NodeId) -> bool,
) -> Result<(), String> {
    let live = function.graph.reachable(&function.roots());
    let odd = function.graph.ids().find(|id| live[id.index()] && found(&function.graph, *id));
    match odd {
        Some(id) => Err(format!("{what} is left, made at {}", function.graph.node(id).origin)),
        None => Ok(()),
    }
}
