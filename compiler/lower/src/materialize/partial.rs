//! Updates that change a variable part by part, so that the variable need not be copied.
//!
//! `e ← inc_subtensor(e, i, f(e[i]))` is a copy of `e`, into which parts are written, and a copy back. Memory
//! planning drops both copies where nothing reads `e` after the first of them. So what the parts are made
//! of, if it reads such a variable, is materialized before; and the parts are written after everything else.

use tgc_graph::graph::NodeId;
use tgc_graph::module::{Function, Update};

use crate::classify::{Definition, Source, users};

/// The updates of variables part by part.
#[derive(Debug)]
pub(crate) struct PartialUpdates {
    /// The new values, in the order of nodes.
    nodes: Vec<NodeId>,
    /// What reads one of the variables and is written into a part of one.
    pub read_before: Vec<NodeId>,
}

impl PartialUpdates {
    /// Those of a function.
    pub(super) fn of(function: &Function, definitions: &[Definition]) -> PartialUpdates {
        let users = users(function, definitions);
        let parts_of = |update: &&Update| {
            let parts = definitions[update.node.index()].as_assembly()?;
            let is_partial = users[update.node.index()] == 1
                && parts[0].is_all
                && is_one_of(&definitions[parts[0].from.node.index()], &[update.shared]);
            is_partial.then_some(parts)
        };
        let updates: Vec<&Update> = function.updates.iter().filter(|u| parts_of(u).is_some()).collect();
        let variables: Vec<usize> = updates.iter().map(|update| update.shared).collect();
        let written = updates.iter().filter_map(parts_of).flat_map(|parts| &parts[1..]);
        let read_before =
            written.map(|part| part.from.node).filter(|part| reads_one_of(definitions, *part, &variables));
        let mut nodes: Vec<NodeId> = updates.iter().map(|update| update.node).collect();
        nodes.sort();
        PartialUpdates { nodes, read_before: read_before.collect() }
    }

    /// Whether a node is one of them.
    pub(super) fn contains(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }
}

fn is_one_of(definition: &Definition, variables: &[usize]) -> bool {
    matches!(definition, Definition::Source(Source::State(state)) if variables.contains(state))
}

/// Whether an expression reads one of some variables.
fn reads_one_of(definitions: &[Definition], node: NodeId, variables: &[usize]) -> bool {
    let (mut work, mut seen) = (vec![node], vec![false; definitions.len()]);
    while let Some(node) = work.pop() {
        let definition = &definitions[node.index()];
        if is_one_of(definition, variables) {
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
