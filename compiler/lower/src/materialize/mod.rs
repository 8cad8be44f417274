//! Which values are materialized, and the statements that make them.
//!
//! Reductions and what is put together from parts are always materialized. Any other value is put into the
//! programs that use it, unless that would repeat work worth keeping: an expensive value that several
//! statements use, or one that is computed along fewer loops than the statement that uses it has. What
//! another shape is given to, and what says places, is materialized because it must lie in memory.
//!
//! Statements come in rounds: one for each round of checks of indices. All that a check needs is made before
//! it, into the workspace; what writes outputs and states, and the rest, comes after the last.

mod decide;
mod partial;
mod reads;

use std::collections::BTreeSet;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::Routine;
use tgc_graph::module::Function;
use tgc_plan::Materialized;
use tgc_plan::machine::Machine;
use tgc_scalar::Program;

use crate::classify::{Definition, Definitions, IndexConstraint, ReductionDefinition, ScanDefinition};
use crate::emit::call::Calls;
use crate::ids::{StatementId, indexes};
use crate::loops::{Index, IndexExpr, Loop, LoopInfo, LoopKind, compose, flat, loops_of};
use crate::matmul::{self, MatmulLoops};
use decide::{Repeats, checked, materialized_nodes, must_lie_in_memory, needed, rounds};
use partial::PartialUpdates;
use reads::parts_of_large_expressions;

/// The most tensors that an expression reads.
pub(crate) const MOST_READS: usize = 64;

/// Names a materialized value: one accumulator of a reduction, or the elements of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(pub usize);

/// A materialized value.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub dtype: DType,
    pub shape: Vec<Dim>,
    /// A name for its buffer.
    pub name: String,
    /// The output that it is.
    pub output: Option<usize>,
    /// Why it is one.
    pub why: Materialized,
}

/// What runs over a loop space of its own.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    /// The loops of the result's axes, then the summed ones; none has the static extent 1.
    pub loops: Vec<LoopInfo>,
    /// Where in what it writes the loops are.
    pub index: Index,
    pub action: Action,
    /// How many rounds of checks come before it.
    pub round: usize,
    /// The loops by what they do in a matmul, if the reduction is one.
    pub matmul: Option<MatmulLoops>,
}

indexes!(StatementId: Statement);

/// What a statement does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Writes a node's elements.
    Store { node: NodeId, to: Destination },
    /// Reduces into accumulators; operands with the loops along their axes.
    Reduce { node: NodeId, operands: Vec<(NodeId, Index)>, sums: Index, values: Vec<ValueId> },
    /// Reduces along a loop and writes what each step gives; operands with the loops along their axes.
    Scan { node: NodeId, operands: Vec<(NodeId, Index)>, along: Loop, value: ValueId },
    /// Runs a routine on the rows of an operand, with the loops along its axes.
    Call { node: NodeId, routine: Routine, operand: (NodeId, Index), value: ValueId },
    /// Writes elements of a node into a part of another, or adds them to it.
    Part { of: NodeId, from: (NodeId, Index), add: Option<Program>, over: bool, value: ValueId },
}

/// Where elements go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    Value(ValueId),
    Output(usize),
    State(usize),
}

/// A read of memory.
#[derive(Clone, Debug)]
pub(crate) struct MemoryRead {
    /// The source or materialized value.
    pub node: NodeId,
    /// Where, in this shape.
    pub index: Index,
    pub shape: Vec<Dim>,
    /// The shape is another than the node's.
    pub reshaped: bool,
}

/// A function as materialized values and the statements that make them.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    pub graph: &'a Graph,
    pub definitions: Vec<Definition>,
    /// What is called rather than written out.
    pub calls: Calls,
    /// The materialized values of each node.
    pub materialized: Vec<Option<Vec<ValueId>>>,
    pub values: Vec<Value>,
    /// Variables that are updated part by part: their new values.
    pub partial: PartialUpdates,
    /// By round; in each, producers before their readers.
    pub statements: Vec<Statement>,
    /// What is checked after each round.
    pub checks: Vec<Vec<IndexConstraint>>,
}

