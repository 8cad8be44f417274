//! What the verifier refuses, and what it says.

use tgc_graph::array::Array;
use tgc_graph::data::DataId;
use tgc_graph::dim::{Dim, Symbol, SymbolId};
use tgc_graph::dtype::DType;
use tgc_graph::graph::NodeId;
use tgc_graph::module::{Function, Module, SharedVariable, Update};
use tgc_graph::ops::{Constant, Elements, Zero};
use tgc_graph::prelude::Model;
use tgc_graph::text::{parse, parse_verified};
use tgc_graph::verify::verify;
use tgc_graph::wire::{decode, encode};

fn parsed(shared: &str, functions: &str) -> Module {
    parse(&format!("tgc 1 model \"m\"\n{shared}\n{functions}\n")).unwrap_or_else(|e| panic!("{e}"))
}

fn message(shared: &str, functions: &str) -> String {
    verify(&parsed(shared, functions)).unwrap_err().to_string()
}

/// The message for one function with this body.
fn body(body: &str) -> String {
    message(
        "shared \"w\" : f32[3] = 0.0\nshared \"v\" : f32[3] = 0.0",
        &format!("function \"f\"\n{body}\nend"),
    )
}

#[test]
fn names_become_c_names() {
    let function = |name: &str| message("", &format!("function \"{name}\"\nend"));
    for (name, want) in [
        ("", "the function cannot be named ``: it is empty; call it `function`"),
        ("2x", "the function cannot be named `2x`: it does not begin with a letter; call it `function_2x`"),
        (
            "a-b",
            "the function cannot be named `a-b`: a C name has only letters, digits and underscores; call it `a_b`",
        ),
        ("for", "the function cannot be named `for`: it is a word of C or C++; call it `for_function`"),
        (
            "save",
            "the function cannot be named `save`: every emitted library has a name that ends so; call it `save_function`",
        ),
        (
            "a__b",
            "the function cannot be named `a__b`: C++ reserves two underscores in a row, and more is appended to names; call it `a_b`",
        ),
    ] {
        assert_eq!(function(name), want);
    }
    assert_eq!(
        message("shared \"w\" : f32[] = 0.0", "function \"w\"\nend"),
        "the function cannot be named `w`: the shared variable `w` has that name; call it `w_function`"
    );
    assert_eq!(
        message("", "function \"f\"\nend\nfunction \"F\"\nend"),
        "the function cannot be named `F`: the function `f` differs in case alone; call it `F_function`"
    );
    assert_eq!(
        body("%0 = input \"x\" : f32[]\noutput \"x\" = %0"),
        "the output of function `f` cannot be named `x`: the input `x` of function `f` has that name; call it `x_output`"
    );
    assert_eq!(
        body("size int 0..5\n"),
        "the size of function `f` cannot be named `int`: it is a word of C or C++; call it `int_size`"
    );
    // An argument's name stands in the header with an underscore behind it.
    let odd = "function \"f\"\nsize m_config 0..9\n%0 = input \"B0\" : f32[m_config]\n%1 = neg(%0)\noutput \"M_OK\" = %1\nend";
    assert_eq!(verify(&parsed("", odd)), Ok(()));
    assert_eq!(
        verify(&Module { name: "my model".to_owned(), ..parsed("", "") }).unwrap_err().to_string(),
        "the model cannot be named `my model`: a C name has only letters, digits and underscores; call it `my_model`"
    );
}

/// What is too much is refused for its number, before anything is done for each.
#[test]
fn counts_are_limited() {
    let lines = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let many = 100_000;
    assert_eq!(
        message(&lines(many, &|i| format!("shared \"w{i}\" : f32[] = 0.0\n")), "function \"f\"\nend"),
        "the model has 100000 shared variables, and 16384 is the most; join some of them"
    );
    let refused = |what: &str| format!("function `f`: it has 100000 {what} is the most");
    assert_eq!(body(&lines(many, &|i| format!("size N{i}\n"))), refused("sizes, and 1024"));
    let input = |i| format!("%{i} = input \"x{i}\" : f32[]\n");
    assert_eq!(body(&lines(many, &input)), refused("inputs, and 4096"));
    let outputs = lines(many, &|i| format!("output \"y{i}\" = %0\n"));
    assert_eq!(body(&format!("{}{outputs}", input(0))), refused("outputs, and 4096"));
    let operands = vec!["%0"; many].join(", ");
    let text = format!("%0 = input \"x\" : f32[4]\n%1 = concatenate({operands}) axis=0 count={many}");
    let error = parse(&format!("tgc 1 model \"m\"\nfunction \"f\"\n{text}\nend")).unwrap_err().to_string();
    assert!(error.contains("the node has more than 1024 operands; join some of them first"), "{error:.200}");
}

