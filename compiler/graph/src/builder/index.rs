//! Indexing: [`Tensor::index`], and tensors with what an index selects replaced or added to.

use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::panic::Location;

use tgc_scalar::dtype::{DType, promote};
use tgc_scalar::int_of;

use super::operators::apply_at;
use super::tensor::Handle;
use super::{Operand, Size, Tensor};
use crate::array::Array;
use crate::dim::{Dim, Symbols};
use crate::infer::{AxisOf, Reason, TypeError};
use crate::ops::{
    Cast, Dimshuffle, Elements, Fill, Gather, IncSubtensor, Iota, Op, Scatter, ScatterAdd, SetSubtensor,
    Subtensor, Switch,
};
use crate::origin::Origin;

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

/// A slice of an axis: a range of places and a step.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'m> {
    start: Option<Position<'m>>,
    stop: Option<Position<'m>>,
    through: bool,
    step: i64,
}

/// What an index says of one axis.
#[derive(Clone, Debug)]
pub enum Index<'m> {
    /// One element; the axis goes.
    At(Position<'m>),
    /// Some elements in order.
    Slice(Slice<'m>),
    /// The elements that a tensor names; the axis becomes those of the tensor.
    Tensor(Tensor<'m>),
    /// The elements that an array names.
    Array(Array),
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

/// A slice from `start` to before `stop`: what `start..stop` cannot say when one is a number and the other a
/// size.
pub fn slice<'m>(start: impl Into<Position<'m>>, stop: impl Into<Position<'m>>) -> Slice<'m> {
    Slice { start: Some(start.into()), stop: Some(stop.into()), through: false, step: 1 }
}

/// Ranges with a step: `(..).step(2)` is every second element.
pub trait Step<'m> {
    /// The slice with this step: a negative one takes the range from its last element down, as `rev` and
    /// `step_by` do.
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
    /// - a range of numbers or of sizes, or [`slice()`] of both: these elements, cut to what the axis has;
    ///   with a [`step`](Step::step) of n every nth of them, of -n every nth from the last down (NumPy's
    ///   `x[7:2:-2]` is `(3..8).step(-2)`);
    /// - a tensor of integers of any rank, or an array or vector of `i64`: the elements it names, negative
    ///   ones from the end, in its shape, in place of the axis; a call in which one is outside fails. Several
    ///   are stretched to one shape and go along together. Its axes stand where the tensors and numbers of
    ///   the index are; if these are not side by side, in front, as in NumPy;
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
    /// let column = m.constant([2, 0]);
    /// assert_eq!(x.index((.., column)).eval()?, Array::from([[3, 1], [6, 4]]));
    /// assert_eq!(x.index(([0, 1], column)).eval()?, Array::from([3, 4]));
    /// # Ok::<(), EvalError>(())
    /// ```
    /// A `bool` tensor is no index, for the size of what it selects depends on data: use `switch`, or
    /// [`set_subtensor`](Tensor::set_subtensor), which takes one.
    #[track_caller]
    pub fn index(self, index: impl Indices<'m>) -> Tensor<'m> {
        let origin = Origin::here(Location::caller());
        self.model.on_behalf(&origin, || match Selection::new(self, index.indices(), &origin) {
            Ok(selection) => selection.read(self, &origin),
            Err(error) => self.refuse(&error, origin.clone()),
        })
    }

    /// What an entry of an [`index`](Tensor::index) selects along one axis; a negative axis counts from the
    /// last.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// let places = m.constant([[0, -1], [1, 1]]);
    /// assert_eq!(x.index(0).take(places, 0).eval()?, Array::from([[1, 3], [2, 2]]));
    /// assert_eq!(x.take([2, 0], -1).eval()?, Array::from([[3, 1], [6, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn take(self, entry: impl Entry<'m>, axis: i64) -> Tensor<'m> {
        let origin = Origin::here(Location::caller());
        let Some(axis) = self.axes(&[axis], origin) else {
            return Tensor { model: self.model, handle: Handle::Invalid };
        };
        let mut index = vec![Index::Slice((..).into()); axis[0]];
        index.push(entry.entry());
        self.index(index)
    }

    /// Along one axis, for each element of `indices` the element that it names: with axis 1 the result at
    /// `[i, j]` is `self[i, indices[i, j]]`. Both have one rank; along other axes they have one size, or one
    /// of them 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// let best = m.constant([[2], [0]]);
    /// assert_eq!(x.take_along_axis(best, 1).eval()?, Array::from([[3], [4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn take_along_axis(self, indices: Tensor<'m>, axis: i64) -> Tensor<'m> {
        let origin = Origin::here(Location::caller());
        let (Some(axis), Some(_)) = (self.axes(&[axis], origin.clone()), indices.ty()) else {
            return Tensor { model: self.model, handle: Handle::Invalid };
        };
        let (axis, rank) = (axis[0], self.rank());
        match self.model.on_behalf(&origin, || indices.places_beside(self, axis)) {
            Ok(places) => {
                let last = (0..rank).filter(|a| *a != axis).chain([axis]).map(Some).collect::<Vec<_>>();
                let back = (0..axis).chain([rank - 1]).chain(axis..rank - 1).map(Some).collect::<Vec<_>>();
                let gather = Gather { batch: rank - 1, axes: vec![rank - 1], at: rank - 1 };
                let operands = [self.dimshuffle(&last), places.dimshuffle(&last)];
                apply_at(gather.into(), &operands, origin).dimshuffle(back)
            }
            Err(error) => self.refuse(&error, origin),
        }
    }

    /// This tensor with the elements that an [`index`](Tensor::index) selects replaced by `value`, which is
    /// stretched to them. Of several values for one element, which tensors as index can give, the last
    /// counts.
    ///
    /// The index can also be one `bool` tensor, whose axes are the first of this tensor: what it selects
    /// becomes `value`, which is stretched to the other axes.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// assert_eq!(x.set_subtensor(1..3, 0).eval()?, Array::from([1, 0, 0, 4]));
    /// assert_eq!(x.set_subtensor(x.gt(2), 0).eval()?, Array::from([1, 2, 0, 0]));
    /// let places = m.constant([0, 3, 0]);
    /// assert_eq!(x.set_subtensor(places, m.constant([7, 8, 9])).eval()?, Array::from([9, 2, 3, 8]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn set_subtensor(self, index: impl Indices<'m>, value: impl Operand<'m>) -> Tensor<'m> {
        self.write(index.indices(), value.tensor(self), false, Origin::here(Location::caller()))
    }

    /// This tensor with `value`, stretched to them, added to the elements that an index selects, which is one
    /// of [`set_subtensor`](Tensor::set_subtensor); to an element that it selects several times, all of these
    /// values.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// assert_eq!(x.inc_subtensor((..).step(2), 10).eval()?, Array::from([11, 2, 13, 4]));
    /// assert_eq!(x.inc_subtensor([0, 0, 3], 10).eval()?, Array::from([21, 2, 3, 14]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn inc_subtensor(self, index: impl Indices<'m>, value: impl Operand<'m>) -> Tensor<'m> {
        self.write(index.indices(), value.tensor(self), true, Origin::here(Location::caller()))
    }

    /// For integers the vector of `size` elements that is 1 at the integer's place and 0 elsewhere, along a
    /// new last axis; all 0 for an integer that is negative or too large.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let classes = m.constant([2, 0]);
    /// assert_eq!(classes.one_hot(3, F64).eval()?, Array::from([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn one_hot(self, size: impl Into<Size<'m>>, dtype: DType) -> Tensor<'m> {
        let origin = Origin::here(Location::caller());
        match self.ty() {
            None => return self,
            Some(ty) if ty.dtype.scalar_type().is_integer() => {}
            Some(ty) => {
                let error = TypeError::new(
                    Reason::ElementType { dtype: ty.dtype },
                    "the elements of {0} name no class",
                    "cast them to integers",
                );
                return self.refuse(&error, origin);
            }
        }
        let classes = self.model.node(Iota { size: size.into().dim_in(self.model) }, &[], origin.clone());
        let one = self.dimshuffle((0..self.rank()).map(Some).chain([None]).collect::<Vec<_>>());
        one.eq(classes).cast(dtype)
    }

    fn write(self, index: Vec<Index<'m>>, value: Tensor<'m>, add: bool, origin: Origin) -> Tensor<'m> {
        let written = self.model.on_behalf(&origin, || match index.as_slice() {
            [Index::Tensor(mask)] if mask.ty().is_some_and(|ty| ty.dtype == DType::Bool) => {
                self.write_masked(*mask, value, add, &origin)
            }
            _ => Selection::new(self, index, &origin)
                .and_then(|selection| selection.write(self, value, add, &origin)),
        });
        written.unwrap_or_else(|error| self.refuse(&error, origin))
    }

    fn write_masked(
        self,
        mask: Tensor<'m>,
        value: Tensor<'m>,
        add: bool,
        origin: &Origin,
    ) -> Result<Tensor<'m>, TypeError> {
        let Some(others) = self.rank().checked_sub(mask.rank()) else {
            return Err(TypeError::new(
                Reason::Length { takes: self.rank(), has: mask.rank() },
                format!(
                    "{{0}} has {} axes and the mask {} has {}",
                    self.rank(),
                    mask.described(),
                    mask.rank()
                ),
                "give the mask the first axes of the tensor",
            ));
        };
        if value.squeezed_rank() > others {
            return Err(TypeError::new(
                Reason::Length { takes: others, has: value.squeezed_rank() },
                format!(
                    "{} would be stretched to more than the {others} axes that the mask leaves of {{0}}",
                    value.described()
                ),
                "choose element by element with switch",
            ));
        }
        let value = fitted(self, value, origin)?;
        let value = if add { self + value } else { value };
        let axes = (0..mask.rank()).map(Some).chain(vec![None; others]).collect();
        let mask = apply_at(Dimshuffle { order: axes }.into(), &[mask], origin.clone());
        Ok(apply_at(Switch {}.into(), &[mask, value, self], origin.clone()))
    }

    /// Number of axes after leading ones of static size 1.
    fn squeezed_rank(self) -> usize {
        self.ty().map_or(0, |ty| ty.rank() - ty.shape.iter().take_while(|size| size.is_one()).count())
    }

    /// These integers as `i64`, if their shape is that of `data` but for one axis.
    fn places_beside(self, data: Tensor<'m>, along: usize) -> Result<Tensor<'m>, TypeError> {
        let (Some(own), Some(data)) = (self.ty(), data.ty()) else { return Ok(self) };
        let differ = |axis: usize| match (&own.shape[axis], &data.shape[axis]) {
            (Dim::Const(a), Dim::Const(b)) => axis != along && a != b && *a != 1 && *b != 1,
            (_, _) => false,
        };
        let reason = match own.rank() == data.rank() {
            false => Some(Reason::Ranks { operands: [0, 1], ranks: [data.rank(), own.rank()] }),
            true => (0..own.rank()).find(|axis| differ(*axis)).map(|axis| Reason::Sizes {
                extents: [0, 1].map(|operand| AxisOf { operand, axis }.into()),
                sizes: [data.shape[axis].clone(), own.shape[axis].clone()],
            }),
        };
        if let Some(reason) = reason {
            return Err(TypeError::new(
                reason,
                format!("{} names no elements along axis {along} of {{0}}", self.described()),
                "give it as many axes, and along the others the same size or 1",
            ));
        }
        self.places(along, &data.shape[along])
    }

    /// These integers as `i64`, to index an axis of `{0}` of a message with.
    fn places(self, axis: usize, size: &Dim) -> Result<Tensor<'m>, TypeError> {
        // No axis is so long that a number beyond `i64` would be inside.
        if let Some(outside) = self.outside(size.as_const().unwrap_or(i64::MAX)) {
            let index = outside.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
            let reason = Reason::Index {
                axis: AxisOf { operand: 0, axis },
                index: Dim::Const(index),
                size: size.clone(),
            };
            let size = size.display(&self.model.arena().graph.scope.symbols).to_string();
            return Err(TypeError::new(
                reason,
                format!("the index {outside} is outside axis {axis} of {{0}}"),
                format!("its size is {size}"),
            ));
        }
        match self.ty() {
            Some(ty) if ty.dtype == DType::I64 => Ok(self),
            Some(ty) if ty.dtype.scalar_type().is_integer() => Ok(self.cast(DType::I64)),
            Some(ty) if ty.dtype == DType::Bool => Err(TypeError::new(
                Reason::ElementType { dtype: DType::Bool },
                format!("{} is a mask and cannot index {{0}}: no size depends on data", self.described()),
                "choose element by element with switch, or assign with set_subtensor",
            )),
            Some(ty) => Err(TypeError::new(
                Reason::ElementType { dtype: ty.dtype },
                format!("{} cannot index {{0}}", self.described()),
                "index with integers",
            )),
            None => Ok(self),
        }
    }

    /// The first element of an integer constant that is no index into an axis of this size.
    fn outside(self, size: i64) -> Option<i128> {
        let arena = self.model.arena();
        let Op::Constant(constant) = arena.graph.op(self.id()?) else { return None };
        let scalar = constant.dtype.scalar_type();
        let is_empty = constant.shape.contains(&Dim::Const(0));
        let elements: Vec<[u64; 2]> = match constant.elements {
            Elements::Splat(_) if is_empty || !scalar.is_integer() => vec![],
            Elements::Splat(parts) => vec![parts],
            Elements::Data(id) => arena
                .graph
                .scope
                .data
                .get(id)
                .map_or(vec![], |array| (0..array.len()).map(|i| array.get(i)).collect()),
        };
        let mut places = elements.iter().map(|parts| int_of(scalar, parts[0]));
        places.find(|place| !(-i128::from(size)..i128::from(size)).contains(place))
    }

    fn described(self) -> String {
        self.id().map_or(String::new(), |id| self.model.arena().describe(id))
    }

    fn refuse(self, error: &TypeError, origin: Origin) -> Tensor<'m> {
        if self.id().is_none() {
            return self;
        }
        self.model.invalid(self.message(error), origin, error.reason.clone())
    }
}

