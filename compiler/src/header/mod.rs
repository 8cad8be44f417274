//! The C header of a library, written to be read by a C programmer.
//!
//! The text is made of sections in the order of their use: banner (`docs`), types (`types`), sizes and blocks
//! (`sizes`), functions and states (`calls`). It compiles as C99 to C23 and as C++11 and later without a
//! warning.
//!
//! Every exported function is linked under a name that ends in a hash of the whole text and of what code is
//! compiled for, so that a header and a library that do not belong together do not link. How much stack calls
//! take is known once there is code, and stands in the text alone. The text states a digest of the contents,
//! so that two versions of a model have different names even where their interfaces agree.

mod calls;
mod docs;
mod sizes;
mod types;

use tgc_graph::data::DataId;
use tgc_graph::dim::SymbolId;
use tgc_graph::ty::TensorType;
use tgc_llvm::Stack;
use tgc_plan::print::Detail;
use tgc_plan::{Interface, ModelPlan, Signature};

use crate::names::Names;
use crate::safetensors::Image;

/// A header and the hash of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The text, without the stack that calls take.
    template: String,
    /// What the text calls `NAME_HASH`.
    pub hash: u64,
    /// The ending of every linked name: the hash in 16 hexadecimal digits.
    pub suffix: String,
}

/// Stands for the hash while the text is hashed; no C text contains it.
const PLACEHOLDER: &str = "@@@@@@@@@@@@@@@@";

/// Stands for the bytes of stack of the function with an index, or of any call. Nothing else in the text has
/// the sign.
fn stack_placeholder(function: Option<usize>) -> String {
    format!("@{}@", function.map_or_else(String::new, |index| index.to_string()))
}

/// What the sections are made from.
struct Source<'a> {
    plan: &'a ModelPlan,
    interface: &'a Interface,
    names: &'a Names,
    image: &'a Image,
    /// The names of the variants, the best last.
    variants: &'a [&'a str],
}

impl Header {
    /// The header of a library of these variants; `code` says what the code is compiled for.
    pub fn new(plan: &ModelPlan, names: &Names, image: &Image, variants: &[&str], code: &str) -> Header {
        let source = Source { plan, interface: &plan.interface, names, image, variants };
        let guard = names.upper("H");
        let sections = [
            docs::banner(&source, digest(plan)),
            format!("#ifndef {guard}\n#define {guard}\n"),
            types::shared(),
            sizes::section(&source),
            types::own(&source),
            calls::section(&source),
            format!("#endif /* {guard} */\n"),
        ];
        let template = sections.join("\n");
        let hash = first_half(blake3::hash(format!("{template}{code}").as_bytes()));
        let suffix = format!("{hash:016x}");
        Header { template: template.replace(PLACEHOLDER, &suffix), hash, suffix }
    }

    /// The text, with the stack that calls of the code take.
    pub fn text(&self, stack: &Stack) -> String {
        let number = |(at, piece): (usize, &str)| match (at % 2, piece.parse::<usize>()) {
            (0, _) => piece.to_owned(),
            (_, Ok(function)) => stack.functions[function].to_string(),
            (_, Err(_)) => stack.most.to_string(),
        };
        self.template.split('@').enumerate().map(number).collect()
    }
}

impl Source<'_> {
    fn lower(&self, name: &str) -> String {
        self.names.lower(name)
    }

    fn upper(&self, name: &str) -> String {
        self.names.upper(name)
    }
}

/// The name of a function's symbol.
fn symbol_name(function: &Signature, id: SymbolId) -> String {
    function.symbols.get(id).name.clone()
}

fn show(ty: &TensorType, function: &Signature) -> String {
    ty.display(&function.symbols).to_string()
}

/// A list of words as prose has it: `w, b`.
fn list<'s>(words: impl Iterator<Item = &'s str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

fn first_half(hash: blake3::Hash) -> u64 {
    let mut half = [0; 8];
    half.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_be_bytes(half)
}

/// A hash of the contents: the plan as it prints with every program, and all arrays by the hash of their
/// contents.
fn digest(plan: &ModelPlan) -> u64 {
    let Interface { states, constants, frozen, functions, .. } = &plan.interface;
    let mut hasher = blake3::Hasher::new();
    hasher.update(plan.display(Detail::Programs).to_string().as_bytes());
    let defaults = functions.iter().flat_map(|f| f.inputs.iter().filter_map(|i| i.default.as_ref()));
    let states = states.iter().map(|s| &s.initial);
    for array in states.chain(constants).chain(frozen.iter().map(|f| &f.value)).chain(defaults) {
        hasher.update(&DataId::of(array).0.to_le_bytes());
    }
    first_half(hasher.finalize())
}
