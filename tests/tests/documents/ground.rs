//! What blocks are checked against: the repository, with tgc and the examples built and the examples run,
//! once.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use std::{env, fs};

/// Functions for blocks of commands. The targets that the continuous integration runs, or that are all of
/// this test and more, are not run once more: they have to be there.
const PRELUDE: &str = r#"
set -euo pipefail
make() {
  case "$1" in
    demo | test | bench) command make -n "$1" > /dev/null ;;
    *) command make "$@" ;;
  esac
}
"#;

/// The repository.
#[derive(Debug)]
pub struct Ground {
    /// Where cargo builds for this profile: `target/debug`.
    programs: PathBuf,
}

/// The folder of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Files of the repository whose names end so, with their texts; what builds write is left out.
pub fn files(ending: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_output = name == "target" || name == "out" || name.starts_with('.');
            if path.is_dir() && !path.is_symlink() && !is_output {
                walk(&path, ending, found);
            } else if path.is_file() && name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let (root, mut found) = (root(), vec![]);
    walk(&root, ending, &mut found);
    found.sort();
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), text(path))).collect()
}

impl Ground {
    /// The repository with everything built and the examples run.
    pub fn prepared() -> &'static Ground {
        static GROUND: OnceLock<Result<Ground, String>> = OnceLock::new();
        let ground = GROUND.get_or_init(|| Ground::bare().prepare());
        ground.as_ref().unwrap_or_else(|words| panic!("{words}"))
    }

    fn prepare(self) -> Result<Ground, String> {
        let profile = self.programs.file_name().unwrap().to_string_lossy().into_owned();
        let target = self.programs.parent().unwrap();
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "-q", "-p", "tgc", "-p", "tgc-examples", "--target-dir"]).arg(target);
        if profile == "release" {
            build.arg("--release");
        }
        succeed(&mut build)?;
        succeed(Command::new("examples/run").arg(&profile).env("CARGO_TARGET_DIR", target))?;
        Ok(self)
    }

    /// The repository as it is.
    pub fn bare() -> Ground {
        let test = env::current_exe().unwrap();
        Ground { programs: test.parent().unwrap().parent().unwrap().to_owned() }
    }

    /// A program that cargo built.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A file of the repository, or of what the examples wrote.
    pub fn read(&self, path: &str) -> Result<String, String> {
        fs::read_to_string(root().join(path)).map_err(|error| format!("cannot read {path}: {error}"))
    }

    /// Runs commands in the folder of the repository and returns what they print.
    pub fn run(&self, commands: &str) -> Result<String, String> {
        let paths = env::var_os("PATH").unwrap_or_default();
        let paths = env::join_paths(std::iter::once(self.programs.clone()).chain(env::split_paths(&paths)));
        let mut bash = Command::new("bash");
        bash.args(["-c", &format!("{PRELUDE}{commands}")]).current_dir(root());
        bash.env("PATH", paths.unwrap()).env("CARGO_TARGET_DIR", self.programs.parent().unwrap());
        let output = bash.output().map_err(|error| format!("cannot run bash: {error}"))?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("it fails: {}", words(&output))),
        }
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command.current_dir(root()).output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}\n{}", words(&output))),
    }
}

fn words(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}
