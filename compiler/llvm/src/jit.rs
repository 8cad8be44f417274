//! Runs a model in this process: the same modules as [`compile`](crate::compile), through LLVM's MCJIT.
//!
//! [`Instance::call`] checks the lengths of all arguments against the function's types before it passes their
//! addresses, so a call cannot reach beyond them; everything else the compiled wrapper checks itself.

use std::ffi::{CStr, CString, c_char};

use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::execution_engine::ExecutionEngine;
use inkwell::llvm_sys::execution_engine::LLVMGetGlobalValueAddress;
use tgc_abi::{CModel, CTX_BYTES, CallFn, Config, InitFn, Status};
use tgc_graph::dim::Symbols;
use tgc_graph::ty::TensorType;
use tgc_plan::ModelPlan;

use crate::describe::Linkage;
use crate::error::Error;
use crate::module::{Maker, Source};
use crate::pressure::Budget;
use crate::target::Target;

/// A model compiled into this process.
pub struct Jit {
    /// Owns the modules; dropped before the context that they live in.
    engine: ExecutionEngine<'static>,
    _context: Box<Context>,
    linkage: Linkage,
    config_dims: usize,
    state_bytes: u64,
    states: Vec<(u64, usize)>,
    functions: Vec<Function>,
}

/// What a call must know of a function.
struct Function {
    symbols: Symbols,
    inputs: Vec<(TensorType, bool)>,
    outputs: Vec<TensorType>,
    call: CallFn,
}

/// Memory of one argument.
#[derive(Debug)]
pub enum ArgumentMemory<'a> {
    /// NULL: the default of an input, or an array without elements.
    Null,
    /// The bytes of an input.
    Input(&'a [u8]),
    /// The bytes of an output.
    Output(&'a mut [u8]),
}

/// A call that did not happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JitError {
    /// The status, as in the emitted header.
    pub status: i32,
    /// The error line.
    pub line: String,
}

// SAFETY: A `Jit` owns its context, engine and modules, none of which anything else refers to, and LLVM ties
// none of them to a thread. It is not `Sync`: looking up an address changes the engine.
unsafe impl Send for Jit {}

impl Jit {
    /// Compiles the plan of one variant for this machine at the level that is usual today.
    pub fn new(plan: &ModelPlan, linkage: &Linkage) -> Result<Jit, Error> {
        Jit::with(plan, linkage, &Target::new(None, None, "")?)
    }

    /// The same for a target that this machine can run.
    pub fn with(plan: &ModelPlan, linkage: &Linkage, target: &Target) -> Result<Jit, Error> {
        Jit::make(plan, linkage, target, &Budget::any(plan.interface.functions.len()))
    }

    /// As [`Jit::new`], as code is that has to take little stack.
    pub fn tight(plan: &ModelPlan, linkage: &Linkage) -> Result<Jit, Error> {
        let target = Target::new(None, None, "")?;
        Jit::make(plan, linkage, &target, &Budget::least(plan.interface.functions.len()))
    }

    fn make(plan: &ModelPlan, linkage: &Linkage, target: &Target, budget: &Budget) -> Result<Jit, Error> {
        assert_eq!(plan.variants.len(), 1, "code for one machine");
        check_host(target)?;
        let context = Box::new(Context::create());
        // SAFETY: The box keeps the context at one address, and `Jit` drops the engine, which owns all that
        // refers to the context, before the box. Nothing with the pretended lifetime leaves this module.
        let forever: &'static Context = unsafe { &*std::ptr::from_ref(&*context) };
        let machine = target.to_llvm(OptimizationLevel::Default)?;
        let source = Source { plan, linkage, targets: std::slice::from_ref(target) };
        let engine = compile_into(&Maker { source, context: forever, machine: &machine }, budget)?;
        let mut jit = Jit {
            engine,
            _context: context,
            linkage: linkage.clone(),
            config_dims: plan.interface.sizes.len(),
            state_bytes: plan.interface.state_bytes(),
            states: plan.interface.states.iter().map(|s| (s.offset, s.initial.bytes().len())).collect(),
            functions: vec![],
        };
        jit.functions = jit.find_functions(plan)?;
        Ok(jit)
    }

    /// The address of an exported name.
    pub fn address(&self, linked_name: &str) -> Option<usize> {
        let name = CString::new(linked_name).ok()?;
        // SAFETY: The engine is alive and the name ends in NUL.
        let address = unsafe { LLVMGetGlobalValueAddress(self.engine.as_mut_ptr(), name.as_ptr()) };
        (address != 0).then_some(address as usize)
    }

    fn address_of(&self, short: &str) -> Result<usize, Error> {
        let name = self.linkage.name(short);
        self.address(&name).ok_or_else(|| Error::llvm("looking up a compiled name", name))
    }

