//! The stages, in the one order that there is, and what runs them.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tgc_graph::differentiate;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::module::{Function, Module};
use tgc_graph::text::dump_function;
use tgc_graph::unsigned;
use tgc_graph::verify::verify;

use crate::facts::{Class, class};
use crate::history::History;
use crate::report::{Fired, Report, StageReport};
use crate::rewrite::{Changes, FOLD, rebuild};
use crate::rule::{Contract, Rule, RuleSet};
use crate::rules::{
    Group, canonical, fast, invariant, places, reduce, reductions, softmax, special, stable, structure,
};
use crate::{Fp, OptimizeError, Options, check, orient, pin};

/// How often a stage rebuilds the graph before it gives up. Two or three times is usual.
const MOST_PASSES: usize = 32;

/// One step of the pipeline.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    /// Its name, for [`optimize_until`] and reports.
    pub name: &'static str,
    /// Why it is there, and why there.
    pub why: &'static str,
    /// What holds afterwards.
    pub postcondition: &'static str,
    /// What it does.
    pub work: Work,
    holds: fn(&Function) -> Result<(), String>,
}

/// What a stage does.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Rewrites with these groups of rules until none fires.
    Rewrite(&'static Rewriting),
    /// Replaces the operations that a predicate finds, if there are any.
    Replace {
        /// How close the result is to what was there; levels of arithmetic that do not admit it go without.
        contract: Contract,
        /// What there is to do.
        found: fn(&Graph, NodeId) -> bool,
        /// Does it: the new graph, and where each root went.
        apply: Transform,
    },
}

/// Groups of rules that work together.
#[derive(Debug)]
pub struct Rewriting {
    /// The groups, in the order in which they are tried.
    pub groups: &'static [Group],
    /// Their rules by how exactly arithmetic is kept, made when first used.
    sets: [OnceLock<RuleSet>; 3],
}

impl Rewriting {
    const fn with(groups: &'static [Group]) -> Rewriting {
        Rewriting { groups, sets: [const { OnceLock::new() }; 3] }
    }

    fn rules(&self, fp: Fp) -> &RuleSet {
        self.sets[fp as usize].get_or_init(|| {
            let extra: &[Rule] = if fp.is_fast() { fast::GROUP.rules } else { &[] };
            let rules = self.groups.iter().flat_map(|group| group.rules).chain(extra);
            RuleSet::admitted(rules, fp)
        })
    }
}

/// From a graph and its roots to another graph and where each root went.
pub type Transform = fn(&Graph, &[NodeId]) -> (Graph, Vec<NodeId>);

static CANONICALIZE: Rewriting = Rewriting::with(&[
    structure::GROUP,
    places::GROUP,
    canonical::GROUP,
    reduce::GROUP,
    reductions::GROUP,
    invariant::GROUP,
]);
static STABILIZE: Rewriting = Rewriting::with(&[
    structure::GROUP,
    places::GROUP,
    canonical::GROUP,
    reduce::GROUP,
    reductions::GROUP,
    invariant::GROUP,
    stable::GROUP,
    softmax::GROUP,
]);
static SPECIALIZE: Rewriting = Rewriting::with(&[
    structure::GROUP,
    places::GROUP,
    canonical::GROUP,
    reduce::GROUP,
    reductions::GROUP,
    invariant::GROUP,
    stable::GROUP,
    special::GROUP,
]);

