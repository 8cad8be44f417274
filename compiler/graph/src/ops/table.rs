//! The table of all operations, for `docs/ops.md`. A test holds the file to it.

use super::{Notation, Op, Operation};
use crate::dim::Symbols;
use crate::dtype::DType;
use crate::infer::{Demands, Equations, Operand};
use crate::kernel::Kernel;
use crate::ty::TensorType;

/// All operations as a Markdown table: name, notation, kernel class, element types and meaning.
pub fn ops_markdown() -> String {
    let mut text = String::from(
        "# Operations\n\nGenerated from the list in `compiler/graph/src/ops/mod.rs`; a test fails when this file \
         differs.\n\nElement types are those of the first operand; `→` shows the result's where it differs.\n\n\
         | operation | in `pp` | kernel | element types | meaning |\n|---|---|---|---|---|\n",
    );
    for op in Op::samples() {
        let definition = op.definition();
        let row = format!(
            "| `{}` | {} | {} | {} | {} |\n",
            definition.name(),
            notation(definition),
            kernel(definition),
            dtypes(definition),
            summary(definition.doc())
        );
        text.push_str(&row);
    }
    text
}

/// The first paragraph of a documentation comment, as one line.
fn summary(doc: &str) -> String {
    let lines = doc.lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

fn notation(op: &dyn Operation) -> String {
    match op.notation() {
        Notation::Call(name) => format!("`{name}(…)`"),
        Notation::Infix(symbol) => format!("`(a {symbol} b)`"),
        Notation::Prefix(symbol) => format!("`({symbol}a)`"),
        Notation::Transparent => "as its operand".to_owned(),
        Notation::Leaf => "its name or value".to_owned(),
    }
}

/// The result of the operation on operands of one type and rank 1 (0 for gradients' costs).
fn infer(op: &dyn Operation, dtype: DType) -> Option<(Vec<TensorType>, TensorType)> {
    for rank in [1, 0] {
        let operands = vec![TensorType::new(dtype, vec![2.into(); rank]); op.arity()];
        let described: Vec<Operand<'_>> = operands.iter().map(|ty| Operand { ty, weak: false }).collect();
        let mut equations = Equations::collecting();
        let mut demands = Demands { symbols: &Symbols::default(), equations: &mut equations };
        if let Ok(result) = op.infer(&described, &mut demands) {
            return Some((operands, result));
        }
    }
    None
}

fn kernel(op: &dyn Operation) -> &'static str {
    let Some((operands, result)) = infer(op, DType::F32) else { return "" };
    let described: Vec<Operand<'_>> = operands.iter().map(|ty| Operand { ty, weak: false }).collect();
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
        Kernel::Prefix(_) => "prefix",
        Kernel::Deferred => "composite",
    }
}

fn dtypes(op: &dyn Operation) -> String {
    if op.arity() == 0 {
        return "all".to_owned();
    }
    let admitted: Vec<String> = DType::ALL
        .into_iter()
        .filter_map(|dtype| {
            let (_, result) = infer(op, dtype)?;
            Some(if result.dtype == dtype {
                dtype.to_string()
            } else {
                format!("{dtype}→{}", result.dtype)
            })
        })
        .collect();
    admitted.join(" ")
}
