//! The gradient of a square, and the partial gradients of a sum of powers.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(gradients)
}

fn gradients() -> Result<Model, BuildError> {
    let m = Model::new("gradients");

    let x = m.dscalar("x");
    let dy = grad(x.pow(2), x);
    m.function("slope").inputs([x]).output("dy", dy).finish()?;

    let [x1, x2, x3] = m.dscalars(["x1", "x2", "x3"]);
    let [d1, d2, d3] = grad(x1.pow(3) + x2.pow(2) + x3, [x1, x2, x3]);
    m.function("partial")
        .inputs([x1, x2, x3])
        .outputs([("d1", d1), ("d2", d2), ("d3", d3)])
        .allow_unused()
        .finish()?;

    println!("{}", pp(dy));
    Ok(m)
}
