//! Products of linear algebra. Values are those of NumPy 2.4: `numpy.einsum`, `matmul`, `dot`, `tensordot`
//! and `trace` of the arrays that `operand` makes.

use tgc_graph::prelude::*;

use crate::check::{complaint, gradient_matches, round_trips};

/// The elements (7 i + 13 k) mod 23 - 11, row-major.
fn operand(shape: &[usize], k: usize) -> Array {
    let elements: Vec<i64> =
        (0..shape.iter().product()).map(|i: usize| ((i * 7 + k * 13) % 23) as i64 - 11).collect();
    Array::from_slice(shape, &elements)
}

#[track_caller]
fn same(got: Tensor<'_>, shape: &[usize], elements: &[i64]) {
    assert_eq!(got.eval().unwrap(), Array::from_slice(shape, elements));
}

type Shape = &'static [usize];

#[test]
fn einsum_of_every_kind() {
    let cases: &[(&str, &[Shape], Shape, &[i64])] = &[
        ("ij,jk->ik", &[&[2, 3], &[3, 4]], &[2, 4], &[-83, -75, 94, 10, -33, 140, -55, -20]),
        ("ij,jk", &[&[2, 3], &[3, 2]], &[2, 2], &[27, -126, 69, 81]),
        ("ba", &[&[2, 3]], &[3, 2], &[-11, 10, -4, -6, 3, 1]),
        ("ii", &[&[3, 3]], &[], &[-18]),
        ("ii->i", &[&[3, 3]], &[3], &[-11, -6, -1]),
        ("iij->ji", &[&[2, 2, 3]], &[3, 2], &[-11, 6, -4, -10, 3, -3]),
        ("ijk->", &[&[2, 2, 2]], &[], &[-7]),
        ("i,j->ji", &[&[2], &[3]], &[3, 2], &[-22, -8, -99, -36, 77, 28]),
        ("i,i->i", &[&[3], &[3]], &[3], &[-22, -36, -21]),
        ("i,i", &[&[3], &[3]], &[], &[-79]),
        (",", &[&[], &[]], &[], &[-22]),
        ("i,->i", &[&[3], &[]], &[3], &[-22, -8, 6]),
        (
            "...ij,...jk->...ik",
            &[&[2, 1, 2, 3], &[3, 3, 2]],
            &[2, 3, 2, 2],
            &[
                27, -126, 69, 81, 75, -9, 49, 84, 31, 39, -109, 64, 65, 81, 61, 81, 69, 62, 89, 40, -111, 66,
                -113, 68,
            ],
        ),
        ("...,...", &[&[2, 1], &[3]], &[2, 3], &[-22, -99, 77, -8, -36, 28]),
        ("i...->...", &[&[3, 2, 2]], &[2, 2], &[-18, 3, 1, -1]),
        ("...i", &[&[2, 3]], &[2, 3], &[-11, -4, 3, 10, -6, 1]),
        ("a...b,b", &[&[2, 2, 3], &[3]], &[2, 2], &[-79, -49, -41, -57]),
        ("ij,ij->ij", &[&[1, 3], &[2, 3]], &[2, 3], &[-22, -36, -21, 0, -28, -27]),
        ("ij,jk", &[&[2, 1], &[3, 2]], &[2, 2], &[-22, 0, -8, 0]),
        ("ij,kl,jk->il", &[&[2, 3], &[2, 2], &[3, 2]], &[2, 2], &[-331, 495, -616, -1071]),
        ("ij,jk,kl,lm->im", &[&[2, 3], &[3, 2], &[2, 3], &[3, 2]], &[2, 2], &[396, -8379, 1818, 9618]),
        ("bij,bjk->bik", &[&[2, 2, 3], &[2, 3, 2]], &[2, 2, 2], &[27, -126, 69, 81, 69, 62, 89, 40]),
        ("bij,kj->bik", &[&[2, 2, 3], &[2, 3]], &[2, 2, 2], &[-79, -55, -41, -51, -49, -47, -57, -43]),
        ("abc,abc->b", &[&[2, 3, 2], &[2, 3, 2]], &[3], &[-114, -34, -111]),
        ("i,i,i->", &[&[3], &[3], &[3]], &[], &[86]),
        ("aab,bcc->ac", &[&[2, 2, 3], &[3, 2, 2]], &[2, 2], &[-83, 10, -25, -80]),
        ("ijkl->lkji", &[&[1, 2, 2, 2]], &[2, 2, 2, 1], &[-11, -6, 3, 8, -4, 1, 10, -8]),
        (
            "bhid,bhjd->bhij",
            &[&[1, 2, 2, 3], &[1, 2, 2, 3]],
            &[1, 2, 2, 2],
            &[-79, -55, -41, -51, -45, -66, -29, -84],
        ),
        ("ij,j->", &[&[0, 3], &[3]], &[], &[0]),
        ("ij,jk", &[&[2, 0], &[0, 2]], &[2, 2], &[0, 0, 0, 0]),
    ];
    for (subscripts, shapes, shape, elements) in cases {
        let m = Model::new("m");
        let operands = shapes.iter().enumerate().map(|(k, shape)| m.constant(operand(shape, k)));
        let got = m.einsum(subscripts, operands).eval();
        assert_eq!(got, Ok(Array::from_slice(*shape, elements)), "{subscripts}");
    }
}

