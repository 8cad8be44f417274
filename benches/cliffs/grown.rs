//! Models that grow in one way.

use tgc_benches::{Error, graphs};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;

/// A kind of model.
pub struct Grown {
    /// What it is called among arguments.
    pub name: &'static str,
    /// What the table says of it.
    pub what: &'static str,
    /// The largest that is measured.
    pub most: usize,
    /// A model of a size.
    pub make: fn(usize) -> Result<Module, Error>,
}

pub const GROWN: &[Grown] = &[
    Grown {
        name: "outputs",
        what: "outputs of a function, each by a product of its own",
        most: 1_000,
        make: outputs,
    },
    Grown { name: "operands", what: "tensors that are joined", most: 1_000, make: operands },
    Grown { name: "functions", what: "functions, each with an exponential", most: 1_000, make: functions },
    Grown {
        name: "steps",
        what: "steps of an unrolled network with its gradient, batch of 64",
        most: 1_000,
        make: steps,
    },
    Grown { name: "symbolic", what: "the same, batch of any size", most: 1_000, make: symbolic_steps },
    Grown { name: "shared", what: "shared variables that a function updates", most: 1_000, make: shared },
    Grown {
        name: "nodes",
        what: "elementwise operations in a chain, a third of them `sigmoid`",
        most: 10_000,
        make: nodes,
    },
];

fn outputs(count: usize) -> Result<Module, Error> {
    let m = Model::new("outputs");
    let x = m.input("x", F32, [m.dim("N")]);
    let mut f = m.function("f").inputs([x]);
    for i in 0..count {
        f = f.output(&format!("y{i}"), x * (i as f64 + 2.0));
    }
    f.finish()?;
    Ok(m.module())
}

fn operands(count: usize) -> Result<Module, Error> {
    let m = Model::new("operands");
    let n = m.dim("N");
    let inputs: Vec<Tensor> = (0..count).map(|i| m.input(&format!("x{i}"), F32, [n, 4.into()])).collect();
    let joined = m.concatenate(inputs.clone(), 1);
    m.function("f").inputs(inputs).output("y", joined).finish()?;
    Ok(m.module())
}

fn functions(count: usize) -> Result<Module, Error> {
    let m = Model::new("functions");
    let x = m.input("x", F32, [m.dim("N")]);
    for i in 0..count {
        m.function(&format!("f{i}")).inputs([x]).output("y", exp(x * (i as f64 + 2.0))).finish()?;
    }
    Ok(m.module())
}

fn steps(count: usize) -> Result<Module, Error> {
    recurrent(count, |_| 64.into())
}

fn symbolic_steps(count: usize) -> Result<Module, Error> {
    recurrent(count, |m| m.dim("N"))
}

/// One training step of `h ← tanh(h·u + x[t])`, unrolled.
fn recurrent(count: usize, batch: impl Fn(&Model) -> Size<'_>) -> Result<Module, Error> {
    let m = Model::new("recurrent");
    let x = m.input("x", F32, [batch(&m), (count as i64).into(), 32.into()]);
    let u = m.shared("u", Array::full([32, 32], 0.01f32));
    let mut h = tanh(x.take(0, 1));
    for t in 1..count {
        h = tanh(dot(h, u) + x.take(t as i64, 1));
    }
    let cost = h.sum();
    m.function("train").inputs([x]).output("cost", cost).update(u, u - 0.1 * grad(cost, u)).finish()?;
    Ok(m.module())
}

fn shared(count: usize) -> Result<Module, Error> {
    let m = Model::new("shared");
    let x = m.input("x", F32, [8]);
    let mut f = m.function("f").inputs([x]);
    for i in 0..count {
        let w = m.shared(&format!("w{i}"), Array::zeros::<f32>([8]));
        f = f.update(w, w + x * (i as f64 + 2.0));
    }
    f.finish()?;
    Ok(m.module())
}

fn nodes(count: usize) -> Result<Module, Error> {
    Ok(graphs::chain(count))
}
