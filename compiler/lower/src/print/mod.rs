//! Dumps Plans for people: loops, reads, sinks, buffers and what runs together, one statement a line.
//!
//! ```text
//! function step(N) x: f32[N,784], y: f32[N] -> loss: f32[]
//!   updates w
//!   workspace 3136 bytes
//!   buffer w: f32[784] state 0
//!   buffer gw: f32[784] workspace+0
//!   for row < N rows=4
//!     for i < 784 lanes=8
//!       fold r0 = r0 + x[row,i] * w[i] from 0.0
//!     r1 = r0 - y[row]
//!     total loss = loss + r1 * r1 from 0.0
//! ```
//!
//! A nest without rows is `once`. A value of a program that is used twice gets a `let`; a program that is longer
//! than a reader wants is a count of its instructions, and [`Detail::Programs`] lists them. Sizes of axes,
//! workspace and offsets are expressions in the function's symbols. The text has no parser and is the same for
//! the same plan, always.

mod access;
mod program;
mod structure;

pub use structure::Structure;

use std::fmt::{self, Write};

use tgc_graph::array::element_to_text;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::scalar::{Builder, Element, Program};
use tgc_graph::ty::TensorType;

use crate::plan::{
    Argument, Block, Fold, FunctionPlan, ModelPlan, Nest, Place, Read, RowId, Sink, Step, Target,
};
use program::{Leaf, Statement, expressions, long};

/// How much of a plan to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Loops and short programs.
    Loops,
    /// Every program, instruction by instruction.
    Programs,
}

impl ModelPlan {
    /// Prints the whole plan.
    pub fn display(&self, detail: Detail) -> impl fmt::Display + '_ {
        let mut text = format!("model {} for vectors of {} bytes\n", self.name, self.machine.vector_bytes);
        for state in &self.states {
            let ty = array_type(&state.initial);
            text.push_str(&format!("state {}: {ty} at byte {}\n", state.name, state.offset));
        }
        for (index, constant) in self.constants.iter().enumerate() {
            text.push_str(&format!("constant {index}: {}\n", array_type(constant)));
        }
        for function in &self.functions {
            text.push_str(&function.display(detail).to_string());
        }
        text
    }
}

impl FunctionPlan {
    /// Prints the function.
    pub fn display(&self, detail: Detail) -> impl fmt::Display + '_ {
        let mut text = header(self);
        for step in &self.steps {
            match step {
                Step::Nest(nest) => text.push_str(&nest.display(self, detail).to_string()),
                Step::Copy { from, to } => {
                    let (from, to) = (&self.buffer(*from).name, &self.buffer(*to).name);
                    text.push_str(&format!("  copy {to} = {from}\n"));
                }
            }
        }
        text
    }
}

impl Nest {
    /// Prints the nest as a step of its function.
    pub fn display<'a>(&'a self, function: &'a FunctionPlan, detail: Detail) -> impl fmt::Display + 'a {
        let mut printer = Printer { function, detail, text: String::new(), depth: 1, named: 0 };
        printer.nest(self);
        printer.text
    }
}

impl fmt::Display for ModelPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Detail::Loops).fmt(f)
    }
}

impl fmt::Display for FunctionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Detail::Loops).fmt(f)
    }
}

/// Everything before the steps.
fn header(function: &FunctionPlan) -> String {
    let symbols: Vec<&str> = function.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    let show = |dim: &Dim| dim.display(&function.symbols).to_string();
    let arguments = |list: &[Argument]| {
        let list: Vec<String> =
            list.iter().map(|a| format!("{}: {}", a.name, a.ty.display(&function.symbols))).collect();
        list.join(", ")
    };
    let mut lines = vec![format!(
        "function {}({}) {} -> {}",
        function.name,
        symbols.join(", "),
        arguments(&function.inputs),
        arguments(&function.outputs)
    )];
    for (what, list) in [("reads", &function.reads), ("updates", &function.updates)] {
        if !list.is_empty() {
            let names: Vec<String> = list.iter().map(|&index| state_name(function, index)).collect();
            lines.push(format!("  {what} {}", names.join(", ")));
        }
    }
    for check in &function.checks {
        let (left, right) = (show(&check.left), show(&check.right));
        lines.push(format!("  check {left} == {right} ({}, {})", check.left_name, check.right_name));
    }
    lines.push(format!("  workspace {} bytes", function.workspace.display(&function.symbols)));
    for buffer in &function.buffers {
        let ty = TensorType::new(buffer.dtype, buffer.shape.clone());
        let place = match &buffer.place {
            Place::Input(i)
                if function.inputs.get(*i).is_some_and(|a| a.name == buffer.name && a.ty == ty) =>
            {
                continue;
            }
            Place::Output(i)
                if function.outputs.get(*i).is_some_and(|a| a.name == buffer.name && a.ty == ty) =>
            {
                continue;
            }
            Place::Input(i) => format!("input {i}"),
            Place::Output(i) => format!("output {i}"),
            Place::State(i) => format!("state {i}"),
            Place::Constant(i) => format!("constant {i}"),
            Place::Workspace { offset } => format!("workspace+{}", offset.display(&function.symbols)),
        };
        lines.push(format!("  buffer {}: {} {place}", buffer.name, ty.display(&function.symbols)));
    }
    lines.join("\n") + "\n"
}

