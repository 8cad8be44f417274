//! The one rewriting mechanism: a pass rebuilds what the roots need, in operand order, through
//! [`Rewriter::add`], which orders operands, folds constants, applies rules and merges equal nodes.
//!
//! Dead code, common subexpressions and operand order need no pass of their own: they fall out of the
//! rebuild. A node's replacement is built by the same `add`, so it is already in normal form; where that
//! would nest deeper than [`DEEPEST`], the rest is left to the next pass.

use std::time::{Duration, Instant};

use smallvec::SmallVec;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::infer::TypeError;
use tgc_graph::ops::{Constant, Fill, Op, Zero};

use crate::facts::class_at;
use crate::history::{History, StepId};
use crate::order::Key;
use crate::rule::RuleSet;
use crate::{facts, fold};

/// How deep replacements may nest within one call of `add`.
const DEEPEST: u32 = 48;

/// A graph under construction, with the rules that its nodes go through.
#[derive(Debug)]
pub struct Rewriter<'r> {
    graph: Graph,
    rules: &'r RuleSet,
    keys: Vec<Key>,
    normal: Vec<Option<NodeId>>,
    /// The nodes known to have several users.
    shared: Vec<bool>,
    /// The nodes whose normal form was found, in that order.
    found: Vec<NodeId>,
    /// What happened, in order: the index of a rule that fired, or none for a node that became a constant.
    journal: Vec<Option<usize>>,
    clock: Option<Clock>,
    history: History,
    /// What new nodes follow from.
    cause: Cause,
    depth: u32,
    unfinished: bool,
}

/// The time that each rule takes, without that of rules which run on what it makes.
#[derive(Debug)]
struct Clock {
    times: Vec<Duration>,
    /// What was measured within the rule that is running.
    within: Duration,
}

/// Why a node is made.
#[derive(Clone, Copy, Debug)]
enum Cause {
    /// It is a copy of one with this past.
    Copy(Option<StepId>),
    /// A rule of this name rewrites a node with this past.
    Rule(&'static str, Option<StepId>),
}

/// The name under which folded constants are reported.
pub(crate) const FOLD: &str = "fold-constants";

/// What one rebuild did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// How often each rule of the set fired.
    pub fired: Vec<usize>,
    /// How many nodes became constants.
    pub folded: usize,
    /// The time that each rule of the set took, if that was measured.
    pub times: Vec<Duration>,
    /// True if a nested replacement was left to the next pass.
    pub unfinished: bool,
}

impl Changes {
    /// Nothing happened, and nothing was left.
    pub fn is_none(&self) -> bool {
        !self.unfinished && self.folded == 0 && self.fired.iter().all(|n| *n == 0)
    }
}

/// Rebuilds what `roots` need under these rules; returns where each root went.
///
/// # Errors
///
/// If a node no longer fits its operands or changed its type: a rule or stage is wrong.
pub(crate) fn rebuild(
    graph: &Graph,
    roots: &[NodeId],
    rules: &RuleSet,
    history: &mut History,
    timed: bool,
) -> Result<(Graph, Vec<NodeId>, Changes), String> {
    let live = graph.reachable(roots);
    let uses = graph.use_counts(roots);
    let mut rewriter = Rewriter::new(graph.successor(), rules);
    let (begun, past) = std::mem::take(history).split();
    rewriter.history = begun;
    rewriter.clock =
        timed.then(|| Clock { times: vec![Duration::ZERO; rules.rules.len()], within: Duration::ZERO });
    let mut renamed: Vec<NodeId> = vec![NodeId(0); graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let node = graph.node(id);
        rewriter.graph.set_origin(node.origin.clone());
        rewriter.cause = Cause::Copy(past.get(id.index()).copied().flatten());
        let operands: Vec<NodeId> = node.operands.iter().map(|o| renamed[o.index()]).collect();
        let new = rewriter
            .try_add(node.op.clone(), &operands)
            .map_err(|error| error.describe(&|i| format!("operand {i} of {}", node.op.name())))?;
        if *rewriter.graph.ty(new) != node.ty {
            return Err(format!(
                "`{}` changed from {:?} to {:?}",
                node.op.name(),
                node.ty,
                rewriter.graph.ty(new)
            ));
        }
        renamed[id.index()] = new;
        rewriter.shared[new.index()] |= uses[id.index()] > 1;
    }
    let roots = roots.iter().map(|id| renamed[id.index()]).collect();
    let Rewriter { graph, journal, clock, history: lived, unfinished, .. } = rewriter;
    *history = lived;
    let times = clock.map_or(vec![], |clock| clock.times);
    let mut changes = Changes { fired: vec![0; rules.rules.len()], folded: 0, times, unfinished };
    for event in journal {
        *event.map_or(&mut changes.folded, |rule| &mut changes.fired[rule]) += 1;
    }
    Ok((graph, roots, changes))
}

