//! From expressions to a function: checks, solved sizes, and a graph of its own.

use std::collections::BTreeMap;
use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::ranges::Sizes;
use super::solve::{self, Solution};
use super::tensor::Handle;
use super::{Arena, BuildError, Constraint, Diagnostic, LowerBound, Model, Tensor};
use crate::array::Array;
use crate::attribute::Attribute;
use crate::dim::{Dim, SymbolId, Symbols};
use crate::graph::{Graph, NodeId, Scope};
use crate::infer::{Equation, Equations, Reason};
use crate::limits::MAX_SHARED;
use crate::module::{Function, Module, Output, Update};
use crate::ops::{Op, OptionalInput};
use crate::origin::Origin;
use crate::ty::MAX_RANK;
use crate::verify::{self, VerifyError};

/// A function under construction.
#[derive(Debug)]
#[must_use = "a function becomes part of the model by `finish`"]
pub struct FunctionBuilder<'m> {
    model: &'m Model,
    name: String,
    origin: Origin,
    inputs: Vec<Tensor<'m>>,
    outputs: Vec<(String, Tensor<'m>)>,
    updates: Vec<(Tensor<'m>, Tensor<'m>, Origin)>,
    defaults: Vec<(Tensor<'m>, Array, Origin)>,
    givens: Vec<(Tensor<'m>, Tensor<'m>, Origin)>,
    allow_unused: bool,
}

impl<'m> FunctionBuilder<'m> {
    pub(super) fn new(model: &'m Model, name: &str, origin: Origin) -> FunctionBuilder<'m> {
        FunctionBuilder {
            model,
            name: name.to_owned(),
            origin,
            inputs: vec![],
            outputs: vec![],
            updates: vec![],
            defaults: vec![],
            givens: vec![],
            allow_unused: false,
        }
    }

    /// Appends arguments, in the order in which callers give them.
    pub fn inputs(mut self, inputs: impl IntoIterator<Item = Tensor<'m>>) -> Self {
        self.inputs.extend(inputs);
        self
    }

    /// Appends an argument that callers may leave out: it then has this value. The argument's shape is static
    /// and the value's.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let [x, rate] = m.dscalars(["x", "rate"]);
    /// m.function("scale").inputs([x]).input_with_default(rate, 0.1).output("y", x * rate).finish()?;
    /// # Ok::<(), tgc_graph::builder::BuildError>(())
    /// ```
    #[track_caller]
    pub fn input_with_default(mut self, input: Tensor<'m>, value: impl Into<Array>) -> Self {
        self.inputs.push(input);
        self.defaults.push((input, value.into(), self.model.origin(Location::caller())));
        self
    }

    /// Replaces an expression, wherever this function's outputs and updates use it, by another of its type.
    /// All replacements are made at once: what replaces is not itself replaced.
    ///
    /// ```
    /// use tgc_graph::prelude::*;
    ///
    /// let m = Model::new("example");
    /// let x = m.dvector("x");
    /// let data = m.shared("data", [1.0, 2.0, 3.0]);
    /// m.function("total").given(x, data).output("y", (x * 2.0).sum()).finish()?;
    /// # Ok::<(), tgc_graph::builder::BuildError>(())
    /// ```
    #[track_caller]
    pub fn given(mut self, replaced: Tensor<'m>, by: Tensor<'m>) -> Self {
        self.givens.push((replaced, by, self.model.origin(Location::caller())));
        self
    }

    /// Appends a result.
    pub fn output(mut self, name: &str, value: Tensor<'m>) -> Self {
        self.outputs.push((name.to_owned(), value));
        self
    }

    /// Appends several results.
    pub fn outputs<'n>(mut self, outputs: impl IntoIterator<Item = (&'n str, Tensor<'m>)>) -> Self {
        self.outputs.extend(outputs.into_iter().map(|(name, value)| (name.to_owned(), value)));
        self
    }

    /// Gives a shared variable a new value when the function returns. All right-hand sides use the values
    /// from before the call. The value has the variable's type.
    #[track_caller]
    pub fn update(mut self, shared: Tensor<'m>, value: Tensor<'m>) -> Self {
        self.updates.push((shared, value, self.model.origin(Location::caller())));
        self
    }

    /// Lets arguments be that nothing depends on.
    pub fn allow_unused(mut self) -> Self {
        self.allow_unused = true;
        self
    }

    /// Checks the function and adds it to the model.
    ///
    /// # Errors
    ///
    /// All that is wrong with the function and with any expression of the model so far.
    pub fn finish(self) -> Result<(), BuildError> {
        let (model, origin) = (self.model, self.origin.clone());
        let arena = &mut *model.arena_mut();
        let function = self.build(arena)?;
        let functions = arena.functions.iter().cloned().chain([function]).collect();
        let module = Module { name: model.name.clone(), shared: arena.shared.clone(), functions };
        let refused =
            |error: VerifyError| BuildError { diagnostics: vec![diagnostic_of(arena, &error, &origin)] };
        verify::verify_last(&module).map_err(refused)?;
        arena.functions = module.functions;
        Ok(())
    }

    pub(super) fn build(mut self, arena: &mut Arena) -> Result<Function, BuildError> {
        let mut diagnostics = arena.diagnostics.clone();
        self.substitute(arena, &mut diagnostics);
        self.check_defaults(arena, &mut diagnostics);
        let roots = self.roots(arena, &mut diagnostics);
        let live = arena.graph.reachable(&roots);
        self.check_names(arena, &mut diagnostics);
        let inputs = self.check_inputs(arena, &live, &mut diagnostics);
        let constraints: Vec<Constraint> =
            arena.constraints.iter().filter(|d| live[d.node.index()]).cloned().collect();
        let lower_bounds: Vec<LowerBound> =
            arena.lower_bounds.iter().filter(|f| live[f.node.index()]).cloned().collect();
        let solved =
            solve::solve(&arena.symbols, &arena.declared, &arena.ranged, &constraints, &lower_bounds);
        let solution = match solved {
            Ok(mut solution) => {
                let wanted = arena.graph.ids().filter(|id| live[id.index()] || inputs.contains(id));
                let apply = |dim: &Dim| solution.apply(dim);
                let sizes = wanted.map(|id| Sizes::of(arena.graph.op(id), arena.graph.ty(id), &apply));
                let sizes: Vec<Sizes> = sizes.collect();
                solution.lower(&sizes);
                solution
            }
            Err(conflicts) => {
                diagnostics.extend(conflicts.into_iter().map(|c| conflict_to_diagnostic(arena, c)));
                return Err(BuildError { diagnostics });
            }
        };
        if !diagnostics.is_empty() {
            return Err(BuildError { diagnostics });
        }
        self.assemble(arena, &live, &inputs, &solution)
            .map_err(|problem| BuildError { diagnostics: vec![problem] })
    }

    /// Puts what is given in place of what it replaces.
    fn substitute(&mut self, arena: &mut Arena, diagnostics: &mut Vec<Diagnostic>) {
        let mut replaced: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        for (old, new, origin) in std::mem::take(&mut self.givens) {
            let (Some(old), Some(new)) = (self.own(&old, diagnostics), self.own(&new, diagnostics)) else {
                continue;
            };
            if let Err(message) = self.check_given(arena, old, new) {
                self.diagnose(diagnostics, message, &origin);
            } else if replaced.insert(old, new).is_some() {
                let message = format!("{} is given twice; keep one", arena.describe(old));
                self.diagnose(diagnostics, message, &origin);
            }
        }
        if replaced.is_empty() {
            return;
        }
        let values = self.outputs.iter_mut().map(|(_, value)| value);
        let values: Vec<&mut Tensor<'m>> =
            values.chain(self.updates.iter_mut().map(|(_, value, _)| value)).collect();
        let roots: Vec<NodeId> = values.iter().filter_map(|value| value.id()).collect();
        match replace(arena, &roots, &replaced) {
            Ok(moved) => {
                for value in values {
                    if let Some(id) = value.id() {
                        value.handle = Handle::Node(moved[&id]);
                    }
                }
            }
            Err(problem) => diagnostics.push(problem),
        }
    }

    fn check_given(&self, arena: &mut Arena, old: NodeId, new: NodeId) -> Result<(), String> {
        let (from, to) = (arena.graph.ty(old).clone(), arena.graph.ty(new).clone());
        let (old_text, new_text) = (arena.describe(old), arena.describe(new));
        if from.dtype != to.dtype || from.rank() != to.rank() {
            return Err(format!(
                "{new_text} is given for {old_text}; give a tensor of its element type and rank"
            ));
        }
        for axis in 0..from.rank() {
            let (left, right) = (&from.shape[axis], &to.shape[axis]);
            if left.is_one() != right.is_one() {
                return Err(format!(
                    "{new_text} is given for {old_text}, and only one of them has the static size 1 along axis {axis}; \
                     give a tensor that broadcasts alike"
                ));
            }
            if left != right {
                let name = |text: &str| format!("{text} axis {axis}");
                let (left, right) = ((left.clone(), name(&old_text)), (right.clone(), name(&new_text)));
                arena.constraints.push(Constraint { node: new, left, right });
            }
        }
        Ok(())
    }

    fn check_defaults(&self, arena: &Arena, diagnostics: &mut Vec<Diagnostic>) {
        for (input, value, origin) in &self.defaults {
            let Some(id) = self.own(input, diagnostics) else { continue };
            let ty = arena.graph.ty(id);
            let (dtype, shape) = (value.dtype(), value.shape());
            if ty.dtype != dtype || ty.static_shape().is_some_and(|static_shape| static_shape != shape) {
                let what = arena.describe(id);
                let message =
                    format!("the default of {what} is {dtype}{shape:?}; give a value of the argument's type");
                self.diagnose(diagnostics, message, origin);
            }
        }
    }

    fn diagnose(&self, diagnostics: &mut Vec<Diagnostic>, message: String, origin: &Origin) {
        let message = format!("function {}: {message}", self.name);
        let reason = Box::new(Reason::Function { name: self.name.clone() });
        diagnostics.push(Diagnostic { message, origin: origin.clone(), reason });
    }

    /// Nodes of outputs and updates; ill-typed ones were reported where they arose.
    fn roots(&self, arena: &Arena, diagnostics: &mut Vec<Diagnostic>) -> Vec<NodeId> {
        let mut roots = vec![];
        for (name, value) in &self.outputs {
            match self.own(value, diagnostics) {
                Some(id) => roots.push(id),
                None if diagnostics.is_empty() => {
                    self.diagnose(
                        diagnostics,
                        format!("the output `{name}` is not well-typed"),
                        &self.origin,
                    );
                }
                None => {}
            }
        }
        for (i, (shared, value, origin)) in self.updates.iter().enumerate() {
            let (Some(shared_id), Some(id)) = (self.own(shared, diagnostics), self.own(value, diagnostics))
            else {
                continue;
            };
            roots.push(id);
            let Op::Shared(variable) = arena.graph.op(shared_id) else {
                let what = arena.describe(shared_id);
                self.diagnose(
                    diagnostics,
                    format!("{what} is updated but is no shared variable; declare it with `shared`"),
                    origin,
                );
                continue;
            };
            if self.updates[..i].iter().any(|(other, _, _)| other.id() == Some(shared_id)) {
                self.diagnose(
                    diagnostics,
                    format!("`{}` is updated twice; keep one update", variable.name),
                    origin,
                );
            }
            self.check_update(arena, shared_id, id, origin, diagnostics);
        }
        if self.outputs.is_empty() && self.updates.is_empty() {
            self.diagnose(
                diagnostics,
                "it has neither outputs nor updates; add one".to_owned(),
                &self.origin,
            );
        }
        roots
    }

    fn own(&self, tensor: &Tensor<'m>, diagnostics: &mut Vec<Diagnostic>) -> Option<NodeId> {
        if !std::ptr::eq(tensor.model, self.model) {
            self.diagnose(
                diagnostics,
                "it uses a tensor of another model; build all of it in one".to_owned(),
                &self.origin,
            );
            return None;
        }
        tensor.id()
    }

    fn check_update(
        &self,
        arena: &Arena,
        shared: NodeId,
        value: NodeId,
        origin: &Origin,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let (have, want) = (arena.graph.ty(value), arena.graph.ty(shared));
        let (name, value) = (arena.describe(shared), arena.describe(value));
        if have.dtype != want.dtype {
            let message = format!(
                "the update of {name} is {value}; cast it to {}, the variable's element type",
                want.dtype
            );
            self.diagnose(diagnostics, message, origin);
        } else if have.rank() != want.rank() {
            let message = format!("the update of {name} is {value}; it must have {} axes", want.rank());
            self.diagnose(diagnostics, message, origin);
        }
    }

    fn check_names(&self, arena: &Arena, diagnostics: &mut Vec<Diagnostic>) {
        if arena.functions.iter().any(|f| f.name == self.name) {
            self.diagnose(
                diagnostics,
                "the model has a function of this name already; rename one".to_owned(),
                &self.origin,
            );
        }
        for (i, (name, _)) in self.outputs.iter().enumerate() {
            if self.outputs[..i].iter().any(|(other, _)| other == name) {
                self.diagnose(
                    diagnostics,
                    format!("two outputs are named `{name}`; rename one"),
                    &self.origin,
                );
            }
        }
    }

    /// Input nodes in order; reports what is no input, given twice, unused or missing.
    fn check_inputs(&self, arena: &Arena, live: &[bool], diagnostics: &mut Vec<Diagnostic>) -> Vec<NodeId> {
        let mut inputs: Vec<NodeId> = vec![];
        for tensor in &self.inputs {
            let Some(id) = self.own(tensor, diagnostics) else { continue };
            let what = arena.describe(id);
            if arena.graph.op(id).input_name().is_none() {
                self.diagnose(
                    diagnostics,
                    format!("{what} is given as an argument but is no input"),
                    &self.origin,
                );
            } else if inputs.contains(&id) {
                self.diagnose(diagnostics, format!("{what} is given as an argument twice"), &self.origin);
            } else {
                // An ill-typed expression hides what it depends on; it was reported.
                if !live[id.index()] && !self.allow_unused && arena.diagnostics.is_empty() {
                    let message = format!(
                        "nothing depends on the argument {what}; leave it out, or say allow_unused()"
                    );
                    self.diagnose(diagnostics, message, &self.origin);
                }
                inputs.push(id);
            }
        }
        for id in arena.graph.ids().filter(|id| live[id.index()]) {
            if arena.graph.op(id).input_name().is_some() && !inputs.contains(&id) {
                let message = format!("{} is needed but is not among the inputs; add it", arena.describe(id));
                self.diagnose(diagnostics, message, &self.origin);
            }
        }
        inputs
    }

    fn assemble(
        &self,
        arena: &Arena,
        live: &[bool],
        inputs: &[NodeId],
        solution: &Solution,
    ) -> Result<Function, Diagnostic> {
        let mut symbols = SymbolTable::collect(arena, live, inputs, solution);
        let checks = solution
            .checks
            .iter()
            .map(|e| Equation { left: symbols.rename(&e.left), right: symbols.rename(&e.right), ..e.clone() })
            .collect();
        let equations = Equations { known: checks, made: Some(vec![]) };
        let mut graph = Graph::new(Scope {
            symbols: symbols.table.clone(),
            data: arena.graph.scope.data.clone(),
            equations,
        });
        let mut renamed: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        let wanted = |id: &NodeId| live[id.index()] || inputs.contains(id);
        for id in arena.graph.ids().filter(wanted) {
            let node = arena.graph.node(id);
            graph.set_origin(node.origin.clone());
            let op = map_dims(&node.op, &mut |dim| symbols.rename(&solution.apply(dim)));
            let op = self.optional(arena, id, op, &mut graph)?;
            let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o]).collect();
            let new = graph.add(op, &operands).map_err(|error| Diagnostic {
                message: arena.explain(&error, &node.operands),
                origin: node.origin.clone(),
                reason: error.reason,
            })?;
            arena.check_constraints(&mut graph.scope, id);
            renamed.insert(id, new);
        }
        graph.scope.equations.made = None;
        self.gather(arena, graph, inputs, &renamed)
    }

    /// The input of this node with its default, if it has one.
    fn optional(&self, arena: &Arena, id: NodeId, op: Op, graph: &mut Graph) -> Result<Op, Diagnostic> {
        let (Some((_, value, origin)), Op::Input(input)) =
            (self.defaults.iter().find(|(tensor, _, _)| tensor.id() == Some(id)), &op)
        else {
            return Ok(op);
        };
        let shape = value.shape().iter().map(|n| Some(*n as i64));
        if !input.shape.iter().map(Dim::as_const).eq(shape) {
            let what = arena.describe(id);
            let message = format!(
                "function {}: {what} has a default of the shape {:?}; give the argument that static shape",
                self.name,
                value.shape()
            );
            return Err(Diagnostic {
                message,
                origin: origin.clone(),
                reason: Box::new(Reason::Function { name: self.name.clone() }),
            });
        }
        Ok(OptionalInput::new(input.name.clone(), value, &mut graph.scope.data).into())
    }

    fn gather(
        &self,
        arena: &Arena,
        graph: Graph,
        inputs: &[NodeId],
        renamed: &BTreeMap<NodeId, NodeId>,
    ) -> Result<Function, Diagnostic> {
        let place =
            |tensor: &Tensor<'m>| renamed[&tensor.id().expect("invariant: ill-typed roots were reported")];
        let mut updates = vec![];
        for (shared, value, origin) in &self.updates {
            let Some(Op::Shared(variable)) = shared.id().map(|id| arena.graph.op(id)) else { continue };
            let node = place(value);
            let shared = arena.shared.iter().position(|s| *s.name == *variable.name);
            let shared = shared.expect("invariant: a shared node has its variable");
            if graph.ty(node).shape != variable.shape {
                let message = format!(
                    "function {}: the update of `{}` has the type {} and the variable the shape {:?}; give it the variable's shape",
                    self.name,
                    variable.name,
                    graph.ty(node).display(&graph.scope.symbols),
                    variable.shape
                );
                return Err(Diagnostic {
                    message,
                    origin: origin.clone(),
                    reason: Box::new(Reason::Function { name: self.name.clone() }),
                });
            }
            updates.push(Update { shared, node });
        }
        updates.sort_by_key(|u| u.shared);
        Ok(Function {
            name: self.name.clone(),
            inputs: inputs.iter().map(|id| renamed[id]).collect(),
            outputs: self
                .outputs
                .iter()
                .map(|(name, t)| Output { name: name.clone(), node: place(t) })
                .collect(),
            updates,
            graph,
        })
    }
}

