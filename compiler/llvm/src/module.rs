//! Puts modules together and turns them into objects.
//!
//! One module holds the model; another holds what needs an allocator and calls the first by its exported
//! names. Both are verified, cleaned up by a fixed list of cheap passes, and compiled at once: nothing is
//! written anywhere before code generation has returned. No pass in the list vectorizes, unrolls or changes
//! the order of floating-point arithmetic.

use inkwell::OptimizationLevel;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::module::{Linkage as Visibility, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::{FileType, TargetMachine};
use tgc_plan::{ModelPlan, Variant};

use crate::describe::{Describe, Functions, Linkage, address_of};
use crate::error::Error;
use crate::ir::Val;
use crate::kernel::Kernels;
use crate::pressure::Budget;
use crate::record::layout_of;
use crate::runtime;
use crate::shell::Shell;
use crate::stack::{self, Stack};
use crate::target::Target;
use crate::wrapper::{Wrapper, packed_name};

/// The cleanup: equal functions become one, slots phis, then local simplifications, then what nothing uses.
const PASSES: &str = "globaldce,mergefunc,function(mem2reg,early-cse<memssa>,instcombine<no-verify-fixpoint>,loop-mssa(licm),\
                      simplifycfg,early-cse<memssa>,instsimplify,dce),mergefunc,globaldce";

/// Checks of every access of memory, by LLVM's AddressSanitizer.
const CHECKED: &str = "asan";

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Effort of instruction selection and scheduling, 0 to 3.
    pub effort: u8,
    /// Whether every access of memory is checked by AddressSanitizer, for tests of tgc itself: the object
    /// then needs the sanitizer's run-time library.
    pub sanitize: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { effort: 2, sanitize: false }
    }
}

impl Options {
    fn to_llvm(self) -> OptimizationLevel {
        match self.effort {
            0 => OptimizationLevel::None,
            1 => OptimizationLevel::Less,
            2 => OptimizationLevel::Default,
            _ => OptimizationLevel::Aggressive,
        }
    }
}

/// Two object files, for two members of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// Everything but the allocating functions.
    pub model: Vec<u8>,
    /// `create`, `share` and `destroy`.
    pub heap: Vec<u8>,
    /// The stack that calls of the first take.
    pub stack: Stack,
}

/// Compiles a model. The same arguments give the same bytes.
pub fn compile(
    plan: &ModelPlan,
    linkage: &Linkage,
    target: &Target,
    options: &Options,
) -> Result<Objects, Error> {
    let context = Context::create();
    let machine = target.to_llvm(options.to_llvm())?;
    let names: Vec<String> =
        plan.interface.functions.iter().map(|function| packed_name(&function.name)).collect();
    let object = |module: &Module| {
        if options.sanitize {
            sanitize(module, &machine)?;
        }
        let buffer = machine.write_to_memory_buffer(module, FileType::Object);
        buffer.map(|b| b.as_slice().to_vec()).map_err(|message| Error::llvm("writing an object", message))
    };
    let mut budget = Budget::any(plan.interface.functions.len());
    let (model, stack) = loop {
        let module = build_model(&context, plan, linkage, target, &machine, &budget)?;
        let (model, frames) = stack::observe(&context, &module, || object(&module))?;
        let stack = frames.stack(&module, &names, target.frame_align());
        if !budget.lower(&stack) {
            break (model, stack);
        }
    };
    let heap = object(&build_heap(&context, plan, linkage, target, &machine)?)?;
    Ok(Objects { model, heap, stack })
}

/// The stack that calls of a model's code take.
pub fn stack(plan: &ModelPlan, target: &Target, options: &Options) -> Result<Stack, Error> {
    let (prefix, suffix) = ("model".to_owned(), "0".to_owned());
    let linkage = Linkage { prefix, hash: 0, suffix, save_header: vec![], save_bytes: 0 };
    Ok(compile(plan, &linkage, target, options)?.stack)
}

/// The model's module as LLVM's text, after the cleanup; a dump for readers.
pub fn ir(plan: &ModelPlan, linkage: &Linkage, target: &Target, options: &Options) -> Result<String, Error> {
    let context = Context::create();
    let machine = target.to_llvm(options.to_llvm())?;
    let budget = Budget::any(plan.interface.functions.len());
    Ok(build_model(&context, plan, linkage, target, &machine, &budget)?.print_to_string().to_string())
}

/// The model's module as assembly; a dump for readers.
pub fn assembly(
    plan: &ModelPlan,
    linkage: &Linkage,
    target: &Target,
    options: &Options,
) -> Result<String, Error> {
    let context = Context::create();
    let machine = target.to_llvm(options.to_llvm())?;
    let budget = Budget::any(plan.interface.functions.len());
    let module = build_model(&context, plan, linkage, target, &machine, &budget)?;
    let buffer = machine.write_to_memory_buffer(&module, FileType::Assembly);
    let buffer = buffer.map_err(|message| Error::llvm("writing assembly", message))?;
    Ok(String::from_utf8_lossy(buffer.as_slice()).into_owned())
}

