//! The logistic loss spelled out: stable in value and in gradient, and one product per gradient.

use tgc_graph::array::Array;
use tgc_graph::evaluate::{Sizes, evaluate};
use tgc_graph::module::{Function, Module};
use tgc_graph::prelude::*;
use tgc_graph::text::print;
use tgc_optimize::{Options, Report, optimize};

fn optimized(module: &Module, name: &str) -> (Function, Report) {
    let function = module.function(name).expect("the function exists");
    optimize(function, &Options::default()).expect("the pipeline settles")
}

fn count(function: &Function, op: &str) -> usize {
    function.graph.ids().filter(|id| function.graph.op(*id).name() == op).count()
}

fn shown(function: &Function, module: &Module) -> String {
    print(&Module { functions: vec![function.clone()], ..module.clone() })
}

/// Loss and gradient of one element: y·softplus(-z) + (1-y)·softplus(z) and (1-y)·σ(z) - y·σ(-z).
fn elementwise(dtype: DType) -> Module {
    let m = Model::new("elementwise");
    let n = m.dim("N");
    let [z, y] = ["z", "y"].map(|name| m.input(name, dtype, [n]));
    let p = 1.0 / (1.0 + exp(-z));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let gz = grad(xent.sum(), z);
    m.function("f").inputs([z, y]).output("xent", xent).output("gz", gz).finish().expect("well-typed");
    m.module()
}

#[test]
fn loss_and_gradient_take_the_stable_form() {
    let module = elementwise(F64);
    let (f, report) = optimized(&module, "f");
    let text = shown(&f, &module);
    for (op, n) in [("exp", 0), ("log", 0), ("div", 0), ("softplus", 2), ("sigmoid", 2), ("fill", 0)] {
        assert_eq!(count(&f, op), n, "{op}\n{text}\n{}", report.explain(false));
    }
}

/// Also where they are as small as 4e-18: at z = ±40 where the prediction is right.
#[test]
fn loss_and_gradient_are_relatively_accurate_far_out() {
    let softplus = |z: f64| if z > 0.0 { z + (-z).exp().ln_1p() } else { z.exp().ln_1p() };
    let sigmoid = |z: f64| if z > 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) };
    for (dtype, tolerance) in [(F64, 1e-15), (F32, 3e-7)] {
        let module = elementwise(dtype);
        let (f, _) = optimized(&module, "f");
        let far = if dtype == F64 { 700.0 } else { 80.0 };
        for z in [0.0, 0.5, -0.5, 20.0, -20.0, 40.0, -40.0, far, -far, 1000.0, -1000.0] {
            for y in [0.0, 1.0, 0.25] {
                let input = |value: f64| match dtype {
                    F64 => Array::from([value]),
                    _ => Array::from([value as f32]),
                };
                let out = evaluate(&f, &[], &[input(z), input(y)], &Sizes::new()).expect("it runs");
                let want =
                    [y * softplus(-z) + (1.0 - y) * softplus(z), (1.0 - y) * sigmoid(z) - y * sigmoid(-z)];
                for (got, want) in out.outputs.iter().zip(want) {
                    let got = match dtype {
                        F64 => got.to_vec::<f64>().expect("doubles")[0],
                        _ => f64::from(got.to_vec::<f32>().expect("floats")[0]),
                    };
                    let right = (got - want).abs() <= tolerance * want.abs();
                    assert!(right, "{dtype} z={z} y={y}: {got} instead of {want}");
                }
            }
        }
    }
}