/// What the verifier says, at the place that is to blame: the node, the variable, or else the function.
fn diagnostic_of(arena: &Arena, error: &VerifyError, function: &Origin) -> Diagnostic {
    let variable = |name: &str| {
        let is_it = |id: &NodeId| matches!(arena.graph.op(*id), Op::Shared(shared) if *shared.name == *name);
        arena.graph.ids().find(is_it).map(|id| arena.graph.node(id).origin.clone())
    };
    let origin = match error {
        VerifyError::Name(error) if error.what == "shared variable" => variable(&error.name),
        VerifyError::Rank { name, .. } | VerifyError::Element { name } => variable(name),
        VerifyError::Name(error) => Some((*error.origin).clone()),
        VerifyError::Node { place, .. } | VerifyError::TooLarge { place, .. } => Some(place.origin.clone()),
        VerifyError::Shared { .. }
        | VerifyError::Range { .. }
        | VerifyError::Function { .. }
        | VerifyError::Update { .. } => None,
    };
    let origin = origin.filter(|origin| !origin.is_unknown()).unwrap_or_else(|| function.clone());
    let reason = Box::new(match error {
        VerifyError::Name(error) => Reason::Name { name: error.name.clone() },
        VerifyError::Node { place, .. } => Reason::Node { operation: place.operation.to_owned() },
        VerifyError::TooLarge { bytes, .. } => Reason::TooLarge { bytes: bytes.clone() },
        VerifyError::Shared { found } => Reason::Limit { most: MAX_SHARED, has: *found },
        VerifyError::Rank { rank, .. } => Reason::Limit { most: MAX_RANK, has: *rank },
        VerifyError::Range { name, .. } => Reason::Range { name: name.clone() },
        VerifyError::Function { function, .. } | VerifyError::Update { function, .. } => {
            Reason::Function { name: function.clone() }
        }
        VerifyError::Element { .. } => Reason::ElementType { dtype: DType::Bool },
    });
    Diagnostic { message: error.without_place(), origin, reason }
}

