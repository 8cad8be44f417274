//! Literals that the type which they stand beside does not hold: comparisons decide exactly, bounds bound
//! nothing, and whatever would compute with them refuses them.

use tgc_graph::prelude::*;

type Build = for<'m> fn(Tensor<'m>) -> Tensor<'m>;

fn value(x: impl Into<Array>, build: Build) -> Array {
    let m = Model::new("m");
    build(m.constant(x)).eval().unwrap_or_else(|e| panic!("{e}"))
}

fn refusal(x: impl Into<Array>, build: Build) -> String {
    let m = Model::new("m");
    build(m.constant(x)).eval().unwrap_err().to_string()
}

#[test]
fn comparisons_decide_exactly() {
    for (build, want) in [
        ((|x| x.lt(300)) as Build, true),
        (|x| x.le(255), true),
        (|x| x.gt(-1), true),
        (|x| x.ge(256), false),
        (|x| x.eq(300), false),
        (|x| x.eq(-1), false),
        (|x| x.neq(299), true),
    ] {
        assert_eq!(value([0u8, 5, 44, 255], build), [want; 4].into());
    }
    assert_eq!(value([-128i8, 127], |x| x.lt(128)), [true, true].into());
    assert_eq!(value([-128i8, 127], |x| x.ge(-129)), [true, true].into());
    assert_eq!(value([i16::MIN, i16::MAX], |x| x.gt(i64::MIN)), [true, true].into());
    assert_eq!(value([u32::MAX], |x| x.lt(1 << 32)), [true].into());
    assert_eq!(value([u64::MAX, 0], |x| x.gt(-1)), [true, true].into());
    assert_eq!(value([u64::MAX, 1 << 63], |x| x.le(i64::MAX)), [false, false].into());
    assert_eq!(value([i64::MAX, i64::MIN], |x| x.ge(i64::MIN)), [true, true].into());
    assert_eq!(value([true, false], |x| x.lt(300)), [true, true].into());
}

#[test]
fn floats_compare_with_what_is_beyond_their_range() {
    assert_eq!(value([1f32, f32::INFINITY], |x| x.le(1e300)), [true, false].into());
    assert_eq!(value([f32::INFINITY, f32::NEG_INFINITY], |x| x.eq(1e300)), [false, false].into());
    assert_eq!(value([f32::INFINITY, f32::NEG_INFINITY], |x| x.gt(-1e300)), [true, false].into());
    assert_eq!(value([half::f16::MAX, half::f16::INFINITY], |x| x.lt(100_000)), [true, false].into());
    // Within the range a literal rounds to the type: 0.1 is the 0.1 of the type.
    assert_eq!(value([0.1f32], |x| x.eq(0.1)), [true].into());
}

#[test]
fn bounds_beyond_the_type_bound_nothing() {
    let x = [0u8, 44, 255];
    assert_eq!(value(x, |x| x.clip(-1, 300)), x.into());
    assert_eq!(value(x, |x| x.clip(3, 300)), [3u8, 44, 255].into());
    assert_eq!(value(x, |x| x.maximum(-1)), x.into());
    assert_eq!(value(x, |x| x.minimum(300)), x.into());
    assert_eq!(value([i64::MIN, 1], |x| x.clip(i64::MIN, i64::MAX)), [i64::MIN, 1].into());
    assert_eq!(value([u64::MAX, 1], |x| x.clip(-1, i64::MAX)), [i64::MAX as u64, 1].into());
    assert_eq!(value([-100i8, 100], |x| x.clip(-1000, 50)), [-100i8, 50].into());
    assert_eq!(value([1e38f32, -2.0], |x| x.clip(-1e300, 1e300)), [1e38f32, -2.0].into());
}

#[test]
fn what_computes_with_a_literal_refuses_it() {
    let text = refusal([1u8], |x| x + 300);
    assert!(text.contains("compiler/graph/tests/literals.rs:"), "{text}");
    let words = "the literal 300 is no u8, the element type that `1` (u8[1]) has or is converted to; \
                 write one from 0 to 255, or cast `1` (u8[1]) to a type that holds it";
    assert!(text.contains(words), "{text}");
    let builds: [Build; 22] = [
        |x| x - 256,
        |x| 300 * x,
        |x| x * -1,
        |x| x.int_div(1000),
        |x| x % 256,
        |x| x.pow(-1),
        |x| x.pow(300),
        |x| x & 256,
        |x| x | -1,
        |x| x << 256,
        |x| x.maximum(256),
        |x| x.minimum(-1),
        |x| x.clip(256, 300),
        |x| x.clip(-2, -1),
        |x| x.gt(1).switch(x, 300),
        |x| x.set_subtensor(0, 300),
        |x| x.inc_subtensor(0, -1),
        |x| x.pad_constant([(1, 1)], 256),
        |x| x.full_like(256),
        |x| x.expand_dims(0).set_diagonal(-1, 0),
        |x| 300 - x,
        |x| x.full_like(256.0),
    ];
    for (number, build) in builds.into_iter().enumerate() {
        let text = refusal([1u8], build);
        assert!(text.contains("the literal ") && text.contains(" is no u8"), "{number}: {text}");
    }
    for (text, literal) in [
        (refusal([1f32], |x| x * 1e300), "the literal 1e300 is no f32"),
        (refusal([half::f16::ONE], |x| x + 100_000), "the literal 100000 is no f16"),
        (refusal([half::f16::ONE], |x| x - 1e5), "write one of magnitude up to 65504"),
        (refusal([half::bf16::ONE], |x| -1e39 * x), "the literal -1e39 is no bf16"),
        (refusal([1f32], |x| x.maximum(1e39)), "the literal 1e39 is no f32"),
        (refusal([1i64], |x| x.cast(U64) + -1), "the literal -1 is no u64"),
    ] {
        assert!(text.contains(literal), "{text}");
    }
}

#[test]
fn literals_at_the_ends_are_held() {
    assert_eq!(value([0u8], |x| x + 255), [255u8].into());
    assert_eq!(value([0i8], |x| x + -128), [-128i8].into());
    assert_eq!(value([0u64], |x| x + i64::MAX), [i64::MAX as u64].into());
    assert_eq!(value([0i64], |x| x + i64::MIN), [i64::MIN].into());
    assert_eq!(value([true], |x| x + 300), [301i64].into());
    assert_eq!(value([1u8], |x| x * 0.5), [0.5].into());
    assert_eq!(value([1f32], |x| x * f64::INFINITY), [f32::INFINITY].into());
    assert_eq!(value([1f32], |x| x * 1e-300), [0f32].into());
}
