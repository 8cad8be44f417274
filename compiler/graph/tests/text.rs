//! The text form reads back what it prints, and says clearly what it cannot read.

use proptest::prelude::*;
use tgc_graph::generate::{Options, module_with};
use tgc_graph::render::dot;
use tgc_graph::text::{dump, parse, parse_function, print, print_function};
use tgc_graph::verify::verify;

const GOLDEN: &str = include_str!("data/wire/v1.tgc");

fn options(size: usize, everything: bool) -> Options {
    if everything { Options::everything(size) } else { Options::plain(size) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_prints_parses_to_the_same_module(seed: u64, size in 1usize..60, everything: bool) {
        let module = module_with(seed, &options(size, everything));
        prop_assert_eq!(verify(&module), Ok(()));
        let text = print(&module);
        let back = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        prop_assert!(back == module, "{}", text);
        prop_assert_eq!(print(&back), text);
        let function = &module.functions[0];
        let alone = parse_function(&print_function(function, &module.shared), &module.shared).unwrap();
        prop_assert!(&alone == function);
    }

    #[test]
    fn no_text_makes_it_panic(seed: u64, size in 1usize..20, at: prop::sample::Index, with in "\\PC{0,8}") {
        let mut text = print(&module_with(seed, &Options::everything(size)));
        let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
        let (start, end) = (*at.get(&boundaries), at.index(boundaries.len()) + with.len());
        let end = boundaries.get(end).copied().unwrap_or(text.len()).max(start);
        text.replace_range(start..end, &with);
        if let Err(error) = parse(&text) {
            prop_assert!(error.line >= 1 && error.column >= 1);
            prop_assert!(error.to_string().contains('^'));
        }
    }
}

#[test]
fn the_canonical_form_prints_as_it_is_written() {
    let module = parse(GOLDEN).unwrap();
    assert_eq!(verify(&module), Ok(()));
    assert_eq!(print(&module), GOLDEN);
}

#[test]
fn what_is_implied_may_be_left_out_and_comments_fall_away() {
    let short = "; expect nothing\ntgc 1 model \"m\" ; a model\nfunction \"f\"\nsize N\n  %0 = input \"x\" : f32[N]\n\
                 \t%1=neg( %0 )\n  %2 = sum(%1) axes=[0]\noutput \"y\"=%2;done\nend";
    let module = parse(short).unwrap();
    let long = "tgc 1 model \"m\"\n\nfunction \"f\"\n  size N 0..1048576\n  %0 = input \"x\" : f32[N]\n  \
                %1 = neg(%0) : f32[N]\n  %2 = sum(%1) axes=[0] : f32[]\n  output \"y\" = %2\nend\n";
    assert_eq!(print(&module), long);
}

#[test]
fn names_of_any_kind_are_kept() {
    let text = "tgc 1 model \"a \\\"b\\\" \\\\ \\u{a} ü\"\n\nfunction \"\"\n  size \"N 1\" 0..5\n  \
                %0 = input \"; no comment\" : f32[2*\"N 1\" + 1]\nend\n";
    let module = parse(text).unwrap();
    assert_eq!(module.name, "a \"b\" \\ \n ü");
    assert_eq!(print(&module), text);
}

#[test]
fn a_dump_cuts_long_lists() {
    let list: Vec<String> = (0..100).map(|i| format!("{i}.5")).collect();
    let text = format!("tgc 1 model \"m\"\nshared \"w\" : f64[100] = [{}]\n", list.join(", "));
    let module = parse(&text).unwrap();
    assert_eq!(print(&module), text);
    let short = "tgc 1 model \"m\"\nshared \"w\" : f64[100] = [0.5, 1.5, 2.5, 3.5, … 100 elements]\n";
    assert_eq!(dump(&module), short);
}

#[test]
fn drawings_show_operands_in_order() {
    let text = "tgc 1 model \"m\"\nfunction \"f\"\n%0 = input \"x\" : f32[2]\n%1 = constant 1.5 : f32[1]\n\
                %2 = sub(%1, %0)\noutput \"y\" = %2\nend\n";
    let module = parse(text).unwrap();
    let want = "digraph \"m\" {\n    node [fontname=\"monospace\"]\n    \
                0 [ label=\"%0 input x\\nf32[2]\" shape=ellipse]\n    \
                1 [ label=\"%1 1.5\\nf32[1]\" shape=ellipse]\n    2 [ label=\"%2 sub\\nf32[2]\" shape=box]\n    \
                3 [ label=\"output y\" shape=note]\n    1 -> 2 [ label=0]\n    0 -> 2 [ label=1]\n    2 -> 3 [ ]\n    \
                subgraph cluster_0 { label=\"f\"; 0; 1; 2; 3 }\n}\n";
    assert_eq!(dot(&module), want);
}

/// The message for a body of a function over `size N`, `x: f32[N,3]` as %0 and `w: f32[3]` as %1.
fn message(body: &str) -> String {
    let text = format!(
        "tgc 1 model \"m\"\nshared \"w\" : f32[3] = 0.0\nfunction \"f\"\nsize N\n%0 = input \"x\" : f32[N,3]\n\
         %1 = shared \"w\" : f32[3]\n{body}\nend\n"
    );
    parse(&text).unwrap_err().to_string()
}

#[test]
fn errors_show_the_place() {
    assert_eq!(
        message("  %2 = dott(%0, %1) left=[1] right=[0] : f32[N]"),
        "7:8: there is no operation `dott`; did you mean `dot`?\n\
         7 |   %2 = dott(%0, %1) left=[1] right=[0] : f32[N]\n  |        ^"
    );
    assert_eq!(
        message("%2 = neg(%2)"),
        "7:10: %2 is not defined above; a node uses nodes of earlier lines only\n7 | %2 = neg(%2)\n  |          ^"
    );
    assert_eq!(
        message("\t%2 = neg(%0) : f32[N,K]"),
        "7:23: there is no size `K`; did you mean `N`?\n7 | \t%2 = neg(%0) : f32[N,K]\n  | \t                     ^"
    );
}

#[test]
fn equal_lines_are_one_value() {
    let text = |body: &str| {
        let text = format!("tgc 1 model \"m\"\nfunction \"f\"\n{body}end\n");
        parse(&text).unwrap_or_else(|e| panic!("{e}"))
    };
    let twice = text(
        "%0 = input \"x\" : f32[]\n%1 = input \"x\" : f32[]\n%2 = neg(%0)\n%3 = neg(%1)\n%4 = add(%2, %3)\noutput \"y\" = %4\n",
    );
    let once = text("%0 = input \"x\" : f32[]\n%1 = neg(%0)\n%2 = add(%1, %1)\noutput \"y\" = %2\n");
    assert_eq!(twice, once);
    assert_eq!(parse(&print(&twice)), Ok(once));
}

/// Line, column and problem, without the excerpt.
fn problem(body: &str) -> String {
    message(body).lines().next().unwrap().to_owned()
}

#[test]
fn each_error_says_what_is_wrong() {
    for (body, want) in [
        ("%3 = neg(%0)", "7:1: found %3, expected %2; nodes are numbered from 0 without gaps"),
        (
            "%2 = neg(%0) : f64[N,3]",
            "7:14: the type written is f64[N,3], the operation's is f32[N,3]; correct it or leave it out",
        ),
        ("%2 = neg(%0, %1)", "7:6: neg takes 1 operands and has 2; give it as many as it takes"),
        ("%2 = neg %0", "7:10: found `%0`, expected a value"),
        ("%2 = round(%0) mode=7", "7:21: found `7`, expected `\"half_to_even\"` or `\"half_away\"`"),
        (
            "%2 = round(%0) mode=\"up\"",
            "7:21: found `\"up\"`, expected `\"half_to_even\"` or `\"half_away\"`",
        ),
        (
            "%2 = neg(%0)\n%3 = neg(%0)\n%4 = dot(%3, %3) left=[1] right=[0]",
            "9:6: axis 1 of %2 (f32[N,3]) and axis 0 of %2 must have one size; give both the same size, or insert an axis of size 1 with dimshuffle to broadcast",
        ),
        (
            "%2 = sum(%0) axes=[2]",
            "7:6: sum over axes [2] of %0 (f32[N,3]), which has 2 axes; name each axis once, in ascending order",
        ),
        (
            "%2 = sum(%0)",
            "7:6: sum: the attribute `axes` is missing; it is a list of integers: `axes=[0, 1]`",
        ),
        ("%2 = sum(%0) axis=[1]", "7:14: sum: the operation has no attribute `axis`"),
        ("%2 = sum(%0) axes=1", "7:19: found `1`, expected a list of integers"),
        ("%2 = sum(%0) axes=[1] axes=[0]", "7:23: the attribute `axes` is there already; rename one"),
        ("%2 = sum(%0) axes=[1", "7:21: found the end of the line, expected `]`"),
        ("%2 = sum(%0) axes=[foo]", "7:20: found `foo`, expected an integer"),
        ("%2 = cast(%0) : f3[N,3]", "7:17: there is no element type `f3`; did you mean `f32`?"),
        (
            "%2 = constant 300 : i8[]",
            "7:15: found `300`, expected an element of type i8: a whole number from -128 to 127",
        ),
        (
            "%2 = constant -nan : f32[]",
            "7:15: found `-nan`, expected an element of type f32: a number of at most 3.4e38, `inf` or `nan`",
        ),
        (
            "%2 = constant [1.0, x] : f32[2]",
            "7:21: found `x`, expected an element of type f32: a number of at most 3.4e38, `inf` or `nan`",
        ),
        ("%2 = constant [1.0, 2.0] : f32[3]", "7:16: 2 elements are listed, and the shape holds 3"),
        (
            "%2 = constant [1.0] : f32[4611686018427387904,4]",
            "7:16: 1 elements are listed, and the shape holds too many in f32[4611686018427387904,4]",
        ),
        ("%2 = constant 1.0", "7:6: found no type, expected one such as `: f32[N]` on this line"),
        ("%2 = input x : f32[N]", "7:12: found `x`, expected a string in quotes"),
        ("%2 = zero 3 : f32[N]", "7:11: found `3`, expected no value, but `name=value`"),
        ("%2 = size 9223372036854775808", "7:11: the size does not fit in 64 bits"),
        ("%2 = size N N", "7:13: size: the operation has no attribute `N`"),
        ("%2 = zero : f32[1,1,1,1,1,1,1,1,1]", "7:16: the type has 9 axes, and 8 is the most"),
        (
            "%2 = dimshuffle(%1) order=[0, -1, -1, -1, -1, -1, -1, -1, -1]",
            "7:62: the result has 9 axes, and 8 is the most",
        ),
        ("size N", "7:6: the size `N` is there already; rename one"),
        ("size K 0..x", "7:11: found `x`, expected the largest size"),
        ("output \"a\" = %0\noutput \"a\" = %1", "8:8: the output `a` is there already; rename one"),
        ("output \"a\" = %7", "7:14: %7 is not defined above; a node uses nodes of earlier lines only"),
        ("output a = %0", "7:8: found `a`, expected the output's name in quotes"),
        ("update \"v\" = %1", "7:8: there is no shared variable `v`; did you mean `w`?"),
        ("inputs %0 %1", "7:11: found `%1`, expected `,`"),
        ("%2 = neg(%0) @ main.rs", "7:16: found `main.rs`, expected file:line"),
        ("%2 = neg(%0) extra : f32[N,3]", "7:14: neg: the operation has no attribute `extra`"),
        ("%2 = neg(%0) : f32[N,3] 7", "7:25: found `7`, expected the end of the line"),
        ("output \"a = %0", "7:8: found a string without an end, expected `\"` at its end"),
        (
            "output \"\\q\" = %0",
            "7:8: found `\"\\q\"`, expected only the escapes \\\" \\\\ \\n \\t \\u{…} in a string",
        ),
        (
            "nodes",
            "7:1: found `nodes`, expected a node such as `%0 = …`, `size`, `check`, `inputs`, `output`, `update` or `end`",
        ),
        ("%2 = neg(%0) ü", "7:14: found `ü`, expected a name, number or mark"),
    ] {
        assert_eq!(problem(body), want, "{body}");
    }
}

#[test]
fn errors_of_the_whole_text() {
    let problem = |text: &str| parse(text).unwrap_err().to_string().lines().next().unwrap().to_owned();
    for (text, want) in [
        ("", "1:1: found the end of the text, expected a first line such as `tgc 1 model \"name\"`"),
        ("hello", "1:1: found `hello`, expected a first line such as `tgc 1 model \"name\"`"),
        (
            "tgc 2 model \"m\"",
            "1:5: this text is of version 2, and this tgc reads version 1; use a newer tgc",
        ),
        (
            "tgc 1 model \"m\"\nfunction \"f\"\n",
            "2:13: found the end of the text, expected `end` of the function",
        ),
        (
            "tgc 1 model \"m\"\nfunction \"f\"\nend\nfunction \"f\"\nend",
            "4:10: the function `f` is there already; rename one",
        ),
        ("tgc 1 model \"m\"\nshared \"w\" : f32[N] = 0.0", "2:18: there is no size `N`"),
        ("tgc 1 model \"m\"\nshared \"w\" : f32[-1] = 0.0", "2:14: found `f32`, expected a static shape"),
        (
            "tgc 1 model \"m\"\nshared \"w\" : f32[] = 0.0\nshared \"w\" : f32[] = 0.0",
            "3:8: the shared variable `w` is there already; rename one",
        ),
        (
            "tgc 1 model \"m\"\nshared \"w\" : f32[99999999] = 0.0",
            "2:30: f32[99999999] from one value is too large; all such variables together hold at most 67108864 bytes, so list the elements",
        ),
        ("tgc 1 model \"m\"\nend", "2:1: found `end`, expected `shared` or `function`"),
    ] {
        assert_eq!(problem(text), want, "{text}");
    }
}

#[test]
fn long_lines_are_cut_in_messages() {
    let list = vec!["1.0"; 1000].join(", ");
    let error =
        parse(&format!("tgc 1 model \"m\"\nshared \"w\" : f32[1001] = [{list}, oops]\n")).unwrap_err();
    assert_eq!(error.column, 5027);
    let text = error.to_string();
    assert!(text.len() < 400, "{text}");
    let lines: Vec<&str> = text.lines().collect();
    let caret = lines[2].chars().count() - 1;
    assert_eq!(lines[1].chars().skip(caret).take(4).collect::<String>(), "oops");
}

/// Lines, columns and names, in all combinations, and files whose names hold what separates them.
#[test]
fn origins_print_and_parse() {
    let line = |origin: &str| {
        format!(
            "tgc 1 model \"m\"\n\nfunction \"f\"\n  %0 = input \"x\" : f32[]{origin}\n  output \"y\" = %0\nend\n"
        )
    };
    for origin in [
        "",
        "  @ a.rs:1",
        "  @ a.rs:1:2",
        "  @ a.rs:1:2 \"n\"",
        "  @ a.rs:1 \"the \\\"node\\\"\"",
        "  @ \"n\"",
        "  @ \"a:3\":1",
        "  @ \"a:3\":1:2 \"a:3\"",
        "  @ \"my model.onnx\":0 \"n\"",
    ] {
        let text = line(origin);
        let module = parse(&text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(print(&module), text);
        let file = tgc_graph::wire::encode(&module);
        assert_eq!(print(&tgc_graph::wire::decode(&file).unwrap()), text);
    }
    for origin in ["  @ a.rs", "  @ a.rs:x", "  @ a.rs:1:x", "  @ \"a\":x", "  @ a.rs:99999999999"] {
        assert!(parse(&line(origin)).is_err(), "{origin}");
    }
}
