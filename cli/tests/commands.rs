//! The program from outside: what it writes, prints and returns.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const MODEL: &str = r#"tgc 1 model "counter"
shared "w" : f32[2] = [1.0, 2.0]

function "step"
  size N 0..100
  %0 = input "x" : f32[2]
  %1 = shared "w" : f32[2]
  %2 = add(%0, %1) : f32[2]
  %3 = input "y" : f32[N]
  %4 = mul(%3, %3) : f32[N]
  output "z" = %4
  update "w" = %2
end
"#;

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.tgc"), MODEL).unwrap();
    folder
}

fn tgc(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tgc")).current_dir(folder).args(arguments).output().unwrap()
}

/// What a command prints; it has to succeed.
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = tgc(folder, arguments);
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The message of a command that fails with this exit code and prints nothing else.
fn fail(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = tgc(folder, arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
    let message = String::from_utf8(output.stderr).unwrap();
    let place = message.split("error: ").next().unwrap();
    assert!(place.is_empty() || place.contains(".tgc:"), "{message}");
    message
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn build_writes_a_library_and_a_header() {
    let folder = folder();
    let path = folder.path();
    let printed = succeed(path, &["build", "m.tgc", "-o", "libcounter.a", "--emit", "lib,plan,asm,ll"]);
    assert_eq!(printed.lines().count(), 5);
    let expected = ["counter.h", "counter.ll", "counter.plan", "counter.s", "libcounter.a", "m.tgc"];
    assert_eq!(files(path), expected);
    let header = fs::read_to_string(path.join("counter.h")).unwrap();
    assert!(header.contains("counter_step(") && header.contains("float *counter_w(counter_ctx *ctx_);"));
    succeed(path, &["build", "m.tgc", "-o", "again.a", "--header", "again.h"]);
    assert!(fs::read(path.join("again.a")).unwrap() == fs::read(path.join("libcounter.a")).unwrap());
    assert_eq!(fs::read_to_string(path.join("again.h")).unwrap(), header);
}

#[test]
fn build_renames_and_crosses() {
    let folder = folder();
    let arm = ["build", "m.tgc", "-o", "arm.a", "--name", "other", "--target", "aarch64-unknown-linux-gnu"];
    succeed(folder.path(), &arm);
    let header = fs::read_to_string(folder.path().join("other.h")).unwrap();
    assert!(header.contains("other_step(") && !header.contains("counter_step"));
}

#[test]
fn a_failed_build_leaves_nothing() {
    let folder = folder();
    let path = folder.path();
    let message = fail(path, 1, &["build", "m.tgc", "-o", "missing/lib.a"]);
    assert!(message.contains("missing/lib.a") && message.contains("create it"), "{message}");
    fs::create_dir(path.join("counter.h")).unwrap();
    let message = fail(path, 1, &["build", "m.tgc", "-o", "lib.a"]);
    assert!(message.contains("counter.h: it is a directory"), "{message}");
    let message = fail(path, 1, &["build", "m.tgc", "-o", "m.tgc", "--header", "x.h"]);
    assert!(message.contains("it is the model"), "{message}");
    fs::remove_dir(path.join("counter.h")).unwrap();
    let message = fail(path, 1, &["build", "m.tgc", "-o", "lib.a", "--target", "vax"]);
    assert!(message.contains("`vax`") && message.contains("x86_64-unknown-linux-gnu"), "{message}");
    let message = fail(path, 1, &["build", "m.tgc", "-o", "lib.a", "--name", "a b"]);
    assert!(message.contains("call it `a_b`"), "{message}");
    assert_eq!(files(path), ["m.tgc"]);
}

#[test]
fn files_that_are_no_models_are_refused() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("bad.graph"), "hello").unwrap();
    fs::write(path.join("bad.tgc"), MODEL.replace("mul(%3, %3)", "mull(%3, %3)")).unwrap();
    assert!(fail(path, 1, &["print", "none.graph"]).contains("cannot read none.graph"));
    assert!(fail(path, 1, &["print", "bad.graph"]).contains("cannot read bad.graph"));
    let message = fail(path, 1, &["build", "bad.tgc", "-o", "lib.a"]);
    assert!(message.starts_with("bad.tgc:10:8: error: there is no operation `mull`"), "{message}");
    assert!(fail(path, 1, &["print", "."]).contains("cannot read .: it is a directory; name a file in it"));
    fs::write(path.join("empty.graph"), "").unwrap();
    assert!(fail(path, 1, &["print", "empty.graph"]).contains("empty.graph: the file is empty"));
    fs::write(path.join("model.rs"), "fn main() {}").unwrap();
    let message = fail(path, 1, &["build", "model.rs", "-o", "lib.a"]);
    assert!(message.contains("model.rs: it is Rust source; run that program"), "{message}");
    if cfg!(unix) {
        assert!(fail(path, 1, &["check", "/dev/zero"]).contains("/dev/zero: it is a device; give a file"));
    }
    let wide: Vec<u8> = MODEL.encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(path.join("wide.tgc"), wide).unwrap();
    fail(path, 1, &["check", "wide.tgc"]);
    fs::write(path.join("marked.tgc"), format!("\u{feff}{MODEL}")).unwrap();
    succeed(path, &["check", "marked.tgc"]);
    let message = fail(path, 1, &["build", "m.tgc", "-o", "lib.a", "--target", "x86_64-apple-darwin\nx"]);
    assert!(message.lines().count() == 1 && message.contains("supported are"), "{message}");
}

