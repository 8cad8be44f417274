//! Shape and build operations. Expected values are NumPy's where NumPy has the function.

use tgc_graph::dtype::DType;
use tgc_graph::ops;
use tgc_graph::prelude::*;

use crate::check::{complaint, counting, gradient_matches, lifts, round_trips, value};

#[test]
fn iota_counts() {
    assert_eq!(value(|graph| graph.iota(4.into())), [0i64, 1, 2, 3].into());
    assert_eq!(value(|graph| graph.iota(0.into())), Array::zeros::<i64>([0]));
    let lifted = value(|graph| {
        let op: ops::Op = ops::Iota { size: 3.into() }.into();
        op.definition().lift(graph, &[], &[], &2.into())
    });
    assert_eq!(lifted, [[0i64, 1, 2], [0, 1, 2]].into());
}

/// The sizes of a type, as text.
fn shown(m: &Model, x: Tensor<'_>) -> String {
    x.ty().map_or("ill-typed".into(), |ty| ty.display(&m.symbols()).to_string())
}

#[test]
fn reshape_keeps_the_order_of_elements() {
    let m = Model::new("m");
    let reshaped = |dtype, from: &[usize], to: &[i64]| {
        m.constant(counting(dtype, from)).reshape(to.to_vec()).eval().unwrap()
    };
    for dtype in DType::ALL {
        assert_eq!(reshaped(dtype, &[2, 6], &[3, 2, 2]), counting(dtype, &[3, 2, 2]), "{dtype}");
    }
    assert_eq!(reshaped(F64, &[1, 1], &[]), Array::from(0.0));
    assert_eq!(reshaped(F64, &[], &[1, 1, 1]), Array::zeros::<f64>([1, 1, 1]));
    assert_eq!(reshaped(I8, &[2, 3], &[-1]), counting(I8, &[6]));
    assert_eq!(reshaped(F16, &[24], &[2, -1, 3]), counting(F16, &[2, 4, 3]));
    assert_eq!(reshaped(C64, &[0, 3], &[3, 0, 5]), Array::zeros_of(C64, [3, 0, 5]));
    assert_eq!(reshaped(F32, &[0, 3], &[-1, 3]), Array::zeros::<f32>([0, 3]));
    assert_eq!(reshaped(Bool, &[256], &[2; 8]), counting(Bool, &[2; 8]));
}

#[test]
fn reshape_solves_the_open_size() {
    let m = Model::new("m");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let x = m.input("x", F32, [n * 4, k]);
    assert_eq!(shown(&m, x.reshape([2, -1])), "f32[2,2*N*K]");
    assert_eq!(shown(&m, x.reshape([k, (-1).into()])), "f32[K,4*N]");
    assert_eq!(shown(&m, x.reshape([n, 2.into(), (-1).into(), k])), "f32[N,2,2,K]");
    assert_eq!(shown(&m, x.flatten(1)), "f32[4*N*K]");
    let y = m.input("y", F32, [n * 6 + 3]);
    assert_eq!(shown(&m, y.reshape([-1, 3])), "f32[2*N + 1,3]");
    let v = m.dvector("v");
    m.function("f").inputs([v]).output("z", v.reshape([2, 3])).finish().unwrap();
    assert_eq!(m.module().functions[0].graph.symbols.len(), 0, "v_0 is 6");
    m.function("g").inputs([x]).output("z", x.reshape([k, n, 4.into()])).finish().unwrap();
    let a = m.input("a", F32, [m.dim("A"), m.dim("B")]);
    let c = m.input("c", F32, [m.dim("C"), 2.into()]);
    let sum = a.reshape([m.dim("C"), 2.into()]) + c;
    m.function("h").inputs([a, c]).output("z", sum).finish().unwrap();
    let module = m.module();
    let check = &module.functions[2].graph.equations.known[0];
    assert_eq!(check.left_name, "the number of elements of a");
    assert_eq!(check.right_name, "the number of elements of Reshape(a)");
    let refused = sum.eval_with([(a, Array::zeros::<f32>([3, 3])), (c, Array::zeros::<f32>([4, 2]))]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "eval: the number of elements of a is 9, the number of elements of Reshape(a) is 8; they must be equal"
    );
    let fits = sum.eval_with([(a, counting(F32, &[4, 3])), (c, Array::zeros::<f32>([6, 2]))]);
    assert_eq!(fits.unwrap(), counting(F32, &[6, 2]));
    round_trips(&m);
}

