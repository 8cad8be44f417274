//! `tgc inspect`.

use std::fmt::Write as _;

use tgc_compiler::{Fp, stages};
use tgc_graph::dim::Symbol;
use tgc_graph::graph::NodeId;
use tgc_graph::module::Function;
use tgc_graph::pp;
use tgc_plan::{Argument, FunctionPlan, Interface, Signature};

use crate::arguments::Inspect;
use crate::error::Outcome;
use crate::{model, say};

/// Lists what a model has, and what calls of it cost.
pub fn execute(arguments: &Inspect) -> Outcome<()> {
    let mut module = model::read(&arguments.model)?;
    if let Some(name) = &arguments.function {
        model::select(&mut module, name)?;
    }
    let optimized = stages::optimize(&module, Fp::Strict)?;
    let plan = stages::host_plan(&module, Fp::Strict)?;
    let stack = stages::host_stack(&plan)?;
    let mut text = format!("model {}\n", module.name);
    states(&mut text, &plan.interface);
    for (index, function) in plan.functions().enumerate() {
        let nodes = [&module, &optimized].map(|module| live_nodes(&module.functions[index]));
        text.push_str(&describe(&plan.interface, function, nodes, stack.functions[index]));
        if arguments.origins {
            text.push_str(&origins(&module.functions[index]));
        }
    }
    say(&text)
}

fn states(text: &mut String, interface: &Interface) {
    for state in &interface.states {
        let shape: Vec<String> = state.initial.shape().iter().map(usize::to_string).collect();
        let (dtype, bytes) = (state.initial.dtype(), state.initial.bytes().len());
        let _ = writeln!(text, "  state {}: {dtype}[{}], {bytes} bytes", state.name, shape.join(","));
    }
}

/// The nodes that outputs and updates need.
fn live_nodes(function: &Function) -> usize {
    function.graph.reachable(&function.roots()).into_iter().filter(|live| *live).count()
}

/// What each place of the author's source makes, for other places to use, in the order in which it is made.
fn origins(function: &Function) -> String {
    let (graph, roots) = (&function.graph, function.roots());
    let live = graph.reachable(&roots);
    let is_result = |id: &NodeId| {
        let origin = &graph.node(*id).origin;
        let mut uses = graph.uses(*id).filter(|(user, _)| live[user.index()]);
        live[id.index()] && (roots.contains(id) || uses.any(|(user, _)| graph.node(user).origin != *origin))
    };
    let results: Vec<NodeId> =
        graph.ids().filter(is_result).filter(|id| !graph.node(*id).origin.is_unknown()).collect();
    let places: Vec<String> = results.iter().map(|id| graph.node(*id).origin.to_string()).collect();
    let width = places.iter().map(|place| place.chars().count()).max().unwrap_or(0);
    let line = |(place, id): (&String, &NodeId)| {
        let (what, ty) = (pp::brief(graph, *id), graph.ty(*id).display(&graph.scope.symbols));
        format!("    {place:width$}  {what} : {ty}\n")
    };
    let lines: String = places.iter().zip(&results).map(line).collect();
    format!("  origins\n{lines}")
}

fn describe(
    interface: &Interface,
    plan: FunctionPlan<'_>,
    [before, after]: [usize; 2],
    stack: u64,
) -> String {
    let (function, workspace) = (plan.signature, &plan.body.workspace);
    let mut text = format!("\nfunction {}\n", function.name);
    let mut line = |what: &str, value: String| {
        let _ = writeln!(text, "  {what:<15}{value}");
    };
    for (_, symbol) in function.symbols.iter() {
        line("size", size(symbol));
    }
    for input in &function.inputs {
        let default = if input.default.is_some() { ", may be left out" } else { "" };
        line("input", argument(function, input) + default);
    }
    for output in &function.outputs {
        line("output", argument(function, output));
    }
    for (what, states) in [("reads", &function.reads), ("updates", &function.updates)] {
        if !states.is_empty() {
            let names: Vec<&str> =
                states.iter().map(|state| interface.states[*state].name.as_str()).collect();
            line(what, names.join(", "));
        }
    }
    for check in &function.checks {
        line("requires", format!("{} = {}", check.left_name, check.right_name));
    }
    line("nodes", format!("{before}, after optimization {after}"));
    line("loop nests", plan.body.nests().count().to_string());
    let bytes = workspace.evaluate(&|id| tuned_for(function.symbols.get(id)));
    line("workspace", at_hints(function, workspace.display(&function.symbols).to_string(), bytes) + " bytes");
    line("stack", format!("{stack} bytes"));
    let cost = plan.cost();
    for (what, dim) in [
        ("instructions", &cost.instructions),
        ("bytes read", &cost.bytes_read),
        ("bytes written", &cost.bytes_written),
    ] {
        let value = dim.evaluate(&|id| tuned_for(function.symbols.get(id)));
        let shown = dim.display(&function.symbols).to_string();
        line(what, at_hints(function, shown, value.and_then(|n| u64::try_from(n).ok())));
    }
    text
}

fn size(symbol: &Symbol) -> String {
    let hint = symbol.hint.map_or(String::new(), |hint| format!(", tuned for {hint}"));
    format!("{} from {} to {}{hint}", symbol.name, symbol.min, symbol.max)
}

fn argument(function: &Signature, argument: &Argument) -> String {
    format!("{}: {}", argument.name, argument.ty.display(&function.symbols))
}

/// What a size is tuned for: its hint, or, without one, 100 where that is admissible.
fn tuned_for(symbol: &Symbol) -> i64 {
    symbol.hint.unwrap_or(100.clamp(symbol.min, symbol.max))
}

/// An expression, with its value for the sizes that the function is tuned for.
fn at_hints(function: &Signature, expression: String, value: Option<u64>) -> String {
    let Some(value) = value.filter(|value| value.to_string() != expression) else { return expression };
    let sizes: Vec<String> = function
        .symbols
        .iter()
        .map(|(_, symbol)| format!("{} = {}", symbol.name, tuned_for(symbol)))
        .collect();
    format!("{expression} ({value} where {})", sizes.join(", "))
}
