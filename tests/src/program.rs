//! Programs: sources, a compiler, libraries; then an executable, then what it printed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{Library, Workshop};

/// Every warning is an error, in all languages.
const WARNINGS: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wundef", "-Werror"];

/// One translation unit.
#[derive(Clone, Debug)]
pub struct Source {
    file: String,
    folders: Vec<PathBuf>,
    flags: Vec<String>,
}

/// A program to be built.
#[derive(Clone, Debug)]
pub struct Program<'w> {
    workshop: &'w Workshop,
    sources: Vec<Source>,
    libraries: Vec<Library>,
    c: (String, String),
    cpp: (String, String),
    flags: Vec<String>,
    link: Vec<String>,
}

/// A program that was built.
#[derive(Clone, Debug)]
pub struct Executable {
    /// The file.
    pub path: PathBuf,
}

/// What a process left.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Whether it exited with 0.
    pub success: bool,
    /// What it wrote to its standard output.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

/// Whether a compiler is installed.
pub fn has_compiler(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

impl Source {
    /// A file of `programs/`. C++ if its name ends in `.cpp`.
    pub fn new(file: &str) -> Source {
        Source { file: file.to_owned(), folders: vec![], flags: vec![] }
    }

    /// Headers of this library come first in this unit.
    pub fn against(mut self, library: &Library) -> Source {
        self.folders.push(library.folder.clone());
        self
    }

    /// A flag for this unit alone.
    pub fn flag(mut self, flag: &str) -> Source {
        self.flags.push(flag.to_owned());
        self
    }

    fn is_cpp(&self) -> bool {
        self.file.ends_with(".cpp")
    }
}

impl<'w> Program<'w> {
    pub(crate) fn new(workshop: &'w Workshop) -> Program<'w> {
        Program {
            workshop,
            sources: vec![],
            libraries: vec![],
            c: ("gcc".into(), "c11".into()),
            cpp: ("g++".into(), "c++17".into()),
            flags: vec![],
            link: vec![],
        }
    }

    /// One more translation unit.
    pub fn source(mut self, source: Source) -> Self {
        self.sources.push(source);
        self
    }

    /// Links a library and finds its header.
    pub fn with(mut self, library: &Library) -> Self {
        self.libraries.push(library.clone());
        self
    }

    /// The C compiler and its standard; `gcc` and `c11` without.
    pub fn c(mut self, compiler: &str, standard: &str) -> Self {
        self.c = (compiler.to_owned(), standard.to_owned());
        self
    }

    /// The C++ compiler and its standard; `g++` and `c++17` without.
    pub fn cpp(mut self, compiler: &str, standard: &str) -> Self {
        self.cpp = (compiler.to_owned(), standard.to_owned());
        self
    }

    /// A flag for every translation unit.
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    /// A flag for the link.
    pub fn link(mut self, flag: &str) -> Self {
        self.link.push(flag.to_owned());
        self
    }

    /// Compiles and links.
    ///
    /// # Panics
    ///
    /// With the compiler's words if it refuses.
    pub fn build(&self) -> Executable {
        self.try_build().unwrap_or_else(|words| panic!("{words}"))
    }

    /// Compiles and links, or says what the compiler or the linker said.
    pub fn try_build(&self) -> Result<Executable, String> {
        let objects: Vec<PathBuf> =
            self.sources.iter().map(|source| self.compile(source)).collect::<Result<_, _>>()?;
        let path = self.fresh("program");
        let driver = if self.sources.iter().any(Source::is_cpp) { &self.cpp.0 } else { &self.c.0 };
        let mut command = Command::new(driver);
        command.arg("-o").arg(&path).args(&objects).args(self.libraries.iter().map(|l| &l.archive));
        finish(command.args(&self.link))?;
        Ok(Executable { path })
    }

    /// Compiles only.
    ///
    /// # Panics
    ///
    /// With the compiler's words if it refuses.
    pub fn check(&self) {
        self.sources.iter().for_each(|source| {
            self.compile(source).unwrap_or_else(|words| panic!("{words}"));
        });
    }

    fn compile(&self, source: &Source) -> Result<PathBuf, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
        let object = self.fresh("unit").with_extension("o");
        let (compiler, standard) = if source.is_cpp() { &self.cpp } else { &self.c };
        let mut command = Command::new(compiler);
        command.arg(format!("-std={standard}")).args(WARNINGS).arg("-O1").arg("-g");
        for folder in source.folders.iter().chain(self.libraries.iter().map(|l| &l.folder)) {
            command.arg("-I").arg(folder);
        }
        command.args(&self.flags).args(&source.flags);
        finish(command.arg("-c").arg(folder.join(&source.file)).arg("-o").arg(&object))?;
        Ok(object)
    }

    fn fresh(&self, name: &str) -> PathBuf {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        self.workshop.root().join(format!("{name}{}", COUNT.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Executable {
    /// Runs the program in its own folder and returns what it printed.
    ///
    /// # Panics
    ///
    /// With its standard error if it fails.
    pub fn run(&self, arguments: &[&str]) -> String {
        let outcome = self.try_run(arguments);
        assert!(outcome.success, "{}{}", outcome.stdout, outcome.stderr);
        outcome.stdout
    }

    /// Runs the program in its own folder.
    pub fn try_run(&self, arguments: &[&str]) -> Outcome {
        self.start(Command::new(&self.path).args(arguments))
    }

    /// Runs the program under another one, such as `valgrind -q`.
    pub fn run_under(&self, tool: &str, arguments: &[&str]) -> Outcome {
        self.start(Command::new(tool).args(arguments).arg(&self.path))
    }

    fn start(&self, command: &mut Command) -> Outcome {
        let folder = self.path.parent().expect("invariant: programs lie in a workshop");
        let output = command.current_dir(folder).output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome {
            success: output.status.success(),
            stdout: text(&output.stdout),
            stderr: format!("{}{}", text(&output.stderr), end(&output.status)),
        }
    }
}

/// How a process ended, if not well.
fn end(status: &std::process::ExitStatus) -> String {
    if status.success() { String::new() } else { format!("[{status}]\n") }
}

fn finish(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}\n{}", String::from_utf8_lossy(&output.stderr))),
    }
}