impl<'r> Rewriter<'r> {
    /// Builds into a graph, which may hold nodes already.
    pub fn new(graph: Graph, rules: &'r RuleSet) -> Rewriter<'r> {
        let mut rewriter = Rewriter {
            graph,
            rules,
            keys: vec![],
            normal: vec![],
            shared: vec![],
            found: vec![],
            journal: vec![],
            clock: None,
            history: History::default(),
            cause: Cause::Copy(None),
            depth: 0,
            unfinished: false,
        };
        rewriter.note_new_nodes();
        rewriter
    }

    /// The graph so far.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Ends the construction.
    pub fn into_graph(self) -> Graph {
        self.graph
    }

    /// Whether more than one value is known to be made from this one, or it is a result itself besides.
    pub fn is_shared(&self, id: NodeId) -> bool {
        self.shared[id.index()]
    }

    /// How often rule `index` of the set fired.
    pub fn fired(&self, index: usize) -> usize {
        self.journal.iter().filter(|event| **event == Some(index)).count()
    }

    /// The normal form of a node; `None` if the operands do not fit the operation.
    pub fn add(&mut self, op: impl Into<Op>, operands: &[NodeId]) -> Option<NodeId> {
        self.try_add(op.into(), operands).ok()
    }

    /// A constant of one value, with `rank` axes of size 1.
    pub fn splat(&mut self, dtype: DType, rank: usize, value: f64) -> NodeId {
        let constant = Constant::splat(dtype, vec![Dim::Const(1); rank], value);
        self.add(constant, &[]).expect("invariant: a constant of static shape is well-typed")
    }

    /// `value` stretched to a shape of its rank.
    pub fn stretch(&mut self, value: NodeId, shape: &[Dim]) -> Option<NodeId> {
        if self.graph.ty(value).shape == shape {
            return Some(value);
        }
        let template = Zero { dtype: self.graph.ty(value).dtype, shape: shape.to_vec() };
        let template = self.add(template, &[])?;
        self.add(Fill {}, &[template, value])
    }

    fn try_add(&mut self, op: Op, operands: &[NodeId]) -> Result<NodeId, TypeError> {
        let id = self.insert(op, operands)?;
        if let Some(normal) = self.normal[id.index()] {
            return Ok(normal);
        }
        if self.depth == DEEPEST {
            self.unfinished = true;
            return Ok(id);
        }
        // Whoever asks for the node while its own rules run gets the node itself.
        self.normal[id.index()] = Some(id);
        self.depth += 1;
        let normal = self.rewrite(id).unwrap_or(id);
        self.depth -= 1;
        self.normal[id.index()] = Some(normal);
        self.found.push(id);
        Ok(normal)
    }

    fn insert(&mut self, op: Op, operands: &[NodeId]) -> Result<NodeId, TypeError> {
        let id = match *operands {
            [a, b] if facts::is_commutative(&op) && self.is_before(b, a) => self.graph.add(op, &[b, a])?,
            _ => self.graph.add(op, operands)?,
        };
        self.note_new_nodes();
        Ok(id)
    }

    fn note_new_nodes(&mut self) {
        for index in self.keys.len()..self.graph.len() {
            let key = Key::of(&self.graph, NodeId(index as u32), &self.keys);
            self.keys.push(key);
            self.normal.push(None);
            self.shared.push(false);
            let past = match self.cause {
                Cause::Copy(past) => past,
                Cause::Rule(rule, past) => Some(self.history.push_step(rule, past)),
            };
            self.history.push_node(past);
        }
    }

    /// True if `b` goes before `a` and the result's type does not depend on their order.
    fn is_before(&self, b: NodeId, a: NodeId) -> bool {
        let (left, right) = (&self.graph.ty(a).shape, &self.graph.ty(b).shape);
        let same = left.iter().zip(right).all(|(l, r)| l == r || l.is_one() || r.is_one());
        same && (self.keys[b.index()], b) < (self.keys[a.index()], a)
    }

    fn rewrite(&mut self, id: NodeId) -> Option<NodeId> {
        if self.rules.rules.is_empty() {
            return None;
        }
        let outer = self.cause;
        if let Some(constant) = fold::fold(&mut self.graph, id) {
            self.journal.push(None);
            self.cause = Cause::Rule(FOLD, self.history.last(id));
            let folded = self.add(constant, &[]);
            self.cause = outer;
            return folded;
        }
        let rules = self.rules;
        let operation = usize::from(self.keys[id.index()].operation);
        let operands = self.graph.operands(id).iter().map(|o| self.keys[o.index()].operation);
        let operands: SmallVec<[u16; 4]> = operands.collect();
        for index in rules.for_operation(class_at(&self.graph, id, operation), operation) {
            if !rules.rules[index].may_apply(&operands) {
                continue;
            }
            let (found, happened) = (self.found.len(), self.journal.len());
            self.cause = Cause::Rule(rules.rules[index].rule.name, self.history.last(id));
            let new = self.clocked(index, |rewriter| {
                let new = rules.rules[index].apply(rewriter, id)?;
                rewriter.conform(new, id)
            });
            self.cause = outer;
            match new {
                Some(new) if new != id => {
                    self.journal.push(Some(index));
                    return Some(new);
                }
                // Rules led back here: if they undo each other, their firings tell.
                Some(_) => {}
                // What a rule tried and dropped did not happen, or passes would never come to rest.
                None if self.journal.len() > happened => {
                    self.journal.truncate(happened);
                    for id in self.found.drain(found..) {
                        self.normal[id.index()] = None;
                    }
                }
                None => {}
            }
        }
        None
    }

    fn clocked<T>(&mut self, rule: usize, run: impl FnOnce(&mut Self) -> T) -> T {
        let Some(clock) = &mut self.clock else { return run(self) };
        let (before, start) = (std::mem::take(&mut clock.within), Instant::now());
        let result = run(self);
        if let Some(clock) = &mut self.clock {
            let time = start.elapsed();
            clock.times[rule] += time.saturating_sub(clock.within);
            clock.within = before + time;
        }
        result
    }

    /// Gives a replacement exactly the type of what it replaces: stretches it, and makes a literal strong.
    fn conform(&mut self, new: NodeId, old: NodeId) -> Option<NodeId> {
        let mut new = new;
        if self.graph.is_weak(new) && !self.graph.is_weak(old) {
            let strong = Constant { weak: false, ..facts::constant(&self.graph, new)?.clone() };
            new = self.add(strong, &[])?;
        }
        let shape = self.graph.ty(old).shape.clone();
        let new = self.stretch(new, &shape)?;
        (self.graph.ty(new) == self.graph.ty(old)).then_some(new)
    }
}
