//! Accesses stay in their buffers: the smallest and the largest element that one reaches, while no axis
//! around it is empty, are inside.
//!
//! Both are sums over all loops, of which little may be known when loops are minima of sizes: on the diagonal
//! of a `[K,2]` matrix `3*min(K, 2) - 3` is less than `2*K`, for a reason that the sum no longer shows. So
//! where the sum does not, the axes of the buffer one by one may show it, or those of a matrix that lies in
//! its place.

use tgc_graph::dim::{Dim, divide_monomials};

use super::Checker;
use super::error::VerifyErrorKind;
use crate::{AccessKind, MemoryAccess, Nest, Reach};

/// How often a part of a sum is divided before it is left to the next axis.
const MOST_DIVISIONS: usize = 16;

/// How often the size of an axis is taken from the next outer one.
const LENT: [i64; 5] = [0, 1, -1, 2, -2];

impl Checker<'_> {
    pub(super) fn check_bounds(&self, nest: &Nest, touch: &MemoryAccess) -> Result<(), VerifyErrorKind> {
        if matches!(touch.kind, AccessKind::ReduceRows | AccessKind::Spills) {
            return Ok(());
        }
        // An index that is inside an axis shows that the axis is not empty.
        let looked_up = touch.looked_up().map(|(_, extent)| extent);
        let nonempty: Vec<&Dim> = touch.axes.iter().chain(&nest.extent).chain(looked_up).collect();
        let row = touch.row_stride().zip(nest.extent.as_ref());
        let mut loops = touch.inner();
        loops.extend(row);
        loops.extend(touch.looked_up());
        match self.check_reach(touch, &loops, &nonempty) {
            Err(kind) => {
                let shape = &self.function.buffer(touch.access.buffer).shape;
                let matrices = loops.iter().flat_map(|(stride, _)| matrices(shape, stride));
                let mut shapes = std::iter::once(shape.clone()).chain(matrices);
                let is_inside = shapes.any(|shape| self.by_axis(&shape, touch, &loops, &nonempty).is_some());
                if is_inside {
                    return Ok(());
                }
                let buffer = self.function.buffer(touch.access.buffer);
                let reach = Reach::of_access(buffer.name.clone(), buffer.elements(), nest, touch);
                self.leave_to_calls(reach, kind)
            }
            Ok(()) => Ok(()),
        }
    }

    /// The same of the flat buffer. Each stride must have a known sign.
    fn check_reach(
        &self,
        touch: &MemoryAccess,
        loops: &[(&Dim, &Dim)],
        nonempty: &[&Dim],
    ) -> Result<(), VerifyErrorKind> {
        let buffer = touch.access.buffer;
        let elements = self.function.buffer(buffer).elements();
        let mut first = touch.access.offset.clone();
        let mut last = touch.access.offset.clone();
        for (stride, extent) in loops {
            let span = *stride * &(*extent - &Dim::Const(1));
            if self.sizes.not_negative(stride, nonempty).is_ok() {
                last = &last + &span;
            } else {
                // If the sign is not known to be negative either, the end cannot be shown to be inside.
                first = &first + &span;
                if let Err(reason) = self.sizes.not_negative(&-*stride, nonempty) {
                    return Err(VerifyErrorKind::BeforeFirst { buffer: self.name(buffer), reason });
                }
            }
        }
        self.sizes
            .not_negative(&first, nonempty)
            .map_err(|reason| VerifyErrorKind::BeforeFirst { buffer: self.name(buffer), reason })?;
        let room = &(&elements - &last) - &Dim::Const(1);
        self.sizes.not_negative(&room, nonempty).map_err(|reason| {
            let elements = elements.display(&self.function.signature.symbols).to_string();
            VerifyErrorKind::BeyondLast { buffer: self.name(buffer), elements, reason }
        })
    }

    /// An access as a place along each axis of its buffer, or of another shape of as many elements, if offset
    /// and strides are sums of steps along these and none of them leaves the buffer: different places are
    /// different elements then.
    pub(super) fn by_axis(
        &self,
        shape: &[Dim],
        touch: &MemoryAccess,
        loops: &[(&Dim, &Dim)],
        nonempty: &[&Dim],
    ) -> Option<Vec<Along>> {
        let shows = |dim: &Dim| self.sizes.not_negative(dim, nonempty).is_ok();
        let mut strides = vec![Dim::Const(1); shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = &strides[axis] * &shape[axis];
        }
        let mut offsets = shares(&touch.access.offset, &strides)?;
        let steps: Vec<Vec<Dim>> =
            loops.iter().map(|(stride, _)| shares(stride, &strides)).collect::<Option<_>>()?;
        let mut places = vec![];
        for axis in (0..shape.len()).rev() {
            let steps: Vec<Dim> = steps.iter().map(|step| step[axis].clone()).collect();
            let (first, last) = self.reach(&steps, loops, nonempty)?;
            // `-1` can be the last place of the axis, seen from one further along the next outer one.
            let lent: &[i64] = if axis == 0 { &[0] } else { &LENT };
            let (place, lent) = lent.iter().find_map(|lent| {
                let offset = &offsets[axis] + &(&shape[axis] * &Dim::Const(*lent));
                let (first, last) = (&offset + &first, &offset + &last);
                let is_inside = shows(&first) && shows(&(&(&shape[axis] - &last) - &Dim::Const(1)));
                is_inside.then(|| (Along { offset, steps: steps.clone(), first, last }, Dim::Const(*lent)))
            })?;
            places.insert(0, place);
            if axis > 0 {
                offsets[axis - 1] = &offsets[axis - 1] - &lent;
            }
        }
        Some(places)
    }

    /// How far loops lead down and up by these steps, whose signs must be known.
    fn reach(&self, steps: &[Dim], loops: &[(&Dim, &Dim)], nonempty: &[&Dim]) -> Option<(Dim, Dim)> {
        let shows = |dim: &Dim| self.sizes.not_negative(dim, nonempty).is_ok();
        let (mut first, mut last) = (Dim::Const(0), Dim::Const(0));
        for (step, (_, extent)) in steps.iter().zip(loops) {
            let span = step * &(*extent - &Dim::Const(1));
            if shows(step) {
                last = &last + &span;
            } else if shows(&-step) {
                first = &first + &span;
            } else {
                return None;
            }
        }
        Some((first, last))
    }
}

