//! Rules as data, and sets of them indexed by the operation they look at.

use std::sync::OnceLock;

use tgc_graph::dtype::Kind;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::Op;

use crate::Fp;
use crate::facts::Class;
use crate::pattern::{Equation, Match};
use crate::rewrite::Rewriter;

/// How close the two sides of a rule are.
///
/// A result's *class* is one of NaN, +inf, -inf, finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Contract {
    /// The same bits for every input; any NaN equals any NaN.
    Exact,
    /// Equal by what the operation `zero` means: the absence of a term, which neither a sign nor a NaN of
    /// the other operand shows through. Equal to rounding where all inputs are finite.
    Structural,
    /// The same expression over the reals. For |x| in 2^±20 the difference is a small multiple of the unit
    /// roundoff times the sum of the terms' magnitudes; for NaN, inf and ±0 the class is the same. The sign
    /// of a zero result may differ, and partial results may overflow where the other side's do not.
    Reassociates,
    /// The error against the true value is at most the left side's or 4 units in the last place, whichever
    /// is larger. May be finite where the left side overflows, never the reverse; the NaN of an argument
    /// outside the function's domain stays.
    Approx,
    /// The error against the true value is at most eight times what moving every input, every constant and
    /// every step of the left side by one unit in its last place changes: the error that the left side may
    /// have (Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., SIAM 2002, section 1.5).
    /// Unless an input is NaN or +inf: may be finite where the left side is not, never the reverse.
    BackwardStable,
    /// Equal over the reals, nothing more. Off by default.
    FastMath,
}

impl Contract {
    /// The name in reports and documentation.
    pub fn name(self) -> &'static str {
        match self {
            Contract::Exact => "exact",
            Contract::Structural => "structural",
            Contract::Reassociates => "reassociates",
            Contract::Approx => "approx",
            Contract::BackwardStable => "backward stable",
            Contract::FastMath => "fast math",
        }
    }
}

/// A constraint on a match, in words and as a function.
#[derive(Clone, Copy, Debug)]
pub struct Condition {
    /// In words, after "if".
    pub text: &'static str,
    /// As a function.
    pub holds: fn(&Match<'_>) -> bool,
}

/// Where a rule written as a function applies.
#[derive(Clone, Copy, Debug)]
pub enum Roots {
    /// At every operation.
    All,
    /// At every elementwise operation except `cast`.
    Elementwise,
    /// At every elementwise operation, `cast` too.
    Maps,
    /// At the operations of these names.
    Named(&'static [&'static str]),
}

/// What a rule does.
#[derive(Clone, Copy, Debug)]
pub enum Body {
    /// What its algebra says, read as patterns. Real elements only.
    Pattern,
    /// What a function does.
    Function {
        /// Where.
        roots: Roots,
        /// The replacement of a node, if there is one.
        apply: fn(&mut Rewriter<'_>, NodeId) -> Option<NodeId>,
        /// Expressions that it rewrites, in the language of `example.rs`.
        examples: &'static [&'static str],
    },
}

/// One algebraic fact, directed downhill.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Unique, lower case with hyphens.
    pub name: &'static str,
    /// How close the two sides are.
    pub contract: Contract,
    /// `left => right`.
    pub algebra: &'static str,
    /// When it holds, if not always.
    pub condition: Option<Condition>,
    /// What it does.
    pub body: Body,
    /// Whether floating-point numbers wait for [`Fp::Fast`](crate::Fp) though its contract is stronger.
    pub only_fast: bool,
}

impl Rule {
    /// A rule that its algebra defines.
    pub const fn new(name: &'static str, contract: Contract, algebra: &'static str) -> Rule {
        Rule { name, contract, algebra, condition: None, body: Body::Pattern, only_fast: false }
    }

    /// A rule that a function defines.
    pub const fn function(
        name: &'static str,
        contract: Contract,
        algebra: &'static str,
        roots: Roots,
        apply: fn(&mut Rewriter<'_>, NodeId) -> Option<NodeId>,
        examples: &'static [&'static str],
    ) -> Rule {
        let body = Body::Function { roots, apply, examples };
        Rule { name, contract, algebra, condition: None, body, only_fast: false }
    }

    /// The same rule under a condition.
    pub const fn when(self, text: &'static str, holds: fn(&Match<'_>) -> bool) -> Rule {
        Rule { condition: Some(Condition { text, holds }), ..self }
    }

    /// The same rule, of floating-point numbers for those who ask for fast arithmetic.
    pub const fn only_fast(self) -> Rule {
        Rule { only_fast: true, ..self }
    }
}

/// A rule with its patterns parsed.
#[derive(Debug)]
pub struct CompiledRule {
    /// The rule.
    pub rule: &'static Rule,
    /// Its two sides, if it is a pattern.
    pub equation: Option<Equation>,
    /// The operations that a node's operands must have among them: most rules are ruled out by these alone.
    needs: Vec<u16>,
    /// Whether it may fire on floating-point numbers, not on integers alone.
    on_floats: bool,
}

