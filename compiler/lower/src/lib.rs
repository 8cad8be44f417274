//! Graph to Plan: decides loops, fusion, memory and vector widths.
//!
//! `prepare` brings a function's graph in form, then the phases of [`phases`] run, each from one form to the
//! next: what nodes are, which values are materialized, which statements share loops, how they are cut into
//! blocks, the steps that this makes, how much of each runs together, and where buffers lie. [`lower_until`]
//! prints the form after any of them.
//!
//! Nodes are known by their kernels alone. Nothing here depends on the order of a hash map.
//!
//! # What is public
//!
//! [`lower`] and what prints the phases, for the compiler's own crates; it changes without notice.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod classify;
mod cut;
mod emit;
mod form;
mod fuse;
mod holds;
mod ids;
mod loops;
mod materialize;
mod matmul;
mod memory;
mod names;
mod phase;
mod prepare;
mod show;
mod tune;

use std::collections::BTreeMap;

use tgc_graph::array::Array;
use tgc_graph::data::DataId;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Kernel, Leaf};
use tgc_graph::module::{Function, Module};
use tgc_graph::origin::Origin;

use form::{Context, Form};
use tgc_plan::machine::Machine;
use tgc_plan::{
    Argument, Body, Check, Interface, MemoryAccess, ModelPlan, Signature, State, Step, Storage, Variant,
};

pub use phase::Phase;

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
    let (mut functions, mut bodies) = (vec![], vec![]);
    let constants = run(module, machine, None, &mut |form, context| {
        let Form::Body(body) = form else { unreachable!("invariant: the last phase gives a body") };
        let signature = signature(context.function, &body);
        bodies.push(body.behind(signature.frame()));
        functions.push(signature);
    })?;
    let interface = Interface {
        name: module.name.clone(),
        sizes: module.sizes(),
        states: states(module),
        constants,
        frozen: vec![],
        functions,
    };
    Ok(ModelPlan { interface, variants: vec![Variant { machine: machine.clone(), bodies }] })
}

/// What each function is after one of the [`phases`], as text.
///
/// # Errors
///
/// As [`lower`].
pub fn lower_until(module: &Module, machine: &Machine, phase: &str) -> Result<String, LowerError> {
    let mut text = String::new();
    run(module, machine, Some(phase), &mut |form, context| text.push_str(&show::show(&form, context)))?;
    Ok(text)
}

/// Gives what each function is after a phase, or after all; returns the model's constants.
fn run(
    module: &Module,
    machine: &Machine,
    until: Option<&str>,
    give: &mut dyn FnMut(Form<'_>, &Context<'_>),
) -> Result<Vec<Array>, LowerError> {
    let mut constants = Constants::default();
    for function in &module.functions {
        let function = &*prepare::prepared(function);
        constants.collect(function);
        let context = Context { module, function, constants: &constants.positions, machine };
        give(phase::run(&context, until)?, &context);
    }
    Ok(constants.arrays)
}

/// The phases of planning a function, in order.
pub fn phases() -> &'static [Phase] {
    &phase::PHASES
}

/// The tensor data of a model's functions.
#[derive(Default)]
struct Constants {
    positions: BTreeMap<DataId, usize>,
    arrays: Vec<Array>,
}

impl Constants {
    /// Adds the data that a function needs.
    fn collect(&mut self, function: &Function) {
        let graph = &function.graph;
        let live = graph.reachable(&function.roots());
        for id in graph.ids().filter(|id| live[id.index()]) {
            let Kernel::Leaf(Leaf::Data(data)) = graph.kernel(id) else { continue };
            self.positions.entry(data).or_insert_with(|| {
                let array = graph.scope.data.get(data).expect("invariant: a graph has its constants' data");
                self.arrays.push(array.clone());
                self.arrays.len() - 1
            });
        }
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
    let state = |access: MemoryAccess| match body.buffers[access.buffer().0 as usize].storage {
        Storage::State(state) => Some(state),
        Storage::Input(_) | Storage::Output(_) | Storage::Constant(_) | Storage::Workspace { .. } => None,
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
    if let Kernel::Leaf(Leaf::Input(name)) = graph.kernel(id) {
        name.to_string()
    } else {
        format!("input{}", id.0)
    }
}
