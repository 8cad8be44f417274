//! Names that C would refuse are refused here, with one that it would not.

use tgc_compiler::names::Names;
use tgc_graph::array::Array;
use tgc_graph::dtype::DType;
use tgc_plan::ModelPlan;
use tgc_plan::size::Size;

use crate::plans::{NONE, argument, everything, function, logreg, model};

fn refused(plan: &ModelPlan, prefix: Option<&str>) -> String {
    Names::check(&plan.interface, prefix).unwrap_err().to_string()
}

fn of_function(name: &str) -> ModelPlan {
    model("m", NONE.to_vec(), vec![function(name, &[], vec![], vec![], Size::Const(0))])
}

fn of_arguments(size: &str, input: &str, output: &str) -> ModelPlan {
    let inputs = vec![argument(input, DType::F32, &[])];
    let outputs = vec![argument(output, DType::F32, &[])];
    model("m", NONE.to_vec(), vec![function("f", &[size], inputs, outputs, Size::Const(0))])
}

#[test]
fn ordinary_names_pass() {
    let odd = [("N", "x_0", "y"), ("m_config", "NULL", "m_f"), ("alloc", "tgc_c64", "M_OK")];
    let odd = odd.map(|(size, input, output)| of_arguments(size, input, output));
    for plan in [logreg(), everything()].into_iter().chain(odd) {
        let names = Names::check(&plan.interface, None).unwrap();
        assert_eq!(names.prefix(), plan.interface.name);
    }
    let names = Names::check(&logreg().interface, Some("MyModel")).unwrap();
    assert_eq!(names.lower("train"), "MyModel_train");
    assert_eq!(names.upper("n_max"), "MYMODEL_N_MAX");
}

#[test]
fn refusals_say_why_and_suggest() {
    let messages = [
        refused(&of_function("save"), None),
        refused(&of_function("train step"), None),
        refused(&of_function("2nd"), None),
        refused(&of_function("__"), None),
        refused(&of_function("coef_"), None),
        refused(&of_function("double"), None),
        refused(&of_arguments("N", "double", "y"), None),
        refused(&of_arguments("N", "x", "x"), None),
        refused(&of_arguments("N", "N", "y"), None),
        refused(&logreg(), Some("W")),
        refused(&logreg(), Some("pthread")),
        refused(&logreg(), Some("StdInt")),
        refused(&logreg(), Some("")),
        refused(&logreg(), Some("my-model")),
    ];
    insta::assert_snapshot!("refusals", messages.join("\n"));
}

#[test]
fn functions_and_states_share_a_scope() {
    let mut plan = of_function("w");
    plan.interface.states = model("m", vec![("w", Array::from(0.0f32))], vec![]).interface.states;
    assert_eq!(
        refused(&plan, None),
        "the function cannot be named `w`: the shared variable `w` has that name; call it `w_function`"
    );
}

#[test]
fn macros_collide_without_regard_to_case() {
    let nothing = || Size::Const(0);
    let two =
        vec![function("go", &[], vec![], vec![], nothing()), function("Go", &[], vec![], vec![], nothing())];
    let message = refused(&model("m", NONE.to_vec(), two), None);
    assert!(message.contains("the function `go` differs in case alone"), "{message}");
    let sizes = function("f", &["n", "N"], vec![], vec![], nothing());
    let message = refused(&model("m", NONE.to_vec(), vec![sizes]), None);
    assert!(
        message.contains("the size `n` of function `f` differs") && message.contains("call it `N_size`"),
        "{message}"
    );
    let status = function("OK", &[], vec![], vec![], nothing());
    assert!(
        refused(&model("M", NONE.to_vec(), vec![status]), None).contains("`M_OK` belongs to every library")
    );
}

#[test]
fn suggestions_pass() {
    for name in ["save", "a b", "9", "ünï", "", "if_", "x__y"] {
        let error = Names::check(&of_function(name).interface, None).unwrap_err();
        assert!(Names::check(&of_function(&error.suggestion).interface, None).is_ok(), "{error}");
    }
    for name in ["int", "a b", "class"] {
        let error = Names::check(&of_arguments("N", name, "y").interface, None).unwrap_err();
        assert!(Names::check(&of_arguments("N", &error.suggestion, "y").interface, None).is_ok(), "{error}");
    }
}
