//! Indexing: [`Tensor::index`], and tensors with what an index selects replaced or added to.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::panic::Location;

use super::operators::apply_at;
use super::{Operand, Size, Tensor};
use crate::dim::Dim;
use crate::dtype::promote;
use crate::infer::TypeError;
use crate::ops::{Dimshuffle, Fill, IncSubtensor, SetSubtensor, Subtensor};
use crate::origin::Origin;

/// The largest position that a number names; beyond it every axis ends.
const FAR: i64 = 1 << 61;

/// A new axis of size 1, in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAxis;

/// As many full slices as give every axis an index, in an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ellipsis;

/// A place along an axis: a number, negative from the end, or a size, from the front.
#[derive(Clone, Copy, Debug)]
pub enum Position<'m> {
    /// A number; negative ones count from the end.
    Number(i64),
    /// A size; it counts from the front.
    Size(Size<'m>),
}

/// A slice of an axis: Python's `start:stop:step`.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'m> {
    start: Option<Position<'m>>,
    stop: Option<Position<'m>>,
    through: bool,
    step: i64,
}

/// What an index says of one axis.
#[derive(Clone, Copy, Debug)]
pub enum Index<'m> {
    /// One element; the axis goes.
    At(Position<'m>),
    /// Some elements in order.
    Slice(Slice<'m>),
    /// A new axis of size 1.
    NewAxis,
    /// Full slices.
    Ellipsis,
}

/// What can be an index of a tensor: an [`Index`] or something that makes one, or a tuple of them. See
/// [`Tensor::index`].
pub trait Indices<'m> {
    /// One entry for each axis, or fewer.
    fn indices(self) -> Vec<Index<'m>>;
}

/// A slice from `start` to before `stop`: what `start..stop` cannot say when one is a number and the other a size.
pub fn slice<'m>(start: impl Into<Position<'m>>, stop: impl Into<Position<'m>>) -> Slice<'m> {
    Slice { start: Some(start.into()), stop: Some(stop.into()), through: false, step: 1 }
}

/// Ranges with a step: `(..).step(2)` is every second element.
pub trait Step<'m> {
    /// The slice with this step. A negative one goes down from the start, by default the last element.
    fn step(self, step: i64) -> Slice<'m>;
}

impl<'m, S: Into<Slice<'m>>> Step<'m> for S {
    fn step(self, step: i64) -> Slice<'m> {
        Slice { step, ..self.into() }
    }
}

impl<'m> Tensor<'m> {
    /// The elements that an index selects.
    ///
    /// The index is one entry or a tuple with an entry for each axis; axes without one are kept. An entry is
    ///
    /// - a number (negative ones count from the end) or a size: the axis goes; one outside is an error;
    /// - a range of numbers or of sizes, or [`slice`] of both: these elements, cut to what the axis has; with a
    ///   [`step`](Step::step) every so manieth of them, from the last down if it is negative, all as in Python;
    /// - [`NewAxis`]: a new axis of size 1; [`Ellipsis`]: as many full slices as give every axis an entry.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.index(1).eval()?, Array::from([4, 5, 6]));
    /// assert_eq!(x.index((.., -1)).eval()?, Array::from([3, 6]));
    /// assert_eq!(x.index((.., 1..)).eval()?, Array::from([[2, 3], [5, 6]]));
    /// assert_eq!(x.index((0, (..).step(-1))).eval()?, Array::from([3, 2, 1]));
    /// assert_eq!(x.index((Ellipsis, 0, NewAxis)).eval()?, Array::from([[1], [4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn index(self, index: impl Indices<'m>) -> Tensor<'m> {
        let origin = Origin::here(Location::caller());
        match Selection::new(self, &index.indices()) {
            Ok(selection) => selection.read(self, &origin),
            Err(error) => self.refuse(&error, origin),
        }
    }

    /// This tensor with the elements that an index selects replaced by `value`, which is stretched to them.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// assert_eq!(x.set_subtensor(1..3, 0).eval()?, Array::from([1, 0, 0, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn set_subtensor(self, index: impl Indices<'m>, value: impl Operand<'m>) -> Tensor<'m> {
        self.write(&index.indices(), value.tensor(self), false, Origin::here(Location::caller()))
    }

    /// This tensor with `value`, stretched to them, added to the elements that an index selects.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// assert_eq!(x.inc_subtensor((..).step(2), 10).eval()?, Array::from([11, 2, 13, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn inc_subtensor(self, index: impl Indices<'m>, value: impl Operand<'m>) -> Tensor<'m> {
        self.write(&index.indices(), value.tensor(self), true, Origin::here(Location::caller()))
    }

    fn write(self, index: &[Index<'m>], value: Tensor<'m>, add: bool, origin: Origin) -> Tensor<'m> {
        match Selection::new(self, index) {
            Ok(selection) => selection.write(self, value, add, origin),
            Err(error) => self.refuse(&error, origin),
        }
    }

    fn refuse(self, error: &TypeError, origin: Origin) -> Tensor<'m> {
        if self.id().is_none() {
            return self;
        }
        self.model.invalid(self.message(error), origin)
    }
}

