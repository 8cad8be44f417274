//! Lowers models and compares what their plans give with the reference evaluator.

use tgc_graph::differentiate;
use tgc_graph::evaluate::{Sizes, bind_sizes, evaluate};
use tgc_graph::module::{Function, Module};
use tgc_graph::prelude::*;
use tgc_lower::lower;
use tgc_plan::ModelPlan;
use tgc_plan::interpret::Interpreter;
use tgc_plan::machine::Machine;
use tgc_plan::print::Detail;
use tgc_plan::verify::verify;
use tgc_scalar::scalar_from_bits_f64;

/// The module with gradients and composites expanded: what an optimizer would hand over at least.
pub fn expanded(module: &Module) -> Module {
    let functions = module
        .functions
        .iter()
        .map(|function| {
            let mut roots = function.roots();
            roots.extend(&function.inputs);
            let (graph, new_roots) = differentiate::expand(&function.graph, &roots);
            let renamed = |id| new_roots[roots.iter().position(|r| *r == id).unwrap()];
            function.with_graph(graph, &renamed)
        })
        .collect();
    Module { name: module.name.clone(), shared: module.shared.clone(), functions }
}

/// Lowers and verifies.
#[track_caller]
pub fn plan_for(module: &Module, machine: &Machine) -> ModelPlan {
    let plan = lower(&expanded(module), machine).unwrap();
    if let Err(error) = verify(&plan) {
        panic!("{error}\n{}", plan.display(Detail::Loops));
    }
    plan
}

pub fn plan(module: &Module) -> ModelPlan {
    plan_for(module, &Machine::X86_64_V3)
}

/// How far an element of this type may be off, for values about 1.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        F16 | BF16 => 4e-2,
        F32 | C64 => 2e-4,
        F64 | C128 => 1e-11,
        _ => 0.0,
    }
}

/// Lowers for several machines and compares all functions on these sizes of the symbols, twice in a row.
#[track_caller]
pub fn check(module: &Module, sizes: &[&[i64]]) -> ModelPlan {
    check_within(module, sizes, tolerance)
}

/// The same with a tolerance by element type.
#[track_caller]
pub fn check_within(module: &Module, sizes: &[&[i64]], tolerance: fn(DType) -> f64) -> ModelPlan {
    for machine in [Machine::SCALAR, Machine::X86_64_V4] {
        compare(module, &plan_for(module, &machine), sizes, tolerance);
    }
    let plan = plan(module);
    compare(module, &plan, sizes, tolerance);
    plan
}

#[track_caller]
fn compare(module: &Module, plan: &ModelPlan, sizes: &[&[i64]], tolerance: fn(DType) -> f64) {
    for (at, function) in module.functions.iter().enumerate() {
        for (round, values) in sizes.iter().enumerate() {
            call_twice(module, plan, (at, function), values, round as u64, tolerance);
        }
    }
}

#[track_caller]
fn call_twice(
    module: &Module,
    plan: &ModelPlan,
    (at, function): (usize, &Function),
    values: &[i64],
    seed: u64,
    tolerance: fn(DType) -> f64,
) {
    let graph = &function.graph;
    let symbols = graph.scope.symbols.iter();
    let values: Vec<i64> = symbols.zip(values.iter().cycle()).map(|(_, v)| *v).collect();
    let names: Sizes =
        graph.scope.symbols.iter().zip(&values).map(|((_, s), v)| (s.name.clone(), *v)).collect();
    let mut random = Random(seed + 1);
    let inputs: Vec<Array> = function
        .inputs
        .iter()
        .map(|id| {
            let ty = graph.ty(*id);
            let shape: Vec<usize> =
                ty.shape.iter().map(|d| d.evaluate(&|s| values[s.0 as usize]).unwrap() as usize).collect();
            random.array(ty.dtype, &shape)
        })
        .collect();
    let sizes = bind_sizes(function, &inputs, &names).unwrap();
    let mut instance = Interpreter::new(plan);
    let mut shared = module.shared.clone();
    for _ in 0..2 {
        let got = instance.call(at, &sizes, &inputs).unwrap();
        let want = evaluate(function, &shared, &inputs, &names).unwrap();
        let text = |name: &str| format!("{name} at {sizes:?}\n{}", plan.display(Detail::Loops));
        for (output, (got, want)) in function.outputs.iter().zip(got.iter().zip(&want.outputs)) {
            assert_close(got, want, tolerance, &|| text(&output.name));
        }
        for (state, value) in want.updates {
            shared[state].initial = value;
        }
        for (state, variable) in shared.iter().enumerate() {
            assert_close(instance.state(state), &variable.initial, tolerance, &|| text(&variable.name));
        }
    }
}

/// Equal but for the order of sums.
#[track_caller]
fn assert_close(got: &Array, want: &Array, tolerance: fn(DType) -> f64, what: &dyn Fn() -> String) {
    assert_eq!((got.dtype(), got.shape()), (want.dtype(), want.shape()), "{}", what());
    let dtype = want.dtype();
    let tolerance = tolerance(dtype);
    for i in 0..want.len() {
        for part in 0..dtype.parts() {
            let (g, w) = (got.get(i)[part], want.get(i)[part]);
            let value = |bits| scalar_from_bits_f64(dtype.scalar_type(), bits);
            let (x, y) = (value(g), value(w));
            let near = (x - y).abs() <= tolerance * (1.0 + y.abs());
            assert!(g == w || near || (x.is_nan() && y.is_nan()), "element {i} is {x}, not {y}: {}", what());
        }
    }
}

/// Knuth's 64-bit linear congruence, upper bits.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }

    /// Small values of either sign, exact in every float type.
    pub fn array(&mut self, dtype: DType, shape: &[usize]) -> Array {
        let mut array = Array::zeros_of(dtype, shape);
        for i in 0..array.len() {
            let mut part = || {
                let eighths = self.below(33) as f64 / 8.0 - 2.0;
                let number = if dtype.is_differentiable() { eighths } else { (eighths * 4.0).trunc() };
                tgc_graph::ops::Constant::splat(dtype.to_real(), vec![], number).as_splat().unwrap()[0]
            };
            let parts = [part(), if dtype.parts() == 2 { part() } else { 0 }];
            array.set(i, parts);
        }
        array
    }
}
