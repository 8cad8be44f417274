//! The descriptions in a library, used by a loader that knows no model.

use tgc_tests::{Workshop, models};

#[test]
fn a_generic_loader_calls_functions_by_name() {
    let shop = Workshop::new();
    let (counter, guard) = (shop.library(&models::counter()), shop.library(&models::guard()));
    let printed = shop.program("reflect.c").with(&counter).with(&guard).build().run(&[]);
    let expected = "\
counter 0 sizes 1 states
  state state dtype 4 rank 0
  accumulator(inc:3[] -> before:4[] updates state)
  decrementor(inc:3[] -> before:4[] updates state)
guard 2 sizes 1 states
  size N 0..1000
  size K 0..5000
  state s dtype 12 rank 1
  apply(N K x:12[?,] y:11[?,] scale:12[] -> z:12[?,] total:12[] updates s)
  mix(N a:12[-1,-1,] -> mixed:12[-1,-1,] )
  fixed(u:12[3,] -> v:12[3,] updates s)
";
    assert_eq!(printed, expected);
}
