//! One training step of the tutorial's logistic regression, 400 x 784, beside a plain two-pass C loop.
//!
//! `cargo bench -p tgc-benches --bench logreg`. The C loop is compiled with `-O3 -march=x86-64-v3 -ffast-math`
//! and has no obligations at the edges; the library keeps its strict defaults.

use std::path::Path;

use tgc_benches::{Error, measure};
use tgc_graph::prelude::*;

const FEATURES: i64 = 784;

fn model(dtype: DType) -> Result<Model, Error> {
    let m = Model::new("logreg");
    let n = m.dim("N").range(1, 65536).hint(400);
    let x = m.input("x", dtype, [n, FEATURES.into()]);
    let y = m.input("y", dtype, [n]);
    let w = m.shared("w", Array::zeros_of(dtype, [FEATURES as usize]));
    let b = m.shared("b", Array::zeros_of(dtype, []));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", p.gt(0.5)), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()?;
    Ok(m)
}

fn main() -> Result<(), Error> {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("logreg/main.c");
    for (dtype, c_type) in [(F32, "float"), (F64, "double")] {
        println!("logistic regression step, 400 x 784, {dtype}");
        measure(&model(dtype)?.module(), &program, &[format!("-DREAL={c_type}")])?;
    }
    Ok(())
}
