//! `tgc build`.

use std::path::PathBuf;

use tgc_compiler::output::File;
use tgc_compiler::{Library, Options};

use crate::arguments::{Build, Emit, Sanitizer};
use crate::error::Outcome;
use crate::interrupt::Interrupts;
use crate::progress::Progress;
use crate::{model, say};

/// Compiles the model and writes what was asked for, all or nothing.
pub fn execute(arguments: &Build, interrupts: &Interrupts) -> Outcome<()> {
    let progress = Progress::start();
    progress.step(format!("reading {}", arguments.model.display()));
    let module = model::read(&arguments.model)?;
    let outputs = outputs(arguments, &module.name);
    model::guard(&arguments.model, &outputs.iter().map(|(_, path)| path.as_path()).collect::<Vec<_>>())?;
    let wants = |emit: Emit| arguments.emit.contains(&emit);
    let options = Options {
        name: arguments.name.clone(),
        triple: arguments.target.clone(),
        cpus: arguments.cpu.clone(),
        features: arguments.features.clone(),
        freeze: arguments.freeze.clone(),
        fp: arguments.arithmetic.fp(),
        opt_level: Some(arguments.opt_level),
        sanitize_address: arguments.sanitize == Some(Sanitizer::Address),
        emit: tgc_compiler::Emit { assembly: wants(Emit::Asm), ir: wants(Emit::Ll), plan: wants(Emit::Plan) },
    };
    let observe = |step| progress.step(format!("{step} {}", module.name));
    let library = tgc_compiler::build_observed(&module, &options, &observe)?;
    drop(progress);
    let held = interrupts.hold();
    let files: Vec<File<'_>> =
        outputs.iter().map(|(what, path)| File { path, contents: contents(&library, *what) }).collect();
    tgc_compiler::output::write_all(&files)?;
    drop(held);
    say(&outputs.iter().map(|(_, path)| format!("wrote {}\n", path.display())).collect::<String>())
}

/// What goes into a file.
#[derive(Clone, Copy)]
enum Output {
    Archive,
    Header,
    Assembly,
    Ir,
    Plan,
}

/// The files in the order of their writing.
fn outputs(arguments: &Build, model: &str) -> Vec<(Output, PathBuf)> {
    let name = arguments.name.as_deref().unwrap_or(model);
    let beside = |ending: &str| arguments.output.with_file_name(format!("{name}.{ending}"));
    let header = || arguments.header.clone().unwrap_or_else(|| beside("h"));
    let of = |emit| match emit {
        Emit::Lib => vec![(Output::Archive, arguments.output.clone()), (Output::Header, header())],
        Emit::Asm => vec![(Output::Assembly, beside("s"))],
        Emit::Ll => vec![(Output::Ir, beside("ll"))],
        Emit::Plan => vec![(Output::Plan, beside("plan"))],
    };
    let all = [Emit::Lib, Emit::Asm, Emit::Ll, Emit::Plan];
    all.into_iter().filter(|emit| arguments.emit.contains(emit)).flat_map(of).collect()
}

fn contents(library: &Library, output: Output) -> &[u8] {
    let text = match output {
        Output::Archive => return &library.archive,
        Output::Header => Some(&library.header),
        Output::Assembly => library.assembly.as_ref(),
        Output::Ir => library.ir.as_ref(),
        Output::Plan => library.plan.as_ref(),
    };
    text.expect("invariant: what was asked for was made").as_bytes()
}
