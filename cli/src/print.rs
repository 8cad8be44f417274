//! `tgc print`.

use tgc_compiler::stages;
use tgc_graph::text;

use crate::arguments::Print;
use crate::failure::Outcome;
use crate::{dot, model, say};

/// Prints a model in one of its forms.
pub fn execute(arguments: &Print) -> Outcome<()> {
    let mut module = model::read(&arguments.model)?;
    if let Some(name) = &arguments.function {
        model::select(&mut module, name)?;
    }
    if let Some(stage) = &arguments.stage {
        module = match stage.as_str() {
            "all" => stages::optimize(&module)?,
            _ => stages::optimize_until(&module, stage)?,
        };
    }
    if arguments.plan {
        return say(&stages::host_plan(&module)?.to_string());
    }
    if arguments.explain {
        return say(&stages::explain(&module)?);
    }
    say(&if arguments.dot { dot::module(&module) } else { text::print(&module) })
}
