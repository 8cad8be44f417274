//! Which values are kept, and the statements that make them.
//!
//! Folds are always kept. Any other value is put into the programs that use it, unless that would repeat
//! work worth keeping: an expensive value that several statements use, or one that is computed along fewer
//! loops than the statement that uses it has.

use std::collections::BTreeSet;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::Function;
use tgc_graph::scalar::{Binary, Inst, Program, Unary};

use super::define::{Definition, FoldDefinition};
use super::loops::{Index, Loop, LoopInfo, Place, compose};

/// Names a kept value: one accumulator of a fold, or the elements of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ValueId(pub usize);

/// A kept value.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub dtype: DType,
    pub shape: Vec<Dim>,
    /// A name for its buffer.
    pub name: String,
    /// The output that it is.
    pub output: Option<usize>,
}

/// What runs over a loop space of its own.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// The loops of the result's axes, then the summed ones; none has the static extent 1.
    pub loops: Vec<LoopInfo>,
    /// Where the result's axes run.
    pub index: Index,
    pub action: Action,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub(super) enum Action {
    /// Writes a node's elements.
    Store { node: NodeId, to: Destination },
    /// Folds into accumulators; operands with the loops along their axes.
    Fold { node: NodeId, operands: Vec<(NodeId, Index)>, sums: Index, values: Vec<ValueId> },
}

/// Where elements go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    Value(ValueId),
    Output(usize),
    State(usize),
}

/// A function as kept values and the statements that make them.
#[derive(Debug)]
pub(super) struct Statements<'a> {
    pub graph: &'a Graph,
    pub definitions: Vec<Definition>,
    /// The kept values of each node.
    pub kept: Vec<Option<Vec<ValueId>>>,
    pub values: Vec<Value>,
    /// Producers before their readers.
    pub statements: Vec<Statement>,
}

impl Statements<'_> {
    /// The definition of a node that is a fold.
    pub(super) fn fold(&self, node: NodeId) -> &FoldDefinition {
        self.definitions[node.index()].as_fold().expect("invariant: statements fold only folds")
    }

    /// The (node, index) pairs that `starts` need, operands first, without looking into kept values, apart from
    /// `inside`.
    pub(super) fn closure(
        &self,
        starts: impl IntoIterator<Item = (NodeId, Index)>,
        inside: Option<NodeId>,
    ) -> BTreeSet<(NodeId, Index)> {
        let mut work: BTreeSet<(NodeId, Index)> = starts.into_iter().collect();
        let mut seen = BTreeSet::new();
        // Operands have smaller ids, so the largest is never asked for again.
        while let Some((node, index)) = work.pop_last() {
            let looks_inside = inside == Some(node) || self.kept[node.index()].is_none();
            if looks_inside && let Definition::Inline { operands, .. } = &self.definitions[node.index()] {
                work.extend(operands.iter().map(|o| (o.node, compose(&index, &o.axes))));
            }
            seen.insert((node, index));
        }
        seen
    }

    /// What a statement reads from memory: sources and kept values, with the loops along their axes.
    pub(super) fn reads(&self, statement: &Statement) -> Vec<(NodeId, Index)> {
        let (starts, inside) = statement.starts();
        let mut reads: Vec<(NodeId, Index)> = self.closure(starts, inside).into_iter().collect();
        reads.retain(|(node, _)| {
            let kept = self.kept[node.index()].is_some() && inside != Some(*node);
            kept || matches!(self.definitions[node.index()], Definition::Source(_))
        });
        reads
    }

    /// The indices that a statement asks for as numbers.
    pub(super) fn iotas(&self, statement: &Statement) -> Vec<(NodeId, Index)> {
        let (starts, inside) = statement.starts();
        let mut iotas: Vec<(NodeId, Index)> = self.closure(starts, inside).into_iter().collect();
        iotas.retain(|(node, _)| matches!(self.definitions[node.index()], Definition::Iota));
        iotas
    }

    /// The shape of what a statement writes.
    pub(super) fn result_shape(&self, statement: &Statement) -> &[Dim] {
        match &statement.action {
            Action::Store { node, .. } | Action::Fold { node, .. } => &self.graph.ty(*node).shape,
        }
    }
}

impl Statement {
    /// The expressions it computes, and the kept node whose own definition it must look into.
    pub(super) fn starts(&self) -> (Vec<(NodeId, Index)>, Option<NodeId>) {
        match &self.action {
            Action::Store { node, to } => {
                let inside = matches!(to, Destination::Value(_)).then_some(*node);
                (vec![(*node, self.index.clone())], inside)
            }
            Action::Fold { operands, .. } => (operands.clone(), None),
        }
    }
}

