//! Each error of the builder is data too: its kind, and the axes, sizes and element types that it is about.

use tgc_graph::builder::Padding;
use tgc_graph::dim::Dim;
use tgc_graph::infer::{AxisOf, Extent, Reason};
use tgc_graph::ops::Add;
use tgc_graph::prelude::*;

/// The reason of the last diagnostic of a model: they come in the order in which expressions are made.
fn reason(value: Tensor<'_>) -> Reason {
    let error = value.model().function("f").output("v", value).finish().unwrap_err();
    (*error.diagnostics.last().unwrap().reason).clone()
}

/// Axis 1 of an operand.
fn columns(operand: usize) -> Extent {
    Extent::Axis(AxisOf { operand, axis: 1 })
}

fn sizes(extents: [Extent; 2], sizes: [i64; 2]) -> Reason {
    Reason::Sizes { extents, sizes: sizes.map(Dim::Const) }
}

#[test]
fn sizes_that_differ_are_named_with_their_axes() {
    let m = Model::new("m");
    let [x, y] = [m.input("x", F32, [2, 3]), m.input("y", F32, [2, 4])];
    let five = m.input("five", F32, [5]);
    assert_eq!(reason(x + y), sizes([columns(0), columns(1)], [3, 4]));
    assert_eq!(reason(m.einsum("ij,kj->ik", [x, y])), sizes([columns(0), columns(1)], [3, 4]));
    assert_eq!(reason(m.concatenate([x, y], 0)), sizes([columns(0), columns(1)], [3, 4]));
    let elements = [Extent::Elements(0), Extent::ResultElements];
    assert_eq!(reason(five.reshape([6])), sizes(elements, [5, 6]));
    assert_eq!(reason(five.split(2, 0)[0]), Reason::Size { size: 5.into() });
    let n = m.input("n", F32, [0, 2]);
    let (extent, least) = (AxisOf { operand: 0, axis: 0 }.into(), 1);
    assert_eq!(reason(n.max_over(0)), Reason::TooSmall { extent, size: 0.into(), least });
}

#[test]
fn axes_and_indices_are_those_that_were_given() {
    let m = Model::new("m");
    let (x, z) = (m.input("x", F32, [2, 3]), m.input("z", F32, [m.dim("N")]));
    assert_eq!(reason(x.sum_over(2)), Reason::Axes { operand: 0, axes: vec![2], rank: 2 });
    assert_eq!(reason(x.transpose([0])), Reason::Length { takes: 2, has: 1 });
    assert_eq!(reason(x.pad([(0, 0); 3], Padding::Edge)), Reason::Length { takes: 2, has: 3 });
    assert_eq!(reason(z.triu(0)), Reason::Rank { operand: 0, rank: 1 });
    assert_eq!(reason(m.apply(Add {}, &[x, z])), Reason::Ranks { operands: [0, 1], ranks: [2, 1] });
    assert_eq!(reason(m.apply(Add {}, &[x])), Reason::Arity { takes: 2, has: 1 });
    assert_eq!(reason(m.concatenate([], 0)), Reason::Arity { takes: 1, has: 0 });
    let outside = |index: i64| Reason::Index {
        axis: AxisOf { operand: 0, axis: 0 },
        index: index.into(),
        size: 2.into(),
    };
    assert_eq!(reason(x.index(2)), outside(2));
    assert_eq!(reason(x.take(m.constant([0, -3]), 0)), outside(-3));
    assert!(matches!(reason(m.ones(vec![1; 40], F32)), Reason::Limit { has: 40, .. }));
}

#[test]
fn types_and_values_are_those_that_do_not_fit() {
    let m = Model::new("m");
    let (x, p) = (m.input("x", F32, [2, 3]), m.input("p", Bool, [2]));
    assert_eq!(reason(-p), Reason::ElementType { dtype: Bool });
    assert_eq!(reason(x.index(m.input("mask", F64, [2]))), Reason::ElementType { dtype: F64 });
    let wide = m.input("wide", F64, [3]);
    let mixed = Reason::ElementTypes { takes: F32, has: F64 };
    assert_eq!(reason(x.set_subtensor(0, wide)), mixed);
    assert_eq!(reason(x.set_diagonal(m.input("w", F64, [2]), 0)), mixed);
    let narrow = m.input("bytes", U8, [2]);
    assert_eq!(reason(narrow + 300), Reason::Literal { value: "300".to_owned(), dtype: U8 });
    assert_eq!(reason(m.einsum("i?->i", [x])), Reason::Argument { value: "?".to_owned() });
}

#[test]
fn gradients_and_models_have_kinds_of_their_own() {
    let m = Model::new("m");
    let (x, z) = (m.input("x", F32, [2, 3]), m.input("z", F32, [3]));
    assert_eq!(reason(grad(x, x)), Reason::Rank { operand: 0, rank: 2 });
    assert_eq!(reason(grad(x.sum(), z)), Reason::Independent);
    let other = Model::new("other");
    assert_eq!(reason(x + other.input("x", F32, [2, 3])), Reason::Models);
}