    /// Reads the functions' packed entries out of the model's constant.
    fn find_functions(&self, plan: &ModelPlan) -> Result<Vec<Function>, Error> {
        let table = self.model()?.functions;
        let function = |(i, f): (usize, &tgc_plan::Signature)| Function {
            symbols: f.symbols.clone(),
            inputs: f.inputs.iter().map(|a| (a.ty.clone(), a.default.is_some())).collect(),
            outputs: f.outputs.iter().map(|a| a.ty.clone()).collect(),
            // SAFETY: The table has one entry for each function.
            call: unsafe { (*table.add(i)).call },
        };
        Ok(plan.interface.functions.iter().enumerate().map(function).collect())
    }

    /// The model's constant.
    fn model(&self) -> Result<&CModel, Error> {
        let model = self.address_of("model")? as *const CModel;
        // SAFETY: The name belongs to a constant of this type, which lives as long as the engine.
        Ok(unsafe { &*model })
    }

    /// A new instance with memory for these sizes, one for each of [`tgc_plan::Interface::sizes`].
    pub fn instance(&self, size_values: &[i64]) -> Result<Instance<'_>, JitError> {
        assert_eq!(size_values.len(), self.config_dims, "a size for each of the model's");
        let failed = |e: Error| JitError { status: -1, line: e.to_string() };
        let model = self.model().map_err(failed)?;
        // SAFETY: The sizes are as many as the function reads.
        let ws_bytes = unsafe { (model.ws_bytes)(size_values.as_ptr()) };
        let mut instance = Instance {
            jit: self,
            context: Block::new(CTX_BYTES)?,
            state: Block::new(self.state_bytes)?,
            workspace: Block::new(ws_bytes)?,
        };
        instance.init(model.init, size_values)?;
        Ok(instance)
    }
}

fn compile_into(maker: &Maker<'_, 'static>, budget: &Budget) -> Result<ExecutionEngine<'static>, Error> {
    let (model, heap) = (maker.model(budget)?, maker.heap()?);
    let engine = model
        .create_jit_execution_engine(OptimizationLevel::Default)
        .map_err(|message| Error::llvm("making an execution engine", message))?;
    engine.add_module(&heap).map_err(|()| Error::llvm("adding a module", "it has an owner"))?;
    Ok(engine)
}

/// Refuses a machine that lacks the features which the kernels use.
fn check_host(target: &Target) -> Result<(), Error> {
    match target.missing_here() {
        None => Ok(()),
        Some(missing) => Err(Error::Host(format!("its CPU lacks {missing}, which {} has", target.cpu()))),
    }
}

/// An instance of a compiled model with memory of its own.
pub struct Instance<'j> {
    jit: &'j Jit,
    context: Block,
    state: Block,
    workspace: Block,
}

