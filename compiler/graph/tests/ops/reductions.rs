//! Reductions and scans: NumPy's values, reductions merged in any order, messages, gradients.

use std::collections::BTreeSet;

use tgc_graph::array::element_to_text;
use tgc_graph::builder::{Along, Reduce};
use tgc_graph::evaluate::{Sizes, evaluate_wide};
use tgc_graph::graph::Graph;
use tgc_graph::kernel::{Kernel, Reduction};
use tgc_graph::ops::{self, Op};
use tgc_graph::prelude::*;
use tgc_scalar::{Dd, Program, scalar_from_bits_f64};

use crate::check;

fn reduce<'m>(name: &str, x: Reduce<'m>) -> Tensor<'m> {
    match name {
        "sum" => x.sum(),
        "prod" => x.prod(),
        "mean" => x.mean(),
        "var" => x.var(),
        "std" => x.std(),
        "norm" => x.norm(),
        "norm1" => x.norm_ord(1.0),
        "norm3" => x.norm_ord(3.0),
        "norminf" => x.norm_ord(f64::INFINITY),
        "max" => x.max(),
        "min" => x.min(),
        "ptp" => x.ptp(),
        "logsumexp" => x.logsumexp(),
        "supremum" => x.supremum(),
        "argmax" => x.argmax(),
        "argmin" => x.argmin(),
        "any" => x.any(),
        "all" => x.all(),
        _ => panic!("the data has another operation, {name}"),
    }
}

fn run<'m>(name: &str, x: Along<'m>) -> Tensor<'m> {
    match name {
        "cumsum" => x.cumsum(),
        "cumprod" => x.cumprod(),
        _ => panic!("the data has another operation, {name}"),
    }
}

/// `f64 [2,3] : 1.0 …`
fn parse_array(text: &str) -> Array {
    let (ty, elements) = text.split_once(':').unwrap();
    let (dtype, shape) = ty.trim().split_once(' ').unwrap();
    let dtype = DType::from_name(dtype).unwrap();
    let shape: Vec<usize> = parse_axes(shape).into_iter().map(|n| n as usize).collect();
    let mut array = Array::zeros_of(dtype, shape);
    for (i, element) in elements.split_whitespace().enumerate() {
        let mut parts = [0; 2];
        for (part, number) in parts.iter_mut().zip(element.split('_')) {
            *part = match dtype.scalar_type() {
                scalar if scalar.is_float() => {
                    let value = ops::Constant::splat(dtype.to_real(), vec![], number.parse().unwrap());
                    value.as_splat().unwrap()[0]
                }
                _ => number.parse::<i128>().unwrap() as u64 & (u64::MAX >> (64 - dtype.scalar_type().bits())),
            };
        }
        array.set(i, parts);
    }
    array
}

/// `[0,-1]`
fn parse_axes(text: &str) -> Vec<i64> {
    let inner = text.trim().trim_start_matches('[').trim_end_matches(']');
    inner.split(',').filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect()
}

/// Equal but for rounding: integers exactly; NaN is NaN, and zeros are equal.
fn assert_close(got: &Array, want: &Array, context: &str) {
    assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{context}");
    let tolerance = match want.dtype() {
        F16 => 1e-3,
        F32 | C64 => 1.2e-7,
        F64 | C128 => 1e-14,
        _ => 0.0,
    };
    for i in 0..want.len() {
        for part in 0..want.dtype().parts() {
            let value = |array: &Array| scalar_from_bits_f64(want.dtype().scalar_type(), array.get(i)[part]);
            let (g, w) = (value(got), value(want));
            let close = match tolerance {
                0.0 => got.get(i)[part] == want.get(i)[part],
                _ => g == w || g.is_nan() && w.is_nan() || (g - w).abs() <= tolerance * (1.0 + w.abs()),
            };
            assert!(close, "{context}: element {i} is {}", element_to_text(got.dtype(), got.get(i)));
        }
    }
}

