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
    assert_eq!(m.module().functions[0].graph.scope.symbols.len(), 0, "v_0 is 6");
    m.function("g").inputs([x]).output("z", x.reshape([k, n, 4.into()])).finish().unwrap();
    let a = m.input("a", F32, [m.dim("A"), m.dim("B")]);
    let c = m.input("c", F32, [m.dim("C"), 2.into()]);
    let sum = a.reshape([m.dim("C"), 2.into()]) + c;
    m.function("h").inputs([a, c]).output("z", sum).finish().unwrap();
    let module = m.module();
    let check = &module.functions[2].graph.scope.equations.known[0];
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
    assert_eq!(m.module().functions[0].graph.scope.symbols.len(), 0, "v_0 is 3, and never stretched");
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
    assert_eq!(m.module().functions[0].graph.scope.symbols.iter().next().unwrap().1.min, 2);
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
fn axes_go_to_other_places() {
    let m = Model::new("m");
    let x = m.input("x", F32, [2, 3, 4, 1]);
    assert_eq!(shown(&m, x.transpose([2, 0, -1, 1])), "f32[4,2,1,3]");
    assert_eq!(shown(&m, x.t()), "f32[1,4,3,2]");
    assert_eq!(shown(&m, x.swapaxes(0, -2)), "f32[4,3,2,1]");
    assert_eq!(shown(&m, x.swapaxes(1, 1)), "f32[2,3,4,1]");
    assert_eq!(shown(&m, x.moveaxis(0, -1)), "f32[3,4,1,2]");
    assert_eq!(shown(&m, x.moveaxis([0, 1], [-1, 0])), "f32[3,4,1,2]");
    assert_eq!(shown(&m, x.moveaxis(3, 1)), "f32[2,1,3,4]");
    assert_eq!(shown(&m, x.squeeze()), "f32[2,3,4]");
    assert_eq!(shown(&m, x.squeeze_axes(-1)), "f32[2,3,4]");
    assert_eq!(shown(&m, x.expand_dims(0)), "f32[1,2,3,4,1]");
    assert_eq!(shown(&m, x.expand_dims([-1, 1])), "f32[2,1,3,4,1,1]");
    assert_eq!(shown(&m, m.constant(1i64).squeeze()), "i64[]");
    let value = m.constant(counting(I64, &[2, 3])).moveaxis(1, 0).eval().unwrap();
    assert_eq!(value, [[0i64, 3], [1, 4], [2, 5]].into());
    assert_eq!(pp(m.dmatrix("a").swapaxes(0, 1)), "a");
}
#[test]
fn axes_that_do_not_exist_are_reported() {
    type Build = for<'m> fn(Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 8] = [
        (
            "axis 2 of `x` (f32[2,3]) does not exist or is named twice; name axes from -2 to 1, each once",
            |x| x.transpose([0, 2]),
        ),
        ("a transpose of `x` (f32[2,3]), which has 2 axes, names 1; name each axis once", |x| x.transpose(0)),
        (
            "axis -3 of `x` (f32[2,3]) does not exist or is named twice; name axes from -2 to 1, each once",
            |x| x.swapaxes(0, -3),
        ),
        ("2 axes of `x` (f32[2,3]) are moved to 1 places; name a place for each axis", |x| {
            x.moveaxis([0, 1], 0)
        }),
        (
            "dimshuffle drops axis 1 of `x` (f32[2,3]), whose size is not known to be 1; keep the axis, or give it the \
             static size 1",
            |x| x.squeeze_axes(1),
        ),
        (
            "axis 3 of `x` (f32[2,3]) with new axes does not exist or is named twice; name axes from -3 to 2, each once",
            |x| x.expand_dims(3),
        ),
        ("axis 0 of `Sum(x)` (f32[]) does not exist or is named twice; it has no axes", |x| x.sum().flip(0)),
        (
            "axis -9223372036854775808 of `x` (f32[2,3]) does not exist or is named twice; name axes from -2 to 1, each \
             once",
            |x| x.roll(1, i64::MIN),
        ),
    ];
    for (want, build) in cases {
        assert_eq!(complaint(|m| build(m.input("x", F32, [2, 3]))), want);
    }
}
#[test]
fn concatenate_puts_tensors_one_after_another() {
    let m = Model::new("m");
    for dtype in DType::ALL {
        let x = m.constant(counting(dtype, &[3]));
        let joined = concatenate([x, x.flip(0), x], 0).eval().unwrap();
        let first = counting(dtype, &[3]);
        let want: Vec<[u64; 2]> = [0, 1, 2, 2, 1, 0, 0, 1, 2].map(|i| first.get(i)).into();
        assert_eq!((0..9).map(|i| joined.get(i)).collect::<Vec<_>>(), want, "{dtype}");
    }
    let (a, b) = (m.constant([[1i64, 2], [3, 4]]), m.constant([[5i64], [6]]));
    assert_eq!(concatenate([a, b], 1).eval().unwrap(), [[1i64, 2, 5], [3, 4, 6]].into());
    assert_eq!(concatenate([a, b], -1).eval().unwrap(), [[1i64, 2, 5], [3, 4, 6]].into());
    let empty = m.zeros([0, 2], I64);
    assert_eq!(concatenate([empty, a, empty], 0).eval().unwrap(), [[1i64, 2], [3, 4]].into());
    assert_eq!(concatenate([empty], 0).eval().unwrap(), Array::zeros::<i64>([0, 2]));
    let types = |x: Tensor<'_>| shown(&m, x);
    let (f, i) = (m.input("f", F32, [2]), m.input("i", I32, [2]));
    assert_eq!(types(concatenate([f, i], 0)), "f64[4]");
    assert_eq!(types(concatenate([f, m.zeros([1], Bool)], 0)), "f32[3]");
    assert_eq!(types(stack([m.constant(1.5f32), m.constant(2i8)], 0)), "f32[2]");
    let (n, k) = (m.dim("N"), m.dim("K"));
    let (x, y) = (m.input("x", F64, [n, 2.into()]), m.input("y", F64, [k, m.dim("L")]));
    let z = concatenate([x, y, x], 0);
    assert_eq!(types(z), "f64[K + 2*N,2]");
    assert_eq!(pp(z), "Join(x, y, x)");
    let [gx, gy] = grad((z * z).sum(), [x, y]);
    m.function("f").inputs([x, y]).outputs([("gx", gx), ("gy", gy)]).finish().unwrap();
    round_trips(&m);
    let given = [(x, [[1.0, 2.0]].into()), (y, [[3.0, 4.0], [5.0, 6.0]].into())];
    assert_eq!(gx.eval_with(given.clone()).unwrap(), [[4.0, 8.0]].into());
    assert_eq!(gy.eval_with(given).unwrap(), [[6.0, 8.0], [10.0, 12.0]].into());
}
#[test]
fn concatenate_says_what_does_not_fit() {
    type Build = for<'m> fn(&'m Model, Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 5] = [
        ("there is nothing to concatenate; give at least one tensor", |m, _| m.concatenate([], 0)),
        (
            "axis 1 of `x` (f32[2,3]) and axis 1 of `y` (f32[2,4]) must have one size; give both the same size",
            |m, x| concatenate([x, m.input("y", F32, [2, 4])], 0),
        ),
        (
            "`x` (f32[2,3]) and `y` (f32[2]) are concatenated and have different ranks; give them the same number of \
             axes",
            |m, x| concatenate([x, m.input("y", F32, [2])], 0),
        ),
        ("axis 0 of `Sum(x)` (f32[]) does not exist or is named twice; it has no axes", |_, x| {
            concatenate([x.sum(), x.sum()], 0)
        }),
        (
            "axis 0 of `x` (f32[2,3,1]) and axis 0 of `y` (f32[4,3,1]) must have one size; give both the same size",
            |m, x| m.stack([x, m.input("y", F32, [4, 3])], -1),
        ),
    ];
    for (want, build) in cases {
        assert_eq!(complaint(|m| build(m, m.input("x", F32, [2, 3]))), want);
    }
}
#[test]
fn split_is_the_inverse_of_concatenate() {
    let m = Model::new("m");
    let x = m.constant(counting(I64, &[2, 6]));
    let parts = x.split(3, 1);
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[1].eval().unwrap(), [[2i64, 3], [8, 9]].into());
    let [a, b, c] = x.split([1, 0, 5], -1);
    assert_eq!(a.eval().unwrap(), [[0i64], [6]].into());
    assert_eq!(b.eval().unwrap(), Array::zeros::<i64>([2, 0]));
    assert_eq!(concatenate([a, b, c], 1).eval().unwrap(), counting(I64, &[2, 6]));
    let (n, k) = (m.dim("N"), m.dim("K"));
    let v = m.input("v", F32, [n * 4]);
    assert_eq!(shown(&m, v.split(2, 0)[1]), "f32[2*N]");
    let y = m.dvector("y");
    let [head, tail] = y.split([n, k], 0);
    let z = m.input("z", F64, [k]);
    m.function("f").inputs([y, z]).outputs([("head", head), ("sum", tail + z)]).finish().unwrap();
    round_trips(&m);
    let w = m.input("w", F64, [n + k]);
    let [head, tail] = w.split([n, k], 0);
    let u = m.input("u", F64, [n]);
    let sum = (head * u).sum() + (tail * z).sum();
    let value = sum.eval_with([(u, [2.0, 3.0].into()), (w, [1.0, 2.0, 3.0].into()), (z, [5.0].into())]);
    assert_eq!(value.unwrap(), Array::from(23.0));
}
#[test]
fn split_says_what_does_not_fit() {
    assert_eq!(
        complaint(|m| m.input("x", F32, [5]).split(2, 0)[1]),
        "an axis of `x` (f32[5]) cannot be split into 2 equal parts; give a number that divides its size, or the sizes of \
         the parts"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [5]).split([2, 2], 0)[1]),
        "`x` (f32[5]) is split into parts whose sizes add up to 4, and the axis has the size 5; give sizes that add up \
         to it"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [5]).split(vec![6, -1], 0)[0]),
        "`x` (f32[5]) is split into parts, one of the size -1; give sizes that are not below 0"
    );
    assert_eq!(Model::new("m").dvector("x").split(-1, 0).len(), 0);
}
#[test]
fn tile_and_repeat_multiply_sizes() {
    let m = Model::new("m");
    let x = m.constant([[1, 2], [3, 4]]);
    let value = |x: Tensor<'_>| x.eval().unwrap();
    assert_eq!(value(x.tile([2])), [[1, 2, 1, 2], [3, 4, 3, 4]].into());
    assert_eq!(value(x.tile([2, 1])), [[1, 2], [3, 4], [1, 2], [3, 4]].into());
    assert_eq!(value(x.tile([2, 1, 1])), Array::from_slice([2, 2, 2], &[1, 2, 3, 4, 1, 2, 3, 4]));
    assert_eq!(value(x.tile([0, 2])), Array::zeros::<i32>([0, 4]));
    assert_eq!(value(m.constant(7).tile([3])), [7, 7, 7].into());
    assert_eq!(value(x.tile(())), value(x));
    assert_eq!(value(x.repeat(2, 0)), [[1, 2], [1, 2], [3, 4], [3, 4]].into());
    assert_eq!(value(x.repeat(3, -1)), [[1, 1, 1, 2, 2, 2], [3, 3, 3, 4, 4, 4]].into());
    assert_eq!(value(x.repeat(0, 1)), Array::zeros::<i32>([2, 0]));
    assert_eq!(value(m.constant([true, false]).repeat(2, 0)), [true, true, false, false].into());
    let n = m.dim("N");
    let v = m.input("v", F64, [n, 2.into()]);
    assert_eq!(shown(&m, v.tile([n, 3.into()])), "f64[N*N,6]");
    assert_eq!(shown(&m, v.repeat(n, 1)), "f64[N,2*N]");
    let rank8 = m.constant(counting(F16, &[1, 2, 1, 1, 1, 1, 1, 2]));
    assert_eq!(
        value(rank8.tile([2, 1, 1, 1, 1, 1, 1, 1]).flatten(1)),
        value(m.constant(counting(F16, &[4])).tile([2]))
    );
    m.function("f")
        .inputs([v])
        .outputs([("t", v.tile([n, 3.into()])), ("r", v.repeat(n, 1))])
        .finish()
        .unwrap();
    round_trips(&m);
}
#[test]
fn roll_moves_around() {
    let m = Model::new("m");
    let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    let value = |x: Tensor<'_>| x.eval().unwrap();
    for (shift, want) in
        [(0, [1, 2, 3]), (1, [3, 1, 2]), (2, [2, 3, 1]), (-1, [2, 3, 1]), (7, [3, 1, 2]), (-300, [1, 2, 3])]
    {
        assert_eq!(value(x.index(0).roll(shift, 0)), want.into(), "{shift}");
    }
    assert_eq!(value(x.roll(i64::MIN, 0)), value(x));
    assert_eq!(value(x.roll(1, 0)), [[4, 5, 6], [1, 2, 3]].into());
    assert_eq!(value(m.zeros([0], F32).roll(5, 0)), Array::zeros::<f32>([0]));
    let v = m.dvector("v");
    let given = |n: usize| [(v, counting(F64, &[n]))];
    assert_eq!(v.roll(7, 0).eval_with(given(5)).unwrap(), [3.0, 4.0, 0.0, 1.0, 2.0].into());
    assert_eq!(v.roll(2, 0).eval_with(given(0)).unwrap(), Array::zeros::<f64>([0]));
    assert_eq!(v.roll(2, 0).eval_with(given(5)).unwrap(), [3.0, 4.0, 0.0, 1.0, 2.0].into());
    assert_eq!(v.roll(-2, 0).eval_with(given(5)).unwrap(), [2.0, 3.0, 4.0, 0.0, 1.0].into());
}