#[test]
fn ranges_are_sane_and_names_agree() {
    for (size, want) in [
        ("size N -1..5", "function `f`: the size `N` can be -1; sizes are at least 0"),
        (
            "size N 6..5",
            "function `f`: the size `N` has the empty range 6..5; make the first at most the second",
        ),
        (
            "size N 0..5 hint 6",
            "function `f`: the size `N` has the hint 6 outside its range 0..5; choose one inside",
        ),
        (
            "size N 0..9223372036854775807",
            "function `f`: the size `N` can be 9223372036854775807; 2^62 is the most",
        ),
    ] {
        assert_eq!(body(size), want);
    }
    assert_eq!(
        message("", "function \"f\"\nsize N 0..5\nend\nfunction \"g\"\nsize n 0..5\nend"),
        "the size of function `g` cannot be named `n`: the size `N` of function `f` differs in case alone; call it `n_size`"
    );
}

#[test]
fn byte_counts_fit() {
    assert_eq!(
        body("size N\nsize K\nsize M\n%0 = input \"x\" : f64[N,K,M]  @ a.rs:3\n"),
        "function `f`, %0 input (a.rs:3): `x` of type f64[N,K,M] can have 9223372036854775808 bytes, more than 2^62; \
         declare smaller ranges, for instance 524288 as the largest `N`, `K`, `M`"
    );
    assert_eq!(
        body("%0 = zero : f32[4294967296,4294967296]"),
        "function `f`, %0 zero: %0 of type f32[4294967296,4294967296] can have 73786976294838206464 bytes, more than \
         2^62; make it smaller"
    );
    assert_eq!(
        body("size N\n%0 = zero : f32[N - 1]"),
        "function `f`, %0 zero: axis 0 has the size N - 1, which can be -1; raise the smallest sizes"
    );
    assert_eq!(
        body("size N\n%0 = size N*N*N*N"),
        "function `f`, %0 size: the attribute `size` is N*N*N*N, which can be more than 2^62; declare smaller ranges"
    );
    let fits = parsed(
        "",
        "function \"f\"\nsize N\nsize K\nsize M\n%0 = zero : f32[N,K,M]\n%1 = zero : f32[N + 1,0]\nend",
    );
    assert_eq!(verify(&fits), Ok(()));
}

#[test]
fn inputs_are_listed_once() {
    let x = "%0 = input \"x\" : f32[3]\n%1 = neg(%0)\n";
    assert_eq!(
        body(&format!("{x}inputs %0, %0")),
        "the input of function `f` cannot be named `x`: the input `x` of function `f` has that name; call it `x_input`"
    );
    assert_eq!(
        body(&format!("{x}inputs %0, %1")),
        "function `f`, %1 neg: it is listed as an input and is none"
    );
    assert_eq!(
        body(&format!("{x}inputs")),
        "function `f`, %0 input: `x` is not among the function's inputs; list it"
    );
}

#[test]
fn shared_variables_exist_and_keep_their_type() {
    let x = "%0 = input \"x\" : f32[3]\n%1 = cast(%0) : f64[3]\n%2 = sum(%0) axes=[0]\n";
    for (lines, want) in [
        (
            "update \"w\" = %1",
            "function `f`: the update of `w` is %1 of type f64[3], and the variable is f32[3]; cast it to the variable's element type",
        ),
        (
            "update \"w\" = %2",
            "function `f`: the update of `w` is %2 of type f32[], and the variable is f32[3]; give it the variable's shape",
        ),
        ("update \"w\" = %0\nupdate \"w\" = %0", "function `f`: the update of `w` is there twice; keep one"),
        (
            "update \"v\" = %0\nupdate \"w\" = %0",
            "function `f`: the update of `w` is out of order; updates follow the order of shared variables, each once",
        ),
        (
            "%3 = shared \"u\" : f32[3]",
            "function `f`, %3 shared: the model has no shared variable `u`; declare it",
        ),
        (
            "%3 = shared \"w\" : f32[4]",
            "function `f`, %3 shared: it reads `w` as f32[4], and its initial value is f32[3]",
        ),
    ] {
        assert_eq!(body(&format!("{x}{lines}")), want);
    }
}