#[test]
fn reshape_says_what_does_not_fit() {
    let of = |shape: &'static [i64]| complaint(|m| m.input("x", F32, [2, 3]).reshape(shape.to_vec()));
    assert_eq!(
        of(&[4, 2]),
        "`x` (f32[2,3]) has 6 elements and f32[4,2], which it is reshaped to, 8; \
         give sizes with the same product, or one of them as -1"
    );
    assert_eq!(
        of(&[-1, -1]),
        "`x` (f32[2,3]) is reshaped to a shape with two sizes of -1; leave one open at most"
    );
    assert_eq!(
        of(&[4, -1]),
        "the sizes that `x` (f32[2,3]) is reshaped to do not divide its number of elements, so that given as -1 is \
         not known; give it as a number or a dim"
    );
    assert_eq!(of(&[0, -1]), of(&[4, -1]));
    assert_eq!(of(&[-2, -3]), "axis 0 of the result would have the size -2; give sizes that are not below 0");
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 3]).flatten(3)),
        "`x` (f32[2,3]) cannot be flattened to 3 axes; keep from 1 to 2"
    );
}

#[test]
fn flatten_merges_the_last_axes() {
    let m = Model::new("m");
    let x = m.constant(counting(F32, &[2, 3, 4]));
    for (ndim, shape) in [(1, vec![24]), (2, vec![2, 12]), (3, vec![2, 3, 4])] {
        assert_eq!(x.flatten(ndim).eval().unwrap(), counting(F32, &shape));
    }
    assert_eq!(m.constant(5.0).flatten(1).eval().unwrap(), Array::from([5.0]));
    assert_eq!(m.constant(Array::zeros::<f32>([2, 0])).flatten(1).eval().unwrap(), Array::zeros::<f32>([0]));
}

#[test]
fn broadcast_to_repeats_what_is_known_to_be_one() {
    let m = Model::new("m");
    let n = m.dim("N");
    for dtype in DType::ALL {
        let x = m.constant(counting(dtype, &[2, 1]));
        let want = [0, 0, 0, 1, 1, 1].repeat(2);
        let want = m.constant(Array::from_slice([2, 2, 3], &want)).cast(I64);
        let want = if dtype == Bool { want.gt(0) } else { want.cast(dtype) };
        assert_eq!(x.broadcast_to([2, 2, 3]).eval().unwrap(), want.eval().unwrap(), "{dtype}");
    }
    assert_eq!(m.constant(2.5).broadcast_to([0, 3]).eval().unwrap(), Array::zeros::<f64>([0, 3]));
    assert_eq!(m.constant(2.5).broadcast_to(()).eval().unwrap(), Array::from(2.5));
    assert_eq!(m.constant([1.5]).broadcast_to([1; 8]).eval().unwrap(), Array::full([1; 8], 1.5));
    let x = m.input("x", F32, [n, 1.into()]);
    let y = x.broadcast_to([4.into(), n, n + 1]);
    assert_eq!(shown(&m, y), "f32[4,N,N + 1]");
    let got = y.sum_over([0]).eval_with([(x, [[1f32], [2.0]].into())]).unwrap();
    assert_eq!(got, [[4f32, 4.0, 4.0], [8.0, 8.0, 8.0]].into());
    let v = m.dvector("v");
    m.function("f").inputs([v]).output("z", v.broadcast_to([2, 3])).finish().unwrap();
    assert_eq!(m.module().functions[0].graph.symbols.len(), 0, "v_0 is 3, and never stretched");
    assert_eq!(pp(v.broadcast_to([2, 3])), "Alloc(v)");
    m.function("g").inputs([x]).output("z", y).finish().unwrap();
    round_trips(&m);
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 3]).broadcast_to([3])),
        "`x` (f32[2,3]) has 2 axes and is broadcast to 1; give a size for each axis"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 3]).broadcast_to([2, 2, 2])),
        "axis 1 of `x` (f32[2,3]) and axis 2 of the result must have one size; give both the same size, or insert an \
         axis of size 1 with dimshuffle to broadcast"
    );
}

