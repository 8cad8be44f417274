//! The symbols' values, from the shapes of arguments.

use std::collections::BTreeMap;

use super::EvaluateError;
use crate::array::Array;
use crate::dim::{Dim, SymbolId};
use crate::infer::constrained_least;
use crate::module::Function;

/// Sizes given by name, for symbols that no argument's shape determines.
pub type Sizes = BTreeMap<String, i64>;

/// The value of a dim, given its symbols' values.
pub(super) fn value(dim: &Dim, sizes: &[i64]) -> i64 {
    dim.evaluate(&|SymbolId(i)| sizes[i as usize]).expect("invariant: sizes are within their ranges")
}

/// Whether a dim has a value.
pub(super) fn is_defined(dim: &Dim, sizes: &[i64]) -> bool {
    dim.evaluate(&|SymbolId(i)| sizes[i as usize]).is_some()
}

/// The value of a dim that is a size.
pub(super) fn size(dim: &Dim, sizes: &[i64]) -> usize {
    usize::try_from(value(dim, sizes)).expect("invariant: sizes are within their ranges")
}

/// The values of a function's symbols, in order; checks all arguments against their types.
///
/// # Errors
///
/// If an argument has another type, a size is outside its range or undetermined, or sizes disagree.
pub fn bind_sizes(function: &Function, inputs: &[Array], given: &Sizes) -> Result<Vec<i64>, EvaluateError> {
    let graph = &function.graph;
    if inputs.len() != function.inputs.len() {
        let (want, got) = (function.inputs.len(), inputs.len());
        return Err(EvaluateError::Count { function: function.name.clone(), want, got });
    }
    let mut values: Vec<Option<i64>> =
        graph.scope.symbols.iter().map(|(_, symbol)| given.get(&symbol.name).copied()).collect();
    for (id, array) in function.inputs.iter().zip(inputs) {
        for (dim, size) in graph.ty(*id).shape.iter().zip(array.shape()) {
            if let Some((symbol, value)) = solve(dim, *size as i64) {
                values[symbol.0 as usize].get_or_insert(value);
            }
        }
    }
    let mut sizes = vec![];
    for ((_, symbol), value) in graph.scope.symbols.iter().zip(values) {
        let (function, name) = (function.name.clone(), symbol.name.clone());
        let Some(value) = value else { return Err(EvaluateError::Unbound { function, name }) };
        if !(symbol.min..=symbol.max).contains(&value) {
            return Err(EvaluateError::Range { function, name, value, min: symbol.min, max: symbol.max });
        }
        sizes.push(value);
    }
    check(function, inputs, &sizes)?;
    Ok(sizes)
}

/// The symbol of a dim `coefficient * symbol + constant` that makes it a size.
fn solve(dim: &Dim, size: i64) -> Option<(SymbolId, i64)> {
    let (id, coefficient, constant) = dim.as_linear()?;
    let scaled = size.checked_sub(constant)?;
    (scaled.checked_rem(coefficient)? == 0).then(|| (id, scaled / coefficient))
}

fn check(function: &Function, inputs: &[Array], sizes: &[i64]) -> Result<(), EvaluateError> {
    let graph = &function.graph;
    let value = |dim: &Dim| dim.evaluate(&|SymbolId(i)| sizes[i as usize]).unwrap_or(-1);
    for (id, array) in function.inputs.iter().zip(inputs) {
        let ty = graph.ty(*id);
        let shape: Vec<i64> = ty.shape.iter().map(&value).collect();
        let fits =
            array.dtype() == ty.dtype && array.shape().iter().map(|n| *n as i64).eq(shape.iter().copied());
        if !fits {
            return Err(EvaluateError::Type {
                function: function.name.clone(),
                input: crate::pp::expression(graph, *id),
                got: format!("{}{:?}", array.dtype(), array.shape()),
                want: format!("{} with these sizes {shape:?}", ty.display(&graph.scope.symbols)),
            });
        }
        if !array.is_valid() {
            let (function, input) = (function.name.clone(), crate::pp::expression(graph, *id));
            return Err(EvaluateError::Element { function, input });
        }
    }
    for equation in &graph.scope.equations.known {
        let (left_size, right_size) = (value(&equation.left), value(&equation.right));
        if left_size != right_size {
            let (left, right) = (equation.left_name.clone(), equation.right_name.clone());
            let function = function.name.clone();
            return Err(match constrained_least(&equation.left, &equation.right) {
                Some(least) => EvaluateError::Least { function, what: left, size: left_size, least },
                None => EvaluateError::Sizes { function, left, left_size, right, right_size },
            });
        }
    }
    Ok(())
}
