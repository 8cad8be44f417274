//! Adding scalars, two outputs, matrices of any size, and a vector to its own powers.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(adding)
}

fn adding() -> Result<Model, BuildError> {
    let m = Model::new("adding");

    let [x, y, y2] = m.dscalars(["x", "y", "y2"]);
    m.function("add").inputs([x, y]).output("z", x + y).finish()?;
    m.function("add_two").inputs([x, y, y2]).outputs([("z", x + y), ("z2", x + y2)]).finish()?;

    let [a, b] = m.dmatrices(["a", "b"]);
    m.function("add_matrices").inputs([a, b]).output("c", a + b).finish()?;

    let v = m.dvector("v");
    m.function("add_power").inputs([v]).output("u", v + v.pow(10)).finish()?;

    println!("{}", pp(x + y));
    Ok(m)
}