static STAGES: &[Stage] = &[
    Stage {
        name: "saturate",
        why: "an index of u64 that i64 does not hold is outside of every axis, and once it is cast nothing tells; before \
              casts of constants are computed",
        postcondition: "no index is a cast that can wrap",
        work: Work::Replace {
            contract: Contract::Exact,
            found: unsigned::can_wrap,
            apply: unsigned::saturate,
        },
        holds: |function| check::none(function, "an index that can wrap", &unsigned::can_wrap),
    },
    Stage {
        name: "pin",
        why: "a gradient by a computed value needs that value to survive the rules that come before",
        postcondition: "every gradient is by an input, a shared variable, a constant or a pin",
        work: Work::Replace {
            contract: Contract::Exact,
            found: |graph, id| graph.op(id).is_derivative(),
            apply: pin::pin,
        },
        holds: |_| Ok(()),
    },
    Stage {
        name: "canonicalize",
        why: "the patterns of unstable formulas are written for one spelling of each",
        postcondition: "no rule of the groups structure, places, canonical, reduce, reductions and invariant applies",
        work: Work::Rewrite(&CANONICALIZE),
        holds: |_| Ok(()),
    },
    Stage {
        name: "stabilize",
        why: "before differentiation: the gradient of log(sigmoid(z)) through log divides by a number that \
              underflows, while that of softplus is a sigmoid; no rule could mend the former afterwards",
        postcondition: "no rule of the groups stable and softmax applies either",
        work: Work::Rewrite(&STABILIZE),
        holds: |_| Ok(()),
    },
    Stage {
        name: "differentiate",
        why: "costs are now in the form whose gradients are accurate; composites open up here, since their \
              gradients are those of their parts",
        postcondition: "no grad is left",
        work: Work::Replace {
            contract: Contract::Exact,
            found: |graph, id| graph.op(id).is_derivative(),
            apply: differentiate::expand,
        },
        holds: |function| check::none(function, "a gradient", &|graph, id| graph.op(id).is_derivative()),
    },
    Stage {
        name: "unpin",
        why: "pins have done their work and would keep the copies they made apart, and so has `consider_constant`",
        postcondition: "no pin and no `consider_constant` is left",
        work: Work::Replace { contract: Contract::Exact, found: pin::is_mark, apply: pin::unpin },
        holds: |function| check::none(function, "a pin or `consider_constant`", &pin::is_mark),
    },
    Stage {
        name: "canonicalize-gradients",
        why: "gradients come with zeros, fills and ones that must vanish before anything is recognised in them",
        postcondition: "no rule of the groups structure, places, canonical, reduce, reductions and invariant applies",
        work: Work::Rewrite(&CANONICALIZE),
        holds: |_| Ok(()),
    },
    Stage {
        name: "stabilize-gradients",
        why: "values that were pinned may complete an unstable formula, as may gradients of exp and log",
        postcondition: "no rule of the groups stable and softmax applies either",
        work: Work::Rewrite(&STABILIZE),
        holds: |_| Ok(()),
    },
    Stage {
        name: "expand",
        why: "after stabilize, which may know a composite as a whole; lowering knows none",
        postcondition: "every operation has a kernel, and no `consider_constant` of an expansion is left",
        work: Work::Replace { contract: Contract::Exact, found: is_composite, apply: open },
        holds: |function| {
            check::none(function, "an operation without a kernel", &is_composite)
                .and_then(|()| check::none(function, "a `consider_constant`", &pin::is_mark))
        },
    },
    Stage {
        name: "orient",
        why: "rules see one use of a product at a time, and would make a second one where a use turns it around",
        postcondition: "a product of which all uses are turned is turned itself",
        work: Work::Replace {
            contract: Contract::Reassociates,
            found: orient::is_turn,
            apply: orient::orient,
        },
        holds: |_| Ok(()),
    },
    Stage {
        name: "specialize",
        why: "last, because contractions hide the sums and products that other rules look for; with all other \
              rules, for what the expansions brought, but those that would bring composites back",
        postcondition: "no rule applies but those of the group softmax",
        work: Work::Rewrite(&SPECIALIZE),
        holds: |_| Ok(()),
    },
];

/// Composites as other operations, for their values alone.
fn open(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    let (opened, places) = differentiate::expand(graph, roots);
    pin::unpin(&opened, &places)
}

fn is_composite(graph: &Graph, id: NodeId) -> bool {
    class(graph, id) == Class::Composite
}

/// The pipeline.
pub fn stages() -> &'static [Stage] {
    STAGES
}

/// Optimizes one function.
///
/// # Errors
///
/// Only for defects of the optimizer: rules that do not settle, or a stage that breaks its promise.
pub fn optimize(function: &Function, options: &Options) -> Result<(Function, Report), OptimizeError> {
    run(function, options, STAGES, &|_| Ok(()))
}

/// Optimizes every function of a module; shared variables stay as they are.
///
/// # Errors
///
/// As [`optimize`].
pub fn optimize_module(module: &Module, options: &Options) -> Result<(Module, Vec<Report>), OptimizeError> {
    let mut reports = vec![];
    let mut functions = vec![];
    for function in &module.functions {
        let verified = |function: &Function| {
            let functions = vec![function.clone()];
            let alone = Module { name: module.name.clone(), shared: module.shared.clone(), functions };
            verify(&alone).map_err(|error| error.to_string())
        };
        let (optimized, report) = run(function, options, STAGES, &verified)?;
        functions.push(optimized);
        reports.push(report);
    }
    Ok((Module { name: module.name.clone(), shared: module.shared.clone(), functions }, reports))
}

