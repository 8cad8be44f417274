//! A shared variable that functions read and C sets.

use tgc_graph::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: shared MODEL.graph")?;
    let m = Model::new("shared");

    let s = m.shared("s", 5i64);
    let x = m.iscalar("x");
    m.function("f").inputs([x]).outputs([("sum", x + s), ("difference", x - s)]).finish()?;
    m.function("triple").output("product", s * 3).finish()?;

    Ok(m.save(path)?)
}
