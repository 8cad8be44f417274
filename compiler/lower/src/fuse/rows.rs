//! Which loops of a statement are rows, which are inner axes, and which walk memory as one.

use tgc_graph::dim::Dim;

use super::{Facts, Member, NestDraft, NestKind, is_ordered};
use crate::loops::{Loop, LoopKind, is_contiguous};
use crate::materialize::{Statement, Statements};

/// How many accesses are strided along a loop.
pub(super) fn strided(facts: &Facts, along: Loop) -> usize {
    facts.accesses.iter().filter(|place| place.is_far_along(along)).count()
}

/// The loop to run innermost, the later of equals, and how many accesses are strided along it.
pub(super) fn innermost(facts: &Facts, among: &[Loop]) -> (Option<Loop>, usize) {
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
pub(super) fn collapse_rows(program: &Statements<'_>, facts: &[Facts], nest: &mut NestDraft) {
    while let NestKind::Rows(extent) = nest.kind.clone() {
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
        nest.kind = NestKind::Rows(&extent * &size);
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
            are_one(&program.statements[member.statement], &facts[member.statement.0], last, Loop::new(*l))
        })
        .map(|l| (Loop::new(l), loops[l].extent.clone()))
        .collect()
}

/// Whether two loops of a statement walk all it touches as one.
pub(super) fn are_one(statement: &Statement, facts: &Facts, outer: Loop, inner: Loop) -> bool {
    let info = |l: Loop| &statement.loops[l.number()];
    let same_kind = info(outer).kind == info(inner).kind && info(inner).kind != LoopKind::Scan;
    let in_order = !is_ordered(statement) || inner.number() == outer.number() + 1;
    let mut places = facts.accesses.iter().chain(&facts.positions);
    same_kind && in_order && places.all(|place| is_contiguous(place, outer, inner, &info(inner).extent))
}

/// The inner axes: loops of the result, then summed ones, the best one last; neighbours collapse if they can.
pub(super) fn inner_axes(statement: &Statement, facts: &Facts, member: &Member) -> Vec<Vec<Loop>> {
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
