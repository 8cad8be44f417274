//! The way from a model to its plan, step by step, each result checked.

use tgc_graph::lookup;
use tgc_graph::module::{Function, Module};
use tgc_optimize::{Fp, OptimizeError, Report};
use tgc_plan::ModelPlan;
use tgc_plan::machine::Machine;

use crate::error::Error;

/// What a build is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The model is checked and rewritten.
    Optimize,
    /// Loops and buffers are decided.
    Plan,
    /// Code is generated.
    Compile,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Step::Optimize => "optimizing",
            Step::Plan => "planning",
            Step::Compile => "compiling",
        })
    }
}

/// The names of the optimizer's stages, in order.
pub fn names() -> Vec<String> {
    tgc_optimize::stages().iter().map(|stage| stage.name.to_owned()).collect()
}

/// The model after all stages of the optimizer.
///
/// # Errors
///
/// If the model is invalid.
pub fn optimize(module: &Module, fp: Fp) -> Result<Module, Error> {
    let options = tgc_optimize::Options { fp, ..Default::default() };
    each(module, &|function| tgc_optimize::optimize(function, &options))
}

/// The model after one stage of the optimizer and all before it.
///
/// # Errors
///
/// If the model is invalid, or no stage has this name.
pub fn optimize_until(module: &Module, stage: &str, fp: Fp) -> Result<Module, Error> {
    if !names().iter().any(|name| name == stage) {
        return Err(Error::unknown("stage", stage, names()));
    }
    let options = tgc_optimize::Options { fp, ..Default::default() };
    each(module, &|function| tgc_optimize::optimize_until(function, stage, &options))
}

/// Which rules of the optimizer fired where and how long they took, and by which rules each node of the
/// result came to be, as text.
///
/// # Errors
///
/// If the model is invalid.
pub fn explain(module: &Module, fp: Fp) -> Result<String, Error> {
    check(module)?;
    let options = tgc_optimize::Options { fp, timed: true, ..Default::default() };
    let (optimized, reports) = tgc_optimize::optimize_module(module, &options).map_err(internal)?;
    let of =
        |(function, report): (&Function, &Report)| report.explain(true) + &report.explain_nodes(function);
    Ok(optimized.functions.iter().zip(&reports).map(of).collect())
}

/// The plan for a machine.
///
/// # Errors
///
/// If the model is invalid.
pub fn plan(module: &Module, machine: &Machine, fp: Fp) -> Result<ModelPlan, Error> {
    plan_with(module, std::slice::from_ref(machine), fp, &|_| ())
}

/// The plan for several machines, which are planned for at once.
pub(crate) fn plan_with(
    module: &Module,
    machines: &[Machine],
    fp: Fp,
    observe: &dyn Fn(Step),
) -> Result<ModelPlan, Error> {
    observe(Step::Optimize);
    let options = tgc_optimize::Options { fp, ..Default::default() };
    let optimized = each(module, &|function| tgc_optimize::optimize(&lookup::noted(function), &options))?;
    observe(Step::Plan);
    let plans = std::thread::scope(|scope| {
        let for_machine = |machine| {
            let optimized = &optimized;
            scope.spawn(move || plan_one(optimized, machine))
        };
        let threads: Vec<_> = machines.iter().map(for_machine).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect::<Result<Vec<_>, Error>>()
    })?;
    Ok(ModelPlan::merge(plans))
}

fn plan_one(optimized: &Module, machine: &Machine) -> Result<ModelPlan, Error> {
    let mut plan = tgc_lower::lower(optimized, machine).map_err(internal)?;
    tgc_plan::verify::settle(&mut plan).map_err(internal)?;
    Ok(plan)
}

/// What each function is after one phase of the planner, as text.
///
/// # Errors
///
/// If the model is invalid, or no phase has this name.
pub fn plan_until(module: &Module, machine: &Machine, phase: &str, fp: Fp) -> Result<String, Error> {
    let phases: Vec<String> = tgc_lower::phases().iter().map(|phase| phase.name.to_owned()).collect();
    if !phases.iter().any(|name| name == phase) {
        return Err(Error::unknown("phase", phase, phases));
    }
    tgc_lower::lower_until(&optimize(module, fp)?, machine, phase).map_err(internal)
}

/// What the planner knows of a system's processor; of this machine's system, and of a processor that is usual
/// today, without names.
///
/// # Errors
///
/// If there is no such target or processor.
pub fn machine(triple: Option<&str>, cpu: Option<&str>) -> Result<Machine, Error> {
    Ok(tgc_llvm::Target::new(triple, cpu, "")?.machine())
}

/// The plan for this machine's kind, as a library for it has without further options.
///
/// # Errors
///
/// If the model is invalid, or this machine is no target.
pub fn host_plan(module: &Module, fp: Fp) -> Result<ModelPlan, Error> {
    plan(module, &machine(None, None)?, fp)
}

/// The stack that calls of a library for this machine's kind take.
///
/// # Errors
///
/// If this machine is no target.
pub fn host_stack(plan: &ModelPlan) -> Result<tgc_llvm::Stack, Error> {
    let target = tgc_llvm::Target::new(None, None, "")?;
    Ok(tgc_llvm::stack(plan, &[target], &tgc_llvm::Options::default())?)
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
    let functions = functions.map_err(internal)?;
    Ok(Module { name: module.name.clone(), shared: module.shared.clone(), functions })
}

/// A model that is valid fails in no stage for its author's reason.
fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(error.to_string())
}
