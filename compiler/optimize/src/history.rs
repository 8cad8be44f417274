//! By which rules each node came to be.
//!
//! A node that a rule makes follows the node that it replaces, or helps to replace; one that is copied keeps
//! its past.

use tgc_graph::graph::NodeId;

/// The past of every node of one graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    steps: Vec<Step>,
    /// The last step of each node; none for nodes as the author made them.
    last: Vec<Option<StepId>>,
}

/// Index of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StepId(u32);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// The rule or stage.
    by: &'static str,
    before: Option<StepId>,
}

impl History {
    /// The rules and stages that led to a node, first to last; none if it stands as the author made it.
    pub fn of(&self, id: NodeId) -> Vec<&'static str> {
        let last = self.last(id);
        let mut chain: Vec<&str> =
            std::iter::successors(last, |step| self.step(*step).before).map(|id| self.step(id).by).collect();
        chain.reverse();
        chain
    }

    fn step(&self, id: StepId) -> Step {
        self.steps[id.0 as usize]
    }

    /// The last step to a node.
    pub(crate) fn last(&self, id: NodeId) -> Option<StepId> {
        self.last.get(id.index()).copied().flatten()
    }

    /// Records a step.
    pub(crate) fn push_step(&mut self, by: &'static str, before: Option<StepId>) -> StepId {
        self.steps.push(Step { by, before });
        StepId(self.steps.len() as u32 - 1)
    }

    /// Appends the past of the next node.
    pub(crate) fn push_node(&mut self, last: Option<StepId>) {
        self.last.push(last);
    }

    /// The same steps for another graph, which has no nodes yet, and the last step of each node of the old
    /// one.
    pub(crate) fn split(self) -> (History, Vec<Option<StepId>>) {
        (History { steps: self.steps, last: vec![] }, self.last)
    }
}