/// Other spellings of the same loss, and the gradient by a computed z.
#[test]
fn every_spelling_takes_the_stable_form() {
    let spellings: [fn(Tensor<'_>) -> Tensor<'_>; 5] = [
        |z| 1.0 / (1.0 + exp(-z)),
        |z| 1.0 / (exp(-z) + 1.0),
        |z| exp(z) / (1.0 + exp(z)),
        |z| 1.0 / (1.0 + 1.0 / exp(z)),
        |z| 1.0 - 1.0 / (1.0 + exp(z)),
    ];
    let losses: [for<'m> fn(Tensor<'m>, Tensor<'m>) -> Tensor<'m>; 4] = [
        |y, p| -y * log(p) - (1.0 - y) * log(1.0 - p),
        |y, p| -(y * log(p) + (1.0 - y) * log(1.0 - p)),
        |y, p| -y * log(p) + (y - 1.0) * log(1.0 - p),
        |y, p| (1.0 - y) * -log1p(-p) - log(p) * y,
    ];
    for (i, spelling) in spellings.iter().enumerate() {
        for (j, loss) in losses.iter().enumerate() {
            let m = Model::new("spelled");
            let [z, y] = m.dvectors(["z", "y"]);
            let shifted = z + z.mean().dimshuffle([None]);
            let xent = loss(y, spelling(shifted));
            let by_shifted = grad(xent.mean(), shifted);
            let f = m.function("f").inputs([z, y]).output("xent", xent).output("g", by_shifted);
            f.output("gz", grad(xent.mean(), z)).finish().expect("well-typed");
            let module = m.module();
            let (f, report) = optimized(&module, "f");
            let text = shown(&f, &module);
            for (op, n) in [("exp", 0), ("log", 0), ("log1p", 0), ("softplus", 2), ("sigmoid", 2)] {
                assert_eq!(
                    count(&f, op),
                    n,
                    "{op}, spelling {i}, loss {j}\n{text}\n{}",
                    report.explain(false)
                );
            }
        }
    }
}

#[test]
fn a_training_step_has_one_product_per_gradient() {
    let m = Model::new("logreg");
    let n = m.dim("N");
    let x = m.input("x", F64, [n, 784.into()]);
    let y = m.input("y", F64, [n]);
    let w = m.shared("w", Array::zeros::<f64>([784]));
    let b = m.shared("b", 0.0f64);
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .output("prediction", p.gt(0.5))
        .output("xent", xent)
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()
        .expect("well-typed");
    let module = m.module();
    let (f, report) = optimized(&module, "train");
    let text = shown(&f, &module);
    for (op, n) in [
        ("exp", 0),
        ("log", 0),
        ("dot", 2),
        ("sum", 1),
        ("softplus", 2),
        ("sigmoid", 2),
        ("fill", 0),
        ("grad", 0),
        ("mean", 0),
    ] {
        assert_eq!(count(&f, op), n, "{op}\n{text}\n{}", report.explain(false));
    }
}

/// The deterministic instance of the tutorial: 20 rows of 5, X[i,j] = sin(0.7i + 1.3j), y = X[:,0] > 0.
#[test]
fn training_gives_the_tutorials_numbers() {
    let m = Model::new("small");
    let n = m.dim("N");
    let x = m.input("x", F64, [n, 5.into()]);
    let y = m.input("y", F64, [n]);
    let w = m.shared("w", Array::from_slice([5], &[0, 1, 2, 3, 4].map(|j| 0.1 * f64::from(j).cos())));
    let b = m.shared("b", 0.0f64);
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    let f = m.function("train").inputs([x, y]).output("mean", xent.mean()).output("cost", cost);
    f.update(w, w - 0.1 * gw).update(b, b - 0.1 * gb).finish().expect("well-typed");
    let module = m.module();
    let (train, _) = optimized(&module, "train");

    let rows = (0..20).flat_map(|i| (0..5).map(move |j| (0.7 * f64::from(i) + 1.3 * f64::from(j)).sin()));
    let rows: Vec<f64> = rows.collect();
    let labels: Vec<f64> = rows.iter().step_by(5).map(|x| f64::from(*x > 0.0)).collect();
    let inputs = [Array::from_slice([20, 5], &rows), Array::from(labels)];
    let mut shared = module.shared.clone();
    let mut step = || -> (f64, f64) {
        let out = evaluate(&train, &shared, &inputs, &Sizes::new()).expect("it runs");
        for (index, value) in out.updates {
            shared[index].initial = value;
        }
        let value = |i: usize| out.outputs[i].to_vec::<f64>().expect("doubles")[0];
        (value(0), value(1))
    };
    let near = |got: f64, want: f64| assert!((got - want).abs() < 1e-13, "{got} instead of {want}");
    let (mean, cost) = step();
    near(mean, 0.633_410_854_484_376_7);
    near(cost, 0.633_698_098_474_148_3);
    let last = (1..100).map(|_| step()).last().expect("99 steps");
    near(last.0, 0.221_718_452_512_325_78);
}
