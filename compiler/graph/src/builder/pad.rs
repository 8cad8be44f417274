//! Tensors with elements put around them: compositions of slices, views and concatenations.

use super::{Operand, Tensor, apply};
use crate::dim::Dim;
use crate::infer::{AxisOf, Reason, TypeError};
use crate::ops::BroadcastTo;

/// What is put around a tensor by [`Tensor::pad`]; all from the tensor itself. With `a b c d` in the middle:
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// `a a | a b c d | d d`: the elements at the edge.
    Edge,
    /// `c b | a b c d | c b`: mirrored at the elements at the edge.
    Reflect,
    /// `b a | a b c d | d c`: mirrored at the edge.
    Symmetric,
    /// `c d | a b c d | a b`: continued from the other side.
    Wrap,
}

/// What stands at some places of a padded axis.
enum Piece {
    /// The indices of a range, upward or, with the step -1, downward.
    Slice { start: Dim, stop: Dim, step: i64 },
    /// One index so many times.
    Repeated { index: Dim, count: i64 },
}

/// The most pieces on one side of an axis: more are a pattern to be tiled.
const MAX_PIECES: i64 = 1024;

impl Padding {
    /// What comes before and what after an axis; `None` if there are too many pieces.
    fn pieces(self, before: i64, after: i64, size: &Dim) -> Option<[Vec<Piece>; 2]> {
        let [front, back] = match (self, size.as_const()) {
            (Padding::Reflect, Some(n @ 2..)) => self.runs(before, after, n, n.saturating_mul(2) - 2)?,
            (Padding::Symmetric, Some(n @ 2..)) => self.runs(before, after, n, n.saturating_mul(2))?,
            (Padding::Wrap, Some(n @ 2..)) => self.runs(before, after, n, n)?,
            // The only element is all that there is to take.
            (_, Some(_)) => Padding::Edge.ends(before, after, size).map(|piece| vec![piece]),
            (_, None) => self.ends(before, after, size).map(|piece| vec![piece]),
        };
        let kept = |width: i64, pieces| if width > 0 { pieces } else { vec![] };
        Some([kept(before, front), kept(after, back)])
    }

    /// Pieces of a pattern that goes up through all indices, then, but for wrapping, down, and comes again
    /// after so many places.
    fn runs(self, before: i64, after: i64, size: i64, period: i64) -> Option<[Vec<Piece>; 2]> {
        if before.max(after) / period >= MAX_PIECES / 2 {
            return None;
        }
        // On the way down, index and place add up to this.
        let sum = if self == Padding::Symmetric { period - 1 } else { period };
        let side = |from: i64, width: i64| {
            let (mut pieces, mut done) = (vec![], 0);
            while done < width {
                let place = (from.rem_euclid(period) + done) % period;
                let end = if place < size { size } else { period };
                let count = (end - place).min(width - done);
                let (start, step) = if place < size { (place, 1) } else { (sum - place - count + 1, -1) };
                pieces.push(Piece::Slice { start: start.into(), stop: (start + count).into(), step });
                done += count;
            }
            pieces
        };
        Some([side(-before, before), side(size, after)])
    }

    /// One piece before and one after an axis, which must be large enough for that.
    fn ends(self, before: i64, after: i64, size: &Dim) -> [Piece; 2] {
        let from_end = |n: i64| size - &Dim::Const(n);
        let slice = |start: Dim, stop: Dim, step| Piece::Slice { start, stop, step };
        match self {
            Padding::Edge => [
                Piece::Repeated { index: 0.into(), count: before },
                Piece::Repeated { index: from_end(1), count: after },
            ],
            Padding::Reflect => [
                slice(1.into(), before.saturating_add(1).into(), -1),
                slice(from_end(after.saturating_add(1)), from_end(1), -1),
            ],
            Padding::Symmetric => {
                [slice(0.into(), before.into(), -1), slice(from_end(after), size.clone(), -1)]
            }
            Padding::Wrap => [slice(from_end(before), size.clone(), 1), slice(0.into(), after.into(), 1)],
        }
    }
}

