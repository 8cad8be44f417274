//! `pp`: expressions as mathematics, in the notation of Theano's `pp`.
//!
//! For people: shared subexpressions are repeated, and the text does not parse back. The
//! [text form](crate::text) does.

use crate::array::element_to_text;
use crate::differentiate;
use crate::graph::{Graph, NodeId};
use crate::ops::{Constant, Elements, Notation, Op};

/// Nodes of a graph as [`pp`](crate::builder::pp) writes them, gradients as what they expand to.
pub fn expressions(graph: &Graph, ids: &[NodeId]) -> Vec<String> {
    let (graph, roots) = differentiate::expand_gradients(graph, ids);
    roots.into_iter().map(|root| expression(&graph, root)).collect()
}

enum Piece {
    Text(String),
    Node(NodeId),
}

/// The most characters of an expression before the rest is cut; a graph's tree can be exponentially large.
const LIMIT: usize = 1 << 20;

/// How constants are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Constants {
    /// `TensorConstant{2.0}`.
    Theano,
    /// `2.0`.
    Plain,
}

/// A node of a graph as mathematics.
pub fn expression(graph: &Graph, id: NodeId) -> String {
    written(graph, id, Constants::Theano, LIMIT)
}

/// A node of a graph as messages name it: numbers as they are, and at most 60 characters.
pub fn brief(graph: &Graph, id: NodeId) -> String {
    const MOST: usize = 60;
    let text = written(graph, id, Constants::Plain, 4 * MOST);
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A node as mathematics, cut behind so many bytes.
fn written(graph: &Graph, id: NodeId, constants: Constants, limit: usize) -> String {
    let mut text = String::new();
    let mut pending = vec![Piece::Node(id)];
    while let Some(piece) = pending.pop() {
        if text.len() > limit {
            text.push('…');
            break;
        }
        match piece {
            Piece::Text(piece) => text.push_str(&piece),
            Piece::Node(id) => pending.extend(pieces(graph, id, constants).into_iter().rev()),
        }
    }
    text
}

fn pieces(graph: &Graph, id: NodeId, constants: Constants) -> Vec<Piece> {
    let node = graph.node(id);
    let text = |s: &str| Piece::Text(s.to_owned());
    match node.op.definition().notation() {
        // A cast that changes nothing: the author may not have written it.
        Notation::Call(_) if is_own_type(graph, id) => vec![Piece::Node(node.operands[0])],
        Notation::Leaf => vec![Piece::Text(leaf(graph, &node.op, constants))],
        Notation::Transparent => vec![Piece::Node(node.operands[0])],
        Notation::Prefix(symbol) => {
            vec![Piece::Text(format!("({symbol}")), Piece::Node(node.operands[0]), text(")")]
        }
        Notation::Around(bar) => vec![text(bar), Piece::Node(node.operands[0]), text(bar)],
        Notation::Infix(symbol) => vec![
            text("("),
            Piece::Node(node.operands[0]),
            Piece::Text(format!(" {symbol} ")),
            Piece::Node(node.operands[1]),
            text(")"),
        ],
        Notation::Call(name) => {
            let mut pieces = vec![Piece::Text(format!("{name}("))];
            for (i, operand) in node.operands.iter().enumerate() {
                if i > 0 {
                    pieces.push(text(", "));
                }
                pieces.push(Piece::Node(*operand));
            }
            pieces.push(text(")"));
            pieces
        }
    }
}

fn is_own_type(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.op(id), Op::Cast(cast) if cast.dtype == graph.ty(graph.operands(id)[0]).dtype)
}

fn leaf(graph: &Graph, op: &Op, constants: Constants) -> String {
    if let Op::Shared(shared) = op {
        shared.name.to_string()
    } else if let Op::Constant(constant) = op {
        let elements = constant_text(graph, constant);
        match constants {
            Constants::Theano => format!("TensorConstant{{{elements}}}"),
            Constants::Plain => elements,
        }
    } else if let Op::SizeValue(value) = op {
        value.size.display(&graph.scope.symbols).to_string()
    } else if let Op::Zero(_) = op {
        "0".to_owned()
    } else {
        op.input_name().unwrap_or(op.name()).to_owned()
    }
}

fn constant_text(graph: &Graph, constant: &Constant) -> String {
    match constant.elements {
        Elements::Splat(parts) => element_to_text(constant.dtype, parts),
        Elements::Data(id) => match graph.scope.data.get(id) {
            Some(array) if array.len() <= 8 => {
                let elements: Vec<String> =
                    (0..array.len()).map(|i| element_to_text(array.dtype(), array.get(i))).collect();
                format!("[{}]", elements.join(" "))
            }
            _ => "...".to_owned(),
        },
    }
}