/// What an index selects of one tensor: first a subtensor, then new axes, then elements that tensors name.
struct Selection<'m> {
    subtensor: Subtensor,
    /// For each axis of the part that tensors index, that of the subtensor, or a new one.
    order: Vec<Option<usize>>,
    gather: Option<(Gather, Vec<Tensor<'m>>)>,
}

impl<'m> Selection<'m> {
    fn new(of: Tensor<'m>, index: Vec<Index<'m>>, origin: &Origin) -> Result<Selection<'m>, TypeError> {
        let shape = of.ty().map_or(vec![], |ty| ty.shape);
        let mut subtensor = Subtensor { starts: vec![], stops: vec![], steps: vec![] };
        let (mut order, mut kept) = (vec![], 0..);
        let mut placement = Placement::default();
        let mut tensors = vec![];
        for entry in complete(index, shape.len())? {
            let axis = subtensor.steps.len();
            let slice = match entry {
                Index::NewAxis => {
                    order.push(None);
                    placement.keep();
                    continue;
                }
                Index::Ellipsis => {
                    placement.interrupt();
                    continue;
                }
                Index::At(position) => {
                    let at = position.inside(axis, &shape[axis])?;
                    subtensor.push((at.clone(), &at + &Dim::Const(1), 0));
                    placement.place();
                    continue;
                }
                Index::Slice(slice) => {
                    placement.keep();
                    slice
                }
                Index::Tensor(tensor) => {
                    placement.index(order.len());
                    tensors.push(tensor.places(axis, &shape[axis])?);
                    (..).into()
                }
                Index::Array(array) => {
                    placement.index(order.len());
                    let places = of.model.constant_at(&array, origin.clone());
                    tensors.push(places.places(axis, &shape[axis])?);
                    (..).into()
                }
            };
            // Bounds are sizes, which ask the model too.
            let symbols = of.model.symbols_of_sizes();
            subtensor.push(slice.range(axis, &shape[axis], &symbols)?);
            order.push(kept.next());
        }
        let gather = (!tensors.is_empty()).then(|| (placement.gather(), tensors));
        Ok(Selection { subtensor, order, gather })
    }

    /// The tensor that is indexed by tensors: a subtensor with new axes.
    fn part(&self, of: Tensor<'m>, origin: &Origin) -> Tensor<'m> {
        let part = match of.ty() {
            Some(ty) if self.subtensor.is_all_of(&ty.shape) => of,
            _ => apply_at(self.subtensor.clone().into(), &[of], origin.clone()),
        };
        match self.order.iter().any(Option::is_none) {
            true => apply_at(Dimshuffle { order: self.order.clone() }.into(), &[part], origin.clone()),
            false => part,
        }
    }

    fn read(&self, of: Tensor<'m>, origin: &Origin) -> Tensor<'m> {
        let part = self.part(of, origin);
        match &self.gather {
            Some((gather, index)) => {
                apply_at(gather.clone().into(), &operands(part, index, None, origin), origin.clone())
            }
            None => part,
        }
    }

    fn write(
        &self,
        of: Tensor<'m>,
        value: Tensor<'m>,
        add: bool,
        origin: &Origin,
    ) -> Result<Tensor<'m>, TypeError> {
        let mut value = fitted(self.read(of, origin), value, origin)?;
        let mut add = add;
        if let Some((gather, index)) = &self.gather {
            let operands = operands(self.part(of, origin), index, Some(value), origin);
            let op = match add {
                true => ScatterAdd::at(gather.clone()).into(),
                false => Scatter::at(gather.clone()).into(),
            };
            value = apply_at(op, &operands, origin.clone());
            add = false;
        }
        if self.order.iter().any(Option::is_none) {
            let kept = (0..self.order.len()).filter(|axis| self.order[*axis].is_some());
            value = apply_at(Dimshuffle { order: kept.map(Some).collect() }.into(), &[value], origin.clone());
        }
        if self.gather.is_some() && of.ty().is_some_and(|ty| self.subtensor.is_all_of(&ty.shape)) {
            return Ok(value);
        }
        let op = match add {
            true => IncSubtensor::at(self.subtensor.clone()).into(),
            false => SetSubtensor::at(self.subtensor.clone()).into(),
        };
        Ok(apply_at(op, &[of, value], origin.clone()))
    }
}

