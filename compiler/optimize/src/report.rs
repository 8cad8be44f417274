//! What the optimizer did: which rules fired in which stage, and what each stage cost.

use std::fmt::Write;
use std::time::Duration;

use tgc_graph::module::Function;

use crate::history::History;
use crate::rule::Contract;

/// What was done to one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The function's name.
    pub function: String,
    /// One entry per stage, in order.
    pub stages: Vec<StageReport>,
    /// By which rules the nodes of the result came to be. The author's line is each node's
    /// [`origin`](tgc_graph::graph::Node::origin), that of the node which it replaced.
    pub history: History,
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
    /// How long it took, with attempts that came to nothing but without rules that ran on what it made; zero
    /// unless [`timed`](crate::Options::timed).
    pub time: Duration,
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
                let Fired { rule, contract, algebra, count, time } = fired;
                let _ = write!(text, "    {count:>5} x {rule} ({}): {algebra}", contract.name());
                if times && !time.is_zero() {
                    let _ = write!(text, ", {:.3} ms", time.as_secs_f64() * 1e3);
                }
                text.push('\n');
            }
        }
        text
    }

    /// Each node of the result in a line of text: its number and operation, the author's line, and the rules
    /// and stages that led to it, first to last.
    pub fn explain_nodes(&self, result: &Function) -> String {
        let mut text = format!("function {}\n", self.function);
        for id in result.graph.ids() {
            let node = result.graph.node(id);
            let _ = write!(text, "  %{} {} from {}", id.0, node.op.name(), node.origin);
            let chain = self.history.of(id);
            if !chain.is_empty() {
                let _ = write!(text, ": {}", chain.join(", "));
            }
            text.push('\n');
        }
        text
    }
}
