//! What joining a nest is worth, and why a statement stays apart from one.

use tgc_graph::dim::Dim;
use tgc_plan::NotFused;
use tgc_plan::machine::Machine;

use super::rows::{innermost, strided};
use super::{NestKind, Placer, Separation, is_heavy, is_looked_up, is_ordered, materialized_node};
use crate::classify::{Definition, Source};
use crate::ids::{NestId, NestPlace, StatementId};
use crate::loops::{IndexExpr, Loop, LoopInfo, LoopKind};
use crate::materialize::{Action, Destination, MemoryRead, Statement};

/// Earlier nests that a nest says why it is apart from.
const MOST_REASONS: usize = 6;

impl Placer<'_> {
    pub(super) fn best_join(&self, id: StatementId) -> Option<(NestId, Option<Loop>)> {
        let statement = &self.program.statements[id];
        let is_alone = is_heavy(self.program, statement) || self.program.copies_variable(statement);
        if is_alone || is_ordered(statement) {
            return None;
        }
        let first = self.first_place(id).map_or(0, |(place, _)| place.0);
        let mut best: Option<(u32, NestId, Loop)> = None;
        for &nest in self.order[first..].iter().filter(|nest| self.nests[**nest].round == statement.round) {
            for row in (0..statement.loops.len()).map(Loop::new) {
                let Ok(score) = self.score(id, nest, row) else { continue };
                if best.is_none_or(|(least, _, _)| score >= least) {
                    best = Some((score, nest, row));
                }
            }
        }
        best.map(|(_, nest, row)| (nest, Some(row)))
    }

    /// What joining a nest with this loop as its rows is worth, or why that would be wrong or useless.
    fn score(&self, id: StatementId, nest: NestId, row: Loop) -> Result<u32, NotFused> {
        let statement = &self.program.statements[id];
        let ensure = |holds: bool, why: NotFused| if holds { Ok(()) } else { Err(why) };
        let extent = &statement.loops[row.number()].extent;
        ensure(self.nests[nest].kind.rows() == Some(extent), NotFused::Extent)?;
        ensure(!self.is_full(nest, id), NotFused::Full)?;
        ensure(self.is_aligned(id, nest, row), NotFused::OtherRow)?;
        ensure(self.parts_before(id).iter().all(|(home, _)| *home != nest), NotFused::Overwrites)?;
        ensure(!self.has_ordered(nest), NotFused::IndirectWrites)?;
        ensure(self.sums_into_little(statement, row), NotFused::LargeAccumulators)?;
        let all: Vec<Loop> = (0..statement.loops.len()).map(Loop::new).collect();
        let rest: Vec<Loop> = all.iter().copied().filter(|l| *l != row).collect();
        let worst =
            if rest.is_empty() { strided(&self.facts[id], row) } else { innermost(&self.facts[id], &rest).1 };
        ensure(worst <= innermost(&self.facts[id], &all).1, NotFused::Strided)?;
        let shared = self.facts[id].reads.iter().map(|read| self.shared_worth(nest, read, row)).sum::<u32>();
        let worth = shared + self.update_worth(id, nest) + self.part_worth(id, nest, row);
        if worth > 0 { Ok(worth) } else { Err(NotFused::OtherAxis) }
    }

    /// The nearest earlier nests that a statement shares data with, and why it is in none of them.
    pub(super) fn apart(&self, id: StatementId) -> Vec<Separation<NestId>> {
        let first = self.first_place(id).map(|(place, _)| place);
        let related = self.order.iter().enumerate().rev().filter(|(_, nest)| self.is_related(id, **nest));
        let separation = |(position, from): (usize, &NestId)| {
            let is_too_early = first.is_some_and(|first| NestPlace(position) < first);
            let why = self.why_apart(id, *from, is_too_early);
            let after = first.filter(|_| why == NotFused::Order).map(|first| self.order[first]);
            Separation { from: *from, why, after }
        };
        related.take(MOST_REASONS).map(separation).collect()
    }

    /// Whether a statement reads what a nest makes or reads, or changes what it makes.
    fn is_related(&self, id: StatementId, nest: NestId) -> bool {
        let changes = self.parts_before(id).iter().any(|(home, _)| *home == nest);
        changes
            || self.facts[id].reads.iter().any(|read| {
                let is_made = self.homes[read.node.index()].iter().any(|(home, _)| *home == nest);
                let same = |other: &MemoryRead| other.node == read.node;
                is_made
                    || self.nests[nest].members.iter().any(|m| self.facts[m.statement].reads.iter().any(same))
            })
    }

    fn why_apart(&self, id: StatementId, nest: NestId, is_too_early: bool) -> NotFused {
        let (statement, draft) = (&self.program.statements[id], &self.nests[nest]);
        let is_call = matches!(draft.kind, NestKind::Call) || matches!(statement.action, Action::Call { .. });
        if statement.matmul.is_some() {
            NotFused::Matmul
        } else if is_call {
            NotFused::Routine
        } else if draft.round != statement.round {
            NotFused::IndexCheck
        } else if is_too_early {
            NotFused::Order
        } else if self.program.copies_variable(statement) {
            NotFused::VariableInPlace
        } else if draft.kind.matmul().is_some() {
            NotFused::NotAnEpilogue
        } else if is_heavy(self.program, statement) {
            NotFused::Contraction
        } else if is_ordered(statement) {
            NotFused::IndirectWrites
        } else {
            let rows = (0..statement.loops.len()).map(Loop::new);
            rows.filter_map(|row| self.score(id, nest, row).err()).max().unwrap_or(NotFused::Extent)
        }
    }

    fn has_ordered(&self, nest: NestId) -> bool {
        self.nests[nest].members.iter().any(|member| is_ordered(&self.program.statements[member.statement]))
    }

    /// Whether all that a statement reads from a nest is made in the same row.
    fn is_aligned(&self, id: StatementId, nest: NestId, row: Loop) -> bool {
        self.facts[id].reads.iter().all(|read| {
            let producers = self.homes[read.node.index()].iter().filter(|(home, _)| *home == nest);
            producers.clone().all(|(_, producer)| self.is_made_in_row(nest, *producer, read, row))
        })
    }

    /// Whether what is read in a row is what a statement of the nest makes in that row.
    fn is_made_in_row(&self, nest: NestId, producer: StatementId, read: &MemoryRead, row: Loop) -> bool {
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

    /// A reduction across rows walks all its accumulators in every row, so they must stay near.
    fn sums_into_little(&self, statement: &Statement, row: Loop) -> bool {
        if statement.loops[row.number()].kind != LoopKind::Sum {
            return true;
        }
        let results: Vec<&LoopInfo> = statement.loops.iter().filter(|l| l.kind != LoopKind::Sum).collect();
        let elements: Dim = results.iter().map(|l| &l.extent).product();
        let bytes = elements.as_const().map(|n| n.saturating_mul(8));
        results.len() <= 1 || bytes.is_some_and(|n| n <= i64::from(Machine::ORDER.l1_bytes) / 2)
    }

    /// What it is worth to find this read in a nest already.
    fn shared_worth(&self, nest: NestId, read: &MemoryRead, row: Loop) -> u32 {
        if self.homes[read.node.index()].iter().any(|(home, _)| *home == nest) {
            return 16;
        }
        let axis = read.index.iter().position(|p| p.as_loop() == Some(row));
        let Some(axis) = axis else { return 0 };
        let shared = self.nests[nest].members.iter().any(|member| {
            let mut reads = self.facts[member.statement].reads.iter();
            reads.any(|other| {
                let along = other.index.get(axis).and_then(IndexExpr::as_loop);
                other.node == read.node
                    && other.shape == read.shape
                    && along.is_some_and(|l| member.row.first() == Some(&l))
            })
        });
        let moving = read.index.iter().filter(|place| !place.terms.is_empty()).count();
        if shared { 1 + 2 * moving as u32 } else { 0 }
    }

    /// Parts of one tensor go together, with rows along the same of its axes.
    fn part_worth(&self, id: StatementId, nest: NestId, row: Loop) -> u32 {
        let Action::Part { of, .. } = self.program.statements[id].action else { return 0 };
        let along = |statement: StatementId, row: Loop| {
            self.program.statements[statement].index.iter().position(|place| place.depends_on(row))
        };
        let mut others = self.nests[nest]
            .members
            .iter()
            .filter(|member| materialized_node(&self.program.statements[member.statement]) == Some(of));
        u32::from(
            others.any(|m| m.row.first().is_some_and(|first| along(m.statement, *first) == along(id, row))),
        )
    }

    /// Updates go where their variable, or what becomes of it, is read and written.
    fn update_worth(&self, id: StatementId, nest: NestId) -> u32 {
        let own = &self.program.statements[id];
        let Action::Store { to: Destination::State(state), .. } = own.action else { return 0 };
        let reads = |statement: StatementId, state: usize| self.reads_state(statement, state);
        let related =
            self.nests[nest].members.iter().any(|m| match self.program.statements[m.statement].action {
                Action::Store { to: Destination::State(other), .. } => {
                    reads(id, other) || reads(m.statement, state)
                }
                Action::Store { .. }
                | Action::Reduce { .. }
                | Action::Scan { .. }
                | Action::Part { .. }
                | Action::Call { .. } => reads(m.statement, state),
            });
        u32::from(related)
    }

    fn reads_state(&self, statement: StatementId, state: usize) -> bool {
        self.facts[statement].reads.iter().any(|read| {
            let definition = &self.program.definitions[read.node.index()];
            matches!(definition, Definition::Source(Source::State(s)) if *s == state)
        })
    }

    /// The last nest that reads the variable that a statement updates.
    pub(super) fn last_reader_of_updated(&self, id: StatementId) -> Option<NestPlace> {
        let Action::Store { to: Destination::State(state), .. } = self.program.statements[id].action else {
            return None;
        };
        let reads =
            |nest: &NestId| self.nests[*nest].members.iter().any(|m| self.reads_state(m.statement, state));
        self.order.iter().rposition(reads).map(NestPlace)
    }
}
