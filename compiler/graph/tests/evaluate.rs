//! The reference evaluator: the tutorial's numbers, gradients against differences, lifting against loops.

use std::collections::BTreeMap;

use tgc_graph::evaluate::{Outcome, Sizes, Value, evaluate, evaluate_wide};
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Module, Output};
use tgc_graph::ops::{self, Op};
use tgc_graph::prelude::*;
use tgc_scalar::Wide;

fn call(module: &Module, name: &str, inputs: &[Array]) -> Outcome<Array> {
    evaluate(module.function(name).unwrap(), &module.shared, inputs, &Sizes::new()).unwrap()
}

fn f64s(array: &Array) -> Vec<f64> {
    array.to_vec::<f64>().unwrap()
}

#[test]
fn two_scalars_and_two_matrices() {
    let m = Model::new("adding");
    let [x, y] = m.dscalars(["x", "y"]);
    let [a, b] = m.dmatrices(["a", "b"]);
    m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap();
    m.function("g").inputs([a, b]).output("c", a + b).finish().unwrap();
    let module = m.module();
    assert_eq!(f64s(&call(&module, "f", &[2.0.into(), 3.0.into()]).outputs[0]), [5.0]);
    assert_eq!(f64s(&call(&module, "f", &[16.3.into(), 12.1.into()]).outputs[0]), [28.4]);
    let sum = call(&module, "g", &[[[1.0, 2.0], [3.0, 4.0]].into(), [[10.0, 20.0], [30.0, 40.0]].into()]);
    assert_eq!(f64s(&sum.outputs[0]), [11.0, 22.0, 33.0, 44.0]);
}

#[test]
fn reductions_and_dot() {
    let m = Model::new("m");
    let x = m.dvector("x");
    m.function("f").inputs([x]).outputs([("sum", x.sum()), ("mean", x.mean())]).finish().unwrap();
    let [a, b] = m.ivectors(["a", "b"]);
    m.function("g").inputs([a, b]).output("d", dot(a, b)).finish().unwrap();
    let module = m.module();
    let out = call(&module, "f", &[[1.0, 2.0, 3.0, 4.0, 5.0].into()]);
    assert_eq!((f64s(&out.outputs[0]), f64s(&out.outputs[1])), (vec![15.0], vec![3.0]));
    let empty = call(&module, "f", &[Array::zeros::<f64>([0])]);
    assert!(f64s(&empty.outputs[1])[0].is_nan());
    let out = call(&module, "g", &[[1i32, 2, 3].into(), [6i32, -5, 4].into()]);
    assert_eq!(out.outputs[0].to_vec::<i32>().unwrap(), [8]);
}

/// The deterministic logistic regression: n = 20, d = 5.
#[test]
fn one_step_of_the_tutorials_regression() {
    let m = Model::new("logreg");
    let n = m.dim("N");
    let (x, y) = (m.input("x", F64, [n, 5.into()]), m.input("y", F64, [n]));
    let w0: Vec<f64> = (0..5).map(|j| 0.1 * f64::from(j).cos()).collect();
    let (w, b) = (m.shared("w", w0), m.shared("b", 0f64));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("loss", xent.mean()), ("cost", cost)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()
        .unwrap();
    let rows: Vec<f64> = (0..100).map(|k| (0.7 * f64::from(k / 5) + 1.3 * f64::from(k % 5)).sin()).collect();
    let labels: Vec<f64> = (0..20).map(|i| f64::from(u8::from(rows[i * 5] > 0.0))).collect();
    let module = m.module();
    let out = call(&module, "train", &[Array::from_slice([20, 5], &rows), labels.into()]);
    let close =
        |got: f64, want: f64| assert!((got - want).abs() <= 1e-14 * want.abs(), "{got} is not {want}");
    close(f64s(&out.outputs[0])[0], 0.6334108544843767);
    close(f64s(&out.outputs[1])[0], 0.6336980984741483);
    let want = [
        0.1275689010428844,
        0.06298530750583267,
        -0.06445159806455888,
        -0.12012661176550847,
        -0.05372250754858769,
    ];
    f64s(&out.updates[0].1).iter().zip(want).for_each(|(got, want)| close(*got, want));
    close(f64s(&out.updates[1].1)[0], 0.0044878418463669455);
}

