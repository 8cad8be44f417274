//! `scatter_add`: the data with updates added to the elements at the places that integer tensors name.

use crate::attribute::Attribute;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, TypeError};
use crate::kernel::Kernel;
use crate::ops::{Gather, Notation, Operation, Vjp, attributes, scatter};
use crate::ty::TensorType;

/// The first operand with the last operand added to what [`Gather`] with these attributes selects, by the
/// operands between.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScatterAdd {
    /// Number of leading axes that the data, the index and the updates share.
    pub batch: usize,
    /// The data's axes that are indexed, ascending.
    pub axes: Vec<usize>,
    /// The updates' axis where those of the index begin.
    pub at: usize,
}

attributes!(ScatterAdd, "scatter_add", batch = Zero, axes, at);

impl Operation for ScatterAdd {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn doc(&self) -> &'static str {
        "the first operand with the last one's elements added at the places that integer tensors name, in row-major \
         order."
    }

    fn arity(&self) -> usize {
        2 + self.axes.len()
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.attribute_list()
    }

    fn notation(&self) -> Notation {
        Notation::Call("ScatterAdd")
    }

    fn infer(&self, operands: &[Operand<'_>], constraints: &mut Constraints<'_>) -> Result<TensorType, TypeError> {
        scatter::infer(&self.place(), operands, constraints)
    }

    fn kernel(&self, operands: &[Operand<'_>], _: &TensorType) -> Kernel {
        scatter::kernel(&self.place(), operands, true)
    }

    fn gradient(&self, graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let last = vjp.operands.len() - 1;
        let mut gradients = vec![None; vjp.operands.len()];
        gradients[0] = Some(vjp.cotangent);
        let operands = [&[vjp.cotangent], &vjp.operands[1..last]].concat();
        gradients[last] = Some(graph.op_node(self.place(), &operands));
        gradients
    }

    fn lift(&self, graph: &mut Graph, operands: &[NodeId], batched: &[bool], lead: &Dim) -> NodeId {
        let operands = scatter::lifted(graph, operands, batched, lead);
        graph.op_node(ScatterAdd::at(self.place().lifted()), &operands)
    }
}

impl ScatterAdd {
    pub(crate) fn sample() -> ScatterAdd {
        ScatterAdd::at(Gather::sample())
    }

    /// Adds to what is gathered.
    pub(crate) fn at(place: Gather) -> ScatterAdd {
        ScatterAdd { batch: place.batch, axes: place.axes, at: place.at }
    }

    fn place(&self) -> Gather {
        Gather { batch: self.batch, axes: self.axes.clone(), at: self.at }
    }
}
