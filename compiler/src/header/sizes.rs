//! Macros that state sizes: ranges of the symbolic ones, and bytes of the blocks.

use tgc_graph::dim::{Dim, SymbolId, Symbols};
use tgc_plan::size::Size;
use tgc_plan::{Interface, ModelPlan, Signature};

use super::{PLACEHOLDER, Source, stack_placeholder, symbol_name};
use crate::names::argument;

/// The section of the header.
pub(super) fn section(source: &Source<'_>) -> String {
    let mut text = ranges(source);
    text.push_str("/* Bytes of an instance's blocks. The workspace depends on the sizes of the calls. */\n");
    let define = |name: &str, value: u64| format!("#define {} UINT64_C({value})\n", source.upper(name));
    text.push_str(&define("CTX_BYTES", tgc_abi::CTX_BYTES));
    text.push_str(&define("STATE_BYTES", source.interface.state_bytes()));
    for (index, function) in source.interface.functions.iter().enumerate() {
        let name = source.upper(&format!("{}_WS_BYTES", function.name));
        let parameters = parameters(function.symbols.iter().map(|(_, s)| s.name.as_str()));
        let value = source.plan.workspace(index).to_c(&|id| argument(&symbol_name(function, id)));
        text.push_str(&format!("#define {name}{parameters} {value}\n"));
    }
    let sizes = &source.interface.sizes;
    let all = parameters(sizes.iter().map(|s| s.name.as_str()));
    let value = workspace(source.plan).to_c(&|id| argument(&sizes[id.0 as usize].name));
    text.push_str(&format!("#define {}{all} {value} /* every function */\n", source.upper("WS_BYTES")));
    text.push_str(
        "\n/* Bytes of stack that a call takes at most, besides what memcpy and a pool take. The last line is any\n \
         * call's, but create's, share's and destroy's. */\n",
    );
    for (index, function) in source.interface.functions.iter().enumerate() {
        text.push_str(&stack(source, &format!("{}_STACK_BYTES", function.name), Some(index)));
    }
    text.push_str(&stack(source, "STACK_BYTES", None));
    text.push_str(&format!(
        "\n/* What kernels are compiled for, the best last; an instance uses one, which its config may name. */\n\
         #define {} \"{}\"\n",
        source.upper("VARIANTS"),
        source.variants.join(", "),
    ));
    text.push_str("\n/* Bytes of an image of the state, which is a safetensors file. */\n");
    text.push_str(&define("SAVE_BYTES", source.image.bytes));
    text.push_str(&format!(
        "\n/* Declares a block: static {0}(ws, {1}); */\n#define {0}(id, bytes) TGC_BLOCK(id, bytes)\n",
        source.upper("BLOCK"),
        source.upper("STATE_BYTES"),
    ));
    text.push_str(&format!("\n#define {} UINT64_C(0x{PLACEHOLDER})\n", source.upper("HASH")));
    text
}

fn stack(source: &Source<'_>, name: &str, function: Option<usize>) -> String {
    format!("#define {} UINT64_C({})\n", source.upper(name), stack_placeholder(function))
}

fn ranges(source: &Source<'_>) -> String {
    let sizes = &source.interface.sizes;
    if sizes.is_empty() {
        return String::new();
    }
    let mut text = "/* Ranges of the sizes that calls take. */\n".to_owned();
    for size in sizes {
        for (end, value) in [("MIN", size.min), ("MAX", size.max)] {
            let name = source.upper(&format!("{}_{end}", size.name));
            text.push_str(&format!("#define {name} INT64_C({value})\n"));
        }
    }
    text.push('\n');
    text
}

/// The workspace that is enough for every function, at sizes that a function does not admit for the nearest
/// that it does; its symbols are indices into [`Interface::sizes`].
pub(super) fn workspace(plan: &ModelPlan) -> Size {
    let mut symbols = Symbols::default();
    let interface = &plan.interface;
    for size in &interface.sizes {
        symbols.push(size.clone());
    }
    let each = plan.functions().map(|function| {
        rename(&function.body.workspace, &symbols, &|id| {
            model_size(interface, &symbols, function.signature, id)
        })
    });
    each.reduce(Size::max).unwrap_or(Size::Const(0))
}

fn model_size(interface: &Interface, symbols: &Symbols, function: &Signature, id: SymbolId) -> Dim {
    let own = function.symbols.get(id);
    let index = interface.sizes.iter().position(|s| s.name == own.name);
    let index = index.expect("invariant: the interface lists every symbol of its functions");
    let size = Dim::symbol(SymbolId(index as u32));
    let at_least = Dim::max(&size, &Dim::Const(own.min), symbols);
    Dim::min(&at_least, &Dim::Const(own.max), symbols)
}

fn rename(size: &Size, symbols: &Symbols, symbol: &dyn Fn(SymbolId) -> Dim) -> Size {
    // A dim may be a number now.
    let renamed = |dim: &Dim| Size::of(&dim.substitute(symbols, &mut |id| symbol(id)), 1);
    match size {
        Size::Const(n) => Size::Const(*n),
        Size::Whole(dim) => renamed(dim),
        Size::Align64(dim, times) => {
            std::iter::repeat_n(renamed(dim), *times as usize).fold(Size::Const(0), Size::add)
        }
        Size::Sum(terms) => terms.iter().map(|t| rename(t, symbols, symbol)).fold(Size::Const(0), Size::add),
        Size::Max(terms) => {
            terms.iter().map(|t| rename(t, symbols, symbol)).reduce(Size::max).unwrap_or(Size::Const(0))
        }
    }
}

/// `(N, K)`, or nothing for a macro that is a constant.
fn parameters<'s>(names: impl Iterator<Item = &'s str>) -> String {
    let names: Vec<String> = names.map(argument).collect();
    if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) }
}
