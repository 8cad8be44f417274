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
