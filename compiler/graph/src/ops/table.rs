//! The table of all operations, for `docs/ops.md`. A test holds the file to it.

use tgc_scalar::dtype::DType;

use super::{Input, Notation, Op, Operation, Vjp};
use crate::dim::{Dim, Symbols};
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Equations, Operand};
use crate::kernel::Kernel;
use crate::pp::expression;
use crate::support::Support;
use crate::ty::TensorType;

/// All operations as a Markdown table: name, notation, kernel class, element types, gradient and meaning.
pub fn ops_markdown() -> String {
    let mut text = String::from(
        "# Operations\n\nGenerated from the list in `compiler/graph/src/ops/mod.rs`; a test fails when this file \
         differs.\n\nElement types are those of the first operand; `→` shows the result's where it differs. Gradients are \
         those of `f64` operands `x`, `y`, … of one shape, given the gradient `g` by the result, before any rewriting; a \
         composite is differentiated as the operations it stands for.\n\n\
         | operation | in `pp` | kernel | element types | gradients | meaning |\n|---|---|---|---|---|---|\n",
    );
    for op in Op::samples() {
        let definition = op.definition();
        let row = format!(
            "| `{}` | {} | {} | {} | {} | {} |\n",
            definition.name(),
            notation(definition),
            kernel(definition),
            dtypes(definition),
            gradients(&op),
            summary(definition.doc())
        );
        text.push_str(&row);
    }
    text
}

/// The first paragraph of a documentation comment, as one line. Links to items of the code are their text
/// alone.
fn summary(doc: &str) -> String {
    let lines = doc.lines().map(str::trim).take_while(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let mut parts = text.split("](crate::");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(start) = plain.rfind('[') {
            plain.remove(start);
        }
        plain.push_str(part.split_once(')').map_or(part, |(_, rest)| rest));
    }
    plain
}

fn notation(op: &dyn Operation) -> String {
    match op.notation() {
        Notation::Call(name) => format!("`{name}(…)`"),
        Notation::Infix(symbol) => format!("`(a {symbol} b)`"),
        Notation::Prefix(symbol) => format!("`({symbol}a)`"),
        Notation::Around(bar) => format!("`{bar}a{bar}`").replace('|', "\\|"),
        Notation::Transparent => "as its operand".to_owned(),
        Notation::Leaf => "its name or value".to_owned(),
    }
}

/// The rank of operands to ask about, and which of them are not of the element type asked about.
#[derive(Clone, Copy)]
struct Roles {
    rank: usize,
    /// The first is a `bool`.
    condition: bool,
    /// From the second to before this one they are `i64`.
    indices: usize,
    /// The last has an axis less.
    narrower: bool,
}

/// Types of operands in these roles, and the result's, if the operation takes them.
fn infer_as(op: &dyn Operation, roles: Roles, dtype: DType) -> Option<(Vec<TensorType>, TensorType)> {
    let of = |i: usize| match i {
        0 if roles.condition => DType::Bool,
        i if (1..roles.indices).contains(&i) => DType::I64,
        _ => dtype,
    };
    let rank = |i: usize| roles.rank - usize::from(roles.narrower && i + 1 == op.arity());
    let operands: Vec<TensorType> =
        (0..op.arity()).map(|i| TensorType::new(of(i), vec![Dim::Const(2); rank(i)])).collect();
    let described: Vec<Operand<'_>> = operands.iter().map(|ty| Operand { ty, literal: None }).collect();
    let mut equations = Equations::collecting();
    let mut constraints =
        Constraints { symbols: &Symbols::default(), equations: &mut equations, lenient: false };
    op.infer(&described, &mut constraints).ok().map(|result| (operands, result))
}

/// The roles in which the operation takes some element type.
fn roles(op: &dyn Operation) -> Option<Roles> {
    let arity = op.arity();
    let kinds = [(false, 0), (false, arity), (false, arity.saturating_sub(1)), (true, 0)];
    let ranks = [(1, false), (0, false), (2, false), (2, true)];
    let all = kinds.into_iter().flat_map(|(condition, indices)| {
        ranks.map(|(rank, narrower)| Roles { rank, condition, indices, narrower })
    });
    all.filter(|roles| !roles.condition || arity > 2).find(|roles| {
        [DType::F64, DType::I64, DType::Bool].iter().any(|d| infer_as(op, *roles, *d).is_some())
    })
}

