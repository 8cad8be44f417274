//! Which statements share an outer loop.
//!
//! Statements are placed one after the other, producers first. A statement joins a nest of equal extent if
//! what it reads from there is made in the same row, if the nest reads or makes what it reads, and if
//! its innermost accesses stay as good as in a nest of its own. Else it gets a new nest.

mod join;
mod rows;

use tgc_graph::dim::Dim;
use tgc_graph::graph::NodeId;
use tgc_plan::{Axis, NotFused};

use crate::ids::{NestId, NestPlace, StatementId, indexes};
use crate::loops::{Index, IndexExpr, Loop, LoopKind, flat, substitute};
use crate::materialize::{Action, Destination, MOST_READS, MemoryRead, Statement, Statements};
use crate::matmul::MatmulLoops;
use rows::{are_one, collapse_rows, inner_axes, innermost};

/// What becomes of a nest.
#[derive(Clone, Debug)]
pub(crate) enum NestKind {
    /// Its statements have no loops.
    Once,
    /// They run in so many rows.
    Rows(Dim),
    /// The first member is a matmul, the others are its epilogue.
    Matmul(MatmulLoops),
    /// The only member is a call of a routine.
    Call,
}

/// A nest by its statements.
#[derive(Clone, Debug)]
pub(crate) struct NestDraft {
    pub kind: NestKind,
    /// The round of all its statements.
    pub round: usize,
    pub members: Vec<Member>,
    /// Earlier nests that it shares data with, and why they are apart.
    pub apart: Vec<Separation<NestPlace>>,
}

/// Why a nest is not fused with an earlier one.
#[derive(Clone, Debug)]
pub(crate) struct Separation<N> {
    /// The earlier one.
    pub from: N,
    pub why: NotFused,
    /// The nest that it must come after, if that is why.
    pub after: Option<N>,
}

impl Separation<NestId> {
    fn placed(&self, order: &[NestId]) -> Separation<NestPlace> {
        let after = self.after.map(|nest| place_of(order, nest));
        Separation { from: place_of(order, self.from), why: self.why, after }
    }
}

/// The most statements of a nest with loops: more do not fit in registers, and compiling takes a time that
/// grows with their square.
const MOST_MEMBERS: usize = 64;

indexes!(NestId: NestDraft);

impl NestKind {
    /// How many rows there are, if it has any.
    pub(crate) fn rows(&self) -> Option<&Dim> {
        match self {
            NestKind::Rows(rows) => Some(rows),
            NestKind::Once | NestKind::Matmul(_) | NestKind::Call => None,
        }
    }

    /// The loops of the matmul that it is, if it is one.
    pub(crate) fn matmul(&self) -> Option<&MatmulLoops> {
        match self {
            NestKind::Matmul(loops) => Some(loops),
            NestKind::Once | NestKind::Rows(_) | NestKind::Call => None,
        }
    }
}

impl NestDraft {
    /// Whether it runs more than once.
    fn has_loops(&self) -> bool {
        !matches!(self.kind, NestKind::Once)
    }
}

/// A statement in a nest.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Which statement.
    pub statement: StatementId,
    /// The loops that the rows run over, outermost first; neighbours are contiguous.
    pub row: Vec<Loop>,
    /// The loops of each inner axis.
    pub inner: Vec<Vec<Loop>>,
}

/// What placement knows of a statement.
struct Facts {
    /// What it reads, and how.
    reads: Vec<MemoryRead>,
    /// Where it touches memory, the result included.
    accesses: Vec<IndexExpr>,
    /// Positions that it asks for, which loops that become one must also walk as one.
    positions: Vec<IndexExpr>,
}

indexes!(StatementId: Facts);

struct Placer<'a> {
    program: &'a Statements<'a>,
    facts: Vec<Facts>,
    /// All nests; `order` says when they run.
    nests: Vec<NestDraft>,
    /// Why each nest is apart from earlier ones.
    apart: Vec<Vec<Separation<NestId>>>,
    order: Vec<NestId>,
    /// The nests and statements that make the materialized values of a node.
    homes: Vec<Vec<(NestId, StatementId)>>,
}

