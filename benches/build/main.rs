//! How long a library takes to build, and how large it is: `cargo bench -p tgc-benches --bench build`.
//!
//! Times are those of `tgc_compiler::build` in this process, the median of some runs after a first one:
//! processor time where the system tells it, which other programs disturb less.

use std::time::{Duration, Instant};

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, SectionKind};
use tgc_benches::Error;
use tgc_compiler::{Options, build};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;

const RUNS: usize = 5;

fn main() -> Result<(), Error> {
    println!("| model | nodes | build | code |\n|---|---|---|---|");
    let models: [(&str, Module); 4] = [
        ("tutorial's regression, train and predict", tutorial()?),
        ("perceptron of 3 layers, training step", perceptron()?),
        ("1,000 nodes, elementwise", thousand(false)?),
        ("1,000 nodes, with products", thousand(true)?),
    ];
    for (name, module) in &models {
        let nodes: usize = module.functions.iter().map(|f| f.graph.len()).sum();
        let library = build(module, &Options::default())?;
        let mut times = vec![];
        for _ in 0..RUNS {
            let (start, used) = (Instant::now(), processor_time());
            build(module, &Options::default())?;
            times.push(match (used, processor_time()) {
                (Some(before), Some(after)) => after - before,
                (None | Some(_), _) => start.elapsed(),
            });
        }
        times.sort();
        let time: Duration = times[RUNS / 2];
        println!(
            "| {name} | {nodes} | {:.2} s | {:.1} KB |",
            time.as_secs_f64(),
            code(&library.archive)? as f64 / 1e3
        );
    }
    Ok(())
}

/// What this thread has used of a processor, as Linux tells it.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// The bytes of all code in an archive.
fn code(archive: &[u8]) -> Result<u64, Error> {
    let mut bytes = 0;
    for member in ArchiveFile::parse(archive)?.members() {
        let file = object::File::parse(member?.data(archive)?)?;
        bytes += file.sections().filter(|s| s.kind() == SectionKind::Text).map(|s| s.size()).sum::<u64>();
    }
    Ok(bytes)
}

fn tutorial() -> Result<Module, Error> {
    let m = Model::new("logreg");
    let n = m.dim("N").hint(400);
    let (x, y) = (m.input("x", F64, [n, 784.into()]), m.input("y", F64, [n]));
    let (w, b) = (m.shared("w", Array::zeros::<f64>([784])), m.shared("b", 0f64));
    let p = 1.0 / (1.0 + exp(-dot(x, w) - b));
    let prediction = p.gt(0.5);
    let xent = -y * log(p) - (1.0 - y) * log(1.0 - p);
    let cost = xent.mean() + 0.01 * (w * w).sum();
    let [gw, gb] = grad(cost, [w, b]);
    m.function("train")
        .inputs([x, y])
        .outputs([("prediction", prediction), ("xent", xent)])
        .update(w, w - 0.1 * gw)
        .update(b, b - 0.1 * gb)
        .finish()?;
    m.function("predict").inputs([x]).output("prediction", prediction).finish()?;
    Ok(m.module())
}

/// 784, 256, 128 and 10 units; softmax and cross-entropy at the end.
fn perceptron() -> Result<Module, Error> {
    let m = Model::new("perceptron");
    let n = m.dim("N").hint(64);
    let (x, target) = (m.input("x", F32, [n, 784.into()]), m.input("target", F32, [n, 10.into()]));
    let sizes = [784, 256, 128, 10];
    let mut parameters = vec![];
    let mut h = x;
    for layer in 0..3 {
        let (rows, columns) = (sizes[layer], sizes[layer + 1]);
        let w = m.shared(&format!("w{layer}"), Array::full([rows, columns], 0.01f32));
        let b = m.shared(&format!("b{layer}"), Array::zeros::<f32>([columns]));
        let z = dot(h, w) + b;
        h = if layer < 2 { tanh(z) } else { softmax(z) };
        parameters.extend([w, b]);
    }
    let cost = -(target * log(h)).sum_over([1]).mean();
    let gradients = grad(cost, [0, 1, 2, 3, 4, 5].map(|i| parameters[i]));
    let mut train = m.function("train").inputs([x, target]).output("cost", cost);
    for (parameter, gradient) in parameters.iter().zip(gradients) {
        train = train.update(*parameter, *parameter - 0.1 * gradient);
    }
    train.finish()?;
    Ok(m.module())
}

/// A chain that no rule shortens; every hundredth step is a product of matrices, if asked for.
fn thousand(with_products: bool) -> Result<Module, Error> {
    let m = Model::new("thousand");
    let n = m.dim("N");
    let x = m.input("x", F32, [n, n]);
    let mut value = x;
    for i in 1..1000 {
        value = match i % 3 {
            _ if with_products && i % 100 == 0 => dot(value, x),
            0 => sigmoid(value),
            _ => value * x + 0.5,
        };
    }
    m.function("f").inputs([x]).output("y", value).finish()?;
    Ok(m.module())
}
