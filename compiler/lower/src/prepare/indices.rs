//! What says places, and what routines read, lies in memory as elements. An index that is a reduction may lie
//! there as accumulators, as that of `argmax` with the greatest element beside its place: what such an index
//! comes to is a node of its own then, before all else is decided.

use std::borrow::Cow;

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Coordinate, Kernel};
use tgc_graph::module::Function;
use tgc_scalar::Program;

/// The function with such nodes.
pub(crate) fn stored(function: &Function) -> Cow<'_, Function> {
    let graph = &function.graph;
    let asked = graph.ids().any(|id| indices(graph, id).iter().any(|index| is_accumulated(graph, *index)));
    if !asked {
        return Cow::Borrowed(function);
    }
    let mut result = graph.successor();
    let mut renamed: Vec<NodeId> = vec![];
    for id in graph.ids() {
        let node = graph.node(id);
        result.set_origin(node.origin.clone());
        let mut operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        let indices = indices(graph, id);
        for (old, new) in node.operands.iter().zip(&mut operands) {
            if indices.contains(old) && is_accumulated(graph, *old) {
                *new = result.copy(*new);
            }
        }
        renamed.push(result.op_node(node.op.clone(), &operands));
    }
    Cow::Owned(function.with_graph(result, &|id| renamed[id.index()]))
}

/// The operands that say places, or whose rows a routine reads.
fn indices(graph: &Graph, id: NodeId) -> Vec<NodeId> {
    let coordinates = match graph.kernel(id) {
        Kernel::Routine(_) => return graph.operands(id).to_vec(),
        Kernel::Gather(gather) => gather.coordinates,
        Kernel::Scatter(scatter) => scatter.coordinates,
        Kernel::Leaf(_)
        | Kernel::Map(_)
        | Kernel::Reduce(_)
        | Kernel::View(_)
        | Kernel::Reshape
        | Kernel::Concatenate(_)
        | Kernel::Scan(_)
        | Kernel::Contract(_)
        | Kernel::Composite => vec![],
    };
    let number = |coordinate: &Coordinate| match coordinate {
        Coordinate::Index(number) => Some(graph.operands(id)[1 + number]),
        Coordinate::Affine(_) => None,
    };
    coordinates.iter().filter_map(number).collect()
}

/// Whether the elements of a reduction, behind whatever views, are made of accumulators where they are read.
fn is_accumulated(graph: &Graph, id: NodeId) -> bool {
    match graph.kernel(id) {
        Kernel::Reduce(reducer) => {
            reducer.accumulators.len() > 1 || reducer.finish != Program::identity(reducer.accumulators[0])
        }
        Kernel::View(view) => is_accumulated(graph, graph.operands(id)[view.operand]),
        Kernel::Reshape => is_accumulated(graph, graph.operands(id)[0]),
        Kernel::Contract(contraction) => contraction.accumulator != contraction.dtype,
        Kernel::Leaf(_)
        | Kernel::Map(_)
        | Kernel::Gather(_)
        | Kernel::Scatter(_)
        | Kernel::Concatenate(_)
        | Kernel::Scan(_)
        | Kernel::Routine(_)
        | Kernel::Composite => false,
    }
}
