//! Tensors cut into parts and put together of repeated or moved parts: compositions of slices, views and
//! concatenations.

use super::{IntoShape, Model, Size, Tensor, apply, axes};
use crate::dim::Dim;
use crate::infer::{Reason, TypeError};
use crate::ops::{BroadcastTo, Concatenate, Reshape, Subtensor};

/// What a tensor is split into: a number of equal parts, or the sizes of parts.
pub trait Sections<'m> {
    /// The parts: an array if their number is known.
    type Parts;

    /// Sizes of parts of an axis.
    ///
    /// # Errors
    ///
    /// If the axis cannot be split so.
    fn sizes(&self, of: &Dim, model: &'m Model) -> Result<Vec<Dim>, TypeError>;

    /// The parts, one for each size; as many `invalid` ones if there are no sizes.
    fn parts(self, parts: Option<Vec<Tensor<'m>>>, invalid: Tensor<'m>) -> Self::Parts;
}

impl<'m> Sections<'m> for i64 {
    type Parts = Vec<Tensor<'m>>;

    fn sizes(&self, of: &Dim, model: &'m Model) -> Result<Vec<Dim>, TypeError> {
        let divides = of.as_const().is_none_or(|size| size.checked_rem(*self) == Some(0));
        if !(*self > 0 && divides) {
            return Err(TypeError::new(
                Reason::Size { size: of.clone() },
                format!("an axis of {{0}} cannot be split into {self} equal parts"),
                "give a number that divides its size, or the sizes of the parts",
            ));
        }
        let size = of.floor_div(&Dim::Const(*self), &model.arena().graph.scope.symbols);
        Ok(vec![size; *self as usize])
    }

    fn parts(self, parts: Option<Vec<Tensor<'m>>>, invalid: Tensor<'m>) -> Vec<Tensor<'m>> {
        parts.unwrap_or_else(|| vec![invalid; self.clamp(0, 1 << 10) as usize])
    }
}

impl<'m, S: Into<Size<'m>> + Copy, const N: usize> Sections<'m> for [S; N] {
    type Parts = [Tensor<'m>; N];

    fn sizes(&self, of: &Dim, model: &'m Model) -> Result<Vec<Dim>, TypeError> {
        self.to_vec().sizes(of, model)
    }

    fn parts(self, parts: Option<Vec<Tensor<'m>>>, invalid: Tensor<'m>) -> [Tensor<'m>; N] {
        let parts = parts.unwrap_or_else(|| vec![invalid; N]);
        parts.try_into().expect("invariant: one part for each size")
    }
}

impl<'m, S: Into<Size<'m>> + Copy> Sections<'m> for Vec<S> {
    type Parts = Vec<Tensor<'m>>;

    fn sizes(&self, of: &Dim, model: &'m Model) -> Result<Vec<Dim>, TypeError> {
        let sizes: Vec<Dim> = self.iter().map(|size| (*size).into().dim_in(model)).collect();
        if let Some(size) = sizes.iter().filter_map(Dim::as_const).find(|size| *size < 0) {
            return Err(TypeError::new(
                Reason::Size { size: Dim::Const(size) },
                format!("{{0}} is split into parts, one of the size {size}"),
                "give sizes that are not below 0",
            ));
        }
        let sum: Dim = sizes.iter().sum();
        match (sum.as_const(), of.as_const()) {
            (Some(sum), Some(of)) if sum != of => Err(TypeError::new(
                Reason::Size { size: Dim::Const(sum) },
                format!(
                    "{{0}} is split into parts whose sizes add up to {sum}, and the axis has the size {of}"
                ),
                "give sizes that add up to it",
            )),
            _ => Ok(sizes),
        }
    }

    fn parts(self, parts: Option<Vec<Tensor<'m>>>, invalid: Tensor<'m>) -> Vec<Tensor<'m>> {
        parts.unwrap_or_else(|| vec![invalid; self.len()])
    }
}

