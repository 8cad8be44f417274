//! Pictures of a module for Graphviz: `dot -Tsvg`.

use petgraph::dot::{Config, Dot};
use petgraph::graph::{DiGraph, EdgeReference, NodeIndex};

use crate::graph::{Graph, NodeId};
use crate::module::{Function, Module};
use crate::ops::Op;

/// Nodes and edges by their attributes.
type Picture = DiGraph<String, String>;

/// A module as a digraph with a cluster for each function: leaves as ellipses, operations as boxes with their
/// types, outputs and updates as notes. Edges run from operand to user and carry the operand's position where
/// there are several. Nodes that nothing needs are left out.
pub fn dot(module: &Module) -> String {
    let mut picture = Picture::new();
    let functions = module.functions.iter().enumerate();
    let clusters: String = functions.map(|function| cluster(module, function, &mut picture)).collect();
    let of_edge = |_, edge: EdgeReference<'_, String>| edge.weight().clone();
    let of_node = |_, (_, attributes): (NodeIndex, &String)| attributes.clone();
    let settings = [Config::GraphContentOnly, Config::NodeNoLabel, Config::EdgeNoLabel];
    let content = Dot::with_attr_getters(&picture, &settings, &of_edge, &of_node);
    let name = quoted(&module.name);
    format!("digraph {name} {{\n    node [fontname=\"monospace\"]\n{content}{clusters}}}\n")
}

/// Draws a function, and says which nodes of the picture belong to it.
fn cluster(module: &Module, (number, function): (usize, &Function), picture: &mut Picture) -> String {
    let first = picture.node_count();
    let graph = &function.graph;
    let live = graph.reachable(&function.roots());
    let is_shown = |id: &NodeId| live[id.index()] || function.inputs.contains(id);
    let mut drawn = vec![None; graph.len()];
    for id in graph.ids().filter(is_shown) {
        let outline = if graph.operands(id).is_empty() { "ellipse" } else { "box" };
        let node = picture.add_node(shape(&label(graph, id), outline));
        drawn[id.index()] = Some(node);
        let operands = graph.operands(id);
        for (position, operand) in operands.iter().enumerate() {
            let number = if operands.len() > 1 { format!("label={position}") } else { String::new() };
            let from = drawn[operand.index()].expect("invariant: operands come before their users");
            picture.add_edge(from, node, number);
        }
    }
    let outputs = function.outputs.iter().map(|o| (format!("output {}", o.name), o.node));
    let update = |shared: usize| module.shared.get(shared).map_or("?", |variable| variable.name.as_str());
    let updates = function.updates.iter().map(|u| (format!("update {}", update(u.shared)), u.node));
    for (label, node) in outputs.chain(updates) {
        let note = picture.add_node(shape(&label, "note"));
        let from = drawn[node.index()].expect("invariant: a root is live");
        picture.add_edge(from, note, String::new());
    }
    let members: Vec<String> = (first..picture.node_count()).map(|node| node.to_string()).collect();
    let name = quoted(&function.name);
    format!("    subgraph cluster_{number} {{ label={name}; {} }}\n", members.join("; "))
}

fn label(graph: &Graph, id: NodeId) -> String {
    let node = graph.node(id);
    let name = if let Op::Shared(shared) = &node.op {
        format!("shared {}", shared.name)
    } else if let Op::Constant(constant) = &node.op {
        let text = |parts| crate::text::element_to_text(constant.dtype, parts);
        constant.as_splat().map_or_else(|| "constant".to_owned(), text)
    } else {
        node.op.input_name().map_or_else(|| node.op.name().to_owned(), |name| format!("input {name}"))
    };
    format!("%{} {name}\n{}", id.0, node.ty.display(&graph.scope.symbols))
}

fn shape(label: &str, outline: &str) -> String {
    format!("label={} shape={outline}", quoted(label))
}

/// A Graphviz string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
