//! Indexing: NumPy's values, sizes that callers give, messages and gradients.

use std::collections::BTreeSet;

use tgc_graph::builder::{Entry, Index};
use tgc_graph::dtype::DType;
use tgc_graph::ops::{Gather, IncSubtensor, Scatter, ScatterAdd, SetSubtensor, Subtensor};
use tgc_graph::prelude::*;

use crate::check::{complaint, counting, gradient_matches, lifts, lifts_typed, names, round_trips};

#[test]
fn a_literal_is_enough_to_index_with() {
    let m = Model::new("m");
    let x = m.constant([[1, 2, 3], [4, 5, 6]]);
    let value = |y: Tensor| y.eval().unwrap();
    assert_eq!(value(x.index((1, -1))), Array::from(6));
    assert_eq!(value(x.index(..=-2)), Array::from([[1, 2, 3]]));
    assert_eq!(value(x.index((.., (1..3).step(-1)))), Array::from([[3, 2], [6, 5]]));
    assert_eq!(value(x.index((.., (1..=1).step(-1)))), Array::from([[2], [5]]));
    assert_eq!(value(x.index((.., slice(1, x.dim(1))))), Array::from([[2, 3], [5, 6]]));
    assert_eq!(value(x.index((.., i64::MIN..i64::MAX))), value(x));
    assert_eq!(value(x.index((.., (..).step(i64::MIN)))), Array::from([[3], [6]]));
    assert_eq!(value(x.inc_subtensor((.., NewAxis, 1), 10)), Array::from([[1, 12, 3], [4, 15, 6]]));
    assert_eq!(value(x.index(vec![Index::Ellipsis, 0.entry()])), Array::from([1, 4]));
}

/// A line of `indexing.txt`, which `indexing.py` wrote with NumPy.
struct Case {
    text: &'static str,
    data: Array,
    picked: Array,
    replaced: Array,
    added: Array,
}

fn cases() -> Vec<Case> {
    let array = |shape: &str, values: &str| Array::from_slice(sizes(shape), &numbers(values));
    let lines = include_str!("../data/indexing.txt").lines();
    lines
        .map(|line| {
            let [shape, text, picked, values, replaced, added] =
                line.split("; ").collect::<Vec<_>>().try_into().unwrap();
            let count: usize = sizes(shape).iter().product();
            let data: Vec<i64> = (0..count as i64).collect();
            Case {
                text,
                data: Array::from_slice(sizes(shape), &data),
                picked: array(picked, values),
                replaced: array(shape, replaced),
                added: array(shape, added),
            }
        })
        .collect()
}

fn sizes(text: &str) -> Vec<usize> {
    text.split('x').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect()
}

fn numbers(text: &str) -> Vec<i64> {
    text.split(',').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect()
}

/// The index of a line.
fn parsed<'m>(m: &'m Model, text: &str) -> Vec<Index<'m>> {
    let number = |text: &str| text.parse::<i64>().ok();
    let entry = |text: &str| match text.split(':').collect::<Vec<_>>().as_slice() {
        ["new"] => NewAxis.entry(),
        ["..."] => Ellipsis.entry(),
        [start, stop, step] => {
            let slice = match (number(start), number(stop)) {
                (Some(a), Some(b)) => slice(a, b),
                (Some(a), None) => (a..).into(),
                (None, Some(b)) => (..b).into(),
                (None, None) => (..).into(),
            };
            slice.step(number(step).unwrap()).entry()
        }
        [one] => match one.split_once('@') {
            Some((shape, values)) => m.constant(Array::from_slice(sizes(shape), &numbers(values))).entry(),
            None => number(one).unwrap().entry(),
        },
        odd => panic!("{odd:?}"),
    };
    text.split(' ').map(entry).collect()
}

/// The elements -1, -2, … in the shape of another array.
fn counted_down(like: &Array) -> Array {
    let values: Vec<i64> = (1..=like.len() as i64).map(|i| -i).collect();
    Array::from_slice(like.shape(), &values)
}

