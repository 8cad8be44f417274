//! Snapshot cases of the optimizer and the planner.
//!
//! A case is a file `cases/<theme>/<name>.tgc`: comment lines that say what is done and expected, then a
//! function or a whole module in the text form of `tgc_graph::text`. What comes of it stands beside
//! it in `<name>.snap`.
//!
//! ```text
//! ; optimize until stabilize
//! ; expect sigmoid=1 exp=0 nodes=2
//! function "f"
//!   …
//! ```
//!
//! Commands: `optimize` runs the whole pipeline, `optimize until STAGE` a part, `optimize exact` and
//! `optimize fast` at another level of arithmetic; `plan` runs it and plans for AVX2, `lower until PHASE`
//! runs a part of the planner. `expect` states the structure of the result, so that no snapshot is accepted
//! that lost what its case is for: `operation=count` (and `nodes`) for a graph; `nests`, `loops`, `copies`,
//! `checks` of indices, `slots` and `reads.NAME` (nests that read the buffer of this name) for a plan;
//! `some-words=count`, the lines with these words, for a phase of the planner.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tgc_graph::module::{Function, Module};
use tgc_graph::text::{parse, parse_function, print_function};
use tgc_lower::{lower, lower_until, phases};
use tgc_optimize::{Fp, Options, Report, optimize, optimize_module, optimize_until};
use tgc_plan::machine::Machine;
use tgc_plan::verify::verify;
use tgc_plan::{FunctionPlan, ModelPlan};

/// The most lines of a case.
pub const LONGEST: usize = 15;

/// A case, read.
#[derive(Clone, Debug)]
pub struct Case {
    /// What to do.
    pub command: Command,
    /// What the result's structure must be, by what is counted.
    pub expect: BTreeMap<String, usize>,
    /// The model; a single function is a model without shared variables.
    pub module: Module,
}

/// What to do with a case's model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Optimize it.
    Optimize {
        /// The stage that is the last to run, if not all run.
        until: Option<String>,
        /// Which rules run.
        fp: Fp,
    },
    /// Optimize it, then plan it.
    Plan,
    /// Optimize it, then run the phases of the planner up to this one.
    Lower {
        /// The last phase to run.
        until: String,
    },
}