/// Builds, verifies and cleans up the module of a model.
pub(crate) fn build_model<'c>(
    context: &'c Context,
    plan: &ModelPlan,
    linkage: &Linkage,
    target: &Target,
    machine: &TargetMachine,
    budget: &Budget,
) -> Result<Module<'c>, Error> {
    let module = new_module(context, target, machine, "model");
    let shell = Shell { context, module: &module, target };
    runtime::link(&shell)?;
    let model = &plan.interface;
    let layout = layout_of(context, &machine.get_target_data());
    let describe = Describe { shell: &shell, plan, model, linkage, layout };
    let cpu_ok = target.build_check(&shell);
    let ws_bytes = describe.build_ws_bytes();
    let desc = describe.model_desc(ws_bytes, cpu_ok);
    let init = describe.build_forward("init", Some(desc));
    describe.build_forward("init_shared", Some(desc));
    for short in ["reset", "save", "load", "error"] {
        describe.build_forward(short, None);
    }
    let getters = model.states.iter().map(|state| describe.build_getter(state)).collect();
    let constants: Vec<_> =
        model.constants.iter().map(|array| shell.bytes("constant", array.bytes(), 64)).collect();
    for frozen in &model.frozen {
        let same = model.constants.iter().position(|array| *array == frozen.value);
        let data = same.map_or_else(|| shell.bytes("frozen", frozen.value.bytes(), 64), |i| constants[i]);
        describe.build_frozen_getter(&frozen.name, data);
    }
    let packed = plan.functions_of(only_variant(plan)?).enumerate().map(|(index, function)| {
        let kernel = Kernels::build(&shell, function, &constants, &model.states, budget.of(index));
        Wrapper { describe: &describe, plan: function, kernel }.build()
    });
    let functions = Functions { init, ws_bytes, getters, packed: packed.collect() };
    describe.build_model(&functions);
    clean(&module, machine)?;
    Ok(module)
}

/// A library has code for one machine: nothing chooses among several.
fn only_variant(plan: &ModelPlan) -> Result<&Variant, Error> {
    match plan.variants.as_slice() {
        [variant] => Ok(variant),
        variants => Err(Error::Variants(variants.len())),
    }
}

/// Builds, verifies and cleans up the module of the allocating functions.
pub(crate) fn build_heap<'c>(
    context: &'c Context,
    plan: &ModelPlan,
    linkage: &Linkage,
    target: &Target,
    machine: &TargetMachine,
) -> Result<Module<'c>, Error> {
    let module = new_module(context, target, machine, "heap");
    let shell = Shell { context, module: &module, target };
    runtime::link(&shell)?;
    let layout = layout_of(context, &machine.get_target_data());
    let describe = Describe { shell: &shell, plan, model: &plan.interface, linkage, layout };
    // Only the addresses matter here.
    let declare = |short: &str| -> Val<'c> {
        let ty = context.i32_type().fn_type(&[], false);
        address_of(module.add_function(&linkage.name(short), ty, Some(Visibility::External)))
    };
    let desc = describe.create_desc(describe.build_ws_bytes(), declare("init"), declare("init_shared"));
    describe.build_forward("create", Some(desc));
    describe.build_forward("share", Some(desc));
    describe.build_forward("destroy", None);
    clean(&module, machine)?;
    Ok(module)
}

fn new_module<'c>(context: &'c Context, target: &Target, machine: &TargetMachine, name: &str) -> Module<'c> {
    let module = context.create_module(name);
    module.set_source_file_name(name);
    module.set_triple(&inkwell::targets::TargetTriple::create(target.triple()));
    module.set_data_layout(&machine.get_target_data().get_data_layout());
    module
}

fn clean(module: &Module<'_>, machine: &TargetMachine) -> Result<(), Error> {
    module.verify().map_err(|message| Error::llvm("verifying a module", message))?;
    let options = PassBuilderOptions::create();
    module
        .run_passes(PASSES, machine, options)
        .map_err(|message| Error::llvm("cleaning up a module", message))?;
    module.verify().map_err(|message| Error::llvm("verifying a cleaned module", message))
}

/// Puts a check before every access of memory.
fn sanitize(module: &Module<'_>, machine: &TargetMachine) -> Result<(), Error> {
    let kind = Attribute::get_named_enum_kind_id("sanitize_address");
    let mark = module.get_context().create_enum_attribute(kind, 0);
    for function in module.get_functions().filter(|f| f.count_basic_blocks() > 0) {
        function.add_attribute(AttributeLoc::Function, mark);
    }
    module
        .run_passes(CHECKED, machine, PassBuilderOptions::create())
        .map_err(|message| Error::llvm("adding checks of memory", message))?;
    module.verify().map_err(|message| Error::llvm("verifying a module with checks of memory", message))
}
