//! Wrong input of every kind, from C.

use tgc_tests::{Workshop, models};

#[test]
fn wrong_calls_are_refused_and_change_nothing() {
    let shop = Workshop::new();
    let (guard, other) = (shop.library(&models::guard()), shop.library(&models::other_guard()));
    let program = shop.program("bad_input.c").with(&guard).with(&other);
    program.build().run(&[]);
    program.flag("-fsanitize=address,undefined").link("-fsanitize=address,undefined").build().run(&[]);
}

#[test]
fn indices_outside_are_refused_and_change_nothing() {
    let shop = Workshop::new();
    let program = shop.program("lookup.c").with(&shop.library(&models::lookup()));
    program.build().run(&[]);
}

/// Some cases of two seeds; with more of them, `overlap SEED CASES` by hand.
#[test]
fn blocks_over_each_other_are_refused_and_change_nothing() {
    let shop = Workshop::new();
    let (few, many) =
        (shop.library(&models::overlaps("few", 1)), shop.library(&models::overlaps("many", 30)));
    let program = shop.program("overlap.c").with(&few).with(&many);
    let built = program.build();
    built.run(&["1", "10000"]);
    built.run(&["2", "10000"]);
    let checked = program.flag("-fsanitize=address,undefined").link("-fsanitize=address,undefined").build();
    checked.run(&["3", "2000"]);
}
