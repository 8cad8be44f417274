//! Random modules, judged twice: native code against the Plan's interpreter, the optimized Plan against wide
//! arithmetic.
//!
//! Each test runs a range of seeds. `TGC_SEEDS=1000..2000` sets another range for long runs; a failure names
//! its seed.

use std::panic::{AssertUnwindSafe, catch_unwind};

mod accuracy;
mod cases;
mod machines;
mod native;
mod operations;
mod places;
mod unused;
mod updates;
mod values;

/// Runs a check for each seed and reports the seeds that fail, each with its reason.
fn for_each_seed(count: u64, check: impl Fn(u64) -> Result<(), String>) {
    let range = std::env::var("TGC_SEEDS").map_or(0..count, |text| {
        let (from, to) = text.split_once("..").expect("TGC_SEEDS has the form 0..1000");
        from.parse().unwrap()..to.parse().unwrap()
    });
    let mut failures = vec![];
    for seed in range {
        let checked = catch_unwind(AssertUnwindSafe(|| check(seed)));
        match checked.unwrap_or_else(|_| Err("a panic, reported above".to_owned())) {
            Ok(()) => (),
            Err(reason) => failures.push(format!("seed {seed}: {reason}")),
        }
    }
    assert!(
        failures.is_empty(),
        "{} seeds fail\n{}",
        failures.len(),
        failures[..failures.len().min(10)].join("\n")
    );
}
