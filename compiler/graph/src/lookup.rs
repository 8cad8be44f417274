//! What gathers and scatters look up, as messages name it.

use std::borrow::Cow;
use std::sync::Arc;

use tgc_scalar::dtype::DType;

use crate::graph::{Graph, NodeId};
use crate::kernel::{Coordinate, Kernel};
use crate::module::Function;
use crate::ops::Op;
use crate::origin::{Lookup, Origin};
use crate::pp;

/// A tensor as messages name it; of an index, without the cast to the type of places.
pub fn name(graph: &Graph, id: NodeId) -> String {
    let is_index_cast = matches!(graph.op(id), Op::Cast(cast) if cast.dtype == DType::I64);
    pp::brief(graph, if is_index_cast { graph.operands(id)[0] } else { id })
}

/// What a node looks up; nothing if its places need no data.
fn of(graph: &Graph, id: NodeId) -> Option<Lookup> {
    let coordinates = match graph.kernel(id) {
        Kernel::Gather(gather) => gather.coordinates,
        Kernel::Scatter(scatter) => scatter.coordinates,
        Kernel::Leaf(_) | Kernel::Map(_) | Kernel::Reduce(_) | Kernel::View(_) | Kernel::Reshape => {
            return None;
        }
        Kernel::Concatenate(_)
        | Kernel::Scan(_)
        | Kernel::Contract(_)
        | Kernel::Routine(_)
        | Kernel::Composite => {
            return None;
        }
    };
    let operands = graph.operands(id);
    let mut indices: Vec<(usize, usize)> = vec![];
    for (axis, coordinate) in coordinates.iter().enumerate() {
        match coordinate {
            Coordinate::Index(number) => indices.push((*number, axis)),
            Coordinate::Affine(_) => {}
        }
    }
    indices.sort_unstable();
    let named = |(number, axis): &(usize, usize)| (name(graph, operands[1 + number]), *axis);
    Some(Lookup { data: name(graph, operands[0]), indices: indices.iter().map(named).collect() })
}

/// The function with a note, in the origin of each node that looks something up, of what its author wrote.
/// What takes the place of the node, or of its gradient, keeps the origin.
pub fn noted(function: &Function) -> Cow<'_, Function> {
    let graph = &function.graph;
    if !graph.ids().any(|id| of(graph, id).is_some()) {
        return Cow::Borrowed(function);
    }
    let mut new = graph.successor();
    let mut renamed: Vec<NodeId> = vec![];
    for id in graph.ids() {
        let node = graph.node(id);
        let lookup = of(graph, id).map(Arc::new);
        new.set_origin(Origin { lookup, ..node.origin.clone() });
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        renamed.push(new.op_node(node.op.clone(), &operands));
    }
    Cow::Owned(function.with_graph(new, &|id| renamed[id.index()]))
}
