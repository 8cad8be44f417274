//! Accesses as indices into a buffer's shape: `x[row,i + 1]`.

use tgc_graph::dim::{Atom, Dim, Monomial};

use crate::plan::{Access, Axis, FunctionPlan, Position};

/// The access by index, or `x.flat[784*row + i]` when its strides are not those of the shape.
pub(super) fn to_text(function: &FunctionPlan, access: &Access) -> String {
    let buffer = function.buffer(access.buffer);
    if buffer.shape.is_empty() && access.strides.is_empty() && access.offset == Dim::Const(0) {
        return buffer.name.clone();
    }
    let indices =
        by_index(function, access).unwrap_or_else(|| vec![terms(function, &access.strides, &access.offset)]);
    let flat = if indices.len() == buffer.shape.len() && by_index(function, access).is_some() {
        ""
    } else {
        ".flat"
    };
    let indices: Vec<String> = indices.iter().map(|terms| sum_to_text(function, terms)).collect();
    format!("{}{flat}[{}]", buffer.name, indices.join(","))
}

/// The number as a sum, in parentheses where that is more than one term.
pub(super) fn position_to_text(function: &FunctionPlan, position: &Position) -> String {
    let text = sum_to_text(function, &terms(function, &position.strides, &position.offset));
    if text.contains(' ') { format!("({text})") } else { text }
}

fn terms(function: &FunctionPlan, strides: &[(Axis, Dim)], offset: &Dim) -> Vec<Term> {
    let moving =
        strides.iter().map(|(axis, s)| Term { factor: s.clone(), name: Some(name(function, *axis)) });
    moving.chain([Term { factor: offset.clone(), name: None }]).collect()
}

/// The name of a block's inner axis: `i`, `j`, `k`, `l`, or numbered where a size has such a name.
pub(super) fn axis_name(function: &FunctionPlan, axis: usize) -> String {
    let letters = ["i", "j", "k", "l"];
    let is_taken = |name: &str| function.symbols.find(name).is_some();
    match letters.get(axis) {
        Some(letter) if !letters.iter().any(|l| is_taken(l)) => (*letter).to_owned(),
        _ => format!("i{axis}"),
    }
}

/// A factor times a loop variable, or a lone factor.
struct Term {
    factor: Dim,
    name: Option<String>,
}

fn name(function: &FunctionPlan, axis: Axis) -> String {
    match axis {
        Axis::Row => "row".to_owned(),
        Axis::Inner(i) => axis_name(function, i),
    }
}

/// Shares strides and offset out to the outermost axes of the shape whose own strides divide them.
fn by_index(function: &FunctionPlan, access: &Access) -> Option<Vec<Vec<Term>>> {
    let shape = &function.buffer(access.buffer).shape;
    let mut strides = vec![Dim::Const(1); shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = &strides[axis] * &shape[axis];
    }
    let mut indices: Vec<Vec<Term>> = shape.iter().map(|_| vec![]).collect();
    for (axis, stride) in &access.strides {
        let fits = |unit: &Dim| quotient(stride, unit).filter(|q| q.as_const().is_some());
        let (at, factor) = strides.iter().enumerate().find_map(|(at, unit)| Some((at, fits(unit)?)))?;
        indices[at].push(Term { factor, name: Some(name(function, *axis)) });
    }
    if access.offset != Dim::Const(0) {
        let fits = |(at, unit): (usize, &Dim)| Some((at, quotient(&access.offset, unit)?));
        let (at, factor) = strides.iter().enumerate().find_map(fits)?;
        indices[at].push(Term { factor, name: None });
    }
    Some(indices)
}

/// `dim / unit` for a unit of one term that divides every term.
fn quotient(dim: &Dim, unit: &Dim) -> Option<Dim> {
    let terms = unit.terms();
    let [(factor, c)] = terms.as_slice() else { return None };
    let divided: Option<Vec<(Monomial, i64)>> = dim
        .terms()
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

fn sum_to_text(function: &FunctionPlan, terms: &[Term]) -> String {
    let mut text = String::new();
    for Term { factor, name } in terms {
        let negative = factor.terms().iter().all(|(_, c)| *c < 0) && !factor.terms().is_empty();
        let magnitude = if negative { &Dim::Const(0) - factor } else { factor.clone() };
        let shown = magnitude.display(&function.symbols).to_string();
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