impl Statements<'_> {
    /// The definition of a node that is a reduction.
    pub(crate) fn reduction(&self, node: NodeId) -> &ReductionDefinition {
        self.definitions[node.index()].as_reduction().expect("invariant: statements reduce only reductions")
    }

    /// The definition of a node that is a scan.
    pub(crate) fn scan(&self, node: NodeId) -> &ScanDefinition {
        if let Definition::Scan(scan) = &self.definitions[node.index()] {
            scan
        } else {
            unreachable!("invariant: statements go along running reductions only")
        }
    }

    /// The node whose memory holds a node's elements, in whatever shape.
    pub(crate) fn in_memory(&self, node: NodeId) -> NodeId {
        in_memory(&self.definitions, node)
    }

    /// The (node, index) pairs that `starts` need, operands first, without looking into materialized values,
    /// apart from `inside`. What says places is among them.
    pub(crate) fn closure(
        &self,
        starts: impl IntoIterator<Item = (NodeId, Index)>,
        inside: Option<NodeId>,
    ) -> BTreeSet<(NodeId, Index)> {
        let mut work: BTreeSet<(NodeId, Index)> = starts.into_iter().collect();
        let mut seen = BTreeSet::new();
        // Operands have smaller ids, so the largest is asked for again only where it says places: it is
        // materialized then.
        while let Some((node, index)) = work.pop_last() {
            let looks_inside = inside == Some(node) || self.materialized[node.index()].is_none();
            if looks_inside && let Definition::Inline { operands, .. } = &self.definitions[node.index()] {
                work.extend(operands.iter().map(|o| (o.node, compose(&index, &o.axes))));
            }
            for (lookup, _) in index.iter().flat_map(|place| &place.lookups) {
                work.insert((lookup.node, lookup.at.clone()));
            }
            seen.insert((node, index));
        }
        seen
    }

    /// What expressions read from memory.
    pub(crate) fn memory_reads(
        &self,
        starts: Vec<(NodeId, Index)>,
        inside: Option<NodeId>,
    ) -> Vec<MemoryRead> {
        let mut reads = vec![];
        for (node, index) in self.closure(starts, inside) {
            let base = self.in_memory(node);
            let materialized = self.materialized[base.index()].is_some() && inside != Some(node);
            if materialized || matches!(self.definitions[base.index()], Definition::Source(_)) {
                let shape = self.graph.ty(node).shape.clone();
                reads.push(MemoryRead { node: base, index, shape, reshaped: base != node });
            }
        }
        reads
    }

    /// What a statement reads from memory.
    pub(crate) fn reads(&self, statement: &Statement) -> Vec<MemoryRead> {
        let (mut starts, inside) = statement.starts();
        // What says where to write is read as well.
        let places = statement.index.iter().flat_map(|place| &place.lookups);
        starts.extend(places.map(|(lookup, _)| (lookup.node, lookup.at.clone())));
        self.memory_reads(starts, inside)
    }

    /// Where the indices are that a statement asks for as numbers.
    pub(crate) fn positions(&self, statement: &Statement) -> Vec<IndexExpr> {
        let (starts, inside) = statement.starts();
        let asked = self.closure(starts, inside);
        let iotas = asked.iter().filter(|(n, _)| matches!(self.definitions[n.index()], Definition::Iota));
        let mut positions: Vec<IndexExpr> =
            iotas.map(|(node, index)| flat(&self.graph.ty(*node).shape, index)).collect();
        if let Action::Reduce { node, sums, .. } = &statement.action
            && self.reduction(*node).indexed
        {
            positions.push(flat(&self.reduction(*node).sums, sums));
        }
        positions
    }

    /// Whether a statement copies a variable of which parts are updated.
    pub(crate) fn copies_variable(&self, statement: &Statement) -> bool {
        matches!(&statement.action, Action::Part { of, over: false, .. } if self.partial.contains(*of))
    }

    /// The node that a statement writes.
    pub(crate) fn result(&self, statement: &Statement) -> NodeId {
        match &statement.action {
            Action::Store { node, .. }
            | Action::Reduce { node, .. }
            | Action::Scan { node, .. }
            | Action::Call { node, .. } => *node,
            Action::Part { of, .. } => *of,
        }
    }
}

/// See [`Statements::in_memory`].
fn in_memory(definitions: &[Definition], mut node: NodeId) -> NodeId {
    while let Definition::Reshape(operand) = &definitions[node.index()] {
        node = *operand;
    }
    node
}

impl Statement {
    /// The expressions it computes, and the materialized node whose own definition it must look into.
    pub(crate) fn starts(&self) -> (Vec<(NodeId, Index)>, Option<NodeId>) {
        match &self.action {
            Action::Store { node, to } => {
                let inside = matches!(to, Destination::Value(_)).then_some(*node);
                (vec![(*node, self.index.clone())], inside)
            }
            Action::Reduce { operands, .. } | Action::Scan { operands, .. } => (operands.clone(), None),
            Action::Part { from, .. } => (vec![from.clone()], None),
            Action::Call { operand, .. } => (vec![operand.clone()], None),
        }
    }
}

