//! Graphviz drawings of a function: `dot -Tsvg`.

use std::fmt::Write;

use crate::graph::{Graph, NodeId};
use crate::module::{Function, SharedVariable};
use crate::ops::Op;

/// A function as a Graphviz digraph: leaves as ellipses, operations as boxes with their types, outputs and
/// updates as notes. Edges run from operand to user and carry the operand's position where there are several.
pub fn dot(function: &Function, shared: &[SharedVariable]) -> String {
    let graph = &function.graph;
    let mut out = format!("digraph {} {{\n", quoted(&function.name));
    out.push_str("  node [shape=box, fontname=\"monospace\"];\n");
    for id in graph.ids() {
        node(&mut out, graph, id);
    }
    for (i, output) in function.outputs.iter().enumerate() {
        root(&mut out, &format!("output{i}"), &format!("output {}", output.name), output.node);
    }
    for (i, update) in function.updates.iter().enumerate() {
        let name = shared.get(update.shared).map_or("?", |variable| variable.name.as_str());
        root(&mut out, &format!("update{i}"), &format!("update {name}"), update.node);
    }
    out.push_str("}\n");
    out
}

fn node(out: &mut String, graph: &Graph, id: NodeId) {
    let node = graph.node(id);
    let name = match &node.op {
        Op::Shared(shared) => format!("shared {}", shared.name),
        Op::Constant(constant) => match constant.as_splat() {
            Some(parts) => crate::text::element_to_text(constant.dtype, parts),
            None => "constant".to_owned(),
        },
        op => op.input_name().map_or_else(|| op.name().to_owned(), |name| format!("input {name}")),
    };
    let label = format!("%{} {name}\n{}", id.0, node.ty.display(&graph.symbols));
    let shape = if node.op.definition().arity() == 0 { ", shape=ellipse" } else { "" };
    put(out, format_args!("  n{} [label={}{shape}];\n", id.0, quoted(&label)));
    let several = node.operands.len() > 1;
    for (position, operand) in node.operands.iter().enumerate() {
        put(out, format_args!("  n{} -> n{}", operand.0, id.0));
        if several {
            put(out, format_args!(" [label={position}]"));
        }
        out.push_str(";\n");
    }
}

fn root(out: &mut String, name: &str, label: &str, node: NodeId) {
    put(out, format_args!("  {name} [label={}, shape=note];\n", quoted(label)));
    put(out, format_args!("  n{} -> {name};\n", node.0));
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("invariant: a string takes all that is written");
}

/// A Graphviz string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
