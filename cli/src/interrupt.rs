//! Interruptions end the program at once, but never while files are written: then they wait until all are in
//! their places.
//!
//! A file that would grow beyond the process's limit, which the system answers with a signal too, becomes an
//! error of the write. On systems without such signals nothing here does anything.

/// Who decides whether a signal ends the program.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    #[cfg(unix)]
    may_end: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

/// While it lives, nothing ends the program but what cannot be caught.
#[must_use = "what it holds back comes when it is dropped"]
#[derive(Debug)]
pub struct Held(Interrupts);

impl Interrupts {
    /// Takes over what the terminal and the system send to end a program, which then ends with 128 and the
    /// signal's number, as shells count.
    #[cfg(unix)]
    pub fn watch() -> Interrupts {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        let interrupts = Interrupts::default();
        interrupts.admit(true);
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let may_end = interrupts.may_end.clone();
            // Where it is refused the system's own way stays: the program ends at once.
            drop(signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, may_end));
        }
        // Only that it is caught matters: the write then says that the file is too large.
        const SIGXFSZ: i32 = 25;
        drop(signal_hook::flag::register(SIGXFSZ, std::sync::Arc::default()));
        interrupts
    }

    /// Does nothing here.
    #[cfg(not(unix))]
    pub fn watch() -> Interrupts {
        Interrupts::default()
    }

    /// Makes signals wait.
    pub fn hold(&self) -> Held {
        self.admit(false);
        Held(self.clone())
    }

    #[cfg(unix)]
    fn admit(&self, may_end: bool) {
        self.may_end.store(may_end, std::sync::atomic::Ordering::SeqCst);
    }

    #[cfg(not(unix))]
    fn admit(&self, _: bool) {}
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.admit(true);
    }
}
