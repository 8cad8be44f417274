//! What the models of the examples share: each is written to the file that the command line names, or is
//! refused in one message on standard error.

use std::path::PathBuf;
use std::process::ExitCode;

use tgc_graph::prelude::*;

/// The `main` of a model: builds it and writes it to the path that is the only argument.
pub fn save(model: fn() -> Result<Model, BuildError>) -> ExitCode {
    match try_save(model) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn try_save(model: fn() -> Result<Model, BuildError>) -> Result<(), String> {
    let mut arguments = std::env::args_os().map(PathBuf::from);
    let program = arguments.next().unwrap_or_default();
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        let name = program.file_name().unwrap_or_default();
        return Err(format!("{} takes one argument, the file to write: model.graph", name.display()));
    };
    let model = model().map_err(|error| error.to_string())?;
    model.save(&path).map_err(|error| error.to_string())
}