impl Instance<'_> {
    fn init(&mut self, init: InitFn, sizes: &[i64]) -> Result<(), JitError> {
        let config = config(sizes);
        let mut made = std::ptr::null_mut();
        // SAFETY: The blocks are aligned and as large as the model asked for.
        let status = unsafe {
            init(
                config.as_ptr().cast(),
                self.context.start(),
                self.state.start(),
                self.workspace.start(),
                self.workspace.bytes,
                &mut made,
            )
        };
        if status == Status::Ok {
            return Ok(());
        }
        let status = status as i32;
        Err(JitError { status, line: format!("the instance was refused with status {status}") })
    }

    /// Calls a function by its index: sizes, then inputs and outputs in order.
    ///
    /// # Panics
    ///
    /// If there are too many or too few sizes or arguments, or an argument is of another kind or length than
    /// its type.
    pub fn call(
        &mut self,
        function: usize,
        dims: &[i64],
        args: &mut [ArgumentMemory],
    ) -> Result<(), JitError> {
        let function = &self.jit.functions[function];
        assert_eq!(dims.len(), function.symbols.len(), "a size for each symbol");
        assert_eq!(args.len(), function.inputs.len() + function.outputs.len(), "memory for each argument");
        let (inputs, outputs) = args.split_at_mut(function.inputs.len());
        let mut pointers = vec![];
        for (i, (arg, (ty, _))) in inputs.iter().zip(&function.inputs).enumerate() {
            pointers.push(match arg {
                ArgumentMemory::Null => std::ptr::null_mut(),
                ArgumentMemory::Input(bytes) => {
                    check_length(i, bytes.len(), ty, dims);
                    bytes.as_ptr().cast_mut()
                }
                ArgumentMemory::Output(_) => panic!("argument {i} is an input"),
            });
        }
        for (i, (arg, ty)) in outputs.iter_mut().zip(&function.outputs).enumerate() {
            let i = i + function.inputs.len();
            pointers.push(match arg {
                ArgumentMemory::Null => std::ptr::null_mut(),
                ArgumentMemory::Output(bytes) => {
                    check_length(i, bytes.len(), ty, dims);
                    bytes.as_mut_ptr()
                }
                ArgumentMemory::Input(_) => panic!("argument {i} is an output"),
            });
        }
        // SAFETY: Pointers are NULL, which the wrapper handles, or lead to as many bytes as their types have
        // for these sizes; the wrapper refuses sizes outside their ranges before it follows any.
        let status = unsafe { (function.call)(self.context.start(), dims.as_ptr(), pointers.as_ptr()) };
        self.outcome(status as i32)
    }

    fn outcome(&self, status: i32) -> Result<(), JitError> {
        match status {
            0 => Ok(()),
            _ => Err(JitError { status, line: self.error() }),
        }
    }

    /// The last error line.
    pub fn error(&self) -> String {
        let Ok(error) = self.jit.address_of("error") else { return String::new() };
        // SAFETY: The name belongs to a function of this type, which returns a text that ends in NUL.
        let line = unsafe {
            let error = std::mem::transmute::<usize, unsafe extern "C" fn(*const u8) -> *const c_char>(error);
            CStr::from_ptr(error(self.context.start()))
        };
        line.to_string_lossy().into_owned()
    }

    /// The bytes of a state by its index.
    pub fn state(&mut self, index: usize) -> &mut [u8] {
        let (offset, bytes) = self.jit.states[index];
        if bytes == 0 {
            return &mut [];
        }
        // SAFETY: The state lies inside the state block, which this instance owns.
        unsafe { std::slice::from_raw_parts_mut(self.state.start().add(offset as usize), bytes) }
    }

    /// Restores the initial values.
    pub fn reset(&mut self) {
        let reset = self.jit.address_of("reset").expect("invariant: every model exports reset");
        // SAFETY: The name belongs to a function of this type, and the context is an instance.
        unsafe { std::mem::transmute::<usize, unsafe extern "C" fn(*mut u8)>(reset)(self.context.start()) }
    }

    /// An image of the state.
    pub fn save(&mut self) -> Result<Vec<u8>, JitError> {
        let save = self.jit.address_of("save").expect("invariant: every model exports save");
        let mut image = vec![0; self.jit.linkage.save_bytes as usize];
        // SAFETY: The name belongs to a function of this type, and the image has the capacity that is stated.
        let status = unsafe {
            std::mem::transmute::<usize, unsafe extern "C" fn(*mut u8, *mut u8, u64) -> i32>(save)(
                self.context.start(),
                image.as_mut_ptr(),
                image.len() as u64,
            )
        };
        self.outcome(status).map(|()| image)
    }

    /// Takes the state from an image.
    pub fn load(&mut self, image: &[u8]) -> Result<(), JitError> {
        let load = self.jit.address_of("load").expect("invariant: every model exports load");
        // SAFETY: The name belongs to a function of this type, and the image has as many bytes as are stated.
        let status = unsafe {
            std::mem::transmute::<usize, unsafe extern "C" fn(*mut u8, *const u8, u64) -> i32>(load)(
                self.context.start(),
                image.as_ptr(),
                image.len() as u64,
            )
        };
        self.outcome(status)
    }

    /// The address of the context, for calls of exported functions by their C types.
    pub fn context(&self) -> *mut u8 {
        self.context.start()
    }
}

/// A config without hooks, in words of a little-endian machine: `struct_bytes` and `flags`, the sizes, and
/// three pointers that are NULL.
fn config(sizes: &[i64]) -> Vec<u64> {
    let layout = Config { size_count: sizes.len() as u64, pointer_bytes: size_of::<usize>() as u64 };
    let sizes = sizes.iter().map(|&size| size as u64);
    [layout.bytes()].into_iter().chain(sizes).chain([0, 0, 0]).collect()
}

fn check_length(index: usize, bytes: usize, ty: &TensorType, dims: &[i64]) {
    let elements = ty.elements().evaluate(&|symbol| dims[symbol.0 as usize]);
    // Sizes that give no number of elements are out of range, which the wrapper says.
    let Some(elements) = elements.and_then(|n| usize::try_from(n).ok()) else { return };
    assert_eq!(bytes, elements.saturating_mul(ty.dtype.bytes()), "bytes of argument {index}");
}

/// Zeroed memory aligned to 64 bytes.
struct Block {
    words: Vec<Line>,
    bytes: u64,
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

impl Block {
    fn new(bytes: u64) -> Result<Block, JitError> {
        let lines = usize::try_from(bytes.div_ceil(64));
        let failed =
            || JitError { status: Status::NoMem as i32, line: format!("no memory for {bytes} bytes") };
        let lines = lines.map_err(|_| failed())?;
        let mut words = vec![];
        words.try_reserve_exact(lines).map_err(|_| failed())?;
        words.resize(lines, Line([0; 64]));
        Ok(Block { words, bytes })
    }

    /// The first byte, or NULL if there is none.
    fn start(&self) -> *mut u8 {
        match self.words.first() {
            // SAFETY of later writes: the compiled code is the only user of the block while it runs.
            Some(_) => self.words.as_ptr().cast_mut().cast(),
            None => std::ptr::null_mut(),
        }
    }
}
