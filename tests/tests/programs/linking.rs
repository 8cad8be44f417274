//! Several models and versions in one program, headers that do not fit, every language.

use tgc_tests::{Source, Workshop, has_compiler, models};

/// A compiler that this test is about.
fn installed(name: &'static str) -> &'static str {
    assert!(has_compiler(name), "this test needs {name}: run `scripts/setup test`, or install it");
    name
}

#[test]
fn two_models_live_in_one_program() {
    let shop = Workshop::new();
    let (counter, swap) = (shop.library(&models::counter()), shop.library(&models::swap()));
    shop.program("two_models.c").with(&counter).with(&swap).build().run(&[]);
}

#[test]
fn two_versions_live_in_one_program() {
    let shop = Workshop::new();
    let one = shop.library_in("one", &models::counter());
    let two = shop.library_in("two", &models::counter_of_another_version());
    assert_ne!(one.suffix, two.suffix);
    let unit = |library, entry: &str| {
        let source = Source::new("version.c").against(library);
        source.flag(&format!("-DENTRY={entry}")).flag(&format!("-DOWN={entry}_own"))
    };
    let program = shop.program("versions.c").source(unit(&one, "first")).source(unit(&two, "second"));
    program.with(&one).with(&two).build().run(&[]);
}

#[test]
fn a_stale_header_does_not_link_in_any_unit() {
    let shop = Workshop::new();
    let old = shop.library_in("old", &models::counter());
    let new = shop.library_in("new", &models::counter_of_another_version());
    let uses = [("1", "accumulator"), ("2", "state"), ("3", "error"), ("4", "model")];
    for (number, name) in uses {
        let stale = |library| Source::new("stale.c").against(library).flag(&format!("-DUSE={number}"));
        let fresh = shop.program("stale_main.c");
        fresh.clone().source(stale(&new)).with(&new).build().run(&[]);
        let words = fresh.source(stale(&old)).with(&new).try_build().expect_err("a stale header links");
        assert!(words.contains(&old.linked(name)), "{words}");
        assert!(!words.contains(&new.suffix), "only the stale unit is to blame: {words}");
    }
    let main = Source::new("stale_main.c").against(&old);
    let program = shop.sources().source(main).source(Source::new("stale.c").flag("-DUSE=1"));
    let words = program.with(&new).try_build().expect_err("a stale header links");
    assert!(words.contains(&old.linked("create")), "{words}");
}

#[test]
fn headers_compile_in_every_language() {
    let shop = Workshop::new();
    let libraries = [
        shop.library(&models::guard()),
        shop.library(&models::echo()),
        shop.library(&models::counter()),
        shop.library(&models::swap()),
    ];
    let with_all = |source: &str| libraries.iter().fold(shop.program(source), |p, library| p.with(library));
    for compiler in ["gcc", "clang"].map(installed) {
        for standard in ["c99", "c11", "c17", "c2x", "gnu17"] {
            with_all("header.c").c(compiler, standard).build().run(&[]);
            with_all("headers.c").c(compiler, standard).flag("-Wconversion").check();
        }
    }
    for compiler in ["g++", "clang++"].map(installed) {
        for standard in ["c++11", "c++14", "c++17", "c++20"] {
            with_all("header.cpp").cpp(compiler, standard).build().run(&[]);
            with_all("headers.cpp").cpp(compiler, standard).flag("-Wconversion").check();
        }
    }
}
