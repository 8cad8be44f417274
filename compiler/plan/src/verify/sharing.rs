//! Buffers that a nest writes: no iteration that may run together with another sees what the other writes.
//!
//! For each buffer that a nest writes, unless it never has an element, with all its accesses in the nest:
//!
//! 1. A buffer that receives a total is touched by nothing else. Nor by anything else is a buffer that is
//!    read or written where data says, or to which values are spilled.
//! 2. No read depends on no axis at all.
//! 3. Within a block, stores and reductions write no element twice in a row; lanes accumulate into different
//!    elements; every other access to the buffer in that block is a read at the very access of a store or
//!    reduction (in place), or reaches other elements.
//! 4. Between rows, either no access depends on the row; then it is one accumulation, in a block with axes or
//!    with one row at a time, or an accumulator of a scan along the rows, or the nest runs one row at
//!    a time, not in parallel. Or all depend on it, and what a row writes no other row touches: all that one
//!    access reaches comes before all that the other does; the accesses walk alike from different starts and
//!    never meet; all that a row touches fits between two rows; or they depend on it by one stride, and have
//!    equal strides over equal extents and the same offset, without collisions; or all rows fit between two
//!    elements of one, and the accesses are whole such steps apart; or along one axis of the buffer, or of a
//!    matrix in its place, the row alone moves them, alike, or all of one comes before all of the other. Of
//!    one row at most, all this holds.

use tgc_graph::dim::{Atom, Dim};

use super::Checker;
use super::admissible::NotProven;
use super::bounds::Along;
use super::error::VerifyErrorKind;
use crate::{AccessKind, MemoryAccess};
use crate::{Axis, BufferId, Nest};

/// A nest's extent and the accesses to one buffer.
struct Group<'a, 'p> {
    nest: &'p Nest,
    buffer: BufferId,
    touches: Vec<&'a MemoryAccess<'p>>,
}

