//! Compares the compiled code with the interpreter.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_llvm::{ArgumentMemory, Jit, Target};
use tgc_plan::ModelPlan;
use tgc_plan::interpret::Interpreter;
use tgc_plan::verify::verify;
use tgc_scalar::scalar_from_bits_f64;

use crate::plans::linkage;

/// Calls a function of a plan both ways, twice, so that states go on, and compares outputs and states.
#[track_caller]
pub fn check(plan: &ModelPlan, calls: &[(usize, &[i64], Vec<Array>)]) {
    verify(plan).unwrap_or_else(|e| panic!("{e}"));
    check_code(plan, &Jit::new(plan, &linkage(plan)).unwrap_or_else(|e| panic!("{e}")), calls);
}

/// The same, of code for the least processor too, which has to give the same bits.
#[track_caller]
pub fn check_baseline(plan: &ModelPlan, calls: &[(usize, &[i64], Vec<Array>)]) {
    check(plan, calls);
    let Ok(target) = Target::new(None, Some("x86-64"), "") else { return };
    check_code(plan, &Jit::with(plan, &linkage(plan), &target).unwrap_or_else(|e| panic!("{e}")), calls);
}

/// The same as [`check`], of code that takes little stack too.
#[track_caller]
pub fn check_tight(plan: &ModelPlan, calls: &[(usize, &[i64], Vec<Array>)]) {
    check(plan, calls);
    check_code(plan, &Jit::tight(plan, &linkage(plan)).unwrap_or_else(|e| panic!("{e}")), calls);
}

#[track_caller]
fn check_code(plan: &ModelPlan, jit: &Jit, calls: &[(usize, &[i64], Vec<Array>)]) {
    for (function, sizes, inputs) in calls {
        let mut config = vec![0; plan.interface.sizes.len()];
        for ((_, symbol), &size) in plan.interface.functions[*function].symbols.iter().zip(*sizes) {
            config[plan.interface.sizes.iter().position(|s| s.name == symbol.name).unwrap()] = size;
        }
        let mut interpreter = Interpreter::new(plan);
        let mut instance = jit.instance(&config).unwrap();
        for _ in 0..2 {
            let want = interpreter.call(*function, sizes, inputs).unwrap_or_else(|e| panic!("{e}"));
            let mut got: Vec<Array> = want.iter().map(|a| Array::zeros_of(a.dtype(), a.shape())).collect();
            let mut args: Vec<ArgumentMemory> =
                inputs.iter().map(|a| ArgumentMemory::Input(a.bytes())).collect();
            args.extend(got.iter_mut().map(|a| ArgumentMemory::Output(a.bytes_mut())));
            instance.call(*function, sizes, &mut args).unwrap_or_else(|e| panic!("{e:?}"));
            let name = &plan.interface.functions[*function].name;
            for (i, (got, want)) in got.iter().zip(&want).enumerate() {
                same(got, want, &format!("{name}, sizes {sizes:?}, output {i}"));
            }
            for (i, state) in plan.interface.states.iter().enumerate() {
                let (dtype, shape) = (state.initial.dtype(), state.initial.shape());
                let got = Array::from_bytes(dtype, shape, instance.state(i)).unwrap();
                same(&got, interpreter.state(i), &format!("{name}, sizes {sizes:?}, state {i}"));
            }
        }
    }
}

#[track_caller]
pub fn same(got: &Array, want: &Array, what: &str) {
    for i in 0..want.len() {
        let (g, w) = (got.get(i), want.get(i));
        let equal = (0..2).all(|p| g[p] == w[p] || is_nan(want.dtype(), g[p]) && is_nan(want.dtype(), w[p]));
        assert!(equal, "{what}, element {i} of {}: found {g:x?}, expected {w:x?}", want.len());
    }
}

fn is_nan(dtype: DType, bits: u64) -> bool {
    dtype.scalar_type().is_float() && scalar_from_bits_f64(dtype.scalar_type(), bits).is_nan()
}

/// Numbers that look random, in [-2, 2), of any shape.
pub fn noise(dtype: DType, shape: &[usize], seed: u64) -> Array {
    let mut array = Array::zeros_of(dtype, shape);
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    let mut part = || {
        let unit = (next() >> 11) as f64 / (1u64 << 51) as f64 - 2.0;
        match dtype.to_real() {
            DType::F32 => u64::from((unit as f32).to_bits()),
            DType::F64 => unit.to_bits(),
            DType::Bool => u64::from(unit > 0.0),
            other => next() & (u64::MAX >> (64 - 8 * other.bytes())),
        }
    };
    for i in 0..array.len() {
        let parts = [part(), part()];
        array.set(i, parts);
    }
    array
}