impl CompiledRule {
    fn new(rule: &'static Rule, on_floats: bool) -> CompiledRule {
        let equation = match rule.body {
            Body::Pattern => {
                Some(Equation::parse(rule.algebra).expect("invariant: rules are in the language"))
            }
            Body::Function { .. } => None,
        };
        let needs =
            equation.iter().flat_map(Equation::operand_operations).map(|index| index as u16).collect();
        CompiledRule { rule, equation, needs, on_floats }
    }

    /// Whether the rule may apply to a node whose operands have these operations.
    pub(crate) fn may_apply(&self, operands: &[u16]) -> bool {
        self.needs.iter().all(|need| operands.contains(need))
    }

    /// The replacement of a node, if the rule applies to it.
    pub fn apply(&self, rewriter: &mut Rewriter<'_>, id: NodeId) -> Option<NodeId> {
        if !self.on_floats && rewriter.graph().ty(id).dtype.kind() >= Kind::Float {
            return None;
        }
        match (&self.rule.body, &self.equation) {
            (Body::Function { apply, .. }, _) => apply(rewriter, id),
            (Body::Pattern, Some(equation)) => {
                let bindings = equation.find(rewriter.graph(), id, &|m| self.admits(m))?;
                equation.replace(rewriter, id, &bindings)
            }
            (Body::Pattern, None) => unreachable!("invariant: patterns are parsed when compiled"),
        }
    }

    fn admits(&self, found: &Match<'_>) -> bool {
        let real = |graph: &Graph, id: NodeId| !graph.ty(id).dtype.is_complex();
        real(found.graph, found.root) && self.rule.condition.is_none_or(|c| (c.holds)(found))
    }

    fn roots(&self) -> Vec<usize> {
        let position = |name: &str| Op::NAMES.iter().position(|n| *n == name);
        match (&self.rule.body, &self.equation) {
            (Body::Function { roots: Roots::Named(names), .. }, _) => names
                .iter()
                .map(|n| position(n).expect("invariant: rules name operations that exist"))
                .collect(),
            (Body::Function { roots: Roots::All | Roots::Elementwise | Roots::Maps, .. }, _) => vec![],
            (Body::Pattern, equation) => equation.iter().filter_map(Equation::root).collect(),
        }
    }
}

/// Rules that one stage uses, indexed by the operation at their root.
#[derive(Debug)]
pub struct RuleSet {
    /// The rules, in order.
    pub rules: Vec<CompiledRule>,
    by_operation: Vec<Vec<usize>>,
    all: Vec<usize>,
    elementwise: Vec<usize>,
    maps: Vec<usize>,
}

impl RuleSet {
    /// A set of these rules; earlier ones are tried first, but those for all operations, then those for all
    /// elementwise ones, before the rest.
    pub fn new(rules: impl IntoIterator<Item = &'static Rule>) -> RuleSet {
        RuleSet::of(rules.into_iter().map(|rule| CompiledRule::new(rule, true)).collect())
    }

    /// The set of those of these rules that a level admits, on integers at least.
    pub fn admitted(rules: impl IntoIterator<Item = &'static Rule>, fp: Fp) -> RuleSet {
        let rules = rules.into_iter().filter(|rule| fp.admits_on_integers(rule));
        RuleSet::of(rules.map(|rule| CompiledRule::new(rule, fp.admits(rule))).collect())
    }

    fn of(rules: Vec<CompiledRule>) -> RuleSet {
        let mut set = RuleSet {
            rules,
            by_operation: vec![vec![]; Op::NAMES.len()],
            all: vec![],
            elementwise: vec![],
            maps: vec![],
        };
        for (index, rule) in set.rules.iter().enumerate() {
            for root in rule.roots() {
                set.by_operation[root].push(index);
            }
            match rule.rule.body {
                Body::Function { roots: Roots::All, .. } => set.all.push(index),
                Body::Function { roots: Roots::Elementwise, .. } => set.elementwise.push(index),
                Body::Function { roots: Roots::Maps, .. } => set.maps.push(index),
                Body::Function { roots: Roots::Named(_), .. } | Body::Pattern => {}
            }
        }
        set
    }

    /// The set without any rule: a rebuild that only merges, orders and drops.
    pub fn none() -> &'static RuleSet {
        static NONE: OnceLock<RuleSet> = OnceLock::new();
        NONE.get_or_init(|| RuleSet::new([]))
    }

    /// The rules to try at a node of an operation of this class and this position in [`Op::NAMES`].
    pub(crate) fn for_operation(&self, class: Class, index: usize) -> impl Iterator<Item = usize> + '_ {
        let (first, second): (&[usize], &[usize]) = match class {
            Class::Elementwise => (&self.elementwise, &self.maps),
            Class::Cast => (&[], &self.maps),
            Class::Leaf | Class::View | Class::Reduction | Class::Rearrangement | Class::Composite => {
                (&[], &[])
            }
        };
        self.all.iter().chain(first).chain(second).chain(&self.by_operation[index]).copied()
    }
}
