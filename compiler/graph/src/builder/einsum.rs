//! Einstein's summation convention, in NumPy's notation.

use std::panic::Location;

use super::contract::{Label, Labelled, contract};
use super::{Model, Tensor};
use crate::dim::Dim;
use crate::infer::{AxisOf, Extent, Reason, TypeError};
use crate::ops::BroadcastTo;
use crate::origin::Origin;

/// Sums of products of tensors, with an index for each axis, in NumPy's notation: `"ij,jk->ik"` is the
/// product of two matrices. [`Model::einsum`] takes a list whose length is not known.
///
/// Indices are letters. Axes with equal indices run together, along a diagonal if both are of one operand; an
/// axis whose size is known to be 1 is stretched beside a longer one of another operand. Indices that the
/// result lacks are summed over. Without `->` the result has those that occur once, in the order of the
/// alphabet, capitals first. `...` stands for the axes that no letter names, which broadcast, and come first
/// in a result that is not given. The result has the operands' common element type.
///
/// ```
/// # use tgc_graph::prelude::*;
/// # let m = Model::new("example");
/// let (x, y) = (m.constant([[1, 2], [3, 4]]), m.constant([10, 1]));
/// assert_eq!(einsum("ij,j->i", [x, y]).eval()?, Array::from([12, 34]));
/// assert_eq!(einsum("ii", [x]).eval()?, Array::from(5));
/// assert_eq!(einsum("...j->j...", [x]).eval()?, Array::from([[1, 3], [2, 4]]));
/// # Ok::<(), EvalError>(())
/// ```
#[track_caller]
pub fn einsum<'m, const N: usize>(subscripts: &str, operands: [Tensor<'m>; N]) -> Tensor<'m> {
    const { assert!(N > 0, "there is nothing to multiply") };
    operands[0].model().einsum(subscripts, operands)
}

impl Model {
    /// As [`einsum`], of any number of tensors but none.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let operands = vec![m.constant([1, 2]); 3];
    /// assert_eq!(m.einsum("i,i,i", operands).eval()?, Array::from(9));
    /// # Ok::<(), EvalError>(())
    /// ```
    #[track_caller]
    pub fn einsum<'m>(
        &'m self,
        subscripts: &str,
        operands: impl IntoIterator<Item = Tensor<'m>>,
    ) -> Tensor<'m> {
        let operands: Vec<Tensor<'m>> = operands.into_iter().collect();
        if operands.is_empty() {
            return self
                .refuse("einsum of nothing; give at least one tensor", Reason::Arity { takes: 1, has: 0 });
        }
        if let Some(invalid) = operands.iter().find(|operand| operand.id().is_none()) {
            return *invalid;
        }
        let ranks: Vec<usize> = operands.iter().map(|operand| operand.rank()).collect();
        let parsed = parse(subscripts, &ranks).and_then(|parsed| {
            check_sizes(&operands, &parsed.operands)?;
            Ok(parsed)
        });
        match parsed {
            Ok(Subscripts { operands: labels, result }) => {
                let labelled = operands.into_iter().zip(labels);
                let taken = || labelled.map(|(tensor, labels)| diagonals(tensor, labels)).collect();
                contract(self.on_behalf(&Origin::here(Location::caller()), taken), &result)
            }
            Err(error) => {
                let describe = |i: usize| {
                    let id = operands.get(i).and_then(|operand| operand.id());
                    id.map_or(String::new(), |id| self.arena().describe(id))
                };
                let message = format!("einsum `{subscripts}`: {}", error.describe(&describe));
                self.refuse(&message, *error.reason)
            }
        }
    }
}

/// A label for each axis of each operand and of the result.
#[derive(Debug, PartialEq, Eq)]
struct Subscripts {
    operands: Vec<Vec<Label>>,
    result: Vec<Label>,
}

/// Letters are their own labels; the axes of an ellipsis, counted from the last, come after all of them.
const ELLIPSIS: Label = 1 << 16;

/// One operand's or the result's indices, and before which of them the ellipsis stands.
struct Term {
    letters: Vec<char>,
    ellipsis: Option<usize>,
}

