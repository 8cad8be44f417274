//! The shape of a plan in numbers, for tests that assert structure rather than text.

use std::fmt;

use crate::{AccessKind, FunctionPlan, MemoryAccess, Step, Storage};

/// Counts over one function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Loop nests.
    pub nests: usize,
    /// Matmuls.
    pub matmuls: usize,
    /// `for` lines of the printed plan: rows of nests and inner axes of blocks.
    pub loops: usize,
    /// Nests and matmuls whose rows may be shared out to threads.
    pub parallel: usize,
    /// Copies of whole buffers.
    pub copies: usize,
    /// Checks of indices.
    pub checks: usize,
    /// Distinct places in the workspace that buffers begin at.
    pub workspace_slots: usize,
    /// How many nests and matmuls read each buffer, by buffer.
    reads: Vec<(String, usize)>,
}

impl FunctionPlan<'_> {
    /// Counts nests, loops, copies, slots and readers.
    pub fn structure(self) -> Structure {
        let loops = |nest: &crate::Nest| {
            usize::from(nest.extent.is_some()) + nest.blocks.iter().map(|b| b.axes.len()).sum::<usize>()
        };
        let mut slots: Vec<_> = self
            .body
            .buffers
            .iter()
            .filter_map(|buffer| match &buffer.storage {
                Storage::Workspace { offset } => Some(offset),
                Storage::Input(_) | Storage::Output(_) | Storage::State(_) | Storage::Constant(_) => None,
            })
            .collect();
        slots.sort();
        slots.dedup();
        let is_read_by = |step: &Step, id: usize| {
            let reads = |a: &MemoryAccess| matches!(a.kind, AccessKind::Read | AccessKind::Gather);
            step.accesses().iter().any(|a| reads(a) && a.buffer().0 as usize == id)
        };
        let readers = |id| self.body.steps.iter().filter(|step| is_read_by(step, id)).count();
        let reads =
            self.body.buffers.iter().enumerate().map(|(id, buffer)| (buffer.name.clone(), readers(id)));
        Structure {
            nests: self.body.nests().count(),
            matmuls: self.body.matmuls().count(),
            loops: self.body.nests().map(loops).sum(),
            parallel: self.body.nests().filter(|nest| nest.parallel.is_some()).count()
                + self.body.matmuls().filter(|matmul| matmul.parallel.is_some()).count(),
            copies: self.body.steps.iter().filter(|step| matches!(step, Step::Copy { .. })).count(),
            checks: self.body.steps.iter().filter(|step| matches!(step, Step::Check(_))).count(),
            workspace_slots: slots.len(),
            reads: reads.collect(),
        }
    }
}

impl Structure {
    /// How many nests and matmuls read this buffer through a program's parameter; accumulations into it do
    /// not count. 0 for a name that no buffer has.
    pub fn nests_reading(&self, buffer_name: &str) -> usize {
        self.reads.iter().find(|(name, _)| name == buffer_name).map_or(0, |(_, count)| *count)
    }
}

impl fmt::Display for Structure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "nests={} matmuls={} loops={} parallel={} copies={} slots={}",
            self.nests, self.matmuls, self.loops, self.parallel, self.copies, self.workspace_slots
        )
    }
}
