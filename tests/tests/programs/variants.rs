//! Libraries with code for several machines: each variant gives the bits that the same code gives in this
//! process, and an old processor, emulated, uses the one that it can run.

use std::process::Command;

use tgc_compiler::{Options, Session};
use tgc_graph::module::Module;
use tgc_graph::prelude::*;
use tgc_tests::{Executable, Workshop};

const CPUS: [&str; 4] = ["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"];

/// Matmuls, elementary functions, rounding, a reduction, a constant and a state.
fn mixed() -> Module {
    let m = Model::new("mixed");
    let x = m.input("x", F32, [m.dim("N"), 5.into()]);
    let weights: Vec<f32> = (0..5 * 24).map(|i| (i as f32 * 0.7).sin()).collect();
    let w = m.shared("w", Array::from(weights).reshaped([5, 24]).unwrap());
    let table: Vec<f64> = (0..24).map(|i| f64::from(i) * 0.3 - 2.0).collect();
    let table = m.constant(Array::from(table));
    let hidden = tanh(dot(x, w));
    let y = hidden + (dot(x, w) * 1.7).floor();
    let wide = exp(hidden.cast(F64) * table) + log(hidden.cast(F64).abs() + 1.0) + (table * 3.3).round();
    m.function("step")
        .inputs([x])
        .outputs([("y", y), ("z", wide)])
        .update(w, w * 0.99 + hidden.reduce().over(0).mean() * 0.01)
        .finish()
        .unwrap();
    m.module()
}

fn options(cpus: &[&str]) -> Options {
    Options { cpus: cpus.iter().map(|&cpu| cpu.to_owned()).collect(), ..Options::default() }
}

/// What the program prints of a variant, as this process computes it; nothing if this machine lacks it.
fn expected(cpu: &str) -> Option<String> {
    let mut session = Session::with(&mixed(), &options(&[cpu])).ok()?;
    let x: Vec<f32> = (0..37 * 5).map(|i| ((i * 37) % 101 - 50) as f32 * 0.13f32).collect();
    let x = Array::from(x).reshaped([37, 5]).unwrap();
    let mut text = format!("{cpu}\n");
    for _ in 0..2 {
        for output in session.call("step", std::slice::from_ref(&x)).unwrap() {
            for word in output.bytes().chunks_exact(4) {
                let word: [u8; 4] = word.try_into().unwrap();
                text.push_str(&format!("{:08x}\n", u32::from_ne_bytes(word)));
            }
        }
    }
    Some(text)
}

fn program(shop: &Workshop, cpus: &[&str]) -> Executable {
    let library = shop.library_with(".", &mixed(), &options(cpus));
    shop.program("variants.c").with(&library).build()
}

#[test]
fn each_variant_gives_its_own_bits_and_a_machine_uses_the_best_that_it_can() {
    let shop = Workshop::new();
    let program = program(&shop, &CPUS);
    let all = CPUS.map(expected);
    for (cpu, bits) in CPUS.iter().zip(&all) {
        assert_eq!(program.run(&[cpu]), bits.as_deref().unwrap_or("9\n"), "{cpu}");
    }
    let best = all.iter().rev().flatten().next().unwrap();
    assert_eq!(program.run(&[]), *best);
    for unknown in ["", "x86-64-v", "x86-64-v33", "X86-64"] {
        assert_eq!(program.run(&[unknown]), "11\n", "{unknown}");
    }
}

/// Whether an emulator runs the program on this processor to the same end as `expected`.
#[track_caller]
fn runs_on(processor: &str, program: &Executable, variant: Option<&str>, expected: &str) {
    let mut command = Command::new("qemu-x86_64");
    command.args(["-cpu", processor]).arg(&program.path).args(variant);
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; run scripts/setup test"));
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{processor}: {error}");
    assert_eq!(out, expected, "{processor}");
}

#[test]
fn old_processors_run_the_variant_that_is_for_them() {
    let shop = Workshop::new();
    let program = program(&shop, &CPUS);
    let [first, second] = ["x86-64", "x86-64-v2"].map(|cpu| expected(cpu).unwrap());
    runs_on("qemu64,-sse3,-ssse3,-sse4.1,-sse4.2,-avx,-avx2", &program, None, &first);
    runs_on("core2duo", &program, None, &first);
    runs_on("Nehalem", &program, None, &second);
    // AVX, but neither AVX2 nor FMA.
    runs_on("SandyBridge", &program, None, &second);
    runs_on("Nehalem", &program, Some("x86-64"), &first);
    runs_on("Nehalem", &program, Some("x86-64-v3"), "9\n");
    if let Some(third) = expected("x86-64-v3") {
        runs_on("Haswell", &program, None, &third);
    }
}

#[test]
fn a_library_for_new_processors_alone_is_refused_by_old_ones() {
    let shop = Workshop::new();
    let program = program(&shop, &["x86-64-v4", "x86-64-v3"]);
    runs_on("Nehalem", &program, None, "9\n");
    runs_on("Nehalem", &program, Some("x86-64"), "11\n");
}
