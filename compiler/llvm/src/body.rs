//! What code of a body is emitted in: where its buffers are, and what it was passed.

use std::collections::BTreeMap;
use std::mem::offset_of;
use std::rc::Rc;

use inkwell::types::BasicTypeEnum;
use inkwell::values::{FunctionValue, IntValue, PointerValue};
use tgc_abi::Context as Instance;
use tgc_graph::dtype::DType;
use tgc_plan::{BufferId, FunctionPlan, State, Storage};
use tgc_scalar::{ScalarKind, stored_scalar};

use crate::ir::{Ir, Val, basic};
use crate::memory::from_memory;
use crate::shell::Shell;

/// Where a buffer is.
#[derive(Clone, Copy)]
pub(crate) enum Base<'c> {
    /// A 0-d input that arrived by value.
    Value(Val<'c>),
    /// Its first element.
    Memory(PointerValue<'c>),
}

/// Where the buffers of a body are.
pub(crate) enum Bases<'b, 'c> {
    /// In parameters, or at a known distance from one: those of the body's steps.
    Known(BTreeMap<BufferId, Base<'c>>),
    /// In the kernel's parameters, or at a distance that is computed where it is asked for: many steps have
    /// more buffers than there are registers.
    Passed(Passed<'b, 'c>),
    /// Where the words of the frame say, which are the start of the workspace.
    Framed { words: PointerValue<'c>, constants: &'b [PointerValue<'c>], states: &'b [State] },
}

/// Where the parameters of a kernel without a frame lead.
#[derive(Clone)]
pub(crate) struct Passed<'b, 'c> {
    pub(crate) plan: FunctionPlan<'b>,
    pub(crate) constants: &'b [PointerValue<'c>],
    /// The states that the function reads or updates, ascending.
    pub(crate) touched: Rc<[usize]>,
}

/// A kernel, or a part of one, under construction.
pub(crate) struct Body<'b, 'c> {
    pub(crate) ir: Ir<'b, 'c>,
    pub(crate) plan: FunctionPlan<'b>,
    /// Where buffers are.
    pub(crate) bases: Bases<'b, 'c>,
    /// The number of the chunk whose rows it runs.
    pub(crate) chunk: IntValue<'c>,
    /// The parameters as they came, to pass on, the context last.
    pub(crate) params: Vec<Val<'c>>,
    /// The most bytes of live values of a tile.
    pub(crate) budget: usize,
}

impl<'c> Body<'_, 'c> {
    /// The instance.
    pub(crate) fn context(&self) -> Val<'c> {
        *self.params.last().expect("invariant: the context comes last")
    }
}

impl<'b, 'c> Body<'b, 'c> {
    /// Where a buffer is.
    pub(crate) fn base(&self, buffer: BufferId) -> Base<'c> {
        match &self.bases {
            Bases::Known(bases) => {
                *bases.get(&buffer).expect("invariant: steps list the buffers that they touch")
            }
            Bases::Passed(passed) => passed.find(&self.ir, &self.params, buffer),
            Bases::Framed { words, constants, states } => match &self.plan.buffer(buffer).storage {
                Storage::Input(i) if self.plan.signature.inputs[*i].is_by_value() => {
                    let dtype = self.plan.signature.inputs[*i].ty.dtype;
                    let value = self.argument(*words, *i, scalar_type(self.ir.shell, dtype));
                    Base::Value(from_memory(&self.ir, stored_scalar(dtype), value))
                }
                Storage::Input(i) => Base::Memory(self.array(*words, *i)),
                Storage::Output(i) => Base::Memory(self.array(*words, self.plan.signature.inputs.len() + i)),
                Storage::State(i) => {
                    let context = self.context().into_pointer_value();
                    let block =
                        load_slot(&self.ir, context, offset_of!(Instance, state)).into_pointer_value();
                    Base::Memory(self.ir.offset(block, self.ir.int(states[*i].offset as i64)))
                }
                Storage::Constant(i) => Base::Memory(constants[*i]),
                Storage::Workspace { offset } => Base::Memory(self.ir.behind(*words, offset)),
            },
        }
    }

    /// What the frame holds of an input, or of an output behind all inputs.
    fn argument(&self, words: PointerValue<'c>, index: usize, ty: BasicTypeEnum<'c>) -> Val<'c> {
        let word = self.plan.signature.symbols.len() + index;
        self.ir.load(ty, self.ir.word_address(words, word), 8)
    }

    fn array(&self, words: PointerValue<'c>, index: usize) -> PointerValue<'c> {
        self.argument(words, index, self.ir.shell.pointer_type()).into_pointer_value()
    }

    /// The body of a function that is given all it needs: it knows no buffers.
    pub(crate) fn apart(&self, function: FunctionValue<'c>) -> Body<'b, 'c> {
        let ir = Ir::new(self.ir.shell, function);
        let chunk = ir.int(0);
        let bases = Bases::Known(BTreeMap::new());
        Body { ir, plan: self.plan, bases, chunk, params: vec![], budget: self.budget }
    }
}

impl<'c> Passed<'_, 'c> {
    /// Where a buffer is, by the parameters of a kernel without a frame.
    pub(crate) fn find(&self, ir: &Ir<'_, 'c>, params: &[Val<'c>], buffer: BufferId) -> Base<'c> {
        let signature = self.plan.signature;
        let (inputs, outputs) = params[signature.symbols.len()..].split_at(signature.inputs.len());
        let (outputs, states) = outputs.split_at(signature.outputs.len());
        let start = match &self.plan.buffer(buffer).storage {
            Storage::Input(i) if signature.inputs[*i].is_by_value() => {
                let scalar = stored_scalar(signature.inputs[*i].ty.dtype);
                return Base::Value(from_memory(ir, scalar, inputs[*i]));
            }
            Storage::Input(i) => inputs[*i].into_pointer_value(),
            Storage::Output(i) => outputs[*i].into_pointer_value(),
            Storage::State(state) => {
                let at = self.touched.binary_search(state).expect("invariant: touched states are listed");
                states[at].into_pointer_value()
            }
            Storage::Constant(i) => self.constants[*i],
            Storage::Workspace { offset } => {
                ir.behind(states[self.touched.len()].into_pointer_value(), offset)
            }
        };
        Base::Memory(start)
    }
}

/// Where an instance keeps what wrappers read.
pub(crate) fn load_slot<'c>(ir: &Ir<'_, 'c>, context: PointerValue<'c>, offset: usize) -> Val<'c> {
    ir.load(ir.shell.pointer_type(), ir.offset(context, ir.int(offset as i64)), 8)
}

/// The type in which a scalar of this element type is passed: its bits, Bool as a byte.
pub(crate) fn scalar_type<'c>(shell: &Shell<'_, 'c>, dtype: DType) -> BasicTypeEnum<'c> {
    let scalar = stored_scalar(dtype);
    match scalar.kind() {
        ScalarKind::F32 => basic(shell.context.f32_type()),
        ScalarKind::F64 => basic(shell.context.f64_type()),
        ScalarKind::Bool | ScalarKind::Integer | ScalarKind::F16 | ScalarKind::BF16 => {
            basic(crate::ir::int_of_bits(shell.context, scalar.bits()))
        }
    }
}
