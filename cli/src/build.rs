//! `tgc build`.

use std::path::{Path, PathBuf};

use tgc_compiler::output::File;
use tgc_compiler::{Library, Options};

use crate::arguments::{Build, Emit, Sanitizer};
use crate::failure::{Failure, Outcome};
use crate::interrupt::Interrupts;
use crate::progress::Progress;
use crate::{model, say};

/// Compiles the model and writes what was asked for, all or nothing.
pub fn execute(arguments: &Build, interrupts: &Interrupts) -> Outcome<()> {
    let progress = Progress::start();
    progress.step(format!("reading {}", arguments.model.display()));
    let module = model::read(&arguments.model)?;
    let wants = |emit: Emit| arguments.emit.contains(&emit);
    let options = Options {
        name: arguments.name.clone(),
        triple: arguments.target.clone(),
        cpu: arguments.cpu.clone(),
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
    let written = write(arguments, &library, wants(Emit::Lib))?;
    drop(held);
    say(&written.iter().map(|path| format!("wrote {}\n", path.display())).collect::<String>())
}

/// Returns the files in the order of their writing.
fn write(arguments: &Build, library: &Library, with_library: bool) -> Outcome<Vec<PathBuf>> {
    let beside = |ending: &str| arguments.output.with_file_name(format!("{}.{ending}", library.name));
    let header = arguments.header.clone().unwrap_or_else(|| beside("h"));
    let texts = [("s", &library.assembly), ("ll", &library.ir), ("plan", &library.plan)];
    let mut paths = vec![];
    let mut contents: Vec<&[u8]> = vec![];
    if with_library {
        paths.extend([arguments.output.clone(), header]);
        contents.extend([library.archive.as_slice(), library.header.as_bytes()]);
    }
    for (ending, text) in texts {
        if let Some(text) = text {
            paths.push(beside(ending));
            contents.push(text.as_bytes());
        }
    }
    if let Some(path) = paths.iter().find(|path| is_same(path, &arguments.model)) {
        return Err(Failure::file("write", path, "it is the model; choose another output"));
    }
    let files: Vec<File<'_>> =
        paths.iter().zip(contents).map(|(path, contents)| File { path, contents }).collect();
    tgc_compiler::output::write_all(&files)?;
    Ok(paths)
}

fn is_same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