/// The nests of a function, in order.
pub(crate) fn nests(program: &Statements<'_>) -> Vec<NestDraft> {
    let facts = program.statements.iter().map(|s| facts(program, s)).collect();
    let homes = vec![vec![]; program.graph.len()];
    let mut placer = Placer { program, facts, nests: vec![], apart: vec![], order: vec![], homes };
    for statement in 0..program.statements.len() {
        placer.place(StatementId(statement));
    }
    let Placer { mut nests, apart, order, facts, .. } = placer;
    for (nest, apart) in nests.iter_mut().zip(apart) {
        nest.apart = apart.iter().map(|separation| separation.placed(&order)).collect();
        collapse_rows(program, &facts, nest);
        if let NestKind::Matmul(_) | NestKind::Call = nest.kind {
            continue;
        }
        for member in &mut nest.members {
            member.inner =
                inner_axes(&program.statements[member.statement], &facts[member.statement], member);
        }
    }
    let mut slots: Vec<Option<NestDraft>> = nests.into_iter().map(Some).collect();
    order.iter().map(|n| slots[n.0].take().expect("invariant: a nest runs once")).collect()
}

/// When a nest runs.
fn place_of(order: &[NestId], nest: NestId) -> NestPlace {
    NestPlace(order.iter().position(|n| *n == nest).expect("invariant: a nest runs once"))
}

/// The node whose materialized values a statement makes, or a part of them.
pub(crate) fn materialized_node(statement: &Statement) -> Option<NodeId> {
    match statement.action {
        Action::Reduce { node, .. }
        | Action::Scan { node, .. }
        | Action::Part { of: node, .. }
        | Action::Call { node, .. }
        | Action::Store { node, to: Destination::Value(_) } => Some(node),
        Action::Store { .. } => None,
    }
}

fn facts(program: &Statements<'_>, statement: &Statement) -> Facts {
    let reads = program.reads(statement);
    let mut accesses: Vec<IndexExpr> = reads.iter().map(|read| flat(&read.shape, &read.index)).collect();
    accesses.push(flat(&program.graph.ty(program.result(statement)).shape, &statement.index));
    Facts { reads, accesses, positions: program.positions(statement) }
}