/// Rebuilds what `roots` need, in the same arena, with some nodes replaced; returns where each root went.
pub(super) fn replace(
    arena: &mut Arena,
    roots: &[NodeId],
    replaced: &BTreeMap<NodeId, NodeId>,
) -> Result<BTreeMap<NodeId, NodeId>, Diagnostic> {
    let live = arena.graph.reachable(roots);
    let mut moved: BTreeMap<NodeId, NodeId> = BTreeMap::new();
    for id in (0..live.len() as u32).map(NodeId).filter(|id| live[id.index()]) {
        let node = arena.graph.node(id).clone();
        let operands: Vec<NodeId> = node.operands.iter().map(|operand| moved[operand]).collect();
        let new = match replaced.get(&id) {
            Some(new) => *new,
            None if operands == *node.operands => id,
            None => {
                arena.graph.set_origin(node.origin.clone());
                let added = arena.graph.add(node.op, &operands).map_err(|error| Diagnostic {
                    message: arena.explain(&error, &operands),
                    origin: node.origin.clone(),
                    reason: error.reason,
                })?;
                arena.collect_constraints(added, &operands);
                added
            }
        };
        moved.insert(id, new);
    }
    Ok(moved)
}

fn conflict_to_diagnostic(arena: &Arena, conflict: solve::Conflict) -> Diagnostic {
    let origin = arena.graph.node(conflict.node).origin.clone();
    Diagnostic { message: conflict.message, origin, reason: Box::new(conflict.reason) }
}

