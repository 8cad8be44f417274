//! Indexing: NumPy's values, sizes that callers give, errors and gradients.

use tgc_graph::prelude::*;

#[test]
fn a_literal_is_enough_to_index_with() {
    let m = Model::new("m");
    let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    let value = |y: Tensor| y.eval().unwrap();
    assert_eq!(value(x.index((1, -1))), Array::from(6));
    assert_eq!(value(x.index(..=-2)), Array::from([[1, 2, 3]]));
    assert_eq!(value(x.index((.., (2..0).step(-1)))), Array::from([[3, 2], [6, 5]]));
    assert_eq!(value(x.index((.., slice(1, x.dim(1))))), Array::from([[2, 3], [5, 6]]));
    assert_eq!(value(x.index((.., -100..100))), value(x));
    assert_eq!(value(x.inc_subtensor((.., NewAxis, 1), 10)), Array::from([[1, 12, 3], [4, 15, 6]]));
}
