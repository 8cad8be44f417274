//! From a model to the files of its library.

use std::path::Path;

use tgc_graph::module::Module;
use tgc_llvm::{Linkage, Stack, Target, Targets};
use tgc_optimize::Fp;
use tgc_plan::ModelPlan;
use tgc_plan::machine::Machine;

use crate::archive::{self, Member};
use crate::error::Error;
use crate::freeze::freeze;
use crate::header::Header;
use crate::names::Names;
use crate::output::{self, File};
use crate::safetensors::Image;
use crate::stages::{self, Step};

/// What to make of a model. The default is a library for this machine's kind under the model's own name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What all names begin with, in place of the model's name.
    pub name: Option<String>,
    /// The target triple; the compiling machine's without one.
    pub triple: Option<String>,
    /// The processors that kernels are compiled for, `native` for the compiling machine's: each is a variant,
    /// and an instance uses the best that its machine can run. A recent common one without.
    pub cpus: Vec<String>,
    /// More features of the processor: `+avx512f,+aes`.
    pub features: String,
    /// Shared variables to fix at their initial values: read-only data instead of state.
    pub freeze: Vec<String>,
    /// How exactly floating-point arithmetic is kept: every bit that the model says, or as accurate and with
    /// the same NaN and infinities (the default), or as real numbers have it.
    pub fp: Fp,
    /// How hard instructions are selected and scheduled, 0 to 3; 2 without. Loops and values do not depend on
    /// it.
    pub opt_level: Option<u8>,
    /// Check every access of memory with AddressSanitizer, for tests of tgc itself; programs then link its
    /// library.
    pub sanitize_address: bool,
    /// Texts to make besides the library.
    pub emit: Emit,
}

/// Texts for readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Emit {
    /// The model's code in the target's assembly language.
    pub assembly: bool,
    /// The same in LLVM's language.
    pub ir: bool,
    /// The plan.
    pub plan: bool,
}

/// A static library and its header, in memory.
#[derive(Clone, Debug)]
pub struct Library {
    /// What all names begin with.
    pub name: String,
    /// The hash that linked names end in.
    pub hash: u64,
    /// The bytes of the static library.
    pub archive: Vec<u8>,
    /// The text of the C header.
    pub header: String,
    /// The stack that calls take.
    pub stack: Stack,
    /// The assembly, if it was asked for.
    pub assembly: Option<String>,
    /// LLVM's text, if it was asked for.
    pub ir: Option<String>,
    /// The plan's text, if it was asked for.
    pub plan: Option<String>,
}

/// Compiles a model. The same model and options give the same bytes.
///
/// # Errors
///
/// If the model is invalid, a name cannot stand in a header, or the target is not supported.
pub fn build(module: &Module, options: &Options) -> Result<Library, Error> {
    build_observed(module, options, &|_| ())
}

/// The same, telling as it begins each step.
///
/// # Errors
///
/// As for [`build()`].
pub fn build_observed(module: &Module, options: &Options, observe: &dyn Fn(Step)) -> Result<Library, Error> {
    let targets = Targets::new(options.triple.as_deref(), &options.cpus, &options.features)?;
    let (module, frozen) = freeze(module, &options.freeze)?;
    let mut plan = stages::plan_with(&module, &machines(&targets), options.fp, observe)?;
    plan.interface.frozen = frozen;
    let usual = tgc_llvm::Options::default();
    let effort = options.opt_level.unwrap_or(usual.effort);
    let effort = tgc_llvm::Options { effort, sanitize: options.sanitize_address };
    let code = format!("{}, {effort:?}, tgc {}", targets.description(), env!("CARGO_PKG_VERSION"));
    let Exports { header, linkage } = Exports::new(&plan, &targets, options.name.as_deref(), &code)?;
    observe(Step::Compile);
    let targets = targets.each();
    let objects = tgc_llvm::compile(&plan, &linkage, targets, &effort)?;
    let name = &linkage.prefix;
    let mut members = vec![Member { name: format!("{name}.o"), object: objects.model }];
    for (target, object) in targets.iter().zip(objects.variants) {
        members.push(Member { name: format!("{name}.{}.o", target.cpu()), object });
    }
    members.push(Member { name: format!("{name}_heap.o"), object: objects.heap });
    let wanted = |wanted: bool, make: &dyn Fn() -> Result<String, Error>| wanted.then(make).transpose();
    Ok(Library {
        name: name.clone(),
        hash: header.hash,
        archive: archive::pack(&members, targets[0].triple())?,
        assembly: wanted(options.emit.assembly, &|| {
            Ok(tgc_llvm::assembly(&plan, &linkage, targets, &effort)?)
        })?,
        ir: wanted(options.emit.ir, &|| Ok(tgc_llvm::ir(&plan, &linkage, targets, &effort)?))?,
        plan: wanted(options.emit.plan, &|| Ok(plan.to_string()))?,
        header: header.text(&objects.stack),
        stack: objects.stack,
    })
}

/// What the planner must know of each processor.
pub(crate) fn machines(targets: &Targets) -> Vec<Machine> {
    targets.each().iter().map(Target::machine).collect()
}

/// The header and the linked names of a plan, which both a library and a session need.
pub(crate) struct Exports {
    pub(crate) header: Header,
    pub(crate) linkage: Linkage,
}

impl Exports {
    pub(crate) fn new(
        plan: &ModelPlan,
        targets: &Targets,
        name: Option<&str>,
        code: &str,
    ) -> Result<Exports, Error> {
        let names = Names::check(&plan.interface, name)?;
        let variants: Vec<&str> = targets.each().iter().map(Target::cpu).collect();
        let image = Image::new(names.prefix(), &plan.interface.states);
        let header = Header::new(plan, &names, &image, &variants, code);
        let linkage = Linkage {
            prefix: names.prefix().to_owned(),
            hash: header.hash,
            suffix: header.suffix.clone(),
            save_header: image.header,
            save_bytes: image.bytes,
        };
        Ok(Exports { header, linkage })
    }
}

impl Library {
    /// Writes the static library and the header: both, or neither.
    ///
    /// # Errors
    ///
    /// If one of them cannot be written; files that were there before are then as they were.
    pub fn write(&self, archive: &Path, header: &Path) -> Result<(), Error> {
        self.write_with(archive, header, &[])
    }

    /// The same with more files, such as [`Library::assembly`].
    ///
    /// # Errors
    ///
    /// As for [`Library::write`].
    pub fn write_with(&self, archive: &Path, header: &Path, others: &[File<'_>]) -> Result<(), Error> {
        let mut files = vec![
            File { path: archive, contents: &self.archive },
            File { path: header, contents: self.header.as_bytes() },
        ];
        files.extend(others);
        output::write_all(&files)
    }
}
