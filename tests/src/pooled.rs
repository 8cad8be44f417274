//! Models whose loops are worth handing out to threads: every kind of loop, over sizes that callers give or
//! that are fixed.

use tgc_graph::builder::FunctionBuilder;
use tgc_graph::module::Module;
use tgc_graph::prelude::*;

/// Maps, reductions, scans, contractions and accesses by index over arrays `[N, D]`.
pub fn loops(name: &str, fixed: Option<[i64; 2]>, dtype: DType) -> Module {
    let m = Model::new(name);
    let [n, d] = fixed.map_or_else(|| [m.dim("N"), m.dim("D")], |sizes| sizes.map(Size::from));
    let x = m.input("x", dtype, [n, d]);
    let finish = |function: FunctionBuilder<'_>| function.finish().unwrap();
    finish(
        m.function("map")
            .inputs([x])
            .outputs([("y", sigmoid(1.5 * x) * tanh(x) + exp(-x * x)), ("b", x * 2.0)]),
    );
    finish(m.function("rows").inputs([x]).outputs([
        ("softmax", x.log_softmax()),
        ("mean", x.mean_over([1])),
        ("square", (x * x).sum_over([1])),
    ]));
    finish(
        m.function("columns")
            .inputs([x])
            .outputs([("sum", x.sum_over([0])), ("square", (x * x).sum_over([0]))]),
    );
    let total = m.shared("total", Array::zeros_of(dtype, []));
    finish(
        m.function("add_up").inputs([x]).output("before", total).update(total, total * 0.5 + exp(x).sum()),
    );
    finish(m.function("running").inputs([x]).outputs([("along", x.cumsum(1)), ("across", x.cumsum(0))]));
    finish(m.function("turned").inputs([x]).output("y", tanh(x.t())));
    let (v, c) = (m.input("v", dtype, [d, 48.into()]), m.input("c", dtype, [48]));
    finish(m.function("product").inputs([x, v, c]).output("y", relu(dot(x, v) + c)));
    let e = m.input("e", dtype, [n, 33.into()]);
    finish(m.function("inner").inputs([x, e]).output("y", dot(x.t(), e)));
    let u = m.input("u", dtype, [d]);
    finish(m.function("vector").inputs([x, u]).output("y", sigmoid(dot(x, u))));
    let at = m.input("at", I64, [n]);
    let table = m.shared("table", Array::zeros_of(dtype, [8, 40]));
    let rows = m.input("rows", dtype, [n, 40.into()]);
    let counted = table.inc_subtensor(at, rows);
    finish(
        m.function("lookup")
            .inputs([at, rows])
            .output("found", exp(table.take(at, 0)))
            .update(table, counted),
    );
    m.module()
}

/// A training step of a perceptron with momentum, whose weights and velocities are updated in place.
pub fn perceptron(name: &str, batch: Option<i64>, dtype: DType) -> Module {
    const LAYERS: [usize; 4] = [96, 80, 48, 10];
    let m = Model::new(name);
    let n = batch.map_or_else(|| m.dim("N"), Size::from);
    let (x, t) = (m.input("x", dtype, [n, 96.into()]), m.input("t", dtype, [n, 10.into()]));
    let (mut parameters, mut h) = (vec![], x);
    for (layer, shape) in LAYERS.windows(2).enumerate() {
        let weights: Vec<f64> = (0..shape[0] * shape[1]).map(|k| (k as f64 * 12.9898).sin() * 0.15).collect();
        let weights = Array::from_slice(shape, &weights);
        let w = m.shared(&format!("w{layer}"), if dtype == F32 { narrow(&weights) } else { weights });
        let b = m.shared(&format!("b{layer}"), Array::zeros_of(dtype, [shape[1]]));
        let z = dot(h, w) + b;
        h = if layer < 2 { relu(z) } else { z };
        parameters.extend([(w, vec![shape[0], shape[1]]), (b, vec![shape[1]])]);
    }
    let cost = -(t * h.log_softmax()).mean();
    let gradients = grad(cost, parameters.iter().map(|(parameter, _)| *parameter).collect::<Vec<_>>());
    let mut step = m.function("step").inputs([x, t]).output("cost", cost);
    for (k, ((parameter, shape), gradient)) in parameters.into_iter().zip(gradients).enumerate() {
        let velocity = m.shared(&format!("v{k}"), Array::zeros_of(dtype, shape));
        let change = velocity * 0.9 - gradient * 0.05;
        step = step.update(velocity, change).update(parameter, parameter + change);
    }
    step.finish().unwrap();
    m.module()
}

fn narrow(array: &Array) -> Array {
    let values: Vec<f32> = array.to_vec::<f64>().unwrap().into_iter().map(|v| v as f32).collect();
    Array::from_slice(array.shape(), &values)
}