/// What an index selects of one tensor: first a subtensor, then axes in another order.
struct Selection {
    subtensor: Subtensor,
    /// For each axis of the result that of the subtensor, or a new one.
    order: Vec<Option<usize>>,
}

impl Selection {
    fn new(of: Tensor<'_>, index: &[Index<'_>]) -> Result<Selection, TypeError> {
        let shape = of.ty().map_or(vec![], |ty| ty.shape);
        let index = complete(index, shape.len())?;
        let mut subtensor = Subtensor { starts: vec![], stops: vec![], steps: vec![] };
        let (mut order, mut kept) = (vec![], 0..);
        for entry in index {
            let axis = subtensor.steps.len();
            let (start, stop, step) = match entry {
                Index::NewAxis => {
                    order.push(None);
                    continue;
                }
                Index::At(position) => {
                    let at = position.counted(&shape[axis]);
                    (at.clone(), &at + &Dim::Const(1), 0)
                }
                Index::Slice(slice) => {
                    order.push(kept.next());
                    slice.range(axis, &shape[axis])?
                }
                Index::Ellipsis => continue,
            };
            subtensor.starts.push(start);
            subtensor.stops.push(stop);
            subtensor.steps.push(step);
        }
        Ok(Selection { subtensor, order })
    }

    fn read<'m>(&self, of: Tensor<'m>, origin: &Origin) -> Tensor<'m> {
        let part = apply_at(self.subtensor.clone().into(), &[of], origin.clone());
        match self.order.iter().any(Option::is_none) {
            true => apply_at(Dimshuffle { order: self.order.clone() }.into(), &[part], origin.clone()),
            false => part,
        }
    }

    fn write<'m>(&self, of: Tensor<'m>, value: Tensor<'m>, add: bool, origin: Origin) -> Tensor<'m> {
        let part = self.read(of, &origin);
        let mut value = match fitted(part, value, &origin) {
            Ok(value) => value,
            Err(error) => return of.refuse(&error, origin),
        };
        if self.order.iter().any(Option::is_none) {
            let kept = (0..self.order.len()).filter(|axis| self.order[*axis].is_some());
            value = apply_at(Dimshuffle { order: kept.map(Some).collect() }.into(), &[value], origin.clone());
        }
        match add {
            true => apply_at(IncSubtensor::at(self.subtensor.clone()).into(), &[of, value], origin),
            false => apply_at(SetSubtensor::at(self.subtensor.clone()).into(), &[of, value], origin),
        }
    }
}

/// The value in the element type and shape of the part that it replaces.
fn fitted<'m>(part: Tensor<'m>, value: Tensor<'m>, origin: &Origin) -> Result<Tensor<'m>, TypeError> {
    let (Some(want), Some(have)) = (part.ty(), value.ty()) else { return Ok(part) };
    let weak = value.id().is_some_and(|id| value.model.arena().graph.is_weak(id));
    if promote((want.dtype, false), (have.dtype, weak)) != want.dtype {
        return Err(TypeError::new(
            format!("values of the element type {} cannot stand in {{0}}", have.dtype),
            format!("cast them to {}", want.dtype),
        ));
    }
    if have.rank() > want.rank() {
        return Err(TypeError::new(
            format!("values with {} axes cannot stand in a part of {{0}} with {}", have.rank(), want.rank()),
            "give them at most as many axes as the index selects",
        ));
    }
    let value = if have.dtype == want.dtype { value } else { value.cast(want.dtype) };
    let value = value.padded(want.rank(), origin);
    Ok(match value.ty() {
        Some(ty) if ty.shape == want.shape => value,
        _ => apply_at(Fill {}.into(), &[part, value], origin.clone()),
    })
}

/// The index with an entry for each of `rank` axes.
fn complete<'m>(index: &[Index<'m>], rank: usize) -> Result<Vec<Index<'m>>, TypeError> {
    let ellipses = index.iter().filter(|i| matches!(i, Index::Ellipsis)).count();
    let new = index.iter().filter(|i| matches!(i, Index::NewAxis)).count();
    let given = index.len() - ellipses - new;
    if ellipses > 1 {
        return Err(TypeError::new("an index of {0} has two ellipses", "write one"));
    }
    let Some(missing) = rank.checked_sub(given) else {
        return Err(TypeError::new(
            format!("{given} axes of {{0}} are indexed, which has {rank}"),
            "leave some out, or insert axes with dimshuffle",
        ));
    };
    let at = index.iter().position(|i| matches!(i, Index::Ellipsis)).unwrap_or(index.len());
    let mut whole = index[..at].to_vec();
    whole.extend(vec![Index::Slice((..).into()); missing]);
    whole.extend(index.get(at + 1..).unwrap_or(&[]));
    Ok(whole)
}

impl Position<'_> {
    fn counted(self, size: &Dim) -> Dim {
        match self {
            Position::Number(n) if n < 0 => size + &Dim::Const(n.max(-FAR)),
            Position::Number(n) => Dim::Const(n.min(FAR)),
            Position::Size(position) => position.dim(),
        }
    }
}

