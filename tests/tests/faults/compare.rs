//! Values against what is right.

use tgc_graph::array::Array;
use tgc_graph::dtype::Kind;
use tgc_graph::text::element_to_text;
use tgc_scalar::{ScalarType, scalar_from_bits_f64};

use crate::case::Tolerance;

/// How a value differs from the right one of its type, if it does.
pub fn difference(got: &Array, right: &Array, tolerance: Tolerance) -> Option<String> {
    if got.shape() != right.shape() {
        return Some(format!("has the shape {:?}, not {:?}", got.shape(), right.shape()));
    }
    let dtype = right.dtype();
    let is_float = matches!(dtype.kind(), Kind::Float | Kind::Complex);
    let holds = |got: u64, right: u64| match is_float {
        true => is_close(dtype.scalar_type(), got, right, tolerance),
        false => got == right,
    };
    let is_wrong = |i: &usize| {
        let (got, right) = (got.get(*i), right.get(*i));
        (0..dtype.parts()).any(|part| !holds(got[part], right[part]))
    };
    let wrong: Vec<usize> = (0..right.len()).filter(is_wrong).collect();
    let first = *wrong.first()?;
    let [shown, right_one] = [got, right].map(|array| element_to_text(dtype, array.get(first)));
    let others =
        if wrong.len() > 1 { format!(", and {} more differ", wrong.len() - 1) } else { String::new() };
    Some(format!("at {:?} is {shown}, not {right_one}{others}", indices(right.shape(), first)))
}

fn is_close(scalar: ScalarType, got: u64, right: u64, tolerance: Tolerance) -> bool {
    let [g, r] = [got, right].map(|bits| scalar_from_bits_f64(scalar, bits));
    if g.is_nan() || r.is_nan() {
        return g.is_nan() && r.is_nan();
    }
    if r == 0.0 && r.is_sign_negative() && !(g == 0.0 && g.is_sign_negative()) {
        return false;
    }
    g == r
        || match tolerance {
            Tolerance::Ulps(most) => rank(scalar, got).abs_diff(rank(scalar, right)) <= most,
            Tolerance::Relative(most) => g.is_finite() && (g - r).abs() <= most * r.abs(),
        }
}

/// The place of a number among all of its type, 0 at zero.
fn rank(scalar: ScalarType, bits: u64) -> i64 {
    let magnitude = (bits & !(1 << (scalar.bits() - 1))) as i64;
    if bits >> (scalar.bits() - 1) & 1 == 1 { -magnitude } else { magnitude }
}

/// Of an element in row-major order.
fn indices(shape: &[usize], mut element: usize) -> Vec<usize> {
    let mut indices = vec![0; shape.len()];
    for (index, size) in indices.iter_mut().zip(shape).rev() {
        (*index, element) = (element % size, element / size);
    }
    indices
}

#[test]
fn tolerances_are_kept() {
    let one = |value: f32| Array::from(value);
    let next = |value: f32, steps: u32| one(f32::from_bits(value.to_bits() + steps));
    let none = |got: &Array, right: &Array, tolerance| difference(got, right, tolerance).is_none();
    assert!(none(&one(f32::NAN), &one(-f32::NAN), Tolerance::Ulps(0)));
    assert!(
        none(&one(-0.0), &one(0.0), Tolerance::Ulps(0)) && !none(&one(0.0), &one(-0.0), Tolerance::Ulps(9))
    );
    assert!(
        none(&next(1.0, 2), &one(1.0), Tolerance::Ulps(2))
            && !none(&next(1.0, 3), &one(1.0), Tolerance::Ulps(2))
    );
    assert!(
        none(&one(1.01), &one(1.0), Tolerance::Relative(0.011))
            && !none(&one(1.01), &one(1.0), Tolerance::Relative(0.009))
    );
    assert!(!none(&one(f32::INFINITY), &one(f32::MAX), Tolerance::Relative(1.0)));
    assert!(!none(&one(f32::NAN), &one(1.0), Tolerance::Relative(1.0)));
    let text = difference(&[[1i8, 2], [3, 4]].into(), &[[1i8, 2], [0, 5]].into(), Tolerance::Ulps(0));
    assert_eq!(text.unwrap(), "at [1, 0] is 3, not 0, and 1 more differ");
    let text = difference(&[1i8, 2].into(), &[1i8].into(), Tolerance::Ulps(0));
    assert_eq!(text.unwrap(), "has the shape [2], not [1]");
}
