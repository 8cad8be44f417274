//! The models that are measured beside peers: each is one function `run` with static sizes.

use tgc_graph::prelude::*;

use crate::Error;

/// One thing to measure.
pub struct Case {
    /// The model's name, which says what, at what size and on which elements.
    pub name: String,
    /// The model.
    pub model: Model,
    /// The function of `plain.c` that does the same, and what its macros are.
    pub plain: Option<(&'static str, Vec<(&'static str, i64)>)>,
    /// Element type.
    pub dtype: DType,
}

/// A case, or why its model is not well-formed.
pub type Made = Result<Case, Error>;

/// All cases, in the order of the table.
///
/// # Errors
///
/// If a model is not well-formed.
pub fn all() -> Result<Vec<Case>, Error> {
    let mut cases = vec![];
    for dtype in [F32, F64] {
        cases.push(regression(dtype)?);
    }
    for (count, dtype) in [(1_000, F32), (100_000, F32), (100_000, F64), (10_000_000, F32)] {
        cases.push(chain(count, dtype)?);
    }
    for dtype in [F32, F64] {
        cases.push(long_expression(1_000_000, dtype)?);
    }
    for (rows, columns) in [(1024, 1024), (64, 10)] {
        cases.push(moments(rows, columns)?);
    }
    for (rows, columns) in [(1024, 1024), (64, 10)] {
        cases.push(softmax_of_rows(rows, columns)?);
    }
    for axis in [0, 1] {
        cases.push(sum(4096, axis)?);
    }
    for dtype in [F32, F64] {
        for size in [64, 256, 1024] {
            cases.push(product(size, dtype)?);
        }
    }
    cases.push(matrix_vector(400, 784)?);
    for batch in [64, 256] {
        cases.push(perceptron_step(batch)?);
    }
    for batch in [1, 64] {
        cases.push(perceptron(batch)?);
    }
    cases.push(add()?);
    Ok(cases)
}

fn case(name: &str, size: &str, dtype: DType) -> (String, Model) {
    let name = format!("{name}_{size}_{dtype}");
    (name.clone(), Model::new(&name))
}

