//! A shared variable that one function adds to and another subtracts from.

use tgc_graph::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: counter MODEL.graph")?;
    let m = Model::new("counter");

    let state = m.shared("state", 0i64);
    let inc = m.iscalar("inc");
    m.function("accumulator").inputs([inc]).output("before", state).update(state, state + inc).finish()?;
    m.function("decrementor").inputs([inc]).output("before", state).update(state, state - inc).finish()?;

    Ok(m.save(path)?)
}
