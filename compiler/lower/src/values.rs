//! Which values are kept, and the statements that make them.
//!
//! Folds and what is put together from parts are always kept. Any other value is put into the programs that use it,
//! unless that would repeat work worth keeping: an expensive value that several statements use, or one that is
//! computed along fewer loops than the statement that uses it has. What another shape is given to, and what says
//! places, is kept because it must lie in memory.
//!
//! Statements come in stages: one for each round of checks of indices. All that a check needs is made before it, into
//! the workspace; what writes outputs and states, and the rest, comes after the last.

use std::collections::BTreeSet;

use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::Function;
use tgc_plan::machine::Machine;
use tgc_scalar::{Binary, Inst, Program, Unary};

use crate::call::Calls;
use crate::define::{Definition, Definitions, FoldDefinition, IndexDemand, ScanDefinition};
use crate::loops::{Index, Loop, LoopInfo, LoopKind, Place, compose, flat};
use crate::product::{self, ProductLoops};

/// Names a kept value: one accumulator of a fold, or the elements of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ValueId(pub usize);

/// A kept value.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub dtype: DType,
    pub shape: Vec<Dim>,
    /// A name for its buffer.
    pub name: String,
    /// The output that it is.
    pub output: Option<usize>,
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
    pub stage: usize,
    /// The loops by what they do in a product of matrices, if the fold is one.
    pub product: Option<ProductLoops>,
}

/// What a statement does.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Writes a node's elements.
    Store { node: NodeId, to: Destination },
    /// Folds into accumulators; operands with the loops along their axes.
    Fold { node: NodeId, operands: Vec<(NodeId, Index)>, sums: Index, values: Vec<ValueId> },
    /// Folds along a loop and writes what each step gives; operands with the loops along their axes.
    Scan { node: NodeId, operands: Vec<(NodeId, Index)>, along: Loop, value: ValueId },
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
    /// The source or kept value.
    pub node: NodeId,
    /// Where, in this shape.
    pub index: Index,
    pub shape: Vec<Dim>,
    /// The shape is another than the node's.
    pub reshaped: bool,
}

/// A function as kept values and the statements that make them.
#[derive(Debug)]
pub(crate) struct Statements<'a> {
    pub graph: &'a Graph,
    pub definitions: Vec<Definition>,
    /// What is called rather than written out.
    pub calls: Calls,
    /// The kept values of each node.
    pub kept: Vec<Option<Vec<ValueId>>>,
    pub values: Vec<Value>,
    /// By stage; in each, producers before their readers.
    pub statements: Vec<Statement>,
    /// What is checked after each stage.
    pub checks: Vec<Vec<IndexDemand>>,
}

