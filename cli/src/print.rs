//! `tgc print`.

use tgc_compiler::stages;
use tgc_graph::module::Module;
use tgc_graph::text;

use crate::arguments::Print;
use crate::failure::{Failure, Outcome};
use crate::{dot, model, say};

/// Prints a model in one of its forms.
pub fn execute(arguments: &Print) -> Outcome<()> {
    let mut module = model::read(&arguments.model)?;
    if let Some(name) = &arguments.function {
        select(&mut module, name)?;
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

/// Leaves one function.
fn select(module: &mut Module, name: &str) -> Outcome<()> {
    let known: Vec<String> = module.functions.iter().map(|f| f.name.clone()).collect();
    if module.function(name).is_none() {
        let error = tgc_compiler::Error::Unknown { kind: "function", name: name.to_owned(), known };
        return Err(Failure::from(error));
    }
    module.functions.retain(|f| f.name == name);
    Ok(())
}