impl<'m> Tensor<'m> {
    /// The tensor with elements of its own around it: for each axis so many before and so many after; one
    /// pair alone is for all axes. An axis of symbolic size must be large enough for one piece of it to do.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// use tgc_graph::builder::Padding;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2, 3]);
    /// assert_eq!(x.pad([(2, 1)], Padding::Reflect).eval()?, Array::from([3, 2, 1, 2, 3, 2]));
    /// assert_eq!(x.pad([(2, 1)], Padding::Edge).eval()?, Array::from([1, 1, 1, 2, 3, 3]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn pad(self, widths: impl AsRef<[(i64, i64)]>, with: Padding) -> Tensor<'m> {
        let widths = match self.widths(widths.as_ref()) {
            Ok(widths) => widths,
            Err(error) => return self.ill_typed(error),
        };
        let mut padded = self;
        for (axis, (before, after)) in widths.into_iter().enumerate().filter(|(_, width)| *width != (0, 0)) {
            let Some(ty) = padded.ty() else { return padded };
            let size = &ty.shape[axis];
            if *size == Dim::Const(0) {
                return self.ill_typed(TypeError::new(
                    Reason::TooSmall {
                        extent: AxisOf { operand: 0, axis }.into(),
                        size: size.clone(),
                        least: 1,
                    },
                    format!("axis {axis} of {{0}} is padded with its own elements and has none"),
                    "pad it with a constant",
                ));
            }
            let Some([front, back]) = with.pieces(before, after, size) else {
                return self.ill_typed(TypeError::new(
                    Reason::Argument { value: before.max(after).to_string() },
                    format!("axis {axis} of {{0}} is padded with very many repetitions of it"),
                    "tile it",
                ));
            };
            let mut parts = vec![];
            for piece in front {
                parts.push(padded.piece(axis, piece));
            }
            parts.push(padded);
            for piece in back {
                parts.push(padded.piece(axis, piece));
            }
            padded = Tensor::joined(&parts, axis);
        }
        padded
    }

    /// The tensor with a value around it: for each axis so many times before and so many times after; one
    /// pair alone is for all axes. The value, a 0-d tensor or a number, is cast to the tensor's element type.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let x = m.constant([1, 2]);
    /// assert_eq!(x.pad_constant([(1, 2)], 7).eval()?, Array::from([7, 1, 2, 7, 7]));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn pad_constant(self, widths: impl AsRef<[(i64, i64)]>, value: impl Operand<'m>) -> Tensor<'m> {
        let Some(ty) = self.ty() else { return self };
        let widths = match self.widths(widths.as_ref()) {
            Ok(widths) => widths,
            Err(error) => return self.ill_typed(error),
        };
        let value = match value.tensor(self).of_type(ty.dtype) {
            Ok(value) => value,
            Err(error) => return self.ill_typed(error),
        };
        let mut padded = self;
        for (axis, (before, after)) in widths.into_iter().enumerate() {
            let Some(ty) = padded.ty() else { return padded };
            let mut parts = vec![];
            for (width, stays) in [(before, true), (after, false)] {
                if width > 0 {
                    let mut shape = ty.shape.clone();
                    shape[axis] = width.into();
                    parts.push(apply(BroadcastTo { shape }, &[value]));
                }
                if stays {
                    parts.push(padded);
                }
            }
            padded = Tensor::joined(&parts, axis);
        }
        padded
    }

    fn widths(self, widths: &[(i64, i64)]) -> Result<Vec<(i64, i64)>, TypeError> {
        let rank = self.rank();
        if let Some((before, after)) = widths.iter().find(|(before, after)| *before < 0 || *after < 0) {
            return Err(TypeError::new(
                Reason::Argument { value: before.min(after).to_string() },
                format!("{{0}} is padded by {before} before and {after} after"),
                "give widths that are not below 0",
            ));
        }
        match widths {
            [one] => Ok(vec![*one; rank]),
            widths if widths.len() == rank => Ok(widths.to_vec()),
            widths => Err(TypeError::new(
                Reason::Length { takes: rank, has: widths.len() },
                format!("{} pairs of widths are given to pad {{0}}, which has {rank} axes", widths.len()),
                "give a pair for each axis, or one for all",
            )),
        }
    }

    #[track_caller]
    fn piece(self, axis: usize, piece: Piece) -> Tensor<'m> {
        match piece {
            Piece::Slice { start, stop, step } => self.part(axis, &start, &stop, step),
            Piece::Repeated { index, count } => {
                let one = self.part(axis, &index, &(&index + &Dim::Const(1)), 1);
                let Some(mut ty) = one.ty() else { return one };
                ty.shape[axis] = count.into();
                if count == 1 { one } else { one.unary(BroadcastTo { shape: ty.shape }) }
            }
        }
    }
}
