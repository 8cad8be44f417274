//! Random modules: the pipeline settles, verifies, repeats itself to the byte, and computes what was asked.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_graph::evaluate::{Sizes, evaluate, evaluate_wide};
use tgc_graph::generate::{self, Random};
use tgc_graph::module::{Function, Module};
use tgc_graph::text::print;
use tgc_optimize::{Fp, Options, optimize_module, optimize_until, stages};
use tgc_scalar::scalar_from_bits_f64;

fn checked(module: &Module, seed: u64) -> Module {
    let options = Options { verify: true, ..Options::default() };
    match optimize_module(module, &options) {
        Ok((optimized, _)) => optimized,
        Err(error) => panic!("seed {seed}: {error}\n{}", print(module)),
    }
}

#[test]
fn every_module_settles_and_verifies() {
    for seed in 0..600 {
        for options in [generate::Options::plain(40), generate::Options::everything(40)] {
            let module = generate::module_with(seed, &options);
            let once = checked(&module, seed);
            let again = checked(&module, seed);
            assert_eq!(print(&once), print(&again), "seed {seed}");
            let twice = checked(&once, seed);
            assert_eq!(print(&once), print(&twice), "seed {seed}: not in normal form\n{}", print(&module));
        }
    }
}

#[test]
fn every_stage_verifies_at_every_level() {
    for seed in 0..20 {
        let fp = if seed % 2 == 0 { Fp::Fast } else { Fp::Exact };
        let options = Options { verify: true, fp, ..Options::default() };
        let module = generate::module_with(seed, &generate::Options::everything(30));
        for function in &module.functions {
            for stage in stages() {
                if let Err(error) = optimize_until(function, stage.name, &options) {
                    panic!("seed {seed}: {error}\n{}", print(&module));
                }
            }
        }
    }
}

fn arguments(function: &Function, random: &mut Random) -> (Vec<Array>, Sizes) {
    let graph = &function.graph;
    let sizes: Sizes =
        graph.scope.symbols.iter().map(|(_, s)| (s.name.clone(), s.min.max(2).min(s.max))).collect();
    let inputs = function.inputs.iter().map(|id| {
        let ty = graph.ty(*id);
        let size = |d: &tgc_graph::dim::Dim| {
            d.evaluate(&|s| sizes[&graph.scope.symbols.get(s).name]).expect("small") as usize
        };
        let mut array = Array::zeros_of(ty.dtype, ty.shape.iter().map(size).collect::<Vec<_>>());
        for i in 0..array.len() {
            array.set(i, number(ty.dtype, (random.below(33) as f64 - 16.0) / 8.0));
        }
        array
    });
    (inputs.collect(), sizes.clone())
}

fn number(dtype: DType, value: f64) -> [u64; 2] {
    match tgc_graph::ops::Constant::splat(dtype.to_real(), vec![], value).elements {
        tgc_graph::ops::Elements::Splat(parts) if dtype != DType::Bool => parts,
        _ => [u64::from(value > 0.0), 0],
    }
}

fn reals(array: &Array) -> Vec<f64> {
    (0..array.len()).map(|i| scalar_from_bits_f64(array.dtype().scalar_type(), array.get(i)[0])).collect()
}

/// Optimized, an element may differ from the true value by little more than it did before. "Little" allows
/// for what a change of an input by its last bits would do, through the scale of the function's own error.
#[test]
fn values_stay() {
    let mut compared = 0;
    for seed in 0..200 {
        let module =
            generate::module_with(seed, &generate::Options { grads: true, ..generate::Options::plain(14) });
        let optimized = checked(&module, seed);
        for (before, after) in module.functions.iter().zip(&optimized.functions) {
            let (inputs, sizes) = arguments(before, &mut Random(seed));
            let Ok(old) = evaluate(before, &module.shared, &inputs, &sizes) else { continue };
            let new = evaluate(after, &module.shared, &inputs, &sizes).expect("the same calls are admitted");
            let wide =
                evaluate_wide(before, &module.shared, &inputs, &sizes).expect("the same calls are admitted");
            for ((o, n), w) in old.outputs.iter().zip(&new.outputs).zip(&wide.outputs) {
                if !o.dtype().is_float() {
                    continue;
                }
                let unit = if o.dtype() == DType::F64 { 1e-13 } else { 1e-4 };
                for ((o, n), w) in reals(o).into_iter().zip(reals(n)).zip(&w.elements) {
                    let w = w[0].real().hi;
                    if !w.is_finite() || w.abs() > 1e30 || !o.is_finite() {
                        continue;
                    }
                    let allowed = 8.0 * (o - w).abs() + unit * w.abs().max(1.0);
                    assert!(
                        (n - w).abs() <= allowed,
                        "seed {seed}: {n} for {w}, was {o}\n{}\n{}",
                        print(&module),
                        print(&optimized)
                    );
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
}