/// A line of `reductions.txt`, which `reductions.py` wrote with NumPy: an operation of a constant, and its
/// value.
fn case<'m>(m: &'m Model, line: &str) -> (Tensor<'m>, Array) {
    let mut fields = line.split(" | ");
    let (name, operand) = fields.next().unwrap().split_once(' ').unwrap();
    let (operand, axes, want) = (parse_array(operand), fields.next().unwrap(), fields.next().unwrap());
    let x = m.constant(operand);
    let y = match name.starts_with("cum") {
        true => run(name, x.along(parse_axes(axes)[0])),
        false => {
            let (axes, keepdims) = match axes.strip_suffix(" keepdims") {
                Some(axes) => (axes, true),
                None => (axes, false),
            };
            let over = if axes == "-" { x.reduce() } else { x.reduce().over(parse_axes(axes)) };
            reduce(name, if keepdims { over.keepdims() } else { over })
        }
    };
    (y, parse_array(want))
}

const CASES: &str = include_str!("../data/reductions.txt");

/// The names of operations whose value is held to data.
pub fn covered() -> BTreeSet<&'static str> {
    let m = Model::new("m");
    check::names(&m, CASES.lines().map(|line| case(&m, line).0))
}

/// In the operations' own arithmetic and in double-double.
#[test]
fn values_are_those_of_numpy() {
    for line in CASES.lines() {
        let m = Model::new("m");
        let (y, want) = case(&m, line);
        m.function("f").output("y", y).finish().unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_close(&y.eval().unwrap(), &want, line);
        let module = m.module();
        let wide = evaluate_wide(&module.functions[0], &[], &[], &Sizes::new()).unwrap().outputs.remove(0);
        let rounded = check::rounded(&wide);
        assert_close(&rounded, &want, &format!("in double-double, {line}"));
    }
    assert!(CASES.lines().count() > 900, "{} cases", CASES.lines().count());
}

/// The kernel of a reduction over the only axis.
fn kernel(op: impl Into<Op>, x: &Array) -> Reduction {
    let mut graph = Graph::default();
    let x = graph.constant(x.clone());
    let node = graph.op_node(op, &[x]);
    match graph.kernel(node) {
        Kernel::Reduce(reduction) => reduction,
        other => panic!("{other:?}"),
    }
}

fn run_program(program: &Program, params: &[[u64; 2]]) -> Vec<[u64; 2]> {
    let (mut scratch, mut parts) = (vec![], vec![]);
    program.legalize().run(params, &mut scratch, &mut parts);
    let mut parts = parts.into_iter();
    let mut element = |count: usize| {
        let first = parts.next().unwrap();
        [first, if count == 2 { parts.next().unwrap() } else { first }]
    };
    program.results.iter().map(|e| element(e.parts().len())).collect()
}

/// The reduction of an array's elements as a tree: `lanes` reductions of every so manieth element, merged
/// from the last on.
fn reduce_in_lanes(reduction: &Reduction, x: &Array, lanes: usize) -> [u64; 2] {
    let init = reduction.init.clone();
    let fold = |scalar: usize| {
        (scalar..x.len()).step_by(lanes).fold(init.clone(), |accumulators, i| {
            let mut params = vec![x.get(i)];
            params.extend(reduction.indexed.then_some([i as u64, 0]));
            let values = run_program(&reduction.prepare, &params);
            run_program(&reduction.step, &[accumulators, values].concat())
        })
    };
    let merge = |a: Vec<_>, b: Vec<_>| run_program(&reduction.merge, &[a, b].concat());
    let merged = (0..lanes).rev().map(fold).fold(init.clone(), merge);
    run_program(&reduction.finish, &merged)[0]
}