#[test]
fn einsum_keeps_the_common_type() {
    let m = Model::new("m");
    let (bytes, flags) = (m.constant([100i8, 100]), m.constant([true, true]));
    assert_eq!(einsum("i->", [bytes]).eval().unwrap(), Array::from(-56i8));
    assert_eq!(einsum("i->", [flags]).eval().unwrap(), Array::from(true));
    assert_eq!(einsum("i,i", [flags, flags]).eval().unwrap(), Array::from(true));
    assert_eq!(einsum("i,j->i", [bytes, m.constant([1i32, 2])]).eval().unwrap(), [300i32, 300].into());
    assert_eq!(einsum("i,j->j", [bytes, m.constant([0.5f32])]).eval().unwrap(), [100f32].into());
}

#[test]
fn sizes_that_callers_give() {
    let m = Model::new("m");
    let (a, b) = (m.lmatrix("a"), m.lmatrix("b"));
    let k = m.dim("K").range(0, 1000);
    let c = m.input("c", I64, [k, k, m.dim("L").range(0, 1000)]);
    let sum = einsum("ij,jk,kil->i", [a, b, c]) + einsum("ii->i", [a.dot(b)]);
    m.function("f").inputs([a, b, c]).output("y", sum).output("t", a.dot(b).trace()).finish().unwrap();
    round_trips(&m);
    let module = m.module();
    let names: Vec<&str> =
        module.functions[0].graph.scope.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    assert_eq!(names, ["a_1", "K", "L"], "the product is square");
}

#[test]
fn sizes_that_disagree_are_named_as_the_author_wrote_them() {
    let text = complaint(|m| {
        let (x, y) = (m.input("x", F32, [m.dim("N").range(2, 3), 4.into()]), m.input("y", F32, [7, 4]));
        einsum("ab,ca->bc", [x, y.t()])
    });
    assert_eq!(
        text,
        "x axis 0 and y axis 0 must have one size, but the range of N is 2..3, without 7; make them agree, or insert an \
         axis of size 1 to broadcast"
    );
}

