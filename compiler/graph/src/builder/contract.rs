//! Sums of products of tensors with labelled axes: what `einsum` and `matmul` come to.
//!
//! Equal labels run together, and those that the result lacks are summed over. Operands are multiplied in
//! pairs, with `dot` where the pair has an axis to sum over and elementwise where it has none. Beside a
//! longer axis of the same label, one whose size is known to be 1 is stretched.

use super::{Tensor, apply};
use crate::dim::Dim;
use crate::infer::{Operand, promote_all};
use crate::ops::{Dot, Mul};

/// What axes that run together have in common.
pub(super) type Label = u32;

/// A tensor with a label for each axis, all different.
#[derive(Clone, Debug)]
pub(super) struct Labelled<'m> {
    pub tensor: Tensor<'m>,
    pub labels: Vec<Label>,
}

/// The sum of products of the operands whose axes are the result's labels. There is at least one operand.
#[track_caller]
pub(super) fn contract<'m>(operands: Vec<Labelled<'m>>, result: &[Label]) -> Tensor<'m> {
    if let Some(invalid) = operands.iter().find(|operand| operand.tensor.ty().is_none()) {
        return invalid.tensor;
    }
    let mut operands = converted(operands);
    while operands.len() > 1 {
        let (first, second) = cheapest_pair(&operands);
        let b = operands.remove(second);
        let a = operands.remove(first);
        let kept = |label: &Label| {
            result.contains(label) || operands.iter().any(|other| other.labels.contains(label))
        };
        let product = a.times(b, &kept);
        operands.push(product);
    }
    let last = operands.remove(0);
    last.summed(&|label| result.contains(label)).arranged(result)
}

/// All operands in their common element type.
#[track_caller]
fn converted(mut operands: Vec<Labelled<'_>>) -> Vec<Labelled<'_>> {
    let types: Vec<_> = operands.iter().filter_map(|o| o.tensor.ty()).collect();
    let described: Vec<Operand<'_>> = types.iter().map(|ty| Operand { ty, literal: None }).collect();
    let common = promote_all(&described);
    for (operand, _) in operands.iter_mut().zip(&types).filter(|(_, ty)| ty.dtype != common) {
        operand.tensor = operand.tensor.cast(common);
    }
    operands
}

/// The pair whose product takes the fewest multiplications, as far as sizes are known.
fn cheapest_pair(operands: &[Labelled<'_>]) -> (usize, usize) {
    let pairs = (0..operands.len()).flat_map(|i| (i + 1..operands.len()).map(move |j| (i, j)));
    let cost = |(i, j): (usize, usize)| {
        let (a, b) = (&operands[i], &operands[j]);
        let others = b.labels.iter().filter(|label| !a.labels.contains(label));
        let sizes = a.labels.iter().map(|label| a.typical(*label).max(b.typical(*label)));
        sizes.chain(others.map(|label| b.typical(*label))).product::<f64>()
    };
    pairs.min_by(|x, y| cost(*x).total_cmp(&cost(*y))).expect("invariant: there are two operands")
}

impl<'m> Labelled<'m> {
    fn size(&self, label: Label) -> Option<Dim> {
        let axis = self.labels.iter().position(|own| *own == label)?;
        Some(self.tensor.ty()?.shape[axis].clone())
    }

    /// The size along a label, a guess if it is not known, and 1 if there is no such axis.
    fn typical(&self, label: Label) -> f64 {
        let (size, model) = (self.size(label), self.tensor.model());
        let symbols = &model.arena().graph.scope.symbols;
        let guess = |id| symbols.get(id).hint.unwrap_or(64);
        size.map_or(1.0, |dim| dim.evaluate(&guess).map_or(64.0, |size| size as f64))
    }

    /// The product with another tensor, summed over the labels that neither keeps.
    #[track_caller]
    fn times(self, other: Labelled<'m>, kept: &dyn Fn(&Label) -> bool) -> Labelled<'m> {
        let (a, b) = (self.without_ones(&other), other.without_ones(&self));
        let a = a.summed(&|label| kept(label) || b.labels.contains(label));
        let b = b.summed(&|label| kept(label) || a.labels.contains(label));
        let (shared, a_only): (Vec<Label>, Vec<Label>) =
            a.labels.iter().partition(|label| b.labels.contains(label));
        let b_only: Vec<Label> = b.labels.iter().copied().filter(|label| !shared.contains(label)).collect();
        let (batch, summed): (Vec<Label>, Vec<Label>) = shared.into_iter().partition(|label| kept(label));
        let labels = [batch.as_slice(), &a_only, &b_only].concat();
        if summed.is_empty() {
            let tensor = apply(Mul {}, &[a.arranged(&labels), b.arranged(&labels)]);
            return Labelled { tensor, labels };
        }
        let left = a.arranged(&[batch.as_slice(), &a_only, &summed].concat());
        let right = b.arranged(&[batch.as_slice(), &summed, &b_only].concat());
        let dot = Dot {
            batch: batch.len(),
            left: (0..summed.len()).map(|i| batch.len() + a_only.len() + i).collect(),
            right: (0..summed.len()).map(|i| batch.len() + i).collect(),
        };
        Labelled { tensor: apply(dot, &[left, right]), labels }
    }

    /// Without the axes of static size 1 that are longer in another tensor.
    #[track_caller]
    fn without_ones(&self, other: &Labelled<'m>) -> Labelled<'m> {
        let is_one = |size: Option<Dim>| size.is_some_and(|dim| dim.is_one());
        let stretched = |label: &Label| {
            is_one(self.size(*label)) && other.labels.contains(label) && !is_one(other.size(*label))
        };
        let labels: Vec<Label> = self.labels.iter().copied().filter(|label| !stretched(label)).collect();
        Labelled { tensor: self.arranged(&labels), labels }
    }

    /// Summed over the labels that are not kept, in its own element type.
    #[track_caller]
    fn summed(self, kept: &dyn Fn(&Label) -> bool) -> Labelled<'m> {
        let gone = |axis: &usize| !kept(&self.labels[*axis]);
        let axes: Vec<i64> = (0..self.labels.len()).filter(gone).map(|axis| axis as i64).collect();
        let Some(ty) = self.tensor.ty().filter(|_| !axes.is_empty()) else { return self };
        let tensor = self.tensor.reduce().over(axes).dtype(ty.dtype).sum();
        Labelled { tensor, labels: self.labels.into_iter().filter(|label| kept(label)).collect() }
    }

    /// With its axes in the order of labels; one that it lacks gets the size 1.
    #[track_caller]
    fn arranged(&self, labels: &[Label]) -> Tensor<'m> {
        if self.labels == labels {
            return self.tensor;
        }
        let place = |label: &Label| self.labels.iter().position(|own| own == label);
        self.tensor.dimshuffle(labels.iter().map(place).collect::<Vec<_>>())
    }
}