/// The message for a module that no text gives, made from a well-formed one.
fn broken(change: impl FnOnce(&mut Function)) -> String {
    let mut module =
        parsed("shared \"w\" : f32[3] = 0.0", "function \"f\"\nsize N\n%0 = input \"x\" : f32[3]\nend");
    change(&mut module.functions[0]);
    verify(&module).unwrap_err().to_string()
}

/// A builder, a file and a text: each is verified.
#[test]
fn bools_are_0_or_1() {
    let mut odd = Array::from([true, false]);
    odd.bytes_mut()[1] = 2;
    let constant = |f: &mut Function, elements: Elements| {
        let shape = vec![Dim::Const(2)];
        f.graph.add(Constant { dtype: DType::Bool, shape, elements, weak: false }, &[]).unwrap();
    };
    let want =
        "function `f`, %1 constant: it has a bool whose byte is neither 0 nor 1; write `true` and `false`";
    assert_eq!(broken(|f| constant(f, Elements::Splat([2, 0]))), want);
    let of_data = |f: &mut Function| {
        let data = f.graph.scope.data.insert(odd.clone());
        constant(f, Elements::Data(data));
    };
    assert_eq!(broken(of_data), want);
    let mut module = parsed("shared \"on\" : bool[2] = [true, false]", "");
    assert!(decode(&encode(&module)).is_ok());
    module.shared[0].initial = odd.clone();
    let want = "the shared variable `on` has a bool whose byte is neither 0 nor 1; write `true` and `false`";
    assert_eq!(verify(&module).unwrap_err().to_string(), want);
    assert!(decode(&encode(&module)).unwrap_err().to_string().contains(want));
    assert_eq!(Array::from_bytes(DType::Bool, [2], odd.bytes()), None);

    let model = Model::new("example");
    let state = model.shared("on", odd.clone()).cast(DType::F32).eval().unwrap_err().to_string();
    assert!(state.contains("the shared variable `on` has a bool"), "{state}");
    let model = Model::new("example");
    let built = model.constant(odd.clone()).cast(DType::F32).eval().unwrap_err().to_string();
    assert!(built.contains("neither 0 nor 1"), "{built}");
    let model = Model::new("example");
    let given = model.input("x", DType::Bool, [2]);
    let called = given.cast(DType::F32).eval_with([(given, odd)]).unwrap_err().to_string();
    assert!(called.contains("x has a bool whose byte is neither 0 nor 1"), "{called}");
}

#[test]
fn references_lead_somewhere() {
    assert_eq!(
        broken(|f| f.updates.push(Update { shared: 4, node: NodeId(0) })),
        "function `f`: it updates the shared variable number 4, which is none"
    );
    assert_eq!(
        broken(|f| f.updates.push(Update { shared: 0, node: NodeId(9) })),
        "function `f`: the update of `w` is %9, no node of the function"
    );
    assert_eq!(broken(|f| f.inputs.push(NodeId(9))), "function `f`: its input %9 is no node of it");
    assert_eq!(
        broken(|f| {
            let shape = vec![Dim::symbol(SymbolId(7))];
            f.graph.add(Zero { dtype: DType::F32, shape }, &[]).unwrap();
        }),
        "function `f`, %1 zero: the attribute `shape` refers to the size number 7, which the function does not have"
    );
    let constant =
        |elements| Constant { dtype: DType::F32, shape: vec![Dim::Const(2)], elements, weak: false };
    assert_eq!(
        broken(|f| {
            f.graph.add(constant(Elements::Data(DataId(5))), &[]).unwrap();
        }),
        "function `f`, %1 constant: its data 00000000000000000000000000000005 is not in the function"
    );
    assert_eq!(
        broken(|f| {
            let data = f.graph.scope.data.insert(Array::from([1.0f32, 2.0, 3.0]));
            f.graph.add(constant(Elements::Data(data)), &[]).unwrap();
        }),
        "function `f`, %1 constant: its data is f32[3]"
    );
    assert_eq!(
        broken(|f| {
            f.graph.add(constant(Elements::Splat([1 << 40, 0])), &[]).unwrap();
        }),
        "function `f`, %1 constant: its value has more bits than f32"
    );
    assert_eq!(
        broken(|f| f.graph.scope.symbols.get_mut(SymbolId(0)).min = -3),
        "function `f`: the size `N` can be -3; sizes are at least 0"
    );
    assert_eq!(
        broken(|f| {
            f.graph.scope.symbols.push(Symbol::new("N"));
        }),
        "the size of function `f` cannot be named `N`: the size `N` of function `f` has that name; call it `N_size`"
    );
}

