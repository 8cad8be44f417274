//! A shared variable that functions read and C sets.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(shared)
}

fn shared() -> Result<Model, BuildError> {
    let m = Model::new("shared");

    let s = m.shared("s", 5i64);
    let x = m.iscalar("x");
    m.function("f").inputs([x]).outputs([("sum", x + s), ("difference", x - s)]).finish()?;
    m.function("triple").output("product", s * 3).finish()?;

    Ok(m)
}
