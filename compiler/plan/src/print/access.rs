//! Accesses as indices into a buffer's shape: `x[row,i + 1]`.

use tgc_graph::dim::{Atom, Dim, Monomial};

use crate::{Access, Axis, BufferId, FunctionPlan, Position};

/// The access by index, or `x.flat[784*row + i]` when its strides are not those of the shape.
pub(super) fn to_text(function: FunctionPlan<'_>, access: &Access) -> String {
    guided_to_text(function, access, &[])
}

/// The same with the indirect indices of the place: for each its stride and its text.
pub(super) fn guided_to_text(function: FunctionPlan<'_>, access: &Access, parts: &[(Dim, String)]) -> String {
    let buffer = function.buffer(access.buffer);
    let terms = terms(function, access, parts);
    if buffer.shape.is_empty() && terms.is_empty() {
        return buffer.name.clone();
    }
    let indices = by_index(function, access.buffer, &terms);
    let flat = if indices.is_some() { "" } else { ".flat" };
    let indices = indices.unwrap_or_else(|| vec![terms]);
    let indices: Vec<String> = indices.iter().map(|terms| sum_to_text(function, terms)).collect();
    format!("{}{flat}[{}]", buffer.name, indices.join(","))
}

/// The number as a sum, in parentheses where that is more than one term.
pub(super) fn position_to_text(function: FunctionPlan<'_>, position: &Position) -> String {
    let mut terms = moving(function, &position.strides);
    terms.push(Term { factor: position.offset.clone(), name: None });
    let text = sum_to_text(function, &terms);
    if text.contains(' ') { format!("({text})") } else { text }
}

fn moving(function: FunctionPlan<'_>, strides: &[(Axis, Dim)]) -> Vec<Term> {
    let term =
        |(axis, stride): &(Axis, Dim)| Term { factor: stride.clone(), name: Some(name(function, *axis)) };
    strides.iter().map(term).collect()
}

fn terms(function: FunctionPlan<'_>, access: &Access, parts: &[(Dim, String)]) -> Vec<Term> {
    let mut terms = moving(function, &access.strides);
    terms
        .extend(parts.iter().map(|(stride, text)| Term { factor: stride.clone(), name: Some(text.clone()) }));
    if access.offset != Dim::Const(0) {
        terms.push(Term { factor: access.offset.clone(), name: None });
    }
    terms
}

/// The name of a block's inner axis: `i`, `j`, `k`, `l`, or numbered where a size has such a name.
pub(super) fn axis_name(function: FunctionPlan<'_>, axis: usize) -> String {
    let letters = ["i", "j", "k", "l"];
    let is_taken = |name: &str| function.signature.symbols.find(name).is_some();
    match letters.get(axis) {
        Some(letter) if !letters.iter().any(|l| is_taken(l)) => (*letter).to_owned(),
        _ => format!("i{axis}"),
    }
}

/// A factor times a loop variable or an index that data says, or a lone factor.
#[derive(Clone)]
struct Term {
    factor: Dim,
    name: Option<String>,
}

/// The name of an axis in scope of a block.
pub(super) fn name(function: FunctionPlan<'_>, axis: Axis) -> String {
    match axis {
        Axis::Row => "row".to_owned(),
        Axis::Inner(i) => axis_name(function, i),
    }
}

/// Shares terms out to the outermost axes of the shape whose own strides divide them, a lone factor to
/// several.
fn by_index(function: FunctionPlan<'_>, buffer: BufferId, terms: &[Term]) -> Option<Vec<Vec<Term>>> {
    let shape = &function.buffer(buffer).shape;
    let mut strides = vec![Dim::Const(1); shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = &strides[axis] * &shape[axis];
    }
    let mut indices: Vec<Vec<Term>> = shape.iter().map(|_| vec![]).collect();
    for Term { factor, name } in terms {
        let fits = |unit: &Dim| match name {
            Some(_) => quotient(factor, unit).filter(|q| q.as_const().is_some()),
            None => quotient(factor, unit),
        };
        let whole = strides.iter().enumerate().find_map(|(at, unit)| Some((at, fits(unit)?)));
        match whole {
            Some((at, factor)) => indices[at].push(Term { factor, name: name.clone() }),
            None if name.is_none() => {
                for (at, factor) in shares(factor, &strides)? {
                    indices[at].push(Term { factor, name: None });
                }
            }
            None => return None,
        }
    }
    Some(indices)
}

/// A sum shared out, each of its terms to the outermost axis whose stride divides it.
fn shares(sum: &Dim, strides: &[Dim]) -> Option<Vec<(usize, Dim)>> {
    let mut shares: Vec<(usize, Dim)> = vec![];
    for term in sum.to_terms() {
        let term = Dim::from_terms([term]);
        let fit = strides.iter().enumerate().find_map(|(at, unit)| Some((at, quotient(&term, unit)?)));
        let (at, factor) = fit?;
        match shares.iter_mut().find(|(axis, _)| *axis == at) {
            Some((_, share)) => *share = &*share + &factor,
            None => shares.push((at, factor)),
        }
    }
    Some(shares)
}

/// `dim / unit` for a unit of one term that divides every term.
fn quotient(dim: &Dim, unit: &Dim) -> Option<Dim> {
    let terms = unit.terms();
    let [(factor, c)] = terms.as_slice() else { return None };
    let divided: Option<Vec<(Monomial, i64)>> = dim
        .to_terms()
        .into_iter()
        .map(|(monomial, coefficient)| {
            Some((divide(monomial, factor)?, (coefficient % c == 0).then_some(coefficient / c)?))
        })
        .collect();
    Some(Dim::from_terms(divided?))
}

fn divide(monomial: Monomial, factor: &[(Atom, u32)]) -> Option<Monomial> {
    let mut left = monomial;
    for (atom, exponent) in factor {
        let own = left.iter_mut().find(|(a, _)| a == atom)?;
        own.1 = own.1.checked_sub(*exponent)?;
    }
    left.retain(|(_, exponent)| *exponent > 0);
    Some(left)
}

fn sum_to_text(function: FunctionPlan<'_>, terms: &[Term]) -> String {
    let mut text = String::new();
    for Term { factor, name } in terms {
        let negative = factor.terms().iter().all(|(_, c)| *c < 0) && !factor.terms().is_empty();
        let magnitude = if negative { &Dim::Const(0) - factor } else { factor.clone() };
        let shown = magnitude.display(&function.signature.symbols).to_string();
        let term = match name {
            None if magnitude == Dim::Const(0) => continue,
            None => shown,
            Some(name) if magnitude.is_one() => name.clone(),
            Some(name) if magnitude.terms().len() > 1 => format!("({shown})*{name}"),
            Some(name) => format!("{shown}*{name}"),
        };
        let sign = match (text.is_empty(), negative) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text.push_str(sign);
        text.push_str(&term);
    }
    if text.is_empty() { "0".to_owned() } else { text }
}
