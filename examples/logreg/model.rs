//! Logistic regression as one would write it on paper: the loss spelled out, the gradient asked for.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(logreg)
}

fn logreg() -> Result<Model, BuildError> {
    let m = Model::new("logreg");

    let n = m.dim("N");
    let x = m.input("x", F64, [n, 784.into()]);
    let y = m.input("y", F64, [n]);
    let w = m.shared("w", Array::zeros::<f64>([784]));
    let b = m.shared("b", 0f64);

    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let prediction = p.gt(0.5);
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);

    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", prediction), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()?;
    m.function("predict").inputs([x]).output("prediction", prediction).finish()?;

    Ok(m)
}
