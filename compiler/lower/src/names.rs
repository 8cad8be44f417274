//! What messages call an index and the tensor that it is an index into: as the author wrote them, with the
//! author's line.

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::lookup;
use tgc_graph::origin::{Lookup, Origin};

/// The names of a lookup in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    /// The index.
    pub index: String,
    /// The tensor that is indexed.
    pub data: String,
    /// Its axis.
    pub axis: usize,
    /// Where it is looked up, or nothing.
    pub place: String,
}

impl Names {
    /// What the author of a node calls its operand of this number, which says a place along this axis of the
    /// first one.
    pub(crate) fn of(graph: &Graph, id: NodeId, number: usize, axis: usize) -> Names {
        let origin = &graph.node(id).origin;
        let of = |lookup: &Lookup| {
            let (index, axis) = lookup.indices.get(number - 1)?.clone();
            Some(Names { index, data: lookup.data.clone(), axis, place: place(origin) })
        };
        // A model that was optimized without a note of its lookups.
        let as_it_is = || Names {
            index: lookup::name(graph, graph.operands(id)[number]),
            data: lookup::name(graph, graph.operands(id)[0]),
            axis,
            place: place(origin),
        };
        origin.lookup.as_deref().and_then(of).unwrap_or_else(as_it_is)
    }
}

/// `model.rs:12`, or nothing. A long path loses its beginning: a line of the library has 255 bytes.
fn place(origin: &Origin) -> String {
    const MOST: usize = 60;
    if origin.is_unknown() {
        return String::new();
    }
    let text = origin.to_string();
    match text.char_indices().rev().nth(MOST) {
        Some((start, first)) => format!("…{}", &text[start + first.len_utf8()..]),
        None => text,
    }
}
