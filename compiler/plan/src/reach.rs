//! What a body relies on and its verifier cannot show for all sizes: a call checks it before it does anything
//! else.
//!
//! What a model's author may ask for has a plan. That its accesses stay inside is shown for all sizes,
//! mostly; for some sums of quotients, minima and products of them it is true and not shown. Of one call's
//! sizes it is a matter of arithmetic.

use tgc_graph::dim::{Dim, SymbolId, Symbols};

use crate::{MemoryAccess, Nest};

/// An access that stays inside of something, unless one of the loops around it is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Of what, as messages call it: `x`.
    pub of: String,
    /// How many elements that has.
    pub elements: Dim,
    /// Where the access begins.
    pub offset: Dim,
    /// Stride and extent of every loop around it. A stride can be 0 or have either sign.
    pub loops: Vec<(Dim, Dim)>,
}

impl Reach {
    /// How far an access in a nest leads.
    pub(crate) fn of_access(of: String, elements: Dim, nest: &Nest, touch: &MemoryAccess) -> Reach {
        let mut loops: Vec<(Dim, Dim)> = touch.looked_up().map(|(s, e)| (s.clone(), e.clone())).collect();
        let inner = touch.axes.iter().enumerate().map(|(i, extent)| (crate::Axis::Inner(i), extent));
        let row = nest.extent.iter().map(|extent| (crate::Axis::Row, extent));
        loops.extend(inner.chain(row).map(|(axis, extent)| {
            let stride = touch.access.stride(axis).cloned();
            (stride.unwrap_or(Dim::Const(0)), extent.clone())
        }));
        Reach { of, elements, offset: touch.access.offset.clone(), loops }
    }

    /// That a number is not negative.
    pub(crate) fn of_size(of: String, size: &Dim) -> Reach {
        Reach { of, elements: size + &Dim::Const(1), offset: size.clone(), loops: vec![] }
    }

    /// Every size in it.
    pub(crate) fn dims(&self) -> impl Iterator<Item = &Dim> {
        let loops = self.loops.iter().flat_map(|(stride, extent)| [stride, extent]);
        [&self.elements, &self.offset].into_iter().chain(loops)
    }

    /// The first and the last element that it leads to, if it leads anywhere, and how many there are; no
    /// answer if a number does not fit in 63 bits.
    pub fn ends(&self, size: &dyn Fn(SymbolId) -> i64) -> Option<Ends> {
        let (mut first, elements) = (self.offset.evaluate(size)?, self.elements.evaluate(size)?);
        let (mut last, mut is_empty) = (first, false);
        for (stride, extent) in &self.loops {
            let (stride, extent) = (stride.evaluate(size)?, extent.evaluate(size)?);
            is_empty |= extent < 1;
            let span = stride.checked_mul(extent.checked_sub(1)?)?;
            first = first.checked_add(span.min(0))?;
            last = last.checked_add(span.max(0))?;
        }
        Some(Ends { first, last, elements, is_empty })
    }

    /// Prints with symbol names: `x: 3 + 2*[N] of 2*N + 4`.
    pub(crate) fn display(&self, symbols: &Symbols) -> String {
        let loops = self.loops.iter().map(|(stride, extent)| {
            format!(" + ({})*[{}]", stride.display(symbols), extent.display(symbols))
        });
        let loops: String = loops.collect();
        format!("{}: {}{loops} of {}", self.of, self.offset.display(symbols), self.elements.display(symbols))
    }
}

/// Where an access leads for some sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// The first element.
    pub first: i64,
    /// The last element.
    pub last: i64,
    /// How many elements there are.
    pub elements: i64,
    /// A loop around it is empty, so that it leads nowhere.
    pub is_empty: bool,
}

impl Ends {
    /// An element that is asked for and not there.
    pub fn outside(self) -> Option<i64> {
        let outer = if self.first < 0 { self.first } else { self.last };
        (!self.is_empty && !(0..self.elements).contains(&outer)).then_some(outer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_leads_from_its_first_element_to_its_last_unless_a_loop_is_empty() {
        let n = Dim::symbol(SymbolId(0));
        let loops = vec![(Dim::Const(-2), n.clone()), (Dim::Const(3), Dim::Const(2))];
        let reach = Reach { of: "x".to_owned(), elements: Dim::Const(10), offset: Dim::Const(6), loops };
        let outside = |size: i64| reach.ends(&|_| size).map(Ends::outside);
        assert_eq!([0, 4, 5, -1].map(outside), [Some(None), Some(None), Some(Some(-2)), Some(None)]);
        assert_eq!(outside(i64::MAX), None);
        let size = Reach::of_size("a size".to_owned(), &(&n - &Dim::Const(3)));
        assert_eq!([2, 3].map(|size_of| size.ends(&|_| size_of).and_then(Ends::outside)), [Some(-1), None]);
    }
}