#[test]
fn mistakes_in_subscripts() {
    let wrong = |subscripts: &'static str| {
        complaint(move |m| {
            let (x, y) = (m.input("x", F64, [2, 3]), m.input("y", F64, [4]));
            einsum(subscripts, [x, y])
        })
    };
    let cases = [
        (
            "ij",
            "there are indices for 1 operands, and 2 operands; separate the indices of operands with commas",
        ),
        (
            "ij,j",
            "the index `j` has the size 3 in `x` (f64[2,3]) and 4 in `y` (f64[4]); give axes that run together one size",
        ),
        (
            "i...,...",
            "an axis of `...` has the size 3 in `x` (f64[2,3]) and 4 in `y` (f64[4]); give axes that run together one size",
        ),
        (
            "i,j",
            "there are 1 indices for `x` (f64[2,3]), which has 2 axes; give each axis an index, or write `...` for axes without one",
        ),
        (
            "ij...,jk...",
            "there are 2 indices for `y` (f64[4]), which has 1 axes; give each axis an index, or write `...` for axes without one",
        ),
        ("ij,k->iz", "the result has the index `z`, which no operand has; use indices of operands"),
        ("ij,k->ii", "the result has the index `i` twice; write it once"),
        (
            "i...,k->i",
            "the result has no place for the axes that `...` stands for; write `...` in the result, or give those axes indices",
        ),
        ("i1,k->i", "`1` is no index; use letters, `,`, `->` and `...`"),
        ("ij,k->i->j", "`-` is no index; use letters, `,`, `->` and `...`"),
        ("i..,k", "a dot is not part of the one ellipsis; write `...` once at most"),
        ("......,k", "a dot is not part of the one ellipsis; write `...` once at most"),
    ];
    for (subscripts, message) in cases {
        assert_eq!(wrong(subscripts), format!("einsum `{subscripts}`: {message}"));
    }
    assert_eq!(complaint(|m| m.einsum("i", [])), "einsum of nothing; give at least one tensor");
    assert_eq!(
        complaint(|m| einsum("ii", [m.input("x", F64, [1, 3])])),
        "einsum `ii`: the index `i` has the size 1 in `x` (f64[1,3]) and 3 in `x` (f64[1,3]); give axes that run together \
         one size"
    );
}

#[test]
fn products_of_all_ranks() {
    let matmuls: &[(Shape, Shape, Shape, &[i64])] = &[
        (&[3], &[3], &[], &[-79]),
        (&[2, 3], &[3], &[2], &[-79, -41]),
        (&[3], &[3, 2], &[2], &[27, -126]),
        (&[2, 3], &[3, 2], &[2, 2], &[27, -126, 69, 81]),
        (&[2, 2, 3], &[3], &[2, 2], &[-79, -41, -49, -57]),
        (&[3], &[2, 3, 2], &[2, 2], &[27, -126, 75, -9]),
        (
            &[2, 1, 2, 3],
            &[2, 3, 2],
            &[2, 2, 2, 2],
            &[27, -126, 69, 81, 75, -9, 49, 84, 65, 81, 61, 81, 69, 62, 89, 40],
        ),
        (&[2, 2, 3], &[1, 3, 2], &[2, 2, 2], &[27, -126, 69, 81, 65, 81, 61, 81]),
        (&[2, 3], &[2, 3, 2], &[2, 2, 2], &[27, -126, 69, 81, 75, -9, 49, 84]),
    ];
    let dots: &[(Shape, Shape, Shape, &[i64])] = &[
        (&[2, 2, 3], &[3, 2], &[2, 2, 2], &[27, -126, 69, 81, 65, 81, 61, 81]),
        (&[2, 3], &[2, 3, 2], &[2, 2, 2], &[27, -126, 75, -9, 69, 81, 49, 84]),
        (&[3], &[2, 3, 2], &[2, 2], &[27, -126, 75, -9]),
        (&[], &[2], &[2], &[-22, -99]),
    ];
    for (a, b, shape, elements) in matmuls {
        let m = Model::new("m");
        same(matmul(m.constant(operand(a, 0)), m.constant(operand(b, 1))), shape, elements);
    }
    for (a, b, shape, elements) in dots {
        let m = Model::new("m");
        same(m.constant(operand(a, 0)).dot(m.constant(operand(b, 1))), shape, elements);
    }
    assert_eq!(
        complaint(|m| matmul(m.constant(2.0), m.constant([1.0]))),
        "matmul of `2.0` (f64[]), which has no axes; multiply with `*`"
    );
}

