//! Models that run in this process.

use tgc_compiler::{Call, Session};
use tgc_graph::prelude::*;

fn session() -> Session {
    let m = Model::new("m");
    let n = m.dim("N").range(0, 100);
    let x = m.input("x", F32, [n]);
    let y = m.input("y", F32, [n]);
    let w = m.shared("w", [1.0f32, 2.0]);
    m.function("step").inputs([x, y]).output("z", x + y).update(w, w * 2.0).finish().unwrap();
    m.function("sum").inputs([x]).output("s", x.sum()).finish().unwrap();
    Session::new(&m.module()).unwrap()
}

fn floats(values: &[f32]) -> Array {
    Array::from(values)
}

#[test]
fn calls_return_outputs_and_keep_state() {
    let mut session = session();
    let z = session.call("step", &[floats(&[1.0, 2.0]), floats(&[10.0, 20.0])]).unwrap();
    assert_eq!(z, [floats(&[11.0, 22.0])]);
    assert_eq!(session.state("w"), Some(&floats(&[2.0, 4.0])));
    session.set_state("w", floats(&[0.5, 0.25])).unwrap();
    let inputs = [Some(floats(&[])), Some(floats(&[]))];
    let call = Call { function: "step", sizes: &[], inputs: &inputs, times: 3 };
    let outcome = session.run(&call).unwrap();
    assert_eq!((outcome.outputs, outcome.durations.len()), (vec![floats(&[])], 3));
    assert_eq!(session.state("w"), Some(&floats(&[4.0, 2.0])));
    session.reset();
    assert_eq!(session.state("w"), Some(&floats(&[1.0, 2.0])));
}

#[test]
fn images_carry_the_state_over() {
    let mut first = session();
    first.set_state("w", floats(&[7.0, 8.0])).unwrap();
    let image = first.save().unwrap();
    let mut second = session();
    second.load(&image).unwrap();
    assert_eq!(second.state("w"), Some(&floats(&[7.0, 8.0])));
    let error = second.load(&image[1..]).unwrap_err().to_string();
    assert!(error.contains("image"), "{error}");
    assert_eq!(second.state("w"), Some(&floats(&[7.0, 8.0])));
}

#[test]
fn refusals_name_what_is_wrong() {
    let mut session = session();
    let mut refused =
        |function: &str, inputs: &[Array]| session.call(function, inputs).unwrap_err().to_string();
    let pair = |n: usize, k: usize| [Array::zeros::<f32>([n]), Array::zeros::<f32>([k])];
    let messages = [
        refused("stop", &[]),
        refused("sun", &[]),
        refused("sum", &[]),
        refused("sum", &[Array::zeros::<f64>([3])]),
        refused("sum", &[Array::zeros::<f32>([3, 1])]),
        refused("sum", &[Array::zeros::<f32>([101])]),
        refused("step", &pair(3, 4)),
        session_state_error(),
    ];
    insta::assert_snapshot!("session", messages.join("\n"));
}

#[test]
fn bools_of_calls_and_states_are_0_or_1() {
    let m = Model::new("m");
    let x = m.input("x", Bool, [2]);
    let on = m.shared("on", [true, false]);
    m.function("count").inputs([x]).output("n", (x | on).sum()).update(on, x).finish().unwrap();
    let mut session = Session::new(&m.module()).unwrap();
    let mut odd = Array::from([true, false]);
    odd.bytes_mut()[1] = 255;
    let error = session.call("count", &[odd.clone()]).unwrap_err().to_string();
    assert!(error.contains("count: the input `x` has a bool whose byte is neither 0 nor 1"), "{error}");
    let error = session.set_state("on", odd).unwrap_err().to_string();
    assert!(error.contains("the new value of state `on` has a bool"), "{error}");
    let mut image = session.save().unwrap();
    *image.last_mut().unwrap() = 2;
    let error = session.load(&image).unwrap_err().to_string();
    assert!(error.contains("state `on` in the image has a bool"), "{error}");
    assert_eq!(session.state("on"), Some(&Array::from([true, false])));
}

fn session_state_error() -> String {
    session().set_state("w", floats(&[1.0])).unwrap_err().to_string()
}

#[test]
fn a_length_that_no_size_makes_is_told_with_those_that_do() {
    let m = Model::new("m");
    let [h, n] = ["H", "N"].map(|name| m.dim(name).range(0, 100));
    let x = m.input("x", F32, [2 * h + 1, n]);
    let y = m.input("y", F32, [n]);
    m.function("f").inputs([x, y]).output("z", x + y).finish().unwrap();
    let mut session = Session::new(&m.module()).unwrap();
    let message =
        session.call("f", &[Array::zeros::<f32>([6, 3]), floats(&[1.0, 2.0, 3.0])]).unwrap_err().to_string();
    assert!(
        message.ends_with(
            "axis 0 of `x` has size 6, and must have 2*H + 1, which a whole number H makes 5 or 7; change the input"
        ),
        "{message}"
    );
}
