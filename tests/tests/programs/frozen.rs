//! Shared variables as read-only data.

use tgc_compiler::Options;
use tgc_graph::prelude::*;
use tgc_tests::Workshop;

/// `w` is data of the library and no state: it is read through a pointer to const, and not saved; `s` stays
/// state.
#[test]
fn a_frozen_variable_is_data_of_the_library() {
    let m = Model::new("frozen");
    let x = m.input("x", F32, [m.dim("N"), 3.into()]);
    let (s, w) = (m.shared("s", 2f32), m.shared("w", [1f32, 2.0, 4.0]));
    let y = dot(x, w) * s;
    m.function("apply").inputs([x]).output("y", y).update(s, s + 1.0).finish().unwrap();
    let shop = Workshop::new();
    let options = Options { freeze: vec!["w".to_owned()], ..Options::default() };
    let library = shop.library_with(".", &m.module(), &options);
    shop.program("frozen.c").with(&library).build().run(&[]);
}