fn infer(op: &dyn Operation, dtype: DType) -> Option<(Vec<TensorType>, TensorType)> {
    infer_as(op, roles(op)?, dtype)
}

/// What the operation's gradient rule gives, as mathematics.
fn gradients(op: &Op) -> String {
    let definition = op.definition();
    let Some((operands, result)) = infer(definition, DType::F64) else { return "none".to_owned() };
    let described: Vec<Operand<'_>> = operands.iter().map(|ty| Operand { ty, literal: None }).collect();
    if definition.kernel(&described, &result) == Kernel::Composite {
        return "by what it stands for".to_owned();
    }
    if operands.is_empty() || !result.dtype.is_differentiable() {
        return "none".to_owned();
    }
    let mut graph = Graph::default();
    let input = |name: &str, ty: &TensorType, graph: &mut Graph| {
        graph.op_node(Input { name: name.into(), dtype: ty.dtype, shape: ty.shape.clone() }, &[])
    };
    let names = ["x", "y", "z", "u", "v", "w"];
    let ids: Vec<NodeId> = operands.iter().zip(names).map(|(ty, name)| input(name, ty, &mut graph)).collect();
    let value = graph.op_node(op.clone(), &ids);
    let cotangent = input("g", &result, &mut graph);
    let support = &Support::EVERYWHERE;
    let vjp = Vjp { operands: &ids, result: value, cotangent, support, is_plain: true };
    let gradients = definition.gradient(&mut graph, &vjp);
    let texts: Vec<String> = gradients
        .into_iter()
        .map(|gradient| gradient.map_or("0".to_owned(), |id| expression(&graph, id)))
        .collect();
    if texts.iter().all(|text| text == "0") {
        return "none".to_owned();
    }
    format!("`{}`", texts.join("`, `").replace("TensorConstant", "").replace('|', "\\|"))
}

fn kernel(op: &dyn Operation) -> &'static str {
    let types = [DType::F32, DType::I64].into_iter().find_map(|dtype| infer(op, dtype));
    let Some((operands, result)) = types else { return "" };
    let described: Vec<Operand<'_>> = operands.iter().map(|ty| Operand { ty, literal: None }).collect();
    match op.kernel(&described, &result) {
        Kernel::Leaf(_) => "leaf",
        Kernel::Map(_) => "map",
        Kernel::Reduce(_) => "reduce",
        Kernel::View(_) => "view",
        Kernel::Contract(_) => "contract",
        Kernel::Reshape => "reshape",
        Kernel::Concatenate(_) => "concatenate",
        Kernel::Gather(_) => "gather",
        Kernel::Scatter(_) => "scatter",
        Kernel::Scan(_) => "scan",
        Kernel::Routine(_) => "routine",
        Kernel::Composite => "composite",
    }
}

fn dtypes(op: &dyn Operation) -> String {
    if op.arity() == 0 {
        return "all".to_owned();
    }
    let mut groups: Vec<(Option<DType>, Vec<DType>)> = vec![];
    for dtype in DType::ALL {
        let Some((_, result)) = infer(op, dtype) else { continue };
        let becomes = (result.dtype != dtype).then_some(result.dtype);
        match groups.iter_mut().find(|(other, _)| *other == becomes) {
            Some((_, group)) => group.push(dtype),
            None => groups.push((becomes, vec![dtype])),
        }
    }
    let text = |(becomes, group): &(Option<DType>, Vec<DType>)| {
        let names = match group.len() == DType::ALL.len() {
            true => "all".to_owned(),
            false => group.iter().map(DType::to_string).collect::<Vec<_>>().join(" "),
        };
        becomes.map_or(names.clone(), |becomes| format!("{names} → {becomes}"))
    };
    groups.iter().map(text).collect::<Vec<_>>().join("; ")
}