/// Reductions that round nothing give the same bits in whatever order they are merged.
#[test]
fn merging_in_any_order_gives_the_same_bits() {
    let nan = f64::NAN;
    let rows = [
        [1.0, 3.0, -2.0, 3.0, 3.0, -2.0, 0.0],
        [nan, 3.0, nan, 3.0, 9.0, -2.0, 0.0],
        [1.0, 3.0, -2.0, 3.0, 9.0, -2.0, nan],
        [0.0, -0.0, -0.0, 0.0, -0.0, 0.0, -0.0],
        [-0.0, -0.0, -0.0, -0.0, -0.0, -0.0, 0.0],
        [f64::NEG_INFINITY; 7],
        [f64::INFINITY; 7],
        [f64::INFINITY, nan, 0.0, f64::NEG_INFINITY, nan, 1.0, 2.0],
    ];
    for op in ORDERED {
        for dtype in [Bool, I8, U16, I64, F16, F32, F64] {
            for row in rows {
                let x = cast_array(&Array::from(row), dtype);
                let reduction = kernel(op(), &x);
                let canonical = |bits: [u64; 2], result: DType| {
                    let value = scalar_from_bits_f64(result.scalar_type(), bits[0]);
                    if result.is_float() && value.is_nan() { u64::MAX } else { bits[0] }
                };
                let result = reduction.finish.results[0].dtype;
                let want = canonical(reduce_in_lanes(&reduction, &x, 1), result);
                for lanes in [2, 3, 4, 7, 9] {
                    let got = canonical(reduce_in_lanes(&reduction, &x, lanes), result);
                    assert_eq!(got, want, "{:?} of {x:?} in {lanes} lanes", op());
                }
            }
        }
    }
}

const ORDERED: [fn() -> Op; 6] = [
    || ops::Max { axes: vec![0] }.into(),
    || ops::Min { axes: vec![0] }.into(),
    || ops::Argmax { axes: vec![0] }.into(),
    || ops::Argmin { axes: vec![0] }.into(),
    || ops::Any { axes: vec![0] }.into(),
    || ops::All { axes: vec![0] }.into(),
];

fn cast_array(x: &Array, dtype: DType) -> Array {
    let m = Model::new("m");
    m.constant(x.clone()).cast(dtype).eval().unwrap()
}

/// The value of an expression of one constant.
fn value(x: impl Into<Array>, build: impl for<'m> Fn(Tensor<'m>) -> Tensor<'m>) -> Array {
    let m = Model::new("m");
    build(m.constant(x)).eval().unwrap()
}

#[test]
fn a_dtype_comes_before_the_reduction() {
    let x = [100i8, 100, 100];
    assert_eq!(value(x, |x| x.sum()), 300i64.into());
    assert_eq!(value(x, |x| x.reduce().dtype(I8).sum()), 44i8.into());
    assert_eq!(value(x, |x| x.reduce().dtype(F32).sum()), 300f32.into());
    assert_eq!(value(x, |x| x.reduce().dtype(F32).keepdims().mean()), [100f32].into());
    assert_eq!(value([2f32, 0.5], |x| x.reduce().dtype(F64).prod()), 1f64.into());
    assert_eq!(value([0.5, 0.25], |x| x.reduce().dtype(I32).any()), false.into());
    assert_eq!(value([0.5, 1.25, 1.0], |x| x.reduce().dtype(U8).argmax()), 1i64.into());
}

#[test]
fn narrow_floats_are_rounded_once() {
    // In f32 itself, 2^24 + 1 + 1 would stay 2^24, and the product would overflow on the way.
    assert_eq!(value([16777216f32, 1.0, 1.0], |x| x.sum()), 16777218f32.into());
    assert_eq!(value([16777216f32, 1.0, 1.0], |x| x.cumsum(0)), [16777216f32, 16777216.0, 16777218.0].into());
    assert_eq!(value([1e30f32, 1e30, 1e-30], |x| x.prod()), 1e30f32.into());
    let products = [1e30f32, f32::INFINITY, 1e30];
    assert_eq!(value([1e30f32, 1e30, 1e-30], |x| x.cumprod(0)), products.into());
}