/// The names of operations whose value is held to data.
pub fn covered() -> BTreeSet<&'static str> {
    let m = Model::new("m");
    let values = cases().into_iter().flat_map(|case| {
        let (x, index) = (m.constant(case.data), parsed(&m, case.text));
        let value = m.constant(counted_down(&case.picked));
        [x.index(index.clone()), x.set_subtensor(index.clone(), value), x.inc_subtensor(index, value)]
    });
    names(&m, values)
}

#[test]
fn values_are_those_of_numpy() {
    for case in cases() {
        let m = Model::new("m");
        let (x, index) = (m.constant(case.data.clone()), parsed(&m, case.text));
        let value = m.constant(counted_down(&case.picked));
        let what = format!("{:?} at {}", case.data.shape(), case.text);
        assert_eq!(x.index(index.clone()).eval().unwrap(), case.picked, "{what}");
        assert_eq!(x.set_subtensor(index.clone(), value).eval().unwrap(), case.replaced, "{what}, set");
        assert_eq!(x.inc_subtensor(index, value).eval().unwrap(), case.added, "{what}, added to");
    }
}

#[test]
fn sizes_that_callers_give_select_the_same() {
    for case in cases() {
        let m = Model::new("m");
        let dims = (0..case.data.shape().len()).map(|axis| m.dim(&format!("N{axis}")));
        let (x, index) = (m.input("x", I64, dims.collect::<Vec<_>>()), parsed(&m, case.text));
        let value = m.constant(counted_down(&case.picked));
        let what = format!("{:?} at {}", case.data.shape(), case.text);
        let value_of =
            |y: Tensor| y.eval_with([(x, case.data.clone())]).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(value_of(x.index(index.clone())), case.picked, "{what}");
        assert_eq!(value_of(x.set_subtensor(index.clone(), value)), case.replaced, "{what}, set");
        assert_eq!(value_of(x.inc_subtensor(index, value)), case.added, "{what}, added to");
    }
}

#[test]
fn an_index_needs_a_size_that_has_it() {
    let m = Model::new("m");
    let x = m.dmatrix("x");
    let y = x.index((2, -3)) + x.index((1.., 0)).index(-1) + x.index((.., ..5)).index((0, 1));
    m.function("f").inputs([x]).output("y", y).finish().unwrap();
    let symbols = m.module().functions[0].graph.scope.symbols.clone();
    assert_eq!(
        symbols.iter().map(|(_, s)| (s.name.as_str(), s.min)).collect::<Vec<_>>(),
        [("x_0", 3), ("x_1", 3)]
    );
    round_trips(&m);
    let k = m.dim("K");
    // Whether it has a place that callers give, calls check.
    m.function("g").inputs([x]).output("y", x.index(k)).finish().unwrap();
    let equations = m.module().functions[1].graph.scope.equations.clone();
    let names: Vec<&str> = equations.known.iter().map(|e| e.left_name.as_str()).collect();
    assert_eq!(names, ["a part of x axis 0"]);
    round_trips(&m);
    let far = m.function("h").inputs([x]).output("y", x.index(k.max(1 << 20))).finish().unwrap_err();
    assert_eq!(far.diagnostics[0].message, "a part of x axis 0 needs at least the size 1, and is at most 0");
}

/// The type of a part of `x`, whose size is `N`, given another size `K`.
fn shown(part: impl for<'m> Fn(Tensor<'m>, Size<'m>) -> Tensor<'m>) -> String {
    let m = Model::new("m");
    let y = part(m.input("x", F64, [m.dim("N")]), m.dim("K"));
    y.ty().map_or("ill-typed".into(), |ty| ty.display(&m.symbols()).to_string())
}