/// Runs the stages up to one of this name and shows its result.
///
/// # Errors
///
/// As [`optimize`]; or if no stage has the name.
pub fn optimize_until(
    function: &Function,
    stage: &str,
    options: &Options,
) -> Result<(Function, Report), OptimizeError> {
    match STAGES.iter().position(|s| s.name == stage) {
        Some(last) => run(function, options, &STAGES[..=last], &|_| Ok(())),
        None => Err(OptimizeError::UnknownStage {
            name: stage.to_owned(),
            known: STAGES.iter().map(|s| s.name).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// A check of a stage's result; says what is wrong.
type Check<'a> = &'a dyn Fn(&Function) -> Result<(), String>;

fn run(
    function: &Function,
    options: &Options,
    stages: &[Stage],
    verified: Check<'_>,
) -> Result<(Function, Report), OptimizeError> {
    let mut current = function.clone();
    let mut report = Report { function: function.name.clone(), stages: vec![], history: History::default() };
    let history = &mut report.history;
    // The groups that the function is known to be a normal form of.
    let mut settled: &[Group] = &[];
    for stage in stages {
        let start = Instant::now();
        let before = current.graph.len();
        let (next, passes, fired) = match stage.work {
            Work::Rewrite(Rewriting { groups, .. }) if contains(settled, groups) => (None, 0, vec![]),
            Work::Rewrite(rewriting) => {
                settled = rewriting.groups;
                let (next, passes, fired) =
                    settle(&current, rewriting.rules(options.fp), stage, history, options.timed)?;
                (Some(next), passes, fired)
            }
            Work::Replace { contract, found, apply }
                if options.fp.admits_contract(contract)
                    && current.graph.ids().any(|id| found(&current.graph, id)) =>
            {
                settled = &[];
                (Some(replace(&current, apply, stage, history)), 1, vec![])
            }
            Work::Replace { .. } => (None, 0, vec![]),
        };
        if let Some(next) = next {
            if options.verify {
                check::interface(&current, &next)
                    .and_then(|()| (stage.holds)(&next))
                    .and_then(|()| verified(&next))
                    .map_err(|problem| broken(&current, stage, problem))?;
            }
            current = next;
        }
        let (after, time) = (current.graph.len(), start.elapsed());
        report.stages.push(StageReport { stage: stage.name, before, after, passes, fired, time });
    }
    Ok((current, report))
}

fn contains(all: &[Group], some: &[Group]) -> bool {
    some.iter().all(|group| all.iter().any(|other| other.name == group.name))
}

/// The error that shows what the stage was given.
fn broken(before: &Function, stage: &Stage, problem: String) -> OptimizeError {
    let graph = dump_function(before, &[]);
    OptimizeError::Broken { function: before.name.clone(), stage: stage.name, problem, graph }
}

/// What must survive: outputs, updates, and inputs even if nothing uses them.
fn kept(function: &Function) -> Vec<NodeId> {
    function.roots().into_iter().chain(function.inputs.iter().copied()).collect()
}

/// The function over a new graph, given where each kept node went.
fn moved(function: &Function, graph: Graph, old: &[NodeId], new: &[NodeId]) -> Function {
    let mut places = vec![NodeId(0); function.graph.len()];
    for (old, new) in old.iter().zip(new) {
        places[old.index()] = *new;
    }
    function.with_graph(graph, &|id| places[id.index()])
}

/// Applies a transform; what it made of a node follows that node, all else begins with the stage.
fn replace(function: &Function, apply: Transform, stage: &Stage, history: &mut History) -> Function {
    let old = &function.graph;
    let live = old.reachable(&kept(function));
    let all: Vec<NodeId> = old.ids().filter(|id| live[id.index()]).collect();
    let (graph, places) = apply(old, &all);
    let mut sources: Vec<Option<NodeId>> = vec![None; graph.len()];
    for (from, to) in all.iter().zip(&places).rev() {
        sources[to.index()] = Some(*from);
    }
    let (mut begun, past) = std::mem::take(history).split();
    for (source, to) in sources.into_iter().zip(graph.ids()) {
        let before = source.and_then(|from| past.get(from.index()).copied().flatten());
        let is_copy = source.is_some_and(|from| old.op(from) == graph.op(to));
        let last = if is_copy { before } else { Some(begun.push_step(stage.name, before)) };
        begun.push_node(last);
    }
    *history = begun;
    moved(function, graph, &all, &places)
}

/// Rebuilds until no rule fires; also returns the number of passes and what fired.
fn settle(
    function: &Function,
    rules: &RuleSet,
    stage: &Stage,
    history: &mut History,
    timed: bool,
) -> Result<(Function, usize, Vec<Fired>), OptimizeError> {
    let broken = |problem| broken(function, stage, problem);
    let mut current = function.clone();
    let count = rules.rules.len();
    let times = vec![Duration::ZERO; count];
    let mut total = Changes { fired: vec![0; count], times, ..Changes::default() };
    for pass in 1..=MOST_PASSES {
        let roots = kept(&current);
        let (graph, new, changes) = rebuild(&current.graph, &roots, rules, history, timed).map_err(broken)?;
        current = moved(&current, graph, &roots, &new);
        total.folded += changes.folded;
        total.fired.iter_mut().zip(&changes.fired).for_each(|(sum, n)| *sum += n);
        total.times.iter_mut().zip(&changes.times).for_each(|(sum, time)| *sum += *time);
        if changes.is_none() {
            return Ok((swept(&current, history).map_err(broken)?, pass, fired(rules, &total)));
        }
        if pass == MOST_PASSES {
            let still = fired(rules, &changes);
            let rules =
                still.iter().map(|f| format!("{} ({})", f.rule, f.count)).collect::<Vec<_>>().join(", ");
            let (function, stage) = (function.name.clone(), stage.name);
            return Err(OptimizeError::Restless { function, stage, passes: pass, rules });
        }
    }
    unreachable!("invariant: the loop returns in its last round")
}

/// The function without what rules tried and dropped.
fn swept(function: &Function, history: &mut History) -> Result<Function, String> {
    let roots = kept(function);
    if function.graph.reachable(&roots).iter().all(|live| *live) {
        return Ok(function.clone());
    }
    let (graph, new, _) = rebuild(&function.graph, &roots, RuleSet::none(), history, false)?;
    Ok(moved(function, graph, &roots, &new))
}

fn fired(rules: &RuleSet, changes: &Changes) -> Vec<Fired> {
    let folded = Fired {
        rule: FOLD,
        contract: Contract::Exact,
        algebra: "an operation on constants => its value",
        count: changes.folded,
        time: Duration::ZERO,
    };
    let of = |(index, rule): (usize, &crate::rule::CompiledRule)| Fired {
        rule: rule.rule.name,
        contract: rule.rule.contract,
        algebra: rule.rule.algebra,
        count: changes.fired[index],
        time: changes.times.get(index).copied().unwrap_or_default(),
    };
    let fired = rules.rules.iter().enumerate().map(of);
    std::iter::once(folded).chain(fired).filter(|f| f.count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgc_graph::dtype::DType;
    use tgc_graph::module::Output;
    use tgc_graph::ops::{Exp, Input};

    fn exponential() -> Function {
        let mut graph = Graph::default();
        let x = graph.op_node(Input { name: "x".into(), dtype: DType::F32, shape: vec![] }, &[]);
        let node = graph.op_node(Exp {}, &[x]);
        let outputs = vec![Output { name: "y".to_owned(), node }];
        Function { name: "f".to_owned(), graph, inputs: vec![x], outputs, updates: vec![] }
    }

    fn stage(name: &str) -> &'static Stage {
        STAGES.iter().find(|stage| stage.name == name).expect("a stage of this name")
    }

    #[test]
    fn rules_that_undo_each_other_are_named() {
        static UNDOING: [Rule; 2] = [
            Rule::new("there", Contract::Exact, "exp(x) => log(x)"),
            Rule::new("back", Contract::Exact, "log(x) => exp(x)"),
        ];
        let rules = RuleSet::new(&UNDOING);
        let error = settle(&exponential(), &rules, stage("canonicalize"), &mut History::default(), false)
            .expect_err("they undo each other");
        assert_eq!(
            error.to_string(),
            "function `f`: stage `canonicalize` does not settle after 32 passes; still firing: back (1); report it \
             with the model"
        );
    }

    #[test]
    fn an_unknown_stage_is_told_what_there_is() {
        let error = optimize_until(&exponential(), "fuse", &Options::default()).expect_err("no such stage");
        assert_eq!(
            error.to_string(),
            "there is no stage `fuse`; the stages are saturate, pin, canonicalize, stabilize, differentiate, unpin, \
             canonicalize-gradients, stabilize-gradients, expand, orient, specialize"
        );
    }

    #[test]
    fn a_broken_function_names_the_stage_and_shows_the_graph() {
        let function = exponential();
        let changed = Function { outputs: vec![], ..function.clone() };
        let problem = check::interface(&function, &changed).expect_err("an output is gone");
        let error = broken(&function, stage("stabilize"), problem);
        assert_eq!(
            error.to_string(),
            "function `f`: stage `stabilize` broke the function: 1 outputs became 0; report it with the model"
        );
        let OptimizeError::Broken { graph, .. } = error else { panic!("it is broken") };
        assert!(graph.contains("%1 = exp(%0) : f32[]"), "{graph}");
    }
}
