//! Snapshot cases of the optimizer and the planner.
//!
//! A case is a file `cases/<theme>/<name>.tgc`: comment lines that say what is done and expected, then a
//! function or a whole module in the [text form](https://docs.rs/tgc-graph). What comes of it stands beside
//! it in `<name>.snap`.
//!
//! ```text
//! ; optimize until stabilize
//! ; expect sigmoid=1 exp=0 nodes=2
//! function "f"
//!   …
//! ```
//!
//! `optimize` alone runs the whole pipeline; `optimize fast` with fast math. `expect` counts operations of
//! the result, so that no snapshot is accepted that lost what its case is for.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use tgc_graph::module::{Function, Module};
use tgc_graph::text::{parse, parse_function, print_function};
use tgc_optimize::{Options, Report, optimize, optimize_until};

/// The most lines of a case.
pub const LONGEST: usize = 15;

/// A case, read.
#[derive(Clone, Debug)]
pub struct Case {
    /// The stage that is the last to run, if not all run.
    pub until: Option<String>,
    /// Rules that lose NaN and inf run too.
    pub fast: bool,
    /// How many nodes of each operation there must be; `nodes` counts all.
    pub expect: BTreeMap<String, usize>,
    /// The model; a single function is a model without shared variables.
    pub module: Module,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    ///
    /// What is wrong with its head or its text.
    pub fn read(text: &str) -> Result<Case, String> {
        let mut case = Case { until: None, fast: false, expect: BTreeMap::new(), module: parse_any(text)? };
        let mut has_command = false;
        for line in text.lines().filter_map(|line| line.strip_prefix("; ")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["optimize"] => has_command = true,
                ["optimize", "fast"] => (has_command, case.fast) = (true, true),
                ["optimize", "until", stage] => (has_command, case.until) = (true, Some((*stage).to_owned())),
                ["expect", counts @ ..] => case.expect.extend(expectations(counts)?),
                _ => {}
            }
        }
        match (has_command, case.expect.is_empty()) {
            (true, false) => Ok(case),
            (false, _) => Err("the case says nowhere `; optimize`".to_owned()),
            (true, true) => Err("the case says nowhere `; expect operation=count`".to_owned()),
        }
    }

    /// Runs the case: each function's result, and what was done to it.
    ///
    /// # Errors
    ///
    /// If the optimizer fails.
    pub fn run(&self) -> Result<Vec<(Function, Report)>, String> {
        let options = Options { fast_math: self.fast, verify: true };
        let run = |function: &Function| match &self.until {
            Some(stage) => optimize_until(function, stage, &options),
            None => optimize(function, &options),
        };
        self.module.functions.iter().map(|f| run(f).map_err(|e| e.to_string())).collect()
    }

    /// What the snapshot shows: the functions and which rules made them.
    pub fn show(&self, results: &[(Function, Report)]) -> String {
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
    pub fn missed(&self, results: &[(Function, Report)]) -> Vec<String> {
        let count = |what: &str| -> usize {
            let of = |f: &Function| {
                f.graph.ids().filter(|id| what == "nodes" || f.graph.op(*id).name() == what).count()
            };
            results.iter().map(|(function, _)| of(function)).sum()
        };
        let missed = self.expect.iter().filter(|(what, n)| count(what) != **n);
        missed.map(|(what, n)| format!("{what}={} where {n} is expected", count(what))).collect()
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
