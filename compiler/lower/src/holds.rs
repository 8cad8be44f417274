//! What holds after each phase, as checks of its form.

use tgc_plan::Step;

use crate::classify::Definition;
use crate::cut::Cut;
use crate::form::{Context, Form};
use crate::fuse::{NestDraft, materialized_node};
use crate::ids::NestPlace;
use crate::materialize::Statements;

type Checked = Result<(), String>;

fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(problem()) }
}

pub(crate) fn every_node_is_defined(form: &Form<'_>, context: &Context<'_>) -> Checked {
    let Form::Classified(definitions) = form else { return Err("the form is another".to_owned()) };
    let of = |at: usize| &definitions.nodes[at];
    for root in context.function.roots() {
        ensure(!matches!(of(root.index()), Definition::Dead), || format!("%{} is a result", root.0))?;
    }
    for (at, definition) in definitions.nodes.iter().enumerate() {
        for used in definition.uses() {
            ensure(used.index() < at, || format!("%{at} uses %{}", used.0))?;
            ensure(!matches!(of(used.index()), Definition::Dead), || format!("%{at} uses %{}", used.0))?;
        }
    }
    Ok(())
}

pub(crate) fn values_are_made_before_they_are_read(form: &Form<'_>, _: &Context<'_>) -> Checked {
    let Form::Materialized(program) = form else { return Err("the form is another".to_owned()) };
    let mut made = vec![false; program.graph.len()];
    for statement in &program.statements {
        for read in program.reads(statement) {
            let is_source = matches!(program.definitions[read.node.index()], Definition::Source(_));
            ensure(is_source || made[read.node.index()], || format!("%{} is read too early", read.node.0))?;
        }
        made[program.result(statement).index()] = true;
    }
    Ok(())
}

pub(crate) fn every_statement_is_in_one_nest(form: &Form<'_>, _: &Context<'_>) -> Checked {
    let Form::Fused(program, nests) = form else { return Err("the form is another".to_owned()) };
    let mut homes = vec![None; program.statements.len()];
    for (position, nest) in nests.iter().enumerate() {
        for member in &nest.members {
            let statement = member.statement.0;
            let before = homes[statement].replace(position);
            ensure(before.is_none(), || format!("statement {statement} is in two nests"))?;
        }
    }
    ensure(homes.iter().all(Option::is_some), || "a statement is in no nest".to_owned())?;
    in_order(program, nests, &homes)
}

/// No nest reads what a later one makes.
fn in_order(program: &Statements<'_>, nests: &[NestDraft], homes: &[Option<usize>]) -> Checked {
    let mut last = vec![0; program.graph.len()];
    for (statement, home) in program.statements.iter().zip(homes) {
        let Some(node) = materialized_node(statement) else { continue };
        last[node.index()] = home.unwrap_or(0).max(last[node.index()]);
    }
    for (position, nest) in nests.iter().enumerate() {
        for member in &nest.members {
            for read in program.reads(&program.statements[member.statement]) {
                let is_made = program.materialized[read.node.index()].is_some();
                ensure(!is_made || last[read.node.index()] <= position, || {
                    format!("nest {position} reads %{}", read.node.0)
                })?;
            }
        }
    }
    Ok(())
}

pub(crate) fn pieces_come_after_what_they_read(form: &Form<'_>, _: &Context<'_>) -> Checked {
    let Form::Cut(program, Cut { nests, origins }) = form else {
        return Err("the form is another".to_owned());
    };
    for (position, nest) in nests.iter().enumerate() {
        for piece in &nest.pieces {
            ensure(piece.axes == nest.blocks[piece.block], || "a piece has another block's axes".to_owned())?;
            for read in piece.work.reads(program) {
                let name = || program.values[read.value.0].name.clone();
                let origin = origins[read.value.0].as_ref();
                let origin = origin.ok_or_else(|| format!("`{}` has no origin", name()))?;
                let place = NestPlace(position);
                ensure(origin.nest <= place, || format!("nest {position} reads `{}`", name()))?;
                let made_in = (origin.nest == place).then(|| nest.pieces[origin.piece].block);
                ensure(made_in.is_none_or(|block| block <= piece.block), || {
                    format!("a block reads `{}` before it is made", name())
                })?;
            }
        }
    }
    Ok(())
}

pub(crate) fn accesses_name_buffers(form: &Form<'_>, _: &Context<'_>) -> Checked {
    let (count, steps) = match form {
        Form::Steps(buffers, steps) => (buffers.dtypes().len(), steps),
        Form::Body(body) => (body.buffers.len(), &body.steps),
        Form::Graph | Form::Classified(_) | Form::Materialized(_) | Form::Fused(..) | Form::Cut(..) => {
            return Err("the form is another".to_owned());
        }
    };
    let named = steps.iter().flat_map(Step::accesses).map(|access| access.buffer().0 as usize);
    ensure(named.max().is_none_or(|most| most < count), || "an access names no buffer".to_owned())
}

pub(crate) fn widths_are_powers_of_two(form: &Form<'_>, context: &Context<'_>) -> Checked {
    accesses_name_buffers(form, context)?;
    let Form::Steps(_, steps) = form else { return Err("the form is another".to_owned()) };
    for step in steps {
        let Step::Nest(nest) = step else { continue };
        let widths = nest.blocks.iter().map(|block| block.lanes).chain([nest.rows]);
        for width in widths {
            ensure(width.is_power_of_two(), || format!("{width} run together"))?;
        }
    }
    Ok(())
}
