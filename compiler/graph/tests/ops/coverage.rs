//! What every operation has: values that are held to data, and a gradient that is held to differences if it
//! has one.

use std::collections::BTreeSet;

use tgc_graph::generate::Random;
use tgc_graph::ops::Op;
use tgc_graph::ops::table::ops_markdown;
use tgc_graph::prelude::*;
use tgc_graph::verify_grad::verify_grad;

use crate::{indexing, reductions, values};

/// Leaves whose value is the caller's.
const ARGUMENTS: [&str; 2] = ["input", "optional_input"];

#[test]
fn every_operation_has_values() {
    let covered: BTreeSet<&str> =
        [values::covered(), indexing::covered(), reductions::covered()].into_iter().flatten().collect();
    let missing: Vec<&&str> = Op::NAMES.iter().filter(|name| !covered.contains(*name)).collect();
    assert_eq!(missing, ARGUMENTS.iter().collect::<Vec<_>>(), "operations without a case in tests/data");
}

type Build = for<'m> fn(&'m Model, &[Tensor<'m>]) -> Tensor<'m>;
type Interval = (f64, f64);

const ANY: Interval = (-2.0, 2.0);
const POSITIVE: Interval = (0.3, 3.0);
const INSIDE: Interval = (-0.9, 0.9);

/// Operations, the intervals that the elements of operands of the shape `[2, 3]` are drawn from, and a use.
const GRADIENTS: [(&str, &[Interval], Build); 103] = [
    ("add", &[ANY, ANY], |_, x| (x[0] + x[1]).sqr()),
    ("sub", &[ANY, ANY], |_, x| (x[0] - x[1]).sqr()),
    ("mul", &[ANY, ANY], |_, x| x[0] * x[1]),
    ("div", &[ANY, POSITIVE], |_, x| x[0] / x[1]),
    ("modulo", &[(-9.0, 9.0), (1.0, 2.0)], |_, x| x[0] % x[1]),
    ("neg", &[ANY], |_, x| (-x[0]).exp()),
    ("abs", &[ANY], |_, x| x[0].abs()),
    ("sgn", &[ANY, ANY], |_, x| x[0].complex(x[1]).sgn().real()),
    ("reciprocal", &[POSITIVE], |_, x| x[0].reciprocal()),
    ("pow", &[POSITIVE, ANY], |_, x| x[0].pow(x[1])),
    ("sqr", &[ANY], |_, x| x[0].sqr()),
    ("sqrt", &[POSITIVE], |_, x| x[0].sqrt()),
    ("hypot", &[ANY, ANY], |_, x| x[0].hypot(x[1])),
    ("difference_of_squares", &[ANY, ANY], |_, x| x[0].difference_of_squares(x[1])),
    ("exp_product", &[ANY, ANY], |_, x| x[0].exp_product(x[1])),
    ("logistic_density", &[ANY], |_, x| x[0].logistic_density()),
    ("sech_squared", &[ANY], |_, x| x[0].sech_squared()),
    ("rsqrt", &[POSITIVE], |_, x| x[0].rsqrt()),
    ("exp", &[ANY], |_, x| x[0].exp()),
    ("log", &[POSITIVE], |_, x| x[0].log()),
    ("log1p", &[INSIDE], |_, x| x[0].log1p()),
    ("log1mexp", &[(-3.0, -0.1)], |_, x| x[0].log1mexp()),
    ("exp2", &[ANY], |_, x| x[0].exp2()),
    ("expm1", &[ANY], |_, x| x[0].expm1()),
    ("log2", &[POSITIVE], |_, x| x[0].log2()),
    ("log10", &[POSITIVE], |_, x| x[0].log10()),
    ("logaddexp", &[ANY, ANY], |_, x| x[0].logaddexp(x[1])),
    ("complex", &[ANY, ANY], |_, x| x[0].complex(x[1]).abs()),
    ("real", &[ANY, ANY], |_, x| x[0].complex(x[1]).sqr().real()),
    ("imag", &[ANY, ANY], |_, x| x[0].complex(x[1]).sqr().imag()),
    ("conj", &[ANY, ANY], |_, x| x[0].complex(x[1]).conj().exp().imag()),
    ("angle", &[ANY, ANY], |_, x| x[0].complex(x[1]).angle()),
    ("erf", &[ANY], |_, x| x[0].erf()),
    ("erfc", &[ANY], |_, x| x[0].erfc()),
    ("gamma", &[POSITIVE], |_, x| x[0].gamma()),
    ("gammaln", &[POSITIVE], |_, x| x[0].gammaln()),
    ("psi", &[POSITIVE], |_, x| x[0].psi()),
    ("polygamma", &[POSITIVE], |_, x| x[0].polygamma(2)),
    ("sin", &[ANY], |_, x| x[0].sin()),
    ("cos", &[ANY], |_, x| x[0].cos()),
    ("tan", &[INSIDE], |_, x| x[0].tan()),
    ("arcsin", &[INSIDE], |_, x| x[0].arcsin()),
    ("arccos", &[INSIDE], |_, x| x[0].arccos()),
    ("arctan", &[ANY], |_, x| x[0].arctan()),
    ("arctan2", &[ANY, ANY], |_, x| x[0].arctan2(x[1])),
    ("deg2rad", &[ANY], |_, x| x[0].deg2rad()),
    ("rad2deg", &[ANY], |_, x| x[0].rad2deg()),
    ("sinh", &[ANY], |_, x| x[0].sinh()),
    ("cosh", &[ANY], |_, x| x[0].cosh()),
    ("tanh", &[ANY], |_, x| x[0].tanh()),
    ("arcsinh", &[ANY], |_, x| x[0].arcsinh()),
    ("arccosh", &[(1.2, 4.0)], |_, x| x[0].arccosh()),
    ("arctanh", &[INSIDE], |_, x| x[0].arctanh()),
    ("sigmoid", &[ANY], |_, x| x[0].sigmoid()),
    ("softplus", &[ANY], |_, x| x[0].softplus()),
    ("relu", &[ANY], |_, x| x[0].relu()),
    ("leaky_relu", &[ANY, POSITIVE], |_, x| x[0].leaky_relu(x[1])),
    ("elu", &[ANY, POSITIVE], |_, x| x[0].elu(x[1])),
    ("selu", &[ANY], |_, x| x[0].selu()),
    ("gelu", &[ANY], |_, x| x[0].gelu()),
    ("gelu_tanh", &[ANY], |_, x| x[0].gelu_tanh()),
    ("silu", &[ANY], |_, x| x[0].silu()),
    ("hard_sigmoid", &[(-4.0, 4.0)], |_, x| x[0].hard_sigmoid()),
    ("softsign", &[ANY], |_, x| x[0].softsign()),
    ("softmax", &[ANY], |_, x| x[0].softmax()),
    ("log_softmax", &[ANY], |_, x| x[0].log_softmax()),
    ("maximum", &[ANY, ANY], |_, x| x[0].maximum(x[1])),
    ("minimum", &[ANY, ANY], |_, x| x[0].minimum(x[1])),
    ("clip", &[ANY, (-1.0, 0.0), (0.0, 1.0)], |_, x| x[0].clip(x[1], x[2])),
    ("switch", &[ANY, ANY, ANY], |_, x| x[0].gt(0.0).switch(x[1], x[2])),
    ("cast", &[ANY], |_, x| x[0].cast(F32).sqr().cast(F64)),
    ("dimshuffle", &[ANY], |_, x| x[0].dimshuffle([Some(1), None, Some(0)]).sqr()),
    ("fill", &[ANY, ANY], |_, x| x[0] * fill(x[0], x[1].sum())),
    ("broadcast_to", &[ANY], |_, x| x[0].broadcast_to([2, 2, 3])),
    ("reshape", &[ANY], |_, x| x[0].reshape([3, 2]).sqr()),
    ("flip", &[ANY], |_, x| x[0].flip(1) * x[0]),
    ("concatenate", &[ANY, ANY], |_, x| concatenate([x[0], x[1], x[0]], 1).sqr()),
    ("diagonal", &[ANY], |_, x| x[0].diagonal(1).sqr()),
    ("set_diagonal", &[ANY, ANY], |_, x| x[0].set_diagonal(x[1].sum_over(1), 0).sqr()),
    ("subtensor", &[ANY], |_, x| x[0].index((.., 1..)).sqr()),
    ("set_subtensor", &[ANY, ANY], |_, x| x[0].set_subtensor((.., 1..), x[1].index((.., ..2))).sqr()),
    ("inc_subtensor", &[ANY, ANY], |_, x| x[0].inc_subtensor((.., 1..), x[1].index((.., ..2))).sqr()),
    ("gather", &[ANY], |m, x| x[0].take(m.constant([2, 0, 2]), 1).sqr()),
    ("scatter", &[ANY, ANY], |m, x| x[0].set_subtensor(m.constant([1, 0]), x[1]).sqr()),
    ("scatter_add", &[ANY, ANY], |m, x| x[0].inc_subtensor(m.constant([1, 1]), x[1]).sqr()),
    ("sum", &[ANY], |_, x| x[0].sum_over(1).sqr()),
    ("mean", &[ANY], |_, x| x[0].mean_over(0).sqr()),
    ("prod", &[ANY], |_, x| x[0].prod_over(1)),
    ("var", &[ANY], |_, x| x[0].var_over(1)),
    ("std", &[ANY], |_, x| x[0].std_over(1)),
    ("max", &[ANY], |_, x| x[0].max_over(1)),
    ("supremum", &[ANY], |_, x| x[0].supremum_over(1)),
    ("min", &[ANY], |_, x| x[0].min_over(0)),
    ("ptp", &[ANY], |_, x| x[0].ptp_over(1)),
    ("norm", &[ANY], |_, x| x[0].norm_over(1)),
    ("logsumexp", &[ANY], |_, x| x[0].logsumexp_over(1)),
    ("sort", &[ANY], |_, x| x[0].sort(1).sqr() * x[0].sort_descending(0)),
    ("cumsum", &[ANY], |_, x| x[0].cumsum(1).sqr()),
    ("cumprod", &[ANY], |_, x| x[0].cumprod(1)),
    ("recurrence", &[ANY, ANY], |_, x| x[0].recurrence(x[1], 1).sqr()),
    ("dot", &[ANY, ANY], |_, x| dot(x[0], x[1].t())),
    ("grad", &[ANY, ANY], |_, x| grad((x[0].sqr() * x[1].exp()).sum(), x[0])),
    ("jacobian", &[ANY, ANY], |_, x| jacobian(x[0].exp().sum_over(1) * x[1].sum(), x[0])),
];

/// The operations that the table gives a gradient, but `pin`, which no author writes: its gradient is among
/// the values.
fn differentiable() -> BTreeSet<String> {
    let table = ops_markdown();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let columns = rows.map(|row| row.split(" | ").collect::<Vec<_>>());
    let with_gradient = columns.filter(|columns| columns[4] != "none");
    let name = |columns: Vec<&str>| columns[0].trim_matches(['|', ' ', '`']).to_owned();
    with_gradient.map(name).filter(|name| name != "pin").collect()
}

#[test]
fn every_gradient_agrees_with_differences() {
    let mut random = Random(3);
    for (name, intervals, build) in GRADIENTS {
        for _ in 0..2 {
            let m = Model::new("m");
            let x: Vec<Tensor<'_>> =
                (0..intervals.len()).map(|k| m.input(&format!("x{k}"), F64, [2, 3])).collect();
            let value = build(&m, &x);
            let point: Vec<Array> = intervals.iter().map(|interval| drawn(&mut random, *interval)).collect();
            let checked = verify_grad(value, x.iter().copied().zip(point.iter().cloned()));
            assert_eq!(checked, Ok(()), "{name} at {point:?}");
            m.function("f").inputs(x).allow_unused().output("y", value).finish().unwrap();
            let graph = &m.module().functions[0].graph;
            assert!(graph.ids().any(|id| graph.op(id).name() == name), "{name} is not used: {}", pp(value));
        }
    }
    let checked: BTreeSet<String> = GRADIENTS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let missing: Vec<String> = differentiable().difference(&checked).cloned().collect();
    assert!(missing.is_empty(), "gradients without a check: {missing:?}");
}

/// Of narrower floats too: gradients have their operands' types, and are those of wider ones but for
/// rounding.
#[test]
fn every_gradient_has_the_type_of_its_operand() {
    let mut random = Random(5);
    for (name, intervals, build) in GRADIENTS {
        let point: Vec<Array> = intervals.iter().map(|interval| drawn(&mut random, *interval)).collect();
        let gradients = |dtype: DType| {
            let m = Model::new("m");
            let x: Vec<Tensor<'_>> =
                point.iter().map(|x| m.constant(x.clone()).cast(F16).cast(dtype)).collect();
            let cost = build(&m, &x).cast(dtype).sum();
            let gradients = Gradient::of(cost).allow_disconnected().by(x);
            let types = gradients.iter().map(|gradient| gradient.ty().map(|ty| ty.dtype));
            assert!(types.into_iter().all(|ty| ty == Some(dtype)), "{name} of {dtype}");
            let values = gradients.into_iter().map(|gradient| gradient.cast(F64).eval().unwrap());
            values.flat_map(|gradient| gradient.to_vec::<f64>().unwrap()).collect::<Vec<f64>>()
        };
        let want = gradients(F64);
        for (dtype, tolerance) in [(F32, 1e-5), (F16, 0.05), (BF16, 0.3)] {
            for (got, want) in gradients(dtype).into_iter().zip(&want) {
                let off = (got - want).abs() / (1.0 + want.abs());
                assert!(off <= tolerance, "{name} of {dtype}: {got}, and of f64 {want}");
            }
        }
    }
}

/// Elements of an interval.
fn drawn(random: &mut Random, (low, high): Interval) -> Array {
    let unit = |random: &mut Random| (random.bits() >> 11) as f64 / (1u64 << 53) as f64;
    Array::from_slice([2, 3], &[(); 6].map(|()| low + (high - low) * unit(random)))
}
