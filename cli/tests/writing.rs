//! Whole files or none: disks that are full, places that cannot be written, interruptions; and what a
//! terminal shows of a build that takes long.

#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use tempfile::TempDir;

/// A folder with a small model, and with one that takes seconds to compile.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("short.tgc"), model(1)).unwrap();
    fs::write(folder.path().join("long.tgc"), model(120)).unwrap();
    folder
}

/// So many functions, none of which is part of another or equal to it.
fn model(functions: usize) -> String {
    let mut text = String::from("tgc 1 model \"m\"\n");
    for i in 1..=functions {
        let name = if i == 1 { "f".to_owned() } else { format!("f{i}") };
        writeln!(
            text,
            "function \"{name}\"\n  size N 0..100\n  %0 = input \"x\" : f32[N]\n  %1 = sin(%0)\n  \
             %2 = constant {i}.5 : f32[1]\n  %3 = mul(%1, %2)\n  %4 = tanh(%3)\n  output \"y\" = %4\nend"
        )
        .unwrap();
    }
    text
}

/// Runs a line of the shell in which `$tgc` is the program.
fn shell(folder: &Path, line: &str) -> Output {
    Command::new("sh")
        .args(["-c", line])
        .env("tgc", env!("CARGO_BIN_EXE_tgc"))
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The message of a line that fails with exit code 1.
fn fail(folder: &Path, line: &str) -> String {
    let output = shell(folder, line);
    assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("lib.a"), "old").unwrap();
    // No file may grow beyond a block: writing fails halfway, as on a disk that is full.
    let message = fail(path, "ulimit -f 1; exec \"$tgc\" build short.tgc -o lib.a");
    assert_eq!(
        message,
        "error: cannot write lib.a: it is larger than a file may be there; raise the limit (ulimit -f)\n"
    );
    assert_eq!(fs::read(path.join("lib.a")).unwrap(), b"old");
    let message = fail(path, "ulimit -f 1; exec \"$tgc\" run short.tgc f x=zeros:[1] --out y=@new/y.npy");
    assert!(message.contains("there is no folder new; create it"), "{message}");
    assert_eq!(files(path), ["lib.a", "long.tgc", "short.tgc"]);
}

#[test]
fn one_file_is_written_once_and_never_is_the_model() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let path = folder.path();
    let text = fs::read(path.join("short.tgc")).unwrap();
    symlink("short.tgc", path.join("link.tgc")).unwrap();
    fs::create_dir(path.join("in")).unwrap();
    let before = files(path);
    for outputs in ["-o x --header ./x", "-o x --header in/../x", "-o ./in/x --header in/x", "-o m.h"] {
        let message = fail(path, &format!("\"$tgc\" build short.tgc {outputs}"));
        assert!(message.contains("two outputs are this file; give each its own"), "{outputs}: {message}");
    }
    let message = fail(path, "\"$tgc\" run short.tgc f x=[1] --out y=@y --save-state in/../y");
    assert_eq!(message, "error: cannot write in/../y: two outputs are this file; give each its own\n");
    for line in [
        "build short.tgc -o ./short.tgc",
        "build short.tgc -o lib.a --header in/../short.tgc",
        "build short.tgc -o link.tgc",
        "build link.tgc -o short.tgc",
        "run short.tgc f x=[1] --save-state short.tgc",
        "run link.tgc f x=[1] --save-state ./short.tgc",
        "run short.tgc f x=[1] --out y=@link.tgc",
    ] {
        let message = fail(path, &format!("\"$tgc\" {line}"));
        assert!(message.contains("it is the model; choose another output"), "{line}: {message}");
    }
    assert_eq!(files(path), before);
    assert_eq!(fs::read(path.join("short.tgc")).unwrap(), text);
}

#[test]
fn a_link_stays_one() {
    use std::os::unix::fs::symlink;
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("in")).unwrap();
    symlink("in/lib.a", path.join("lib.a")).unwrap();
    symlink("in/state", path.join("state")).unwrap();
    let output =
        shell(path, "\"$tgc\" build short.tgc -o lib.a && \"$tgc\" run short.tgc f x=[1] --save-state state");
    assert!(output.status.success(), "{output:?}");
    assert!(path.join("lib.a").is_symlink() && path.join("state").is_symlink());
    assert_eq!(files(&path.join("in")), ["lib.a", "state"]);
    // What is written may be what was read.
    let line = "\"$tgc\" run short.tgc f x=[1] --load-state state --save-state state --out y=@y";
    assert!(shell(path, line).status.success());
    assert!(shell(path, "\"$tgc\" run short.tgc f x=@y --out y=@y").status.success());
}

