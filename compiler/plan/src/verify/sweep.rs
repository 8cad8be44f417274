//! Many accesses of a nest to one buffer at once: in a time that grows with their number, not with that of
//! their pairs.
//!
//! What holds here holds of each pair. What does not is left to the rules for pairs
//! ([`sharing`](super::sharing)).

use tgc_graph::dim::Dim;

use super::Checker;
use crate::{AccessKind, MemoryAccess, Nest};

/// The first and last element that an access reaches in row 0.
type Span = (Dim, Dim);

impl Checker<'_> {
    /// Whether what the accesses of a block reach in one row lies in a row: each of them ends before the next
    /// begins, but for reads in place.
    pub(super) fn lie_in_a_row(&self, nest: &Nest, touches: &[&MemoryAccess]) -> bool {
        let stores = |t: &&&MemoryAccess| matches!(t.kind, AccessKind::Store | AccessKind::Reduce);
        let is_in_place = |t: &&MemoryAccess| {
            !t.kind.writes() && touches.iter().filter(stores).any(|s| s.access == t.access)
        };
        let apart: Vec<&MemoryAccess> = touches.iter().copied().filter(|t| !is_in_place(t)).collect();
        let scope = common_scope(nest, &apart);
        let Some(spans) = self.spans(&apart, &scope) else { return false };
        let walks_alike = apart.windows(2).all(|pair| pair[0].row_stride() == pair[1].row_stride());
        let follows = |pair: &[Span]| self.shows(&(&(&pair[1].0 - &pair[0].1) - &Dim::Const(1)), &scope);
        walks_alike && spans.windows(2).all(follows)
    }

    /// Whether all that the accesses reach in one row ends before the next row begins.
    pub(super) fn fit_between_rows(&self, nest: &Nest, touches: &[&MemoryAccess]) -> bool {
        let scope = common_scope(nest, touches);
        let Some(stride) = touches[0].row_stride() else { return false };
        if touches.iter().any(|touch| touch.row_stride() != Some(stride)) {
            return false;
        }
        let (Some(step), Some(spans)) = (self.magnitude(stride, &scope), self.spans(touches, &scope)) else {
            return false;
        };
        let first = &spans[0].0;
        let end = first + &step;
        let is_inside = |(begin, last): &Span| {
            self.shows(&(begin - first), &scope) && self.shows(&(&(&end - last) - &Dim::Const(1)), &scope)
        };
        spans.iter().all(is_inside)
    }

    /// What each reaches in row 0, in order as far as a guess can tell.
    fn spans(&self, touches: &[&MemoryAccess], scope: &[&Dim]) -> Option<Vec<Span>> {
        let span = |touch: &&MemoryAccess| {
            self.span(touch, scope).filter(|(first, last)| self.shows(&(last - first), scope))
        };
        let mut spans: Vec<Span> = touches.iter().map(span).collect::<Option<_>>()?;
        spans.sort_by_cached_key(|(first, _)| first.evaluate(&|_| 1000));
        Some(spans)
    }
}

/// The extents that are at least 1 wherever any of these accesses happens.
fn common_scope<'a>(nest: &'a Nest, touches: &[&MemoryAccess<'a>]) -> Vec<&'a Dim> {
    let Some((first, others)) = touches.split_first() else { return vec![] };
    let is_common = |dim: &&Dim| others.iter().all(|touch| touch.axes.contains(dim));
    first.axes.iter().filter(is_common).chain(&nest.extent).collect()
}
