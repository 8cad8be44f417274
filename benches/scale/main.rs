//! How the stages before code generation grow with the graph: `cargo bench -p tgc-benches --bench scale`.
//!
//! Two shapes of graph: a chain, in which every node uses the one before, and a mesh, in which every node uses two of
//! the hundred before; and the tutorial's logistic regression. Each figure is the median of runs in this process.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_graph::{text, verify, wire};

const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];
const RUNS: usize = 5;

fn main() {
    let mut table = String::from(
        "| graph | nodes | build | verify | save | load | print | parse | optimize |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (name, mesh) in [("chain", false), ("mesh", true)] {
        for nodes in SIZES {
            measure(&mut table, name, &|| build(nodes, mesh));
        }
    }
    measure(&mut table, "tutorial", &tutorial);
    print!("{table}");
}

/// Adds the row of a graph.
fn measure(table: &mut String, name: &str, build: &dyn Fn() -> Module) {
    let module = build();
    let bytes = wire::encode(&module);
    let printed = text::print(&module);
    let figures = [
        median(|| drop(build())),
        median(|| verify::verify(&module).expect("the module is well-formed")),
        median(|| drop(wire::encode(&module))),
        median(|| drop(wire::decode(&bytes).expect("it was just written"))),
        median(|| drop(text::print(&module))),
        median(|| drop(text::parse(&printed).expect("it was just printed"))),
        median(|| {
            let options = tgc_optimize::Options { verify: false, ..Default::default() };
            drop(tgc_optimize::optimize_module(&module, &options).expect("the module is well-formed"));
        }),
    ];
    let nodes: usize = module.functions.iter().map(|f| f.graph.len()).sum();
    let _ = write!(table, "| {name} | {nodes} |");
    for figure in figures {
        let _ = write!(table, " {:.2} ms |", figure.as_secs_f64() * 1e3);
    }
    table.push('\n');
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2]
}

/// A model of so many nodes that no rule can shorten to nothing.
fn build(nodes: usize, mesh: bool) -> Module {
    let m = Model::new("scale");
    let n = m.dim("N");
    let x = m.input("x", F32, [n]);
    let mut values = vec![x, exp(x)];
    // A small deterministic generator: the graph is the same in every run.
    let mut state = 1u64;
    let mut back = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    while values.len() < nodes {
        let last = values[values.len() - 1];
        let other = match mesh {
            true => values[values.len() - 1 - back(values.len().min(100))],
            false => x,
        };
        values.push(if values.len() % 3 == 0 { sigmoid(last) } else { last * other });
    }
    m.function("f")
        .inputs([x])
        .output("y", values[nodes - 1].sum())
        .finish()
        .expect("the model is well-formed");
    m.module()
}

/// One training step of the tutorial's logistic regression.
fn tutorial() -> Module {
    let m = Model::new("logreg");
    let n = m.dim("N").hint(400);
    let (x, y) = (m.input("x", F64, [n, 784.into()]), m.input("y", F64, [n]));
    let w = m.shared("w", Array::zeros::<f64>([784]));
    let b = m.shared("b", 0.0f64);
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", p.gt(0.5)), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()
        .expect("the model is well-formed");
    m.module()
}