impl Slice<'_> {
    /// The range of indices that it takes from, and the step.
    fn range(self, axis: usize, size: &Dim) -> Result<(Dim, Dim, i64), TypeError> {
        let after = |position: Dim| &position + &Dim::Const(1);
        let start = self.start.map(|p| p.counted(size));
        let stop = self.stop.map(|p| p.counted(size));
        let step = self.step.clamp(-FAR, FAR);
        match step {
            0 => Err(TypeError::new(
                format!("the slice of axis {axis} of {{0}} has the step 0"),
                "give a positive or negative step",
            )),
            1.. => {
                let stop = if self.through { stop.map(after) } else { stop };
                Ok((start.unwrap_or(Dim::Const(0)), stop.unwrap_or_else(|| size.clone()), step))
            }
            _ => {
                let last = if self.through { stop } else { stop.map(after) };
                Ok((last.unwrap_or(Dim::Const(0)), start.map_or_else(|| size.clone(), after), step))
            }
        }
    }
}

impl From<i64> for Position<'_> {
    fn from(n: i64) -> Self {
        Position::Number(n)
    }
}

impl<'m> From<Size<'m>> for Position<'m> {
    fn from(size: Size<'m>) -> Self {
        Position::Size(size)
    }
}

macro_rules! ranges {
    ($($range:ident |$r:ident| $start:expr, $stop:expr, $through:literal;)*) => {$(
        impl<'m, P: Into<Position<'m>>> From<$range<P>> for Slice<'m> {
            fn from($r: $range<P>) -> Slice<'m> {
                Slice { start: $start, stop: $stop, through: $through, step: 1 }
            }
        }
    )*};
}

ranges! {
    Range |r| Some(r.start.into()), Some(r.end.into()), false;
    RangeFrom |r| Some(r.start.into()), None, false;
    RangeTo |r| None, Some(r.end.into()), false;
    RangeToInclusive |r| None, Some(r.end.into()), true;
}

impl<'m, P: Into<Position<'m>> + Copy> From<RangeInclusive<P>> for Slice<'m> {
    fn from(r: RangeInclusive<P>) -> Slice<'m> {
        Slice { start: Some((*r.start()).into()), stop: Some((*r.end()).into()), through: true, step: 1 }
    }
}

impl From<RangeFull> for Slice<'_> {
    fn from(_: RangeFull) -> Self {
        Slice { start: None, stop: None, through: false, step: 1 }
    }
}

/// What can be one entry of an index.
pub trait Entry<'m> {
    /// As an index.
    fn entry(self) -> Index<'m>;
}

/// `entries!([params] Type |x| index;)` makes an [`Entry`] of a type, which alone is an index too.
macro_rules! entries {
    ($([$($param:tt)*] $ty:ty, |$x:pat_param| $index:expr;)*) => {$(
        impl<'m, $($param)*> Entry<'m> for $ty {
            fn entry(self) -> Index<'m> {
                let $x = self;
                $index
            }
        }

        impl<'m, $($param)*> Indices<'m> for $ty {
            fn indices(self) -> Vec<Index<'m>> {
                vec![self.entry()]
            }
        }
    )*};
}

entries! {
    [] Index<'m>, |index| index;
    [] i64, |n| Index::At(n.into());
    [] Size<'m>, |n| Index::At(n.into());
    [] Slice<'m>, |slice| Index::Slice(slice);
    [] RangeFull, |range| Index::Slice(range.into());
    [P: Into<Position<'m>>] Range<P>, |range| Index::Slice(range.into());
    [P: Into<Position<'m>>] RangeFrom<P>, |range| Index::Slice(range.into());
    [P: Into<Position<'m>>] RangeTo<P>, |range| Index::Slice(range.into());
    [P: Into<Position<'m>>] RangeToInclusive<P>, |range| Index::Slice(range.into());
    [P: Into<Position<'m>> + Copy] RangeInclusive<P>, |range| Index::Slice(range.into());
    [] NewAxis, |_| Index::NewAxis;
    [] Ellipsis, |_| Index::Ellipsis;
}

impl<'m> Indices<'m> for Vec<Index<'m>> {
    fn indices(self) -> Vec<Index<'m>> {
        self
    }
}

/// `tuples!(A B)` makes an index of `(A,)` and of `(A, B)`.
macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        tuples!(@reverse [$first] $($rest)*);
    };
    (@reverse [$($done:ident)+]) => {
        tuples!(@one $($done)+);
    };
    (@reverse [$($done:ident)+] $next:ident $($rest:ident)*) => {
        tuples!(@one $($done)+);
        tuples!(@reverse [$($done)+ $next] $($rest)*);
    };
    (@one $($name:ident)+) => {
        impl<'m, $($name: Entry<'m>),+> Indices<'m> for ($($name,)+) {
            #[allow(non_snake_case)]
            fn indices(self) -> Vec<Index<'m>> {
                let ($($name,)+) = self;
                vec![$($name.entry()),+]
            }
        }
    };
}

tuples!(A B C D E F G H I J K L);
