//! Reductions of a vector, the exponential and the logistic function, logarithms, and a dot product.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(functions)
}

fn functions() -> Result<Model, BuildError> {
    let m = Model::new("functions");

    let v = m.dvector("v");
    m.function("reductions")
        .inputs([v])
        .outputs([
            ("sum", v.sum()),
            ("prod", v.prod()),
            ("mean", v.mean()),
            ("var", v.var()),
            ("std", v.std()),
        ])
        .finish()?;

    let s = 1.0 / (1.0 + exp(-v));
    m.function("curves").inputs([v]).outputs([("e", exp(v)), ("s", s)]).finish()?;

    let x = m.dscalar("x");
    m.function("logarithms")
        .inputs([x])
        .outputs([("natural", log(x)), ("binary", log2(x)), ("decimal", log10(x))])
        .finish()?;

    let [a, b] = m.dvectors(["a", "b"]);
    m.function("product").inputs([a, b]).output("dot", dot(a, b)).finish()?;

    println!("{}", pp(s));
    Ok(m)
}
