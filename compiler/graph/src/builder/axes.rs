//! Axes by number, and tensors with their axes in another order.

use super::Tensor;
use crate::infer::{Reason, TypeError};
use crate::ops::Dimshuffle;
use crate::origin::Origin;

/// What names axes: one number or several, negative ones counted from the last axis.
pub trait Axes {
    /// The numbers.
    fn numbers(&self) -> Vec<i64>;
}

impl Axes for i64 {
    fn numbers(&self) -> Vec<i64> {
        vec![*self]
    }
}

impl<const N: usize> Axes for [i64; N] {
    fn numbers(&self) -> Vec<i64> {
        self.to_vec()
    }
}

impl Axes for [i64] {
    fn numbers(&self) -> Vec<i64> {
        self.to_vec()
    }
}

impl<A: Axes + ?Sized> Axes for &A {
    fn numbers(&self) -> Vec<i64> {
        (**self).numbers()
    }
}

impl Axes for Vec<i64> {
    fn numbers(&self) -> Vec<i64> {
        self.clone()
    }
}

/// Axes of `{0}`, which has `rank` of them, counted from the front, in the order in which they are given.
///
/// # Errors
///
/// If one does not exist or is there twice.
pub(crate) fn count(axes: &[i64], rank: usize) -> Result<Vec<usize>, TypeError> {
    let rank = rank as i64;
    let mut found: Vec<usize> = vec![];
    for &axis in axes {
        let counted = if axis < 0 { axis.saturating_add(rank) } else { axis };
        let index = usize::try_from(counted).ok().filter(|i| (*i as i64) < rank && !found.contains(i));
        found.push(index.ok_or_else(|| {
            TypeError::new(
                Reason::Axes { operand: 0, axes: vec![axis], rank: rank as usize },
                format!("axis {axis} of {{0}} does not exist or is named twice"),
                match rank {
                    0 => "it has no axes".to_owned(),
                    _ => format!("name axes from {} to {}, each once", -rank, rank - 1),
                },
            )
        })?);
    }
    Ok(found)
}

impl<'m> Tensor<'m> {
    /// Axes counted from the front, ascending; reports those that do not exist or repeat.
    pub(crate) fn axes(self, axes: &[i64], origin: Origin) -> Option<Vec<usize>> {
        match count(axes, self.ty()?.rank()) {
            Ok(mut axes) => {
                axes.sort_unstable();
                Some(axes)
            }
            Err(error) => {
                self.model.invalid(self.message(&error), origin, error.reason);
                None
            }
        }
    }

    #[track_caller]
    fn reordered(self, order: Result<Vec<Option<usize>>, TypeError>) -> Tensor<'m> {
        match order {
            Ok(order) => self.unary(Dimshuffle { order }),
            Err(error) => self.ill_typed(error),
        }
    }

    /// The axes in another order: that of these numbers, each axis once.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    /// assert_eq!(x.transpose([1, 0]).eval()?, Array::from([[1, 4], [2, 5], [3, 6]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn transpose(self, axes: impl Axes) -> Tensor<'m> {
        let (axes, rank) = (axes.numbers(), self.rank());
        let order = count(&axes, rank).and_then(|order| match order.len() == rank {
            true => Ok(order.into_iter().map(Some).collect()),
            false => Err(TypeError::new(
                Reason::Length { takes: rank, has: order.len() },
                format!("a transpose of {{0}}, which has {rank} axes, names {}", order.len()),
                "name each axis once",
            )),
        });
        self.reordered(order)
    }

    /// Two axes in each other's place.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([[1, 2, 3]]);
    /// assert_eq!(x.swapaxes(0, -1).eval()?, Array::from([[1], [2], [3]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn swapaxes(self, axis1: i64, axis2: i64) -> Tensor<'m> {
        let rank = self.rank();
        let places = count(&[axis1], rank).and_then(|a| Ok((a[0], count(&[axis2], rank)?[0])));
        self.reordered(places.map(|(a, b)| {
            let mut order: Vec<Option<usize>> = (0..rank).map(Some).collect();
            order.swap(a, b);
            order
        }))
    }

    /// Axes moved to other places; the others keep their order.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant(Array::from_slice([1, 2, 3], &[1, 2, 3, 4, 5, 6]));
    /// assert_eq!(x.moveaxis(0, -1).eval()?, Array::from_slice([2, 3, 1], &[1, 2, 3, 4, 5, 6]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn moveaxis(self, source: impl Axes, destination: impl Axes) -> Tensor<'m> {
        let (source, destination, rank) = (source.numbers(), destination.numbers(), self.rank());
        let places = count(&source, rank).and_then(|from| Ok((from, count(&destination, rank)?)));
        let order = places.and_then(|(from, to)| {
            if from.len() != to.len() {
                return Err(TypeError::new(
                    Reason::Length { takes: from.len(), has: to.len() },
                    format!("{} axes of {{0}} are moved to {} places", from.len(), to.len()),
                    "name a place for each axis",
                ));
            }
            let mut moved: Vec<(usize, usize)> = to.into_iter().zip(from.iter().copied()).collect();
            moved.sort_unstable();
            let mut order: Vec<Option<usize>> =
                (0..rank).filter(|axis| !from.contains(axis)).map(Some).collect();
            moved.into_iter().for_each(|(to, from)| order.insert(to, Some(from)));
            Ok(order)
        });
        self.reordered(order)
    }

    /// Without the axes whose size is known to be 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1], [2]]).squeeze().eval()?, Array::from([1, 2]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn squeeze(self) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        self.reordered(Ok((0..ty.rank()).filter(|axis| !ty.shape[*axis].is_one()).map(Some).collect()))
    }

    /// Without these axes, whose size is 1.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// assert_eq!(m.constant([[1]]).squeeze_axes([0, -1]).eval()?, Array::from(1));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn squeeze_axes(self, axes: impl Axes) -> Tensor<'m> {
        let rank = self.rank();
        let order = count(&axes.numbers(), rank)
            .map(|gone| (0..rank).filter(|axis| !gone.contains(axis)).map(Some).collect());
        self.reordered(order)
    }

    /// With new axes of size 1, which are these axes of the result.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2]);
    /// assert_eq!(x.expand_dims(0).eval()?, Array::from([[1, 2]]));
    /// assert_eq!(x.expand_dims(-1).eval()?, Array::from([[1], [2]]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn expand_dims(self, axes: impl Axes) -> Tensor<'m> {
        let axes = axes.numbers();
        let rank = self.rank() + axes.len();
        let order = count(&axes, rank).map_err(|error| TypeError {
            problem: error.problem.replace("of {0}", "of {0} with new axes"),
            ..error
        });
        self.reordered(order.map(|new| {
            let mut kept = 0..;
            (0..rank).map(|axis| if new.contains(&axis) { None } else { kept.next() }).collect()
        }))
    }
}
