//! Values of every operation: those that NumPy and mpmath give, kept in `data/values/*.tgc` in the text form,
//! each function with an output `got` and one `want`. The scripts beside them wrote them.

use std::collections::BTreeSet;

use tgc_graph::array::element_to_text;
use tgc_graph::evaluate::{Sizes, evaluate, evaluate_wide};
use tgc_graph::prelude::*;
use tgc_graph::text;
use tgc_scalar::scalar_from_bits_f64;

use crate::check::{names_of, rounded};

/// Cases, and how many units of the last place values may be off. How accurate functions are is not tested
/// here.
const DATA: [(&str, f64); 4] = [
    (include_str!("../data/values/arithmetic.tgc"), 0.0),
    (include_str!("../data/values/shape.tgc"), 0.0),
    (include_str!("../data/values/functions.tgc"), 8.0),
    (include_str!("../data/values/products.tgc"), 4.0),
];

/// The distance of 1 from the next number.
fn epsilon(dtype: DType) -> f64 {
    match dtype.to_real() {
        F16 => 2f64.powi(-10),
        BF16 => 2f64.powi(-7),
        F32 => f64::from(f32::EPSILON),
        F64 => f64::EPSILON,
        _ => 0.0,
    }
}

/// The first element that is further off than some units of the last place, of complex numbers of their
/// magnitude. Where none are allowed the sign of a zero counts; NaN is NaN.
fn differs(got: &Array, want: &Array, ulps: f64) -> Option<String> {
    let (dtype, scalar) = (want.dtype(), want.dtype().scalar_type());
    let is_off = |i: &usize| {
        let parts = |array: &Array| array.get(*i).map(|part| scalar_from_bits_f64(scalar, part));
        let (g, w) = (parts(got), parts(want));
        let tolerance = ulps * epsilon(dtype) * w[0].hypot(if dtype.is_complex() { w[1] } else { 0.0 });
        (0..dtype.parts()).any(|k| {
            let same_bits = got.get(*i)[k] == want.get(*i)[k];
            let same = same_bits || g[k].is_nan() && w[k].is_nan();
            !same && !(ulps > 0.0 && (g[k] == w[k] || (g[k] - w[k]).abs() <= tolerance))
        })
    };
    let first = (0..want.len()).find(is_off)?;
    let [got, want] = [got, want].map(|array| element_to_text(dtype, array.get(first)));
    Some(format!("element {first} is {got}, not {want}"))
}

/// How a case's value differs from what it should be, if it does.
fn problem([got, want]: [&Array; 2], ulps: f64) -> Option<String> {
    let types = [got, want].map(|array| format!("{}{:?}", array.dtype(), array.shape()));
    match types[0] == types[1] {
        true => differs(got, want, ulps),
        false => Some(format!("{}, not {}", types[0], types[1])),
    }
}

/// In the operations' own arithmetic and in double-double.
#[test]
fn values_are_those_of_numpy_and_mpmath() {
    let mut wrong = vec![];
    for (data, ulps) in DATA {
        let module = text::parse(data).unwrap_or_else(|e| panic!("{e}"));
        for function in &module.functions {
            let sizes = Sizes::new();
            let narrow = evaluate(function, &module.shared, &[], &sizes).unwrap().outputs;
            let wide = evaluate_wide(function, &module.shared, &[], &sizes).unwrap().outputs;
            let wide: Vec<Array> = wide.iter().map(rounded).collect();
            let off = problem([&narrow[0], &narrow[1]], ulps);
            wrong.extend(off.map(|off| format!("{}: {off}", function.name)));
            // Of 16-bit floats only the result is rounded, which may meet another half.
            let off = problem([&wide[0], &wide[1]], ulps.max(1.0));
            wrong.extend(off.map(|off| format!("{} in double-double: {off}", function.name)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names of operations whose value is held to data.
pub fn covered() -> BTreeSet<&'static str> {
    let module = |data| text::parse(data).unwrap_or_else(|e| panic!("{e}"));
    DATA.iter().flat_map(|(data, _)| names_of(&module(data))).collect()
}