#[test]
fn the_author_is_told_what_is_wrong() {
    let m = Model::new("m");
    let n = m.dim("N");
    let x = m.input("x", F32, [n, 3.into()]);
    let z = m.input("z", C64, [n]);
    let diagnostics = |y: Tensor<'_>| y.eval().unwrap_err().to_string();
    let last = |y: Tensor<'_>| diagnostics(y).lines().last().unwrap().split_once(": ").unwrap().1.to_owned();
    assert_eq!(
        last(x.sum_over([2])),
        "axis 2 of `x` (f32[N,3]) does not exist or is named twice; name axes from -2 to 1, each once"
    );
    assert_eq!(
        last(x.reduce().over([0, -2]).prod()),
        "axis -2 of `x` (f32[N,3]) does not exist or is named twice; name axes from -2 to 1, each once"
    );
    assert_eq!(
        last(x.cumsum(-3)),
        "axis -3 of `x` (f32[N,3]) does not exist or is named twice; name axes from -2 to 1, each once"
    );
    assert_eq!(
        last(m.constant(1.0).cumsum(0)),
        "axis 0 of `1.0` (f64[]) does not exist or is named twice; it has no axes"
    );
    assert_eq!(
        last(z.argmax()),
        "argmax of `z` (c64[N]): complex elements have no order; reduce its real part, or its absolute value"
    );
    assert_eq!(
        last(m.constant(Array::zeros::<f32>([2, 0])).argmin_over([1])),
        "argmin over axis 1 of `0.0` (f32[2,0]), which can be empty, has no value; \
         give the axis a size or range of at least 1"
    );
    assert_eq!(
        last(x.along(0).recurrence(z)),
        "the factors `z` (c64[N]) and the terms `x` (f32[N,3]) of a recurrence have different ranks; \
         insert axes with dimshuffle"
    );
}

/// An axis that a call may leave empty gets the range that the reduction needs; the call is refused.
#[test]
fn empty_axes_are_refused_at_the_call() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let call = |y: Tensor<'_>| y.eval_with([(x, Array::zeros::<f64>([0]))]).map_err(|e| e.to_string());
    assert_eq!(call(x.argmax()).unwrap_err(), "eval: x_0=0, allowed 1..1048576");
    assert_eq!(call(x.prod()), Ok(1.0.into()));
    assert_eq!(call(x.cumprod(0)), Ok(Array::zeros::<f64>([0])));
}

/// Where there are elements it is their maximum, with its gradient.
#[test]
fn suprema_have_values_without_elements() {
    assert_eq!(value([[1.0, 4.0], [3.0, 2.0]], |x| x.supremum_over([0])), [3.0, 4.0].into());
    assert_eq!(value(Array::zeros::<i8>([0]), |x| x.supremum()), (-128i8).into());
    assert_eq!(value([2.0, 5.0, 5.0], |x| grad(x.supremum(), x)), [0.0, 0.5, 0.5].into());
    assert_eq!(value(Array::zeros::<f64>([0]), |x| grad(x.supremum(), x)), Array::zeros::<f64>([0]));
}

#[test]
fn recurrences_carry_on() {
    let b = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(value(b, |b| b.recurrence(0.5, 1)), [[1.0, 2.5, 4.25], [4.0, 7.0, 9.5]].into());
    assert_eq!(value(b, |b| b.recurrence(0.5, 0)), [[1.0, 2.0, 3.0], [4.5, 6.0, 7.5]].into());
    assert_eq!(
        value(b, |b| b.along(-1).reverse().recurrence(b)),
        [[9.0, 8.0, 3.0], [144.0, 35.0, 6.0]].into()
    );
    assert_eq!(
        value(b, |b| b.along(1).exclusive().recurrence(2)),
        [[0.0, 1.0, 4.0], [0.0, 4.0, 13.0]].into()
    );
    // The first factor counts for nothing.
    let factors = [f64::NAN, 2.0, 0.0];
    let m = Model::new("m");
    let (a, b) = (m.constant(factors), m.constant([1.0, 1.0, 1.0]));
    assert_eq!(b.recurrence(a, 0).eval().unwrap(), [1.0, 3.0, 1.0].into());
    assert_eq!(value([1i8, 100, 100], |b| b.recurrence(2, 0)), [1i8, 102, 48].into());
    assert_eq!(value([true, false, false], |b| b.recurrence(b, 0)), [true, false, false].into());
}

