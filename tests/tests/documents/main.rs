//! What the documents say is so: every block of code in them is part of a file that is built and run here, or
//! is run itself; links lead somewhere; the examples print what is expected, and refuse bad input in one
//! message.
//!
//! How a block says what it is, by the words after its fence:
//!
//! - `c PATH`, in any language: its lines stand in that file one after another, however they are indented.
//!   The file is one that is built and run, or one that the examples wrote to `out/`. A line `…`, alone or in
//!   a comment, skips some.
//! - `sh`: it is run by bash, in the folder of the repository, with `tgc` on the path. Blocks of one document
//!   share `out/`.
//! - `text`, after a block `sh`: what that printed. A word `*` stands for any, a line `…` for any number of
//!   lines.
//!
//! There is no other kind: a block of which nothing says how to check it fails.

mod block;
mod examples;
mod excerpt;
mod ground;
mod links;
mod printed;

use block::{Block, Kind};
use ground::Ground;

/// Where files are that tests build and run, or that those wrote.
const RUN: [&str; 6] =
    ["compiler/", "examples/", "out/", "snapshots/cases/", "tests/cases/", "tests/programs/"];

/// All documents, with their paths from the folder of the repository.
fn documents() -> Vec<(String, String)> {
    let documents = ground::files(".md");
    let names: Vec<&str> = documents.iter().map(|(path, _)| path.as_str()).collect();
    for expected in ["README.md", "CONTRIBUTING.md", "docs/guide.md", "examples/digits/README.md"] {
        assert!(names.contains(&expected), "{expected} is not among {names:?}");
    }
    documents
}

/// What is wrong with the blocks of a document.
fn findings(ground: &Ground, path: &str, text: &str) -> Vec<String> {
    let mut found = vec![];
    let mut output = None;
    for block in block::blocks(text) {
        let before = output.take();
        let result = match block.kind() {
            Ok(Kind::Excerpt(file)) => {
                ground.read(file).and_then(|source| excerpt::check(&block.text, &source, file))
            }
            Ok(Kind::Command) => ground.run(&block.text).map(|printed| output = Some(printed)),
            Ok(Kind::Output) => match before {
                Some(printed) => printed::check(&block.text, &printed),
                None => Err("it follows no block `sh`".to_owned()),
            },
            Err(message) => Err(message),
        };
        found.extend(result.err().map(|message| format!("{path}:{}: {message}", block.line)));
    }
    found
}

#[test]
fn every_block_is_checked() {
    let ground = Ground::prepared();
    let found: Vec<String> =
        documents().iter().flat_map(|(path, text)| findings(ground, path, text)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn links_lead_somewhere() {
    let documents = documents();
    let found: Vec<String> =
        documents.iter().flat_map(|(path, text)| links::broken(path, text, &documents)).collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn a_block_that_nothing_checks_is_found() {
    let wrong = |text: &str| findings(&Ground::bare(), "x.md", text).join("\n");
    assert!(wrong("# A\n\n```\nlet x = 1;\n```\n").starts_with("x.md:3: nothing says how to check"));
    assert!(wrong("```rust\nlet x = 1;\n```").starts_with("x.md:1: nothing says how to check"));
    assert!(wrong("- a\n\n  ```text\n  out\n  ```").starts_with("x.md:3: it follows no block `sh`"));
    assert!(wrong("```sh\nexit 3\n```").contains("x.md:1: it fails"));
    assert!(wrong("```sh\necho a\n```\n```text\nb\n```").starts_with("x.md:4: expected `b`"));
    assert!(wrong("```c docs/x.c\nint x;\n```").starts_with("x.md:1: nothing says how to check"));
    assert!(wrong("```c examples/x.c\nint x;\n```").starts_with("x.md:1: cannot read examples/x.c"));
    let missing = wrong("```toml examples/Cargo.toml\n[lints]\nworkspace = 7\n```");
    assert_eq!(missing, "x.md:1: examples/Cargo.toml has no such lines; `workspace = 7` does not follow");
    assert_eq!(wrong("```toml examples/Cargo.toml\n[package]\n# …\n[lints]\nworkspace = true\n```"), "");
    assert_eq!(wrong("```sh\nfor i in 1 2; do echo line $i; done\n```\n\n```text\nline *\n…\n```\n"), "");
    assert!(wrong("```sh\necho a").starts_with("x.md:1: the block does not end"));
}

impl Block {
    /// How the block is checked.
    fn kind(&self) -> Result<Kind<'_>, String> {
        if !self.closed {
            return Err("the block does not end".to_owned());
        }
        match self.info.split_whitespace().collect::<Vec<_>>()[..] {
            ["sh"] => Ok(Kind::Command),
            ["text"] => Ok(Kind::Output),
            [_, file] if RUN.iter().any(|folder| file.starts_with(folder)) => Ok(Kind::Excerpt(file)),
            _ => Err(format!(
                "nothing says how to check the block `{}`; name the file that it is part of",
                self.info
            )),
        }
    }
}
