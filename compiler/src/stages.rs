//! The way from a model to its plan, step by step, each result checked.

use tgc_graph::module::{Function, Module};
use tgc_optimize::{OptimizeError, Report};
use tgc_plan::ModelPlan;
use tgc_plan::machine::Machine;

use crate::error::Error;
use crate::library::Step;

/// The names of the optimizer's stages, in order.
pub fn names() -> Vec<String> {
    tgc_optimize::stages().iter().map(|stage| stage.name.to_owned()).collect()
}

/// The model after all stages of the optimizer.
///
/// # Errors
///
/// If the model is invalid.
pub fn optimize(module: &Module) -> Result<Module, Error> {
    optimize_with(module, false)
}

/// The same, if asked for with rules that hold for real numbers and not for floating-point ones.
fn optimize_with(module: &Module, fast_math: bool) -> Result<Module, Error> {
    let options = tgc_optimize::Options { fast_math, ..Default::default() };
    each(module, &|function| tgc_optimize::optimize(function, &options))
}

/// The model after one stage of the optimizer and all before it.
///
/// # Errors
///
/// If the model is invalid, or no stage has this name.
pub fn optimize_until(module: &Module, stage: &str) -> Result<Module, Error> {
    if !names().iter().any(|name| name == stage) {
        return Err(Error::unknown("stage", stage, names()));
    }
    each(module, &|function| tgc_optimize::optimize_until(function, stage, &tgc_optimize::Options::default()))
}

/// Which rules of the optimizer fired where and how long they took, and by which rules each node of the result came to
/// be, as text.
///
/// # Errors
///
/// If the model is invalid.
pub fn explain(module: &Module) -> Result<String, Error> {
    check(module)?;
    let options = tgc_optimize::Options { timed: true, ..Default::default() };
    let (optimized, reports) = tgc_optimize::optimize_module(module, &options).map_err(defect)?;
    let of =
        |(function, report): (&Function, &Report)| report.explain(true) + &report.explain_nodes(function);
    Ok(optimized.functions.iter().zip(&reports).map(of).collect())
}

/// The plan for a machine, in strict arithmetic.
///
/// # Errors
///
/// If the model is invalid.
pub fn plan(module: &Module, machine: &Machine) -> Result<ModelPlan, Error> {
    plan_with(module, machine, false, &|_| ())
}

pub(crate) fn plan_with(
    module: &Module,
    machine: &Machine,
    fast_math: bool,
    observe: &dyn Fn(Step),
) -> Result<ModelPlan, Error> {
    observe(Step::Optimize);
    let optimized = optimize_with(module, fast_math)?;
    observe(Step::Plan);
    let plan = tgc_lower::lower(&optimized, machine).map_err(defect)?;
    tgc_plan::verify::verify(&plan).map_err(defect)?;
    Ok(plan)
}

/// The plan for this machine's kind, as a library for it has without options.
///
/// # Errors
///
/// If the model is invalid, or this machine is no target.
pub fn host_plan(module: &Module) -> Result<ModelPlan, Error> {
    plan(module, &tgc_llvm::Target::new(None, None, "")?.machine())
}

/// The stack that calls of a library for this machine's kind take.
///
/// # Errors
///
/// If this machine is no target.
pub fn host_stack(plan: &ModelPlan) -> Result<tgc_llvm::Stack, Error> {
    let target = tgc_llvm::Target::new(None, None, "")?;
    Ok(tgc_llvm::stack(plan, &target, &tgc_llvm::Options::default())?)
}

fn check(module: &Module) -> Result<(), Error> {
    let refused = |error: tgc_graph::verify::VerifyError| Error::Invalid {
        model: module.name.clone(),
        reason: error.to_string(),
    };
    tgc_graph::verify::verify(module).map_err(refused)
}

type Changed = Result<(Function, Report), OptimizeError>;

fn each(module: &Module, change: &dyn Fn(&Function) -> Changed) -> Result<Module, Error> {
    check(module)?;
    let functions: Result<Vec<Function>, OptimizeError> =
        module.functions.iter().map(|function| Ok(change(function)?.0)).collect();
    let functions = functions.map_err(defect)?;
    Ok(Module { name: module.name.clone(), shared: module.shared.clone(), functions })
}

/// A model that is valid fails in no stage for its author's reason.
fn defect(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