/// Holds ∂(Σ w y)/∂x to central differences in double-double arithmetic.
fn check_gradient(name: &str, x: &[f64], shape: [usize; 2], build: for<'m> fn(Tensor<'m>) -> Tensor<'m>) {
    let m = Model::new("m");
    let input = m.input("x", F64, shape.map(|n| n as i64));
    let y = build(input);
    let weights: Vec<f64> = (0..x.len()).map(|i| 0.3 + (i as f64 * 1.3).cos()).collect();
    let size = y.ty().unwrap().shape.iter().map(|n| n.as_const().unwrap() as usize).collect::<Vec<_>>();
    let count = size.iter().product::<usize>();
    let cost = (y * m.constant(Array::from_slice(size, &weights[..count]))).sum();
    let outputs = [("cost", cost), ("gradient", grad(cost, input))];
    m.function("f").inputs([input]).outputs(outputs).finish().unwrap_or_else(|e| panic!("{name}: {e}"));
    let module = m.module();
    let wide = |x: &[f64]| {
        let input = Array::from_slice(shape, x);
        evaluate_wide(&module.functions[0], &[], &[input], &Sizes::new()).unwrap().outputs
    };
    let gradient = wide(x).remove(1);
    let h = 2f64.powi(-30);
    for i in 0..x.len() {
        let moved = |by: f64| {
            let mut moved = x.to_vec();
            moved[i] += by;
            wide(&moved)[0].elements[0][0].real()
        };
        let difference = ((moved(h) - moved(-h)) / Dd::from(2.0 * h)).hi;
        let got = gradient.elements[i][0].real().hi;
        assert!(
            (difference - got).abs() <= 1e-12 * (1.0 + got.abs()),
            "{name} at {x:?}, element {i}: {got}, differences give {difference}"
        );
    }
}

type Build = for<'m> fn(Tensor<'m>) -> Tensor<'m>;

/// The gradient of a sum of squares: makes a second order of a first.
fn slope<'m>(x: Tensor<'m>, y: Tensor<'m>) -> Tensor<'m> {
    grad((y * y * 0.5 + y).sum(), x)
}

#[test]
fn gradients_agree_with_differences() {
    let smooth: &[(&str, Build)] = &[
        ("sum", |x| x.sum_over([1]) * x.sum()),
        ("mean", |x| x.mean_over([0])),
        ("sum keepdims", |x| x.reduce().over([1]).keepdims().sum() * x),
        ("prod", |x| x.prod()),
        ("prod over 0", |x| x.prod_over([0])),
        ("prod over 1", |x| x.prod_over([1])),
        ("prod over none", |x| x.prod_over([])),
        ("prod twice", |x| slope(x, x.prod())),
        ("prod over 1 twice", |x| slope(x, x.prod_over([1]))),
        ("prod thrice", |x| slope(x, slope(x, x.prod_over([-1])))),
        ("var", |x| x.var()),
        ("var over 0", |x| x.var_over([0])),
        ("var with one degree less", |x| x.reduce().over([1]).var_ddof(1)),
        ("var twice", |x| slope(x, x.var_over([1]))),
        ("std", |x| x.std()),
        ("std over 1", |x| x.reduce().over([1]).std_ddof(1)),
        ("norm", |x| x.norm()),
        ("norm over 0", |x| x.norm_over([0])),
        ("logsumexp", |x| x.logsumexp()),
        ("logsumexp over 0", |x| x.logsumexp_over([0])),
        ("logsumexp twice", |x| slope(x, x.logsumexp_over([1]))),
        ("cumsum", |x| x.cumsum(1)),
        ("cumsum reverse exclusive", |x| x.along(0).reverse().exclusive().cumsum()),
        ("cumsum twice", |x| slope(x, x.cumsum(0))),
        ("cumprod", |x| x.cumprod(1)),
        ("cumprod reverse", |x| x.along(1).reverse().cumprod()),
        ("cumprod exclusive", |x| x.along(1).exclusive().cumprod()),
        ("cumprod reverse exclusive", |x| x.along(1).reverse().exclusive().cumprod()),
        ("cumprod twice", |x| slope(x, x.cumprod(1))),
        ("cumprod exclusive twice", |x| slope(x, x.along(1).exclusive().cumprod())),
        ("cumprod thrice", |x| slope(x, slope(x, x.along(1).reverse().cumprod()))),
        ("recurrence terms", |x| x.recurrence(0.7, 1)),
        ("recurrence factors", |x| (x * x + 1.0).recurrence(x, 1)),
        ("recurrence reverse", |x| (x * x + 1.0).along(1).reverse().recurrence(x)),
        ("recurrence exclusive", |x| (x * x + 1.0).along(1).exclusive().recurrence(x)),
        ("recurrence twice", |x| slope(x, (x * x + 1.0).along(1).reverse().recurrence(x))),
        ("recurrence exclusive twice", |x| slope(x, (x * x + 1.0).along(1).exclusive().recurrence(x))),
    ];
    let points = [
        vec![0.8, -1.3, 0.4, 1.7, -0.6, 1.1, 0.9, -1.2],
        vec![0.8, -1.3, 0.0, 1.7, -0.6, 1.1, 0.9, -1.2],
        vec![0.8, 0.0, 0.0, 1.7, -0.6, 0.0, 0.9, 0.0],
        vec![0.0; 8],
    ];
    for (name, build) in smooth {
        for point in &points {
            check_gradient(name, point, [2, 4], *build);
        }
    }
    let kinked: &[(&str, Build)] = &[
        ("any", |x| x.any().cast(F64) * x),
        ("argmax", |x| x.argmax_over([1]).cast(F64) * x.sum_over([1])),
        ("norm of a factor", |x| x.norm() * x),
    ];
    for (name, build) in kinked {
        check_gradient(name, &points[0], [2, 4], *build);
    }
}