#[test]
fn slices_of_unknown_sizes_are_cut() {
    assert_eq!(shown(|x, _| x.index(..)), "f64[N]");
    assert_eq!(shown(|x, _| x.index(2..)), "f64[max(N - 2, 0)]");
    assert_eq!(shown(|x, _| x.index(..-2)), "f64[max(N - 2, 0)]");
    assert_eq!(shown(|x, _| x.index(-2..)), "f64[min(N, 2)]");
    assert_eq!(shown(|x, _| x.index(..3)), "f64[min(N, 3)]");
    assert_eq!(shown(|x, _| x.index(1..3)), "f64[max(min(N - 1, 2), 0)]");
    assert_eq!(shown(|x, _| x.index((..).step(2))), "f64[(N + 1) // 2]");
    assert_eq!(shown(|x, _| x.index((1..).step(-2))), "f64[N // 2]");
    assert_eq!(shown(|x, _| x.index((..).step(-3))), "f64[(N + 2) // 3]");
    assert_eq!(shown(|x, k| x.index(..k)), "f64[min(N, K)]");
    assert_eq!(shown(|x, k| x.index(k..)), "f64[max(-K + N, 0)]");
    assert_eq!(shown(|x, k| x.index(slice(1, k))), "f64[max(min(N - 1, K - 1), 0)]");
    assert_eq!(shown(|x, _| x.index(1..) - x.index(..-1)), "f64[max(N - 1, 0)]");
    assert_eq!(shown(|x, k| x.index(k - k..x.dim(0))), "f64[N]");
}

#[test]
fn every_element_type_can_be_indexed() {
    for dtype in DType::ALL {
        let m = Model::new("m");
        let x = m.constant(counting(dtype, &[3, 2]));
        let flat = m.constant(counting(dtype, &[6]));
        assert_eq!(
            x.index((..).step(-1)).index((.., 0)).eval().unwrap(),
            flat.index([4, 2, 0]).eval().unwrap()
        );
        let zero = m.constant(Array::zeros_of(dtype, []));
        let emptied = x.set_subtensor(.., zero);
        assert_eq!(emptied.eval().unwrap(), Array::zeros_of(dtype, [3, 2]), "{dtype}");
        assert_eq!(emptied.inc_subtensor(.., x).eval().unwrap(), counting(dtype, &[3, 2]), "{dtype}");
        assert_eq!(
            emptied.inc_subtensor([2, 1, 0], x.index([2, 1, 0])).eval().unwrap(),
            counting(dtype, &[3, 2])
        );
        assert_eq!(emptied.set_subtensor([0, 1, 2], x).eval().unwrap(), counting(dtype, &[3, 2]), "{dtype}");
    }
    for dtype in DType::ALL.into_iter().filter(|dtype| dtype.scalar_type().is_integer()) {
        let m = Model::new("m");
        let places = m.constant([2i64, 0]).cast(dtype);
        assert_eq!(m.constant([5, 6, 7]).index(places).eval().unwrap(), Array::from([7, 5]), "{dtype}");
    }
}

#[test]
fn ranks_go_from_0_to_8() {
    let m = Model::new("m");
    let x = m.constant(7.0);
    assert_eq!(x.index(Ellipsis).eval().unwrap(), Array::from(7.0));
    assert_eq!(x.index(vec![NewAxis.entry(); 8]).eval().unwrap().shape(), [1; 8]);
    assert_eq!(x.set_subtensor(Ellipsis, 1.0).eval().unwrap(), Array::from(1.0));
    let x = m.constant(counting(F64, &[2; 8]));
    assert_eq!(x.index((1, -1, 0, 1, 0, -2, 1, 1)).eval().unwrap(), Array::from(211.0));
    assert_eq!(x.index((.., 1, Ellipsis, [1, 0])).eval().unwrap().shape(), [2; 7]);
}

