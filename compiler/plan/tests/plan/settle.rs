//! What the verifier cannot show: calls check it, or nests run in order.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_plan::interpret::Interpreter;
use tgc_plan::verify::{settle, verify};
use tgc_plan::*;

use crate::models::*;
use crate::verify::{block_mut, read_mut};

/// `y[i] = 2*x[0] + 1`, where `x` has `(N-33)² + 1` elements, which is never less than 1; nobody shows that.
fn first_of_squares() -> ModelPlan {
    let mut plan = map();
    let far = &symbol(0) - &known(33);
    let elements = &(&far * &far) + &known(1);
    plan.interface.functions[0].inputs[0].ty.shape = vec![elements.clone()];
    plan.variants[0].bodies[0].buffers[0].shape = vec![elements];
    read_mut(&mut plan, 0, 0, 0).strides = vec![];
    plan
}

#[test]
fn calls_check_what_is_not_shown() {
    let mut plan = first_of_squares();
    let found = verify(&plan).unwrap_err().to_string();
    let want = "function `f`, step 0, block 0: an access to `x` ends beyond its N*N - 66*N + 1090 elements";
    assert_eq!(found, format!("{want}, as far as can be shown"));
    settle(&mut plan).unwrap();
    assert_eq!((verify(&plan), plan.variants[0].bodies[0].reaches.len()), (Ok(()), 1));
    let call = |plan: &ModelPlan, n: i64, elements: usize| {
        let x = Array::full([elements], 3.0f32);
        Interpreter::new(plan).call(0, &[n], &[x]).map(|y| y[0].shape()[0]).map_err(|e| e.to_string())
    };
    assert_eq!([call(&plan, 31, 5), call(&plan, 33, 1)], [Ok(31), Ok(33)]);
    // What a call checks is what the plan says, whatever else holds.
    plan.variants[0].bodies[0].reaches[0].offset = &symbol(0) - &known(27);
    let want = "function `f`: at these sizes element 5 of x is asked for, which has 2; give others";
    assert_eq!([call(&plan, 30, 10), call(&plan, 32, 2)], [Ok(30), Err(want.to_owned())]);
    let found = verify(&plan).unwrap_err().to_string();
    assert!(found.ends_with("elements, as far as can be shown"), "{found}");
}

#[test]
fn calls_check_nothing_that_samples_refute() {
    let mut plan = first_of_squares();
    read_mut(&mut plan, 0, 0, 0).offset = known(1);
    let found = settle(&mut plan).unwrap_err().to_string();
    assert!(found.contains("ends beyond its") && found.ends_with(" when N = 33"), "{found}");
    let mut plan = map();
    read_mut(&mut plan, 0, 0, 0).offset = known(1);
    let want = "function `f`, step 0, block 0: an access to `x` ends beyond its N elements when N = 1";
    assert_eq!(settle(&mut plan).unwrap_err().to_string(), want);
    assert!(plan.variants[0].bodies[0].reaches.is_empty());
}

/// `y[i]` and so many elements behind it `2*x[i] + 1`, over `f32[2*N]`.
fn beside(distance: &Dim) -> ModelPlan {
    let mut plan = map();
    let room = vec![&symbol(0) * &known(2)];
    plan.interface.functions[0].outputs[0].ty.shape = room.clone();
    plan.variants[0].bodies[0].buffers[1].shape = room;
    let first = block_mut(&mut plan, 0, 0);
    let mut second = first.sinks[0].clone();
    let Sink::Store { to, .. } = &mut second else { panic!("it stores") };
    to.offset = distance.clone();
    first.sinks.push(second);
    plan
}

#[test]
fn nests_run_in_order_where_it_is_not_shown_that_iterations_may_run_together() {
    // The smaller of a square and 0 is 0.
    let far = &symbol(0) - &known(33);
    let plan = map();
    let zero = Dim::min(&(&far * &far), &known(0), plan.function(0).symbols());
    assert_ne!(zero, known(0));
    let refused = |distance: &Dim| {
        let mut plan = beside(distance);
        settle(&mut plan).unwrap_err().to_string()
    };
    let meet =
        "function `f`, step 0, block 0: writes elements of `y` twice in one block, as far as can be shown";
    assert_eq!(refused(&(&(&symbol(0) - &known(1)) + &zero)), meet);
    let mut plan = beside(&(&symbol(0) + &zero));
    assert_eq!(verify(&plan).unwrap_err().to_string(), meet);
    settle(&mut plan).unwrap();
    assert_eq!((verify(&plan), block_mut(&mut plan, 0, 0).lanes), (Ok(()), 1));
}