/// The tutorial's logistic regression: loss, gradient and updates.
///
/// # Errors
///
/// If the model is not well-formed.
pub fn regression(dtype: DType) -> Made {
    const EXAMPLES: i64 = 400;
    const FEATURES: i64 = 784;
    let (name, m) = case("regression", "400x784", dtype);
    let x = m.input("x", dtype, [EXAMPLES, FEATURES]);
    let y = m.input("y", dtype, [EXAMPLES]);
    let w = m.shared("w", Array::zeros_of(dtype, [FEATURES as usize]));
    let b = m.shared("b", Array::zeros_of(dtype, []));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("run")
        .inputs([x, y])
        .outputs([("prediction", p.gt(0.5)), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()?;
    let plain = Some(("plain_regression", vec![("ROWS", EXAMPLES), ("COLUMNS", FEATURES)]));
    Ok(Case { name, model: m, plain, dtype })
}

/// `sigmoid(a*x + b) * tanh(c*x) + exp(-x*x)` with constants.
fn chain(count: i64, dtype: DType) -> Made {
    let (name, m) = case("chain", &count.to_string(), dtype);
    let x = m.input("x", dtype, [count]);
    let y = sigmoid(1.5 * x + 0.25) * tanh(0.75 * x) + exp(-x * x);
    m.function("run").inputs([x]).output("y", y).finish()?;
    Ok(Case { name, model: m, plain: Some(("plain_chain", vec![("COUNT", count)])), dtype })
}

/// 200 operations, each on the result of the one before: forty times a product, a sum and one of four
/// triples.
fn long_expression(count: i64, dtype: DType) -> Made {
    let (name, m) = case("long_expression", &count.to_string(), dtype);
    let x = m.input("x", dtype, [count]);
    let mut t = x;
    for k in 0..40 {
        let c = 0.3 + 0.01 * f64::from(k);
        t = t * c + x;
        t = match k % 4 {
            0 => t / (t * t + 1.0),
            1 => t - t * t * (0.1 * c),
            2 => tanh(t) * 0.8 + c,
            _ => maximum(t * 0.5, t - 1.0),
        };
    }
    m.function("run").inputs([x]).output("y", t).finish()?;
    Ok(Case { name, model: m, plain: Some(("plain_long_expression", vec![("COUNT", count)])), dtype })
}

/// Mean and variance of each row.
fn moments(rows: i64, columns: i64) -> Made {
    let (name, m) = case("moments", &format!("{rows}x{columns}"), F32);
    let x = m.input("x", F32, [rows, columns]);
    m.function("run").inputs([x]).outputs([("mean", x.mean_over([1])), ("var", x.var_over([1]))]).finish()?;
    let plain = Some(("plain_moments", vec![("ROWS", rows), ("COLUMNS", columns)]));
    Ok(Case { name, model: m, plain, dtype: F32 })
}

fn softmax_of_rows(rows: i64, columns: i64) -> Made {
    let (name, m) = case("softmax", &format!("{rows}x{columns}"), F32);
    let x = m.input("x", F32, [rows, columns]);
    m.function("run").inputs([x]).output("y", x.softmax()).finish()?;
    let plain = Some(("plain_softmax", vec![("ROWS", rows), ("COLUMNS", columns)]));
    Ok(Case { name, model: m, plain, dtype: F32 })
}

fn sum(size: i64, axis: i64) -> Made {
    let (name, m) = case(&format!("sum_axis{axis}"), &size.to_string(), F32);
    let x = m.input("x", F32, [size, size]);
    m.function("run").inputs([x]).output("y", x.sum_over([axis])).finish()?;
    let plain = if axis == 0 { "plain_sum_axis0" } else { "plain_sum_axis1" };
    let plain = Some((plain, vec![("ROWS", size), ("COLUMNS", size)]));
    Ok(Case { name, model: m, plain, dtype: F32 })
}

/// A product of two square matrices.
fn product(size: i64, dtype: DType) -> Made {
    let (name, m) = case("product", &size.to_string(), dtype);
    let [a, b] = ["a", "b"].map(|name| m.input(name, dtype, [size, size]));
    m.function("run").inputs([a, b]).output("y", dot(a, b)).finish()?;
    Ok(Case { name, model: m, plain: None, dtype })
}

fn matrix_vector(rows: i64, columns: i64) -> Made {
    let (name, m) = case("matrix_vector", &format!("{rows}x{columns}"), F32);
    let a = m.input("a", F32, [rows, columns]);
    let x = m.input("x", F32, [columns]);
    m.function("run").inputs([a, x]).output("y", dot(a, x)).finish()?;
    let plain = Some(("plain_matrix_vector", vec![("ROWS", rows), ("COLUMNS", columns)]));
    Ok(Case { name, model: m, plain, dtype: F32 })
}

const LAYERS: [usize; 4] = [784, 256, 128, 10];

/// The weight of the given layer from unit i to unit j; `training.py` knows the same formula.
fn weights(layer: usize) -> Array {
    let [from, to] = [LAYERS[layer], LAYERS[layer + 1]];
    let scale = (2.0 / from as f64).sqrt();
    let values = (0..from * to).map(|k| {
        let (i, j) = ((k / to) as f64, (k % to) as f64);
        (scale * (i * 12.9898 + j * 78.233).sin()) as f32
    });
    Array::from_slice([from, to], &values.collect::<Vec<_>>())
}

/// Weights and biases of all layers, and what the last layer makes of `x`.
fn layers<'m>(m: &'m Model, x: Tensor<'m>) -> (Vec<Tensor<'m>>, Tensor<'m>) {
    let (mut parameters, mut h) = (vec![], x);
    for layer in 0..3 {
        let w = m.shared(&format!("w{layer}"), weights(layer));
        let b = m.shared(&format!("b{layer}"), Array::zeros_of(F32, [LAYERS[layer + 1]]));
        let z = dot(h, w) + b;
        h = if layer < 2 { relu(z) } else { z };
        parameters.extend([w, b]);
    }
    (parameters, h)
}

/// A step of gradient descent with momentum on the mean cross-entropy of a perceptron.
///
/// # Errors
///
/// If the model is not well-formed.
pub fn perceptron_step(batch: i64) -> Made {
    let (name, m) = case("perceptron_step", &batch.to_string(), F32);
    let x = m.input("x", F32, [batch, 784]);
    let t = m.input("t", F32, [batch, 10]);
    let (parameters, z) = layers(&m, x);
    let cost = -(t * z.log_softmax()).sum() / batch as f64;
    let gradients = grad(cost, parameters.clone());
    let mut run = m.function("run").inputs([x, t]).output("cost", cost);
    for (k, (parameter, gradient)) in parameters.into_iter().zip(gradients).enumerate() {
        let shape =
            parameter.ty().and_then(|ty| ty.static_shape()).expect("a shared variable has static sizes");
        let velocity = m.shared(&format!("v{k}"), Array::zeros_of(F32, shape));
        let step = velocity * 0.9 - gradient * 0.05;
        run = run.update(velocity, step).update(parameter, parameter + step);
    }
    run.finish()?;
    Ok(Case { name, model: m, plain: None, dtype: F32 })
}

/// The probabilities that the perceptron gives.
fn perceptron(batch: i64) -> Made {
    let (name, m) = case("perceptron", &batch.to_string(), F32);
    let x = m.input("x", F32, [batch, 784]);
    let (_, z) = layers(&m, x);
    m.function("run").inputs([x]).output("y", z.softmax()).finish()?;
    Ok(Case { name, model: m, plain: None, dtype: F32 })
}

fn add() -> Made {
    let (name, m) = case("add", "scalars", F32);
    let [x, y] = m.fscalars(["x", "y"]);
    m.function("run").inputs([x, y]).output("z", x + y).finish()?;
    Ok(Case { name, model: m, plain: Some(("plain_add", vec![])), dtype: F32 })
}