#[test]
fn wrong_arguments_are_refused() {
    let m = Model::new("m");
    let n = m.dim("N").range(1, 3);
    let (x, y) = (m.input("x", F32, [n]), m.input("y", F32, [n]));
    m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap();
    let module = m.module();
    let refuse = |inputs: &[Array]| {
        evaluate(&module.functions[0], &module.shared, inputs, &Sizes::new()).unwrap_err().to_string()
    };
    let v = |n: usize| Array::zeros::<f32>([n]);
    assert_eq!(refuse(&[v(2)]), "f takes 2 arguments and got 1");
    assert_eq!(refuse(&[v(4), v(4)]), "f: N=4, allowed 1..3");
    assert_eq!(refuse(&[v(2), v(3)]), "f: y is f32[3], expected f32[N] with these sizes [2]");
    assert_eq!(
        refuse(&[v(2), Array::zeros::<f64>([2])]),
        "f: y is f64[2], expected f32[N] with these sizes [2]"
    );
}

#[test]
fn no_gradient_flows_through_truth_values() {
    let m = Model::new("m");
    let x = m.dvector("x");
    let switch = sigmoid(x.gt(0.0)).cast(F64);
    m.function("f").inputs([x]).output("g", grad((switch * x).sum(), x)).finish().unwrap();
    let out = call(&m.module(), "f", &[[-1.0, 2.0].into()]);
    assert_eq!(f64s(&out.outputs[0]), [0.5, f64::from(0.7310586f32)]);
}

/// Every differentiable elementwise operation, sum, mean and dot, by central differences in double-double.
#[test]
fn gradients_agree_with_differences() {
    type Build = for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>;
    let cases: [(&str, Build); 21] = [
        ("add", |a, b| a + b),
        ("sub", |a, b| a - b),
        ("mul", |a, b| a * b),
        ("div", |a, b| a / (b * b + 1.0)),
        ("neg", |a, b| -a * b),
        ("sqr", |a, b| sqr(a) * b),
        ("exp", |a, b| exp(a) * b),
        ("log", |a, b| log(a * a + 0.5) * b),
        ("log1p", |a, b| log1p(a * a) * b),
        ("sigmoid", |a, b| sigmoid(a * b)),
        ("softplus", |a, b| softplus(a - b)),
        ("cast", |a, b| a.cast(F32).cast(F64) * b),
        ("gt", |a, b| a.gt(b).cast(F64) * a * b),
        ("fill", |a, b| fill(a, b.sum()) * a),
        ("dimshuffle", |a, b| dot(a.t(), b)),
        ("sum over 0", |a, b| a.sum_over([0]) * b),
        ("sum over 1", |a, b| (a * b).sum_over([1])),
        ("mean", |a, b| a.mean_over([1]) + b.mean()),
        ("dot", |a, b| dot(a, b.t())),
        ("broadcast row", |a, b| a * b.sum_over([0]) + b.sum_over([1]).dimshuffle([Some(0), None])),
        ("twice", |a, b| grad((a * a * exp(b)).sum(), a) * b),
    ];
    for (name, build) in cases {
        let m = Model::new("m");
        let (a, b) = (m.input("a", F64, [2, 3]), m.input("b", F64, [2, 3]));
        let cost = (build(a, b) * 0.7).sum();
        let [ga, gb] = grad(cost, [a, b]);
        m.function("f").inputs([a, b]).outputs([("cost", cost), ("ga", ga), ("gb", gb)]).finish().unwrap();
        let module = m.module();
        let values: [Vec<f64>; 2] =
            [0.3, 1.1].map(|s| (0..6).map(|i| (f64::from(i) * 1.7 + s).sin() * 1.5).collect());
        let wide = |values: &[Vec<f64>; 2]| {
            let inputs = values.clone().map(|v| Array::from_slice([2, 3], &v));
            evaluate_wide(&module.functions[0], &module.shared, &inputs, &Sizes::new()).unwrap().outputs
        };
        let gradients = wide(&values);
        for which in 0..2 {
            for i in 0..6 {
                let h = 2f64.powi(-30);
                let mut moved = values.clone();
                moved[which][i] += h;
                let up = real(&wide(&moved)[0], 0);
                moved[which][i] = values[which][i] - h;
                let down = real(&wide(&moved)[0], 0);
                let difference = ((up - down) / tgc_scalar::Dd::from(2.0 * h)).hi;
                let got = real(&gradients[1 + which], i).hi;
                assert!(
                    (difference - got).abs() <= 1e-12 * (1.0 + got.abs()),
                    "{name} by operand {which}, element {i}: {got}, differences give {difference}"
                );
            }
        }
    }
}