#[test]
fn take_along_axis_pairs_the_other_axes() {
    let m = Model::new("m");
    let x = m.constant(Array::from_slice([2, 3, 2], &[5, 1, 2, 4, 9, 0, 3, 8, 7, 6, -1, -2]));
    let along = |places: Array, axis| x.take_along_axis(m.constant(places), axis).eval().unwrap();
    let places = Array::from_slice([2, 1, 2], &[2i64, 1, 0, -1]);
    assert_eq!(along(places.clone(), 1), Array::from_slice([2, 1, 2], &[9, 4, 3, -2]));
    assert_eq!(along(places.clone(), -2), along(places, 1));
    let places = Array::from_slice([2, 1, 1], &[1i64, 0]);
    assert_eq!(along(places, -1), Array::from_slice([2, 3, 1], &[1, 4, 0, 3, 7, -1]));
    let places = Array::from_slice([1, 3, 2], &[1i64, 0, 0, 0, -1, 1]);
    assert_eq!(along(places, 0), Array::from_slice([1, 3, 2], &[3, 1, 2, 4, -1, -2]));
    let row = m.constant([[10, 20, 30]]);
    let places = m.constant([[2], [0], [1]]);
    assert_eq!(row.take_along_axis(places, 1).eval().unwrap(), Array::from([[30], [10], [20]]));
}

#[test]
fn masks_assign() {
    let m = Model::new("m");
    let x = m.constant([[1, 2], [3, 4], [5, 6]]);
    let value = |y: Tensor| y.eval().unwrap();
    assert_eq!(value(x.set_subtensor(x.gt(3), 0)), Array::from([[1, 2], [3, 0], [0, 0]]));
    assert_eq!(value(x.inc_subtensor(x.gt(3), 10)), Array::from([[1, 2], [3, 14], [15, 16]]));
    let rows = m.constant([true, false, true]);
    let want = Array::from([[8, 9], [3, 4], [8, 9]]);
    assert_eq!(value(x.set_subtensor(rows, m.constant([8, 9]))), want);
    assert_eq!(value(x.set_subtensor(rows, m.constant([[8, 9]]))), want);
}