#[test]
fn what_a_killed_build_left_goes_with_the_next() {
    let folder = folder();
    fs::write(folder.path().join(".tgc-4000000-0-1700000000.partial"), "half of an archive").unwrap();
    assert!(shell(folder.path(), "\"$tgc\" build short.tgc -o lib.a").status.success());
    assert_eq!(files(folder.path()), ["lib.a", "long.tgc", "m.h", "short.tgc"]);
}

#[cfg(target_os = "linux")]
#[test]
fn places_that_cannot_be_written_are_named() {
    let folder = folder();
    let path = folder.path();
    let message = fail(path, "\"$tgc\" print short.tgc > /dev/full");
    let reason = "no space is left there; make room, or name a file on another disk";
    assert_eq!(message, format!("error: cannot write to standard output: {reason}\n"));
    let message = fail(path, "\"$tgc\" build short.tgc -o /dev/full");
    assert_eq!(message, "error: cannot write /dev/full: it is not a regular file; name another\n");
    let message = fail(path, "\"$tgc\" build short.tgc -o /proc/lib.a");
    let reason = "no file can be made there; name one in another folder";
    assert_eq!(message, format!("error: cannot write /proc/lib.a: {reason}\n"));
    assert_eq!(files(path), ["long.tgc", "short.tgc"]);
}

/// Every command's result gets to standard output, or the command fails; a reader may leave early.
#[cfg(target_os = "linux")]
#[test]
fn a_result_is_not_lost() {
    let folder = folder();
    let path = folder.path();
    for line in ["print short.tgc", "check short.tgc", "inspect short.tgc", "run short.tgc f x=[1]"] {
        let message = fail(path, &format!("\"$tgc\" {line} >&-"));
        let reason = "it is closed; send it to a file or a program";
        assert_eq!(message, format!("error: cannot write to standard output: {reason}\n"), "{line}");
        assert_eq!(fail(path, &format!("\"$tgc\" {line} > /dev/full")).lines().count(), 1, "{line}");
        let output = shell(path, &format!("{{ \"$tgc\" {line}; echo $? > code; }} | true"));
        assert!(output.stderr.is_empty(), "{line}: {output:?}");
        assert_eq!(fs::read_to_string(path.join("code")).unwrap(), "0\n", "{line}");
        assert!(shell(path, &format!("\"$tgc\" {line} > /dev/null")).status.success(), "{line}");
    }
}

#[test]
fn no_file_is_named_like_standard_output() {
    let folder = folder();
    let path = folder.path();
    let before = files(path);
    for line in [
        "build short.tgc -o -",
        "build short.tgc -o lib.a --header -",
        "run short.tgc f x=[1] --out y=@-",
        "run short.tgc f x=[1] --save-state -",
    ] {
        let message = fail(path, &format!("\"$tgc\" {line}"));
        let reason = "only files are written; name one, or write ./- for a file of this name";
        assert_eq!(message, format!("error: cannot write -: {reason}\n"), "{line}");
    }
    assert_eq!(files(path), before);
    assert!(shell(path, "\"$tgc\" run short.tgc f x=[1] --out y=@./-").status.success());
    assert!(path.join("-").is_file());
}

#[test]
fn an_interrupted_build_leaves_nothing() {
    let folder = folder();
    let before = files(folder.path());
    for signal in ["INT", "TERM", "HUP"] {
        let mut build = Command::new(env!("CARGO_BIN_EXE_tgc"))
            .args(["build", "long.tgc", "-o", "lib.a"])
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let kill = Command::new("kill").args(["-s", signal, &build.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let number = match signal {
            "INT" => 2,
            "TERM" => 15,
            _ => 1,
        };
        assert_eq!(build.wait().unwrap().code(), Some(128 + number), "{signal}");
        assert_eq!(files(folder.path()), before, "{signal}");
    }
}

#[test]
fn a_terminal_shows_progress_and_a_pipe_none() {
    let folder = folder();
    let build = "exec \"$tgc\" build long.tgc -o lib.a";
    let piped = shell(folder.path(), build);
    assert!(piped.status.success() && piped.stderr.is_empty(), "{piped:?}");
    // `script` gives its command a terminal and copies to its output what is written there.
    let shown = shell(folder.path(), &format!("script -qec '{build}' /dev/null"));
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.status.success() && text.contains("\r\x1b[Kcompiling m, 1 s"), "{text:?}");
    // The line is gone before what stays is written.
    let end = text.rsplit('\x1b').next().unwrap();
    assert_eq!(end, "[Kwrote lib.a\r\nwrote m.h\r\n", "{text:?}");
}