#[test]
fn every_command_refuses_the_same_models() {
    let folder = folder();
    let path = folder.path();
    for (name, model, line) in [
        (
            "name.tgc",
            MODEL.replace("function \"step\"", "function \"save\""),
            "name.tgc:4:10: error: the function cannot",
        ),
        (
            "model.tgc",
            MODEL.replace("model \"counter\"", "model \"R\""),
            "model.tgc:1:13: error: the model cannot be named `R`",
        ),
    ] {
        fs::write(path.join(name), model).unwrap();
        for command in [
            &["check", name][..],
            &["print", name],
            &["inspect", name],
            &["run", name, "step"],
            &["build", name, "-o", "l.a"],
        ] {
            let message = fail(path, 1, command);
            assert!(message.starts_with(line), "{command:?}: {message}");
        }
    }
}

#[test]
fn a_model_file_is_read_like_a_text() {
    let folder = folder();
    let module = tgc_graph::text::parse(MODEL).unwrap();
    tgc_graph::wire::save(&module, folder.path().join("m.graph")).unwrap();
    assert_eq!(succeed(folder.path(), &["print", "m.graph"]), MODEL);
    let bytes = fs::read(folder.path().join("m.graph")).unwrap();
    fs::write(folder.path().join("cut.graph"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(fail(folder.path(), 1, &["print", "cut.graph"]).contains("cannot read cut.graph"));
}

#[test]
fn print_shows_every_form() {
    let folder = folder();
    let path = folder.path();
    assert_eq!(succeed(path, &["print", "m.tgc"]), MODEL);
    let optimized = succeed(path, &["print", "m.tgc", "--stage", "all", "--function", "step"]);
    assert!(optimized.starts_with("tgc 1 model"), "{optimized}");
    fs::write(path.join("optimized.tgc"), &optimized).unwrap();
    assert_eq!(succeed(path, &["print", "optimized.tgc"]), optimized);
    assert!(succeed(path, &["print", "m.tgc", "--stage", "stabilize"]).starts_with("tgc 1 model"));
    assert!(succeed(path, &["print", "m.tgc", "--plan"]).contains("function step(N)"));
    assert!(succeed(path, &["print", "m.tgc", "--dot"]).contains("label=\"update w\""));
    let mathematics = "function step\n  output z = (y * y)\n  update w = (x + w)\n";
    assert_eq!(succeed(path, &["print", "m.tgc", "--pp"]), mathematics);
    assert_eq!(
        succeed(path, &["print", "m.tgc", "--pp", "--stage", "all"]),
        mathematics.replace("(y * y)", "sqr(y)")
    );
    assert!(succeed(path, &["print", "m.tgc", "--explain"]).contains("specialize"));
    assert!(fail(path, 1, &["print", "m.tgc", "--stage", "stabilise"]).contains("did you mean `stabilize`?"));
    assert!(fail(path, 1, &["print", "m.tgc", "--function", "stop"]).contains("did you mean `step`?"));
    fail(path, 2, &["print", "m.tgc", "--plan", "--dot"]);
    let explained = succeed(path, &["print", "m.tgc", "--plan", "--explain", "--cpu", "x86-64-v4"]);
    assert!(explained.contains("for vectors of 64 bytes") && explained.contains("  # z: sqr"), "{explained}");
    assert!(succeed(path, &["print", "m.tgc", "--phase", "fuse"]).contains("n0: rows [N]"));
    let unknown = fail(path, 1, &["print", "m.tgc", "--phase", "fusion"]);
    assert!(unknown.contains("did you mean `fuse`?"), "{unknown}");
    fail(path, 2, &["print", "m.tgc", "--cpu", "native"]);
}

#[test]
fn run_calls_a_function() {
    let folder = folder();
    let path = folder.path();
    let printed = succeed(path, &["run", "m.tgc", "step", "x=[10,20]", "y=[1,2,3]"]);
    assert_eq!(printed, "z: f32[3] [1.0, 4.0, 9.0]\n");
    let printed = succeed(path, &["run", "m.tgc", "step", "x=ones:[2]", "y=random:1:[100]", "--repeat", "3"]);
    assert!(printed.contains("(100 elements; write all with --out)"), "{printed}");
    assert!(printed.contains("3 calls, median "), "{printed}");
}

#[test]
fn run_reads_and_writes_files() {
    let folder = folder();
    let path = folder.path();
    let first = ["run", "m.tgc", "step", "x=[10,20]", "y=[1,2]", "--save-state", "w", "--out", "z=@z.npy"];
    assert_eq!(succeed(path, &first), "wrote z.npy\nwrote w\n");
    // 1 + 10 and 2 + 20; the next call squares 1 and 4.
    let image = fs::read(path.join("w")).unwrap();
    assert!(image.ends_with(&[11.0f32.to_le_bytes(), 22.0f32.to_le_bytes()].concat()));
    let second =
        ["run", "m.tgc", "step", "x=zeros:[2]", "y=@z.npy", "--load-state", "w", "--save-state", "w2"];
    assert_eq!(succeed(path, &second), "z: f32[2] [1.0, 16.0]\nwrote w2\n");
    assert_eq!(fs::read(path.join("w2")).unwrap(), image);
    fs::write(path.join("w"), &image[..image.len() - 1]).unwrap();
    let message = fail(path, 1, &second);
    assert!(message.contains("cannot use w: load: image has"), "{message}");
}

#[test]
fn run_says_what_is_wrong_with_arguments() {
    let folder = folder();
    let path = folder.path();
    let refused = |arguments: &[&str]| {
        let arguments = [&["run", "m.tgc"], arguments].concat();
        fail(path, 1, &arguments)
    };
    assert!(refused(&["stop"]).contains("did you mean `step`?"));
    assert!(refused(&["step", "xx=1"]).contains("there is no input `xx`"));
    assert!(refused(&["step", "x"]).contains("NAME=VALUE"));
    assert!(refused(&["step", "x=[1,2]"]).contains("input `y`"));
    assert!(refused(&["step", "x=[1,2]", "x=[1,2]", "y=[]"]).contains("twice"));
    assert!(
        refused(&["step", "x=[1,fast]", "y=[]"]).contains("x: `fast` is no f32; write a number like 1.5")
    );
    assert!(refused(&["step", "x=[1,2,3]", "y=[]"]).ends_with("axis 0 of `x` has size 3, and must have 2\n"));
    assert!(refused(&["step", "x=[1,2]", "y=zeros:[101]"]).contains("N=101, allowed 0..100"));
    assert!(refused(&["step", "x=[1,2]", "y=[1]", "N=2"]).contains("axis 0 of `y` has size 1"));
    assert!(refused(&["step", "x=[1,2]", "y=[]", "N=x"]).contains("`x` is no size"));
    assert!(refused(&["step", "x=[1,2]", "y=@none.npy"]).contains("y: cannot read none.npy"));
    assert!(refused(&["step", "x=[1,2]", "y=[]", "--out", "q=@q"]).contains("there is no output `q`"));
    assert!(refused(&["step", "x=[1,2]", "y=[]", "--out", "z=z.npy"]).contains("z=@z.npy"));
    assert!(refused(&["step", "x=[1,2]", "y=[]", "--out", "z=@"]).contains("`z=@` names no file"));
    assert!(refused(&["step", "x=[1,2]", "y=@"]).contains("`@` names no file"));
    assert!(refused(&["step", "x=[1,2]", "y="]).contains("y: it has no value; write a number like 1.5"));
    assert!(refused(&["step", "x=[1,,2]", "y=[]"]).contains("an element is missing beside a comma"));
    assert!(refused(&["step", "x=1", "y=[]"]).contains("the value is f32[]; give it one axis"));
    assert!(
        refused(&["step", "x=[1,2]", "y=[]", "--load-state", "m.tgc"]).contains("that --save-state wrote")
    );
    fail(path, 2, &["run"]);
    assert_eq!(files(path), ["m.tgc"]);
}

/// Whatever is given, a message is one line that ends with what to do, and quotes the beginning of what is
/// long.
#[test]
fn long_and_odd_arguments_are_quoted_in_part() {
    let folder = folder();
    let path = folder.path();
    let long = "b".repeat(20_000);
    let value = |text: &str| vec!["run".into(), "m.tgc".into(), "step".into(), text.replace("LONG", &long)];
    let mut commands: Vec<Vec<String>> =
        ["LONG", "LONG=1", "x=LONG", "x=@LONG", "x=[1,LONG]", "x=zeros:LONG"]
            .into_iter()
            .chain(["x=zeros:[LONG]", "x=full:LONG:[2]", "x=random:LONG:[2]", "x=[1,2]LONG", "N=LONG"])
            .map(value)
            .collect();
    for text in [
        "run m.tgc LONG",
        "run m.tgc step --out LONG=@a",
        "run m.tgc step x=[1,2] y=[1] --out z=@LONG",
        "run m.tgc step --load-state LONG",
        "check LONG",
        "check a\nb",
        "print m.tgc --stage LONG",
        "print m.tgc --function LONG",
        "build m.tgc -o LONG",
        "build m.tgc -o l.a --name LONG",
        "build m.tgc -o l.a --target LONG",
        "build m.tgc -o l.a --cpu LONG",
        "build m.tgc -o l.a --features LONG",
        "build m.tgc -o l.a --freeze LONG",
        "build m.tgc -o a\nb/l.a",
    ] {
        commands.push(text.split(' ').map(|word| word.replace("LONG", &long)).collect());
    }
    for command in commands {
        let message = fail(path, 1, &command.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(message.lines().count() == 1 && message.chars().count() < 800, "{message}");
        assert!(!message.contains("Some(") && !message.contains("None"), "{message}");
    }
    assert_eq!(files(path), ["m.tgc"]);
}

#[test]
fn help_has_examples_and_exit_codes() {
    let folder = folder();
    let help = succeed(folder.path(), &["--help"]);
    assert!(help.contains("Exit codes:") && help.contains("tgc build"));
    for command in ["build", "print", "run"] {
        assert!(succeed(folder.path(), &[command, "--help"]).contains("Examples:"), "{command}");
    }
}

#[test]
fn a_frozen_variable_is_constant_data() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let model = r#"tgc 1 model "m"
shared "w" : f64[3] = [1.0, 2.0, 4.0]
shared "s" : f64[] = 0.0
function "f"
  %0 = input "x" : f64[3]
  %1 = shared "w" : f64[3]
  %2 = mul(%0, %1)
  output "y" = %2
end
function "g"
  %0 = input "x" : f64[]
  update "s" = %0
end
"#;
    fs::write(path.join("m.tgc"), model).unwrap();
    succeed(path, &["build", "m.tgc", "-o", "libm.a", "--freeze", "w"]);
    let header = fs::read_to_string(path.join("m.h")).unwrap();
    assert!(header.contains("const double *m_w(const m_ctx *ctx_); /* f64[3] */"), "{header}");
    assert!(header.contains("#define M_STATE_BYTES UINT64_C(64)"), "{header}");
    let refused = |variable: &str| fail(path, 1, &["build", "m.tgc", "-o", "no.a", "--freeze", variable]);
    assert_eq!(
        refused("s"),
        "error: cannot freeze `s`: g updates it; freeze variables that no function updates\n"
    );
    assert_eq!(refused("v"), "error: there is no shared variable `v`; the shared variables are w, s\n");
    assert_eq!(files(path), ["libm.a", "m.h", "m.tgc"]);
}

#[test]
fn inspect_lists_arguments_sizes_and_costs() {
    let folder = folder();
    let text = succeed(folder.path(), &["inspect", "m.tgc"]);
    for line in [
        "model counter",
        "  state w: f32[2], 8 bytes",
        "function step",
        "  size           N from 0 to 100",
        "  input          y: f32[N]",
        "  output         z: f32[N]",
        "  updates        w",
        "  nodes          5, after optimization 5",
        "  workspace      0 bytes",
        "  instructions   N + 2 (102 where N = 100)",
        "  bytes read     4*N + 16 (416 where N = 100)",
        "  bytes written  4*N + 8 (408 where N = 100)",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line}\n{text}");
    }
    let stack = text.lines().find_map(|line| line.strip_prefix("  stack          ")?.strip_suffix(" bytes"));
    assert!((16..2048).contains(&stack.unwrap().parse::<u64>().unwrap()), "{text}");
    assert!(
        fail(folder.path(), 1, &["inspect", "m.tgc", "--function", "stop"]).contains("did you mean `step`?")
    );
}

#[test]
fn inspect_lists_what_each_line_makes() {
    let folder = folder();
    let placed = MODEL
        .replace("%0 = input \"x\" : f32[2]", "%0 = input \"x\" : f32[2] @ model.rs:3")
        .replace("%2 = add(%0, %1) : f32[2]", "%2 = add(%0, %1) : f32[2] @ model.rs:14:5 \"Add_1\"")
        .replace(
            "%4 = mul(%3, %3) : f32[N]",
            "%4 = exp(%3) : f32[N] @ model.rs:9\n  %5 = mul(%4, %4) : f32[N] @ model.rs:9",
        )
        .replace("\"z\" = %4", "\"z\" = %5");
    fs::write(folder.path().join("m.tgc"), placed).unwrap();
    let text = succeed(folder.path(), &["inspect", "m.tgc", "--origins"]);
    let listed = "  origins\n    model.rs:3            x : f32[2]\n    model.rs:14:5, Add_1  (x + w) : f32[2]\n    \
                  model.rs:9            (exp(y) * exp(y)) : f32[N]\n";
    assert!(text.ends_with(listed), "{text}");
    assert!(!succeed(folder.path(), &["inspect", "m.tgc"]).contains("model.rs"));
}

#[test]
fn check_builds_and_writes_nothing() {
    let folder = folder();
    let before = files(folder.path());
    let text = succeed(folder.path(), &["check", "m.tgc"]);
    assert!(
        text.starts_with("counter is well-formed: 1 function, 1 shared variable; its library has "),
        "{text}"
    );
    assert_eq!(files(folder.path()), before);
    fs::write(folder.path().join("bad.tgc"), MODEL.replace("add(%0, %1)", "add(%0, %9)")).unwrap();
    assert!(
        fail(folder.path(), 1, &["check", "bad.tgc"])
            .starts_with("bad.tgc:8:16: error: %9 is not defined above")
    );
}

#[test]
fn fast_arithmetic_is_asked_for() {
    let folder = folder();
    let same = MODEL.replace("mul(%3, %3)", "sub(%3, %3)");
    fs::write(folder.path().join("m.tgc"), same).unwrap();
    let plan = |options: &[&str]| {
        let arguments = ["build", "m.tgc", "-o", "m.a", "--emit", "plan"];
        succeed(folder.path(), &[&arguments, options].concat());
        fs::read_to_string(folder.path().join("counter.plan")).unwrap()
    };
    assert!(plan(&[]).contains("y[row] - y[row]"));
    assert!(plan(&["--opt-level", "0"]).contains("y[row] - y[row]"));
    assert!(!plan(&["--fp", "fast"]).contains("y[row]"));
    let message = tgc(folder.path(), &["build", "m.tgc", "-o", "m.a", "--opt-level", "4"]);
    assert_eq!(message.status.code(), Some(2));
}

/// However little memory there is, a build says so in one line, or is done.
#[test]
#[cfg(target_os = "linux")]
fn out_of_memory_is_one_error() {
    let folder = folder();
    let chain: String = (1..3000).map(|i| format!("  %{i} = exp(%{})\n", i - 1)).collect();
    let head = "tgc 1 model \"m\"\nfunction \"f\"\n  %0 = input \"x\" : f32[8]\n";
    fs::write(folder.path().join("long.tgc"), format!("{head}{chain}  output \"y\" = %2999\nend\n")).unwrap();
    let within = |kibibytes: u32, arguments: &str| {
        let script = format!("ulimit -v {kibibytes} && exec \"$0\" {arguments}");
        let mut shell = Command::new("sh");
        shell.current_dir(folder.path()).args(["-c", &script, env!("CARGO_BIN_EXE_tgc")]).output().unwrap()
    };
    let before = files(folder.path());
    let least = (1..).map(|i| i * 16_384).find(|limit| within(*limit, "--version").status.success()).unwrap();
    let mut refused = 0;
    for limit in (least..).step_by(4096) {
        let output = within(limit, "build long.tgc -o long.a");
        if output.status.success() {
            break;
        }
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{limit}: {message}");
        assert!(
            message.starts_with("error: out of memory") && message.lines().count() == 1,
            "{limit}: {message}"
        );
        assert_eq!(files(folder.path()), before);
        refused += 1;
    }
    assert!(refused > 0);
}