#[test]
fn gradients_of_products_hold_at_zeros_in_every_float() {
    for dtype in [F16, BF16, F32, F64] {
        let slope = |x: [f64; 3], build: Build| {
            let m = Model::new("m");
            let x = m.constant(cast_array(&x.into(), dtype));
            let slope = grad(build(x), x);
            assert_eq!(slope.ty().unwrap().dtype, dtype);
            slope.cast(F64).eval().unwrap()
        };
        assert_eq!(slope([2.0, 3.0, 4.0], |x| x.prod()), [12.0, 8.0, 6.0].into(), "{dtype}");
        assert_eq!(slope([2.0, 0.0, 4.0], |x| x.prod()), [0.0, 8.0, 0.0].into(), "{dtype}");
        assert_eq!(slope([0.0, 3.0, 0.0], |x| x.prod()), [0.0, 0.0, 0.0].into(), "{dtype}");
        assert_eq!(slope([2.0, 0.0, 4.0], |x| x.cumprod(0).sum()), [1.0, 10.0, 0.0].into(), "{dtype}");
    }
    // The others' product is in range though that of those before is not.
    let m = Model::new("m");
    let x = m.constant([1e30f32, 1e30, 1e-30, 1e-30]);
    assert_eq!(grad(x.prod(), x).eval().unwrap(), [1e-30f32, 1e-30, 1e30, 1e30].into());
}

#[test]
fn ties_share_the_gradient() {
    let x = [[2.0, 2.0, 1.0], [1.0, 3.0, 1.0]];
    assert_eq!(value(x, |x| grad(x.max_over([1]).sum(), x)), [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0]].into());
    let third = 1.0 / 3.0;
    assert_eq!(value(x, |x| grad(x.min(), x)), [[0.0, 0.0, third], [third, 0.0, third]].into());
    assert_eq!(value(x, |x| grad(x.supremum(), x)), [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0]].into());
    assert_eq!(value(x, |x| grad(x.ptp_over([0]).sum(), x)), [[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0]].into());
    assert_eq!(
        value([1.0, -1.0, 0.5], |x| grad(x.reduce().norm_ord(f64::INFINITY), x)),
        [0.5, -0.5, 0.0].into()
    );
    let infinite = [f64::INFINITY, 1.0, f64::INFINITY];
    assert_eq!(value(infinite, |x| grad(x.max(), x)), [0.5, 0.0, 0.5].into());
    // More of them than the type can count.
    let m = Model::new("m");
    let half = m.constant(Array::zeros::<half::f16>([1 << 17]));
    let share = grad(half.max() * 32768.0, half).eval().unwrap();
    assert_eq!(share.get(0), Array::from(half::f16::from_f64(0.25)).get(0));
    // Only what equals NaN could get it, and nothing does.
    assert_eq!(value([1.0, f64::NAN], |x| grad(x.max(), x)), [0.0, 0.0].into());
}

