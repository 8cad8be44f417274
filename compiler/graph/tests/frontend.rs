//! What a front end does: it reads nodes by name from a table, keeps expressions without lifetimes, says
//! where each node comes from, and reads errors as data.

use std::collections::HashMap;
use std::sync::Arc;

use tgc_graph::attribute::{Attribute, Attributes};
use tgc_graph::builder::{BuildError, Expression};
use tgc_graph::infer::Reason;
use tgc_graph::ops::{Input, Op};
use tgc_graph::origin::Origin;
use tgc_graph::prelude::*;
use tgc_graph::text::{parse, print};

/// A node of a file: its name, its operation, what it is of, and attributes.
type Row = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, &'static [i64])]);

/// A layer and a softmax, as a file of nodes has them.
const NETWORK: [Row; 4] = [
    ("MatMul_0", "dot", &["x", "w"], &[("left", &[1]), ("right", &[0])]),
    ("Add_1", "add", &["MatMul_0", "b"], &[]),
    ("Relu_2", "relu", &["Add_1"], &[]),
    ("Sum_3", "sum", &["Relu_2"], &[("axes", &[1])]),
];

struct Importer {
    model: Arc<Model>,
    values: HashMap<&'static str, Expression>,
}

impl Importer {
    fn new() -> Importer {
        let model = Arc::new(Model::new("imported"));
        let x = Expression::new(&model, model.input("x", F32, [model.dim("N"), 2.into()]));
        let w = Expression::new(&model, model.shared("w", [[1f32, -1.0], [2.0, -2.0]]));
        let b = Expression::new(&model, model.shared("b", [0.5f32, 0.25]));
        Importer { model, values: HashMap::from([("x", x), ("w", w), ("b", b)]) }
    }

    fn import(&mut self, rows: &[Row]) {
        for (line, (name, op, operands, attributes)) in rows.iter().enumerate() {
            let attributes = attributes.iter().map(|(k, v)| (k.to_string(), Attribute::Ints(v.to_vec())));
            let attributes = Attributes(attributes.collect());
            let operands: Vec<Tensor> = operands.iter().map(|name| self.values[name].tensor()).collect();
            let origin = Origin::new("net.table", line as u32 + 1).named(*name);
            let value = self.model.at(origin, || match Op::from_parts(op, &attributes) {
                Ok(op) if attributes.0.is_empty() => self.model.apply_broadcast(op, &operands),
                _ => self.model.apply_named(op, &attributes, &operands),
            });
            self.values.insert(name, Expression::new(&self.model, value));
        }
    }

    fn finish(&self, name: &str) -> Result<(), BuildError> {
        let [x, y] = ["x", name].map(|name| self.values[name].tensor());
        self.model.function("run").inputs([x]).output("y", y).allow_unused().finish()
    }
}

#[test]
fn a_table_of_nodes_becomes_a_model() {
    let mut importer = Importer::new();
    importer.import(&NETWORK);
    importer.finish("Sum_3").unwrap();
    let values = &importer.values;
    let x = [[1f32, 1.0], [0.0, -1.0]];
    let y = values["Sum_3"].tensor().eval_with([(values["x"].tensor(), x.into())]).unwrap();
    assert_eq!(y, Array::from([3.5f32, 2.25]));

    let text = print(&importer.model.module());
    assert!(
        text.contains("  @ net.table:1 \"MatMul_0\"\n") && text.contains("  @ net.table:4 \"Sum_3\"\n"),
        "{text}"
    );
    assert_eq!(print(&parse(&text).unwrap()), text);
}

#[test]
fn errors_say_the_node_and_are_data() {
    let refused = |rows: &[Row]| {
        let mut importer = Importer::new();
        importer.import(rows);
        importer.finish(rows.last().unwrap().0).unwrap_err()
    };
    let error = refused(&[
        ("Sum_0", "sum", &["x"], &[("axes", &[1])]),
        ("MatMul_1", "dot", &["w", "b"], &[("left", &[1])]),
    ]);
    let expected = "net.table:2, MatMul_1: dot: the attribute `right` is missing; it is a list of integers: \
                    `right=[0, 1]`";
    assert_eq!(error.to_string(), expected);
    assert_eq!(*error.diagnostics[0].reason, Reason::Operation { name: "dot".to_owned() });

    let error = refused(&[("Add_0", "add", &["w"], &[])]);
    assert_eq!(*error.diagnostics[0].reason, Reason::Arity { takes: 2, has: 1 });
    assert_eq!(error.diagnostics[0].origin, Origin::new("net.table", 1).named("Add_0"));

    let error = refused(&[("Sum_0", "concatenate", &["w"], &[])]);
    assert!(error.to_string().starts_with("net.table:1, Sum_0: concatenate: the attribute"), "{error}");
}

#[test]
fn what_declares_is_not_applied() {
    let m = Model::new("m");
    let input = Op::from(Input { name: "x".into(), dtype: F32, shape: vec![] });
    let error = m.apply(input, &[]).eval().unwrap_err().to_string();
    assert!(error.ends_with("input is applied; declare it with the model's `input` or `shared`"), "{error}");
}

#[test]
fn places_nest_and_end() {
    let m = Model::new("m");
    let x = m.input("x", F32, [2]);
    let (outer, inner) = m.at(Origin::name_only("outer"), || {
        let inner = m.at(Origin::name_only("inner"), || exp(x));
        (log(inner), inner)
    });
    let last = outer + inner;
    m.function("f").inputs([x]).output("y", last).finish().unwrap();
    let text = print(&m.module());
    let line = |op: &str| text.lines().find(|line| line.contains(op)).unwrap().to_owned();
    assert!(line("exp(").ends_with("@ \"inner\"") && line("log(").ends_with("@ \"outer\""), "{text}");
    assert!(line("add(").contains("frontend.rs:"), "{text}");
}

#[test]
fn expressions_of_two_models_do_not_mix() {
    let [a, b] = ["a", "b"].map(|name| Arc::new(Model::new(name)));
    let (x, y) = (Expression::new(&a, a.constant(1.0)), b.constant(2.0));
    let mixed = Expression::new(&a, y);
    let error = (x.tensor() + mixed.tensor()).eval().unwrap_err().to_string();
    assert!(error.contains("mixes tensors of two models"), "{error}");
    fn is_send<T: Send + Sync + 'static>(_: &T) {}
    is_send(&x);
}

/// What a method makes of several nodes comes from where it is called, not from the library's own sources.
#[test]
fn nodes_come_from_where_methods_are_called() {
    let m = Model::new("m");
    let [x, places] = [m.input("x", F64, [3, 3]), m.input("places", I32, [2])];
    let read = [x.index(places), x.take(places, 1), x.index((.., places)), m.einsum("ii->i", [x])];
    let written = [x.set_subtensor(places, 1.0), x.inc_subtensor(x.gt(0.0), 1.0)];
    let ordered = [x.sort(0), x.argsort(0), x.sort_descending(1), x.argsort_descending(0)];
    let beside = [x.take_along_axis(x.argsort(1).cast(I32), 1)];
    let mut function = m.function("f").inputs([x, places]);
    for (i, y) in [&read[..], &written, &ordered, &beside].concat().into_iter().enumerate() {
        function = function.output(&format!("y{i}"), y);
    }
    function.finish().unwrap();
    let module = m.module();
    let graph = &module.functions[0].graph;
    for id in graph.ids() {
        let node = graph.node(id);
        assert!(node.origin.file.ends_with("tests/frontend.rs"), "{} at {}", node.op.name(), node.origin);
    }
}
