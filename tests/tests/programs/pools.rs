//! The hook for threads: two threads and chunks in random order give the bits that the calling thread gives.

use tgc_graph::dtype::DType::{self, F32, F64};
use tgc_graph::module::Module;
use tgc_tests::{Workshop, pooled};

/// Runs every function of a model without a pool and with several.
fn check(module: &Module) {
    let shop = Workshop::new();
    let library = shop.library(module);
    shop.program("pools.c")
        .flag(&format!("-DHEADER=\"{}.h\"", library.name))
        .flag(&format!("-DMODEL={}_model", library.name))
        .flag("-pthread")
        .link("-pthread")
        .with(&library)
        .build()
        .run(&[]);
}

#[test]
fn loops_over_sizes_of_callers() {
    for dtype in [F32, F64] {
        check(&pooled::loops("loops", None, dtype));
    }
}

#[test]
fn loops_over_fixed_sizes() {
    let odd: [(DType, [i64; 2]); 2] = [(F32, [601, 503]), (F64, [97, 2050])];
    for (dtype, sizes) in odd {
        check(&pooled::loops("loops", Some(sizes), dtype));
    }
}

#[test]
fn training_steps() {
    for (dtype, batch) in [(F32, None), (F64, None), (F32, Some(192))] {
        check(&pooled::perceptron("perceptron", batch, dtype));
    }
}