/// Where an access is along one axis of its buffer: an offset, a step for each loop, and the first and the
/// last place.
pub(super) struct Along {
    pub(super) offset: Dim,
    pub(super) steps: Vec<Dim>,
    pub(super) first: Dim,
    pub(super) last: Dim,
}

/// The matrices of as many elements as a shape has of which a stride leads along a diagonal, or one from
/// right to left.
fn matrices(shape: &[Dim], stride: &Dim) -> Vec<Vec<Dim>> {
    let elements: Dim = shape.iter().product();
    let of = |columns: Dim| {
        let (rows, left) = divide(&elements, &columns);
        (left == Dim::Const(0)).then(|| vec![rows, columns])
    };
    [stride - &Dim::Const(1), stride + &Dim::Const(1)].into_iter().filter_map(of).collect()
}

/// A sum as so many of the first stride, of the second, and so on.
fn shares(sum: &Dim, strides: &[Dim]) -> Option<Vec<Dim>> {
    let mut rest = sum.clone();
    let mut share = |stride: &Dim| {
        let (quotient, left) = divide(&rest, stride);
        rest = left;
        quotient
    };
    let shares = strides.iter().map(&mut share).collect();
    (rest == Dim::Const(0)).then_some(shares)
}

/// A quotient and what is left, by the divisor's term of the highest degree.
fn divide(dim: &Dim, by: &Dim) -> (Dim, Dim) {
    let degree = |monomial: &[(_, u32)]| monomial.iter().map(|(_, exponent)| *exponent).sum::<u32>();
    let (mut quotient, mut rest) = (Dim::Const(0), dim.clone());
    let Some((lead, c)) = by.to_terms().into_iter().max_by_key(|(monomial, _)| degree(monomial)) else {
        return (quotient, rest);
    };
    for _ in 0..MOST_DIVISIONS {
        let part = rest.to_terms().into_iter().find_map(|(monomial, coefficient)| {
            let whole = coefficient.checked_div(c).filter(|whole| *whole != 0)?;
            Some(Dim::from_terms([(divide_monomials(&monomial, &lead)?, whole)]))
        });
        let Some(part) = part else { break };
        rest = &rest - &(&part * by);
        quotient = &quotient + &part;
    }
    (quotient, rest)
}
