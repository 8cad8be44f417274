//! Prints what a function is after each phase.

use std::fmt::Write;

use tgc_graph::dim::Dim;
use tgc_graph::graph::NodeId;
use tgc_plan::print::Detail;
use tgc_plan::{Body, FunctionPlan};

use crate::classify::{Definition, Definitions, Source};
use crate::cut::{Cut, CutNest, From, Piece, Work};
use crate::form::{Context, Form};
use crate::fuse::{Member, NestDraft, NestKind, Separation};
use crate::loops::{Loop, LoopKind};
use crate::materialize::{Action, Destination, Statement, Statements, ValueId};
use crate::signature;

/// The form as text.
pub(crate) fn show(form: &Form<'_>, context: &Context<'_>) -> String {
    let lines = match form {
        Form::Graph => vec![],
        Form::Classified(definitions) => nodes(definitions, context),
        Form::Materialized(program) => statements(program, context),
        Form::Fused(program, nests) => fused(program, nests, context),
        Form::Cut(program, cut) => pieces(program, cut, context),
        Form::Steps(buffers, steps) => return body(&buffers.unplaced(steps), context),
        Form::Body(planned) => return body(planned, context),
    };
    let mut text = format!("function {}\n", context.function.name);
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
    text
}

fn body(body: &Body, context: &Context<'_>) -> String {
    let signature = signature(context.function, body);
    FunctionPlan { signature: &signature, body }.display(Detail::Loops).to_string()
}

fn sizes(dims: &[Dim], context: &Context<'_>) -> String {
    let symbols = &context.function.graph.scope.symbols;
    let dims: Vec<String> = dims.iter().map(|dim| dim.display(symbols).to_string()).collect();
    format!("[{}]", dims.join(","))
}

