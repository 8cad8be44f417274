//! The command line: build, run, print, inspect, check.
//!
//! This package alone prints, exits and reads arguments. Results go to standard output, messages to standard
//! error, one `error: …` each. A defect of tgc itself is an `internal error` with an exit code of its own,
//! never the text of a panic.

// A new variant of an enum of ours asks every match that it may concern.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod arguments;
mod build;
mod check;
mod error;
mod inspect;
mod interrupt;
mod memory;
mod model;
mod print;
mod progress;
mod result;
mod run;

use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Command, Tgc};
use crate::error::{CliError, Outcome};
use crate::interrupt::Interrupts;
use crate::result::say;

fn main() -> ExitCode {
    let arguments = Tgc::parse();
    // The message of a panic is part of the line that is printed below.
    panic::set_hook(Box::new(|_| {}));
    memory::watch();
    let interrupts = Interrupts::watch();
    let result = panic::catch_unwind(AssertUnwindSafe(|| execute(&arguments, &interrupts)));
    match result.unwrap_or_else(|payload| Err(panicked(payload.as_ref()))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn execute(arguments: &Tgc, interrupts: &Interrupts) -> Outcome<()> {
    match &arguments.command {
        Command::Build(build) => build::execute(build, interrupts),
        Command::Print(print) => print::execute(print),
        Command::Run(run) => run::execute(run, interrupts),
        Command::Inspect(inspect) => inspect::execute(inspect),
        Command::Check(check) => check::execute(check),
    }
}

fn panicked(payload: &dyn std::any::Any) -> CliError {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message");
    CliError::Internal(format!(
        "{}; this is a defect of tgc {}, please report it with the model",
        text.replace('\n', "; "),
        env!("CARGO_PKG_VERSION")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_become_internal_errors() {
        let payload = panic::catch_unwind(|| panic!("invariant: {}", "x\ny")).unwrap_err();
        let failure = panicked(payload.as_ref());
        assert_eq!(failure.exit_code(), 3);
        let text = failure.to_string();
        assert!(text.starts_with("internal error: invariant: x; y; this is a defect of tgc"), "{text}");
        assert!(text.ends_with("please report it with the model"), "{text}");
    }

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Tgc::command().debug_assert();
    }
}