fn state_name(function: &FunctionPlan, index: usize) -> String {
    let buffer = function.buffers.iter().find(|b| b.place == Place::State(index));
    buffer.map_or_else(|| format!("state {index}"), |b| b.name.clone())
}

fn array_type(array: &tgc_graph::array::Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("{}[{}]", array.dtype(), sizes.join(","))
}

/// Prints one nest.
struct Printer<'a> {
    function: &'a FunctionPlan,
    detail: Detail,
    text: String,
    depth: usize,
    /// How many values of the nest have a name from `let`.
    named: usize,
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        let depth = 2 * self.depth;
        writeln!(self.text, "{:depth$}{text}", "").expect("invariant: a string takes all text");
    }

    fn dim(&self, dim: &Dim) -> String {
        dim.display(&self.function.symbols).to_string()
    }

    fn nest(&mut self, nest: &Nest) {
        match &nest.extent {
            None => self.line("once"),
            Some(extent) => {
                let mut head = format!("for row < {}", self.dim(extent));
                if nest.rows > 1 {
                    head.push_str(&format!(" rows={}", nest.rows));
                }
                if let Some(parallel) = nest.parallel {
                    head.push_str(&format!(" parallel={}", parallel.rows_per_chunk));
                }
                self.line(&head);
            }
        }
        self.depth += 1;
        for block in &nest.blocks {
            self.block(block);
        }
        self.depth -= 1;
    }

    fn block(&mut self, block: &Block) {
        let depth = self.depth;
        for (axis, extent) in block.axes.iter().enumerate() {
            let mut head = format!("for {} < {}", access::axis_name(self.function, axis), self.dim(extent));
            if axis + 1 == block.axes.len() && block.lanes > 1 {
                head.push_str(&format!(" lanes={}", block.lanes));
            }
            self.line(&head);
            self.depth += 1;
        }
        let params: Vec<Leaf> = block.reads.iter().map(|read| self.leaf(read)).collect();
        if self.detail == Detail::Programs || long(&block.program) {
            self.block_by_instructions(block, &params);
        } else {
            self.sinks(block, &block.program, params);
        }
        self.depth = depth;
    }

    /// Names the results of a long program, then prints the sinks over those names.
    fn block_by_instructions(&mut self, block: &Block, params: &[Leaf]) {
        let results = &block.program.results;
        let names: Vec<Leaf> =
            (0..results.len()).map(|i| Leaf::new(format!("p{}", self.named + i))).collect();
        self.named += names.len();
        self.line(&format!("let {} = {}", join(&names), self.summary(&block.program, params)));
        self.instructions(&block.program);
        let types: Vec<DType> = results.iter().map(|e| e.dtype).collect();
        let mut b = Builder::new(&types);
        let elements = (0..types.len()).map(|i| b.param(i)).collect();
        self.sinks(block, &b.finish(elements), names);
    }

    fn summary(&self, program: &Program, params: &[Leaf]) -> String {
        let plural = if program.insts.len() == 1 { "" } else { "s" };
        let on = if params.is_empty() { "" } else { " on " };
        format!("{} instruction{plural}{on}{}", program.insts.len(), join(params))
    }

    fn instructions(&mut self, program: &Program) {
        if self.detail == Detail::Programs {
            self.depth += 1;
            for line in program.to_string().lines() {
                self.line(line);
            }
            self.depth -= 1;
        }
    }

    /// Prints the sinks as statements over `program`, into which short fold steps are inlined.
    fn sinks(&mut self, block: &Block, program: &Program, params: Vec<Leaf>) {
        let mut leaves = params;
        let mut b = Builder::new(&program.params);
        let elements: Vec<Element> = (0..leaves.len()).map(|i| b.param(i)).collect();
        let results = b.inline(program, &elements);
        let mut values = vec![];
        let mut statements = vec![];
        for sink in &block.sinks {
            let (head, targets, fold) = self.sink_parts(sink);
            let from = values.len();
            match (fold, sink_results(sink)) {
                (Some(fold), which) => {
                    let mut arguments: Vec<Element> = vec![];
                    for (dtype, target) in fold.accumulators.iter().zip(&targets) {
                        leaves.push(target.clone());
                        arguments.push(b.add_param(*dtype));
                    }
                    arguments.extend(which.iter().map(|&r| results[r]));
                    values.extend(b.inline(&fold.step, &arguments));
                }
                (None, which) => values.extend(which.iter().map(|&r| results[r])),
            }
            statements.push((head, join(&targets), from..values.len(), tail(block, sink, fold)));
        }
        let combined = b.finish(values);
        let (lets, texts) = expressions(&combined, &leaves, &mut self.named);
        for Statement { name, value } in lets {
            self.line(&format!("let {name} = {value}"));
        }
        for ((head, target, range, tail), sink) in statements.into_iter().zip(&block.sinks) {
            self.line(&format!("{head}{target} = {}{tail}", texts[range].join(", ")));
            self.fold_programs(sink);
        }
    }

    /// With all detail, the programs of a fold.
    fn fold_programs(&mut self, sink: &Sink) {
        let (_, _, fold) = self.sink_parts(sink);
        if let (Some(fold), Detail::Programs) = (fold, self.detail) {
            self.depth += 1;
            self.line("step");
            self.instructions(&fold.step);
            self.line("merge");
            self.instructions(&fold.merge);
            self.depth -= 1;
        }
    }

    /// The keyword, the targets and the fold of a sink.
    fn sink_parts<'s>(&self, sink: &'s Sink) -> (&'static str, Vec<Leaf>, Option<&'s Fold>) {
        let buffer = |access| Leaf::new(access::to_text(self.function, access));
        match sink {
            Sink::Store { to, .. } => ("", vec![buffer(to)], None),
            Sink::Row { row, .. } => ("", vec![row_leaf(*row)], None),
            Sink::Fold { fold, to, .. } => {
                let targets = to.iter().map(|target| match target {
                    Target::Row(row) => row_leaf(*row),
                    Target::Buffer(access) => buffer(access),
                });
                ("fold ", targets.collect(), Some(fold))
            }
            Sink::Accumulate { fold, to, .. } => ("accumulate ", to.iter().map(buffer).collect(), Some(fold)),
            Sink::Total { fold, to, .. } => {
                let targets = to.iter().map(|id| Leaf::new(self.function.buffer(*id).name.clone()));
                ("total ", targets.collect(), Some(fold))
            }
        }
    }

    fn leaf(&self, read: &Read) -> Leaf {
        match read {
            Read::Buffer(access) => Leaf::new(access::to_text(self.function, access)),
            Read::Row(row) => row_leaf(*row),
            Read::Size(dim) if dim.terms().len() > 1 => Leaf::new(format!("({})", self.dim(dim))),
            Read::Size(dim) => Leaf::new(self.dim(dim)),
            Read::Index(position) => Leaf::new(access::position_to_text(self.function, position)),
        }
    }
}