impl Statements<'_> {
    /// The definition of a node that is a fold.
    pub(crate) fn fold(&self, node: NodeId) -> &FoldDefinition {
        self.definitions[node.index()].as_fold().expect("invariant: statements fold only folds")
    }

    /// The definition of a node that is a running fold.
    pub(crate) fn scan(&self, node: NodeId) -> &ScanDefinition {
        match &self.definitions[node.index()] {
            Definition::Scan(scan) => scan,
            _ => unreachable!("invariant: statements go along running folds only"),
        }
    }

    /// The node whose memory holds a node's elements, in whatever shape.
    pub(crate) fn in_memory(&self, node: NodeId) -> NodeId {
        in_memory(&self.definitions, node)
    }

    /// The (node, index) pairs that `starts` need, operands first, without looking into kept values, apart from
    /// `inside`. What says places is among them.
    pub(crate) fn closure(
        &self,
        starts: impl IntoIterator<Item = (NodeId, Index)>,
        inside: Option<NodeId>,
    ) -> BTreeSet<(NodeId, Index)> {
        let mut work: BTreeSet<(NodeId, Index)> = starts.into_iter().collect();
        let mut seen = BTreeSet::new();
        // Operands have smaller ids, so the largest is asked for again only where it says places: it is kept then.
        while let Some((node, index)) = work.pop_last() {
            let looks_inside = inside == Some(node) || self.kept[node.index()].is_none();
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
            let kept = self.kept[base.index()].is_some() && inside != Some(node);
            if kept || matches!(self.definitions[base.index()], Definition::Source(_)) {
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
    pub(crate) fn positions(&self, statement: &Statement) -> Vec<Place> {
        let (starts, inside) = statement.starts();
        let asked = self.closure(starts, inside);
        let iotas = asked.iter().filter(|(n, _)| matches!(self.definitions[n.index()], Definition::Iota));
        let mut positions: Vec<Place> =
            iotas.map(|(node, index)| flat(&self.graph.ty(*node).shape, index)).collect();
        if let Action::Fold { node, sums, .. } = &statement.action
            && self.fold(*node).indexed
        {
            positions.push(flat(&self.fold(*node).sums, sums));
        }
        positions
    }

    /// The node that a statement writes.
    pub(crate) fn result(&self, statement: &Statement) -> NodeId {
        match &statement.action {
            Action::Store { node, .. } | Action::Fold { node, .. } | Action::Scan { node, .. } => *node,
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
    /// The expressions it computes, and the kept node whose own definition it must look into.
    pub(crate) fn starts(&self) -> (Vec<(NodeId, Index)>, Option<NodeId>) {
        match &self.action {
            Action::Store { node, to } => {
                let inside = matches!(to, Destination::Value(_)).then_some(*node);
                (vec![(*node, self.index.clone())], inside)
            }
            Action::Fold { operands, .. } | Action::Scan { operands, .. } => (operands.clone(), None),
            Action::Part { from, .. } => (vec![from.clone()], None),
        }
    }
}

/// Decides what is kept and lists the statements.
pub(crate) fn statements<'a>(
    function: &'a Function,
    definitions: Definitions,
    machine: &Machine,
) -> Statements<'a> {
    let graph = &function.graph;
    let Definitions { nodes: definitions, demands } = definitions;
    let live = graph.reachable(&function.roots());
    let demands: Vec<IndexDemand> = demands.into_iter().filter(|demand| live[demand.by.index()]).collect();
    let needed = needed(function, &definitions, &demands);
    let multiplied = product::needed_in_memory(graph, &definitions, machine);
    let in_memory = must_lie_in_memory(&definitions, &demands, &needed, multiplied);
    let stages = stages(&definitions, &demands);
    let never = Repeats { in_statements: vec![false; graph.len()], along_loops: vec![false; graph.len()] };
    let checked = checked(&definitions, &demands);
    let (_, repeats) = kept_nodes(function, &definitions, (&in_memory, &checked), &never);
    // Keeping a value makes its users cheap: once more, knowing that.
    let (kept, _) = kept_nodes(function, &definitions, (&in_memory, &checked), &repeats);
    let mut program = Statements {
        graph,
        calls: Calls::new(&definitions),
        definitions,
        kept: vec![None; graph.len()],
        values: vec![],
        statements: vec![],
        checks: vec![vec![]; stages.last],
    };
    for demand in demands {
        let list = &mut program.checks[stages.of_node[demand.node.index()]];
        if !list.iter().any(|other| other.node == demand.node && other.extent == demand.extent) {
            list.push(demand);
        }
    }
    let mut ordered: Vec<(usize, Statement)> = vec![];
    // A product that nothing but updates wait for comes with them: others may still read the variables.
    let only_for_updates = only_for_updates(function, &program.definitions);
    let mut late = vec![false; graph.len()];
    for id in graph.ids().filter(|id| needed[id.index()]) {
        let at = id.index();
        let mut own = match &program.definitions[at] {
            Definition::Fold(_) => vec![fold_statement(&mut program, id, machine)],
            Definition::Scan(_) => vec![scan_statement(&mut program, id)],
            Definition::Assembly(_) => part_statements(&mut program, id),
            _ if kept[at] => {
                let value = add_value(&mut program, id, graph.ty(id).dtype, "");
                program.kept[at] = Some(vec![value]);
                vec![store_statement(graph, id, Destination::Value(value))]
            }
            _ => vec![],
        };
        own.iter_mut().for_each(|statement| statement.stage = stages.of_node[at]);
        let is_late = only_for_updates[at]
            && (own.iter().any(|s| s.product.is_some())
                || program.definitions[at].uses().iter().any(|node| late[node.index()]));
        late[at] = is_late;
        let position = if is_late { graph.len() } else { at };
        ordered.extend(own.into_iter().map(|statement| (position, statement)));
    }
    for (position, output) in function.outputs.iter().enumerate() {
        let value = direct_value(&program, output.node);
        let of_last_stage = stages.of_node[program.in_memory(output.node).index()] == stages.last;
        if let Some(value) = value.filter(|_| of_last_stage) {
            program.values[value.0].output = Some(position);
        } else {
            let statement = store_statement(graph, output.node, Destination::Output(position));
            ordered.push((output.node.index(), Statement { stage: stages.last, ..statement }));
        }
    }
    for update in &function.updates {
        let statement = store_statement(graph, update.node, Destination::State(update.shared));
        ordered.push((graph.len(), Statement { stage: stages.last, ..statement }));
    }
    ordered.sort_by_key(|(at, statement)| (statement.stage, *at));
    program.statements = ordered.into_iter().map(|(_, s)| s).collect();
    program
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
    let values = program.kept[base.index()].as_ref()?;
    let finished = program.definitions[base.index()].as_fold().is_none_or(FoldDefinition::is_finished);
    let same_size = program.graph.ty(base).elements() == program.graph.ty(node).elements();
    (finished && same_size && program.values[values[0].0].output.is_none()).then_some(values[0])
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
pub(crate) fn loops_of(result: &[Dim], sums: &[Dim]) -> (Vec<LoopInfo>, Index) {
    let mut loops = vec![];
    let mut index = vec![];
    let result = result.iter().map(|d| (d, LoopKind::Result));
    for (extent, kind) in result.chain(sums.iter().map(|d| (d, LoopKind::Sum))) {
        index.push(if extent.is_one() { Place::zero() } else { Place::of(Loop::new(loops.len())) });
        if !extent.is_one() {
            loops.push(LoopInfo { extent: extent.clone(), kind });
        }
    }
    (loops, index)
}

fn store_statement(graph: &Graph, node: NodeId, to: Destination) -> Statement {
    let (loops, index) = loops_of(&graph.ty(node).shape, &[]);
    Statement { loops, index, action: Action::Store { node, to }, stage: 0, product: None }
}

fn fold_statement(program: &mut Statements<'_>, node: NodeId, machine: &Machine) -> Statement {
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
    let product = ProductLoops::of(program.graph, &program.definitions, node, machine);
    Statement { loops, index, action: Action::Fold { node, operands, sums, values }, stage: 0, product }
}

fn scan_statement(program: &mut Statements<'_>, node: NodeId) -> Statement {
    let ScanDefinition { operands, prefix } = program.scan(node).clone();
    let ty = program.graph.ty(node);
    let (mut loops, mut index) = loops_of(&ty.shape, &[]);
    let along = index[prefix.axis].as_loop().expect("invariant: one element is no running fold");
    loops[along.number()].kind = LoopKind::Scan;
    if prefix.reverse {
        index[prefix.axis] = Place::back(along, &ty.shape[prefix.axis]);
    }
    let operands = operands.iter().map(|o| (o.node, compose(&index, &o.axes))).collect();
    let value = add_value(program, node, ty.dtype, "");
    program.kept[node.index()] = Some(vec![value]);
    let action = Action::Scan { node, operands, along, value };
    Statement { loops, index, action, stage: 0, product: None }
}

fn part_statements(program: &mut Statements<'_>, node: NodeId) -> Vec<Statement> {
    let Definition::Assembly(parts) = program.definitions[node.index()].clone() else {
        unreachable!("invariant: only assemblies have parts")
    };
    let value = add_value(program, node, program.graph.ty(node).dtype, "");
    program.kept[node.index()] = Some(vec![value]);
    let statement = |part: crate::define::Part| {
        let (loops, own) = loops_of(&part.extents, &[]);
        let from = (part.from.node, compose(&own, &part.from.axes));
        let action = Action::Part { of: node, from, add: part.add, over: part.over, value };
        Statement { loops, index: compose(&own, &part.to), action, stage: 0, product: None }
    };
    parts.into_iter().map(statement).collect()
}

/// All nodes that the roots reach.
fn needed(function: &Function, definitions: &[Definition], demands: &[IndexDemand]) -> Vec<bool> {
    let roots = function.roots().into_iter().chain(demands.iter().map(|demand| demand.node));
    reached(definitions, roots.map(NodeId::index))
}

/// All nodes that some nodes are computed from, and these themselves.
fn reached(definitions: &[Definition], from: impl Iterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; definitions.len()];
    from.for_each(|node| reached[node] = true);
    for at in (0..definitions.len()).rev() {
        if reached[at] {
            definitions[at].uses().iter().for_each(|node| reached[node.index()] = true);
        }
    }
    reached
}

/// What says places, has another shape elsewhere, or is an operand of a product of matrices, and is no source.
fn must_lie_in_memory(
    definitions: &[Definition],
    demands: &[IndexDemand],
    needed: &[bool],
    multiplied: Vec<NodeId>,
) -> Vec<bool> {
    let mut must = vec![false; definitions.len()];
    let reshaped = definitions.iter().enumerate().filter_map(|(at, definition)| match definition {
        Definition::Reshape(node) if needed[at] => Some(*node),
        _ => None,
    });
    for node in reshaped.chain(demands.iter().map(|demand| demand.node)).chain(multiplied) {
        let base = in_memory(definitions, node).index();
        must[base] = !matches!(definitions[base], Definition::Source(_));
    }
    must
}

/// What is checked to say places that exist: also where nothing is read there in the end, as where all that was found is
/// overwritten.
fn checked(definitions: &[Definition], demands: &[IndexDemand]) -> Vec<bool> {
    let mut checked = vec![false; definitions.len()];
    demands.iter().for_each(|demand| checked[in_memory(definitions, demand.node).index()] = true);
    checked
}

/// Rounds of checks, and where nodes are among them.
struct Stages {
    /// The rounds that come before a node is made.
    of_node: Vec<usize>,
    /// All rounds.
    last: usize,
}

/// A node is made as early as it can be if a check needs it, else after all checks.
fn stages(definitions: &[Definition], demands: &[IndexDemand]) -> Stages {
    let mut of_node = vec![0; definitions.len()];
    for (at, definition) in definitions.iter().enumerate() {
        let operands = definition.operands().into_iter().map(|node| of_node[node.index()]);
        let places = definition.places().into_iter().map(|node| of_node[node.index()] + 1);
        of_node[at] = operands.chain(places).max().unwrap_or(0);
    }
    let last = demands.iter().map(|demand| of_node[demand.node.index()] + 1).max().unwrap_or(0);
    let early = reached(definitions, demands.iter().map(|demand| demand.node.index()));
    for (stage, early) in of_node.iter_mut().zip(early) {
        *stage = if early { *stage } else { last };
    }
    Stages { of_node, last }
}

/// What may be computed again in a second statement: a cast and a few operations.
const CHEAP: u32 = 4;

/// What may be computed again along further loops.
const CHEAP_INSIDE: u32 = 2;

/// A statement that would compute a node, and along which of its loops.
type Context = (usize, Index);

/// Where nodes are computed again that are not kept.
struct Repeats {
    /// In a second statement.
    in_statements: Vec<bool>,
    /// Along further loops.
    along_loops: Vec<bool>,
}

impl Repeats {
    /// Whether a node of this cost is better kept.
    fn ask_for(&self, at: usize, cost: u32) -> bool {
        (self.in_statements[at] && cost > CHEAP) || (self.along_loops[at] && cost > CHEAP_INSIDE)
    }
}

/// The expressions to keep, by what they cost if those are kept that others ask for, and where they are asked for then.
fn kept_nodes(
    function: &Function,
    definitions: &[Definition],
    (in_memory, checked): (&[bool], &[bool]),
    others: &Repeats,
) -> (Vec<bool>, Repeats) {
    let graph = &function.graph;
    let costs = costs(definitions, in_memory, others);
    let mut kept = vec![false; graph.len()];
    let mut contexts: Vec<Vec<Context>> = vec![vec![]; graph.len()];
    let none = || vec![false; graph.len()];
    let mut repeats = Repeats { in_statements: none(), along_loops: none() };
    let mut next_statement = graph.len();
    let mut statement = || {
        next_statement += 1;
        next_statement
    };
    for root in function.roots() {
        let (_, index) = loops_of(&graph.ty(root).shape, &[]);
        contexts[root.index()].push((statement(), index));
    }
    for id in graph.ids().rev() {
        let at = id.index();
        let asked = std::mem::take(&mut contexts[at]);
        if asked.is_empty() && !checked[at] {
            continue;
        }
        let shape = &graph.ty(id).shape;
        // What says places is kept, wherever it is asked for.
        for place in definitions[at].places() {
            ask(&mut contexts[place.index()], (at, vec![]));
        }
        match &definitions[at] {
            Definition::Fold(fold) => {
                let (loops, index) = loops_of(shape, &fold.sums);
                for operand in &fold.operands {
                    let index = compose(&index, &operand.axes);
                    repeats.along_loops[operand.node.index()] |= is_broadcast(&index, loops.len());
                    ask(&mut contexts[operand.node.index()], (at, index));
                }
            }
            Definition::Scan(scan) => {
                let (_, index) = loops_of(shape, &[]);
                for operand in &scan.operands {
                    ask(&mut contexts[operand.node.index()], (at, compose(&index, &operand.axes)));
                }
            }
            Definition::Assembly(parts) => {
                for part in parts {
                    let (_, index) = loops_of(&part.extents, &[]);
                    let context = (statement(), compose(&index, &part.from.axes));
                    ask(&mut contexts[part.from.node.index()], context);
                }
            }
            Definition::Reshape(node) => {
                let (_, index) = loops_of(&graph.ty(*node).shape, &[]);
                ask(&mut contexts[node.index()], (at, index));
            }
            Definition::Inline { operands, .. } => {
                let (loops, own) = loops_of(shape, &[]);
                repeats.in_statements[at] = asked.len() > 1;
                kept[at] = in_memory[at] || repeats.ask_for(at, costs[at]);
                let asked = if kept[at] { vec![(at, own.clone())] } else { asked };
                for operand in operands {
                    let to = operand.node.index();
                    repeats.along_loops[to] |= repeats.along_loops[at] && !kept[at];
                    repeats.along_loops[to] |= is_broadcast(&compose(&own, &operand.axes), loops.len());
                    for (root, index) in &asked {
                        ask(&mut contexts[to], (*root, compose(index, &operand.axes)));
                    }
                }
            }
            Definition::Splat(_) | Definition::Size(_) | Definition::Iota => kept[at] = in_memory[at],
            Definition::Dead | Definition::Source(_) => {}
        }
    }
    (kept, repeats)
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

/// What computing an element costs, down to what is in memory or kept.
fn costs(definitions: &[Definition], in_memory: &[bool], repeats: &Repeats) -> Vec<u32> {
    let mut costs: Vec<u32> = vec![0; definitions.len()];
    let mut kept = in_memory.to_vec();
    for (at, definition) in definitions.iter().enumerate() {
        costs[at] = match definition {
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => 0,
            Definition::Scan(_) | Definition::Reshape(_) | Definition::Assembly(_) => 0,
            Definition::Fold(fold) => cost(&fold.finish),
            Definition::Inline { program, operands } => {
                let below = operands.iter().filter(|o| !kept[o.node.index()]);
                let below = below.fold(0u32, |sum, o| sum.saturating_add(costs[o.node.index()]));
                below.saturating_add(program.as_ref().map_or(0, cost))
            }
        };
        kept[at] |= repeats.ask_for(at, costs[at]);
    }
    costs
}

/// Roughly the cycles of a program.
fn cost(program: &Program) -> u32 {
    let each = |(inst, scalar): &(Inst, tgc_scalar::ScalarType)| match inst {
        Inst::Param { .. } | Inst::Const(_) | Inst::Bitcast(_) => 0,
        Inst::Convert(a) => {
            let narrow = |bytes: usize, float: bool| float && bytes == 2;
            let from = program.scalar_type(*a);
            let halves = narrow(scalar.bytes(), scalar.is_float()) || narrow(from.bytes(), from.is_float());
            if halves { 2 } else { 1 }
        }
        Inst::Unary(Unary::Sqrt, _) | Inst::Binary(Binary::Div | Binary::Rem, _, _) => 6,
        Inst::Unary(..) | Inst::Binary(..) | Inst::Compare(..) | Inst::Fma(..) => 1,
        Inst::Select(..) | Inst::Rarely(..) => 1,
        Inst::Math(..) | Inst::Math2(..) => 20,
        // Both parts share nearly all of it.
        Inst::Math4(..) => 200,
    };
    program.insts.iter().map(each).sum()
}