fn parse(subscripts: &str, ranks: &[usize]) -> Result<Subscripts, TypeError> {
    let text: String = subscripts.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match text.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (text.as_str(), None),
    };
    let terms: Vec<Term> = inputs.split(',').map(term).collect::<Result<_, _>>()?;
    if terms.len() != ranks.len() {
        return Err(TypeError::new(
            Reason::Arity { takes: terms.len(), has: ranks.len() },
            format!("there are indices for {} operands, and {} operands", terms.len(), ranks.len()),
            "separate the indices of operands with commas",
        ));
    }
    let unnamed: Vec<usize> = terms
        .iter()
        .zip(ranks)
        .enumerate()
        .map(|(i, (term, rank))| term.unnamed(i, *rank))
        .collect::<Result<_, _>>()?;
    let broadcast = unnamed.iter().copied().max().unwrap_or(0);
    let operands: Vec<Vec<Label>> =
        terms.iter().zip(&unnamed).map(|(term, axes)| term.labels(*axes)).collect();
    let result = match output {
        Some(output) => explicit(&term(output)?, broadcast, &operands)?,
        None => implicit(broadcast, &operands),
    };
    Ok(Subscripts { operands, result })
}

fn term(text: &str) -> Result<Term, TypeError> {
    let (before, after) = match text.split_once("...") {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    };
    let letters: Vec<char> = before.chars().chain(after.unwrap_or("").chars()).collect();
    match letters.iter().find(|c| !c.is_ascii_alphabetic()) {
        Some('.') => Err(TypeError::new(
            Reason::Argument { value: ".".to_owned() },
            "a dot is not part of the one ellipsis",
            "write `...` once at most",
        )),
        Some(c) => Err(TypeError::new(
            Reason::Argument { value: c.to_string() },
            format!("`{c}` is no index"),
            "use letters, `,`, `->` and `...`",
        )),
        None => Ok(Term { ellipsis: after.map(|_| before.len()), letters }),
    }
}

impl Term {
    /// How many axes of an operand of this rank the ellipsis stands for.
    fn unnamed(&self, operand: usize, rank: usize) -> Result<usize, TypeError> {
        match rank.checked_sub(self.letters.len()) {
            Some(0) => Ok(0),
            Some(axes) if self.ellipsis.is_some() => Ok(axes),
            Some(_) | None => Err(TypeError::new(
                Reason::Rank { operand, rank },
                format!("there are {} indices for {{{operand}}}, which has {rank} axes", self.letters.len()),
                "give each axis an index, or write `...` for axes without one",
            )),
        }
    }

    fn labels(&self, unnamed: usize) -> Vec<Label> {
        let mut labels: Vec<Label> = self.letters.iter().map(|letter| Label::from(*letter)).collect();
        let at = self.ellipsis.unwrap_or(0);
        labels.splice(at..at, ellipsis(unnamed));
        labels
    }
}

fn ellipsis(axes: usize) -> impl Iterator<Item = Label> {
    (0..axes as Label).rev().map(|from_last| ELLIPSIS + from_last)
}

fn explicit(term: &Term, broadcast: usize, operands: &[Vec<Label>]) -> Result<Vec<Label>, TypeError> {
    if broadcast > 0 && term.ellipsis.is_none() {
        return Err(TypeError::new(
            Reason::Argument { value: "...".to_owned() },
            "the result has no place for the axes that `...` stands for",
            "write `...` in the result, or give those axes indices",
        ));
    }
    for (i, letter) in term.letters.iter().enumerate() {
        if term.letters[..i].contains(letter) {
            return Err(TypeError::new(
                Reason::Argument { value: letter.to_string() },
                format!("the result has the index `{letter}` twice"),
                "write it once",
            ));
        }
        if !operands.iter().any(|labels| labels.contains(&Label::from(*letter))) {
            return Err(TypeError::new(
                Reason::Argument { value: letter.to_string() },
                format!("the result has the index `{letter}`, which no operand has"),
                "use indices of operands",
            ));
        }
    }
    Ok(term.labels(broadcast))
}

fn implicit(broadcast: usize, operands: &[Vec<Label>]) -> Vec<Label> {
    let mut letters: Vec<Label> = operands.concat().into_iter().filter(|label| *label < ELLIPSIS).collect();
    letters.sort_unstable();
    let once = letters.chunk_by(|a, b| a == b).filter(|equal| equal.len() == 1).flatten().copied();
    ellipsis(broadcast).chain(once).collect()
}

