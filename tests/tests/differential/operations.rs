//! Every operation on every element type that it takes, by itself.

use tgc_graph::generate;
use tgc_graph::ops::Op;

use crate::{accuracy, for_each_seed, native};

/// Checks modules of one operation each. With `TGC_SEEDS` set, all of them for each seed.
fn for_each_operation(check: impl Fn(u64, &tgc_graph::module::Module) -> Result<(), String>) {
    for_each_seed(1, |seed| {
        let failures: Vec<String> = Op::samples()
            .iter()
            .filter_map(|sample| generate::operation(sample, seed))
            .filter_map(|module| {
                check(seed, &module).err().map(|reason| format!("{}: {reason}", module.name))
            })
            .collect();
        if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
    });
}

#[test]
fn every_operation_is_generated() {
    for sample in Op::samples() {
        if let Some(module) = generate::operation(&sample, 0) {
            assert!(module.functions.len() >= 4, "{} has {} functions", module.name, module.functions.len());
        }
    }
}

#[test]
fn native_code_is_the_plan() {
    for_each_operation(|seed, module| native::check(seed, module, true));
}

#[test]
fn plans_are_accurate() {
    for_each_operation(accuracy::check);
}