/// Decides what is materialized and lists the statements.
pub(crate) fn statements<'a>(
    function: &'a Function,
    definitions: Definitions,
    machine: &Machine,
) -> Statements<'a> {
    let graph = &function.graph;
    let Definitions { nodes: definitions, constraints, fused: _ } = definitions;
    let live = graph.reachable(&function.roots());
    let constraints: Vec<IndexConstraint> =
        constraints.into_iter().filter(|constraint| live[constraint.by.index()]).collect();
    let needed = needed(function, &definitions, &constraints);
    let multiplied = matmul::needed_in_memory(graph, &definitions);
    let partial = PartialUpdates::of(function, &definitions);
    let in_memory = must_lie_in_memory(&definitions, &constraints, &needed, multiplied, &partial.read_before);
    let rounds = rounds(&definitions, &constraints);
    let checked = checked(&definitions, &constraints);
    let (never, tuning) = (Repeats::none(graph.len()), &Machine::ORDER.tuning);
    let (_, repeats) = materialized_nodes(function, &definitions, (&in_memory, &checked), &never, tuning);
    // A materialized value makes its users cheap: once more, knowing that.
    let (mut materialized, _) =
        materialized_nodes(function, &definitions, (&in_memory, &checked), &repeats, tuning);
    for part in parts_of_large_expressions(graph, &definitions, &materialized, &needed) {
        materialized[part.index()] = Some(Materialized::ManyReads);
    }
    let mut program = Statements {
        graph,
        calls: Calls::new(&definitions, machine),
        definitions,
        materialized: vec![None; graph.len()],
        values: vec![],
        partial,
        statements: vec![],
        checks: vec![vec![]; rounds.last],
    };
    for constraint in constraints {
        let list = &mut program.checks[rounds.of_node[constraint.node.index()]];
        if !list.iter().any(|other| other.node == constraint.node && other.extent == constraint.extent) {
            list.push(constraint);
        }
    }
    let mut ordered: Vec<(usize, Statement)> = vec![];
    // A matmul that nothing but updates wait for comes with them: others may still read the variables.
    let only_for_updates = only_for_updates(function, &program.definitions);
    let mut late = vec![false; graph.len()];
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let at = id.index();
        let mut own = statements_of(&mut program, id, materialized[at]);
        own.iter_mut().for_each(|statement| statement.round = rounds.of_node[at]);
        let is_late = only_for_updates[at]
            && (own.iter().any(|s| s.matmul.is_some())
                || program.definitions[at].uses().iter().any(|node| late[node.index()]));
        late[at] = is_late;
        let position = match (program.partial.contains(id), is_late) {
            (true, _) => graph.len() + 1,
            (false, true) => graph.len(),
            (false, false) => at,
        };
        ordered.extend(own.into_iter().map(|statement| (position, statement)));
    }
    for (position, output) in function.outputs.iter().enumerate() {
        let value = direct_value(&program, output.node);
        let of_last_round = rounds.of_node[program.in_memory(output.node).index()] == rounds.last;
        if let Some(value) = value.filter(|_| of_last_round) {
            program.values[value.0].output = Some(position);
        } else {
            let statement = store_statement(graph, output.node, Destination::Output(position));
            ordered.push((output.node.index(), Statement { round: rounds.last, ..statement }));
        }
    }
    for update in &function.updates {
        let statement = store_statement(graph, update.node, Destination::State(update.shared));
        let position = graph.len() + usize::from(program.partial.contains(update.node));
        ordered.push((position, Statement { round: rounds.last, ..statement }));
    }
    ordered.sort_by_key(|(at, statement)| (statement.round, *at));
    program.statements = ordered.into_iter().map(|(_, s)| s).collect();
    program
}

/// The statements that compute a node; an expression has one if it is materialized.
fn statements_of(
    program: &mut Statements<'_>,
    id: NodeId,
    materialized: Option<Materialized>,
) -> Vec<Statement> {
    match &program.definitions[id.index()] {
        Definition::Reduction(_) => vec![reduce_statement(program, id)],
        Definition::Scan(_) => vec![scan_statement(program, id)],
        Definition::Assembly(_) => part_statements(program, id),
        &Definition::Routine(routine, operand) => vec![call_statement(program, id, routine, operand)],
        Definition::Inline { .. } | Definition::Splat(_) | Definition::Size(_) | Definition::Iota => {
            materialized.map_or(vec![], |why| {
                let value = add_value(program, id, program.graph.ty(id).dtype, "", why);
                program.materialized[id.index()] = Some(vec![value]);
                vec![store_statement(program.graph, id, Destination::Value(value))]
            })
        }
        Definition::Dead | Definition::Source(_) | Definition::Reshape(_) => vec![],
    }
}

