//! Prints modules; see [the form](super).

use std::fmt::Write;

use tgc_scalar::dtype::DType;

use super::element::write_element;
use super::lex::quote;
use super::{VERSION, is_word};
use crate::array::Array;
use crate::attribute::Attribute;
use crate::dim::{Dim, Symbol, SymbolId, Symbols, write_dim};
use crate::graph::{Graph, NodeId};
use crate::limits::MAX_FILL_BYTES;
use crate::module::{Function, Module, SharedVariable};
use crate::origin::Origin;
use crate::ty::TensorType;

/// A module as text that [`parse`](super::parse) reads back to an equal one.
pub fn print(module: &Module) -> String {
    Printer::new(usize::MAX).module(module)
}

/// One function of a model with these shared variables, for [`parse_function`](super::parse_function).
pub fn print_function(function: &Function, shared: &[SharedVariable]) -> String {
    let mut printer = Printer::new(usize::MAX);
    printer.function(function, shared);
    printer.out
}

/// A module to look at: lists of more than eight elements are cut short. Does not read back.
pub fn dump(module: &Module) -> String {
    Printer::new(8).module(module)
}

/// One function to look at; see [`dump`].
pub fn dump_function(function: &Function, shared: &[SharedVariable]) -> String {
    let mut printer = Printer::new(8);
    printer.function(function, shared);
    printer.out
}

struct Printer {
    out: String,
    /// The longest list that is written in full.
    longest: usize,
    /// Bytes of initial values that may still be written as one value.
    fill: usize,
}