fn real(value: &Value<Wide>, i: usize) -> tgc_scalar::Dd {
    value.elements[i][0].real()
}

/// `lift` of every operation equals the operation on each slice of the leading axis.
#[test]
fn lifting_is_a_loop_over_the_leading_axis() {
    let unary: Vec<Op> = vec![
        ops::Neg {}.into(),
        ops::Exp {}.into(),
        ops::Cast { dtype: I32 }.into(),
        ops::Dimshuffle { order: vec![Some(1), None, Some(0)] }.into(),
        ops::Sum { axes: vec![1] }.into(),
        ops::Mean { axes: vec![0] }.into(),
    ];
    let binary: Vec<Op> = vec![
        ops::Add {}.into(),
        ops::Mul {}.into(),
        ops::Gt {}.into(),
        ops::Fill {}.into(),
        ops::Dot { batch: 0, left: vec![1], right: vec![1] }.into(),
        ops::Dot { batch: 1, left: vec![1], right: vec![1] }.into(),
    ];
    for op in unary {
        check_lift(&op, &[true]);
    }
    for op in binary {
        for batched in [[true, true], [true, false], [false, true]] {
            check_lift(&op, &batched);
        }
    }
}

fn check_lift(op: &Op, batched: &[bool]) {
    let lead = 3usize;
    let data =
        |k: usize| -> Vec<f64> { (0..lead * 6).map(|i| ((i * 5 + k * 11) % 17) as f64 - 8.0).collect() };
    let array = |k: usize, batched: bool, slice: Option<usize>| match (batched, slice) {
        (true, None) => Array::from_slice([lead, 2, 3], &data(k)),
        (true, Some(s)) => Array::from_slice([2, 3], &data(k)[s * 6..s * 6 + 6]),
        (false, _) => Array::from_slice([2, 3], &data(k)[..6]),
    };
    let run = |arrays: Vec<Array>, build: &dyn Fn(&mut Graph, &[NodeId]) -> NodeId| {
        let mut graph = Graph::default();
        let inputs: Vec<NodeId> = arrays.into_iter().map(|a| graph.constant(a)).collect();
        let node = build(&mut graph, &inputs);
        let outputs = vec![Output { name: "y".into(), node }];
        let function = Function { name: "f".into(), graph, inputs: vec![], outputs, updates: vec![] };
        evaluate(&function, &[], &[], &BTreeMap::new()).unwrap().outputs.remove(0)
    };
    let arrays = |slice| (0..batched.len()).map(|k| array(k, batched[k], slice)).collect::<Vec<_>>();
    let whole = run(arrays(None), &|graph, ids| op.definition().lift(graph, ids, batched, &3.into()));
    let mut bytes = vec![];
    for slice in 0..lead {
        bytes.extend_from_slice(
            run(arrays(Some(slice)), &|graph, ids| graph.op_node(op.clone(), ids)).bytes(),
        );
    }
    assert_eq!(whole.shape()[0], lead);
    assert_eq!(whole.bytes(), bytes, "{op:?} with {batched:?}");
}
