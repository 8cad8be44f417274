//! The forms in which a function goes from graph to body, and what phases may look at.

use std::collections::BTreeMap;

use tgc_graph::data::DataId;
use tgc_graph::module::{Function, Module};
use tgc_plan::machine::Machine;
use tgc_plan::{Body, Step};

use crate::classify::Definitions;
use crate::cut::Cut;
use crate::fuse::NestDraft;
use crate::materialize::Statements;
use crate::memory::Buffers;

/// What every phase may look at.
pub(crate) struct Context<'f> {
    pub module: &'f Module,
    pub function: &'f Function,
    /// The position of each constant among those of the model.
    pub constants: &'f BTreeMap<DataId, usize>,
    pub machine: &'f Machine,
}

/// A function on its way from graph to body.
#[derive(Debug)]
pub(crate) enum Form<'f> {
    /// A graph, in [`Context::function`].
    Graph,
    /// What each node is.
    Classified(Definitions),
    /// Values, and the statements that compute them.
    Materialized(Statements<'f>),
    /// Statements in nests.
    Fused(Statements<'f>, Vec<NestDraft>),
    /// Statements cut into pieces of blocks.
    Cut(Statements<'f>, Cut),
    /// Steps over buffers that have no place in memory yet.
    Steps(Buffers, Vec<Step>),
    /// All of it.
    Body(Body),
}
