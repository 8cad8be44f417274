//! The planner's phases, in the one order that there is, and the forms between them.

use tgc_plan::Body;

use crate::classify::{self};
use crate::cut::{self};
use crate::form::{Context, Form};
use crate::fuse::{self};
use crate::materialize::{self};
use crate::memory::Buffers;
use crate::{LowerError, emit, holds, tune};

/// One step from a graph to a body.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Its name, for [`lower_until`](crate::lower_until).
    pub name: &'static str,
    /// Why it is there, and why there.
    pub why: &'static str,
    /// What holds afterwards; debug builds check it.
    pub postcondition: &'static str,
    run: for<'f> fn(Form<'f>, &Context<'f>) -> Result<Form<'f>, LowerError>,
    holds: fn(&Form<'_>, &Context<'_>) -> Result<(), String>,
}

/// The phases that plan a function. Before them [`prepare`](crate::prepare) brings its graph in the form that
/// they need.
pub(crate) static PHASES: [Phase; 7] = [
    Phase {
        name: "classify",
        why: "Later phases ask what a node is to a loop: memory, an expression, a reduction, parts.",
        postcondition: "every node that a result needs has a definition, of earlier nodes alone",
        run: |form, context| {
            if let Form::Graph = form {
                Ok(Form::Classified(classify::definitions(
                    context.module,
                    context.function,
                    context.machine.fused,
                )?))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::every_node_is_defined,
    },
    Phase {
        name: "materialize",
        why: "Fusion needs to know which values exist; all else is computed where it is used.",
        postcondition: "what a statement reads is a source, or an earlier statement computes it",
        run: |form, context| {
            if let Form::Classified(definitions) = form {
                let program = materialize::statements(context.function, definitions, context.machine);
                Ok(Form::Materialized(program))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::values_are_made_before_they_are_read,
    },
    Phase {
        name: "fuse",
        why: "Statements that read the same memory or each other's rows share one outer loop.",
        postcondition: "every statement is in one nest, after all nests that make what it reads",
        run: |form, _| {
            if let Form::Materialized(program) = form {
                let nests = fuse::nests(&program);
                Ok(Form::Fused(program, nests))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::every_statement_is_in_one_nest,
    },
    Phase {
        name: "cut",
        why: "A reduction over several loops takes several inner loops; pieces of equal axes share one.",
        postcondition: "every value has a piece that makes it, in a block before or with those that read it",
        run: |form, _| {
            if let Form::Fused(mut program, nests) = form {
                let cut = cut::cut(&mut program, &nests);
                Ok(Form::Cut(program, cut))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::pieces_come_after_what_they_read,
    },
    Phase {
        name: "emit",
        why: "Code is made of programs over elements, of reads and of sinks.",
        postcondition: "every access names a buffer",
        run: |form, context| {
            if let Form::Cut(program, mut cut) = form {
                let mut buffers = Buffers::new(context.module, context.function, context.constants);
                let steps = emit::emit(&program, &mut cut, &mut buffers, context.machine);
                Ok(Form::Steps(buffers, steps))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::accesses_name_buffers,
    },
    Phase {
        name: "tune",
        why: "How much runs together is best decided when programs are known and their memory is not.",
        postcondition: "every access names a buffer; lanes and rows are powers of two",
        run: |form, context| {
            if let Form::Steps(mut buffers, mut steps) = form {
                tune::tune(&mut steps, &mut buffers, &context.function.graph.scope.symbols, context.machine);
                Ok(Form::Steps(buffers, steps))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::widths_are_powers_of_two,
    },
    Phase {
        name: "allocate",
        why: "Updates go in place and buffers share the workspace, which depends on when all steps run.",
        postcondition: "every access names a buffer of the body",
        run: |form, _| {
            if let Form::Steps(buffers, steps) = form {
                let (buffers, steps, workspace) = buffers.settle(steps);
                Ok(Form::Body(Body { buffers, steps, workspace, reaches: vec![] }))
            } else {
                out_of_order(form)
            }
        },
        holds: holds::accesses_name_buffers,
    },
];

fn out_of_order(form: Form<'_>) -> ! {
    unreachable!("invariant: phases run in the order of their list, and {form:?} is another's")
}

/// Runs the phases up to one of them, or all.
pub(crate) fn run<'f>(context: &Context<'f>, until: Option<&str>) -> Result<Form<'f>, LowerError> {
    let mut form = Form::Graph;
    for phase in &PHASES {
        form = (phase.run)(form, context)?;
        if cfg!(debug_assertions)
            && let Err(problem) = (phase.holds)(&form, context)
        {
            panic!("invariant: after {}, {}: {problem}", phase.name, phase.postcondition);
        }
        if until == Some(phase.name) {
            break;
        }
    }
    Ok(form)
}
