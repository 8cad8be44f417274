//! What the optimizer did: which rules fired in which stage, and what each stage cost.

use std::fmt::Write;
use std::time::Duration;

use crate::rule::Contract;

/// What was done to one function.
///
/// Where a node of the result comes from is not told here: its
/// [`origin`](tgc_graph::graph::Node::origin) is that of the node it replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The function's name.
    pub function: String,
    /// One entry per stage, in order.
    pub stages: Vec<StageReport>,
}

/// What one stage did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageReport {
    /// The stage's name.
    pub stage: &'static str,
    /// Nodes before.
    pub before: usize,
    /// Nodes after.
    pub after: usize,
    /// How often the graph was rebuilt; 0 when the stage had nothing to do.
    pub passes: usize,
    /// The rules that fired, in the order of the rule list.
    pub fired: Vec<Fired>,
    /// Wall-clock time.
    pub time: Duration,
}

/// How often a rule fired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fired {
    /// The rule's name.
    pub rule: &'static str,
    /// Its contract.
    pub contract: Contract,
    /// What it states.
    pub algebra: &'static str,
    /// How often.
    pub count: usize,
}

impl Report {
    /// How often a rule fired over all stages.
    pub fn count(&self, rule: &str) -> usize {
        self.stages.iter().flat_map(|s| &s.fired).filter(|f| f.rule == rule).map(|f| f.count).sum()
    }

    /// The report as text; `times` are left out where the same text must come out every time.
    pub fn explain(&self, times: bool) -> String {
        let mut text = format!("function {}\n", self.function);
        for stage in &self.stages {
            let _ = write!(text, "  {}: {} -> {} nodes", stage.stage, stage.before, stage.after);
            if stage.passes > 0 {
                let _ =
                    write!(text, ", {} {}", stage.passes, if stage.passes == 1 { "pass" } else { "passes" });
            }
            if times {
                let _ = write!(text, ", {:.3} ms", stage.time.as_secs_f64() * 1e3);
            }
            text.push('\n');
            for fired in &stage.fired {
                let Fired { rule, contract, algebra, count } = fired;
                let _ = writeln!(text, "    {count:>5} x {rule} ({}): {algebra}", contract.name());
            }
        }
        text
    }
}