#[test]
fn extremes_of_zeros_have_their_signs() {
    let bits = |x: [f64; 3], build: Build| value(x, build).get(0)[0];
    for (x, max, min) in [
        ([-0.0, 0.0, -0.0], 0f64, -0f64),
        ([0.0, -0.0, 0.0], 0.0, -0.0),
        ([-0.0, -0.0, -0.0], -0.0, -0.0),
        ([0.0, 0.0, 0.0], 0.0, 0.0),
        ([-1.0, -0.0, 0.0], 0.0, -1.0),
        ([1.0, 0.0, -0.0], 1.0, -0.0),
    ] {
        assert_eq!(bits(x, |x| x.max()), max.to_bits(), "{x:?}");
        assert_eq!(bits(x, |x| x.min()), min.to_bits(), "{x:?}");
    }
}

/// Though the mean of equal elements is rounded, their variance is exactly 0, and so is its gradient.
#[test]
fn equal_elements_do_not_vary() {
    for count in [1, 2, 3, 7, 10, 1000, 4099] {
        for element in [0.1, 1e15 / 3.0, -1e-300 / 7.0, 1e300 / 3.0, 5e-324] {
            let x = vec![element; count];
            assert_eq!(value(x.clone(), |x| x.var()), 0.0.into(), "{count} times {element}");
            let single: Vec<f32> = x.iter().map(|x| *x as f32).filter(|x| x.is_finite()).collect();
            if !single.is_empty() {
                assert_eq!(value(single.clone(), |x| x.var()), 0f32.into(), "{count} times {element}");
            }
            assert_eq!(value(x.clone(), |x| x.std()), 0.0.into(), "{count} times {element}");
            assert_eq!(
                value(x.clone(), |x| grad(x.std(), x)),
                vec![0.0; count].into(),
                "{count} times {element}"
            );
            assert_eq!(value(x, |x| grad(x.var(), x)), vec![0.0; count].into(), "{count} times {element}");
        }
    }
}

#[test]
fn norms_of_zeros_have_a_gradient() {
    assert_eq!(value([0.0, 0.0], |x| grad(x.norm(), x)), [0.0, 0.0].into());
    assert_eq!(value([0.0, 2.0], |x| grad(x.norm(), x)), [0.0, 1.0].into());
    // The squares leave the range of f32, the norm does not.
    assert_eq!(value([3e30f32, -4e30], |x| x.norm()), 5e30f32.into());
    assert_eq!(value([1i8, -2, 2], |x| x.norm()), 3.0.into());
    assert_eq!(value([1i8, 0, -128], |x| x.reduce().norm_ord(1.0)), 129.0.into());
    assert_eq!(value([1i8, 0, -128], |x| x.reduce().norm_ord(f64::NEG_INFINITY)), 0.0.into());
    assert_eq!(value([1f32, 0.0, f32::NAN], |x| x.reduce().norm_ord(0.0)), 2f32.into());
}

/// Numbers of which all digits but the last few agree: the textbook formula would lose everything.
#[test]
fn variances_survive_a_large_mean() {
    let x: Vec<f64> = (0..1000).map(|i| 1e9 + f64::from(i % 10)).collect();
    let got = value(x, |x| x.var()).to_vec::<f64>().unwrap()[0];
    assert!((got - 8.25).abs() <= 1e-14 * 8.25, "{got}");
}