/// Refuses sizes that are known to differ, by the names that the author gave the axes.
fn check_sizes(operands: &[Tensor<'_>], labels: &[Vec<Label>]) -> Result<(), TypeError> {
    let mut known: Vec<(Label, Dim, AxisOf)> = vec![];
    for (operand, (tensor, labels)) in operands.iter().zip(labels).enumerate() {
        let Some(ty) = tensor.ty() else { continue };
        for (axis, (label, dim)) in labels.iter().zip(&ty.shape).enumerate() {
            let here = AxisOf { operand, axis };
            // Beside those of other operands, an axis of size 1 is stretched; along a diagonal it is not.
            let differs = known.iter().find(|(other, size, from)| {
                let stretched = from.operand != operand && (dim.is_one() || size.is_one());
                other == label && !stretched && (size - dim).as_const().is_some_and(|more| more != 0)
            });
            if let Some((_, size, other)) = differs {
                let symbols = &tensor.model().arena().graph.scope.symbols;
                let what = match char::from_u32(*label).filter(|_| *label < ELLIPSIS) {
                    Some(letter) => format!("the index `{letter}`"),
                    None => "an axis of `...`".to_owned(),
                };
                let reason = Reason::Sizes {
                    extents: [*other, here].map(Extent::Axis),
                    sizes: [size.clone(), dim.clone()],
                };
                let (size, dim, other) = (size.display(symbols), dim.display(symbols), other.operand);
                return Err(TypeError::new(
                    reason,
                    format!("{what} has the size {size} in {{{other}}} and {dim} in {{{operand}}}"),
                    "give axes that run together one size",
                ));
            }
            known.push((*label, dim.clone(), here));
        }
    }
    Ok(())
}

/// The diagonals of axes that have one index.
#[track_caller]
fn diagonals(mut tensor: Tensor<'_>, mut labels: Vec<Label>) -> Labelled<'_> {
    let twice = |labels: &[Label]| {
        labels.iter().enumerate().find_map(|(i, label)| {
            let first = labels[..i].iter().position(|other| other == label)?;
            Some((first, i))
        })
    };
    while let Some((first, second)) = twice(&labels) {
        tensor = squared(tensor, first, second).diagonal_of(0, first as i64, second as i64);
        let label = labels.remove(second);
        labels.remove(first);
        labels.push(label);
    }
    Labelled { tensor, labels }
}

/// The tensor, of which two axes must have one size.
#[track_caller]
fn squared(tensor: Tensor<'_>, first: usize, second: usize) -> Tensor<'_> {
    let Some(ty) = tensor.ty() else { return tensor };
    let mut shape = ty.shape.clone();
    match (&ty.shape[first], &ty.shape[second]) {
        (a, b) if a == b => return tensor,
        (_, b @ Dim::Const(_)) => shape[first] = b.clone(),
        (a, Dim::Poly(_)) => shape[second] = a.clone(),
    }
    // Stretching nothing, this constrains that they agree.
    tensor.unary(BroadcastTo { shape })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(text: &str) -> Vec<Label> {
        text.chars().map(Label::from).collect()
    }

    #[test]
    fn results_that_are_not_given() {
        let result = |text: &str, ranks: &[usize]| parse(text, ranks).unwrap().result;
        assert_eq!(result("ba", &[2]), labels("ab"));
        assert_eq!(result("aB", &[2]), labels("Ba"));
        assert_eq!(result(" i j , j k ", &[2, 2]), labels("ik"));
        assert_eq!(result("ii", &[2]), []);
        assert_eq!(result("i...", &[3]), [ELLIPSIS + 1, ELLIPSIS, Label::from('i')]);
        assert_eq!(result(",", &[0, 0]), []);
        let broadcast = parse("a...,...->...a", &[2, 3]).unwrap();
        assert_eq!(broadcast.operands[0], [Label::from('a'), ELLIPSIS]);
        assert_eq!(broadcast.result, [ELLIPSIS + 2, ELLIPSIS + 1, ELLIPSIS, Label::from('a')]);
    }
}
