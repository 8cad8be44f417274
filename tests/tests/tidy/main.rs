//! The rules of the house, read off the sources.

use std::fs;
use std::path::{Path, PathBuf};

mod circles;
mod size;

/// A file of the workspace.
struct File {
    /// Its path from the root, with slashes.
    path: String,
    text: String,
}

impl File {
    fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line.split("//").next().unwrap_or_default()))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files with one of these endings that belong to the workspace.
fn files(endings: &[&str]) -> Vec<File> {
    fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_output = name == "target" || name == "out" || (name.starts_with('.') && name != ".ci");
            if path.is_dir() && !path.is_symlink() && !is_output {
                walk(&path, endings, found);
            } else if path.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    let (root, mut found) = (root(), vec![]);
    walk(&root, endings, &mut found);
    found.sort();
    let file = |path: PathBuf| {
        let relative = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{relative}: {e}"));
        File { path: relative, text }
    };
    found.into_iter().map(file).collect()
}

fn sources() -> Vec<File> {
    let files = files(&[".rs"]);
    assert!(files.len() > 100, "the workspace was not found");
    files
}

/// True for sources that are part of no library and no program that users run.
fn is_test(file: &File) -> bool {
    let path = &file.path;
    let is_script = path.ends_with("/build.rs") && !path.contains("/src/");
    let is_beside = path.contains("/tests/") || path.contains("/fuzz/");
    is_beside || is_script || file.is_under(&["tests/", "examples/", "benches/", "snapshots/"])
}

/// Code above the unit tests of a file, which stand at its end.
fn before_tests(file: &File) -> usize {
    let lines: Vec<&str> = file.text.lines().collect();
    lines.iter().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(lines.len())
}

/// Panics with all findings.
fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

/// Lines of code that contain one of these words.
fn mentions(file: &File, words: &[&str]) -> Vec<String> {
    let end = before_tests(file);
    file.code()
        .filter(|(number, _)| *number <= end)
        .flat_map(|(number, line)| {
            let found = words.iter().filter(move |word| line.contains(**word));
            found.map(move |word| format!("{}:{number}: {word}", file.path))
        })
        .collect()
}

#[test]
fn only_llvm_names_inkwell() {
    let files = sources();
    assert!(
        files.iter().any(|f| f.is_under(&["compiler/llvm/src/"]) && !mentions(f, &["inkwell"]).is_empty())
    );
    let others = files.iter().filter(|f| !f.is_under(&["compiler/llvm/", "tests/tests/tidy/"]));
    none(others.flat_map(|f| mentions(f, &["inkwell"])).collect());
}

#[test]
fn only_the_wire_form_names_bincode() {
    let files = sources();
    assert!(
        files
            .iter()
            .any(|f| f.is_under(&["compiler/graph/src/wire"]) && !mentions(f, &["bincode"]).is_empty())
    );
    let others = files.iter().filter(|f| {
        !f.is_under(&["compiler/graph/src/wire", "compiler/graph/tests/wire", "tests/tests/tidy/"])
    });
    none(others.flat_map(|f| mentions(f, &["bincode"])).collect());
}

#[test]
fn only_the_command_line_prints_exits_and_reads_arguments() {
    let words = [
        "println!",
        "eprintln!",
        "print!(",
        "eprint!(",
        "dbg!",
        "process::exit",
        "process::abort",
        "env::args",
        "stdout()",
        "stderr()",
    ];
    let others: Vec<File> = sources().into_iter().filter(|f| !f.is_under(&["cli/"]) && !is_test(f)).collect();
    none(others.iter().flat_map(|f| mentions(f, &words)).collect());
}

#[test]
fn the_back_half_knows_no_operation() {
    let behind = ["compiler/plan/src/", "compiler/lower/src/", "compiler/llvm/src/"];
    // LLVM has operations of its own, which these files call by the same short name.
    let is_llvms = |file: &File| file.text.contains("InstructionOpcode as Op");
    let files: Vec<File> = sources().into_iter().filter(|f| f.is_under(&behind)).collect();
    assert!(files.iter().filter(|f| is_llvms(f)).all(|f| f.is_under(&["compiler/llvm/src/"])));
    let files: Vec<File> =
        files.into_iter().filter(|f| !is_llvms(f) || f.text.contains("tgc_graph::ops")).collect();
    let named = |line: &str| {
        ["Op", "ops"].iter().any(|word| {
            line.match_indices(&format!("{word}::")).any(|(at, _)| {
                // `BinaryOp::` is another word, and `std::ops` another module.
                let before = &line[..at];
                !before.ends_with(|c: char| c.is_alphanumeric() || c == '_') && !before.ends_with("std::")
            })
        })
    };
    let findings = files.iter().flat_map(|file| {
        let end = before_tests(file);
        let lines = file.code().filter(move |(number, line)| *number <= end && named(line));
        lines.map(|(number, line)| format!("{}:{number}: {}", file.path, line.trim()))
    });
    none(findings.collect());
}