/// Decides what is kept and lists the statements.
pub(super) fn statements(function: &Function, definitions: Vec<Definition>) -> Statements<'_> {
    let graph = &function.graph;
    let none = vec![false; graph.len()];
    let first = kept_nodes(function, &definitions, &none);
    // Keeping a value makes its users cheap: once more, knowing that.
    let kept = kept_nodes(function, &definitions, &first);
    let mut program =
        Statements { graph, definitions, kept: vec![None; graph.len()], values: vec![], statements: vec![] };
    let needed = needed_folds(function, &program.definitions);
    let mut ordered: Vec<(usize, Statement)> = vec![];
    for id in graph.ids() {
        let at = id.index();
        if needed[at] {
            ordered.push((at, fold_statement(&mut program, id)));
        } else if kept[at] {
            let value = add_value(&mut program, id, graph.ty(id).dtype, "");
            program.kept[at] = Some(vec![value]);
            ordered.push((at, store_statement(graph, id, Destination::Value(value))));
        }
    }
    for (position, output) in function.outputs.iter().enumerate() {
        if let Some(value) = direct_value(&program, output.node) {
            program.values[value.0].output = Some(position);
        } else {
            let statement = store_statement(graph, output.node, Destination::Output(position));
            ordered.push((output.node.index(), statement));
        }
    }
    for update in &function.updates {
        ordered.push((graph.len(), store_statement(graph, update.node, Destination::State(update.shared))));
    }
    ordered.sort_by_key(|(at, _)| *at);
    program.statements = ordered.into_iter().map(|(_, s)| s).collect();
    program
}

/// The value whose buffer can be an output itself.
fn direct_value(program: &Statements<'_>, node: NodeId) -> Option<ValueId> {
    let values = program.kept[node.index()].as_ref()?;
    let finished = program.definitions[node.index()].as_fold().is_none_or(FoldDefinition::is_finished);
    (finished && program.values[values[0].0].output.is_none()).then_some(values[0])
}

fn add_value(program: &mut Statements<'_>, node: NodeId, dtype: DType, suffix: &str) -> ValueId {
    program.values.push(Value {
        dtype,
        shape: program.graph.ty(node).shape.clone(),
        name: format!("t{}{suffix}", node.0),
        output: None,
    });
    ValueId(program.values.len() - 1)
}

/// The loops of these sizes, and where axes run.
fn loops_of(result: &[Dim], sums: &[Dim]) -> (Vec<LoopInfo>, Index) {
    let mut loops = vec![];
    let mut numbers = vec![];
    let sizes = result.iter().map(|d| (d, false)).chain(sums.iter().map(|d| (d, true)));
    for (extent, sum) in sizes {
        numbers.push(if extent.is_one() { Place::zero() } else { Place::of(Loop::new(loops.len())) });
        if !extent.is_one() {
            loops.push(LoopInfo { extent: extent.clone(), sum });
        }
    }
    (loops, numbers)
}

fn store_statement(graph: &Graph, node: NodeId, to: Destination) -> Statement {
    let (loops, index) = loops_of(&graph.ty(node).shape, &[]);
    Statement { loops, index, action: Action::Store { node, to } }
}

fn fold_statement(program: &mut Statements<'_>, node: NodeId) -> Statement {
    let fold = program.fold(node).clone();
    let shape = &program.graph.ty(node).shape;
    let (loops, mut index) = loops_of(shape, &fold.sums);
    let operands = fold.operands.iter().map(|o| (o.node, compose(&index, &o.axes))).collect();
    let sums = index.split_off(shape.len());
    let arity = fold.fold.accumulators.len();
    let suffix = |i: usize| if arity == 1 { String::new() } else { format!("_{i}") };
    let values: Vec<ValueId> =
        (0..arity).map(|i| add_value(program, node, fold.fold.accumulators[i], &suffix(i))).collect();
    program.kept[node.index()] = Some(values.clone());
    Statement { loops, index, action: Action::Fold { node, operands, sums, values } }
}

/// All folds that the roots reach.
fn needed_folds(function: &Function, definitions: &[Definition]) -> Vec<bool> {
    let mut needed = vec![false; definitions.len()];
    for root in function.roots() {
        needed[root.index()] = true;
    }
    for at in (0..definitions.len()).rev() {
        if needed[at] {
            for operand in definitions[at].operands() {
                needed[operand.node.index()] = true;
            }
        }
    }
    (0..definitions.len()).map(|at| needed[at] && matches!(definitions[at], Definition::Fold(_))).collect()
}

