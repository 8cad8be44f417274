//! Which statements share an outer loop.
//!
//! Statements are placed one after the other, producers first. A statement joins a nest of equal extent if
//! what it reads from there is made in the same row, if the nest reads or makes what it reads, and if
//! its innermost accesses stay as good as in a nest of its own. Else it gets a new nest.

use tgc_graph::dim::Dim;
use tgc_plan::machine::Machine;

use crate::blocks::slots;
use crate::define::{Definition, Source};
use crate::loops::{Index, Loop, LoopInfo, LoopKind, Place, flat, is_contiguous, substitute};
use crate::product::ProductLoops;
use crate::values::{Action, Destination, MemoryRead, Statement, Statements};

/// A nest by its statements.
#[derive(Clone, Debug)]
pub(crate) struct NestDraft {
    /// The rows; `None` for statements without loops.
    pub extent: Option<Dim>,
    /// The stage of all its statements.
    pub stage: usize,
    /// The first member is a product of matrices, the others are its epilogue; there are no rows then.
    pub product: Option<ProductLoops>,
    pub members: Vec<Member>,
}

impl NestDraft {
    /// Whether it runs more than once.
    fn has_loops(&self) -> bool {
        self.extent.is_some() || self.product.is_some()
    }
}

/// A statement in a nest.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// Which statement.
    pub statement: usize,
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
    accesses: Vec<Place>,
    /// Positions that it asks for, which loops that become one must also walk as one.
    positions: Vec<Place>,
}

struct Placer<'a> {
    program: &'a Statements<'a>,
    machine: &'a Machine,
    facts: Vec<Facts>,
    /// All nests; `order` says when they run.
    nests: Vec<NestDraft>,
    order: Vec<usize>,
    /// The nests and statements that make the kept values of a node.
    homes: Vec<Vec<(usize, usize)>>,
}

/// The nests of a function, in order.
pub(crate) fn place(program: &Statements<'_>, machine: &Machine) -> Vec<NestDraft> {
    let facts = program.statements.iter().map(|s| facts(program, s)).collect();
    let homes = vec![vec![]; program.graph.len()];
    let mut placer = Placer { program, machine, facts, nests: vec![], order: vec![], homes };
    for statement in 0..program.statements.len() {
        placer.place(statement);
    }
    let Placer { mut nests, order, facts, .. } = placer;
    for nest in &mut nests {
        collapse_rows(program, &facts, nest);
        for member in nest.members.iter_mut().filter(|_| nest.product.is_none()) {
            member.inner =
                inner_axes(&program.statements[member.statement], &facts[member.statement], member);
        }
    }
    let mut slots: Vec<Option<NestDraft>> = nests.into_iter().map(Some).collect();
    order.iter().map(|n| slots[*n].take().expect("invariant: a nest runs once")).collect()
}

fn facts(program: &Statements<'_>, statement: &Statement) -> Facts {
    let reads = program.reads(statement);
    let mut accesses: Vec<Place> = reads.iter().map(|read| flat(&read.shape, &read.index)).collect();
    accesses.push(flat(&program.graph.ty(program.result(statement)).shape, &statement.index));
    Facts { reads, accesses, positions: program.positions(statement) }
}