/// The symbols of a function, renumbered.
struct SymbolTable {
    table: Symbols,
    new_ids: BTreeMap<SymbolId, SymbolId>,
}

impl SymbolTable {
    /// The symbols that the solved function still depends on, in the order in which the model made them.
    fn collect(arena: &Arena, live: &[bool], inputs: &[NodeId], solution: &Solution) -> SymbolTable {
        let mut used: Vec<SymbolId> = vec![];
        let mut take = |dim: &Dim| used.extend(solution.apply(dim).symbols());
        for id in arena.graph.ids().filter(|id| live[id.index()] || inputs.contains(id)) {
            arena.graph.ty(id).shape.iter().for_each(&mut take);
            map_dims(arena.graph.op(id), &mut |dim| {
                take(dim);
                dim.clone()
            });
        }
        solution.checks.iter().for_each(|e| {
            take(&e.left);
            take(&e.right);
        });
        used.sort();
        used.dedup();
        let mut table = Symbols::default();
        let new_ids = used.into_iter().map(|id| (id, table.push(solution.symbols.get(id).clone()))).collect();
        SymbolTable { table, new_ids }
    }

    fn rename(&mut self, dim: &Dim) -> Dim {
        dim.substitute(&self.table, &mut |id| Dim::symbol(self.new_ids[&id]))
    }
}

/// The same operation with other sizes among its attributes.
fn map_dims(op: &Op, f: &mut dyn FnMut(&Dim) -> Dim) -> Op {
    let mut attributes = crate::attribute::Attributes::default();
    let mut changed = false;
    for (name, attribute) in op.definition().attributes() {
        let attribute = match attribute {
            Attribute::Dim(dim) => Attribute::Dim(f(&dim)),
            Attribute::Dims(dims) => Attribute::Dims(dims.iter().map(&mut *f).collect()),
            other @ Attribute::Bool(_)
            | other @ Attribute::Int(_)
            | other @ Attribute::Ints(_)
            | other @ Attribute::DType(_)
            | other @ Attribute::Text(_)
            | other @ Attribute::Element(_)
            | other @ Attribute::Data(_) => {
                attributes.0.insert(name.to_owned(), other);
                continue;
            }
        };
        changed = true;
        attributes.0.insert(name.to_owned(), attribute);
    }
    if !changed {
        return op.clone();
    }
    Op::from_parts(op.name(), &attributes).expect("invariant: an operation reads its own attributes")
}
