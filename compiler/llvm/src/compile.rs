//! Turns modules into objects: the model's, one for each variant, and the allocating functions'.
//!
//! Objects are made at once, each by a thread with a context of its own, and depend on nothing but what they
//! are made from. Nothing is written anywhere before code generation has returned.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use inkwell::OptimizationLevel;
use inkwell::context::Context;
use inkwell::module::Module;
use inkwell::targets::{FileType, TargetMachine};
use tgc_plan::ModelPlan;

use crate::describe::Linkage;
use crate::error::Error;
use crate::module::{Maker, Source, sanitize};
use crate::pressure::Budget;
use crate::stack::{self, Frames, Stack};
use crate::target::Target;
use crate::wrapper::packed_name;

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

/// Object files, for members of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// Everything but the allocating functions and what `variants` has.
    pub model: Vec<u8>,
    /// Where there are several variants, the kernels of each, in their order.
    pub variants: Vec<Vec<u8>>,
    /// `create`, `share` and `destroy`.
    pub heap: Vec<u8>,
    /// The stack that calls of the model take.
    pub stack: Stack,
}

/// Compiles a model for as many targets as its plan has variants, the least demanding first. The same
/// arguments give the same bytes.
pub fn compile(
    plan: &ModelPlan,
    linkage: &Linkage,
    targets: &[Target],
    options: &Options,
) -> Result<Objects, Error> {
    assert_eq!(plan.variants.len(), targets.len(), "a target for each variant");
    let work = Work::new(plan, linkage, targets, options);
    thread::scope(|scope| {
        let heap = scope.spawn(|| work.object(|maker| maker.heap()));
        let (model, variants, stack) = match work.source.is_whole() {
            true => work.whole()?,
            false => work.apart()?,
        };
        Ok(Objects { model, variants, heap: joined(heap)?.0, stack })
    })
}

/// The stack that calls of a model's code take.
pub fn stack(plan: &ModelPlan, targets: &[Target], options: &Options) -> Result<Stack, Error> {
    let (prefix, suffix) = ("model".to_owned(), "0".to_owned());
    let linkage = Linkage { prefix, hash: 0, suffix, save_header: vec![], save_bytes: 0 };
    Ok(compile(plan, &linkage, targets, options)?.stack)
}

/// The model's code as LLVM's text, after the cleanup; a dump for readers.
pub fn ir(
    plan: &ModelPlan,
    linkage: &Linkage,
    targets: &[Target],
    options: &Options,
) -> Result<String, Error> {
    let work = Work::new(plan, linkage, targets, options);
    work.with_all(|module, _| Ok(module.print_to_string().to_string()))
}

/// The model's code as assembly; a dump for readers.
pub fn assembly(
    plan: &ModelPlan,
    linkage: &Linkage,
    targets: &[Target],
    options: &Options,
) -> Result<String, Error> {
    let work = Work::new(plan, linkage, targets, options);
    work.with_all(|module, machine| {
        let buffer = machine.write_to_memory_buffer(module, FileType::Assembly);
        let buffer = buffer.map_err(|message| Error::llvm("writing assembly", message))?;
        Ok(String::from_utf8_lossy(buffer.as_slice()).into_owned())
    })
}

/// An object and the frames of its functions.
type Compiled = (Vec<u8>, Frames);

/// The objects of a library for several machines: the model's, and those of the variants.
type Parts = (Vec<u8>, Vec<Vec<u8>>, Stack);

fn joined<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// What is to be compiled.
#[derive(Clone, Copy)]
struct Work<'a> {
    source: Source<'a>,
    options: Options,
}