impl Printer {
    fn new(longest: usize) -> Printer {
        Printer { out: String::new(), longest, fill: MAX_FILL_BYTES }
    }

    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("invariant: a string takes all that is written");
    }

    fn module(mut self, module: &Module) -> String {
        self.put(format_args!("tgc {VERSION} model "));
        quote(&mut self.out, &module.name);
        self.out.push('\n');
        for variable in &module.shared {
            self.shared(variable);
        }
        for function in &module.functions {
            self.out.push('\n');
            self.function(function, &module.shared);
        }
        self.out
    }

    fn shared(&mut self, variable: &SharedVariable) {
        self.out.push_str("shared ");
        quote(&mut self.out, &variable.name);
        let initial = &variable.initial;
        self.put(format_args!(" : {}[", initial.dtype()));
        self.separated(",", initial.shape(), |p, size| p.put(format_args!("{size}")));
        self.out.push_str("] = ");
        let bytes = initial.bytes().len();
        match initial.as_splat().filter(|_| bytes <= self.fill) {
            Some(parts) => {
                self.fill -= bytes;
                write_element(&mut self.out, initial.dtype(), parts);
            }
            None => self.array(initial),
        }
        self.out.push('\n');
    }

    fn array(&mut self, array: &Array) {
        let len = array.len();
        let shown = if len <= self.longest { len } else { self.longest / 2 };
        self.out.push('[');
        for i in 0..shown {
            self.out.push_str(if i == 0 { "" } else { ", " });
            write_element(&mut self.out, array.dtype(), array.get(i));
        }
        if shown < len {
            self.put(format_args!(", … {len} elements"));
        }
        self.out.push(']');
    }

    fn function(&mut self, function: &Function, shared: &[SharedVariable]) {
        self.out.push_str("function ");
        quote(&mut self.out, &function.name);
        self.out.push('\n');
        let graph = &function.graph;
        let symbols = &symbol_names(&graph.scope.symbols);
        self.sizes(graph, symbols);
        for id in graph.ids() {
            self.node(graph, symbols, id);
        }
        if function.inputs != default_inputs(graph) {
            self.out.push_str("  inputs");
            self.separated(",", &function.inputs, |p, id| p.put(format_args!(" %{}", id.0)));
            self.out.push('\n');
        }
        for output in &function.outputs {
            self.out.push_str("  output ");
            quote(&mut self.out, &output.name);
            self.put(format_args!(" = %{}\n", output.node.0));
        }
        for update in &function.updates {
            self.out.push_str("  update ");
            match shared.get(update.shared) {
                Some(variable) => quote(&mut self.out, &variable.name),
                None => self.put(format_args!("#{}", update.shared)),
            }
            self.put(format_args!(" = %{}\n", update.node.0));
        }
        self.out.push_str("end\n");
    }

    fn sizes(&mut self, graph: &Graph, symbols: &[String]) {
        for ((_, Symbol { min, max, hint, .. }), name) in graph.scope.symbols.iter().zip(symbols) {
            self.put(format_args!("  size {name} {min}..{max}"));
            if let Some(hint) = hint {
                self.put(format_args!(" hint {hint}"));
            }
            self.out.push('\n');
        }
        for equation in &graph.scope.equations.known {
            self.out.push_str("  check ");
            quote(&mut self.out, &equation.left_name);
            self.out.push(' ');
            self.dim(symbols, &equation.left);
            self.out.push_str(" == ");
            quote(&mut self.out, &equation.right_name);
            self.out.push(' ');
            self.dim(symbols, &equation.right);
            self.out.push('\n');
        }
    }

    fn node(&mut self, graph: &Graph, symbols: &[String], id: NodeId) {
        let node = graph.node(id);
        let definition = node.op.definition();
        self.put(format_args!("  %{} = {}", id.0, definition.name()));
        let leaf = definition.arity() == 0;
        if !leaf {
            self.out.push('(');
            self.separated(", ", &node.operands, |p, operand| p.put(format_args!("%{}", operand.0)));
            self.out.push(')');
        }
        let explicit = definition
            .attributes()
            .into_iter()
            .zip(node.op.fields())
            .filter(|((_, value), field)| field.default.value(Some(&node.ty)).as_ref() != Some(value))
            .map(|(attribute, _)| attribute);
        for (i, (name, value)) in explicit.enumerate() {
            self.out.push(' ');
            match (&value, leaf && i == 0) {
                (Attribute::Bool(true), false) => self.out.push_str(name),
                (_, true) => self.attribute(graph, symbols, &node.ty, &value),
                (_, false) => {
                    self.put(format_args!("{name}="));
                    self.attribute(graph, symbols, &node.ty, &value);
                }
            }
        }
        self.out.push_str(" : ");
        self.ty(symbols, &node.ty);
        self.origin(&node.origin);
        self.out.push('\n');
    }

    fn attribute(&mut self, graph: &Graph, symbols: &[String], ty: &TensorType, value: &Attribute) {
        match value {
            Attribute::Bool(value) => self.put(format_args!("{value}")),
            Attribute::Int(value) => self.put(format_args!("{value}")),
            Attribute::DType(dtype) => self.put(format_args!("{dtype}")),
            Attribute::Dim(dim) => self.dim(symbols, dim),
            Attribute::Text(text) => quote(&mut self.out, text),
            Attribute::Element(parts) => write_element(&mut self.out, ty.dtype, *parts),
            Attribute::Ints(values) => {
                self.out.push('[');
                self.separated(", ", values, |p, value| p.put(format_args!("{value}")));
                self.out.push(']');
            }
            Attribute::Dims(dims) => {
                self.out.push('[');
                self.separated(", ", dims, |p, dim| p.dim(symbols, dim));
                self.out.push(']');
            }
            Attribute::Data(id) => match graph.scope.data.get(*id) {
                Some(array) => self.array(array),
                None => self.put(format_args!("[missing {id:?}]")),
            },
        }
    }

    fn ty(&mut self, symbols: &[String], ty: &TensorType) {
        self.put(format_args!("{}[", ty.dtype));
        self.separated(",", &ty.shape, |p, dim| p.dim(symbols, dim));
        self.out.push(']');
    }

    fn origin(&mut self, origin: &Origin) {
        let Origin { file, line, column, name, lookup: _ } = origin;
        let has_place = !file.is_empty() || (*line, *column) != (0, 0);
        if !has_place && name.is_empty() {
            return;
        }
        self.out.push_str("  @ ");
        if !has_place {
            return quote(&mut self.out, name);
        }
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '"' | ';' | '\\' | ':');
        match !file.is_empty() && file.chars().all(plain) {
            true => self.out.push_str(file),
            false => quote(&mut self.out, file),
        }
        self.put(format_args!(":{line}"));
        if *column > 0 {
            self.put(format_args!(":{column}"));
        }
        if !name.is_empty() {
            self.out.push(' ');
            quote(&mut self.out, name);
        }
    }

    fn dim(&mut self, symbols: &[String], dim: &Dim) {
        let name = |out: &mut dyn Write, id: SymbolId| match symbols.get(id.0 as usize) {
            Some(name) => out.write_str(name),
            None => write!(out, "#{}", id.0),
        };
        write_dim(&mut self.out, dim, &name).expect("invariant: a string takes all that is written");
    }

    fn separated<T>(&mut self, separator: &str, items: &[T], mut item: impl FnMut(&mut Printer, &T)) {
        for (i, value) in items.iter().enumerate() {
            self.out.push_str(if i == 0 { "" } else { separator });
            item(self, value);
        }
    }
}

/// The symbols' names as sizes are written.
fn symbol_names(symbols: &Symbols) -> Vec<String> {
    let write = |name: &str| match is_word(name) {
        true => name.to_owned(),
        false => {
            let mut quoted = String::new();
            quote(&mut quoted, name);
            quoted
        }
    };
    symbols.iter().map(|(_, symbol)| write(&symbol.name)).collect()
}

/// The inputs when the text does not list them: by node.
pub(super) fn default_inputs(graph: &Graph) -> Vec<NodeId> {
    graph.ids().filter(|id| graph.op(*id).input_name().is_some()).collect()
}

/// A type of static shape, for messages.
pub(super) fn shape_text(dtype: DType, shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("{dtype}[{}]", sizes.join(","))
}
