//! Puts modules together.
//!
//! The *model's* module holds what programs call, the descriptions and all data. The kernels of a library for
//! one machine are in it too; those of several are a module for each, which finds the data by a hidden name,
//! and whose kernels the wrappers find likewise. Another module holds what needs an allocator and calls the
//! first by its exported names. All are verified and cleaned up by a fixed list of cheap passes: no pass
//! vectorizes, unrolls or changes the order of floating-point arithmetic.

use inkwell::GlobalVisibility;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::module::{Linkage as Visibility, Module};
use inkwell::passes::PassBuilderOptions;
use inkwell::targets::TargetMachine;
use inkwell::types::{BasicMetadataTypeEnum, BasicType};
use inkwell::values::{FunctionValue, PointerValue};
use tgc_graph::array::Array;
use tgc_plan::{ModelPlan, Storage};

use crate::describe::{Describe, Functions, Linkage, address_of};
use crate::entry::{Entry, param_types};
use crate::error::Error;
use crate::ir::Val;
use crate::kernel::Kernels;
use crate::pressure::Budget;
use crate::record::layout_of;
use crate::runtime;
use crate::shell::Shell;
use crate::target::Target;
use crate::wrapper::Wrapper;

/// The cleanup: equal functions become one, slots phis, then local simplifications, then what nothing uses.
const PASSES: &str = "globaldce,mergefunc,function(mem2reg,early-cse<memssa>,instcombine<no-verify-fixpoint>,loop-mssa(licm),\
                      simplifycfg,early-cse<memssa>,instsimplify,dce),mergefunc,globaldce";

/// Checks of every access of memory, by LLVM's AddressSanitizer.
const CHECKED: &str = "asan";

/// The alignment of constants.
const ALIGN: u32 = 64;

/// What the modules of a library are made from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) plan: &'a ModelPlan,
    pub(crate) linkage: &'a Linkage,
    /// One for each variant of the plan.
    pub(crate) targets: &'a [Target],
}

/// The modules of one library in a context.
pub(crate) struct Maker<'a, 'c> {
    pub(crate) source: Source<'a>,
    pub(crate) context: &'c Context,
    pub(crate) machine: &'a TargetMachine,
}

impl<'a> Source<'a> {
    /// Whether kernels are in the model's module.
    pub(crate) fn is_whole(self) -> bool {
        self.targets.len() == 1
    }

    /// The linked name of a kernel that is in a module of its own.
    pub(crate) fn kernel(self, variant: usize, function: usize) -> String {
        let function = &self.plan.interface.functions[function].name;
        self.linkage.kernel(function, self.targets[variant].cpu())
    }

    fn function_count(self) -> usize {
        self.plan.interface.functions.len()
    }

    /// Whether code of some variant reads a constant.
    fn is_read(self, constant: usize) -> bool {
        let bodies = self.plan.variants.iter().flat_map(|variant| &variant.bodies);
        bodies.flat_map(|body| &body.buffers).any(|buffer| buffer.storage == Storage::Constant(constant))
    }
}

