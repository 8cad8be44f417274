//! Values that read very many others. The addresses of what a loop reads are live all through it, so those of
//! a thousand tensors would take the stack that was promised and, of the compiler, a time that grows with
//! their square: such a value is made part by part.

use std::collections::BTreeSet;

use tgc_graph::graph::{Graph, NodeId};
use tgc_plan::Materialized;

use super::MOST_READS;
use crate::classify::{Definition, Operand};
use crate::loops::Index;

/// What an expression reads, by where in memory, and how.
type Reads<'a> = BTreeSet<(NodeId, &'a Index)>;

/// Expressions as they are put into programs.
struct Expressions<'a> {
    graph: &'a Graph,
    definitions: &'a [Definition],
    /// Which nodes lie in memory.
    materialized: Vec<bool>,
    reads: Vec<Reads<'a>>,
}

/// The values to materialize so that none reads more than [`MOST_READS`] others.
pub(super) fn parts_of_large_expressions(
    graph: &Graph,
    definitions: &[Definition],
    materialized: &[Option<Materialized>],
    needed: &[bool],
) -> Vec<NodeId> {
    let materialized = materialized.iter().map(Option::is_some).collect();
    let reads = vec![Reads::new(); definitions.len()];
    let mut expressions = Expressions { graph, definitions, materialized, reads };
    let mut parts = vec![];
    for id in graph.ids().filter(|id| needed[id.index()]) {
        if let Definition::Inline { operands, .. } = &definitions[id.index()] {
            parts.extend(expressions.add(id, operands));
        }
    }
    parts
}

impl<'a> Expressions<'a> {
    /// Notes what an expression reads, and returns the operands that are materialized so that it is not too
    /// much.
    fn add(&mut self, id: NodeId, operands: &'a [Operand]) -> Vec<NodeId> {
        let mut parts = vec![];
        loop {
            let reads: Reads = operands.iter().flat_map(|operand| self.of(operand)).collect();
            let part = if reads.len() > MOST_READS { self.largest(id, operands) } else { None };
            let Some(part) = part else {
                self.reads[id.index()] = reads;
                return parts;
            };
            self.materialized[part.index()] = true;
            parts.push(part);
        }
    }

    fn of(&self, operand: &'a Operand) -> Reads<'a> {
        let at = operand.node.index();
        match &self.definitions[at] {
            Definition::Splat(_) | Definition::Size(_) | Definition::Iota => Reads::new(),
            Definition::Inline { .. } if !self.materialized[at] => self.reads[at].clone(),
            Definition::Inline { .. }
            | Definition::Dead
            | Definition::Source(_)
            | Definition::Reduction(_)
            | Definition::Scan(_)
            | Definition::Reshape(_)
            | Definition::Routine(..)
            | Definition::Assembly(_) => Reads::from([(operand.node, &operand.axes)]),
        }
    }

    /// The operand that reads most, of those of which each element is used.
    fn largest(&self, id: NodeId, operands: &'a [Operand]) -> Option<NodeId> {
        let shape = |node: NodeId| &self.graph.ty(node).shape;
        let may_be_materialized = |operand: &&Operand| {
            let node = operand.node.index();
            let is_inline = matches!(self.definitions[node], Definition::Inline { .. });
            is_inline && !self.materialized[node] && shape(operand.node) == shape(id)
        };
        let reads = |operand: &&Operand| self.reads[operand.node.index()].len();
        let largest = operands.iter().filter(may_be_materialized).max_by_key(reads)?;
        (reads(&largest) > 1).then_some(largest.node)
    }
}