/// The operands of a gather or scatter: indices get one rank.
fn operands<'m>(
    data: Tensor<'m>,
    index: &[Tensor<'m>],
    updates: Option<Tensor<'m>>,
    origin: &Origin,
) -> Vec<Tensor<'m>> {
    let rank = index.iter().map(|t| t.rank()).max().unwrap_or(0);
    let index = index.iter().map(|t| t.padded(rank, origin));
    [data].into_iter().chain(index).chain(updates).collect()
}

/// Where the axes of tensors as index stand: where the entries are that are numbers or tensors, or in front
/// where others stand between these.
#[derive(Default)]
struct Placement {
    axes: Vec<usize>,
    /// Number of axes that are kept before the first number or tensor.
    before: usize,
    placed: bool,
    interrupted: bool,
    apart: bool,
}

impl Placement {
    fn keep(&mut self) {
        self.before += usize::from(!self.placed);
        self.interrupt();
    }

    fn interrupt(&mut self) {
        self.interrupted = self.placed;
    }

    fn place(&mut self) {
        self.apart |= self.interrupted;
        self.placed = true;
    }

    fn index(&mut self, axis: usize) {
        self.place();
        self.axes.push(axis);
    }

    fn gather(self) -> Gather {
        Gather { batch: 0, axes: self.axes, at: if self.apart { 0 } else { self.before } }
    }
}