impl Placer<'_> {
    fn place(&mut self, id: StatementId) {
        let statement = &self.program.statements[id];
        let (nest, member) = if let Action::Call { .. } = statement.action {
            let inner = (0..statement.loops.len()).map(|l| vec![Loop::new(l)]).collect();
            (self.new_call(id), Member { statement: id, row: vec![], inner })
        } else if let Some(matmul) = &statement.matmul {
            (self.new_matmul(id, matmul), Member { statement: id, row: vec![], inner: matmul.axes() })
        } else if let Some(home) = self.epilogue(id) {
            home
        } else {
            let (nest, row) = match statement.loops.is_empty() {
                true => self.place_scalar(id),
                false => self.best_join(id).unwrap_or_else(|| (self.new_nest(id), Some(self.own_row(id)))),
            };
            (nest, Member { statement: id, row: row.into_iter().collect(), inner: vec![] })
        };
        self.nests[nest].members.push(member);
        if let Some(node) = materialized_node(statement) {
            self.homes[node.index()].push((nest, id));
        }
    }

    /// A statement without loops runs once, as early as what it reads allows.
    fn place_scalar(&mut self, id: StatementId) -> (NestId, Option<Loop>) {
        let round = self.program.statements[id].round;
        let after = self.first_place(id).map_or(0, |(place, strict)| place.0 + usize::from(strict));
        let round_begins = self.order.iter().filter(|nest| self.nests[**nest].round < round).count();
        let after = after.max(round_begins);
        // A later nest without rows would do, but everything that reads this statement would have to wait for
        // it.
        if let Some(&nest) = self.order.get(after).filter(|nest| !self.nests[**nest].has_loops()) {
            return (nest, None);
        }
        let nest =
            self.made((NestDraft { kind: NestKind::Once, round, members: vec![], apart: vec![] }, vec![]));
        self.order.insert(after, nest);
        (nest, None)
    }

    /// Adds a nest that has no place yet, and why it is apart from others.
    fn made(&mut self, (draft, apart): (NestDraft, Vec<Separation<NestId>>)) -> NestId {
        self.nests.push(draft);
        self.apart.push(apart);
        NestId(self.nests.len() - 1)
    }

    /// The last nest that a statement cannot come before, since it makes what the statement
    /// reads or changes, or reads the variable that the statement updates; and whether the statement cannot
    /// be in that nest unless in the same row, because the nest has rows or leaves the value in memory alone.
    fn first_place(&self, id: StatementId) -> Option<(NestPlace, bool)> {
        let has_rows = |place: NestPlace| self.nests[self.order[place]].has_loops();
        let in_memory = |statement: StatementId| match self.program.statements[statement].action {
            Action::Part { .. } | Action::Scan { .. } | Action::Call { .. } => true,
            Action::Store { .. } | Action::Reduce { .. } => false,
        };
        let after = |(nest, strict): (NestId, bool)| {
            let place = self.place_of(nest);
            (place, strict || has_rows(place))
        };
        let producers = self.facts[id].reads.iter().flat_map(|read| {
            let homes = self.homes[read.node.index()].iter();
            homes.map(|(nest, statement)| (*nest, in_memory(*statement) || is_looked_up(&read.index)))
        });
        let before = self.parts_before(id).iter().map(|(nest, _)| (*nest, true));
        let readers = self.last_reader_of_updated(id).map(|place| (place, has_rows(place)));
        producers.chain(before).map(after).chain(readers).max()
    }

    /// Who made what a statement changes.
    fn parts_before(&self, id: StatementId) -> &[(NestId, StatementId)] {
        match self.program.statements[id].action {
            Action::Part { of, over: true, .. } => &self.homes[of.index()],
            Action::Part { .. }
            | Action::Store { .. }
            | Action::Reduce { .. }
            | Action::Scan { .. }
            | Action::Call { .. } => &[],
        }
    }

    /// Whether a nest has no room for a statement: it has very many, or both read very many tensors.
    fn is_full(&self, nest: NestId, id: StatementId) -> bool {
        let members = &self.nests[nest].members;
        let reads = |id: StatementId| self.facts[id].reads.len();
        let reads_many = |count: usize| count > MOST_READS / 2;
        members.len() >= MOST_MEMBERS
            || (reads_many(reads(id)) && reads_many(members.iter().map(|m| reads(m.statement)).sum()))
    }

    fn place_of(&self, nest: NestId) -> NestPlace {
        place_of(&self.order, nest)
    }

    fn new_nest(&mut self, id: StatementId) -> NestId {
        let row = self.own_row(id);
        let extent = self.program.statements[id].loops[row.number()].extent.clone();
        self.add(self.draft(id, NestKind::Rows(extent)))
    }

    fn new_call(&mut self, id: StatementId) -> NestId {
        self.add(self.draft(id, NestKind::Call))
    }

    /// A nest for a statement, and why it is apart from others.
    fn draft(&self, id: StatementId, kind: NestKind) -> (NestDraft, Vec<Separation<NestId>>) {
        let round = self.program.statements[id].round;
        (NestDraft { kind, round, members: vec![], apart: vec![] }, self.apart(id))
    }

    /// Adds a nest after all others.
    fn add(&mut self, draft: (NestDraft, Vec<Separation<NestId>>)) -> NestId {
        let nest = self.made(draft);
        self.order.push(nest);
        nest
    }

    fn new_matmul(&mut self, id: StatementId, matmul: &MatmulLoops) -> NestId {
        self.add(self.draft(id, NestKind::Matmul(matmul.clone())))
    }

    /// The matmul whose sums a statement stores, element by element, if all else that it reads is there by
    /// then.
    fn epilogue(&self, id: StatementId) -> Option<(NestId, Member)> {
        let statement = &self.program.statements[id];
        let Action::Store { .. } = statement.action else { return None };
        let (first, _) = self.first_place(id)?;
        let nest = self.order[first];
        let draft = &self.nests[nest];
        let matmul =
            draft.kind.matmul().filter(|_| draft.round == statement.round && !self.is_full(nest, id))?;
        let sums = &self.program.statements[self.nests[nest].members[0].statement];
        let node = self.program.result(sums);
        let read = self.facts[id].reads.iter().find(|read| read.node == node && !read.reshaped)?;
        let inner = Self::matching_loops(statement, sums, &read.index, matmul)?;
        // Loops that walk the matrices as one may walk something else apart, such as a bias for each matrix
        // of a batch.
        let walks_as_one = |group: &Vec<Loop>| {
            group.windows(2).all(|pair| are_one(statement, &self.facts[id], pair[0], pair[1]))
        };
        if !inner.iter().all(walks_as_one) {
            return None;
        }
        let member = Member { statement: id, row: vec![], inner };
        self.is_made_in_place(id, nest, &member).then_some((nest, member))
    }

    /// The loops of a statement in the order of a matmul's axes, where it reads each sum once.
    fn matching_loops(
        statement: &Statement,
        sums: &Statement,
        read: &Index,
        matmul: &MatmulLoops,
    ) -> Option<Vec<Vec<Loop>>> {
        let along = |sum: &Loop| {
            let axis = sums.index.iter().position(|place| place.as_loop() == Some(*sum))?;
            let own = read[axis].as_loop()?;
            let extent = &sums.loops[sum.number()].extent;
            (statement.loops[own.number()].extent == *extent).then_some(own)
        };
        let axes = matmul.batch.iter().chain([&matmul.rows, &matmul.columns]);
        let inner: Vec<Vec<Loop>> =
            axes.map(|group| group.iter().map(along).collect()).collect::<Option<_>>()?;
        let mut loops: Vec<Loop> = inner.iter().flatten().copied().collect();
        loops.sort();
        loops.dedup();
        (loops.len() == statement.loops.len()).then_some(inner)
    }

    /// Whether a statement reads of a matmul's nest only what is made for the same element.
    fn is_made_in_place(&self, id: StatementId, nest: NestId, member: &Member) -> bool {
        let placed = |statement: StatementId, member: &Member, index: &Index| {
            let slots = slots(&self.program.statements[statement], member);
            substitute(index, &|l| slots[l.number()].map_or(IndexExpr::zero(), IndexExpr::of))
        };
        self.facts[id].reads.iter().all(|read| {
            let mut producers = self.homes[read.node.index()].iter().filter(|(home, _)| *home == nest);
            producers.all(|(_, producer)| {
                let made = self.nests[nest].members.iter().find(|m| m.statement == *producer);
                let made = made.expect("invariant: a home has its producer");
                let index = &self.program.statements[*producer].index;
                !read.reshaped && placed(id, member, &read.index) == placed(*producer, made, index)
            })
        })
    }

    /// The row of a nest of its own: the outermost loop of the result that is not wanted innermost.
    fn own_row(&self, id: StatementId) -> Loop {
        let loops = &self.program.statements[id].loops;
        let all: Vec<Loop> = (0..loops.len()).map(Loop::new).collect();
        if is_ordered(&self.program.statements[id]) {
            return all[0];
        }
        let (last, _) = innermost(&self.facts[id], &all);
        let free = |kind| all.iter().find(|l| Some(**l) != last && loops[l.number()].kind == kind);
        let row = free(LoopKind::Result).or(free(LoopKind::Scan)).or(free(LoopKind::Sum)).or(all.first());
        *row.expect("invariant: the statement has loops")
    }
}

