//! Builds models into libraries, and C and C++ programs against these libraries.
//!
//! A [`Workshop`] is a temporary folder. [`Workshop::library`] puts an archive and its header there,
//! [`Workshop::program`] compiles sources of `programs/` against it with every warning an error. Nothing here
//! depends on the current directory, and nothing outlives the workshop.

pub mod accuracy;
pub mod models;
pub mod pooled;
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tgc_compiler::Options;
use tgc_graph::module::Module;

pub use program::{Executable, Outcome, Program, Source, has_compiler};

/// A temporary folder to build in.
#[derive(Debug)]
pub struct Workshop {
    folder: TempDir,
}

/// An archive and its header on the disk.
#[derive(Clone, Debug)]
pub struct Library {
    /// The folder that holds both.
    pub folder: PathBuf,
    /// The static library.
    pub archive: PathBuf,
    /// The C header.
    pub header: PathBuf,
    /// What all names begin with.
    pub name: String,
    /// What linked names end in, without the underscore before it.
    pub suffix: String,
}

impl Workshop {
    /// An empty folder of its own.
    #[allow(clippy::new_without_default, reason = "a default that touches the disk would surprise")]
    pub fn new() -> Workshop {
        Workshop { folder: TempDir::new().unwrap() }
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Builds a model for this machine's default processor.
    pub fn library(&self, module: &Module) -> Library {
        self.library_in(".", module)
    }

    /// The same in a folder inside the workshop, so that libraries of one name do not meet.
    pub fn library_in(&self, folder: &str, module: &Module) -> Library {
        self.library_with(folder, module, &Options::default())
    }

    /// The same with options.
    pub fn library_with(&self, folder: &str, module: &Module, options: &Options) -> Library {
        let library = tgc_compiler::build(module, options).unwrap();
        let folder = self.path(folder);
        fs::create_dir_all(&folder).unwrap();
        let (archive, header) =
            (folder.join(format!("lib{}.a", library.name)), folder.join(format!("{}.h", library.name)));
        library.write(&archive, &header).unwrap();
        Library { folder, archive, header, suffix: format!("{:016x}", library.hash), name: library.name }
    }

    /// A program made of one source.
    pub fn program(&self, source: &str) -> Program<'_> {
        Program::new(self).source(Source::new(source))
    }

    /// A program without sources yet.
    pub fn sources(&self) -> Program<'_> {
        Program::new(self)
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }
}

impl Library {
    /// The names that the header promises, as the linker sees them, sorted.
    pub fn promised(&self) -> Vec<String> {
        let header = fs::read_to_string(&self.header).unwrap();
        let ending = format!("_{}", self.suffix);
        let mut names: Vec<String> = header
            .lines()
            .filter_map(|line| line.strip_prefix("#define ")?.split_whitespace().nth(1))
            .filter(|linked| linked.ends_with(&ending))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    /// A name as it is linked: `create` of `counter` is `counter_create_0123456789abcdef`.
    pub fn linked(&self, name: &str) -> String {
        format!("{}_{name}_{}", self.name, self.suffix)
    }
}
