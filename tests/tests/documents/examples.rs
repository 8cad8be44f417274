//! The examples: bad input is refused in one message, and the files that they write are what they say.

use std::fs;
use std::path::Path;
use std::process::Command;

use tgc_graph::prelude::*;

use super::ground::{Ground, root};

/// Runs a program of an example in the folder of the repository; it has to refuse, in one line, which is
/// returned.
fn refused(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{program:?} {arguments:?}: {output:?}");
    assert!(words.starts_with("error: ") && words.lines().count() == 1, "{program:?} {arguments:?}: {words}");
    words
}

/// Each folder with a model or a program, with the name of its source, is in the script that runs examples
/// or, for those that show how to link, in a document.
#[test]
fn every_example_is_run() {
    let script = fs::read_to_string(root().join("examples/run")).unwrap();
    let sources = [".c", ".cpp", "model.rs"].map(super::ground::files).concat();
    let sources = sources.iter().filter_map(|(path, _)| path.strip_prefix("examples/")?.rsplit_once('/'));
    let mut count = 0;
    for (folder, source) in sources.filter(|(folder, _)| *folder != "linking") {
        let line = script.split("\nexample ").find(|line| line.starts_with(&format!("{folder} ")));
        let line = line.unwrap_or_else(|| panic!("examples/run does not run {folder}"));
        assert!(source == "model.rs" || line.contains(source), "examples/run does not run {folder}/{source}");
        count += 1;
    }
    assert!(count > 15, "{count}");
}

/// The header of each library says how much stack a call takes, and it is little.
#[test]
fn calls_of_the_examples_need_little_stack() {
    let ground = Ground::prepared();
    let script = fs::read_to_string(root().join("examples/run")).unwrap();
    let examples: Vec<&str> =
        script.split("\nexample ").skip(1).map(|line| line.split(' ').next().unwrap()).collect();
    assert!(examples.len() > 8, "{examples:?}");
    for folder in examples {
        let name = folder.rsplit('/').next().unwrap();
        let header = ground.read(&format!("out/{folder}/{name}.h")).unwrap();
        let stack = header.split(&format!("#define {}_STACK_BYTES UINT64_C(", name.to_uppercase())).nth(1);
        let stack: u64 = stack.and_then(|rest| rest.split(')').next()).unwrap().parse().unwrap();
        assert!((16..=2048).contains(&stack), "{folder}: {stack} bytes");
    }
}

#[test]
fn models_refuse_what_they_cannot_write() {
    let ground = Ground::prepared();
    for name in [
        "adding",
        "types",
        "gradients",
        "functions",
        "shared",
        "counter",
        "regression",
        "logreg",
        "classifier",
    ] {
        let program = ground.program(name);
        assert!(refused(&program, &[]).contains(&format!("{name} takes one argument")));
        assert!(refused(&program, &["a", "b"]).contains("one argument"));
        assert!(refused(&program, &["out/nowhere/m.graph"]).contains("out/nowhere/m.graph"));
    }
}

#[test]
fn trainers_refuse_what_are_no_digits() {
    Ground::prepared();
    let bad = root().join("out/bad-digits");
    fs::create_dir_all(&bad).unwrap();
    let copy = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = fs::read(root().join("examples/digits").join(name)).unwrap();
        change(&mut bytes);
        fs::write(bad.join(name), bytes).unwrap();
    };
    for program in ["out/logreg/main", "out/classifier/train"].map(|path| root().join(path)) {
        let try_bad = || refused(&program, &["out/bad-digits", "out/bad-digits/result"]);
        assert!(refused(&program, &[]).contains("the folder of digits"));
        assert!(refused(&program, &["out/nowhere", "out"]).contains("cannot read out/nowhere/train-images"));
        copy("train-images-idx3-ubyte", &|bytes| bytes.truncate(1000));
        copy("train-labels-idx1-ubyte", &|_| {});
        assert!(try_bad().contains("train-images-idx3-ubyte holds no images"));
        copy("train-images-idx3-ubyte", &|bytes| bytes[11] = 27);
        assert!(try_bad().contains("train-images-idx3-ubyte holds no images"));
        copy("train-images-idx3-ubyte", &|_| {});
        copy("train-labels-idx1-ubyte", &|bytes| bytes[7] += 1);
        assert!(try_bad().contains("train-labels-idx1-ubyte holds no labels"));
        copy("train-labels-idx1-ubyte", &|bytes| bytes[8 + 3] = 10);
        assert!(try_bad().contains("label 3 of train is 10"));
    }
    let functions = root().join("out/tutorial/functions/main");
    assert!(refused(&functions, &[]).contains("the file to draw to"));
}

