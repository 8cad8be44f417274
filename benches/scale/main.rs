//! How long each stage of the compiler takes: `cargo bench -p tgc-benches --bench scale`.
//!
//! For graphs of growing size, the tutorial's logistic regression and a perceptron's training step. Each
//! figure is the median of runs in this process. An argument names the document whose table is written anew;
//! without one it is printed.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use tgc_benches::{Error, graphs, models};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_graph::{text, verify, wire};
use tgc_llvm::{Linkage, Target};
use tgc_lower::lower;
use tgc_plan::ModelPlan;

const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];
const RUNS: usize = 5;
/// Graphs with more nodes are not lowered and compiled.
const MOST_COMPILED: usize = 1_000;
/// What takes longer than this runs once.
const LONG: Duration = Duration::from_secs(2);

const STAGES: [&str; 9] =
    ["build", "verify", "save", "load", "print", "parse", "optimize", "lower", "to machine code"];
const BEGIN: &str = "<!-- stages, written by make bench -->";
const END: &str = "<!-- until here, the stages -->";

/// What makes a model.
type Make = fn() -> models::Made;

fn main() -> Result<(), Error> {
    let mut table =
        format!("| graph | nodes | {} |\n|{}", STAGES.join(" | "), "---|".repeat(STAGES.len() + 2));
    for nodes in SIZES {
        table += &row("chain", &|| graphs::chain(nodes))?;
    }
    for nodes in SIZES {
        table += &row("mesh", &|| graphs::mesh(nodes))?;
    }
    let models: [(&str, Make); 2] = [
        ("logistic regression, one step", || models::regression(F64)),
        ("perceptron, one step", || models::perceptron_step(64)),
    ];
    for (name, model) in models {
        table += &row(name, &|| model().expect("the model is well-formed").model.module())?;
    }
    match std::env::args().skip(1).find(|arg| !arg.starts_with("--")) {
        None => println!("{table}"),
        Some(page) => {
            // Cargo starts this in the crate's folder, and names are those from the repository's.
            let page = format!("{}/../{page}", env!("CARGO_MANIFEST_DIR"));
            let text = fs::read_to_string(&page)?;
            let parts =
                text.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
            let (before, after) = parts.ok_or("the page has no place for the table")?;
            fs::write(&page, format!("{before}{BEGIN}\n{table}\n{END}{after}"))?;
        }
    }
    Ok(())
}

/// The row of a graph.
fn row(name: &str, build: &dyn Fn() -> Module) -> Result<String, Error> {
    let module = build();
    let bytes = wire::encode(&module);
    let printed = text::print(&module);
    let options = tgc_optimize::Options { verify: false, ..Default::default() };
    let optimized = tgc_optimize::optimize_module(&module, &options)?.0;
    let nodes: usize = module.functions.iter().map(|f| f.graph.len()).sum();
    let mut figures = vec![
        median(build),
        median(|| verify::verify(&module)),
        median(|| wire::encode(&module)),
        median(|| wire::decode(&bytes)),
        median(|| text::print(&module)),
        median(|| text::parse(&printed)),
        median(|| tgc_optimize::optimize_module(&module, &options)),
    ];
    if nodes <= MOST_COMPILED + 1 {
        let target = Target::new(None, None, "")?;
        let plan = lower(&optimized, &target.machine())?;
        let linkage = linkage(&plan);
        figures.push(median(|| lower(&optimized, &target.machine())));
        figures.push(median(|| {
            tgc_llvm::compile(&plan, &linkage, std::slice::from_ref(&target), &tgc_llvm::Options::default())
        }));
    }
    let mut cells: Vec<String> = figures.into_iter().map(milliseconds).collect();
    cells.resize(STAGES.len(), "–".to_owned());
    Ok(format!("\n| {name} | {nodes} | {} |", cells.join(" | ")))
}

/// The median time of some runs, or the time of the first if that is long.
fn median<T>(mut run: impl FnMut() -> T) -> Duration {
    let mut clocked = || {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    let first = clocked();
    if first > LONG {
        return first;
    }
    let mut times: Vec<Duration> = std::iter::once(first).chain((1..RUNS).map(|_| clocked())).collect();
    times.sort();
    times[RUNS / 2]
}

/// Milliseconds in three digits.
fn milliseconds(time: Duration) -> String {
    let value = time.as_secs_f64() * 1e3;
    match value {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Names for the code; how long they are makes no difference.
fn linkage(plan: &ModelPlan) -> Linkage {
    let save_bytes: usize = plan.interface.states.iter().map(|state| state.initial.bytes().len()).sum();
    Linkage {
        prefix: "m".to_owned(),
        hash: 0,
        suffix: "00000000".to_owned(),
        save_header: vec![],
        save_bytes: save_bytes as u64,
    }
}
