//! The hook for threads: two threads and chunks in random order give the bits that the calling thread gives.

use tgc_graph::dtype::DType::{self, F32, F64};
use tgc_graph::module::Module;
use tgc_tests::{Workshop, pooled};

/// Runs every function of a model without a pool and with several. A function that never hands out chunks
/// shows nothing, so these are named: they reduce across their rows, or run along them.
fn check(module: &Module, in_order: &[&str]) {
    let shop = Workshop::new();
    let library = shop.library(module);
    let output = shop
        .program("pools.c")
        .flag(&format!("-DHEADER=\"{}.h\"", library.name))
        .flag(&format!("-DMODEL={}_model", library.name))
        .flag("-pthread")
        .link("-pthread")
        .with(&library)
        .build()
        .run(&[]);
    let without = output.lines().filter_map(|line| line.strip_suffix(": 0"));
    let without: Vec<&str> = without.filter_map(|name| name.split('.').nth(1)).collect();
    assert_eq!(without, in_order, "{output}");
}

#[test]
fn loops_over_sizes_of_callers() {
    for dtype in [F32, F64] {
        check(&pooled::loops("loops", None, dtype), &["add_up", "running"]);
    }
}

#[test]
fn loops_over_fixed_sizes() {
    let odd: [(DType, [i64; 2]); 2] = [(F32, [601, 503]), (F64, [97, 2050])];
    for (dtype, sizes) in odd {
        check(&pooled::loops("loops", Some(sizes), dtype), &["columns", "add_up", "running"]);
    }
}

#[test]
fn training_steps() {
    for (dtype, batch) in [(F32, None), (F64, None), (F32, Some(192))] {
        check(&pooled::perceptron("perceptron", batch, dtype), &[]);
    }
}
