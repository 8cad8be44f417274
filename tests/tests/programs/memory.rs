//! What a library takes: no heap unless asked, no allocation in calls, nothing out of bounds.

use tgc_compiler::Options;
use tgc_graph::dtype::DType::F64;
use tgc_graph::module::Module;
use tgc_tests::{Library, Workshop, has_compiler, models};

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

/// Programs whose calls read and write in every way, under a checker of memory.
#[test]
fn valgrind_finds_nothing() {
    assert!(
        has_compiler("valgrind"),
        "this test needs valgrind: run `scripts/setup test`, or install the package `valgrind`"
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

/// A library whose own code checks every access of memory.
fn checked(shop: &Workshop, module: &Module) -> Library {
    shop.library_with(".", module, &Options { sanitize_address: true, ..Options::default() })
}

/// The same programs, and generated code and runtime under AddressSanitizer.
#[test]
fn instrumented_code_is_clean() {
    let shop = Workshop::new();
    let (guard, other) = (checked(&shop, &models::guard()), checked(&shop, &models::other_guard()));
    let (empty, echo) = (checked(&shop, &models::empty()), checked(&shop, &models::echo()));
    let (loss, logreg) = (checked(&shop, &models::loss(F64)), checked(&shop, &models::logreg(F64)));
    let (swap, lookup) = (checked(&shop, &models::swap()), checked(&shop, &models::lookup()));
    let programs = [
        shop.program("bad_input.c").with(&guard).with(&other),
        shop.program("empty.c").with(&empty).link("-lm"),
        shop.program("echo.c").with(&echo),
        shop.program("swap.c").with(&swap),
        shop.program("lookup.c").with(&lookup),
        shop.program("memory.c").with(&logreg).with(&guard).with(&loss),
    ];
    for program in programs {
        let outcome = program.flag("-fsanitize=address").link("-fsanitize=address").build().try_run(&[]);
        assert!(outcome.success && outcome.stderr.is_empty(), "{}{}", outcome.stdout, outcome.stderr);
    }
}

/// What the test above would see: a caller's array that is one element too short, read and written.
#[test]
fn instrumented_code_finds_short_arrays() {
    let shop = Workshop::new();
    let guard = checked(&shop, &models::guard());
    let program = shop.program("short.c").with(&guard).link("-fsanitize=address").build();
    program.run(&[]);
    for (short, access) in [("input", "READ of size"), ("output", "WRITE of size")] {
        let outcome = program.try_run(&[short]);
        let words = &outcome.stderr;
        let is_found = words.contains("heap-buffer-overflow") && words.contains(access);
        assert!(!outcome.success && is_found, "{short}: {words}");
        assert!(words.contains("guard_fixed") || words.contains("fixed.kernel"), "{short}: {words}");
    }
}