#[test]
fn classes_become_vectors() {
    let m = Model::new("m");
    let classes = m.constant([[1i8, -1], [3, 0]]);
    let want = Array::from_slice([2, 2, 3], &[0f32, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(classes.one_hot(3, F32).eval().unwrap(), want);
    assert_eq!(m.constant(1).one_hot(2, Bool).eval().unwrap(), Array::from([false, true]));
    assert_eq!(classes.one_hot(0, F32).eval().unwrap(), Array::zeros::<f32>([2, 2, 0]));
}

#[test]
fn values_take_the_type_of_what_they_replace() {
    let m = Model::new("m");
    let x = m.constant([1f32, 2.0, 3.0]);
    let i = m.constant([1i8, 0]);
    assert_eq!(x.set_subtensor(..2, i).eval().unwrap(), Array::from([1f32, 0.0, 3.0]));
    assert_eq!(x.set_subtensor(0, 0.5).eval().unwrap(), Array::from([0.5f32, 2.0, 3.0]));
    let wide = complaint(|m| m.input("x", F32, [3]).set_subtensor(0, m.input("y", F64, ())));
    assert_eq!(wide, "`y` (f64[]) cannot stand in `x` (f32[3]); cast it to f32");
    let fraction = complaint(|m| m.input("x", I32, [3]).inc_subtensor(.., 0.5));
    assert_eq!(fraction, "`0.5` (f64[1]) cannot stand in `x` (i32[3]); cast it to i32");
}

#[test]
fn what_does_not_exist_is_reported() {
    let of = |build: for<'m> fn(&'m Model, Tensor<'m>) -> Tensor<'m>| {
        complaint(|m| build(m, m.input("x", F32, [3, 4])))
    };
    let messages = [
        of(|_, x| x.index(3)),
        of(|_, x| x.index((.., -5))),
        of(|_, x| x.index(i64::MIN)),
        of(|_, x| x.index((0, 0, 0))),
        of(|_, x| x.index((Ellipsis, Ellipsis))),
        of(|_, x| x.index((..).step(0))),
        of(|m, x| x.index(m.input("t", F64, [2]))),
        of(|m, x| x.index(m.input("mask", Bool, [3]))),
        of(|m, x| x.index((m.input("s", I64, [2]), m.input("t", I32, [3])))),
        of(|_, x| x.take(0, 2)),
        of(|m, x| x.take_along_axis(m.input("t", I64, [3]), 0)),
        of(|m, x| x.take_along_axis(m.input("t", I64, [2, 2]), 0)),
        of(|m, x| x.set_subtensor(1.., m.input("y", F32, [3]))),
        of(|m, x| x.set_subtensor(x.gt(0.0), m.input("y", F32, [4]))),
        of(|m, x| x.set_subtensor(m.input("mask", Bool, [3, 4, 5]), 0.0)),
        of(|m, x| x.set_subtensor(m.input("mask", Bool, [4]), 0.0)),
        of(|_, x| x.one_hot(3, F32)),
    ];
    let want = [
        "the index 3 is outside axis 0 of `x` (f32[3,4]); its size is 3",
        "the index -5 is outside axis 1 of `x` (f32[3,4]); its size is 4",
        "the index -9223372036854775808 is outside axis 0 of `x` (f32[3,4]); its size is 3",
        "3 axes of `x` (f32[3,4]) are indexed, which has 2; leave some out, or insert axes with dimshuffle",
        "an index of `x` (f32[3,4]) has two ellipses; write one",
        "the slice of axis 0 of `x` (f32[3,4]) has the step 0; give a positive or negative step",
        "`t` (f64[2]) cannot index `x` (f32[3,4]); index with integers",
        "`mask` (bool[3]) is a mask and cannot index `x` (f32[3,4]): no size depends on data; choose element by element \
         with switch, or assign with set_subtensor",
        "axis 0 of `s` (i64[2]) and axis 0 of `int64(t)` (i64[3]) must have one size; give both the same size, or insert \
         an axis of size 1 with dimshuffle to broadcast",
        "axis 2 of `x` (f32[3,4]) does not exist or is named twice; name axes from -2 to 1, each once",
        "`t` (i64[3]) names no elements along axis 0 of `x` (f32[3,4]); give it as many axes, and along the others the \
         same size or 1",
        "`t` (i64[2,2]) names no elements along axis 0 of `x` (f32[3,4]); give it as many axes, and along the others the \
         same size or 1",
        "axis 1 of `Subtensor(x)` (f32[2,4]) and axis 0 of `y` (f32[3]) must have one size; give both the same size, \
         or insert an axis of size 1 with dimshuffle to broadcast",
        "`y` (f32[4]) would be stretched to more than the 0 axes that the mask leaves of `x` (f32[3,4]); choose element \
         by element with switch",
        "`x` (f32[3,4]) has 2 axes and the mask `mask` (bool[3,4,5]) has 3; give the mask the first axes of the tensor",
        "axis 0 of `mask` (bool[4,1]) and axis 0 of `fill(x, float32(0.0))` (f32[3,4]) must have one \
         size; give both the same size, or insert an axis of size 1 with dimshuffle to broadcast",
        "the elements of `x` (f32[3,4]) name no class; cast them to integers",
    ];
    assert_eq!(messages.len(), want.len());
    for (message, want) in messages.iter().zip(want) {
        assert_eq!(message, want);
    }
}

#[test]
fn constants_outside_are_refused_where_sizes_are_known() {
    type Build = for<'m> fn(&'m Model, Tensor<'m>) -> Tensor<'m>;
    let cases: [(Build, &str); 7] = [
        (|_, x| x.index([0, 3]), "the index 3 is outside axis 0 of `x` (f32[3,4]); its size is 3"),
        (
            |m, x| x.take(m.constant([[0i8, -5]]), 1),
            "the index -5 is outside axis 1 of `x` (f32[3,4]); its size is 4",
        ),
        (|_, x| x.set_subtensor([7, 7], 0.0), "the index 7 is outside axis 0 of `x`"),
        (|_, x| x.inc_subtensor(vec![-4], 1.0), "the index -4 is outside axis 0 of `x`"),
        (|m, x| x.take_along_axis(m.constant([[3i64; 4]]), 0), "the index 3 is outside axis 0 of `x`"),
        (|m, _| m.drow("y").index([1]), "the index 1 is outside axis 0 of `y`"),
        (
            |m, _| m.dvector("y").index(m.constant([u64::MAX])),
            "the index 18446744073709551615 is outside axis 0 of `y`",
        ),
    ];
    for (build, want) in cases {
        let message = complaint(|m| build(m, m.input("x", F32, [3, 4])));
        assert!(message.contains(want), "{message}");
    }
    let m = Model::new("m");
    let x = m.constant([1, 2, 3]);
    assert_eq!(x.index([-3, 2]).eval().unwrap(), Array::from([1, 3]));
    assert_eq!(x.index(Vec::<i64>::new()).eval().unwrap(), Array::zeros::<i32>([0]));
}

#[test]
fn numbers_that_no_axis_has_are_outside_whatever_their_type() {
    let m = Model::new("m");
    let (x, index) = (m.lvector("x"), m.input("i", U64, [2]));
    let parts =
        [x.take(index, 0), x.index((Ellipsis, index)), x.set_subtensor(index, 0), x.inc_subtensor(index, 1)];
    for y in parts {
        let given = |i: [u64; 2]| [(x, [1i64, 2, 3].into()), (index, i.into())];
        assert!(y.eval_with(given([0, u64::MAX])).unwrap_err().to_string().contains("outside axis 0"));
        assert!(y.eval_with(given([1 << 63, 0])).unwrap_err().to_string().contains("outside axis 0"));
        assert!(y.eval_with(given([2, 0])).is_ok());
    }
}

#[test]
fn places_outside_fail_the_call() {
    let m = Model::new("m");
    let (x, t) = (m.input("x", F32, [3.into(), m.dim("N")]), m.input("t", I32, [2]));
    let fails = |y: Tensor, columns: usize, places: [i32; 2]| {
        let given = [(x, Array::zeros::<f32>([3, columns])), (t, places.into())];
        y.eval_with(given).unwrap_err().to_string()
    };
    let first = "eval: t has the element 3, outside axis 0 of x, whose size is 3";
    assert_eq!(fails(x.index(t), 1, [0, 3]), first);
    let second = "eval: t has the element -5, outside axis 0 of Subtensor(x), whose size is 4";
    assert_eq!(fails(x.index((1, t)), 4, [-5, 0]), second);
    let third = "eval: t has the element 0, outside axis 1 of x, whose size is 0";
    assert_eq!(fails(x.inc_subtensor((.., t), 1.0), 0, [0, 0]), third);
    let given = [(x, Array::zeros::<f32>([3, 0])), (t, [1, 0].into())];
    assert_eq!(x.set_subtensor(t, 1.0).eval_with(given).unwrap(), Array::zeros::<f32>([3, 0]));
}

#[test]
fn gradients_agree_with_differences() {
    gradient_matches("index", &[&[4, 3]], |_, x| x[0].index(((1..4).step(-2), 1)));
    gradient_matches("set_subtensor", &[&[4, 3], &[2]], |_, x| x[0].set_subtensor((1..3, -1), x[1]));
    gradient_matches("inc_subtensor", &[&[4, 3], &[]], |_, x| x[0].inc_subtensor((..).step(3), x[1]));
    gradient_matches("gather", &[&[4, 3]], |_, x| x[0].index((.., [2, 0, 2])));
    gradient_matches("two tensors", &[&[4, 2, 3]], |m, x| {
        x[0].index((m.constant([[1], [-1]]), .., [2, 0, 2]))
    });
    gradient_matches("along an axis", &[&[2, 3]], |m, x| {
        x[0].take_along_axis(m.constant([[2, 2, 0, 1], [1, 0, 0, 0]]), 1)
    });
    gradient_matches("stretched", &[&[1, 3]], |m, x| x[0].take_along_axis(m.constant([[2, 1], [2, 2]]), 1));
    gradient_matches("last wins", &[&[4, 3], &[5, 3]], |_, x| x[0].set_subtensor([1, 0, 1, 1, 3], x[1]));
    gradient_matches("last of two tensors", &[&[3, 2, 3], &[2, 2, 3]], |m, x| {
        x[0].set_subtensor(
            (m.constant([[1], [-2]]), .., [2, 0, 2]),
            x[1].dimshuffle([Some(0), Some(2), Some(1)]),
        )
    });
    gradient_matches("one of one", &[&[3], &[1]], |_, x| x[0].set_subtensor([1], x[1]));
    gradient_matches("added", &[&[4, 3], &[5, 3]], |_, x| x[0].inc_subtensor([1, 0, 1, 1, 3], x[1]));
    gradient_matches("a part of a part", &[&[4, 3], &[2, 2]], |_, x| {
        x[0].inc_subtensor(
            (1.., NewAxis, [0, 0]),
            x[1].index((NewAxis, 0)).dimshuffle([None, Some(0), Some(1)]).sum_over([0]),
        )
    });
    gradient_matches("masked", &[&[3, 2], &[2]], |m, x| {
        x[0].set_subtensor(m.constant([true, false, true]), x[1])
    });
    for twice in [false, true] {
        gradient_matches("second order", &[&[4], &[3]], move |_, x| {
            let y = x[0].set_subtensor([0, 2, 0], x[1] * x[1]).index((1..).step(2));
            let y = y.inc_subtensor([0, 0], x[0].index(..2) * x[1].index(1)) * x[0].index([3, 3]);
            grad((y * y * y).sum(), x[usize::from(twice)])
        });
    }
}

#[test]
fn lifting_is_a_loop() {
    let part =
        Subtensor { starts: vec![1.into(), 2.into()], stops: vec![4.into(), 3.into()], steps: vec![-2, 0] };
    lifts(part.clone(), &[&[5, 3]]);
    let Subtensor { starts, stops, steps } = part;
    lifts(
        SetSubtensor { starts: starts.clone(), stops: stops.clone(), steps: steps.clone() },
        &[&[5, 3], &[2]],
    );
    lifts(IncSubtensor { starts, stops, steps }, &[&[5, 3], &[2]]);
    for (batch, axes, at, data, index, gathered) in [
        (0, vec![1], 1, vec![2, 12], vec![3], vec![2, 3]),
        (0, vec![0], 1, vec![12, 2], vec![3, 2], vec![2, 3, 2]),
        (1, vec![1], 1, vec![4, 12, 2], vec![1, 3], vec![4, 3, 2]),
    ] {
        let operands = [(F64, data.as_slice()), (I64, &index), (F64, &gathered)];
        lifts_typed(Gather { batch, axes: axes.clone(), at }, &operands[..2]);
        lifts_typed(Scatter { batch, axes: axes.clone(), at }, &operands);
        lifts_typed(ScatterAdd { batch, axes, at }, &operands);
    }
    let operands: [(DType, &[usize]); 4] =
        [(F64, &[12, 2, 12]), (I64, &[3, 1]), (I64, &[2]), (F64, &[3, 2, 2])];
    lifts_typed(Gather { batch: 0, axes: vec![0, 2], at: 0 }, &[operands[0], operands[1], (I64, &[1, 2])]);
}

#[test]
fn text_and_file_hold_indices() {
    let m = Model::new("m");
    let x = m.input("x", F32, [m.dim("N").range(3, 100), 4.into()]);
    let t = m.lvector("t");
    let y = x.index(((1..).step(-1), -1)).sum()
        + x.set_subtensor((t, 0), 1.0).inc_subtensor(t, 2.0).index((t, 1..3)).sum();
    m.function("f").inputs([x, t]).output("y", grad(y, x)).finish().unwrap();
    m.function("g").inputs([x, t]).output("y", y).finish().unwrap();
    round_trips(&m);
}
