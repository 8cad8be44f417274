//! What programs see of a library, apart from what its code does.

use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, Symbol, Symbols};
use tgc_graph::infer::constrained_least;
use tgc_graph::ty::TensorType;

use crate::machine::Machine;
use crate::size::Size;
use crate::{Body, Buffer, BufferId};

/// Everything that one library is made from: what programs see of it, and what its code does.
#[derive(Clone, Debug)]
pub struct ModelPlan {
    /// What header, descriptions, sessions and the command line read.
    pub interface: Interface,
    /// What code is made of: one for each machine that the library has code for, the least demanding first.
    pub variants: Vec<Variant>,
}

/// What a program that links a library can know of it.
#[derive(Clone, Debug)]
pub struct Interface {
    /// The model's name.
    pub name: String,
    /// The sizes that the configuration of an instance names: the functions' symbols, one per name.
    pub sizes: Vec<Symbol>,
    /// Shared variables, in the order of the model.
    pub states: Vec<State>,
    /// Tensor constants, by [`Storage::Constant`](crate::Storage::Constant).
    pub constants: Vec<Array>,
    /// Shared variables that became read-only data; `states` lacks them.
    pub frozen: Vec<Frozen>,
    /// The functions, in the order of the model.
    pub functions: Vec<Signature>,
}

/// The code of a library for one machine.
#[derive(Clone, Debug)]
pub struct Variant {
    /// What it was planned for.
    pub machine: Machine,
    /// What the interface's functions do, in its order.
    pub bodies: Vec<Body>,
}

/// A shared variable whose value is fixed in the library.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// The variable's name.
    pub name: String,
    /// Its value.
    pub value: Array,
}

/// The value of a shared variable, as an instance holds it.
#[derive(Clone, Debug)]
pub struct State {
    /// The variable's name.
    pub name: String,
    /// Its value in a new instance; the type is static.
    pub initial: Array,
    /// Byte offset in the state block, a multiple of 64.
    pub offset: u64,
}

/// How a function is called, and what it may change.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The function's name.
    pub name: String,
    /// The symbols that its dims refer to; each is a leading `int64_t` parameter, in this order.
    pub symbols: Symbols,
    /// Inputs in order.
    pub inputs: Vec<Argument>,
    /// Outputs in order.
    pub outputs: Vec<Argument>,
    /// Indices of the states it reads, ascending.
    pub reads: Vec<usize>,
    /// Indices of the states it updates, ascending.
    pub updates: Vec<usize>,
    /// Sizes that must agree when a call enters.
    pub checks: Vec<Check>,
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TensorType,
    /// The value when the caller gives none (inputs only).
    pub default: Option<Array>,
}

impl Interface {
    /// The bytes of a state block, in which each state takes whole lines of 64.
    pub fn state_bytes(&self) -> u64 {
        let end = |state: &State| state.offset + (state.initial.bytes().len() as u64).next_multiple_of(64);
        self.states.iter().map(end).max().unwrap_or(0)
    }
}

impl Argument {
    /// Whether an input is passed by value: a real scalar.
    pub fn is_by_value(&self) -> bool {
        self.ty.rank() == 0 && self.ty.dtype.parts() == 1
    }
}

/// An equation between sizes that a call checks before it does anything.
#[derive(Clone, Debug)]
pub struct Check {
    /// What the left size is, in the user's terms: `y axis 0`.
    pub left_name: String,
    /// Left size.
    pub left: Dim,
    /// What the right size is.
    pub right_name: String,
    /// Right size.
    pub right: Dim,
}

impl Check {
    /// What the left size must be at least, if that is what it says.
    pub fn least(&self) -> Option<i64> {
        constrained_least(&self.left, &self.right)
    }
}

/// A function as one variant has it.
#[derive(Clone, Copy, Debug)]
pub struct FunctionPlan<'p> {
    /// How it is called.
    pub signature: &'p Signature,
    /// What it does.
    pub body: &'p Body,
}

impl Signature {
    /// A function that takes and gives nothing.
    pub fn new(name: impl Into<String>, symbols: Symbols) -> Signature {
        Signature {
            name: name.into(),
            symbols,
            inputs: vec![],
            outputs: vec![],
            reads: vec![],
            updates: vec![],
            checks: vec![],
        }
    }
}

impl ModelPlan {
    /// The functions as one variant has them, in order.
    pub fn functions_of<'p>(&'p self, variant: &'p Variant) -> impl Iterator<Item = FunctionPlan<'p>> {
        let pairs = self.interface.functions.iter().zip(&variant.bodies);
        pairs.map(|(signature, body)| FunctionPlan { signature, body })
    }

    /// The function of this index as a variant has it.
    pub fn function_of<'p>(&'p self, variant: &'p Variant, index: usize) -> FunctionPlan<'p> {
        FunctionPlan { signature: &self.interface.functions[index], body: &variant.bodies[index] }
    }

    /// Every function of every variant.
    pub fn functions(&self) -> impl Iterator<Item = FunctionPlan<'_>> {
        self.variants.iter().flat_map(|variant| self.functions_of(variant))
    }

    /// Bytes of workspace that are enough for the function of this index in every variant.
    pub fn workspace(&self, index: usize) -> Size {
        let each = self.variants.iter().map(|variant| variant.bodies[index].workspace.clone());
        each.reduce(Size::max).unwrap_or(Size::Const(0))
    }

    /// The function of this index as the first variant has it.
    pub fn function(&self, index: usize) -> FunctionPlan<'_> {
        FunctionPlan { signature: &self.interface.functions[index], body: &self.variants[0].bodies[index] }
    }
}

impl<'p> FunctionPlan<'p> {
    /// The buffer with this id.
    pub fn buffer(&self, id: BufferId) -> &'p Buffer {
        &self.body.buffers[id.0 as usize]
    }

    /// The symbols that its sizes are made of.
    pub fn symbols(&self) -> &'p Symbols {
        &self.signature.symbols
    }
}