impl Checker<'_> {
    pub(super) fn check_sharing(&mut self, nest: &Nest) -> Result<(), VerifyErrorKind> {
        let touches = nest.accesses();
        let mut written: Vec<BufferId> =
            touches.iter().filter(|t| t.kind.writes()).map(|t| t.access.buffer).collect();
        written.sort();
        written.dedup();
        written.retain(|id| !self.has_no_elements(*id));
        for buffer in written {
            let touches = touches.iter().filter(|t| t.access.buffer == buffer).collect();
            let group = Group { nest, buffer, touches };
            self.check_kinds(&group)?;
            for block in 0..nest.blocks.len() {
                self.site.block = Some(block);
                self.check_within_block(&group, block)?;
            }
            self.site.block = None;
            // Iterations that meet where data says do so in order: nothing else touches the buffer.
            if nest.extent.is_some()
                && !matches!(
                    group.touches[0].kind,
                    AccessKind::ReduceRows | AccessKind::Scatter { .. } | AccessKind::Spills
                )
            {
                self.check_between_rows(&group)?;
            }
        }
        Ok(())
    }

    /// Whatever the sizes: no iteration reaches such a buffer, and its strides, which are 0, tell nothing.
    fn has_no_elements(&self, id: BufferId) -> bool {
        self.function.buffer(id).shape.contains(&Dim::Const(0))
    }

    fn check_kinds(&self, group: &Group) -> Result<(), VerifyErrorKind> {
        let totals = group.touches.iter().filter(|t| t.kind == AccessKind::ReduceRows).count();
        if totals > 0 && group.touches.len() > 1 {
            return Err(VerifyErrorKind::ReductionShared { buffer: self.name(group.buffer) });
        }
        let spills = group.touches.iter().filter(|t| t.kind == AccessKind::Spills).count();
        if spills > 0 && group.touches.len() > 1 {
            return Err(VerifyErrorKind::SpillsShared { buffer: self.name(group.buffer) });
        }
        let by_data =
            group.touches.iter().any(|t| matches!(t.kind, AccessKind::Gather | AccessKind::Scatter { .. }));
        if by_data && group.touches.len() > 1 {
            return Err(VerifyErrorKind::PlacesMeet { buffer: self.name(group.buffer) });
        }
        let lone_read = |t: &&&MemoryAccess| t.kind == AccessKind::Read && t.access.strides.is_empty();
        match group.touches.iter().find(lone_read) {
            Some(_) => Err(VerifyErrorKind::ReadWithoutAxes { buffer: self.name(group.buffer) }),
            None => Ok(()),
        }
    }

    fn check_within_block(&self, group: &Group, block: usize) -> Result<(), VerifyErrorKind> {
        let touches: Vec<&MemoryAccess> =
            group.touches.iter().copied().filter(|t| t.block == block).collect();
        for write in touches.iter().filter(|t| t.kind.writes()) {
            self.check_collisions(group, write)?;
        }
        if self.lie_in_a_row(group.nest, &touches) {
            return Ok(());
        }
        for (i, write) in touches.iter().enumerate().filter(|(_, t)| t.kind.writes()) {
            for (j, other) in touches.iter().enumerate() {
                let in_place = !other.kind.writes()
                    && matches!(write.kind, AccessKind::Store | AccessKind::Reduce)
                    && other.access == write.access;
                if i == j || in_place {
                    continue;
                }
                if !self.apart(group.nest, write, other) {
                    let buffer = self.name(group.buffer);
                    return Err(match other.kind.writes() {
                        true => VerifyErrorKind::TwoWrites { buffer },
                        false => VerifyErrorKind::SharedInBlock { buffer },
                    });
                }
            }
        }
        Ok(())
    }

    /// No two iterations of a row write the same element; of an accumulation, no two lanes.
    fn check_collisions(&self, group: &Group, write: &MemoryAccess) -> Result<(), VerifyErrorKind> {
        let buffer = || self.name(group.buffer);
        let depends = |axis: usize| {
            write.axes[axis].is_one() || write.access.strides.iter().any(|(a, _)| *a == Axis::Inner(axis))
        };
        match write.kind {
            AccessKind::Accumulate => {
                if write.lanes > 1 && !depends(write.axes.len() - 1) {
                    return Err(VerifyErrorKind::LanesShare { buffer: buffer() });
                }
                Ok(())
            }
            AccessKind::Store | AccessKind::Reduce | AccessKind::Carry(_) => {
                let is_along = |axis: usize| write.kind == AccessKind::Carry(Axis::Inner(axis));
                if let Some(axis) = (0..write.axes.len()).find(|&axis| !depends(axis) && !is_along(axis)) {
                    let many = &Dim::Const(1) - &write.axes[axis];
                    let reason = self.sizes.not_negative(&many, &scope(group.nest, &[write])).err();
                    return match reason {
                        None => Ok(()),
                        Some(reason) => Err(VerifyErrorKind::WrittenTwice { buffer: buffer(), reason }),
                    };
                }
                match self.injective(&write.inner(), &scope(group.nest, &[write])) {
                    true => Ok(()),
                    false => {
                        Err(VerifyErrorKind::WrittenTwice { buffer: buffer(), reason: NotProven::Unknown })
                    }
                }
            }
            AccessKind::Gather | AccessKind::Scatter { .. } | AccessKind::Spills | AccessKind::Check => {
                Ok(())
            }
            AccessKind::ReduceRows | AccessKind::Read | AccessKind::ReadAll | AccessKind::WriteAll => Ok(()),
        }
    }

    fn check_between_rows(&self, group: &Group) -> Result<(), VerifyErrorKind> {
        let Group { nest, touches, .. } = group;
        let one_row = nest.extent.as_ref().is_none_or(|rows| self.is_at_most_one(rows));
        let apart = if one_row {
            true
        } else if touches.iter().all(|t| t.row_stride().is_none()) {
            let one_sum = match touches.as_slice() {
                [only] if only.kind == AccessKind::Carry(Axis::Row) => true,
                [only] => only.kind == AccessKind::Accumulate && !only.axis_free,
                _ => false,
            };
            nest.parallel.is_none() && (nest.rows == 1 || one_sum)
        } else {
            self.fit_between_rows(nest, touches)
                || touches.iter().enumerate().all(|(i, a)| {
                    let mut others = touches[i..].iter().filter(|b| a.kind.writes() || b.kind.writes());
                    others.all(|b| self.rows_apart(nest, a, b))
                })
        };
        if apart { Ok(()) } else { Err(VerifyErrorKind::RowsShare { buffer: self.name(group.buffer) }) }
    }

    /// An extent that is 0 or 1 itself, or a product of such.
    fn is_at_most_one(&self, extent: &Dim) -> bool {
        let shown = |dim: &Dim| self.shows(&(&Dim::Const(1) - dim), &[]);
        let factors = match extent.terms().as_slice() {
            [(monomial, 1)] => monomial.iter().map(|(atom, _)| Dim::from(atom.clone())).collect(),
            _ => vec![],
        };
        let all = || factors.iter().all(|factor| self.shows(factor, &[]) && shown(factor));
        shown(extent) || !factors.is_empty() && all()
    }

    /// Different rows touch different elements by these accesses.
    fn rows_apart(&self, nest: &Nest, a: &MemoryAccess, b: &MemoryAccess) -> bool {
        let (Some(stride), Some(extent)) = (a.row_stride(), nest.extent.as_ref()) else { return false };
        let scope = scope(nest, &[a, b]);
        if self.never_meet(nest, a, b, &scope) || self.beside(a, b, Some((stride, extent)), &scope) {
            return true;
        }
        let farther = |far: &Dim, reach: &Dim| self.shows(&(&(far - reach) - &Dim::Const(1)), &scope);
        let fits_between_rows = |step: &Dim| {
            let Some(distance) = self.magnitude(step, &scope) else { return false };
            let spans =
                (self.span_beside(a, step, extent, &scope), self.span_beside(b, step, extent, &scope));
            let (Some((a_first, a_last)), Some((b_first, b_last))) = spans else { return false };
            farther(&distance, &(&b_last - &a_first)) && farther(&distance, &(&a_last - &b_first))
        };
        if fits_between_rows(stride) {
            return true;
        }
        if self.along_some_axis(nest, (a, b), &scope, &|a, b| self.is_before(a, b, &scope)) {
            return true;
        }
        let Some(other) = b.row_stride() else { return false };
        if other != stride {
            return fits_between_rows(other);
        }
        let Some(step) = self.magnitude(stride, &scope) else { return false };
        if self.walk(a, &scope) == self.walk(b, &scope) {
            let mut axes = a.inner();
            axes.push((stride, extent));
            if self.injective(&axes, &scope) {
                return true;
            }
        }
        let rows_fit_between = || {
            let rows = &step * &(extent - &Dim::Const(1));
            let mut distances: Vec<Dim> =
                a.inner().iter().chain(&b.inner()).map(|(s, _)| (*s).clone()).collect();
            distances.push(&a.access.offset - &b.access.offset);
            let mut candidates = distances.iter().filter_map(|d| self.magnitude(d, &scope));
            let whole = |unit: &Dim| distances.iter().all(|d| is_multiple(d, unit));
            self.shows(&(&step - &Dim::Const(1)), &scope)
                && candidates.any(|unit| farther(&unit, &rows) && whole(&unit))
        };
        rows_fit_between()
            || self.along_some_axis(nest, (a, b), &scope, &|a, b| self.rows_differ(a, b, &scope))
    }

    /// Both accesses are places along the axes of the buffer, or of a matrix in its place, and of one axis
    /// this holds.
    fn along_some_axis(
        &self,
        nest: &Nest,
        (a, b): (&MemoryAccess, &MemoryAccess),
        scope: &[&Dim],
        holds: &dyn Fn(&Along, &Along) -> bool,
    ) -> bool {
        let places = |touch: &MemoryAccess, shape: &[Dim]| {
            let mut loops = touch.inner();
            loops.extend(touch.row_stride().zip(nest.extent.as_ref()));
            self.by_axis(shape, touch, &loops, scope)
        };
        let shape = &self.function.buffer(a.access.buffer).shape;
        let matrix = |cut: usize| vec![shape[..cut].iter().product(), shape[cut..].iter().product()];
        let mut shapes = std::iter::once(shape.clone()).chain((1..shape.len()).map(matrix));
        shapes.any(|shape| match (places(a, &shape), places(b, &shape)) {
            (Some(first), Some(second)) => first.iter().zip(&second).any(|(a, b)| holds(a, b)),
            (_, _) => false,
        })
    }

    /// Only the row, the last of the loops, moves them along an axis, alike.
    fn rows_differ(&self, a: &Along, b: &Along, scope: &[&Dim]) -> bool {
        let moved_by_rows = |along: &Along| {
            let (row, inner) = along.steps.split_last()?;
            let is_fixed = inner.iter().all(|step| *step == Dim::Const(0));
            let moves = || {
                self.magnitude(row, scope).is_some_and(|step| self.shows(&(&step - &Dim::Const(1)), scope))
            };
            (is_fixed && moves()).then(|| (row.clone(), along.offset.clone()))
        };
        moved_by_rows(a).is_some_and(|a| moved_by_rows(b) == Some(a))
    }

    /// One comes before all of the other along an axis.
    fn is_before(&self, a: &Along, b: &Along, scope: &[&Dim]) -> bool {
        let after = |last: &Dim, first: &Dim| self.shows(&(&(first - last) - &Dim::Const(1)), scope);
        after(&a.last, &b.first) || after(&b.last, &a.first)
    }

    /// All that one access reaches, in any row, comes before all that the other reaches.
    fn never_meet(&self, nest: &Nest, a: &MemoryAccess, b: &MemoryAccess, scope: &[&Dim]) -> bool {
        let whole = |touch: &MemoryAccess| {
            let (first, last) = self.span(touch, scope)?;
            let (Some(stride), Some(extent)) = (touch.row_stride(), &nest.extent) else {
                return Some((first, last));
            };
            let end = stride * &(extent - &Dim::Const(1));
            if self.shows(stride, scope) {
                return Some((first, &last + &end));
            }
            self.shows(&(&Dim::Const(0) - stride), scope).then(|| (&first + &end, last))
        };
        let (Some((a_first, a_last)), Some((b_first, b_last))) = (whole(a), whole(b)) else { return false };
        let after = |last: &Dim, first: &Dim| self.shows(&(&(first - last) - &Dim::Const(1)), scope);
        after(&a_last, &b_first) || after(&b_last, &a_first)
    }

    /// Different index tuples give different elements: one axis after the other strides further than all the
    /// axes that are left can reach.
    fn injective(&self, axes: &[(&Dim, &Dim)], scope: &[&Dim]) -> bool {
        let mut left: Vec<(Dim, &Dim)> = vec![];
        for (stride, extent) in axes.iter().filter(|(_, extent)| !extent.is_one()) {
            let Some(stride) = self.magnitude(stride, scope) else { return false };
            left.push((stride, extent));
        }
        while !left.is_empty() {
            let outermost = (0..left.len()).find(|&i| {
                let others = left.iter().enumerate().filter(|(j, _)| *j != i);
                let reach = others
                    .fold(Dim::Const(1), |sum, (_, (s, extent))| &sum + &(s * &(*extent - &Dim::Const(1))));
                self.shows(&(&left[i].0 - &reach), scope)
            });
            match outermost {
                Some(i) => drop(left.remove(i)),
                None => return false,
            }
        }
        true
    }

    /// No iteration of one access reaches an element of the other, in the same row.
    fn apart(&self, nest: &Nest, a: &MemoryAccess, b: &MemoryAccess) -> bool {
        let scope = scope(nest, &[a, b]);
        let (Some((a_first, a_last)), Some((b_first, b_last))) = (self.span(a, &scope), self.span(b, &scope))
        else {
            return false;
        };
        let after = |last: &Dim, first: &Dim| self.shows(&(&(first - last) - &Dim::Const(1)), &scope);
        let alike = a.row_stride() == b.row_stride();
        alike && (after(&a_last, &b_first) || after(&b_last, &a_first) || self.beside(a, b, None, &scope))
            || self.never_meet(nest, a, b, &scope)
            || self.along_some_axis(nest, (a, b), &scope, &|a, b| self.is_before(a, b, &scope))
    }

    /// Both walk alike from different starts, and no walk meets the other: the start is one more axis, of
    /// size 2, of a walk without collisions.
    fn beside(&self, a: &MemoryAccess, b: &MemoryAccess, rows: Option<(&Dim, &Dim)>, scope: &[&Dim]) -> bool {
        if a.access == b.access && a.axes == b.axes {
            return false;
        }
        let ((start, walk), (other, alike)) = (self.walk(a, scope), self.walk(b, scope));
        let (distance, two) = (&start - &other, Dim::Const(2));
        if distance == Dim::Const(0) || walk != alike {
            return false;
        }
        let mut axes = a.inner();
        axes.extend(rows);
        axes.push((&distance, &two));
        a.row_stride() == b.row_stride() && self.injective(&axes, scope)
    }

    /// The first and last element of an access in row 0.
    pub(super) fn span(&self, touch: &MemoryAccess, scope: &[&Dim]) -> Option<(Dim, Dim)> {
        let mut first = touch.access.offset.clone();
        let mut last = first.clone();
        for (stride, extent) in touch.inner() {
            let end = stride * &(extent - &Dim::Const(1));
            if self.shows(stride, scope) {
                last = &last + &end;
            } else {
                if !self.shows(&(&Dim::Const(0) - stride), scope) {
                    return None;
                }
                first = &first + &end;
            }
        }
        Some((first, last))
    }

    /// The first and last element of an access in any row, counted from where a stride puts that row.
    fn span_beside(
        &self,
        touch: &MemoryAccess,
        stride: &Dim,
        rows: &Dim,
        scope: &[&Dim],
    ) -> Option<(Dim, Dim)> {
        let (first, last) = self.span(touch, scope)?;
        let drift = touch.row_stride()? - stride;
        let end = &drift * &(rows - &Dim::Const(1));
        if self.shows(&drift, scope) {
            return Some((first, &last + &end));
        }
        self.shows(&-&drift, scope).then(|| (&first + &end, last))
    }

    /// What an access reaches in row 0, whatever its axes are called, which way they go and how they are cut:
    /// the first element, and strides upwards with extents, in order. Axes are one where one counts on as
    /// another ends.
    fn walk(&self, touch: &MemoryAccess, scope: &[&Dim]) -> (Dim, Vec<(Dim, Dim)>) {
        let mut start = touch.access.offset.clone();
        let mut axes: Vec<(Dim, Dim)> = vec![];
        for (stride, extent) in touch.inner().into_iter().filter(|(_, extent)| !extent.is_one()) {
            let falls = !self.shows(stride, scope) && self.shows(&-stride, scope);
            if falls {
                start = &start + &(stride * &(extent - &Dim::Const(1)));
            }
            axes.push((if falls { -stride } else { stride.clone() }, extent.clone()));
        }
        let continues = |(stride, _): &(Dim, Dim), (step, extent): &(Dim, Dim)| *stride == step * extent;
        let pair = |axes: &[(Dim, Dim)]| {
            let pairs = (0..axes.len()).flat_map(|outer| (0..axes.len()).map(move |inner| (outer, inner)));
            pairs.into_iter().find(|&(outer, inner)| outer != inner && continues(&axes[outer], &axes[inner]))
        };
        while let Some((outer, inner)) = pair(&axes) {
            axes[inner].1 = &axes[inner].1 * &axes[outer].1;
            axes.remove(outer);
        }
        axes.sort();
        (start, axes)
    }

    pub(super) fn shows(&self, dim: &Dim, scope: &[&Dim]) -> bool {
        self.sizes.not_negative(dim, scope).is_ok()
    }

    /// The absolute value of a stride of known sign.
    pub(super) fn magnitude(&self, stride: &Dim, scope: &[&Dim]) -> Option<Dim> {
        if self.shows(stride, scope) {
            return Some(stride.clone());
        }
        let negated = &Dim::Const(0) - stride;
        self.shows(&negated, scope).then_some(negated)
    }
}

/// The extents that are at least 1 wherever these accesses happen.
fn scope<'a>(nest: &'a Nest, touches: &[&MemoryAccess<'a>]) -> Vec<&'a Dim> {
    touches.iter().flat_map(|t| t.axes).chain(&nest.extent).collect()
}

/// The dim is an integer times the unit, term by term.
fn is_multiple(dim: &Dim, unit: &Dim) -> bool {
    let terms = unit.terms();
    let [(factor, c)] = terms.as_slice() else { return false };
    let exponent_in = |monomial: &[(Atom, u32)], atom: &Atom| {
        monomial.iter().find(|(a, _)| a == atom).map_or(0, |(_, exponent)| *exponent)
    };
    dim.terms().iter().all(|(monomial, coefficient)| {
        coefficient % c == 0 && factor.iter().all(|(a, exponent)| exponent_in(monomial, a) >= *exponent)
    })
}
