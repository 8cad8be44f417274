//! Logistic regression on points that a formula gives, so that every figure can be checked.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(regression)
}

fn regression() -> Result<Model, BuildError> {
    let m = Model::new("regression");

    let n = m.dim("N");
    let x = m.input("x", F64, [n, 5.into()]);
    let y = m.input("y", F64, [n]);
    let w = m.shared("w", [0, 1, 2, 3, 4].map(|j| 0.1 * f64::from(j).cos()));
    let b = m.shared("b", 0.0);

    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);

    m.function("train")
        .inputs([x, y])
        .outputs([("xent", xent.mean()), ("cost", cost)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()?;

    Ok(m)
}
