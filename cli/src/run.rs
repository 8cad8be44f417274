//! `tgc run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tgc_compiler::output::{File, write_all};
use tgc_compiler::value::Given;
use tgc_compiler::{Call, Error, Options, Session};
use tgc_graph::array::Array;
use tgc_graph::quote;
use tgc_graph::text::element_to_text;
use tgc_plan::Signature;

use crate::arguments::Run;
use crate::error::{CliError, Outcome};
use crate::interrupt::Interrupts;
use crate::{model, say};

/// Calls a function and prints its outputs.
pub fn execute(arguments: &Run, interrupts: &Interrupts) -> Outcome<()> {
    let module = model::read(&arguments.model)?;
    let (fp, cpus) = (arguments.arithmetic.fp(), arguments.cpu.clone());
    let options = Options { fp, cpus, ..Options::default() };
    let mut session = Session::with(&module, &options)?;
    if let Some(path) = &arguments.load_state {
        let image =
            std::fs::read(path).map_err(|error| CliError::file("read", path, quote::reason(&error)))?;
        let remedy = "give a file that --save-state wrote for this model";
        let refused = |error: Error| CliError::file("use", path, format!("{error}; {remedy}"));
        session.load(&image).map_err(refused)?;
    }
    let function = find_function(&session, &arguments.function)?;
    let Given { inputs, sizes } = Given::parse(function, &arguments.inputs)?;
    let files = output_files(function, &arguments.out)?;
    let written = files.iter().map(|(_, path)| path.as_path()).chain(arguments.save_state.as_deref());
    model::guard(&arguments.model, &written.collect::<Vec<_>>())?;
    let names: Vec<String> = function.outputs.iter().map(|o| o.name.clone()).collect();
    let times = arguments.repeat.unwrap_or(1) as usize;
    let call = Call { function: &arguments.function, sizes: &sizes, inputs: &inputs, times };
    let outcome = session.run(&call)?;

    let mut contents: Vec<(PathBuf, Vec<u8>)> =
        files.iter().map(|(index, path)| (path.clone(), outcome.outputs[*index].npy_bytes())).collect();
    if let Some(path) = &arguments.save_state {
        contents.push((path.clone(), session.save()?));
    }
    let list: Vec<File<'_>> = contents.iter().map(|(path, contents)| File { path, contents }).collect();
    let held = interrupts.hold();
    write_all(&list)?;
    drop(held);

    let mut text = String::new();
    for (index, (name, output)) in names.iter().zip(&outcome.outputs).enumerate() {
        if files.iter().all(|(written, _)| *written != index) {
            text += &format!("{name}: {}\n", show(output));
        }
    }
    for (path, _) in &contents {
        text += &format!("wrote {}\n", path.display());
    }
    if arguments.repeat.is_some() {
        text += &timing(outcome.durations);
    }
    say(&text)
}

fn find_function<'s>(session: &'s Session, name: &str) -> Outcome<&'s Signature> {
    let functions = &session.plan().interface.functions;
    functions
        .iter()
        .find(|f| f.name == name)
        .ok_or_else(|| unknown("function", name, functions.iter().map(|f| f.name.clone()).collect()))
}

fn unknown(kind: &'static str, name: &str, known: Vec<String>) -> CliError {
    CliError::from(Error::Unknown { kind, name: name.to_owned(), known })
}

/// Which outputs go to files, by index.
fn output_files(function: &Signature, arguments: &[String]) -> Outcome<Vec<(usize, PathBuf)>> {
    let mut files = vec![];
    for argument in arguments {
        let no_file = |name: &str| {
            CliError::User(format!("`{}` names no file; write {name}=@{name}.npy", quote::short(argument)))
        };
        let (name, file) = argument.split_once('=').ok_or_else(|| no_file("NAME"))?;
        let index = function.outputs.iter().position(|output| output.name == name);
        let known = || function.outputs.iter().map(|output| output.name.clone()).collect();
        let index = index.ok_or_else(|| unknown("output", name, known()))?;
        let path = file.strip_prefix('@').filter(|path| !path.is_empty()).ok_or_else(|| no_file(name))?;
        files.push((index, Path::new(path).to_owned()));
    }
    Ok(files)
}

/// The most elements that are printed; files hold them all.
const MOST_ELEMENTS: usize = 64;

/// `f32[2,2] [[1.0, 2.0], [3.0, 4.0]]`.
fn show(array: &Array) -> String {
    let sizes: Vec<String> = array.shape().iter().map(usize::to_string).collect();
    let mut text = format!("{}[{}] ", array.dtype(), sizes.join(","));
    if array.len() > MOST_ELEMENTS {
        let first: Vec<String> = (0..8).map(|i| element_to_text(array.dtype(), array.get(i))).collect();
        return text + &format!("{} … ({} elements; write all with --out)", first.join(", "), array.len());
    }
    nested(array, 0, &mut 0, &mut text);
    text
}

fn nested(array: &Array, axis: usize, next: &mut usize, text: &mut String) {
    let Some(size) = array.shape().get(axis) else {
        text.push_str(&element_to_text(array.dtype(), array.get(*next)));
        *next += 1;
        return;
    };
    text.push('[');
    for i in 0..*size {
        text.push_str(if i == 0 { "" } else { ", " });
        nested(array, axis + 1, next, text);
    }
    text.push(']');
}

fn timing(mut durations: Vec<Duration>) -> String {
    durations.sort();
    let median = durations[durations.len() / 2];
    let least = durations[0];
    format!("{} calls, median {median:?}, least {least:?}\n", durations.len())
}
