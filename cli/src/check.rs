//! `tgc check`.

use tgc_compiler::{Options, build};

use crate::arguments::Check;
use crate::error::Outcome;
use crate::{model, say};

/// Does all that a build does, and writes nothing.
pub fn execute(arguments: &Check) -> Outcome<()> {
    let module = model::read(&arguments.model)?;
    let options =
        Options { triple: arguments.target.clone(), cpus: arguments.cpu.clone(), ..Options::default() };
    let library = build(&module, &options)?;
    let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    say(&format!(
        "{} is well-formed: {}, {}; its library has {} bytes\n",
        module.name,
        count(module.functions.len(), "function"),
        count(module.shared.len(), "shared variable"),
        library.archive.len()
    ))
}