/// What came of a case.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Each function, and what was done to it.
    Graphs(Vec<(Function, Report)>),
    /// The plan.
    Plan(ModelPlan),
    /// What a phase of the planner printed.
    Phase(String),
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    ///
    /// What is wrong with its head or its text.
    pub fn read(text: &str) -> Result<Case, String> {
        let mut command = None;
        let mut expect = BTreeMap::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("; ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let optimize =
                |until: Option<&str>, fp| Command::Optimize { until: until.map(str::to_owned), fp };
            match words.as_slice() {
                ["optimize"] => command = Some(optimize(None, Fp::Strict)),
                ["optimize", "exact"] => command = Some(optimize(None, Fp::Exact)),
                ["optimize", "fast"] => command = Some(optimize(None, Fp::Fast)),
                ["optimize", "until", stage] => command = Some(optimize(Some(stage), Fp::Strict)),
                ["plan"] => command = Some(Command::Plan),
                ["lower", "until", phase] => command = Some(Command::Lower { until: (*phase).to_owned() }),
                ["expect", counts @ ..] => expect.extend(expectations(counts)?),
                _ => {}
            }
        }
        let Some(command) = command else {
            return Err("the case says nowhere `; optimize` or `; plan`".to_owned());
        };
        match expect.is_empty() {
            true => Err("the case says nowhere `; expect operation=count`".to_owned()),
            false => Ok(Case { command, expect, module: parse_any(text)? }),
        }
    }

    /// Runs the case.
    ///
    /// # Errors
    ///
    /// If the optimizer or the planner fails.
    pub fn run(&self) -> Result<Outcome, String> {
        let options = |fp| Options { fp, verify: true, ..Options::default() };
        match &self.command {
            Command::Optimize { until, fp } => {
                let run = |function: &Function| match until {
                    Some(stage) => optimize_until(function, stage, &options(*fp)),
                    None => optimize(function, &options(*fp)),
                };
                let results: Result<Vec<_>, _> = self.module.functions.iter().map(run).collect();
                results.map(Outcome::Graphs).map_err(|e| e.to_string())
            }
            Command::Lower { until } => {
                if !phases().iter().any(|phase| phase.name == until) {
                    return Err(format!("the planner has no phase `{until}`"));
                }
                let (module, _) =
                    optimize_module(&self.module, &options(Fp::Strict)).map_err(|e| e.to_string())?;
                let text = lower_until(&module, &Machine::X86_64_V3, until).map_err(|e| e.to_string())?;
                Ok(Outcome::Phase(text))
            }
            Command::Plan => {
                let (module, _) =
                    optimize_module(&self.module, &options(Fp::Strict)).map_err(|e| e.to_string())?;
                let plan = lower(&module, &Machine::X86_64_V3).map_err(|e| e.to_string())?;
                verify(&plan).map_err(|e| e.to_string())?;
                Ok(Outcome::Plan(plan))
            }
        }
    }

    /// What the snapshot shows: the functions and which rules made them, or the plan.
    pub fn show(&self, outcome: &Outcome) -> String {
        let results = match outcome {
            Outcome::Graphs(results) => results,
            Outcome::Plan(plan) => return plan.to_string(),
            Outcome::Phase(text) => return text.clone(),
        };
        let mut text = String::new();
        for (function, report) in results {
            text.push_str(&print_function(function, &self.module.shared));
            for stage in report.stages.iter().filter(|stage| !stage.fired.is_empty()) {
                let rules: Vec<String> =
                    stage.fired.iter().map(|f| format!("{} {}", f.count, f.rule)).collect();
                let _ = writeln!(text, "; {}: {}", stage.stage, rules.join(", "));
            }
        }
        text
    }

    /// The expectations that do not hold.
    pub fn missed(&self, outcome: &Outcome) -> Vec<String> {
        let missed = self.expect.iter().filter(|(what, n)| outcome.count(what) != **n);
        missed.map(|(what, n)| format!("{what}={} where {n} is expected", outcome.count(what))).collect()
    }
}

impl Outcome {
    fn count(&self, what: &str) -> usize {
        match self {
            Outcome::Graphs(results) => results
                .iter()
                .map(|(f, _)| {
                    f.graph.ids().filter(|id| what == "nodes" || f.graph.op(*id).name() == what).count()
                })
                .sum(),
            Outcome::Plan(plan) => plan.functions().map(|f| count_plan(f, what)).sum(),
            Outcome::Phase(text) => {
                let word = what.replace('-', " ");
                text.lines().filter(|line| line.contains(&word)).count()
            }
        }
    }
}

fn count_plan(function: FunctionPlan<'_>, what: &str) -> usize {
    let structure = function.structure();
    match (what, what.strip_prefix("reads.")) {
        ("nests", _) => structure.nests,
        ("matmuls", _) => structure.matmuls,
        ("loops", _) => structure.loops,
        ("copies", _) => structure.copies,
        ("checks", _) => structure.checks,
        ("slots", _) => structure.workspace_slots,
        (_, Some(buffer)) => structure.nests_reading(buffer),
        // Never what is expected, so the case fails and shows the name.
        (_, None) => usize::MAX / 2,
    }
}

fn parse_any(text: &str) -> Result<Module, String> {
    let start = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(';'));
    match start {
        Some(line) if line.starts_with("tgc ") => parse(text).map_err(|e| e.to_string()),
        _ => {
            let function = parse_function(text, &[]).map_err(|e| e.to_string())?;
            Ok(Module { name: "case".to_owned(), shared: vec![], functions: vec![function] })
        }
    }
}

fn expectations(counts: &[&str]) -> Result<Vec<(String, usize)>, String> {
    let one = |count: &&str| {
        let (what, n) = count.split_once('=')?;
        Some((what.to_owned(), n.parse().ok()?))
    };
    let read =
        |count| one(count).ok_or_else(|| format!("`{count}` is no expectation; write operation=count"));
    counts.iter().map(read).collect()
}

/// All cases under a folder, in order.
pub fn cases(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(cases(&path)?);
        } else if path.extension().is_some_and(|e| e == "tgc") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
