//! Plans for all kinds of processors give the same bits: in which order sums are taken does not depend on the
//! machine.

use tgc_compiler::{Fp, stages};
use tgc_graph::generate::{self, Options, Random};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_plan::interpret::Interpreter;
use tgc_plan::machine::Machine;

use crate::native::same;
use crate::{for_each_seed, values};

/// Machines of other vectors, registers and caches.
const OTHERS: [(&str, Machine); 3] = [
    ("x86-64-v4", Machine::X86_64_V4),
    ("aarch64", Machine::AARCH64),
    ("a processor without vectors", Machine::SCALAR),
];

fn check(seed: u64, module: &Module) -> Result<(), String> {
    let plan =
        |machine: &Machine| stages::plan(module, machine, Fp::Strict).map_err(|error| error.to_string());
    let plans = [plan(&OTHERS[0].1)?, plan(&OTHERS[1].1)?, plan(&OTHERS[2].1)?];
    let first = plan(&Machine::ORDER)?;
    let mut wanted = Interpreter::new(&first);
    let mut others = plans.each_ref().map(Interpreter::new);
    let mut random = Random(seed ^ 0x5eed);
    for round in 0..3 {
        for (index, function) in module.functions.iter().enumerate() {
            let Some(call) = values::call(function, &mut random, false, 2_000_000) else { continue };
            let want = wanted.call(index, &call.sizes, &call.inputs);
            for (other, (name, _)) in others.iter_mut().zip(&OTHERS) {
                let place = format!("round {round}, {} for {name}, sizes {:?}", function.name, call.sizes);
                let got = other.call(index, &call.sizes, &call.inputs);
                let (Ok(want), Ok(got)) = (&want, &got) else {
                    match want.is_err() && got.is_err() {
                        true => continue,
                        false => return Err(format!("{place}: one call of two is refused")),
                    }
                };
                for (output, (got, want)) in function.outputs.iter().zip(got.iter().zip(want)) {
                    same(got, want).map_err(|text| format!("{place}, output {}: {text}", output.name))?;
                }
                for (i, state) in module.shared.iter().enumerate() {
                    same(other.state(i), wanted.state(i))
                        .map_err(|text| format!("{place}, state {}: {text}", state.name))?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn modules_with_everything_for_all_machines() {
    for_each_seed(40, |seed| {
        let options = Options::everything(16 + (seed % 3) as usize * 8);
        check(seed, &generate::module_with(seed, &options))
    });
}

#[test]
fn gradients_for_all_machines() {
    for_each_seed(20, |seed| {
        let options = Options { grads: true, all_dtypes: true, ..Options::plain(32) };
        check(seed, &generate::module_with(seed, &options))
    });
}

#[test]
fn self_updates_for_all_machines() {
    for_each_seed(40, |seed| check(seed, &generate::self_updates(seed)));
}

/// Sums that are longer than any register or cache block: matmuls, softmax, sums over rows, columns and all.
#[test]
fn long_sums_for_all_machines() {
    let m = Model::new("m");
    for (name, dtype) in [("f", F32), ("d", F64), ("h", F16)] {
        let x = m.input(&format!("x_{name}"), dtype, [5, 1100]);
        let w = m.input(&format!("w_{name}"), dtype, [1100, 24]);
        let y = x.dot(w);
        let outputs = [
            y,
            x.log_softmax(),
            x.sum_over([0]),
            x.mean(),
            w.sum_over([0]),
            w.std_over([1]),
            x.norm(),
            grad((y * y).sum(), w),
        ];
        let named =
            ["y", "softmax", "columns", "mean", "few", "std", "norm", "gradient"].into_iter().zip(outputs);
        m.function(name).inputs([x, w]).outputs(named).finish().unwrap();
    }
    for_each_seed(1, |seed| check(seed, &m.module()));
}