impl<'a> Work<'a> {
    fn new(plan: &'a ModelPlan, linkage: &'a Linkage, targets: &'a [Target], options: &Options) -> Work<'a> {
        Work { source: Source { plan, linkage, targets }, options: *options }
    }

    fn function_count(self) -> usize {
        self.source.plan.interface.functions.len()
    }

    /// The functions whose stack is stated.
    fn names(self) -> Vec<String> {
        self.source.plan.interface.functions.iter().map(|function| packed_name(&function.name)).collect()
    }

    /// Compiles a module in a context of its own.
    fn object(
        self,
        make: impl for<'m, 'c> Fn(&Maker<'m, 'c>) -> Result<Module<'c>, Error>,
    ) -> Result<Compiled, Error> {
        let context = Context::create();
        let machine = self.source.targets[0].to_llvm(self.options.to_llvm())?;
        let maker = Maker { source: self.source, context: &context, machine: &machine };
        let module = make(&maker)?;
        stack::observe(&context, &module, || {
            if self.options.sanitize {
                sanitize(&module, &machine)?;
            }
            let buffer = machine.write_to_memory_buffer(&module, FileType::Object);
            buffer.map(|b| b.as_slice().to_vec()).map_err(|message| Error::llvm("writing an object", message))
        })
    }

    /// Wrappers and kernels in one object.
    fn whole(self) -> Result<Parts, Error> {
        let align = self.source.targets[0].frame_align();
        let mut budget = Budget::any(self.function_count());
        loop {
            let (object, frames) = self.object(|maker| maker.model(&budget))?;
            let stack = frames.stack(&self.names(), align, &BTreeMap::new());
            if !budget.lower(&stack) {
                return Ok((object, vec![], stack));
            }
        }
    }

    /// An object of wrappers, and one of kernels for each variant.
    fn apart(self) -> Result<Parts, Error> {
        let mut kernels: Vec<VariantWork> =
            (0..self.source.targets.len()).map(|variant| VariantWork::new(self, variant)).collect();
        let (model, frames) = thread::scope(|scope| {
            let model = scope.spawn(|| self.object(|maker| maker.model(&Budget::any(self.function_count()))));
            compile_all(self, kernels.iter_mut())?;
            joined(model)
        })?;
        let stack_of = |known: &BTreeMap<String, u64>| {
            frames.stack(&self.names(), self.source.targets[0].frame_align(), known)
        };
        loop {
            let is_deep = |work: &mut VariantWork| work.budget.lower(&stack_of(&work.depths));
            let deep: Vec<&mut VariantWork> =
                kernels.iter_mut().filter_map(|k| is_deep(k).then_some(k)).collect();
            if deep.is_empty() {
                break;
            }
            compile_all(self, deep.into_iter())?;
        }
        let known = kernels.iter().flat_map(|work| work.depths.clone()).collect();
        Ok((model, kernels.into_iter().map(|work| work.object).collect(), stack_of(&known)))
    }

    /// Uses all code in one module.
    fn with_all(
        self,
        use_it: impl Fn(&Module<'_>, &TargetMachine) -> Result<String, Error>,
    ) -> Result<String, Error> {
        let context = Context::create();
        let machine = self.source.targets[0].to_llvm(self.options.to_llvm())?;
        let maker = Maker { source: self.source, context: &context, machine: &machine };
        let budget = Budget::any(self.function_count());
        let module = maker.model(&budget)?;
        if !self.source.is_whole() {
            for variant in 0..self.source.targets.len() {
                let linked = module.link_in_module(maker.kernels(variant, &budget)?);
                linked.map_err(|message| Error::llvm("linking a variant", message))?;
            }
        }
        use_it(&module, &machine)
    }
}

/// The kernels of a variant on their way.
struct VariantWork {
    variant: usize,
    budget: Budget,
    object: Vec<u8>,
    /// The stack that each kernel takes, by its linked name.
    depths: BTreeMap<String, u64>,
}

impl VariantWork {
    fn new(work: Work<'_>, variant: usize) -> VariantWork {
        let budget = Budget::any(work.function_count());
        VariantWork { variant, budget, object: vec![], depths: BTreeMap::new() }
    }

    fn compile(&mut self, work: Work<'_>) -> Result<(), Error> {
        let (variant, budget) = (self.variant, &self.budget);
        let (object, frames) = work.object(|maker| maker.kernels(variant, budget))?;
        let names: Vec<String> =
            (0..work.function_count()).map(|function| work.source.kernel(variant, function)).collect();
        let align = work.source.targets[variant].frame_align();
        let stack = frames.stack(&names, align, &BTreeMap::new());
        self.object = object;
        self.depths = names.into_iter().zip(stack.functions).collect();
        Ok(())
    }
}

/// Compiles some variants at once.
fn compile_all<'w>(work: Work<'_>, variants: impl Iterator<Item = &'w mut VariantWork>) -> Result<(), Error> {
    thread::scope(|scope| {
        let threads: Vec<_> = variants.map(|variant| scope.spawn(move || variant.compile(work))).collect();
        threads.into_iter().try_for_each(joined)
    })
}
