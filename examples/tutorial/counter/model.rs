//! A shared variable that one function adds to and another subtracts from.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(counter)
}

fn counter() -> Result<Model, BuildError> {
    let m = Model::new("counter");

    let state = m.shared("state", 0i64);
    let inc = m.iscalar("inc");
    m.function("accumulator").inputs([inc]).output("before", state).update(state, state + inc).finish()?;
    m.function("decrementor").inputs([inc]).output("before", state).update(state, state - inc).finish()?;

    Ok(m)
}