impl<'m> Tensor<'m> {
    /// The parts of the tensor along an axis: so many of equal size, or of these sizes.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// let [a, b] = x.split([1, 3], 0);
    /// assert_eq!(b.eval()?, Array::from([2, 3, 4]));
    /// let halves = x.split(2, 0);
    /// assert_eq!(halves[0].eval()?, Array::from([1, 2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn split<S: Sections<'m>>(self, sections: S, axis: i64) -> S::Parts {
        let Some(ty) = self.ty() else { return sections.parts(None, self) };
        let sizes = axes::count(&[axis], ty.rank()).and_then(|axes| {
            let axis = axes[0];
            Ok((axis, sections.sizes(&ty.shape[axis], self.model)?))
        });
        let (axis, sizes) = match sizes {
            Ok(sizes) => sizes,
            Err(error) => return sections.parts(None, self.ill_typed(error)),
        };
        let mut shape = ty.shape.clone();
        shape[axis] = sizes.iter().sum();
        // Stretching nothing, this constrains that the sizes add up.
        let whole = if shape == ty.shape { self } else { self.unary(BroadcastTo { shape }) };
        let (mut parts, mut start) = (vec![], Dim::Const(0));
        for size in &sizes {
            let stop = &start + size;
            parts.push(whole.part(axis, &start, &stop, 1));
            start = stop;
        }
        sections.parts(Some(parts), self)
    }

    /// The indices from `start` to before `stop` of one axis, from the last down if the step is -1.
    #[track_caller]
    pub(super) fn part(self, axis: usize, start: &Dim, stop: &Dim, step: i64) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        self.unary(Subtensor::along(&ty.shape, axis, start.clone(), stop.clone(), step))
    }

    /// Tensors of this one's element type and other sizes, one after another; the only one if there is one.
    #[track_caller]
    pub(super) fn joined(parts: &[Tensor<'m>], axis: usize) -> Tensor<'m> {
        match parts {
            [one] => *one,
            parts => apply(Concatenate { axis, count: parts.len() }, parts),
        }
    }

    /// The tensor repeated as a whole, so many times along each axis. Where fewer numbers are given than
    /// there are axes, they are for the last ones; where more, the tensor gets new axes in front.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2]);
    /// assert_eq!(x.tile([2]).eval()?, Array::from([1, 2, 1, 2]));
    /// assert_eq!(x.tile([2, 1]).eval()?, Array::from([[1, 2], [1, 2]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn tile(self, reps: impl IntoShape<'m>) -> Tensor<'m> {
        let reps = reps.into_shape(self.model);
        let mut tiled = self;
        if reps.len() > self.rank() {
            tiled = self.expand_dims((0..(reps.len() - self.rank()) as i64).collect::<Vec<_>>());
        }
        let first = tiled.rank() - reps.len().min(tiled.rank());
        for (i, count) in reps.iter().enumerate().filter(|(_, count)| !count.is_one()) {
            tiled = tiled.repeated(first + i, first + i, count);
        }
        tiled
    }

    /// Each element along an axis so many times in a row.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2], [3, 4]]);
    /// assert_eq!(x.repeat(2, 1).eval()?, Array::from([[1, 1, 2, 2], [3, 3, 4, 4]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn repeat(self, repeats: impl Into<Size<'m>>, axis: i64) -> Tensor<'m> {
        match axes::count(&[axis], self.rank()) {
            Ok(axes) => self.repeated(axes[0], axes[0] + 1, &repeats.into().dim_in(self.model)),
            Err(error) => self.ill_typed(error),
        }
    }

    /// The blocks of all axes from `from` on so many times each, one after another, which makes `axis`
    /// longer.
    #[track_caller]
    fn repeated(self, axis: usize, from: usize, count: &Dim) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let blocks: Dim = ty.shape[..from].iter().product();
        let block: Dim = ty.shape[from..].iter().product();
        let rows = self.unary(Reshape { shape: vec![blocks.clone(), Dim::Const(1), block.clone()] });
        let rows = rows.unary(BroadcastTo { shape: vec![blocks, count.clone(), block] });
        let mut shape = ty.shape;
        shape[axis] = &shape[axis] * count;
        rows.unary(Reshape { shape })
    }

    /// The elements moved along an axis by so many places, toward the end if the number is positive; those
    /// that leave it come in at the other side.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3, 4]);
    /// assert_eq!(x.roll(1, 0).eval()?, Array::from([4, 1, 2, 3]));
    /// assert_eq!(x.roll(-6, 0).eval()?, Array::from([3, 4, 1, 2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn roll(self, shift: i64, axis: i64) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let axis = match axes::count(&[axis], ty.rank()) {
            Ok(axes) => axes[0],
            Err(error) => return self.ill_typed(error),
        };
        let size = &ty.shape[axis];
        let cut = {
            let symbols = &self.model.arena().graph.scope.symbols;
            let places = Dim::max(size, &Dim::Const(1), symbols);
            (&Dim::Const(0) - &Dim::Const(shift).modulo(&places, symbols)).modulo(&places, symbols)
        };
        if cut == Dim::Const(0) {
            return self;
        }
        let (head, tail) = (self.part(axis, &Dim::Const(0), &cut, 1), self.part(axis, &cut, size, 1));
        Tensor::joined(&[tail, head], axis)
    }
}