fn list<T>(items: impl IntoIterator<Item = T>, name: impl Fn(T) -> String) -> String {
    items.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

fn node(id: NodeId) -> String {
    format!("%{}", id.0)
}

/// One line for each node that a result needs.
fn nodes(definitions: &Definitions, context: &Context<'_>) -> Vec<String> {
    let graph = &context.function.graph;
    let live = graph.ids().filter(|id| !matches!(definitions.nodes[id.index()], Definition::Dead));
    let mut lines: Vec<String> = live
        .map(|id| {
            let ty = graph.ty(id).display(&graph.scope.symbols).to_string();
            let op = graph.op(id).name();
            format!("{} {op} {ty}: {}", node(id), definition(&definitions.nodes[id.index()], context))
        })
        .collect();
    lines.extend(definitions.constraints.iter().map(|constraint| {
        let extent = sizes(std::slice::from_ref(&constraint.extent), context);
        format!("check {} within {extent} for {}", node(constraint.node), node(constraint.by))
    }));
    lines
}

fn definition(definition: &Definition, context: &Context<'_>) -> String {
    let uses = || list(definition.uses(), node);
    match definition {
        Definition::Dead => "dead".to_owned(),
        Definition::Source(Source::Input(position)) => format!("memory of input {position}"),
        Definition::Source(Source::State(position)) => format!("memory of state {position}"),
        Definition::Source(Source::Constant(_)) => "memory of a constant".to_owned(),
        Definition::Splat(_) => "one value".to_owned(),
        Definition::Size(size) => format!("size {}", sizes(std::slice::from_ref(size), context)),
        Definition::Iota => "positions".to_owned(),
        Definition::Inline { program: None, .. } => format!("view of {}", uses()),
        Definition::Inline { program: Some(_), .. } => format!("expression of {}", uses()),
        Definition::Reduction(reduction) => {
            let what = if reduction.multiplies { "contraction" } else { "reduction" };
            format!("{what} over {} of {}", sizes(&reduction.sums, context), uses())
        }
        Definition::Scan(_) => format!("scan of {}", uses()),
        Definition::Reshape(from) => format!("memory of {} in another shape", node(*from)),
        Definition::Routine(routine, from) => format!("{} rows of {}", routine.name(), node(*from)),
        Definition::Assembly(parts) => format!("{} parts of {}", parts.len(), uses()),
    }
}

fn statements(program: &Statements<'_>, context: &Context<'_>) -> Vec<String> {
    let mut lines = vec![];
    let mut round = 0;
    for (number, statement) in program.statements.iter().enumerate() {
        while round < statement.round {
            let checked = list(&program.checks[round], |constraint| node(constraint.node));
            lines.push(format!("check {checked}"));
            round += 1;
        }
        lines.push(format!("s{number}: {}", describe(program, statement, context)));
        if let Some(value) = values(statement).first() {
            let why = program.values[value.0].why;
            lines.push(format!("    materialized: {why}"));
        }
    }
    lines
}

fn values(statement: &Statement) -> Vec<ValueId> {
    match &statement.action {
        Action::Store { to: Destination::Value(value), .. }
        | Action::Scan { value, .. }
        | Action::Call { value, .. }
        | Action::Part { value, .. } => vec![*value],
        Action::Reduce { values, .. } => values.clone(),
        Action::Store { to: Destination::Output(_) | Destination::State(_), .. } => vec![],
    }
}

/// What a statement computes, over which loops.
fn describe(program: &Statements<'_>, statement: &Statement, context: &Context<'_>) -> String {
    let loops = list(&statement.loops, |info| {
        let kind = match info.kind {
            LoopKind::Result => "",
            LoopKind::Sum => "sum ",
            LoopKind::Scan => "scan ",
        };
        format!("{kind}{}", info.extent.display(&context.function.graph.scope.symbols))
    });
    let reads = list(program.reads(statement), |read| node(read.node));
    format!("{} of {reads} over ({loops})", target(program, statement, context))
}

fn target(program: &Statements<'_>, statement: &Statement, context: &Context<'_>) -> String {
    let named = |value: &ValueId| program.values[value.0].name.clone();
    match &statement.action {
        Action::Store { to, .. } => destination(program, *to, context),
        Action::Reduce { values, .. } if statement.matmul.is_some() => {
            format!("matmul {}", list(values, named))
        }
        Action::Reduce { values, .. } => format!("reduction {}", list(values, named)),
        Action::Scan { value, .. } => format!("scan {}", named(value)),
        Action::Part { value, .. } => format!("part of {}", named(value)),
        Action::Call { routine, value, .. } => format!("{} {}", routine.name(), named(value)),
    }
}

fn destination(program: &Statements<'_>, to: Destination, context: &Context<'_>) -> String {
    match to {
        Destination::Value(value) => format!("store {}", program.values[value.0].name),
        Destination::Output(output) => format!("output {}", context.function.outputs[output].name),
        Destination::State(state) => format!("update {}", context.module.shared[state].name),
    }
}

fn fused(program: &Statements<'_>, nests: &[NestDraft], context: &Context<'_>) -> Vec<String> {
    let mut lines = vec![];
    for (number, nest) in nests.iter().enumerate() {
        lines.push(format!("n{number}: {}", head(&nest.kind, context)));
        for member in &nest.members {
            let Member { statement, row, inner } = member;
            let loops = |loops: &Vec<Loop>| {
                let extents: Vec<Dim> = loops
                    .iter()
                    .map(|l| program.statements[*statement].loops[l.number()].extent.clone())
                    .collect();
                sizes(&extents, context)
            };
            let what = target(program, &program.statements[*statement], context);
            lines.push(format!(
                "  s{}: {what}, rows {}, inner {}",
                statement.0,
                loops(row),
                list(inner, loops)
            ));
        }
        for Separation { from, why, after } in &nest.apart {
            let after = after.map_or(String::new(), |nest| format!(" (n{})", nest.0));
            lines.push(format!("  not fused with n{}: {why}{after}", from.0));
        }
    }
    lines
}

fn head(kind: &NestKind, context: &Context<'_>) -> String {
    match kind {
        NestKind::Rows(rows) => format!("rows {}", sizes(std::slice::from_ref(rows), context)),
        NestKind::Matmul(_) => "matmul".to_owned(),
        NestKind::Call => "call".to_owned(),
        NestKind::Once => "once".to_owned(),
    }
}

fn pieces(program: &Statements<'_>, cut: &Cut, context: &Context<'_>) -> Vec<String> {
    let mut lines = vec![];
    for (number, nest) in cut.nests.iter().enumerate() {
        let CutNest { kind, before, pieces, blocks, .. } = nest;
        lines.push(format!("n{number}: {}", head(kind, context)));
        for (_, values) in before {
            let names = list(values, |value| program.values[value.0].name.clone());
            lines.push(format!("  before: initialize {names}"));
        }
        for (block, axes) in blocks.iter().enumerate() {
            lines.push(format!("  block {}", sizes(axes, context)));
            let own = pieces.iter().filter(|piece| piece.block.0 == block);
            lines.extend(own.map(|piece| format!("    {}", work(program, piece, context))));
        }
    }
    lines
}

fn work(program: &Statements<'_>, piece: &Piece, context: &Context<'_>) -> String {
    let names = |values: &[ValueId]| list(values, |value| program.values[value.0].name.clone());
    match &piece.work {
        Work::Store { node: from, to, .. } => {
            format!("{} of {}", destination(program, *to, context), node(*from))
        }
        Work::Spill { value, .. } => format!("spill {}", names(&[*value])),
        Work::Init { values, .. } => format!("initialize {}", names(values)),
        Work::Reduce { kind, from, values, .. } => {
            let from = match from {
                From::Operands { operands, .. } => list(operands, |(operand, _)| node(*operand)),
                From::Values(earlier, _) => names(earlier),
            };
            format!("{} {} of {from}", kind.name(), names(values))
        }
        Work::Scan { node: from, value, .. } => format!("scan {} of {}", names(&[*value]), node(*from)),
        Work::Call { routine, operand, value, .. } => {
            format!("{} {} of {}", routine.name(), names(&[*value]), node(operand.0))
        }
        Work::Part { from: (from, _), value, .. } => {
            format!("part of {} from {}", names(&[*value]), node(*from))
        }
    }
}
