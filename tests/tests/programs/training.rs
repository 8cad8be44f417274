//! Models that learn: the logistic regression in both widths, its loss at the ends, state that is kept and
//! shared.

use tgc_graph::dtype::DType::{F32, F64};
use tgc_tests::{Workshop, models};

#[test]
fn ten_thousand_steps_in_f64() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    shop.program("logreg.c").with(&library).link("-lm").build().run(&[]);
}

#[test]
fn ten_thousand_steps_in_f32() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F32));
    shop.program("logreg.c").flag("-DSINGLE").with(&library).link("-lm").build().run(&[]);
}

#[test]
fn loss_and_gradient_are_right_at_the_ends_in_f64() {
    let shop = Workshop::new();
    let library = shop.library(&models::loss(F64));
    shop.program("loss.c").with(&library).link("-lm").build().run(&[]);
}

#[test]
fn loss_and_gradient_are_right_at_the_ends_in_f32() {
    let shop = Workshop::new();
    let library = shop.library(&models::loss(F32));
    shop.program("loss.c").flag("-DSINGLE").with(&library).link("-lm").build().run(&[]);
}

#[test]
fn a_second_process_continues_to_the_same_bits() {
    let shop = Workshop::new();
    let library = shop.library(&models::logreg(F64));
    let resume = shop.program("resume.c").with(&library).link("-lm").build();
    let whole = resume.run(&["500"]);
    resume.run(&["200", "-", "after200"]);
    let resumed = resume.run(&["300", "after200"]);
    assert_eq!(whole, resumed);
    assert_ne!(whole, resume.run(&["499"]));

    // What C saves is what a session in this process saves, and takes up.
    let mut session = tgc_compiler::Session::new(&models::logreg(F64)).unwrap();
    let fresh = session.save().unwrap();
    resume.run(&["0", "-", "fresh"]);
    assert_eq!(std::fs::read(shop.path("fresh")).unwrap(), fresh);
    session.load(&std::fs::read(shop.path("after200")).unwrap()).unwrap();
    let weights = session.state("w").unwrap().to_vec::<f64>().unwrap();
    assert!(resume.run(&["0", "after200"]).starts_with(&hexadecimal(weights[0])));
}

/// A double as C's `%a` prints it, if it is normal.
fn hexadecimal(value: f64) -> String {
    let bits = value.to_bits();
    let sign = if value < 0.0 { "-" } else { "" };
    let fraction = format!("{:013x}", bits & ((1 << 52) - 1));
    format!("{sign}0x1.{}p{:+}", fraction.trim_end_matches('0'), (bits >> 52 & 0x7ff) as i64 - 1023)
}

#[test]
fn two_functions_over_one_variable() {
    let shop = Workshop::new();
    let library = shop.library(&models::counter());
    for (compiler, standard) in [("g++", "c++11"), ("g++", "c++20")] {
        shop.program("counter.cpp").cpp(compiler, standard).with(&library).build().run(&[]);
    }
}

#[test]
fn states_change_places_in_one_call() {
    let shop = Workshop::new();
    let library = shop.library(&models::swap());
    shop.program("swap.c").with(&library).build().run(&[]);
}

#[test]
fn every_element_type_goes_through_a_call() {
    let shop = Workshop::new();
    let library = shop.library(&models::echo());
    shop.program("echo.c").with(&library).build().run(&[]);
}

#[test]
fn arrays_may_have_no_elements() {
    let shop = Workshop::new();
    let library = shop.library(&models::empty());
    shop.program("empty.c").with(&library).link("-lm").build().run(&[]);
}

#[test]
fn any_pool_gives_the_same_bits() {
    let shop = Workshop::new();
    let library = shop.library(&models::pool());
    shop.program("pool.c").flag("-pthread").link("-pthread").with(&library).build().run(&[]);
}
