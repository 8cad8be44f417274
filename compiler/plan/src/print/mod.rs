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
//!       reduce r0 = r0 + x[row,i] * w[i] from 0.0
//!     r1 = r0 - y[row]
//!     reduce rows loss = loss + r1 * r1 from 0.0
//! ```
//!
//! A nest without rows is `once`. A value of a program that is used twice gets a `let`; a program that is
//! longer than a reader wants is a count of its instructions, and [`Detail::Programs`] lists them. Sizes of
//! axes, workspace and offsets are expressions in the function's symbols. The text has no parser and is the
//! same for the same plan, always.

mod access;
mod program;
mod provenance;
mod structure;

pub use structure::Structure;

use std::fmt::{self, Write};

use tgc_graph::array::element_to_text;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_graph::ty::TensorType;
use tgc_scalar::{Builder, Element, Inst, Program};

use crate::{
    Access, Argument, Block, Fission, FunctionPlan, IndexCheck, Indirect, IndirectIndex, Interface, Matmul,
    ModelPlan, Nest, Pack, Prefetch, Read, Reducer, RegisterTile, RowId, Sink, Step, Storage, Target,
};
use program::{Leaf, Statement, expressions, long};

/// How much of a plan to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Loops and short programs.
    Loops,
    /// Every program, instruction by instruction.
    Programs,
    /// Loops and short programs; above each step what it computes, for which lines of the author's, and why
    /// it was not fused with earlier steps.
    Reasons,
}

impl ModelPlan {
    /// Prints the whole plan.
    pub fn display(&self, detail: Detail) -> impl fmt::Display + '_ {
        let Interface { name, states, constants, .. } = &self.interface;
        let mut text = String::new();
        for variant in &self.variants {
            text.push_str(&format!("model {name} for vectors of {} bytes\n", variant.machine.vector_bytes));
            for state in states {
                let ty = array_type(&state.initial);
                text.push_str(&format!("state {}: {ty} at byte {}\n", state.name, state.offset));
            }
            for (index, constant) in constants.iter().enumerate() {
                text.push_str(&format!("constant {index}: {}\n", array_type(constant)));
            }
            for function in self.functions_of(variant) {
                text.push_str(&function.display(detail).to_string());
            }
        }
        text
    }
}

impl FunctionPlan<'_> {
    /// Prints the function.
    pub fn display(self, detail: Detail) -> impl fmt::Display {
        let mut text = header(self);
        for step in &self.body.steps {
            if let (Detail::Reasons, Some(provenance)) = (detail, step.provenance()) {
                text.push_str(&provenance::lines(provenance));
            }
            match step {
                Step::Nest(nest) => text.push_str(&nest.display(self, detail).to_string()),
                Step::Matmul(matmul) => text.push_str(&matmul.display(self, detail).to_string()),
                Step::Copy { from, to } => {
                    let (from, to) = (&self.buffer(*from).name, &self.buffer(*to).name);
                    text.push_str(&format!("  copy {to} = {from}\n"));
                }
                Step::Call(call) => {
                    let [from, to] = [call.from, call.to].map(|buffer| &self.buffer(buffer).name);
                    let [rows, length] =
                        [&call.rows, &call.length].map(|dim| dim.display(self.symbols()).to_string());
                    let order = if call.routine.is_descending() { " descending" } else { "" };
                    text.push_str(&format!(
                        "  call {to} = {} {from} rows={rows} length={length}{order}\n",
                        call.routine.name()
                    ));
                }
                Step::Check(check) => {
                    let extent = check.extent.display(self.symbols());
                    let index = &self.buffer(check.index).name;
                    let IndexCheck { index_name, axis, data_name, .. } = check;
                    let place = check.in_brackets();
                    text.push_str(&format!(
                        "  check {index} within {extent} ({index_name}, axis {axis} of {data_name}{place})\n"
                    ));
                }
            }
        }
        text
    }
}

impl Nest {
    /// Prints the nest as a step of its function.
    pub fn display<'a>(&'a self, function: FunctionPlan<'a>, detail: Detail) -> impl fmt::Display + 'a {
        let mut printer = Printer::new(function, detail);
        printer.nest(self);
        printer.text
    }
}

impl Matmul {
    /// Prints the matmul as a step of its function.
    pub fn display<'a>(&'a self, function: FunctionPlan<'a>, detail: Detail) -> impl fmt::Display + 'a {
        let mut printer = Printer::new(function, detail);
        printer.matmul(self);
        printer.text
    }
}