/// What only updates are computed from, and by nothing but expressions.
fn only_for_updates(function: &Function, definitions: &[Definition]) -> Vec<bool> {
    let mut wanted = vec![false; definitions.len()];
    function.outputs.iter().for_each(|output| wanted[output.node.index()] = true);
    for at in (0..definitions.len()).rev() {
        let by_expression = matches!(definitions[at], Definition::Inline { .. });
        for node in definitions[at].uses() {
            wanted[node.index()] |= wanted[at] || !by_expression;
        }
    }
    wanted.into_iter().map(|wanted| !wanted).collect()
}

/// The value whose buffer can be an output itself.
fn direct_value(program: &Statements<'_>, node: NodeId) -> Option<ValueId> {
    let base = program.in_memory(node);
    let values = program.materialized[base.index()].as_ref()?;
    let finished =
        program.definitions[base.index()].as_reduction().is_none_or(ReductionDefinition::is_finished);
    let same_size = program.graph.ty(base).elements() == program.graph.ty(node).elements();
    (finished && same_size && program.values[values[0].0].output.is_none()).then_some(values[0])
}

fn add_value(
    program: &mut Statements<'_>,
    node: NodeId,
    dtype: DType,
    suffix: &str,
    why: Materialized,
) -> ValueId {
    program.values.push(Value {
        dtype,
        shape: program.graph.ty(node).shape.clone(),
        name: format!("t{}{suffix}", node.0),
        output: None,
        why,
    });
    ValueId(program.values.len() - 1)
}

fn store_statement(graph: &Graph, node: NodeId, to: Destination) -> Statement {
    let (loops, index) = loops_of(&graph.ty(node).shape, &[]);
    Statement { loops, index, action: Action::Store { node, to }, round: 0, matmul: None }
}

fn reduce_statement(program: &mut Statements<'_>, node: NodeId) -> Statement {
    let reduction = program.reduction(node).clone();
    let shape = &program.graph.ty(node).shape;
    let (loops, mut index) = loops_of(shape, &reduction.sums);
    let operands = reduction.operands.iter().map(|o| (o.node, compose(&index, &o.axes))).collect();
    let sums = index.split_off(shape.len());
    let arity = reduction.reducer.accumulators.len();
    let suffix = |i: usize| if arity == 1 { String::new() } else { format!("_{i}") };
    let values: Vec<ValueId> = (0..arity)
        .map(|i| {
            add_value(program, node, reduction.reducer.accumulators[i], &suffix(i), Materialized::Reduction)
        })
        .collect();
    program.materialized[node.index()] = Some(values.clone());
    let matmul = MatmulLoops::of(program.graph, &program.definitions, node);
    Statement { loops, index, action: Action::Reduce { node, operands, sums, values }, round: 0, matmul }
}

fn scan_statement(program: &mut Statements<'_>, node: NodeId) -> Statement {
    let ScanDefinition { operands, scan } = program.scan(node).clone();
    let ty = program.graph.ty(node);
    let (mut loops, mut index) = loops_of(&ty.shape, &[]);
    let along = index[scan.axis].as_loop().expect("invariant: one element is no scan");
    loops[along.number()].kind = LoopKind::Scan;
    if scan.reverse {
        index[scan.axis] = IndexExpr::back(along, &ty.shape[scan.axis]);
    }
    let operands = operands.iter().map(|o| (o.node, compose(&index, &o.axes))).collect();
    let value = add_value(program, node, ty.dtype, "", Materialized::Scan);
    program.materialized[node.index()] = Some(vec![value]);
    let action = Action::Scan { node, operands, along, value };
    Statement { loops, index, action, round: 0, matmul: None }
}

fn call_statement(
    program: &mut Statements<'_>,
    node: NodeId,
    routine: Routine,
    operand: NodeId,
) -> Statement {
    let ty = program.graph.ty(node);
    let (loops, index) = loops_of(&ty.shape, &[]);
    let value = add_value(program, node, ty.dtype, "", Materialized::Routine);
    program.materialized[node.index()] = Some(vec![value]);
    let action = Action::Call { node, routine, operand: (operand, index.clone()), value };
    Statement { loops, index, action, round: 0, matmul: None }
}

fn part_statements(program: &mut Statements<'_>, node: NodeId) -> Vec<Statement> {
    let Definition::Assembly(parts) = program.definitions[node.index()].clone() else {
        unreachable!("invariant: only assemblies have parts")
    };
    let value = add_value(program, node, program.graph.ty(node).dtype, "", Materialized::Parts);
    program.materialized[node.index()] = Some(vec![value]);
    let statement = |part: crate::classify::Part| {
        let (loops, own) = loops_of(&part.extents, &[]);
        let from = (part.from.node, compose(&own, &part.from.axes));
        let action = Action::Part { of: node, from, add: part.add, over: part.over, value };
        Statement { loops, index: compose(&own, &part.to), action, round: 0, matmul: None }
    };
    parts.into_iter().map(statement).collect()
}
