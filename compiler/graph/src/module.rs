//! A finished model as data: shared variables with their initial values, and functions.
//!
//! Passes, plans and files work on a [`Module`]; nothing in it crosses from one function to another but
//! the names of shared variables.

use crate::array::Array;
use crate::dim::Symbol;
use crate::graph::{Graph, NodeId};
use crate::ops::Op;

/// A finished model.
#[derive(Clone, Debug)]
pub struct Module {
    /// The model's name: what the emitted library's names begin with.
    pub name: String,
    /// Shared variables in the order of their declaration.
    pub shared: Vec<SharedVariable>,
    /// Functions in the order of their definition.
    pub functions: Vec<Function>,
}

/// State that lives between calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedVariable {
    /// Its name, unique in the model.
    pub name: String,
    /// Its value in a new instance; decides its type.
    pub initial: Array,
}

/// One function over the model's shared variables.
///
/// The graph's symbols are the function's size parameters, in order. All right-hand sides and outputs use
/// the state from before the call.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name, unique in the model.
    pub name: String,
    /// What it computes.
    pub graph: Graph,
    /// The inputs in order: nodes of the operation `input`.
    pub inputs: Vec<NodeId>,
    /// The outputs in order.
    pub outputs: Vec<Output>,
    /// The updates in the order of the model's shared variables.
    pub updates: Vec<Update>,
}

/// A named output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name, unique in the function.
    pub name: String,
    /// Its value.
    pub node: NodeId,
}

/// A new value for a shared variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The variable: an index into [`Module::shared`].
    pub shared: usize,
    /// The new value; has the variable's type.
    pub node: NodeId,
}

impl Function {
    /// The nodes the function is for: outputs, then updates.
    pub fn roots(&self) -> Vec<NodeId> {
        self.outputs.iter().map(|o| o.node).chain(self.updates.iter().map(|u| u.node)).collect()
    }

    /// The value of an input when the caller gives none.
    pub fn default_of(&self, input: NodeId) -> Option<Array> {
        if let Op::OptionalInput(input) = self.graph.op(input) {
            input.value(&self.graph.scope.data)
        } else {
            None
        }
    }

    /// The same function over another graph, given where each node went.
    pub fn with_graph(&self, graph: Graph, renamed: &dyn Fn(NodeId) -> NodeId) -> Function {
        Function {
            name: self.name.clone(),
            graph,
            inputs: self.inputs.iter().map(|id| renamed(*id)).collect(),
            outputs: self
                .outputs
                .iter()
                .map(|o| Output { name: o.name.clone(), node: renamed(o.node) })
                .collect(),
            updates: self
                .updates
                .iter()
                .map(|u| Update { shared: u.shared, node: renamed(u.node) })
                .collect(),
        }
    }
}

impl Module {
    /// The function of this name.
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.name == name)
    }

    /// The index of the shared variable of this name.
    pub fn shared_index(&self, name: &str) -> Option<usize> {
        self.shared.iter().position(|s| s.name == name)
    }

    /// The sizes that an instance is configured with: the functions' symbols, one per name in order of first
    /// use. A range holds all that some function admits.
    pub fn sizes(&self) -> Vec<Symbol> {
        let mut sizes: Vec<Symbol> = vec![];
        for (_, symbol) in self.functions.iter().flat_map(|f| f.graph.scope.symbols.iter()) {
            match sizes.iter_mut().find(|size| size.name == symbol.name) {
                Some(size) => {
                    (size.min, size.max) = (size.min.min(symbol.min), size.max.max(symbol.max));
                    size.hint = size.hint.or(symbol.hint);
                }
                None => sizes.push(symbol.clone()),
            }
        }
        sizes
    }
}