#[test]
fn the_classifier_refuses_what_is_no_drawing_and_no_state() {
    Ground::prepared();
    let classify = root().join("out/classifier/classify");
    let (state, seven) = ("out/classifier/weights.safetensors", "examples/classifier/seven.txt");
    assert!(refused(&classify, &[state]).contains("the file of the drawing"));
    assert!(refused(&classify, &["out/nowhere", seven]).contains("cannot read out/nowhere"));
    assert!(refused(&classify, &[state, "out/nowhere"]).contains("cannot read out/nowhere"));
    let other = refused(&classify, &["out/logreg/weights.safetensors", seven]);
    assert!(other.contains("cannot use out/logreg/weights.safetensors: load: "), "{other}");
    let draw = |text: &str| {
        fs::write(root().join("out/drawing.txt"), text).unwrap();
        refused(&classify, &[state, "out/drawing.txt"])
    };
    assert!(draw("").contains("the drawing is empty"));
    assert!(draw(" ##\n #x\n").contains("line 2 of the drawing has a character other than"));
    assert!(draw(&"#".repeat(29)).contains("line 1 of the drawing is beyond"));
    assert!(draw(&"#\n".repeat(29)).contains("line 29 of the drawing is beyond"));
}

#[test]
fn weights_are_safetensors() {
    Ground::prepared();
    let open = |path: &str| Array::from_safetensors(root().join(path)).unwrap();
    let weights = open("out/logreg/weights.safetensors");
    assert_eq!((weights["w"].dtype(), weights["w"].shape()), (F64, &[784][..]));
    assert_eq!((weights["b"].dtype(), weights["b"].shape()), (F64, &[][..]));
    assert!(weights["w"].to_vec::<f64>().unwrap().iter().any(|w| *w > 0.1));
    let weights = open("out/classifier/weights.safetensors");
    assert_eq!(weights["w1"].shape(), [784, 256]);
    assert_eq!(weights["velocity_b3"].shape(), [10]);
}

#[test]
fn the_curve_of_the_guide_is_the_one_that_the_example_draws() {
    Ground::prepared();
    let [document, drawn] = ["docs/logistic.svg", "out/tutorial/functions/logistic.svg"]
        .map(|path| fs::read(root().join(path)).unwrap());
    assert!(document == drawn);
}

/// PNG (Third Edition) 5.2 to 5.6, RFC 1950, and RFC 1951 3.2.4: the example writes stored blocks.
#[test]
fn the_picture_is_a_png() {
    Ground::prepared();
    let png = fs::read(root().join("out/logreg/weights.png")).unwrap();
    let mut rest = png.strip_prefix(b"\x89PNG\r\n\x1a\n").unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes[..4].try_into().unwrap());
    let mut chunks: Vec<(&[u8], &[u8])> = vec![];
    while !rest.is_empty() {
        let length = number(rest) as usize;
        assert_eq!(number(&rest[8 + length..]), crc(&rest[4..8 + length]));
        chunks.push((&rest[4..8], &rest[8..8 + length]));
        rest = &rest[12 + length..];
    }
    let [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")] = chunks[..] else { panic!("{chunks:?}") };
    let (width, height) = (number(header) as usize, number(&header[4..]) as usize);
    assert_eq!((width, height, &header[8..]), (224, 224, &[8, 2, 0, 0, 0][..]));
    assert_eq!(u16::from_be_bytes([data[0], data[1]]) % 31, 0);
    let rows = stored(&data[2..data.len() - 4]);
    assert_eq!(number(&data[data.len() - 4..]), adler(&rows));
    assert_eq!(rows.len(), height * (1 + 3 * width));
    assert!(rows.chunks(1 + 3 * width).all(|row| row[0] == 0));
}

fn crc(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

fn adler(bytes: &[u8]) -> u32 {
    let sums = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    sums.1 << 16 | sums.0
}

/// What stored blocks hold.
fn stored(mut blocks: &[u8]) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let [length, complement] = [1, 3].map(|at| u16::from_le_bytes([blocks[at], blocks[at + 1]]));
        assert_eq!(length, !complement);
        bytes.extend(&blocks[5..5 + usize::from(length)]);
        let last = blocks[0] == 1;
        blocks = &blocks[5 + usize::from(length)..];
        if last {
            assert!(blocks.is_empty());
            return bytes;
        }
    }
}
