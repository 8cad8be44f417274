//! What a user sees of work that takes long: on a terminal, after a second, one line that says what goes on
//! and for how long, and that is gone when the work is done. Elsewhere nothing.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long work is silent.
const SILENCE: Duration = Duration::from_secs(1);

/// How often the line is written anew.
const TICK: Duration = Duration::from_millis(200);

/// Takes the line away; the cursor is then where it was.
const CLEAR: &str = "\r\x1b[K";

/// Work that goes on.
#[derive(Debug)]
pub struct Progress {
    steps: Option<Sender<String>>,
    writer: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows on standard error, if that is a terminal, how the work goes on until the value is dropped.
    pub fn start() -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { steps: None, writer: None };
        }
        let (steps, received) = mpsc::channel();
        let writer = std::thread::spawn(move || show(&received, &mut std::io::stderr(), SILENCE, TICK));
        Progress { steps: Some(steps), writer: Some(writer) }
    }

    /// What is being done from now on.
    pub fn step(&self, text: String) {
        if let Some(steps) = &self.steps {
            // Without a reader there is nothing to show it on.
            let _ = steps.send(text);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.steps = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Writes the newest step every so often, until the other side is gone. A line that cannot be written is no
/// failure.
fn show(steps: &Receiver<String>, out: &mut dyn Write, silence: Duration, tick: Duration) {
    let start = Instant::now();
    let mut step = String::new();
    let mut is_shown = false;
    loop {
        let wait = if is_shown { tick } else { silence.saturating_sub(start.elapsed()) };
        match steps.recv_timeout(wait) {
            Ok(next) => step = next,
            Err(RecvTimeoutError::Timeout) => is_shown = true,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if is_shown {
            let _ = write!(out, "{CLEAR}{step}, {} s", start.elapsed().as_secs());
            let _ = out.flush();
        }
    }
    if is_shown {
        let _ = write!(out, "{CLEAR}");
        let _ = out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work of two steps that takes so long, shown from a moment on.
    fn shown(work: Duration, silence: Duration) -> String {
        let (steps, received) = mpsc::channel();
        let worker = std::thread::spawn(move || {
            steps.send("reading m".to_owned()).unwrap();
            steps.send("compiling m".to_owned()).unwrap();
            std::thread::sleep(work);
        });
        let mut out = vec![];
        show(&received, &mut out, silence, Duration::from_millis(1));
        worker.join().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn short_work_is_silent() {
        assert_eq!(shown(Duration::ZERO, Duration::from_secs(3600)), "");
    }

    #[test]
    fn long_work_is_shown_on_one_line_that_goes() {
        let text = shown(Duration::from_millis(200), Duration::from_millis(20));
        assert!(text.contains("\r\x1b[Kcompiling m, 0 s") && text.ends_with(CLEAR), "{text:?}");
        assert!(!text.contains('\n'), "{text:?}");
    }
}