/// The value in the element type and shape of the part that it replaces.
fn fitted<'m>(part: Tensor<'m>, value: Tensor<'m>, origin: &Origin) -> Result<Tensor<'m>, TypeError> {
    let (Some(want), Some(have)) = (part.ty(), value.ty()) else { return Ok(part) };
    let weak = value.id().is_some_and(|id| value.model.arena().graph.is_weak(id));
    if promote((want.dtype, false), (have.dtype, weak)) != want.dtype {
        return Err(TypeError::new(
            Reason::ElementTypes { takes: want.dtype, has: have.dtype },
            format!("{} cannot stand in {{0}}", value.described()),
            format!("cast it to {}", want.dtype),
        ));
    }
    if let Some(literal) = value.literal_values().filter(|literal| !literal.fits(want.dtype)) {
        return Err(literal.refused(want.dtype, "{0}"));
    }
    let odd = have.rank().saturating_sub(want.rank());
    if !have.shape[..odd].iter().all(Dim::is_one) {
        return Err(TypeError::new(
            Reason::Length { takes: want.rank(), has: have.rank() },
            format!("{} cannot be stretched to the {} axes of {{0}}", value.described(), want.rank()),
            "give it at most as many axes as the index selects",
        ));
    }
    let order = (odd..have.rank()).map(Some).collect();
    let value =
        if odd == 0 { value } else { apply_at(Dimshuffle { order }.into(), &[value], origin.clone()) };
    let value = match have.dtype == want.dtype {
        true => value,
        false => apply_at(Cast { dtype: want.dtype }.into(), &[value], origin.clone()),
    };
    let value = value.padded(want.rank(), origin);
    Ok(match value.ty() {
        Some(ty) if ty.shape == want.shape => value,
        _ => apply_at(Fill {}.into(), &[part, value], origin.clone()),
    })
}