impl fmt::Display for ModelPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Detail::Loops).fmt(f)
    }
}

impl fmt::Display for FunctionPlan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(Detail::Loops).fmt(f)
    }
}

/// Everything before the steps.
fn header(function: FunctionPlan<'_>) -> String {
    let symbols: Vec<&str> = function.signature.symbols.iter().map(|(_, s)| s.name.as_str()).collect();
    let show = |dim: &Dim| dim.display(function.symbols()).to_string();
    let arguments = |list: &[Argument]| {
        let list: Vec<String> =
            list.iter().map(|a| format!("{}: {}", a.name, a.ty.display(function.symbols()))).collect();
        list.join(", ")
    };
    let mut lines = vec![format!(
        "function {}({}) {} -> {}",
        function.signature.name,
        symbols.join(", "),
        arguments(&function.signature.inputs),
        arguments(&function.signature.outputs)
    )];
    for (what, list) in [("reads", &function.signature.reads), ("updates", &function.signature.updates)] {
        if !list.is_empty() {
            let names: Vec<String> = list.iter().map(|&index| state_name(function, index)).collect();
            lines.push(format!("  {what} {}", names.join(", ")));
        }
    }
    for check in &function.signature.checks {
        let (left, right) = (show(&check.left), show(&check.right));
        lines.push(format!("  check {left} == {right} ({}, {})", check.left_name, check.right_name));
    }
    for reach in &function.body.reaches {
        lines.push(format!("  check inside {}", reach.display(function.symbols())));
    }
    lines.push(format!("  workspace {} bytes", function.body.workspace.display(function.symbols())));
    for buffer in &function.body.buffers {
        let ty = TensorType::new(buffer.dtype, buffer.shape.clone());
        let storage = match &buffer.storage {
            Storage::Input(i)
                if function.signature.inputs.get(*i).is_some_and(|a| a.name == buffer.name && a.ty == ty) =>
            {
                continue;
            }
            Storage::Output(i)
                if function
                    .signature
                    .outputs
                    .get(*i)
                    .is_some_and(|a| a.name == buffer.name && a.ty == ty) =>
            {
                continue;
            }
            Storage::Input(i) => format!("input {i}"),
            Storage::Output(i) => format!("output {i}"),
            Storage::State(i) => format!("state {i}"),
            Storage::Constant(i) => format!("constant {i}"),
            Storage::Workspace { offset } => format!("workspace+{}", offset.display(function.symbols())),
        };
        lines.push(format!("  buffer {}: {} {storage}", buffer.name, ty.display(function.symbols())));
    }
    lines.join("\n") + "\n"
}

fn state_name(function: FunctionPlan<'_>, index: usize) -> String {
    let buffer = function.body.buffers.iter().find(|b| b.storage == Storage::State(index));
    buffer.map_or_else(|| format!("state {index}"), |b| b.name.clone())
}

fn array_type(array: &tgc_graph::array::Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    format!("{}[{}]", array.dtype(), sizes.join(","))
}

/// Prints one nest.
struct Printer<'a> {
    function: FunctionPlan<'a>,
    detail: Detail,
    text: String,
    depth: usize,
    /// How many values of the nest have a name from `let`.
    named: usize,
    /// What the block reads, by number.
    reads: Vec<String>,
}

