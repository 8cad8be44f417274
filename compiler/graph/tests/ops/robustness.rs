//! Functions of whatever tensors an author may give them: the answer is a value or an error, never a panic,
//! and what has a value has a gradient.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tgc_graph::prelude::*;

use crate::check::counting;

type Build = for<'m> fn(Tensor<'m>, Tensor<'m>, Tensor<'m>) -> Tensor<'m>;

const FUNCTIONS: [Build; 70] = [
    |x, y, _| x + y,
    |x, y, _| x / y,
    |x, y, _| x % y,
    |x, y, _| x & y,
    |x, y, _| x << y,
    |x, y, _| x.pow(y),
    |x, y, _| x.divmod(y).1,
    |x, y, _| x.arctan2(y),
    |x, y, _| x.complex(y),
    |x, y, _| x.leaky_relu(y),
    |x, y, _| x.fill(y),
    |x, y, z| x.clip(y, z),
    |x, y, z| x.switch(y, z),
    |x, _, _| x.angle(),
    |x, _, _| x.exp().log(),
    |x, _, _| x.gelu(),
    |x, _, _| x.polygamma(101),
    |x, _, _| x.sum_over(5),
    |x, _, _| x.prod(),
    |x, _, _| x.std(),
    |x, _, _| x.norm(),
    |x, _, _| x.argmax(),
    |x, _, _| x.max_over(0),
    |x, _, _| x.logsumexp_over(-1),
    |x, _, _| x.reduce().norm_ord(3.0),
    |x, _, _| x.reduce().over(0).var_ddof(5),
    |x, _, _| x.cumsum(0),
    |x, y, _| x.recurrence(y, 0),
    |x, _, _| x.reshape([-1, 2]),
    |x, _, _| x.reshape([-1, -1]),
    |x, _, _| x.flatten(9),
    |x, _, _| x.tile([2, 0]),
    |x, _, _| x.repeat(-1, 0),
    |x, _, _| x.roll(i64::MIN, 0),
    |x, _, _| x.pad([(1, 1), (0, 2)], Padding::Edge),
    |x, _, _| x.split([1, 1], 0)[1],
    |x, _, _| x.tril(i64::MIN),
    |x, _, _| x.diag(-1),
    |x, y, _| x.set_diagonal(y, 1),
    |x, y, z| concatenate([x, y, z], 0),
    |x, y, z| stack([x, y, z], -1),
    |x, _, _| x.model().linspace(f64::NAN, 1.0, x.dim(0)),
    |x, y, _| x.index(y),
    |x, y, z| x.index((y, z)),
    |x, y, _| x.take(y, 0),
    |x, y, _| x.take_along_axis(y, -1),
    |x, y, z| x.set_subtensor(y, z),
    |x, y, z| x.inc_subtensor((y, ..), z),
    |x, _, _| x.one_hot(3, F32),
    |x, y, _| dot(x, y),
    |x, y, _| outer(x, y),
    |x, y, _| tensordot(x, y, 1),
    |x, y, _| batched_dot(x, y),
    |x, y, _| matmul(x, y),
    |x, y, _| einsum("ij,jk", [x, y]),
    |x, _, _| x.trace(),
    |x, _, _| x.softmax(),
    |x, _, _| x.log_softmax_along(0),
    |x, y, _| categorical_crossentropy(x, y),
    |x, y, _| categorical_crossentropy(x.softmax(), y),
    |x, y, _| binary_crossentropy(x, y),
    |x, y, _| binary_crossentropy(x.sigmoid(), y),
    |x, y, z| layer_norm(x, y, z, 1e-5),
    |x, y, z| batch_norm(x, y, z, 0, 1e-5).output,
    |x, y, z| batch_norm_with(x, y, z, y, z, [0, -1], 1e-5),
    |x, y, _| jacobian(x * y, x),
    |x, y, _| hessian((x * y).sum(), x),
    |x, y, z| rop(x * y, x, z),
    |x, y, z| lop(x * y, x, z),
    |x, y, _| grad(x.sum(), y),
];

/// Evaluates a function, and if it has a value its gradients by operands that can have one.
fn evaluate(build: Build, x: &Array, y: &Array) -> bool {
    let m = Model::new("m");
    let [x, y, z] = [x, y, y].map(|array| m.constant(array.clone()));
    let value = build(x, y, z);
    let has_value = value.eval().is_ok();
    let is_smooth = |x: &Tensor<'_>| x.ty().is_some_and(|ty| ty.dtype.is_differentiable());
    if has_value && is_smooth(&value) {
        let cost = value.abs().sum();
        for wrt in [x, y].into_iter().filter(is_smooth) {
            let gradient = Gradient::of(cost).allow_disconnected().by(wrt);
            assert_eq!(gradient.eval().map(|_| ()), Ok(()), "the gradient of {}", pp(cost));
        }
    }
    has_value
}

#[test]
fn nothing_panics() {
    const SHAPES: [&[usize]; 4] = [&[], &[3], &[2, 3], &[2, 0]];
    const FIRST: [DType; 4] = [I32, F16, F32, C64];
    const SECOND: [DType; 3] = [Bool, I64, F64];
    let (mut values, mut panics) = (0, vec![]);
    for (number, build) in FUNCTIONS.into_iter().enumerate() {
        for (first, second) in FIRST.into_iter().flat_map(|first| SECOND.map(|second| (first, second))) {
            for (left, right) in SHAPES.into_iter().flat_map(|left| SHAPES.map(|right| (left, right))) {
                let (x, y) = (counting(first, left), counting(second, right));
                match catch_unwind(AssertUnwindSafe(|| evaluate(build, &x, &y))) {
                    Ok(has_value) => values += usize::from(has_value),
                    Err(_) => {
                        panics.push(format!("function {number} of {first}{left:?} and {second}{right:?}"))
                    }
                }
            }
        }
    }
    assert!(panics.is_empty(), "{} panics\n{}", panics.len(), panics.join("\n"));
    assert!(values > 3000, "only {values} have a value");
}

/// Where a node's message would point: always into this file, whatever builder functions were in between.
#[test]
fn nodes_remember_the_author() {
    let mut strangers = vec![];
    for (number, build) in FUNCTIONS.into_iter().enumerate() {
        for (second, shape) in [(F64, [3, 3].as_slice()), (F64, &[3]), (I64, &[3]), (I64, &[])] {
            let m = Model::new("m");
            let (x, y) = (
                m.input("x", F64, [3, 3]),
                m.input("y", second, shape.iter().map(|n| *n as i64).collect::<Vec<_>>()),
            );
            let value = build(x, y, y);
            let function = m.function("f").inputs([x, y]).output("value", value).allow_unused().finish();
            let Ok(()) = function else { continue };
            let graph = m.module().functions.remove(0).graph;
            for id in graph.ids() {
                let node = graph.node(id);
                if !node.origin.file.ends_with("robustness.rs") {
                    strangers.push(format!(
                        "function {number}: {} at {}",
                        node.op.definition().name(),
                        node.origin
                    ));
                }
            }
        }
    }
    strangers.dedup();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}
