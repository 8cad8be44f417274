//! Every rule, grouped by theme. Which stage uses which group stands in [`pipeline`](crate::stages).
//!
//! Each group goes downhill by a cost of its own, told at its head, and no group undoes another's work;
//! that is why passes can repeat until nothing fires.

use std::fmt::Write;

use crate::rule::{Body, Contract, Rule};

pub mod canonical;
pub mod fast;
pub mod invariant;
pub mod places;
pub mod reduce;
pub mod reductions;
pub mod softmax;
pub mod special;
pub mod stable;
pub mod structure;

/// A theme with its rules.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The name.
    pub name: &'static str,
    /// What its rules are for, in one sentence.
    pub doc: &'static str,
    /// The rules, in the order they are tried.
    pub rules: &'static [Rule],
}

/// All groups. Within a stage, earlier groups are tried first.
pub static GROUPS: &[Group] = &[
    structure::GROUP,
    places::GROUP,
    canonical::GROUP,
    reduce::GROUP,
    reductions::GROUP,
    stable::GROUP,
    softmax::GROUP,
    special::GROUP,
    fast::GROUP,
    invariant::GROUP,
];

/// All rules, in the order they are tried.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    GROUPS.iter().flat_map(|group| group.rules)
}

/// The table of all rules, for the user's guide.
pub fn rules_markdown() -> String {
    let mut text = String::from(
        "# Rewrite rules\n\n`--fp exact` admits the contracts exact and structural, `--fp strict`, the default, all but \
         the group fast and what says so, and `--fp fast` everything. So by default an expression may become one that is \
         no less accurate by itself, and constant factors meet, but no sum with a constant is taken apart; what counts on \
         the rounding of a product with a constant, or of one step of a function that there is as a whole, asks for \
         `--fp exact`. Of integers every level admits what reassociates: they wrap around, and have the same bits in any \
         order. In which order a sum over an axis or a product of matrices adds is at every level the plan's choice.\n\n\
         What each contract promises:\n\n",
    );
    for (contract, promise) in PROMISES {
        let _ = writeln!(text, "- **{}**: {promise}", contract.name());
    }
    for group in GROUPS {
        let _ = writeln!(text, "\n## {}\n\n{}\n", group.name, group.doc);
        text.push_str("| rule | contract | algebra | if |\n|---|---|---|---|\n");
        for rule in group.rules {
            let mut condition = rule.condition.map_or(String::new(), |c| c.text.to_owned());
            if rule.only_fast {
                condition += ", and of floats at `--fp fast` alone";
            }
            let algebra = match rule.body {
                Body::Pattern => format!("`{}`", rule.algebra),
                Body::Function { .. } => rule.algebra.to_owned(),
            };
            let _ = writeln!(text, "| {} | {} | {algebra} | {condition} |", rule.name, rule.contract.name());
        }
    }
    text
}

const PROMISES: [(Contract, &str); 6] = [
    (Contract::Exact, "the same bits for every input."),
    (
        Contract::Structural,
        "equal because `zero`, the zero that a gradient made, stands for the absence of a term.",
    ),
    (
        Contract::Reassociates,
        "the same expression over the reals, rounded in another order; the same class of result (NaN, +inf, -inf, \
         finite) for NaN, inf and ±0; the sign of a zero result may differ.",
    ),
    (
        Contract::Approx,
        "no less accurate than the left side or 4 units in the last place; may be finite where the left side \
         overflows, never the reverse.",
    ),
    (
        Contract::BackwardStable,
        "no less accurate than eight times what moving every input, every constant and every step of the left side by one \
         unit in its last place changes; where no input is NaN or +inf, may be finite where the left side is not, never the reverse.",
    ),
    (Contract::FastMath, "equal over the reals, nothing more."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_of_four_cells_for_every_rule() {
        let text = rules_markdown();
        for rule in rules() {
            let row = text.lines().find(|line| line.starts_with(&format!("| {} |", rule.name)));
            assert_eq!(row.map(|r| r.matches('|').count()), Some(5), "{}", rule.name);
        }
    }
}