impl Placer<'_> {
    fn place(&mut self, id: usize) {
        let statement = &self.program.statements[id];
        let (nest, member) = if let Some(product) = &statement.product {
            (
                self.new_product(product, statement.stage),
                Member { statement: id, row: vec![], inner: product.axes() },
            )
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
        match &statement.action {
            Action::Fold { node, .. }
            | Action::Scan { node, .. }
            | Action::Part { of: node, .. }
            | Action::Store { node, to: Destination::Value(_) } => self.homes[node.index()].push((nest, id)),
            Action::Store { .. } => {}
        }
    }

    /// A statement without loops runs once, as early as what it reads allows.
    fn place_scalar(&mut self, id: usize) -> (usize, Option<Loop>) {
        let stage = self.program.statements[id].stage;
        let after = self.first_position(id).map_or(0, |(position, strict)| position + usize::from(strict));
        let stage_begins = self.order.iter().filter(|nest| self.nests[**nest].stage < stage).count();
        let after = after.max(stage_begins);
        // A later nest without rows would do, but everything that reads this statement would have to wait for it.
        if let Some(&nest) = self.order.get(after).filter(|nest| !self.nests[**nest].has_loops()) {
            return (nest, None);
        }
        self.nests.push(NestDraft { extent: None, stage, product: None, members: vec![] });
        self.order.insert(after, self.nests.len() - 1);
        (self.nests.len() - 1, None)
    }

    /// The position of the last nest that a statement cannot come before, since it makes what the statement reads or
    /// changes, or reads the variable that the statement updates; and whether the statement cannot be in that nest unless in
    /// the same row, because the nest has rows or leaves the value in memory alone.
    fn first_position(&self, id: usize) -> Option<(usize, bool)> {
        let has_rows = |position: usize| self.nests[self.order[position]].has_loops();
        let in_memory = |statement: usize| match self.program.statements[statement].action {
            Action::Part { .. } | Action::Scan { .. } => true,
            Action::Store { .. } | Action::Fold { .. } => false,
        };
        let after = |(nest, strict): (usize, bool)| {
            let position = self.position(nest);
            (position, strict || has_rows(position))
        };
        let producers = self.facts[id].reads.iter().flat_map(|read| {
            let homes = self.homes[read.node.index()].iter();
            homes.map(|(nest, statement)| (*nest, in_memory(*statement) || is_looked_up(&read.index)))
        });
        let before = self.parts_before(id).iter().map(|(nest, _)| (*nest, true));
        let readers = self.last_reader_of_updated(id).map(|position| (position, has_rows(position)));
        producers.chain(before).map(after).chain(readers).max()
    }

    /// Who made what a statement changes.
    fn parts_before(&self, id: usize) -> &[(usize, usize)] {
        match self.program.statements[id].action {
            Action::Part { of, over: true, .. } => &self.homes[of.index()],
            Action::Part { .. } | Action::Store { .. } | Action::Fold { .. } | Action::Scan { .. } => &[],
        }
    }

    fn position(&self, nest: usize) -> usize {
        self.order.iter().position(|n| *n == nest).expect("invariant: every nest has a position")
    }

    fn new_nest(&mut self, id: usize) -> usize {
        let row = self.own_row(id);
        let extent = self.program.statements[id].loops[row.number()].extent.clone();
        let stage = self.program.statements[id].stage;
        self.nests.push(NestDraft { extent: Some(extent), stage, product: None, members: vec![] });
        self.order.push(self.nests.len() - 1);
        self.nests.len() - 1
    }

    fn new_product(&mut self, product: &ProductLoops, stage: usize) -> usize {
        self.nests.push(NestDraft { extent: None, stage, product: Some(product.clone()), members: vec![] });
        self.order.push(self.nests.len() - 1);
        self.nests.len() - 1
    }

    /// The product whose sums a statement stores, element by element, if all else that it reads is there by then.
    fn epilogue(&self, id: usize) -> Option<(usize, Member)> {
        let statement = &self.program.statements[id];
        let Action::Store { .. } = statement.action else { return None };
        let (first, _) = self.first_position(id)?;
        let nest = self.order[first];
        let product =
            self.nests[nest].product.as_ref().filter(|_| self.nests[nest].stage == statement.stage)?;
        let sums = &self.program.statements[self.nests[nest].members[0].statement];
        let node = self.program.result(sums);
        let read = self.facts[id].reads.iter().find(|read| read.node == node && !read.reshaped)?;
        let inner = Self::matching_loops(statement, sums, &read.index, product)?;
        // Loops that walk the matrices as one may walk something else apart, such as a bias for each matrix of a batch.
        let walks_as_one = |group: &Vec<Loop>| {
            group.windows(2).all(|pair| are_one(statement, &self.facts[id], pair[0], pair[1]))
        };
        if !inner.iter().all(walks_as_one) {
            return None;
        }
        let member = Member { statement: id, row: vec![], inner };
        self.is_made_in_place(id, nest, &member).then_some((nest, member))
    }

    /// The loops of a statement in the order of a product's axes, where it reads each sum once.
    fn matching_loops(
        statement: &Statement,
        sums: &Statement,
        read: &Index,
        product: &ProductLoops,
    ) -> Option<Vec<Vec<Loop>>> {
        let along = |sum: &Loop| {
            let axis = sums.index.iter().position(|place| place.as_loop() == Some(*sum))?;
            let own = read[axis].as_loop()?;
            let extent = &sums.loops[sum.number()].extent;
            (statement.loops[own.number()].extent == *extent).then_some(own)
        };
        let axes = product.batch.iter().chain([&product.rows, &product.columns]);
        let inner: Vec<Vec<Loop>> =
            axes.map(|group| group.iter().map(along).collect()).collect::<Option<_>>()?;
        let mut loops: Vec<Loop> = inner.iter().flatten().copied().collect();
        loops.sort();
        loops.dedup();
        (loops.len() == statement.loops.len()).then_some(inner)
    }

    /// Whether a statement reads of a product's nest only what is made for the same element.
    fn is_made_in_place(&self, id: usize, nest: usize, member: &Member) -> bool {
        let placed = |statement: usize, member: &Member, index: &Index| {
            let slots = slots(&self.program.statements[statement], member);
            substitute(index, &|l| slots[l.number()].map_or(Place::zero(), Place::of))
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
    fn own_row(&self, id: usize) -> Loop {
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

    fn best_join(&self, id: usize) -> Option<(usize, Option<Loop>)> {
        let statement = &self.program.statements[id];
        if is_heavy(self.program, statement) || is_ordered(statement) {
            return None;
        }
        let first = self.first_position(id).map_or(0, |(position, _)| position);
        let mut best: Option<(u32, usize, Loop)> = None;
        for &nest in self.order[first..].iter().filter(|nest| self.nests[**nest].stage == statement.stage) {
            for row in (0..statement.loops.len()).map(Loop::new) {
                let score = self.score(id, nest, row);
                if score > 0 && best.is_none_or(|(least, _, _)| score >= least) {
                    best = Some((score, nest, row));
                }
            }
        }
        best.map(|(_, nest, row)| (nest, Some(row)))
    }

    /// What joining a nest is worth; 0 if it is wrong or useless.
    fn score(&self, id: usize, nest: usize, row: Loop) -> u32 {
        let statement = &self.program.statements[id];
        let draft = &self.nests[nest];
        if draft.extent.as_ref() != Some(&statement.loops[row.number()].extent)
            || !self.is_aligned(id, nest, row)
            || self.parts_before(id).iter().any(|(home, _)| *home == nest)
            || self.has_ordered(nest)
            || !self.sums_into_little(statement, row)
        {
            return 0;
        }
        let all: Vec<Loop> = (0..statement.loops.len()).map(Loop::new).collect();
        let rest: Vec<Loop> = all.iter().copied().filter(|l| *l != row).collect();
        let worst =
            if rest.is_empty() { strided(&self.facts[id], row) } else { innermost(&self.facts[id], &rest).1 };
        if worst > innermost(&self.facts[id], &all).1 {
            return 0;
        }
        self.facts[id].reads.iter().map(|read| self.shared_worth(nest, read, row)).sum::<u32>()
            + self.update_worth(id, nest)
            + self.part_worth(id, nest, row)
    }

    fn has_ordered(&self, nest: usize) -> bool {
        self.nests[nest].members.iter().any(|member| is_ordered(&self.program.statements[member.statement]))
    }

    /// Whether all that a statement reads from a nest is made in the same row.
    fn is_aligned(&self, id: usize, nest: usize, row: Loop) -> bool {
        self.facts[id].reads.iter().all(|read| {
            let producers = self.homes[read.node.index()].iter().filter(|(home, _)| *home == nest);
            producers.clone().all(|(_, producer)| self.is_made_in_row(nest, *producer, read, row))
        })
    }

    /// Whether what is read in a row is what a statement of the nest makes in that row.
    fn is_made_in_row(&self, nest: usize, producer: usize, read: &MemoryRead, row: Loop) -> bool {
        let made = &self.program.statements[producer];
        if matches!(made.action, Action::Part { .. }) || is_looked_up(&read.index) {
            return false;
        }
        let member = self.nests[nest].members.iter().find(|m| m.statement == producer);
        let made_in = member.expect("invariant: a home has its producer").row.first();
        let Some(axis) = made_in.and_then(|r| made.index.iter().position(|p| p.as_loop() == Some(*r))) else {
            return false;
        };
        let shape = &self.program.graph.ty(read.node).shape;
        let is_whole = |shape: &[Dim]| -> Dim { shape[1..].iter().product() };
        let same_axis = !read.reshaped || (axis == 0 && is_whole(&read.shape) == is_whole(shape));
        same_axis && read.index[axis].as_loop() == Some(row)
    }

    /// A fold across rows walks all its accumulators in every row, so they must stay near.
    fn sums_into_little(&self, statement: &Statement, row: Loop) -> bool {
        if statement.loops[row.number()].kind != LoopKind::Sum {
            return true;
        }
        let results: Vec<&LoopInfo> = statement.loops.iter().filter(|l| l.kind != LoopKind::Sum).collect();
        let elements: Dim = results.iter().map(|l| &l.extent).product();
        let bytes = elements.as_const().map(|n| n.saturating_mul(8));
        results.len() <= 1 || bytes.is_some_and(|n| n <= i64::from(self.machine.l1_bytes) / 2)
    }

    /// What it is worth to find this read in a nest already.
    fn shared_worth(&self, nest: usize, read: &MemoryRead, row: Loop) -> u32 {
        if self.homes[read.node.index()].iter().any(|(home, _)| *home == nest) {
            return 16;
        }
        let axis = read.index.iter().position(|p| p.as_loop() == Some(row));
        let Some(axis) = axis else { return 0 };
        let shared = self.nests[nest].members.iter().any(|member| {
            let mut reads = self.facts[member.statement].reads.iter();
            reads.any(|other| {
                let along = other.index.get(axis).and_then(Place::as_loop);
                other.node == read.node
                    && other.shape == read.shape
                    && along.is_some_and(|l| member.row.first() == Some(&l))
            })
        });
        let moving = read.index.iter().filter(|place| !place.terms.is_empty()).count();
        if shared { 1 + 2 * moving as u32 } else { 0 }
    }

    /// Parts of one tensor go together, with rows along the same of its axes.
    fn part_worth(&self, id: usize, nest: usize, row: Loop) -> u32 {
        let Action::Part { of, .. } = self.program.statements[id].action else { return 0 };
        let along = |statement: usize, row: Loop| {
            self.program.statements[statement].index.iter().position(|place| place.depends_on(row))
        };
        let mut others = self.nests[nest]
            .members
            .iter()
            .filter(|member| self.homes[of.index()].contains(&(nest, member.statement)));
        u32::from(
            others.any(|m| m.row.first().is_some_and(|first| along(m.statement, *first) == along(id, row))),
        )
    }

    /// Updates go where their variable, or what becomes of it, is read and written.
    fn update_worth(&self, id: usize, nest: usize) -> u32 {
        let own = &self.program.statements[id];
        let Action::Store { to: Destination::State(state), .. } = own.action else { return 0 };
        let reads = |statement: usize, state: usize| self.reads_state(statement, state);
        let related =
            self.nests[nest].members.iter().any(|m| match self.program.statements[m.statement].action {
                Action::Store { to: Destination::State(other), .. } => {
                    reads(id, other) || reads(m.statement, state)
                }
                Action::Store { .. } | Action::Fold { .. } | Action::Scan { .. } | Action::Part { .. } => {
                    reads(m.statement, state)
                }
            });
        u32::from(related)
    }

    fn reads_state(&self, statement: usize, state: usize) -> bool {
        self.facts[statement].reads.iter().any(|read| {
            let definition = &self.program.definitions[read.node.index()];
            matches!(definition, Definition::Source(Source::State(s)) if *s == state)
        })
    }

    /// The position of the last nest that reads the variable that a statement updates.
    fn last_reader_of_updated(&self, id: usize) -> Option<usize> {
        let Action::Store { to: Destination::State(state), .. } = self.program.statements[id].action else {
            return None;
        };
        let reads =
            |nest: &usize| self.nests[*nest].members.iter().any(|m| self.reads_state(m.statement, state));
        self.order.iter().rposition(reads)
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

/// A product of matrices or more: worth a nest of its own, which others may join.
fn is_heavy(program: &Statements<'_>, statement: &Statement) -> bool {
    match &statement.action {
        Action::Fold { node, .. } => statement.loops.len() > 2 && program.fold(*node).operands.len() > 1,
        Action::Store { .. } | Action::Scan { .. } | Action::Part { .. } => false,
    }
}

/// How many accesses are strided along a loop.
fn strided(facts: &Facts, along: Loop) -> usize {
    facts.accesses.iter().filter(|place| place.is_far_along(along)).count()
}

/// The loop to run innermost, the later of equals, and how many accesses are strided along it.
fn innermost(facts: &Facts, among: &[Loop]) -> (Option<Loop>, usize) {
    let mut best = (None, usize::MAX);
    for l in among {
        let count = strided(facts, *l);
        if count <= best.1 {
            best = (Some(*l), count);
        }
    }
    if best.0.is_none() { (None, 0) } else { best }
}

/// Joins the row with an inner loop for as long as every member's accesses allow it.
fn collapse_rows(program: &Statements<'_>, facts: &[Facts], nest: &mut NestDraft) {
    while let Some(extent) = nest.extent.clone() {
        let Some(first) = nest.members.first() else { return };
        let options = next_rows(program, facts, first, None);
        let chosen = options.into_iter().find_map(|(_, size)| {
            let loops: Option<Vec<Loop>> = nest
                .members
                .iter()
                .map(|m| next_rows(program, facts, m, Some(&size)).first().map(|(l, _)| *l))
                .collect();
            Some((loops?, size))
        });
        let Some((loops, size)) = chosen else { return };
        for (member, next) in nest.members.iter_mut().zip(loops) {
            member.row.push(next);
        }
        nest.extent = Some(&extent * &size);
    }
}

/// The loops that a member's row could take in, with their extents.
fn next_rows(
    program: &Statements<'_>,
    facts: &[Facts],
    member: &Member,
    size: Option<&Dim>,
) -> Vec<(Loop, Dim)> {
    let loops = &program.statements[member.statement].loops;
    let last = *member.row.last().expect("invariant: a nest with rows has row loops");
    (0..loops.len())
        .filter(|l| !member.row.contains(&Loop::new(*l)) && size.is_none_or(|s| *s == loops[*l].extent))
        .filter(|l| {
            are_one(&program.statements[member.statement], &facts[member.statement], last, Loop::new(*l))
        })
        .map(|l| (Loop::new(l), loops[l].extent.clone()))
        .collect()
}

/// Whether two loops of a statement walk all it touches as one.
fn are_one(statement: &Statement, facts: &Facts, outer: Loop, inner: Loop) -> bool {
    let info = |l: Loop| &statement.loops[l.number()];
    let same_kind = info(outer).kind == info(inner).kind && info(inner).kind != LoopKind::Scan;
    let in_order = !is_ordered(statement) || inner.number() == outer.number() + 1;
    let mut places = facts.accesses.iter().chain(&facts.positions);
    same_kind && in_order && places.all(|place| is_contiguous(place, outer, inner, &info(inner).extent))
}

/// The inner axes: loops of the result, then summed ones, the best one last; neighbours collapse if they can.
fn inner_axes(statement: &Statement, facts: &Facts, member: &Member) -> Vec<Vec<Loop>> {
    let loops = &statement.loops;
    let rest: Vec<Loop> = (0..loops.len()).map(Loop::new).filter(|l| !member.row.contains(l)).collect();
    let (last, _) = innermost(facts, &rest);
    let of_kind = |kind| rest.iter().filter(move |l| loops[l.number()].kind == kind && Some(**l) != last);
    let kinds = [LoopKind::Result, LoopKind::Scan, LoopKind::Sum];
    let ordered: Vec<Loop> = match is_ordered(statement) {
        true => rest,
        false => kinds.into_iter().flat_map(of_kind).chain(&last).copied().collect(),
    };
    let mut axes: Vec<Vec<Loop>> = vec![];
    for l in ordered {
        match axes.last_mut() {
            Some(axis)
                if are_one(statement, facts, *axis.last().expect("invariant: axes are not empty"), l) =>
            {
                axis.push(l);
            }
            _ => axes.push(vec![l]),
        }
    }
    axes
}