impl<'a> Printer<'a> {
    fn new(function: FunctionPlan<'a>, detail: Detail) -> Printer<'a> {
        Printer { function, detail, text: String::new(), depth: 1, named: 0, reads: vec![] }
    }

    fn line(&mut self, text: &str) {
        let depth = 2 * self.depth;
        writeln!(self.text, "{:depth$}{text}", "").expect("invariant: a string takes all text");
    }

    fn dim(&self, dim: &Dim) -> String {
        dim.display(&self.function.signature.symbols).to_string()
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

    fn matmul(&mut self, matmul: &Matmul) {
        let (axes, RegisterTile { mr, nr, lanes }, blocks) = (&matmul.axes, matmul.tile, matmul.blocks);
        let loops: Vec<String> = axes
            .iter()
            .enumerate()
            .map(|(axis, extent)| {
                format!("{} < {}", access::axis_name(self.function, axis), self.dim(extent))
            })
            .collect();
        let parallel = matmul.parallel.map_or(String::new(), |p| format!(" parallel={}", p.rows_per_chunk));
        self.line(&format!(
            "matmul {} tile={mr}x{nr} lanes={lanes} mc={} nc={} kc={}{parallel}",
            loops.join(", "),
            blocks.mc,
            blocks.nc,
            blocks.kc
        ));
        self.depth += 1;
        let [left, right] = [&matmul.left, &matmul.right].map(|a| access::to_text(self.function, a));
        let leaves = ["sum".to_owned(), left, right].map(Leaf::new);
        let (lets, sums) = expressions(&matmul.reducer.step, &leaves, &mut self.named);
        for Statement { name, value } in lets {
            self.line(&format!("let {name} = {value}"));
        }
        self.line(&format!("sum = {} from {}", sums.join(", "), start_to_text(&matmul.reducer)));
        for (which, pack) in [("left", matmul.pack_left), ("right", matmul.pack_right)] {
            if let Some(Pack { buffer, least }) = pack {
                let others = if which == "left" { "columns" } else { "rows" };
                let name = &self.function.buffer(buffer).name;
                let when = match least {
                    None => "where it sticks out".to_owned(),
                    Some(0) => "always".to_owned(),
                    Some(least) => format!("from {least} {others} on"),
                };
                self.line(&format!("pack {which} into {name} {when}"));
            }
        }
        self.block_body(&matmul.epilogue);
        self.depth -= 1;
    }

    fn block(&mut self, block: &Block) {
        let depth = self.depth;
        for (axis, extent) in block.axes.iter().enumerate() {
            let mut head = format!("for {} < {}", access::axis_name(self.function, axis), self.dim(extent));
            if axis + 1 == block.axes.len() && block.lanes > 1 {
                head.push_str(&format!(" lanes={}", block.lanes));
            }
            if axis + 1 == block.axes.len() && block.joins_rows {
                head.push_str(" joined");
            }
            if let Some(prefetch) = block.prefetch.as_ref().filter(|_| axis + 1 == block.axes.len()) {
                head.push_str(&format!(" prefetch={}", self.prefetched(block, prefetch)));
            }
            self.line(&head);
            self.depth += 1;
        }
        self.block_body(block);
        self.depth = depth;
    }

    /// The buffers of which a block asks for elements of the rows to come.
    fn prefetched(&self, block: &Block, prefetch: &Prefetch) -> String {
        let accesses = prefetch.reads.iter().filter_map(|read| block.reads[*read].access());
        let names: Vec<&str> =
            accesses.map(|access| self.function.buffer(access.buffer).name.as_str()).collect();
        names.join(",")
    }

    /// What a block does once in its loops.
    fn block_body(&mut self, block: &Block) {
        self.reads.clear();
        for read in &block.reads {
            let text = self.read_to_text(read);
            self.reads.push(text);
        }
        // What only says places is no matter of the program.
        let params: Vec<Leaf> = self.reads.iter().cloned().map(Leaf::new).collect();
        if self.detail == Detail::Programs || block.fission.is_some() || long(&block.program) {
            self.block_by_instructions(block, &params);
        } else {
            self.sinks(block, &block.program, params);
        }
    }

    /// Names the results of a long program, then prints the sinks over those names.
    fn block_by_instructions(&mut self, block: &Block, params: &[Leaf]) {
        let results = &block.program.results;
        let names: Vec<Leaf> =
            (0..results.len()).map(|i| Leaf::new(format!("p{}", self.named + i))).collect();
        self.named += names.len();
        let fission =
            block.fission.as_ref().map_or_else(String::new, |fission| self.fission_to_text(fission));
        self.line(&format!("let {} = {}{fission}", join(&names), self.summary(&block.program, params)));
        self.instructions(&block.program);
        let types: Vec<DType> = results.iter().map(|e| e.dtype).collect();
        let mut b = Builder::new(&types);
        let elements = (0..types.len()).map(|i| b.param(i)).collect();
        self.sinks(block, &b.finish(elements), names);
    }

    fn fission_to_text(&self, fission: &Fission) -> String {
        let (count, strip) = (fission.cuts.len() + 1, fission.strip);
        format!(" in {count} segments, strip={strip} spills={}", self.function.buffer(fission.buffer).name)
    }

    fn summary(&self, program: &Program, params: &[Leaf]) -> String {
        // What only says a place is no matter of the program.
        let uses = |at: usize| {
            let mut params = program.insts.iter();
            params.any(|(inst, _)| matches!(inst, Inst::Param { index, .. } if usize::from(*index) == at))
        };
        let params: Vec<Leaf> =
            params.iter().enumerate().filter(|(at, _)| uses(*at)).map(|(_, leaf)| leaf.clone()).collect();
        let plural = if program.insts.len() == 1 { "" } else { "s" };
        let on = if params.is_empty() { "" } else { " on " };
        format!("{} instruction{plural}{on}{}", program.insts.len(), join(&params))
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

    /// Prints the sinks as statements over `program`, into which short reduction steps are inlined.
    fn sinks(&mut self, block: &Block, program: &Program, params: Vec<Leaf>) {
        let mut leaves = params;
        let mut b = Builder::new(&program.params);
        let elements: Vec<Element> = (0..leaves.len()).map(|i| b.param(i)).collect();
        let results = b.inline(program, &elements);
        let mut values = vec![];
        let mut ranges = vec![];
        for sink in &block.sinks {
            let from = values.len();
            let mut old: Vec<Element> = vec![];
            for (dtype, name) in self.accumulators(sink) {
                leaves.push(name);
                old.push(b.add_param(dtype));
            }
            let new: Vec<Element> = sink_results(sink).iter().map(|&r| results[r]).collect();
            let all = [old.clone(), new.clone()].concat();
            match sink {
                Sink::Store { .. } | Sink::Row { .. } | Sink::Scatter { add: None, .. } => values.extend(new),
                Sink::Reduce { reducer, .. }
                | Sink::Accumulate { reducer, .. }
                | Sink::ReduceRows { reducer, .. } => {
                    values.extend(b.inline(&reducer.step, &all));
                }
                Sink::Scatter { add: Some(add), .. } => values.extend(b.inline(add, &all)),
                Sink::Scan { scan, .. } => {
                    values.extend(b.inline(&scan.step, &all));
                    values.extend(b.inline(&scan.first, &new));
                    values.extend(b.inline(&scan.finish, &old));
                }
            }
            ranges.push(from..values.len());
        }
        let combined = b.finish(values);
        let (lets, texts) = expressions(&combined, &leaves, &mut self.named);
        for Statement { name, value } in lets {
            self.line(&format!("let {name} = {value}"));
        }
        for (range, sink) in ranges.into_iter().zip(&block.sinks) {
            let line = self.sink_to_text(block, sink, &texts[range]);
            self.line(&line);
            self.sink_programs(sink);
        }
    }

    /// Type and name of each accumulator of a sink.
    fn accumulators(&self, sink: &Sink) -> Vec<(DType, Leaf)> {
        let named = |types: &[DType], names: Vec<Leaf>| types.iter().copied().zip(names).collect();
        match sink {
            Sink::Store { .. } | Sink::Row { .. } | Sink::Scatter { add: None, .. } => vec![],
            Sink::Reduce { reducer, .. }
            | Sink::Accumulate { reducer, .. }
            | Sink::ReduceRows { reducer, .. } => named(&reducer.accumulators, self.targets(sink)),
            Sink::Scatter { add: Some(add), .. } => named(&add.params, self.targets(sink)),
            Sink::Scan { scan, carry, .. } if carry.is_empty() => {
                let names = (0..scan.accumulators.len()).map(|i| Leaf::new(format!("s{i}")));
                named(&scan.accumulators, names.collect())
            }
            Sink::Scan { scan, carry, .. } => {
                let names = carry.iter().map(|access| Leaf::new(access::to_text(self.function, access)));
                named(&scan.accumulators, names.collect())
            }
        }
    }

    /// What a sink writes.
    fn targets(&self, sink: &Sink) -> Vec<Leaf> {
        let buffer = |access: &Access| Leaf::new(access::to_text(self.function, access));
        match sink {
            Sink::Store { to, .. } | Sink::Scan { to, .. } => vec![buffer(to)],
            Sink::Row { row, .. } => vec![row_leaf(*row)],
            Sink::Accumulate { to, .. } => to.iter().map(buffer).collect(),
            Sink::Scatter { to, .. } => vec![Leaf::new(self.indirect_to_text(to))],
            Sink::ReduceRows { to, .. } => {
                to.iter().map(|id| Leaf::new(self.function.buffer(*id).name.clone())).collect()
            }
            Sink::Reduce { to, .. } => {
                let target = |target: &Target| match target {
                    Target::Row(row) => row_leaf(*row),
                    Target::Buffer(access) => buffer(access),
                };
                to.iter().map(target).collect()
            }
        }
    }

    /// A sink as a statement: where it starts, and whether a store replaces what the block reads.
    fn sink_to_text(&self, block: &Block, sink: &Sink, values: &[String]) -> String {
        let to = join(&self.targets(sink));
        let all = values.join(", ");
        match sink {
            Sink::Store { to: access, .. } => {
                let in_place = block.reads.iter().any(|r| *r == Read::Buffer(access.clone()));
                format!("{to} = {all}{}", if in_place { " (in place)" } else { "" })
            }
            Sink::Row { .. } => format!("{to} = {all}"),
            Sink::Reduce { reducer, prereduction, .. } => {
                let prereduced =
                    prereduction.as_ref().map_or_else(String::new, |h| format!(" prereduced={}", h.times));
                format!("reduce {to} = {all} from {}{prereduced}", start_to_text(reducer))
            }
            Sink::ReduceRows { reducer, .. } => {
                format!("reduce rows {to} = {all} from {}", start_to_text(reducer))
            }
            Sink::Accumulate { .. } => format!("accumulate {to} = {all}"),
            Sink::Scatter { .. } => format!("scatter {to} = {all}"),
            Sink::Scan { scan, along, .. } => {
                let count = scan.accumulators.len();
                let (step, rest) = values.split_at(count);
                let (first, finish) = rest.split_at(count);
                let names: Vec<Leaf> = self.accumulators(sink).into_iter().map(|(_, name)| name).collect();
                let (names, finish) = (join(&names), finish.join(", "));
                let along = access::name(self.function, *along);
                let stored = if finish == names { String::new() } else { format!(", stores {finish}") };
                let (step, first) = (step.join(", "), first.join(", "));
                format!("scan {to} along {along}: {names} = {step} from {first}{stored}")
            }
        }
    }

    /// With all detail, the programs of a sink.
    fn sink_programs(&mut self, sink: &Sink) {
        let programs: Vec<(&str, &Program)> = match sink {
            Sink::Store { .. } | Sink::Row { .. } | Sink::Scatter { add: None, .. } => vec![],
            Sink::Reduce { reducer, prereduction, .. } => {
                let halve = prereduction.iter().map(|prereduction| ("prereduce", &prereduction.add));
                halve.chain([("step", &reducer.step), ("merge", &reducer.merge)]).collect()
            }
            Sink::Accumulate { reducer, .. } | Sink::ReduceRows { reducer, .. } => {
                vec![("step", &reducer.step), ("merge", &reducer.merge)]
            }
            Sink::Scatter { add: Some(add), .. } => vec![("add", add)],
            Sink::Scan { scan, .. } => {
                vec![("first", &scan.first), ("step", &scan.step), ("finish", &scan.finish)]
            }
        };
        if self.detail == Detail::Programs {
            self.depth += 1;
            for (name, program) in programs {
                self.line(name);
                self.instructions(program);
            }
            self.depth -= 1;
        }
    }

    fn read_to_text(&self, read: &Read) -> String {
        match read {
            Read::Buffer(access) => access::to_text(self.function, access),
            Read::Row(row) => row_leaf(*row).text().to_owned(),
            Read::Size(dim) if dim.terms().len() > 1 => format!("({})", self.dim(dim)),
            Read::Size(dim) => self.dim(dim),
            Read::Index(position) => access::position_to_text(self.function, position),
            Read::Sum => "sum".to_owned(),
            Read::Gather(indirect) => self.indirect_to_text(indirect),
        }
    }

    fn indirect_to_text(&self, indirect: &Indirect) -> String {
        let part = |part: &IndirectIndex| (part.stride.clone(), self.reads[part.read].clone());
        let parts: Vec<(Dim, String)> = indirect.indices.iter().map(part).collect();
        access::guided_to_text(self.function, &indirect.access, &parts)
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
        Sink::Store { result, .. } | Sink::Row { result, .. } | Sink::Scatter { result, .. } => vec![*result],
        Sink::Reduce { results, .. }
        | Sink::Accumulate { results, .. }
        | Sink::Scan { results, .. }
        | Sink::ReduceRows { results, .. } => results.clone(),
    }
}

/// Where the accumulators of a reduction start.
fn start_to_text(reducer: &Reducer) -> String {
    let init = reducer.init.iter().zip(&reducer.accumulators);
    let texts: Vec<String> = init.map(|(bits, dtype)| element_to_text(*dtype, *bits)).collect();
    texts.join(", ")
}
