//! Shared variables that become what is made of themselves, before all else by products, which read what is
//! updated.

use tgc_graph::generate;

use crate::{accuracy, for_each_seed, native};

#[test]
fn self_updates_native() {
    for_each_seed(200, |seed| native::check(seed, &generate::self_updates(seed), false));
}

#[test]
fn self_updates_planned() {
    for_each_seed(200, |seed| accuracy::check(seed, &generate::self_updates(seed)));
}
