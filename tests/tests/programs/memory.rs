//! What a library takes: no heap unless asked, no allocation in calls, little stack, nothing out of bounds.

use tgc_graph::dtype::DType::F64;
use tgc_tests::{Workshop, has_compiler, models};

#[test]
fn a_program_without_a_c_library_links_and_runs() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    let mut program = shop.program("freestanding.c").with(&library);
    for flag in ["-ffreestanding", "-fno-stack-protector", "-fno-pie", "-fno-builtin"] {
        program = program.flag(flag);
    }
    for flag in ["-nostdlib", "-static", "-no-pie"] {
        program = program.link(flag);
    }
    program.build().run(&[]);
}

#[test]
fn no_call_allocates() {
    let shop = Workshop::new();
    let library = shop.library(&models::guard());
    let program = shop.program("counting.c").with(&library);
    program.link("-Wl,--wrap=malloc,--wrap=free").build().run(&[]);
}

#[test]
fn a_call_takes_at_most_two_kilobytes_of_stack() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    let program = shop.program("stack.c").flag("-pthread").link("-pthread").link("-Wl,-z,now");
    program.with(&library).build().run(&[]);
}

/// Programs whose calls read and write in every way, under a checker of memory.
#[test]
fn valgrind_finds_nothing() {
    assert!(
        has_compiler("valgrind"),
        "this test needs valgrind: run scripts/setup, or install the package `valgrind`"
    );
    let shop = Workshop::new();
    let (guard, other) = (shop.library(&models::guard()), shop.library(&models::other_guard()));
    let (empty, echo) = (shop.library(&models::empty()), shop.library(&models::echo()));
    let (loss, logreg) = (shop.library(&models::loss(F64)), shop.library(&models::logreg(F64)));
    let swap = shop.library(&models::swap());
    let programs = [
        shop.program("bad_input.c").with(&guard).with(&other),
        shop.program("empty.c").with(&empty).link("-lm"),
        shop.program("echo.c").with(&echo),
        shop.program("swap.c").with(&swap),
        shop.program("memory.c").with(&logreg).with(&guard).with(&loss),
    ];
    for program in programs {
        let outcome =
            program.build().run_under("valgrind", &["-q", "--error-exitcode=9", "--leak-check=full"]);
        assert!(outcome.success && outcome.stderr.is_empty(), "{}{}", outcome.stdout, outcome.stderr);
    }
}