fn row_leaf(row: RowId) -> Leaf {
    Leaf::new(format!("r{}", row.0))
}

fn join(leaves: &[Leaf]) -> String {
    let texts: Vec<&str> = leaves.iter().map(Leaf::text).collect();
    texts.join(", ")
}

fn sink_results(sink: &Sink) -> Vec<usize> {
    match sink {
        Sink::Store { result, .. } | Sink::Row { result, .. } => vec![*result],
        Sink::Fold { results, .. } | Sink::Accumulate { results, .. } | Sink::Total { results, .. } => {
            results.clone()
        }
    }
}

/// What stands after a statement: where folds start, and that a store replaces what the block reads.
fn tail(block: &Block, sink: &Sink, fold: Option<&Fold>) -> String {
    match (sink, fold) {
        (Sink::Fold { .. } | Sink::Total { .. }, Some(fold)) => {
            let init = fold.init.iter().zip(&fold.accumulators);
            let texts: Vec<String> = init.map(|(bits, dtype)| element_to_text(*dtype, *bits)).collect();
            format!(" from {}", texts.join(", "))
        }
        (Sink::Store { to, .. }, _) if block.reads.iter().any(|r| *r == Read::Buffer(to.clone())) => {
            " (in place)".to_owned()
        }
        (Sink::Store { .. } | Sink::Row { .. } | Sink::Accumulate { .. }, _) => String::new(),
        (Sink::Fold { .. } | Sink::Total { .. }, None) => String::new(),
    }
}