#[test]
fn tensordot_outer_trace_and_batches() {
    let m = Model::new("m");
    let x = |shape: &[usize], k| m.constant(operand(shape, k));
    same(tensordot(x(&[2, 3], 0), x(&[3, 2], 1), 1), &[2, 2], &[27, -126, 69, 81]);
    same(tensordot(x(&[2, 3, 2], 0), x(&[3, 2, 2], 1), 2), &[2, 2], &[76, -42, 154, 121]);
    same(tensordot(x(&[2], 0), x(&[3], 1), 0), &[2, 3], &[-22, -99, 77, -8, -36, 28]);
    same(tensordot(x(&[2, 3, 2], 0), x(&[2, 2, 3], 1), ([1, 0], [-1, 0])), &[2, 2], &[136, -60, 154, 81]);
    same(outer(x(&[2], 0), x(&[3], 1)), &[2, 3], &[-22, -99, 77, -8, -36, 28]);
    same(outer(x(&[1, 2], 0), x(&[], 1)), &[2, 1], &[-22, -8]);
    same(x(&[2, 2, 3], 0).trace(), &[3], &[-5, -14, 0]);
    same(batched_dot(x(&[2, 2, 3], 0), x(&[2, 3, 2], 1)), &[2, 2, 2], &[27, -126, 69, 81, 69, 62, 89, 40]);
    same(batched_dot(x(&[2, 3], 0), x(&[2, 3], 1)), &[2], &[-79, -51]);
    same(batched_dot(x(&[2], 0), x(&[2, 3], 1)), &[2, 3], &[-22, -99, 77, 0, -28, 36]);
    same(batched_dot(x(&[2, 2, 3], 0), x(&[2, 3], 1)), &[2, 2], &[-79, -41, -47, -43]);
    let complaints = [
        (
            complaint(|m| tensordot(m.constant([1.0]), m.constant([2.0]), 2)),
            "tensordot over 2 axes of `1.0` (f64[1]) and of a tensor with 1; sum over at most as many \
             axes as both have",
        ),
        (
            complaint(|m| tensordot(m.constant([1.0]), m.constant([2.0]), (vec![0], vec![]))),
            "tensordot pairs 1 axes of `1.0` (f64[1]) with 0; name as many axes of both",
        ),
        (
            complaint(|m| tensordot(m.constant([1.0]), m.constant([2.0]), ([0], [1]))),
            "axis 1 of `2.0` (f64[1]) does not exist or is named twice; name axes from -1 to 0, each once",
        ),
        (
            complaint(|m| batched_dot(m.constant([1.0]), m.constant(2.0))),
            "batched_dot of `2.0` (f64[]), which has no axes; give it a first axis",
        ),
    ];
    for (got, want) in complaints {
        assert_eq!(got, want);
    }
}

#[test]
fn gradients_agree_with_differences() {
    gradient_matches("einsum", &[&[2, 3], &[3, 2], &[2, 2]], |_, x| {
        einsum("ij,jk,ki->i", [x[0], x[1], x[2]])
    });
    gradient_matches("a diagonal", &[&[3, 3], &[3]], |_, x| einsum("ii,i->i", [x[0], x[1]]));
    gradient_matches("a broadcast", &[&[2, 1, 3], &[3]], |_, x| einsum("...i,i->...", [x[0], x[1]]));
    gradient_matches("matmul", &[&[2, 1, 2, 3], &[2, 3, 2]], |_, x| matmul(x[0], x[1]));
    gradient_matches("tensordot", &[&[2, 3, 2], &[2, 3]], |_, x| tensordot(x[0], x[1], ([0, 1], [0, 1])));
    gradient_matches("outer", &[&[2], &[3]], |_, x| outer(x[0], x[1]));
    gradient_matches("batched_dot", &[&[2, 2, 3], &[2, 3]], |_, x| batched_dot(x[0], x[1]));
    gradient_matches("trace", &[&[3, 3, 2]], |_, x| x[0].trace());
}