impl<'a, 'c> Maker<'a, 'c> {
    /// The model's module. A budget is for the kernels, if they are in it.
    pub(crate) fn model(&self, budget: &Budget) -> Result<Module<'c>, Error> {
        let Source { plan, linkage, targets } = self.source;
        let module = self.new_module("model");
        let shell = self.shell(&module, 0);
        runtime::link(&shell)?;
        let model = &plan.interface;
        let describe = self.describe(&shell);
        let runnable = Target::build_runnable(targets, &shell);
        let ws_bytes = describe.build_ws_bytes();
        let desc = describe.model_desc(ws_bytes, runnable);
        let init = describe.build_forward("init", Some(desc));
        describe.build_forward("init_shared", Some(desc));
        for short in ["reset", "save", "load", "error", "variant"] {
            describe.build_forward(short, None);
        }
        let getters = model.states.iter().map(|state| describe.build_getter(state)).collect();
        let constants: Vec<_> =
            model.constants.iter().enumerate().map(|(i, array)| self.constant(&shell, i, array)).collect();
        for frozen in &model.frozen {
            let same = model.constants.iter().position(|array| *array == frozen.value);
            let data =
                same.map_or_else(|| shell.bytes("frozen", frozen.value.bytes(), ALIGN), |i| constants[i]);
            describe.build_frozen_getter(&frozen.name, data);
        }
        let packed = (0..self.source.function_count()).map(|index| {
            let entry = Entry::new(plan, index);
            let kernels = match self.source.is_whole() {
                true => vec![self.kernel(&shell, &constants, (0, index), budget)],
                false => {
                    (0..targets.len()).map(|v| self.declare_kernel(&shell, &entry, (v, index))).collect()
                }
            };
            Wrapper { describe: &describe, entry, kernels }.build()
        });
        let functions = Functions { init, ws_bytes, getters, packed: packed.collect() };
        describe.build_model(&functions);
        debug_assert_eq!(linkage, describe.linkage);
        self.clean(&module)?;
        Ok(module)
    }

    /// The module of a variant's kernels.
    pub(crate) fn kernels(&self, variant: usize, budget: &Budget) -> Result<Module<'c>, Error> {
        let module = self.new_module(self.source.targets[variant].cpu());
        let shell = self.shell(&module, variant);
        runtime::link(&shell)?;
        let constants = &self.source.plan.interface.constants;
        let constants: Vec<_> =
            constants.iter().enumerate().map(|(i, array)| self.declare_constant(&shell, i, array)).collect();
        for index in 0..self.source.function_count() {
            let kernel = self.kernel(&shell, &constants, (variant, index), budget);
            kernel.set_linkage(Visibility::External);
            let global = kernel.as_global_value();
            global.set_visibility(GlobalVisibility::Hidden);
            global.set_name(&self.source.kernel(variant, index));
        }
        self.clean(&module)?;
        Ok(module)
    }

    /// The module of the allocating functions.
    pub(crate) fn heap(&self) -> Result<Module<'c>, Error> {
        let (module, linkage) = (self.new_module("heap"), self.source.linkage);
        let shell = self.shell(&module, 0);
        runtime::link(&shell)?;
        let describe = self.describe(&shell);
        // Only the addresses matter here.
        let declare = |short: &str| -> Val<'c> {
            let ty = self.context.i32_type().fn_type(&[], false);
            address_of(module.add_function(&linkage.name(short), ty, Some(Visibility::External)))
        };
        let desc = describe.create_desc(describe.build_ws_bytes(), declare("init"), declare("init_shared"));
        describe.build_forward("create", Some(desc));
        describe.build_forward("share", Some(desc));
        describe.build_forward("destroy", None);
        self.clean(&module)?;
        Ok(module)
    }

    fn shell<'s>(&self, module: &'s Module<'c>, variant: usize) -> Shell<'s, 'c>
    where
        'a: 's,
    {
        Shell { context: self.context, module, target: &self.source.targets[variant] }
    }

    fn describe<'s>(&self, shell: &'s Shell<'s, 'c>) -> Describe<'s, 'c>
    where
        'a: 's,
    {
        let Source { plan, linkage, targets } = self.source;
        let layout = layout_of(self.context, &self.machine.get_target_data());
        let variants = targets.iter().map(Target::cpu).collect();
        Describe { shell, plan, model: &plan.interface, linkage, variants, layout }
    }

    /// Emits the kernel of a function in a variant.
    fn kernel<'s>(
        &self,
        shell: &'s Shell<'s, 'c>,
        constants: &'s [PointerValue<'c>],
        (variant, index): (usize, usize),
        budget: &Budget,
    ) -> FunctionValue<'c>
    where
        'a: 's,
    {
        let plan = self.source.plan;
        let function = plan.function_of(&plan.variants[variant], index);
        let states = Entry::new(plan, index).states;
        Kernels::build(shell, function, constants, &plan.interface.states, states, budget.of(index))
    }

    /// Declares a kernel of another module.
    fn declare_kernel(
        &self,
        shell: &Shell<'_, 'c>,
        entry: &Entry<'_>,
        (variant, index): (usize, usize),
    ) -> FunctionValue<'c> {
        let params: Vec<BasicMetadataTypeEnum> =
            param_types(shell, entry.signature, entry.states.len()).into_iter().map(Into::into).collect();
        let ty = self.context.i32_type().fn_type(&params, false);
        let kernel = shell.function(&self.source.kernel(variant, index), ty, Visibility::External);
        kernel.as_global_value().set_visibility(GlobalVisibility::Hidden);
        kernel
    }

    /// A constant of the model's module, which other modules see if there are some that need it.
    fn constant(&self, shell: &Shell<'_, 'c>, index: usize, array: &Array) -> PointerValue<'c> {
        let data = shell.bytes("constant", array.bytes(), ALIGN);
        if !self.source.is_whole() && self.source.is_read(index) {
            let global = shell.global_of(data);
            global.set_name(&self.constant_name(index));
            global.set_linkage(Visibility::External);
            global.set_visibility(GlobalVisibility::Hidden);
        }
        data
    }

    fn declare_constant(&self, shell: &Shell<'_, 'c>, index: usize, array: &Array) -> PointerValue<'c> {
        let ty = self.context.i8_type().array_type(array.bytes().len() as u32);
        let global = shell.module.add_global(ty.as_basic_type_enum(), None, &self.constant_name(index));
        global.set_constant(true);
        global.set_visibility(GlobalVisibility::Hidden);
        global.set_alignment(ALIGN);
        global.as_pointer_value()
    }

    fn constant_name(&self, index: usize) -> String {
        self.source.linkage.hidden(&format!("constant{index}"))
    }

    fn new_module(&self, name: &str) -> Module<'c> {
        let module = self.context.create_module(name);
        module.set_source_file_name(name);
        let triple = self.source.targets[0].triple();
        module.set_triple(&inkwell::targets::TargetTriple::create(triple));
        module.set_data_layout(&self.machine.get_target_data().get_data_layout());
        module
    }

    fn clean(&self, module: &Module<'c>) -> Result<(), Error> {
        module.verify().map_err(|message| Error::llvm("verifying a module", message))?;
        let options = PassBuilderOptions::create();
        module
            .run_passes(PASSES, self.machine, options)
            .map_err(|message| Error::llvm("cleaning up a module", message))?;
        module.verify().map_err(|message| Error::llvm("verifying a cleaned module", message))
    }
}

/// Puts a check before every access of memory.
pub(crate) fn sanitize(module: &Module<'_>, machine: &TargetMachine) -> Result<(), Error> {
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
