//! What a command says on standard output, which gets there or is an error.
//!
//! A reader that goes away early has read what it wanted, and is none. A program that begins without a
//! standard output finds `/dev/null` there, since Rust puts it there before `main`; so that is looked at
//! before.

use std::io::{self, Write};

use tgc_graph::quote;

use crate::error::{CliError, Outcome};

/// Writes to standard output.
pub fn say(text: &str) -> Outcome<()> {
    let refused = |reason: &str| CliError::User(format!("cannot write to standard output: {reason}"));
    if start::had_no_output() {
        return Err(refused("it is closed; send it to a file or a program"));
    }
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(refused(&quote::reason_of_write(&error)))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What the program found when it began.
#[cfg(target_os = "linux")]
mod start {
    #![allow(unsafe_code, reason = "a function that runs before main; it says why it is sound")]

    use std::sync::atomic::{AtomicBool, Ordering};

    static NO_OUTPUT: AtomicBool = AtomicBool::new(false);

    extern "C" fn look() {
        let is_open = std::fs::symlink_metadata("/proc/self/fd/1").is_ok();
        // Without /proc nothing is known.
        let is_known = is_open || std::fs::symlink_metadata("/proc/self/fd").is_ok();
        NO_OUTPUT.store(is_known && !is_open, Ordering::Relaxed);
    }

    // SAFETY: The loader calls what stands here once, before `main`, on the only thread. `look` asks the
    // system for metadata and sets a flag, which need nothing of Rust's runtime.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    pub fn had_no_output() -> bool {
        NO_OUTPUT.load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
mod start {
    pub fn had_no_output() -> bool {
        false
    }
}