#[test]
fn names_of_systems_and_of_every_library_are_refused() {
    let named = |name: &str, functions: &str| {
        let module = Module { name: name.to_owned(), ..parsed("", functions) };
        verify(&module).unwrap_err().to_string()
    };
    assert_eq!(
        named("R", ""),
        "the model cannot be named `R`: system headers define `R_OK`; call it `R_model`"
    );
    assert!(named("w", "").contains("system headers define `W_OK`; call it `w_model`"));
    assert!(named("Pthread", "").contains("names that begin so belong to C, POSIX or tgc"));
    assert_eq!(
        named("host", "function \"f\"\nsize name 0..5\nend"),
        "the size of function `f` cannot be named `name`: system headers define `HOST_NAME_MAX`; call it `name_size`"
    );
    assert_eq!(
        named("M", "function \"OK\"\nend"),
        "the function cannot be named `OK`: `M_OK` belongs to every library; call it `OK_function`"
    );
    let long = "a".repeat(10_000_000);
    let message = named(&long, "");
    assert!(
        message.len() < 300 && message.contains("aaa…`: it is longer than 64 characters"),
        "{}",
        message.len()
    );
}

#[test]
fn nested_sizes_are_blamed_once() {
    let deep = "min(min(min(1 // N, M), 7), 5)";
    let text = format!("size N 0..5\nsize M 0..5\n%0 = input \"x\" : f32[N,M]\n%1 = zero : f32[{deep} + 1]");
    let message = body(&text);
    assert_eq!(message.matches("is made of a size").count(), 1, "{message}");
}

#[test]
fn errors_of_texts_have_their_line() {
    let at = |text: &str| parse_verified(text).unwrap_err().to_string();
    let head = "tgc 1 model \"m\"\nshared \"w\" : f32[3] = 0.0\n";
    for (text, want) in [
        ("tgc 1 model \"R\"\n".to_owned(), "1:13: the model cannot be named `R`: system headers"),
        (format!("{head}shared \"int\" : f32[] = 0.0\n"), "3:8: the shared variable cannot be named `int`"),
        (format!("{head}function \"save\"\nend"), "3:10: the function cannot be named `save`"),
        (
            format!("{head}function \"f\"\n  size N 0..5\n  %0 = input \"N\" : f32[N]\nend"),
            "5:14: the input of function `f` cannot be named `N`",
        ),
        (
            format!("{head}function \"f\"\n  size N 5..2\nend"),
            "4:8: function `f`: the size `N` has the empty range",
        ),
        (
            format!(
                "{head}function \"f\"\n%0 = zero : f32[]\n%1 = zero : f32[]\n%2 = input \"x\" : f32[]\ninputs\nend"
            ),
            "6:6: input: `x` is not among the function's inputs; list it",
        ),
        (
            format!("{head}function \"f\"\n  %0 = input \"x\" : f32[]\n  update \"w\" = %0\nend"),
            "5:10: function `f`: the update of `w` is `x` of type f32[]",
        ),
    ] {
        let message = at(&text);
        assert!(message.starts_with(want), "{message}");
    }
    assert!(parse_verified(head).is_ok());
}

#[test]
fn shared_variables_have_few_axes() {
    let initial = Array::zeros::<f32>([1; 9]);
    let module = Module {
        name: "m".to_owned(),
        shared: vec![SharedVariable { name: "w".to_owned(), initial }],
        functions: vec![],
    };
    let message = verify(&module).unwrap_err().to_string();
    assert_eq!(message, "the shared variable `w` has 9 axes, and 8 is the most; reshape it");
}

#[test]
fn types_follow_from_operands() {
    // The equation that the type rests on is taken away.
    let text = "function \"f\"\nsize N\nsize M\ncheck \"a\" N == \"b\" M\n%0 = input \"x\" : f32[N]\n\
                %1 = input \"y\" : f32[M]\n%2 = add(%0, %1)\nend";
    let mut module = parsed("", text);
    assert_eq!(verify(&module), Ok(()));
    module.functions[0].graph.scope.equations.known.clear();
    assert_eq!(
        verify(&module).unwrap_err().to_string(),
        "function `f`, %2 add: axis 0 of `x` and axis 0 of `y` must have one size; give both the same size, or insert \
         an axis of size 1 with dimshuffle to broadcast"
    );
}
