//! `pp` of a tensor.

use super::Tensor;
use crate::pp::expressions;

/// An expression as mathematics. A gradient prints as what it expands to.
///
/// ```
/// use tgc_graph::prelude::*;
///
/// let m = Model::new("sum");
/// let [x, y] = m.dscalars(["x", "y"]);
/// assert_eq!(pp(x + y), "(x + y)");
/// ```
pub fn pp(tensor: Tensor<'_>) -> String {
    let Some(id) = tensor.id() else { return "(ill-typed)".to_owned() };
    let arena = tensor.model().arena();
    expressions(&arena.graph, &[id]).remove(0)
}
