//! Updates that change a variable part by part, so that the variable need not be copied.
//!
//! `e ← inc_subtensor(e, i, f(e[i]))` is a copy of `e`, into which parts are written, and a copy back. Memory
//! planning drops both copies where nothing reads `e` after the first of them. So what the parts are made
//! of, if it reads `e`, is materialized before; and the parts are written after everything else.

use tgc_graph::graph::NodeId;
use tgc_graph::module::Function;

use crate::classify::{Definition, Source, users};

/// The updates of variables part by part.
#[derive(Debug)]
pub(crate) struct PartialUpdates {
    /// The new values, in the order of nodes.
    nodes: Vec<NodeId>,
    /// What reads the variable and is written into a part of it.
    pub read_before: Vec<NodeId>,
}

impl PartialUpdates {
    /// Those of a function.
    pub(super) fn of(function: &Function, definitions: &[Definition]) -> PartialUpdates {
        let users = users(function, definitions);
        let mut found = PartialUpdates { nodes: vec![], read_before: vec![] };
        for update in &function.updates {
            let Some(parts) = definitions[update.node.index()].as_assembly() else { continue };
            if users[update.node.index()] == 1
                && parts[0].is_all
                && is_variable(&definitions[parts[0].from.node.index()], update.shared)
            {
                let written = parts[1..].iter().map(|part| part.from.node);
                let reads = |part: &NodeId| reads_variable(definitions, *part, update.shared);
                found.read_before.extend(written.filter(reads));
                found.nodes.push(update.node);
            }
        }
        found.nodes.sort();
        found
    }

    /// Whether a node is one of them.
    pub(super) fn contains(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }
}

fn is_variable(definition: &Definition, shared: usize) -> bool {
    matches!(definition, Definition::Source(Source::State(state)) if *state == shared)
}

/// Whether an expression reads a variable.
fn reads_variable(definitions: &[Definition], node: NodeId, shared: usize) -> bool {
    let (mut work, mut seen) = (vec![node], vec![false; definitions.len()]);
    while let Some(node) = work.pop() {
        let definition = &definitions[node.index()];
        if is_variable(definition, shared) {
            return true;
        }
        if !std::mem::replace(&mut seen[node.index()], true)
            && let Definition::Inline { .. } | Definition::Reshape(_) = definition
        {
            work.extend(definition.operands());
        }
    }
    false
}