#[test]
fn divisors_of_variances_are_not_negative() {
    assert_eq!(value([1.0, 3.0], |x| x.reduce().var_ddof(1)), 2.0.into());
    assert_eq!(value([1.0, 3.0], |x| x.reduce().var_ddof(2)), f64::INFINITY.into());
    assert_eq!(value([1.0, 3.0], |x| x.reduce().var_ddof(5)), f64::INFINITY.into());
    assert_eq!(value([1.0, 3.0], |x| x.reduce().var_ddof(-2)), 0.5.into());
    let nan = value([3.0], |x| x.reduce().var_ddof(1)).to_vec::<f64>().unwrap();
    assert!(nan[0].is_nan());
}

#[test]
fn logsumexp_is_the_limit_at_infinities() {
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    for (x, want) in [
        ([1000.0, 1000.0], 1000.0 + 2f64.ln()),
        ([-1000.0, -1000.0], -1000.0 + 2f64.ln()),
        ([-inf, -inf], -inf),
        ([-inf, 3.0], 3.0),
        ([inf, 3.0], inf),
        ([inf, -inf], inf),
    ] {
        assert_eq!(value(x, |x| x.logsumexp()), want.into(), "{x:?}");
    }
    assert_eq!(value(Array::zeros::<f64>([2, 0]), |x| x.logsumexp_over([1])), [-inf, -inf].into());
    assert!(value([nan, 1.0], |x| x.logsumexp()).to_vec::<f64>().unwrap()[0].is_nan());
    let slope = |x: [f64; 2]| value(x, |x| grad(x.logsumexp(), x));
    assert_eq!(slope([1000.0, 1000.0]), [0.5, 0.5].into());
    assert_eq!(slope([-inf, -inf]), [0.0, 0.0].into());
    assert_eq!(slope([-inf, 3.0]), [0.0, 1.0].into());
}

/// The Hessian of a product of three numbers, none, one or two of them zero.
#[test]
fn products_have_second_derivatives() {
    for [a, b, c] in [[2.0, 3.0, 5.0], [2.0, 0.0, 5.0], [0.0, 3.0, 0.0], [0.0; 3]] {
        let m = Model::new("m");
        let x = m.dvector("x");
        let slope = grad(x.prod(), x);
        let rows: [Vec<f64>; 3] = [0, 1, 2].map(|row| {
            let pick = m.constant([0, 1, 2].map(|i| f64::from(u8::from(i == row))));
            let hessian = grad((slope * pick).sum(), x);
            hessian.eval_with([(x, [a, b, c].into())]).unwrap().to_vec().unwrap()
        });
        assert_eq!(rows, [vec![0.0, c, b], vec![c, 0.0, a], vec![b, a, 0.0]]);
    }
}

/// An operation lifted equals the operation on each slice of the leading axis.
#[test]
fn lifting_is_a_loop_over_the_leading_axis() {
    let unary: [Op; 17] = [
        ops::Sum { axes: vec![0, 1] }.into(),
        ops::Prod { axes: vec![1] }.into(),
        ops::Mean { axes: vec![0] }.into(),
        ops::Var { axes: vec![1], ddof: 1 }.into(),
        ops::Std { axes: vec![0], ddof: 0 }.into(),
        ops::Norm { axes: vec![0] }.into(),
        ops::Max { axes: vec![0] }.into(),
        ops::Min { axes: vec![0, 1] }.into(),
        ops::Ptp { axes: vec![1] }.into(),
        ops::Logsumexp { axes: vec![0] }.into(),
        ops::Any { axes: vec![1] }.into(),
        ops::All { axes: vec![0] }.into(),
        ops::Argmax { axes: vec![0, 1] }.into(),
        ops::Argmin { axes: vec![1] }.into(),
        ops::Cumsum { axis: 1, reverse: true, exclusive: false }.into(),
        ops::Cumprod { axis: 0, reverse: false, exclusive: true }.into(),
        ops::Cumprod { axis: 1, reverse: false, exclusive: false }.into(),
    ];
    for op in unary {
        check::lifts(op, &[&[2, 3]]);
    }
    check::lifts(ops::Recurrence { axis: 1, reverse: false, exclusive: false }, &[&[2, 3], &[2, 3]]);
}
