//! Adding two scalars, and two matrices of any size.

use tgc_graph::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: adding MODEL.graph")?;
    let m = Model::new("adding");

    let [x, y] = m.dscalars(["x", "y"]);
    m.function("add").inputs([x, y]).output("z", x + y).finish()?;

    let [a, b] = m.dmatrices(["a", "b"]);
    m.function("add_matrices").inputs([a, b]).output("c", a + b).finish()?;

    println!("{}", pp(x + y));
    Ok(m.save(path)?)
}
