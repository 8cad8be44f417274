//! Graph to Plan: decides loops, fusion, memory and vector widths.
//!
//! 1. `pairs` makes sums over several axes sums over one, `indices` nodes of what lies in memory to say places; `define` says
//!    what each node is; `values` which values are kept, and the statements that make them.
//! 2. `place` puts statements into nests; the outer loop is the unit of fusion.
//! 3. `blocks` cuts statements into pieces of blocks; `inline` and `emit` write programs and sinks; `call` says which
//!    elementary functions they call.
//! 4. `unroll` writes small folds out; `vector` sets lanes, rows and chunks, `halve` adds narrow values before they are widened, `stage` cuts long programs, `ahead` asks for what
//!    the next row reads; `memory` puts updates in place and shares the workspace.
//!
//! Nodes are known by their kernels alone. Nothing here depends on the order of a hash map.

mod ahead;
mod blocks;
mod call;
mod define;
mod emit;
mod halve;
mod indices;
mod inline;
mod loops;
mod memory;
mod pairs;
mod place;
mod product;
mod stage;
mod unroll;
mod values;
mod vector;

use std::collections::BTreeMap;

use tgc_graph::array::Array;
use tgc_graph::data::DataId;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Kernel, Leaf};
use tgc_graph::module::{Function, Module};
use tgc_graph::origin::Origin;

use define::{Definition, Definitions, Source};
use tgc_plan::machine::Machine;
use tgc_plan::{
    Argument, Body, Check, Interface, MemoryAccess, ModelPlan, Place, Signature, State, Step, Variant,
};

/// Why a module has no plan. Modules that went through every stage always have one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LowerError {
    /// A node that lowering cannot take.
    #[error("function `{function}`, {origin}: `{op}` {problem}")]
    Node {
        /// The function's name.
        function: String,
        /// The node's operation.
        op: &'static str,
        /// Who asked for it.
        origin: Origin,
        /// What is wrong, and what to do.
        problem: String,
    },
}

/// The plan of a module whose graphs are optimized.
///
/// # Errors
///
/// If a node has no kernel, or a leaf is not in the module.
pub fn lower(module: &Module, machine: &Machine) -> Result<ModelPlan, LowerError> {
    let mut constants = BTreeMap::new();
    let mut arrays = vec![];
    let (mut functions, mut bodies) = (vec![], vec![]);
    for function in &module.functions {
        let function = pairs::merged(function, machine);
        let function = indices::stored(&function);
        let definitions = define::definitions(module, &function)?;
        collect_constants(&function, &definitions.nodes, &mut constants, &mut arrays);
        let body = plan_body(module, &function, definitions, &constants, machine);
        let signature = signature(&function, &body);
        bodies.push(body.behind(signature.frame()));
        functions.push(signature);
    }
    let interface = Interface {
        name: module.name.clone(),
        sizes: module.sizes(),
        states: states(module),
        constants: arrays,
        frozen: vec![],
        functions,
    };
    Ok(ModelPlan { interface, variants: vec![Variant { machine: machine.clone(), bodies }] })
}

/// Adds the arrays that a function needs to those of the model.
fn collect_constants(
    function: &Function,
    definitions: &[Definition],
    constants: &mut BTreeMap<DataId, usize>,
    arrays: &mut Vec<Array>,
) {
    for definition in definitions {
        let Definition::Source(Source::Constant(data)) = definition else { continue };
        constants.entry(*data).or_insert_with(|| {
            let array =
                function.graph.scope.data.get(*data).expect("invariant: a graph has its constants' data");
            arrays.push(array.clone());
            arrays.len() - 1
        });
    }
}

fn states(module: &Module) -> Vec<State> {
    let mut end = 0u64;
    let state = |shared: &tgc_graph::module::SharedVariable| {
        let offset = end.next_multiple_of(64);
        end = offset + shared.initial.bytes().len() as u64;
        State { name: shared.name.clone(), initial: shared.initial.clone(), offset }
    };
    module.shared.iter().map(state).collect()
}

fn plan_body(
    module: &Module,
    function: &Function,
    definitions: Definitions,
    constants: &BTreeMap<DataId, usize>,
    machine: &Machine,
) -> Body {
    let mut program = values::statements(function, definitions, machine);
    let drafts = place::place(&program, machine);
    let mut cut = blocks::cut(&mut program, &drafts);
    let mut buffers = memory::Buffers::new(module, function, constants);
    let steps = emit::emit(&program, &mut cut, &mut buffers, machine);
    let (buffers, steps, workspace) = buffers.settle(steps);
    Body { buffers, steps, workspace }
}

fn signature(function: &Function, body: &Body) -> Signature {
    let graph = &function.graph;
    let mut updates: Vec<usize> = function.updates.iter().map(|u| u.shared).collect();
    updates.sort_unstable();
    let argument = |name: String, node: NodeId| Argument {
        name,
        ty: graph.ty(node).clone(),
        default: function.default_of(node),
    };
    Signature {
        name: function.name.clone(),
        symbols: graph.scope.symbols.clone(),
        inputs: function.inputs.iter().map(|id| argument(input_name(graph, *id), *id)).collect(),
        outputs: function.outputs.iter().map(|o| argument(o.name.clone(), o.node)).collect(),
        reads: states_read(body),
        updates,
        checks: checks(graph),
    }
}

/// The states that steps read.
fn states_read(body: &Body) -> Vec<usize> {
    let read = body.steps.iter().flat_map(Step::accesses).filter(|access| access.kind.reads());
    let state = |access: MemoryAccess| match body.buffers[access.buffer().0 as usize].place {
        Place::State(state) => Some(state),
        Place::Input(_) | Place::Output(_) | Place::Constant(_) | Place::Workspace { .. } => None,
    };
    let mut states: Vec<usize> = read.filter_map(state).collect();
    states.sort_unstable();
    states.dedup();
    states
}

fn checks(graph: &Graph) -> Vec<Check> {
    let known = graph.scope.equations.known.iter();
    known
        .map(|e| Check {
            left_name: e.left_name.clone(),
            left: e.left.clone(),
            right_name: e.right_name.clone(),
            right: e.right.clone(),
        })
        .collect()
}

fn input_name(graph: &Graph, id: NodeId) -> String {
    match graph.kernel(id) {
        Kernel::Leaf(Leaf::Input(name)) => name.to_string(),
        _ => format!("input{}", id.0),
    }
}