/// The index with an entry for each of `rank` axes. The ellipsis stays, behind the slices that it stands for.
fn complete(mut index: Vec<Index<'_>>, rank: usize) -> Result<Vec<Index<'_>>, TypeError> {
    let ellipses = index.iter().filter(|i| matches!(i, Index::Ellipsis)).count();
    let new = index.iter().filter(|i| matches!(i, Index::NewAxis)).count();
    let given = index.len() - ellipses - new;
    if ellipses > 1 {
        return Err(TypeError::new(
            Reason::Length { takes: 1, has: ellipses },
            "an index of {0} has two ellipses",
            "write one",
        ));
    }
    let Some(missing) = rank.checked_sub(given) else {
        return Err(TypeError::new(
            Reason::Length { takes: rank, has: given },
            format!("{given} axes of {{0}} are indexed, which has {rank}"),
            "leave some out, or insert axes with dimshuffle",
        ));
    };
    let at = index.iter().position(|i| matches!(i, Index::Ellipsis)).unwrap_or(index.len());
    index.splice(at..at, vec![Index::Slice((..).into()); missing]);
    Ok(index)
}

impl Position<'_> {
    /// The index of an element.
    fn inside(self, axis: usize, size: &Dim) -> Result<Dim, TypeError> {
        match (self, size) {
            (Position::Number(n), Dim::Const(size)) if !(-size..*size).contains(&n) => Err(TypeError::new(
                Reason::Index { axis: AxisOf { operand: 0, axis }, index: n.into(), size: Dim::Const(*size) },
                format!("the index {n} is outside axis {axis} of {{0}}"),
                format!("its size is {size}"),
            )),
            _ => Ok(self.counted(size)),
        }
    }

    fn counted(self, size: &Dim) -> Dim {
        match self {
            Position::Number(n) if n < 0 => size + &Dim::Const(n.max(-Subtensor::FAR)),
            Position::Number(n) => Dim::Const(n.min(Subtensor::FAR)),
            Position::Size(position) => position.dim(),
        }
    }
}

impl Slice<'_> {
    /// The range of indices that it takes from, and the step.
    fn range(self, axis: usize, size: &Dim, symbols: &Symbols) -> Result<(Dim, Dim, i64), TypeError> {
        if self.step == 0 {
            return Err(TypeError::new(
                Reason::Argument { value: "0".to_owned() },
                format!("the slice of axis {axis} of {{0}} has the step 0"),
                "give a positive or negative step",
            ));
        }
        let start = self.start.map_or(Dim::Const(0), |p| p.counted(size));
        let stop = self.stop.map_or_else(|| size.clone(), |p| p.counted(size));
        let stop = if self.through { &stop + &Dim::Const(1) } else { stop };
        let (start, stop) = (Dim::max(&start, &Dim::Const(0), symbols), Dim::min(&stop, size, symbols));
        Ok((start, stop, self.step.clamp(-Subtensor::FAR, Subtensor::FAR)))
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
    [] Tensor<'m>, |tensor| Index::Tensor(tensor);
    [const N: usize] [i64; N], |places| Index::Array(places.into());
    [] Vec<i64>, |places| Index::Array(places.into());
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
