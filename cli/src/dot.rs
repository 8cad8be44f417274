//! Graphs for Graphviz: one cluster a function, operands numbered where there are several.

use tgc_graph::graph::Graph;
use tgc_graph::module::{Function, Module};
use tgc_graph::ops::Op;

/// The whole model.
pub fn module(module: &Module) -> String {
    let clusters = module.functions.iter().enumerate();
    let clusters: String = clusters.map(|(index, f)| cluster(module, f, index)).collect();
    format!("digraph {} {{\n  node [shape=box fontname=monospace]\n{clusters}}}\n", quote(&module.name))
}

fn cluster(module: &Module, function: &Function, index: usize) -> String {
    let graph = &function.graph;
    let live = graph.reachable(&function.roots());
    let mut text = format!("  subgraph cluster_{index} {{\n    label={}\n", quote(&function.name));
    for id in graph.ids().filter(|id| live[id.index()] || function.inputs.contains(id)) {
        let label = label(graph, id);
        text += &format!("    n{index}_{} [label={}]\n", id.0, quote(&label));
        let operands = graph.operands(id);
        for (position, operand) in operands.iter().enumerate() {
            let number = if operands.len() > 1 { format!(" [label={position}]") } else { String::new() };
            text += &format!("    n{index}_{} -> n{index}_{}{number}\n", operand.0, id.0);
        }
    }
    let outputs = function.outputs.iter().map(|o| (o.name.as_str(), o.node));
    let updates = function.updates.iter().map(|u| (module.shared[u.shared].name.as_str(), u.node));
    let results = outputs.map(|r| (r, "output")).chain(updates.map(|r| (r, "update")));
    for (number, ((name, node), kind)) in results.enumerate() {
        let label = quote(&format!("{kind} {name}"));
        text += &format!("    r{index}_{number} [label={label} shape=ellipse]\n");
        text += &format!("    n{index}_{} -> r{index}_{number}\n", node.0);
    }
    text + "  }\n"
}

fn label(graph: &Graph, id: tgc_graph::graph::NodeId) -> String {
    let op = graph.op(id);
    let name = match op {
        Op::Shared(shared) => format!("shared {}", shared.name),
        other => other.input_name().map_or_else(|| other.name().to_owned(), |name| format!("input {name}")),
    };
    format!("%{} {name}\n{}", id.0, graph.ty(id).display(&graph.symbols))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
