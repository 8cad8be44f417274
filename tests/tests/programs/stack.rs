//! How much stack calls take: what the header says holds, and is little.

use std::fs;
use std::path::{Path, PathBuf};

use tgc_compiler::{Fp, Options, build, stages};
use tgc_graph::generate;
use tgc_graph::module::{Function, Module};
use tgc_graph::ops::Op;
use tgc_graph::prelude::*;
use tgc_graph::text;
use tgc_tests::{Workshop, models};

/// What the documents promise of models like these.
const LITTLE: u64 = 2048;

fn stack_of(module: &Module) -> u64 {
    build(module, &Options::default()).unwrap().stack.most
}

#[test]
fn a_call_takes_no_more_stack_than_the_header_says() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    let program = shop.program("stack.c").flag("-pthread").link("-pthread").link("-Wl,-z,now");
    program.with(&library).build().run(&[]);
}

/// The cases below a folder.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|file| file.extension().is_some_and(|end| end == "tgc"));
    files.chain(folders.iter().flat_map(|folder| cases(folder))).collect()
}

#[test]
fn the_models_of_the_snapshots_need_little() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../snapshots/cases");
    let files = cases(&folder);
    assert!(files.len() > 100, "{}", files.len());
    let mut problems = vec![];
    for file in files {
        let name = file.strip_prefix(&folder).unwrap().display().to_string();
        let case = fs::read_to_string(&file).unwrap();
        let first = if case.contains("tgc 1 model") { "" } else { "tgc 1 model \"m\"\n" };
        let module = text::parse(&format!("{first}{case}")).unwrap();
        let stack = stack_of(&module);
        if stack > LITTLE {
            problems.push(format!("{name}: {stack} bytes"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is read from many places is added up part by part: their addresses are live at once.
#[test]
fn a_sum_of_many_tensors_needs_little() {
    let m = Model::new("sum");
    let x = m.input("x", F32, [400.into(), m.dim("N")]);
    let sum = (1..400).fold(x.take(0, 0), |sum, t| sum + x.take(t, 0));
    m.function("f").inputs([x]).output("y", sum).finish().unwrap();
    let stack = stack_of(&m.module());
    assert!(stack <= LITTLE, "{stack} bytes");
}

/// Every operation on every element type that it takes, where operands are stretched: then rows share what
/// LLVM keeps. Some are in one library, since most of what a small one takes to compile is its runtime.
#[test]
fn every_operation_needs_little() {
    let modules: Vec<Module> =
        Op::samples().iter().filter_map(|sample| generate::operation(sample, 0)).collect();
    assert!(modules.len() > 100, "{}", modules.len());
    let mut problems = vec![];
    for some in modules.chunks(8) {
        let renamed = some.iter().flat_map(|module| {
            let name = |function: &Function| format!("{}_{}", module.name, function.name);
            module
                .functions
                .iter()
                .skip(1)
                .step_by(2)
                .map(move |function| Function { name: name(function), ..function.clone() })
        });
        let together = Module { name: "m".to_owned(), shared: vec![], functions: renamed.collect() };
        let stack = stages::host_stack(&stages::host_plan(&together, Fp::Strict).unwrap()).unwrap();
        for (function, bytes) in together.functions.iter().zip(&stack.functions).filter(|(_, b)| **b > LITTLE)
        {
            problems.push(format!("{}: {bytes} bytes", function.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_models_of_the_programs_need_little() {
    for module in [
        models::logreg(F64),
        models::guard(),
        models::pool(),
        models::echo(),
        models::lookup(),
        models::overlaps("many", 30),
    ] {
        let stack = stack_of(&module);
        assert!((16..=LITTLE).contains(&stack), "{}: {stack} bytes", module.name);
    }
}

/// Vectors of truth values go from one iteration to the next.
#[test]
fn reductions_of_truth_values_need_little() {
    let logic = "tgc 1 model \"m\"\nfunction \"logic\"\n  size N 0..500\n  %0 = input \"b\" : bool[N]\n  \
                 %1 = any(%0) axes=[0]\n  %2 = all(%0) axes=[0]\n  output \"some\" = %1\n  output \"every\" = %2\nend\n";
    let stack = stack_of(&text::parse(logic).unwrap());
    assert!(stack <= LITTLE, "{stack} bytes");
}

/// A recurrent network, unrolled, with its gradient: hundreds of steps, which functions of a few steps each
/// call.
#[test]
fn unrolled_networks_need_little() {
    let m = Model::new("rnn");
    let n = m.dim("N");
    let (x, u) = (m.input("x", F32, [n, 40.into(), 8.into()]), m.shared("u", Array::full([8, 8], 0.1f32)));
    let mut h = tanh(x.take(0, 1));
    for t in 1..40 {
        h = tanh(dot(h, u) + x.take(t, 1));
    }
    let cost = h.sum();
    m.function("train").inputs([x]).output("cost", cost).update(u, u - 0.1 * grad(cost, u)).finish().unwrap();
    let stack = stack_of(&m.module());
    assert!(stack <= LITTLE, "{stack} bytes");
}