/// A dim that can be smaller than what is taken from it raises the range that callers must keep.
#[test]
fn sizes_that_are_given_are_sizes() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let y = x.sum().broadcast_to([x.dim(0) - 2]);
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    assert_eq!(m.module().functions[0].graph.symbols.iter().next().unwrap().1.min, 2);
    round_trips(&m);
    assert_eq!(y.eval_with([(x, [1.0].into())]).unwrap_err().to_string(), "eval: x_0=1, allowed 2..1048576");
}

#[test]
fn flip_reverses_axes() {
    let m = Model::new("m");
    for dtype in DType::ALL {
        let x = m.constant(counting(dtype, &[4]));
        let back = m.constant(Array::from([3, 2, 1, 0]));
        let want = if dtype == Bool {
            Array::from([true, false, true, false])
        } else {
            back.cast(dtype).eval().unwrap()
        };
        assert_eq!(x.flip([0]).eval().unwrap(), want, "{dtype}");
    }
    let x = m.constant(counting(I64, &[2, 2, 2]));
    let flipped = |axes: &[i64]| x.flip(axes).eval().unwrap().to_vec::<i64>().unwrap();
    assert_eq!(flipped(&[1]), [2, 3, 0, 1, 6, 7, 4, 5]);
    assert_eq!(flipped(&[-1, 0]), [5, 4, 7, 6, 1, 0, 3, 2]);
    assert_eq!(flipped(&[]), [0, 1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(m.constant(Array::zeros::<f32>([0])).flip([0]).eval().unwrap(), Array::zeros::<f32>([0]));
    assert_eq!(m.constant(7).flip([]).eval().unwrap(), Array::from(7));
    let v = m.dvector("v");
    assert_eq!(v.flip([0]).eval_with([(v, [1.0, 2.0, 3.0].into())]).unwrap(), [3.0, 2.0, 1.0].into());
    m.function("f").inputs([v]).output("z", v.flip([0])).finish().unwrap();
    round_trips(&m);
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 3]).flip([2])),
        "axis 2 of `x` (f32[2,3]) does not exist or is named twice; name axes from -2 to 1, each once"
    );
}

#[test]
fn gradients_agree_with_differences() {
    gradient_matches("reshape", &[&[2, 3]], |_, x| x[0].reshape([3, 2]).sqr());
    gradient_matches("flatten", &[&[2, 3, 2]], |_, x| x[0].flatten(2).sqr());
    gradient_matches("broadcast_to", &[&[2, 1]], |_, x| x[0].broadcast_to([2, 2, 3]).sqr());
    gradient_matches("broadcast_to of 0-d", &[&[]], |_, x| x[0].broadcast_to([2, 3]).sqr());
    gradient_matches("flip", &[&[2, 3]], |_, x| x[0].flip([1]).sqr() * x[0]);
}

#[test]
fn lifting_is_a_loop_over_the_leading_axis() {
    lifts(ops::Reshape { shape: vec![3.into(), 2.into()] }, &[&[2, 3]]);
    lifts(ops::BroadcastTo { shape: vec![2.into(), 2.into(), 3.into()] }, &[&[2, 1]]);
    lifts(ops::BroadcastTo { shape: vec![2.into()] }, &[&[]]);
    lifts(ops::Flip { axes: vec![1] }, &[&[2, 3]]);
}