/// The rows are `np.pad(np.arange(size), widths, mode)`.
#[test]
fn pad_continues_the_tensor() {
    type Row = (Padding, usize, (i64, i64), &'static [i64]);
    let rows: [Row; 32] = [
        (Padding::Edge, 1, (2, 3), &[0, 0, 0, 0, 0, 0]),
        (Padding::Edge, 2, (1, 1), &[0, 0, 1, 1]),
        (Padding::Edge, 2, (5, 4), &[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1]),
        (Padding::Edge, 3, (2, 2), &[0, 0, 0, 1, 2, 2, 2]),
        (Padding::Edge, 3, (0, 7), &[0, 1, 2, 2, 2, 2, 2, 2, 2, 2]),
        (Padding::Edge, 3, (8, 0), &[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
        (Padding::Edge, 4, (3, 3), &[0, 0, 0, 0, 1, 2, 3, 3, 3, 3]),
        (Padding::Edge, 5, (4, 2), &[0, 0, 0, 0, 0, 1, 2, 3, 4, 4, 4]),
        (Padding::Reflect, 1, (2, 3), &[0, 0, 0, 0, 0, 0]),
        (Padding::Reflect, 2, (1, 1), &[1, 0, 1, 0]),
        (Padding::Reflect, 2, (5, 4), &[1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
        (Padding::Reflect, 3, (2, 2), &[2, 1, 0, 1, 2, 1, 0]),
        (Padding::Reflect, 3, (0, 7), &[0, 1, 2, 1, 0, 1, 2, 1, 0, 1]),
        (Padding::Reflect, 3, (8, 0), &[0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2]),
        (Padding::Reflect, 4, (3, 3), &[3, 2, 1, 0, 1, 2, 3, 2, 1, 0]),
        (Padding::Reflect, 5, (4, 2), &[4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2]),
        (Padding::Symmetric, 1, (2, 3), &[0, 0, 0, 0, 0, 0]),
        (Padding::Symmetric, 2, (1, 1), &[0, 0, 1, 1]),
        (Padding::Symmetric, 2, (5, 4), &[0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1]),
        (Padding::Symmetric, 3, (2, 2), &[1, 0, 0, 1, 2, 2, 1]),
        (Padding::Symmetric, 3, (0, 7), &[0, 1, 2, 2, 1, 0, 0, 1, 2, 2]),
        (Padding::Symmetric, 3, (8, 0), &[1, 0, 0, 1, 2, 2, 1, 0, 0, 1, 2]),
        (Padding::Symmetric, 4, (3, 3), &[2, 1, 0, 0, 1, 2, 3, 3, 2, 1]),
        (Padding::Symmetric, 5, (4, 2), &[3, 2, 1, 0, 0, 1, 2, 3, 4, 4, 3]),
        (Padding::Wrap, 1, (2, 3), &[0, 0, 0, 0, 0, 0]),
        (Padding::Wrap, 2, (1, 1), &[1, 0, 1, 0]),
        (Padding::Wrap, 2, (5, 4), &[1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
        (Padding::Wrap, 3, (2, 2), &[1, 2, 0, 1, 2, 0, 1]),
        (Padding::Wrap, 3, (0, 7), &[0, 1, 2, 0, 1, 2, 0, 1, 2, 0]),
        (Padding::Wrap, 3, (8, 0), &[1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]),
        (Padding::Wrap, 4, (3, 3), &[1, 2, 3, 0, 1, 2, 3, 0, 1, 2]),
        (Padding::Wrap, 5, (4, 2), &[1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]),
    ];
    let m = Model::new("m");
    for (mode, size, widths, want) in rows {
        let padded = m.constant(counting(I64, &[size])).pad([widths], mode).eval().unwrap();
        assert_eq!(padded.to_vec::<i64>().unwrap(), want, "{mode:?} {size} {widths:?}");
        let v = m.input(&format!("v{mode:?}{size}{widths:?}"), I64, [m.dim(&format!("n{size}"))]);
        if let Ok(padded) = v.pad([widths], mode).eval_with([(v, counting(I64, &[size]))]) {
            assert_eq!(padded.to_vec::<i64>().unwrap(), want, "{mode:?} {size} {widths:?}, symbolic");
        } else {
            let most = widths.0.max(widths.1);
            assert!(most > size as i64 - i64::from(mode == Padding::Reflect), "{mode:?} {size} {widths:?}");
        }
    }
}
#[test]
fn pad_goes_around_all_axes() {
    let m = Model::new("m");
    let x = m.constant([[1, 2], [3, 4]]);
    let value = |x: Tensor<'_>| x.eval().unwrap();
    assert_eq!(value(x.pad([(0, 1), (1, 0)], Padding::Edge)), [[1, 1, 2], [3, 3, 4], [3, 3, 4]].into());
    assert_eq!(
        value(x.pad([(1, 1)], Padding::Wrap)),
        [[4, 3, 4, 3], [2, 1, 2, 1], [4, 3, 4, 3], [2, 1, 2, 1]].into()
    );
    assert_eq!(value(x.pad_constant([(1, 0), (0, 1)], -1)), [[-1, -1, -1], [1, 2, -1], [3, 4, -1]].into());
    assert_eq!(value(m.constant([true]).pad_constant([(1, 1)], 0)), [false, true, false].into());
    assert_eq!(value(m.constant(5).pad([(1, 1)], Padding::Wrap)), Array::from(5));
    assert_eq!(value(m.zeros([0], F16).pad_constant([(1, 1)], 0)), value(m.zeros([2], F16)));
    let v = m.dvector("v");
    assert_eq!(
        v.pad_constant([(1, 1)], v.sum()).eval_with([(v, [2.0].into())]).unwrap(),
        [2.0, 2.0, 2.0].into()
    );
    assert_eq!(
        complaint(|m| m.zeros([0], F32).pad([(1, 0)], Padding::Edge)),
        "axis 0 of `0.0` (f32[0]) is padded with its own elements and has none; pad it with a constant"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 2]).pad([(1, 0), (0, -1)], Padding::Edge)),
        "`x` (f32[2,2]) is padded by 0 before and -1 after; give widths that are not below 0"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [2, 2]).pad_constant([(1, 0), (0, 1), (0, 0)], 0)),
        "3 pairs of widths are given to pad `x` (f32[2,2]), which has 2 axes; give a pair for each axis, or one for all"
    );
    assert_eq!(
        complaint(|m| m.input("x", F32, [2]).pad([(i64::MAX, 0)], Padding::Reflect)),
        "axis 0 of `x` (f32[2]) is padded with very many repetitions of it; tile it"
    );
}
#[test]
fn constants_have_any_shape_and_type() {
    let m = Model::new("m");
    let n = m.dim("N");
    let value = |x: Tensor<'_>| x.eval().unwrap();
    for dtype in DType::ALL {
        assert_eq!(value(m.zeros([2, 2], dtype)), Array::zeros_of(dtype, [2, 2]));
        let one = value(m.constant(1).cast(dtype));
        assert_eq!(value(m.ones([3], dtype)), Array::splat(dtype, [3], one.get(0)), "{dtype}");
        assert_eq!(value(m.ones((), dtype)), one);
        let x = m.constant(counting(dtype, &[2, 2]));
        assert_eq!(value(x.ones_like()), value(m.ones([2, 2], dtype)));
        assert_eq!(value(x.zeros_like()), value(m.zeros([2, 2], dtype)));
    }
    assert_eq!(value(m.full([0, 3], 2.5)), Array::zeros::<f64>([0, 3]));
    assert_eq!(value(m.full([2], true)), [true, true].into());
    assert_eq!(value(m.full([1; 8], 3u8)), Array::full([1; 8], 3u8));
    let x = m.input("x", F32, [n]);
    assert_eq!(shown(&m, m.full([n, n + 1], 2.5f32)), "f32[N,N + 1]");
    assert_eq!((x + m.ones([n], F32)).eval_with([(x, [1f32, 2.0].into())]).unwrap(), [2f32, 3.0].into());
    assert_eq!(shown(&m, x.full_like(2.5)), "f32[N]");
    assert_eq!(pp(x.ones_like()), "fill(x, float32(TensorConstant{1}))");
    assert_eq!(value(alloc(m.constant(2), [2])), [2, 2].into());
    assert_eq!(
        complaint(|m| m.zeros([2, -1], F32)),
        "axis 1 of the result would have the size -1; give sizes that are not below 0"
    );
}

#[test]
fn arange_counts_as_numpy_does() {
    let m = Model::new("m");
    let value = |x: Tensor<'_>| x.eval().unwrap();
    assert_eq!(value(m.arange(0, 4, 1)), [0i64, 1, 2, 3].into());
    assert_eq!(value(m.arange(2, 9, 3)), [2i64, 5, 8].into());
    assert_eq!(value(m.arange(5, 0, -2)), [5i64, 3, 1].into());
    assert_eq!(value(m.arange(5, 5, 1)), Array::zeros::<i64>([0]));
    assert_eq!(value(m.arange(5, 0, 1)), Array::zeros::<i64>([0]));
    assert_eq!(value(m.arange(0.0, 1.0, 0.3)), [0.0, 0.3, 0.6, 0.8999999999999999].into());
    assert_eq!(value(m.arange(1, 2, 0.25)), [1.0, 1.25, 1.5, 1.75].into());
    // np.arange(0.1, 0.5, 0.1): the step is 0.2 - 0.1, and rounding adds no fifth.
    assert_eq!(value(m.arange(0.1, 0.5, 0.1)), [0.1, 0.2, 0.30000000000000004, 0.4].into());
    assert_eq!(value(m.arange(0, f64::NEG_INFINITY, 1.0)), Array::zeros::<f64>([0]));
    let n = m.dim("N");
    let x = m.input("x", I64, [n]);
    let sum = x + m.arange(n, n * 2, 1) + m.arange(n, 0, -1);
    assert_eq!(sum.eval_with([(x, [0i64, 0, 0].into())]).unwrap(), [6i64, 6, 6].into());
    m.function("f").inputs([x]).output("y", sum).finish().unwrap();
    round_trips(&m);
    assert_eq!(
        complaint(|m| m.arange(0, 4, 0)),
        "arange has a step that is 0 or not known; give it as a number"
    );
    for bad in [(0.0, f64::INFINITY, 1.0), (f64::NAN, 1.0, 1.0), (0.0, 1.0, 0.0), (0.0, 1e300, 1.0)] {
        assert_eq!(
            complaint(|m| m.arange(bad.0, bad.1, bad.2)),
            "arange has a step of 0, or no end; give finite numbers and another step",
            "{bad:?}"
        );
    }
}

/// The rows are, for `x = np.arange(rows * columns).reshape(rows, columns)`: `np.diag(x, k)`,
/// `np.eye(rows, columns, k)`, `np.tril(x, k)`, `np.triu(x, k)`.
#[test]
fn diagonals_and_triangles_are_where_numpy_has_them() {
    type Row = (i64, i64, i64, &'static [i64], &'static [i64], &'static [i64], &'static [i64]);
    let rows: [Row; 25] = [
        (
            3,
            3,
            -3,
            &[],
            &[0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0, 1, 2, 3, 4, 5, 6, 7, 8],
        ),
        (
            3,
            3,
            -1,
            &[3, 7],
            &[0, 0, 0, 1, 0, 0, 0, 1, 0],
            &[0, 0, 0, 3, 0, 0, 6, 7, 0],
            &[0, 1, 2, 3, 4, 5, 0, 7, 8],
        ),
        (
            3,
            3,
            0,
            &[0, 4, 8],
            &[1, 0, 0, 0, 1, 0, 0, 0, 1],
            &[0, 0, 0, 3, 4, 0, 6, 7, 8],
            &[0, 1, 2, 0, 4, 5, 0, 0, 8],
        ),
        (
            3,
            3,
            1,
            &[1, 5],
            &[0, 1, 0, 0, 0, 1, 0, 0, 0],
            &[0, 1, 0, 3, 4, 5, 6, 7, 8],
            &[0, 1, 2, 0, 0, 5, 0, 0, 0],
        ),
        (
            3,
            3,
            2,
            &[2],
            &[0, 0, 1, 0, 0, 0, 0, 0, 0],
            &[0, 1, 2, 3, 4, 5, 6, 7, 8],
            &[0, 0, 2, 0, 0, 0, 0, 0, 0],
        ),
        (2, 4, -3, &[], &[0, 0, 0, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 0, 0, 0, 0], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (2, 4, -1, &[4], &[0, 0, 0, 0, 1, 0, 0, 0], &[0, 0, 0, 0, 4, 0, 0, 0], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (2, 4, 0, &[0, 5], &[1, 0, 0, 0, 0, 1, 0, 0], &[0, 0, 0, 0, 4, 5, 0, 0], &[0, 1, 2, 3, 0, 5, 6, 7]),
        (2, 4, 1, &[1, 6], &[0, 1, 0, 0, 0, 0, 1, 0], &[0, 1, 0, 0, 4, 5, 6, 0], &[0, 1, 2, 3, 0, 0, 6, 7]),
        (2, 4, 2, &[2, 7], &[0, 0, 1, 0, 0, 0, 0, 1], &[0, 1, 2, 0, 4, 5, 6, 7], &[0, 0, 2, 3, 0, 0, 0, 7]),
        (4, 2, -3, &[6], &[0, 0, 0, 0, 0, 0, 1, 0], &[0, 0, 0, 0, 0, 0, 6, 0], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (4, 2, -1, &[2, 5], &[0, 0, 1, 0, 0, 1, 0, 0], &[0, 0, 2, 0, 4, 5, 6, 7], &[0, 1, 2, 3, 0, 5, 0, 0]),
        (4, 2, 0, &[0, 3], &[1, 0, 0, 1, 0, 0, 0, 0], &[0, 0, 2, 3, 4, 5, 6, 7], &[0, 1, 0, 3, 0, 0, 0, 0]),
        (4, 2, 1, &[1], &[0, 1, 0, 0, 0, 0, 0, 0], &[0, 1, 2, 3, 4, 5, 6, 7], &[0, 1, 0, 0, 0, 0, 0, 0]),
        (4, 2, 2, &[], &[0, 0, 0, 0, 0, 0, 0, 0], &[0, 1, 2, 3, 4, 5, 6, 7], &[0, 0, 0, 0, 0, 0, 0, 0]),
        (0, 2, -3, &[], &[], &[], &[]),
        (0, 2, -1, &[], &[], &[], &[]),
        (0, 2, 0, &[], &[], &[], &[]),
        (0, 2, 1, &[], &[], &[], &[]),
        (0, 2, 2, &[], &[], &[], &[]),
        (1, 1, -3, &[], &[0], &[0], &[0]),
        (1, 1, -1, &[], &[0], &[0], &[0]),
        (1, 1, 0, &[0], &[1], &[0], &[0]),
        (1, 1, 1, &[], &[0], &[0], &[0]),
        (1, 1, 2, &[], &[0], &[0], &[0]),
    ];
    let m = Model::new("m");
    let elements = |x: Tensor<'_>| x.eval().unwrap().to_vec::<i64>().unwrap();
    for (rows, columns, k, diagonal, eye, lower, upper) in rows {
        let what = format!("{rows} {columns} {k}");
        let x = m.constant(counting(I64, &[rows as usize, columns as usize]));
        assert_eq!(elements(x.diag(k)), diagonal, "{what}");
        assert_eq!(elements(x.t().diagonal_of(k, 1, 0)), diagonal, "{what}");
        assert_eq!(elements(m.eye(rows, columns, k, I64)), eye, "{what}");
        assert_eq!(
            elements(m.ones([rows, columns], I64).tril(k)),
            elements(m.tri(rows, columns, k, I64)),
            "{what}"
        );
        assert_eq!(elements(x.tril(k)), lower, "{what}");
        assert_eq!(elements(x.triu(k)), upper, "{what}");
        let back = m.zeros([rows, columns], I64).set_diagonal(x.diag(k), k);
        assert_eq!(elements(back), elements(x * m.eye(rows, columns, k, I64)), "{what}");
    }
    for k in [i64::MIN, i64::MAX] {
        let x = m.constant([[1i64, 2], [3, 4]]);
        assert_eq!(elements(x.diag(k)), [0i64; 0]);
        assert_eq!(elements(m.eye(2, 2, k, I64)), [0; 4]);
        assert_eq!(elements(x.tril(k)), if k > 0 { [1, 2, 3, 4] } else { [0; 4] });
    }
}

#[test]
fn diagonals_of_stacks_of_any_type() {
    let m = Model::new("m");
    for dtype in DType::ALL {
        let x = counting(dtype, &[2, 2]);
        let parts = |i: usize| x.get(i);
        let diagonal = m.constant(x.clone()).diag(0).eval().unwrap();
        assert_eq!([diagonal.get(0), diagonal.get(1)], [parts(0), parts(3)], "{dtype}");
        let matrix = m.constant(x.clone()).diag(0).diag(-1).eval().unwrap();
        let corners: Vec<[u64; 2]> = (0..9).map(|i| matrix.get(i)).collect();
        let zero = [0, 0];
        assert_eq!(corners, [zero, zero, zero, parts(0), zero, zero, zero, parts(3), zero], "{dtype}");
        let lower = m.constant(x.clone()).tril(-1).eval().unwrap();
        assert_eq!([0, 1, 2, 3].map(|i| lower.get(i)), [zero, zero, parts(2), zero], "{dtype}");
    }
    // np.arange(12).reshape(2, 3, 2).diagonal(1, 2, 1)
    let x = m.constant(counting(I64, &[2, 3, 2]));
    assert_eq!(x.diagonal_of(1, -1, 1).eval().unwrap(), [[2i64, 5], [8, 11]].into());
    assert_eq!(x.diagonal_of(0, 0, 2).eval().unwrap(), [[0i64, 7], [2, 9], [4, 11]].into());
    // What is not kept does not matter, even where it is NaN.
    assert_eq!(m.full([2, 2], f64::NAN).triu(3).eval().unwrap(), Array::zeros::<f64>([2, 2]));
    let n = m.dim("N");
    let (a, v) = (m.input("a", F64, [n, n]), m.dvector("v"));
    assert_eq!(shown(&m, a.diagonal(-1)), "f64[max(N - 1, 0)]");
    assert_eq!(shown(&m, m.dmatrix("c").diagonal(2)), "f64[max(min(c_1 - 2, c_0), 0)]");
    assert_eq!(shown(&m, v.diag(2)), "f64[v_0 + 2,v_0 + 2]");
    let outputs =
        [("d", a.diagonal(0) + v), ("s", a.set_diagonal(v, 0).sum_over([1])), ("t", a.tril(0).sum_over([0]))];
    m.function("f").inputs([a, v]).outputs(outputs).finish().unwrap();
    let b = m.input("b", F64, [m.dim("K"), m.dim("K")]);
    m.function("g").inputs([b]).output("d", grad(b.diagonal(1).sqr().sum(), b)).finish().unwrap();
    m.function("h").inputs([v]).output("d", v.diag(1)).finish().unwrap();
    round_trips(&m);
    let value = grad(b.diagonal(1).sqr().sum(), b).eval_with([(b, [[1.0, 2.0], [3.0, 4.0]].into())]);
    assert_eq!(value.unwrap(), [[0.0, 4.0], [0.0, 0.0]].into());
}

#[test]
fn diagonals_say_what_does_not_fit() {
    type Build = for<'m> fn(&'m Model, Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 4] = [
        (
            "diag of `a` (f32[2,3,4]), which has 3 axes; give it a vector or a matrix, or say diagonal_of",
            |_, x| x.diag(0),
        ),
        (
            "axis 1 of `a` (f32[2,3,4]) does not exist or is named twice; name axes from -3 to 2, each once",
            |_, x| x.diagonal_of(0, 1, 1),
        ),
        ("values of the element type f64 cannot stand in `a` (f32[2,3,4]); cast them to f32", |m, x| {
            x.set_diagonal(m.input("v", F64, [2]), 0)
        }),
        ("a triangle of `v` (f32[5]), which has 1 axes; give it a matrix, or a stack of them", |m, _| {
            m.input("v", F32, [5]).tril(0)
        }),
    ];
    for (want, build) in cases {
        assert_eq!(complaint(|m| build(m, m.input("a", F32, [2, 3, 4]))), want);
    }
}

/// The rows are `np.linspace(start, stop, num)`.
#[test]
fn linspace_ends_where_it_is_told() {
    type Row = (f64, f64, usize, &'static [f64]);
    let rows: [Row; 6] = [
        (
            0.0,
            1.0,
            7,
            &[0.0, 0.16666666666666666, 0.3333333333333333, 0.5, 0.6666666666666666, 0.8333333333333333, 1.0],
        ),
        (-1.5, 2.25, 4, &[-1.5, -0.25, 1.0, 2.25]),
        (3.0, 1.0, 3, &[3.0, 2.0, 1.0]),
        (2.0, 5.0, 1, &[2.0]),
        (2.0, 5.0, 0, &[]),
        (0.1, 0.7, 4, &[0.1, 0.3, 0.5, 0.7]),
    ];
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F64, [n]);
    for (start, stop, num, want) in rows {
        let known = m.linspace(start, stop, num as i64).eval().unwrap();
        assert_eq!(known.to_vec::<f64>().unwrap(), want, "{start} {stop} {num}");
        let given = [(x, Array::zeros::<f64>([num]))];
        let unknown = (x + m.linspace(start, stop, n)).eval_with(given).unwrap();
        assert_eq!(unknown.to_vec::<f64>().unwrap(), want, "{start} {stop} {num}");
    }
    let below = (x.sum() + (n - 3).value(&m)).eval_with([(x, [0.0].into())]);
    assert_eq!(below.unwrap(), Array::from(-2.0), "integers made of sizes can be below 0");
}

#[test]
fn nine_axes_are_too_many() {
    assert_eq!(
        complaint(|m| m.input("x", F32, [1; 8]).expand_dims(0)),
        "the result of dimshuffle would have 9 axes; 8 is the most; merge some with reshape"
    );
    assert_eq!(
        complaint(|m| m.zeros([1; 9], F32)),
        "the result of constant would have 9 axes; 8 is the most; merge some with reshape"
    );
}

/// What an ill-typed node would have required of sizes is not required of the next one.
#[test]
fn ill_typed_nodes_demand_nothing() {
    let m = Model::new("m");
    let (x, y) = (m.input("x", F32, [m.dim("N"), 2.into()]), m.input("y", F32, [m.dim("K"), 3.into()]));
    let _ = m.concatenate([x, x, y], 2);
    let bad = x + y;
    assert!(bad.ty().is_none());
    m.zeros([m.dim("N")], F32);
    let error = m.function("f").inputs([x]).output("z", x + 1.0).finish().unwrap_err();
    assert_eq!(error.diagnostics.len(), 2, "{error}");
}

#[test]
fn gradients_agree_with_differences() {
    gradient_matches("reshape", &[&[2, 3]], |_, x| x[0].reshape([3, 2]).sqr());
    gradient_matches("flatten", &[&[2, 3, 2]], |_, x| x[0].flatten(2).sqr());
    gradient_matches("broadcast_to", &[&[2, 1]], |_, x| x[0].broadcast_to([2, 2, 3]).sqr());
    gradient_matches("broadcast_to of 0-d", &[&[]], |_, x| x[0].broadcast_to([2, 3]).sqr());
    gradient_matches("concatenate", &[&[2, 3], &[2, 1]], |_, x| concatenate([x[0], x[1], x[0]], 1).sqr());
    gradient_matches("stack", &[&[2], &[2]], |_, x| stack([x[0], x[1] * x[0]], -1).sqr());
    gradient_matches("split", &[&[5]], |_, x| {
        let [a, b] = x[0].split([2, 3], 0);
        concatenate([b.sqr(), a], 0)
    });
    gradient_matches("tile", &[&[2, 2]], |_, x| x[0].tile([2, 3]).sqr());
    gradient_matches("repeat", &[&[2, 2]], |_, x| x[0].repeat(3, 0).sqr());
    gradient_matches("roll", &[&[2, 3]], |_, x| x[0].roll(2, 1) * x[0]);
    for padding in [Padding::Edge, Padding::Reflect, Padding::Symmetric, Padding::Wrap] {
        gradient_matches("pad", &[&[2, 3]], |_, x| x[0].pad([(3, 1), (2, 4)], padding).sqr());
    }
    gradient_matches("pad_constant", &[&[2], &[]], |_, x| x[0].pad_constant([(3, 1)], x[1]).sqr());
    gradient_matches("diagonal", &[&[3, 2, 4]], |_, x| x[0].diagonal_of(1, 0, 2).sqr());
    gradient_matches("set_diagonal", &[&[3, 3], &[2]], |_, x| x[0].set_diagonal(x[1], -1).sqr());
    gradient_matches("diag of a vector", &[&[3]], |_, x| x[0].diag(1).sqr());
    gradient_matches("tril", &[&[2, 3, 3]], |_, x| x[0].tril(1).sqr() + x[0].triu(0));
    gradient_matches("flip", &[&[2, 3]], |_, x| x[0].flip([1]).sqr() * x[0]);
}

#[test]
fn lifting_is_a_loop_over_the_leading_axis() {
    lifts(ops::Reshape { shape: vec![3.into(), 2.into()] }, &[&[2, 3]]);
    lifts(ops::BroadcastTo { shape: vec![2.into(), 2.into(), 3.into()] }, &[&[2, 1]]);
    lifts(ops::BroadcastTo { shape: vec![2.into()] }, &[&[]]);
    lifts(ops::Concatenate { axis: 1, count: 2 }, &[&[2, 3], &[2, 1]]);
    lifts(ops::Diagonal { offset: 1, axis1: 2, axis2: 0 }, &[&[3, 2, 2]]);
    lifts(ops::SetDiagonal { offset: -1, axis1: 0, axis2: 1 }, &[&[3, 2], &[2]]);
    lifts(ops::Flip { axes: vec![1] }, &[&[2, 3]]);
}
