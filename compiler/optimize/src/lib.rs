//! Graph to graph: rules as data, one ordered list of stages.
//!
//! [`optimize`] takes a function to a function that computes the same outputs and updates, of the same
//! names, order and types, within what each rule's [`Contract`] allows. [`stages`] is the whole pipeline;
//! [`rules()`] is every algebraic fact it uses. Nothing here looks at values that only a call has, and
//! nothing depends on hash-map order, time or addresses.
//!
//! The shape of the rewriting — rules as data over a hash-consed graph, one pass in operand order — follows
//! Cranelift's mid-end (Fallin, "ægraphs", EGRAPHS 2023), without its sets of alternatives.
//!
//! # What is public
//!
//! All of it is for the compiler's own crates, and changes without notice: authors of models and front ends
//! see none of it. [`optimize_module`], [`optimize_until`], [`Report`] and [`Fp`] are what the facade and its
//! tests call; [`Rule`], [`RuleSet`] and [`Stage`] are public so that tables and tests can list them.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod check;
#[cfg(test)]
mod contracts;
mod error;
#[cfg(test)]
mod example;
mod expression;
mod facts;
mod fold;
mod history;
mod order;
mod orient;
mod pattern;
mod pin;
mod pipeline;
mod report;
mod rewrite;
mod rule;
mod rules;

pub use error::OptimizeError;
pub use history::History;
pub use pipeline::{Rewriting, Stage, Transform, Work, optimize, optimize_module, optimize_until, stages};
pub use report::{Fired, Report, StageReport};
pub use rewrite::Rewriter;
pub use rule::{Body, Condition, Contract, Roots, Rule, RuleSet};
pub use rules::{rules, rules_markdown};

/// How exactly floating-point arithmetic is kept: which rules may fire.
///
/// Of integers every level admits what [reassociates](Contract::Reassociates): their sums and products wrap
/// around, and so have the same bits in every order. In which order a sum over an axis adds its terms is no
/// rule's but the plan's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fp {
    /// Those that keep every bit: [`Contract::Exact`] and [`Contract::Structural`].
    Exact,
    /// Those that keep or better the accuracy, and NaN and infinities: all but the group `fast` and those
    /// that take a sum with a constant apart.
    #[default]
    Strict,
    /// All.
    Fast,
}

impl Fp {
    /// Whether rules of the group `fast` may fire.
    pub fn is_fast(self) -> bool {
        self == Fp::Fast
    }

    /// Whether a rule may fire where the result has floating-point parts.
    pub fn admits(self, rule: &Rule) -> bool {
        if rule.only_fast { self.is_fast() } else { self.admits_contract(rule.contract) }
    }

    /// Whether a rule may fire where the result is of integers or truth values.
    pub fn admits_on_integers(self, rule: &Rule) -> bool {
        rule.contract == Contract::Reassociates || self.admits(rule)
    }

    /// Whether what keeps such a contract may be done.
    pub fn admits_contract(self, contract: Contract) -> bool {
        match contract {
            Contract::Exact | Contract::Structural => true,
            Contract::Reassociates | Contract::Approx | Contract::BackwardStable => self != Fp::Exact,
            Contract::FastMath => self.is_fast(),
        }
    }
}

/// What the caller chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How exactly floating-point arithmetic is kept.
    pub fp: Fp,
    /// Check every stage's result. On in debug builds.
    pub verify: bool,
    /// Also measure each rule's time, which takes some.
    pub timed: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { fp: Fp::Strict, verify: cfg!(debug_assertions), timed: false }
    }
}