/// What may be computed again in a second statement: a cast and a few operations.
const CHEAP: u32 = 4;

/// What may be computed again along further loops.
const CHEAP_INSIDE: u32 = 2;

/// A statement that would compute a node, and along which of its loops.
type Context = (usize, Index);

/// The expressions to keep.
fn kept_nodes(function: &Function, definitions: &[Definition], cheap: &[bool]) -> Vec<bool> {
    let graph = &function.graph;
    let costs = costs(definitions, cheap);
    let mut kept = vec![false; graph.len()];
    let mut contexts: Vec<Vec<Context>> = vec![vec![]; graph.len()];
    let mut broadcast = vec![false; graph.len()];
    for (i, root) in function.roots().into_iter().enumerate() {
        let (_, index) = loops_of(&graph.ty(root).shape, &[]);
        contexts[root.index()].push((graph.len() + i, index));
    }
    for id in graph.ids().rev() {
        let at = id.index();
        let asked = std::mem::take(&mut contexts[at]);
        if asked.is_empty() {
            continue;
        }
        let shape = &graph.ty(id).shape;
        match &definitions[at] {
            Definition::Fold(fold) => {
                let (loops, index) = loops_of(shape, &fold.sums);
                for operand in &fold.operands {
                    let index = compose(&index, &operand.axes);
                    broadcast[operand.node.index()] |= is_broadcast(&index, loops.len());
                    ask(&mut contexts[operand.node.index()], (at, index));
                }
            }
            Definition::Inline { operands, .. } => {
                let (loops, own) = loops_of(shape, &[]);
                kept[at] =
                    (asked.len() > 1 && costs[at] > CHEAP) || (broadcast[at] && costs[at] > CHEAP_INSIDE);
                let asked = if kept[at] { vec![(at, own.clone())] } else { asked };
                for operand in operands {
                    let to = operand.node.index();
                    broadcast[to] |= broadcast[at] && !kept[at];
                    broadcast[to] |= is_broadcast(&compose(&own, &operand.axes), loops.len());
                    for (root, index) in &asked {
                        ask(&mut contexts[to], (*root, compose(index, &operand.axes)));
                    }
                }
            }
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => {}
        }
    }
    kept
}

/// Notes a context; two are as many as matter.
fn ask(contexts: &mut Vec<Context>, context: Context) {
    if contexts.len() < 2 && !contexts.contains(&context) {
        contexts.push(context);
    }
}

fn is_broadcast(index: &Index, loops: usize) -> bool {
    (0..loops).any(|l| !index.iter().any(|place| place.depends_on(Loop::new(l))))
}

/// What computing an element costs, down to what is in memory.
fn costs(definitions: &[Definition], kept: &[bool]) -> Vec<u32> {
    let mut costs: Vec<u32> = vec![0; definitions.len()];
    for (at, definition) in definitions.iter().enumerate() {
        costs[at] = match definition {
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => 0,
            Definition::Fold(fold) => cost(&fold.finish),
            Definition::Inline { program, operands } => {
                let below = operands.iter().filter(|o| !kept[o.node.index()]);
                let below = below.fold(0u32, |sum, o| sum.saturating_add(costs[o.node.index()]));
                below.saturating_add(program.as_ref().map_or(0, cost))
            }
        };
    }
    costs
}

/// Roughly the cycles of a program.
fn cost(program: &Program) -> u32 {
    let each = |(inst, lane): &(Inst, tgc_graph::scalar::Lane)| match inst {
        Inst::Param { .. } | Inst::Const(_) | Inst::Bitcast(_) => 0,
        Inst::Convert(a) => {
            let narrow = |bytes: usize, float: bool| float && bytes == 2;
            let from = program.lane(*a);
            let halves = narrow(lane.bytes(), lane.is_float()) || narrow(from.bytes(), from.is_float());
            if halves { 2 } else { 1 }
        }
        Inst::Unary(Unary::Sqrt, _) | Inst::Binary(Binary::Div | Binary::Rem, _, _) => 6,
        Inst::Unary(..) | Inst::Binary(..) | Inst::Compare(..) | Inst::Fma(..) => 1,
        Inst::Select(..) | Inst::Rarely(..) => 1,
        Inst::Math(..) | Inst::Math2(..) => 20,
    };
    program.insts.iter().map(each).sum()
}
