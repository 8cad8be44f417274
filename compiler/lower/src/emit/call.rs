//! Which elementary functions a function of the model calls rather than writes out.
//!
//! Written out, a function shares constants and registers with what surrounds it, and the machine begins what
//! follows while it still runs: the fastest code, and a copy of it at every use. So it is written out as long
//! as all its copies together are short, and has one copy that is called beyond that.

use std::collections::{BTreeMap, BTreeSet};

use tgc_graph::kernel;
use tgc_plan::machine::Machine;
use tgc_plan::{Reducer, Scan};
use tgc_scalar::{Elementary, Program, ScalarType};

use crate::classify::Definition;

/// The elementary functions that are called, with the scalar that they are called on.
#[derive(Debug, Default)]
pub(crate) struct Calls(BTreeSet<(Elementary, ScalarType)>);

impl Calls {
    /// Decides by how often the definitions of a function's nodes use each.
    pub(crate) fn new(definitions: &[Definition], machine: &Machine) -> Calls {
        let mut uses: BTreeMap<(Elementary, ScalarType), usize> = BTreeMap::new();
        for program in definitions.iter().flat_map(programs) {
            for (inst, scalar) in &program.insts {
                if let Some(function) = Elementary::of(inst) {
                    *uses.entry((function, *scalar)).or_default() += 1;
                }
            }
        }
        let is_long = |&((function, scalar), count): &((Elementary, ScalarType), usize)| {
            let copies = count * function.program(scalar).insts.len();
            count > 1 && copies > machine.tuning.inlined_instructions
        };
        Calls(uses.into_iter().filter(is_long).map(|(called, _)| called).collect())
    }

    /// A legalized program, but for what is called.
    pub(crate) fn legalize(&self, program: &Program) -> Program {
        program.legalize_but(&|function, scalar| self.0.contains(&(function, scalar)))
    }

    /// The same of a reduction.
    pub(crate) fn legalize_reducer(&self, reducer: &Reducer) -> Reducer {
        Reducer {
            step: self.legalize(&reducer.step),
            merge: self.legalize(&reducer.merge),
            ..reducer.clone()
        }
    }

    /// The same of a scan.
    pub(crate) fn legalize_scan(&self, scan: &kernel::Scan) -> Scan {
        Scan {
            accumulators: scan.accumulators.clone(),
            first: self.legalize(&scan.first),
            step: self.legalize(&scan.step),
            finish: self.legalize(&scan.finish),
        }
    }
}

/// The programs that run for each element of a node.
fn programs(definition: &Definition) -> Vec<&Program> {
    match definition {
        Definition::Inline { program, .. } => program.iter().collect(),
        Definition::Reduction(reduction) => {
            vec![&reduction.program, &reduction.reducer.step, &reduction.finish]
        }
        Definition::Scan(scan) => vec![&scan.scan.first, &scan.scan.step, &scan.scan.finish],
        Definition::Assembly(parts) => parts.iter().filter_map(|part| part.add.as_ref()).collect(),
        Definition::Dead
        | Definition::Source(_)
        | Definition::Splat(_)
        | Definition::Size(_)
        | Definition::Iota
        | Definition::Reshape(_)
        | Definition::Routine(..) => vec![],
    }
}
