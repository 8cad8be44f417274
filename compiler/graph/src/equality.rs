//! When two modules are the same: names, numbering, types, sizes and origins agree. Tensor data is compared
//! by its content address, and data that no constant names does not count.

use crate::graph::Graph;
use crate::module::{Function, Module};

impl PartialEq for Graph {
    fn eq(&self, other: &Graph) -> bool {
        let same_node = |id| {
            let (a, b) = (self.node(id), other.node(id));
            a.op == b.op && a.operands == b.operands && a.ty == b.ty && a.origin == b.origin
        };
        self.len() == other.len()
            && self.scope.symbols == other.scope.symbols
            && self.scope.equations == other.scope.equations
            && self.ids().all(same_node)
    }
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
            && self.inputs == other.inputs
            && self.outputs == other.outputs
            && self.updates == other.updates
            && self.graph == other.graph
    }
}

impl PartialEq for Module {
    fn eq(&self, other: &Module) -> bool {
        self.name == other.name && self.shared == other.shared && self.functions == other.functions
    }
}