#[test]
fn crates_depend_in_one_direction() {
    // What each crate may use of this workspace.
    let allowed: [(&str, &[&str]); 11] = [
        ("compiler/scalar", &[]),
        ("abi", &[]),
        ("routines", &[]),
        ("compiler/graph", &["scalar", "routines"]),
        ("compiler/optimize", &["scalar", "graph"]),
        ("compiler/plan", &["scalar", "graph"]),
        ("compiler/lower", &["scalar", "graph", "plan"]),
        ("compiler/llvm", &["scalar", "graph", "plan", "abi", "runtime"]),
        ("compiler", &["scalar", "graph", "optimize", "plan", "lower", "llvm", "abi"]),
        ("runtime", &["abi", "routines"]),
        ("cli", &["scalar", "graph", "plan", "compiler"]),
    ];
    let mut findings = vec![];
    for (path, names) in allowed {
        let text = fs::read_to_string(root().join(path).join("Cargo.toml")).unwrap();
        let needs = text.split("[dependencies]").nth(1).unwrap_or_default();
        let needs = needs.split("\n[").next().unwrap_or_default();
        let ours = needs.lines().filter_map(|line| line.strip_prefix("tgc-"));
        let used = ours.map(|line| line.split(['.', ' ']).next().unwrap_or_default());
        findings.extend(used.filter(|name| !names.contains(name)).map(|name| format!("{path} uses {name}")));
    }
    none(findings);
}

#[test]
fn only_abi_spells_structs_that_c_or_generated_code_reads() {
    // What routines keep in their scratch no other code sees; the fixture is the runtime's tests'.
    let elsewhere = ["abi/", "routines/", "runtime/src/fixture.rs"];
    let others = sources().into_iter().filter(|f| !is_test(f) && !f.is_under(&elsewhere));
    none(others.flat_map(|f| mentions(&f, &["#[repr(C)]"])).collect());
}

#[test]
fn nothing_is_left_for_later_and_no_test_is_skipped() {
    // In pieces, so that this file does not find itself.
    let words = [
        concat!("#[ign", "ore"),
        concat!("#[should_", "panic"),
        concat!("to", "do!"),
        concat!("unimple", "mented!"),
    ];
    none(
        sources()
            .iter()
            .flat_map(|file| {
                let found = |(number, line): (usize, &str)| {
                    words
                        .iter()
                        .find(|word| line.contains(**word))
                        .map(|word| format!("{}:{number}: {word}", file.path))
                };
                file.code().filter_map(found).collect::<Vec<_>>()
            })
            .collect(),
    );
}

#[test]
fn files_are_short() {
    let long = sources().into_iter().filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > 800).then(|| format!("{} has {lines} lines, at most 800 are allowed", file.path))
    });
    none(long.collect());
}

#[test]
fn every_module_says_what_it_is() {
    let silent = sources().into_iter().filter(|file| !file.text.starts_with("//!"));
    none(silent.map(|file| format!("{} does not begin with //!", file.path)).collect());
}

#[test]
fn every_library_says_what_is_public() {
    let roots: Vec<File> =
        sources().into_iter().filter(|f| f.path.ends_with("src/lib.rs") && !is_test(f)).collect();
    assert!(roots.len() >= 10, "a library for each room");
    let silent = roots.iter().filter(|f| !f.text.contains("//! # What is public\n"));
    none(silent.map(|file| format!("{} does not say what is public", file.path)).collect());
}

#[test]
fn no_path_of_a_machine_is_in_the_sources() {
    let words = [
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("C:", "\\"),
    ];
    let endings = [
        ".rs", ".toml", ".md", ".c", ".h", ".cpp", ".sh", ".py", ".txt", ".tgc", ".snap", ".yml", "setup",
        "run", "Makefile",
    ];
    let findings = files(&endings).into_iter().flat_map(|file| {
        let lines = file.text.lines().enumerate();
        let is_path = |line: &str, word: &str| {
            // A folder follows; a bare prefix is what tests look for in outputs.
            line.match_indices(word).any(|(at, _)| line[at + word.len()..].starts_with(char::is_alphanumeric))
        };
        let found =
            lines.filter_map(|(i, line)| words.iter().find(|w| is_path(line, w)).map(|w| (i + 1, *w)));
        found.map(|(number, word)| format!("{}:{number}: {word}", file.path)).collect::<Vec<_>>()
    });
    none(findings.collect());
}