/// Whether the order of iterations matters: data says where it writes, perhaps twice to one place.
fn is_ordered(statement: &Statement) -> bool {
    is_looked_up(&statement.index)
}

/// Whether data says where it is.
fn is_looked_up(index: &Index) -> bool {
    index.iter().any(|place| !place.lookups.is_empty())
}

/// A matmul or more: worth a nest of its own, which others may join.
fn is_heavy(program: &Statements<'_>, statement: &Statement) -> bool {
    match &statement.action {
        Action::Reduce { node, .. } => {
            statement.loops.len() > 2 && program.reduction(*node).operands.len() > 1
        }
        Action::Store { .. } | Action::Scan { .. } | Action::Part { .. } | Action::Call { .. } => false,
    }
}

/// The slot of each loop of a statement.
pub(crate) fn slots(statement: &Statement, member: &Member) -> Vec<Option<Loop>> {
    let mut slots = vec![None; statement.loops.len()];
    let axes = std::iter::once((Axis::Row, &member.row))
        .chain(member.inner.iter().enumerate().map(|(i, axis)| (Axis::Inner(i), axis)));
    for (axis, loops) in axes {
        for (part, l) in loops.iter().rev().enumerate() {
            slots[l.number()] = Some(Loop::slot(axis, part));
        }
    }
    slots
}
