//! Does what a case says and compares.

use tgc_compiler::value::{self, Given};
use tgc_compiler::{Error, Outcome, Session, build};
use tgc_graph::array::Array;
use tgc_graph::module::Module;
use tgc_graph::text;

use crate::case::{Call, Case, Claim, Gives, Place, Tolerance};
use crate::compare::difference;

/// Whether a case is as it says.
///
/// # Errors
///
/// What is not.
pub fn judge(case: &Case) -> Result<(), String> {
    let module = text::parse(&case.text).map_err(|error| error.to_string());
    match &case.claim {
        Claim::Builds => build(&module?, &case.options).map(|_| ()).map_err(told),
        Claim::Refused(words) => refused(module, case, words),
        Claim::Calls(calls) => {
            let mut session = Session::with(&module?, &case.options).map_err(told)?;
            tgc_plan::verify::verify(session.plan()).map_err(|error| error.to_string())?;
            calls.iter().try_for_each(|call| {
                judge_call(call, &mut session).map_err(|reason| format!("run {}: {reason}", call.line))
            })
        }
    }
}

/// An error as the command line tells it.
fn told(error: Error) -> String {
    if error.is_internal() { format!("internal error: {error}") } else { format!("error: {error}") }
}

fn refused(module: Result<Module, String>, case: &Case, words: &str) -> Result<(), String> {
    let reason = match module.map(|module| build(&module, &case.options)) {
        Err(reason) => reason,
        Ok(Ok(_)) => return Err(format!("it builds, and must be refused with `{words}`")),
        Ok(Err(error)) if error.is_internal() => return Err(told(error)),
        Ok(Err(error)) => error.to_string(),
    };
    match reason.contains(words) {
        true => Ok(()),
        false => Err(format!("it is refused without the words `{words}`: {reason}")),
    }
}

fn judge_call(call: &Call, session: &mut Session) -> Result<(), String> {
    let result = run(call, session);
    for gives in &call.gives {
        match (gives, &result) {
            (Gives::Error { status, words }, Err(error)) => expect_error(error, status, words)?,
            (Gives::Error { status, .. }, Ok(_)) => {
                return Err(format!("it succeeds, and must give {status}"));
            }
            (Gives::Values { .. }, Err(error)) => return Err(error.to_string()),
            (Gives::Values { of, values, tolerance }, Ok(outcome)) => {
                for (name, value) in values {
                    compare(name, value, find(*of, name, call, outcome, session), *tolerance)?;
                }
            }
        }
    }
    Ok(())
}

fn run(call: &Call, session: &mut Session) -> Result<Outcome, Error> {
    let function = session.plan().interface.functions.iter().find(|f| f.name == call.function);
    let given = match function {
        Some(function) => Given::parse(function, &call.arguments)?,
        // The call below says that there is no such function.
        None => Given::default(),
    };
    let call =
        tgc_compiler::Call { function: &call.function, sizes: &given.sizes, inputs: &given.inputs, times: 1 };
    session.run(&call)
}

fn expect_error(error: &Error, wanted: &str, words: &str) -> Result<(), String> {
    let status = match error {
        Error::Refused { status, .. } => *status,
        _ => "an error without status",
    };
    match status == wanted && error.to_string().contains(words) {
        true => Ok(()),
        false => Err(format!("{status}, not {wanted} {words}: {error}")),
    }
}

fn find<'a>(
    of: Place,
    name: &str,
    call: &Call,
    outcome: &'a Outcome,
    session: &'a Session,
) -> Option<&'a Array> {
    let function = session.plan().interface.functions.iter().find(|f| f.name == call.function)?;
    match of {
        Place::Outputs => outcome.outputs.get(function.outputs.iter().position(|o| o.name == name)?),
        Place::Shared => session.state(name),
    }
}

fn compare(name: &str, right: &str, got: Option<&Array>, tolerance: Tolerance) -> Result<(), String> {
    let got = got.ok_or_else(|| format!("nothing is named `{name}`"))?;
    let right =
        value::parse(right, got.dtype()).map_err(|reason| format!("what {name} shall be: {reason}"))?;
    difference(got, &right, tolerance).map_or(Ok(()), |text| Err(format!("{name} {text}")))
}
