//! Native code is the Plan's interpreter, bit for bit; any NaN equals any NaN.

use tgc_compiler::{Call, Session};
use tgc_graph::array::Array;
use tgc_graph::generate::{self, Options, Random};
use tgc_graph::module::Module;
use tgc_plan::interpret::Interpreter;
use tgc_scalar::{ScalarType, scalar_from_bits_f64};

use crate::{for_each_seed, values};

/// Compares all functions of a module, several times each, with the state that the calls before left.
pub fn check(seed: u64, module: &Module, odd_values: bool) -> Result<(), String> {
    let mut session = Session::new(module).map_err(|error| error.to_string())?;
    let plan = session.plan().clone();
    let mut interpreter = Interpreter::new(&plan);
    let mut random = Random(seed ^ 0x5eed);
    for round in 0..3 {
        for (index, function) in module.functions.iter().enumerate() {
            let Some(call) = values::call(function, &mut random, odd_values, 200_000) else { continue };
            let place = format!("round {round}, {} with sizes {:?}", function.name, call.sizes);
            let wanted = interpreter.call(index, &call.sizes, &call.inputs);
            let sizes: Vec<(String, i64)> = function
                .graph
                .scope
                .symbols
                .iter()
                .zip(&call.sizes)
                .map(|((_, s), n)| (s.name.clone(), *n))
                .collect();
            let inputs: Vec<Option<Array>> = call.inputs.into_iter().map(Some).collect();
            let call = Call { function: &function.name, sizes: &sizes, inputs: &inputs, times: 1 };
            let outcome = session.run(&call);
            let (wanted, outcome) = match (wanted, outcome) {
                (Ok(wanted), Ok(outcome)) => (wanted, outcome),
                (Err(wanted), Err(error))
                    if values::is_index_error(&wanted) && values::is_index_error(&error) =>
                {
                    continue;
                }
                (Err(error), _) => return Err(format!("{place}, interpreted: {error}")),
                (_, Err(error)) => return Err(format!("{place}, native: {error}")),
            };
            for (output, (got, want)) in function.outputs.iter().zip(outcome.outputs.iter().zip(&wanted)) {
                same(got, want).map_err(|text| format!("{place}, output {}: {text}", output.name))?;
            }
            for (i, state) in module.shared.iter().enumerate() {
                let got = session.state(&state.name).ok_or("a state is missing")?;
                same(got, interpreter.state(i))
                    .map_err(|text| format!("{place}, state {}: {text}", state.name))?;
            }
        }
    }
    Ok(())
}

pub fn same(got: &Array, want: &Array) -> Result<(), String> {
    if (got.dtype(), got.shape()) != (want.dtype(), want.shape()) {
        return Err(format!(
            "native {} {:?}, interpreted {} {:?}",
            got.dtype(),
            got.shape(),
            want.dtype(),
            want.shape()
        ));
    }
    for i in 0..got.len() {
        let (a, b) = (got.get(i), want.get(i));
        let parts = got.dtype().parts();
        let scalar = got.dtype().scalar_type();
        if (0..parts).any(|k| a[k] != b[k] && !(is_nan(scalar, a[k]) && is_nan(scalar, b[k]))) {
            return Err(format!("element {i}: native {a:x?}, interpreted {b:x?} ({})", got.dtype()));
        }
    }
    Ok(())
}

fn is_nan(scalar: ScalarType, bits: u64) -> bool {
    scalar.is_float() && scalar_from_bits_f64(scalar, bits).is_nan()
}

#[test]
fn plain_modules() {
    for_each_seed(60, |seed| check(seed, &generate::module(seed, 24), false));
}

#[test]
fn modules_with_everything() {
    for_each_seed(60, check_everything);
}

/// Modules whose plans the verifier refused: diagonals of rank 3 and of other shapes, parts that never have
/// an element, nests of one row at most, sizes that terms alone show not to be negative, and an index that
/// was checked but not stored.
#[test]
fn modules_that_were_refused() {
    for seed in [31111, 32220, 35555, 37852, 39823, 49032, 62271, 66764, 68612] {
        check_everything(seed).unwrap_or_else(|reason| panic!("seed {seed}: {reason}"));
    }
}

fn check_everything(seed: u64) -> Result<(), String> {
    let options = Options::everything(16 + (seed % 3) as usize * 8);
    check(seed, &generate::module_with(seed, &options), true)
}

#[test]
fn gradients_of_plain_modules() {
    for_each_seed(30, |seed| {
        let options = Options { grads: true, all_dtypes: true, ..Options::plain(32) };
        check(seed, &generate::module_with(seed, &options), seed % 2 == 0)
    });
}
