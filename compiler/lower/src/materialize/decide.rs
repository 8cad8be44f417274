//! Which values are materialized.

use tgc_graph::graph::NodeId;
use tgc_graph::module::Function;
use tgc_plan::Materialized;
use tgc_plan::machine::Tuning;
use tgc_scalar::{Binary, Inst, Program, Unary};

use super::{in_memory, loops_of};
use crate::classify::{Definition, IndexConstraint};
use crate::loops::{Index, Loop, compose};

/// All nodes that the roots reach.
pub(super) fn needed(
    function: &Function,
    definitions: &[Definition],
    constraints: &[IndexConstraint],
) -> Vec<bool> {
    let roots = function.roots().into_iter().chain(constraints.iter().map(|constraint| constraint.node));
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

/// What says places, has another shape elsewhere, is an operand of a matmul, or reads a variable before a
/// part of it is updated, and is no source.
pub(super) fn must_lie_in_memory(
    definitions: &[Definition],
    constraints: &[IndexConstraint],
    needed: &[bool],
    multiplied: Vec<NodeId>,
    read_before: &[NodeId],
) -> Vec<Option<Materialized>> {
    let mut must = vec![None; definitions.len()];
    let reshaped = definitions.iter().enumerate().filter_map(|(at, definition)| match definition {
        Definition::Reshape(node) if needed[at] => Some((*node, Materialized::Reshaped)),
        Definition::Routine(_, node) if needed[at] => Some((*node, Materialized::Routine)),
        Definition::Reshape(_)
        | Definition::Routine(..)
        | Definition::Dead
        | Definition::Source(_)
        | Definition::Splat(_)
        | Definition::Size(_)
        | Definition::Iota
        | Definition::Inline { .. }
        | Definition::Reduction(_)
        | Definition::Scan(_)
        | Definition::Assembly(_) => None,
    });
    let indices = constraints.iter().map(|constraint| (constraint.node, Materialized::Indices));
    let multiplied = multiplied.into_iter().map(|node| (node, Materialized::MatmulOperand));
    let read_before = read_before.iter().map(|node| (*node, Materialized::ReadBeforeUpdate));
    for (node, why) in read_before.chain(reshaped).chain(indices).chain(multiplied) {
        let base = in_memory(definitions, node).index();
        must[base] = (!matches!(definitions[base], Definition::Source(_))).then_some(why);
    }
    must
}

/// What is checked to say places that exist: also where nothing is read there in the end, as where all that
/// was found is overwritten.
pub(super) fn checked(definitions: &[Definition], constraints: &[IndexConstraint]) -> Vec<bool> {
    let mut checked = vec![false; definitions.len()];
    constraints.iter().for_each(|constraint| checked[in_memory(definitions, constraint.node).index()] = true);
    checked
}

/// Rounds of checks, and where nodes are among them.
pub(super) struct Rounds {
    /// The rounds that come before a node is made.
    pub of_node: Vec<usize>,
    /// All rounds.
    pub last: usize,
}

/// A node is made as early as it can be if a check needs it, else after all checks.
pub(super) fn rounds(definitions: &[Definition], constraints: &[IndexConstraint]) -> Rounds {
    let mut of_node = vec![0; definitions.len()];
    for (at, definition) in definitions.iter().enumerate() {
        let operands = definition.operands().into_iter().map(|node| of_node[node.index()]);
        let places = definition.places().into_iter().map(|node| of_node[node.index()] + 1);
        of_node[at] = operands.chain(places).max().unwrap_or(0);
    }
    let last = constraints.iter().map(|constraint| of_node[constraint.node.index()] + 1).max().unwrap_or(0);
    let early = reached(definitions, constraints.iter().map(|constraint| constraint.node.index()));
    for (round, early) in of_node.iter_mut().zip(early) {
        *round = if early { *round } else { last };
    }
    Rounds { of_node, last }
}

/// A statement that would compute a node, and along which of its loops.
type Context = (usize, Index);

/// Where nodes are computed again that are not materialized.
pub(super) struct Repeats {
    /// In a second statement.
    in_statements: Vec<bool>,
    /// Along further loops.
    along_loops: Vec<bool>,
}

impl Repeats {
    /// Nothing is computed again.
    pub(super) fn none(nodes: usize) -> Repeats {
        Repeats { in_statements: vec![false; nodes], along_loops: vec![false; nodes] }
    }

    /// Why a node of this cost is better materialized, if it is.
    fn ask_for(&self, at: usize, cycles: u32, tuning: &Tuning) -> Option<Materialized> {
        match (self.in_statements[at], self.along_loops[at]) {
            (true, _) if cycles > tuning.cheap => Some(Materialized::Shared { cycles }),
            (_, true) if cycles > tuning.cheap_inside => Some(Materialized::LoopInvariant { cycles }),
            _ => None,
        }
    }
}

/// The expressions to materialize, and why, by what they cost if those are that others ask for; and where
/// they are asked for then.
pub(super) fn materialized_nodes(
    function: &Function,
    definitions: &[Definition],
    (in_memory, checked): (&[Option<Materialized>], &[bool]),
    others: &Repeats,
    tuning: &Tuning,
) -> (Vec<Option<Materialized>>, Repeats) {
    let graph = &function.graph;
    let costs = costs(definitions, in_memory, others, tuning);
    let mut materialized = vec![None; graph.len()];
    let mut contexts: Vec<Vec<Context>> = vec![vec![]; graph.len()];
    let mut repeats = Repeats::none(graph.len());
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
        // What says places is materialized, wherever it is asked for.
        for place in definitions[at].places() {
            ask(&mut contexts[place.index()], (at, vec![]));
        }
        match &definitions[at] {
            Definition::Reduction(reduction) => {
                let (loops, index) = loops_of(shape, &reduction.sums);
                for operand in &reduction.operands {
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
            Definition::Reshape(node) | Definition::Routine(_, node) => {
                let (_, index) = loops_of(&graph.ty(*node).shape, &[]);
                ask(&mut contexts[node.index()], (at, index));
            }
            Definition::Inline { operands, .. } => {
                let (loops, own) = loops_of(shape, &[]);
                repeats.in_statements[at] = asked.len() > 1;
                materialized[at] = in_memory[at].or_else(|| repeats.ask_for(at, costs[at], tuning));
                let asked = if materialized[at].is_some() { vec![(at, own.clone())] } else { asked };
                for operand in operands {
                    let to = operand.node.index();
                    repeats.along_loops[to] |= repeats.along_loops[at] && materialized[at].is_none();
                    repeats.along_loops[to] |= is_broadcast(&compose(&own, &operand.axes), loops.len());
                    for (root, index) in &asked {
                        ask(&mut contexts[to], (*root, compose(index, &operand.axes)));
                    }
                }
            }
            Definition::Splat(_) | Definition::Size(_) | Definition::Iota => materialized[at] = in_memory[at],
            Definition::Dead | Definition::Source(_) => {}
        }
    }
    (materialized, repeats)
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

/// What computing an element costs, down to what is in memory or materialized.
fn costs(
    definitions: &[Definition],
    in_memory: &[Option<Materialized>],
    repeats: &Repeats,
    tuning: &Tuning,
) -> Vec<u32> {
    let mut costs: Vec<u32> = vec![0; definitions.len()];
    let mut materialized: Vec<bool> = in_memory.iter().map(Option::is_some).collect();
    for (at, definition) in definitions.iter().enumerate() {
        costs[at] = match definition {
            Definition::Dead
            | Definition::Source(_)
            | Definition::Splat(_)
            | Definition::Size(_)
            | Definition::Iota => 0,
            Definition::Scan(_) | Definition::Reshape(_) | Definition::Assembly(_) => 0,
            Definition::Routine(..) => 0,
            Definition::Reduction(reduction) => cost(&reduction.finish),
            Definition::Inline { program, operands } => {
                let below = operands.iter().filter(|o| !materialized[o.node.index()]);
                let below = below.fold(0u32, |sum, o| sum.saturating_add(costs[o.node.index()]));
                below.saturating_add(program.as_ref().map_or(0, cost))
            }
        };
        materialized[at] |= repeats.ask_for(at, costs[at], tuning).is_some();
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
