//! `tgc print`.

use tgc_compiler::stages;
use tgc_graph::module::Module;
use tgc_graph::{pp, text};
use tgc_plan::print::Detail;

use crate::arguments::Print;
use crate::error::Outcome;
use crate::{model, say};

/// Prints a model in one of its forms.
pub fn execute(arguments: &Print) -> Outcome<()> {
    let fp = arguments.arithmetic.fp();
    let mut module = model::read(&arguments.model)?;
    if let Some(name) = &arguments.function {
        model::select(&mut module, name)?;
    }
    if let Some(stage) = &arguments.stage {
        module = match stage.as_str() {
            "all" => stages::optimize(&module, fp)?,
            _ => stages::optimize_until(&module, stage, fp)?,
        };
    }
    let machine = || stages::machine(arguments.target.as_deref(), arguments.cpu.as_deref());
    if let Some(phase) = &arguments.phase {
        return say(&stages::plan_until(&module, &machine()?, phase, fp)?);
    }
    if arguments.plan {
        let detail = if arguments.explain { Detail::Reasons } else { Detail::Loops };
        return say(&stages::plan(&module, &machine()?, fp)?.display(detail).to_string());
    }
    if arguments.explain {
        return say(&stages::explain(&module, fp)?);
    }
    if arguments.pp {
        return say(&mathematics(&module));
    }
    say(&if arguments.dot { tgc_graph::render::dot(&module) } else { text::print(&module) })
}

/// Each function's outputs and updates as mathematics.
fn mathematics(module: &Module) -> String {
    let mut lines = vec![];
    for function in &module.functions {
        lines.push(format!("function {}", function.name));
        let outputs = function.outputs.iter().map(|output| (format!("output {}", output.name), output.node));
        let updates = function.updates.iter().map(|update| {
            let name = &module.shared[update.shared].name;
            (format!("update {name}"), update.node)
        });
        let (names, nodes): (Vec<_>, Vec<_>) = outputs.chain(updates).unzip();
        let texts = pp::expressions(&function.graph, &nodes);
        lines.extend(names.iter().zip(texts).map(|(name, text)| format!("  {name} = {text}")));
    }
    lines.join("\n") + "\n"
}
