//! The runtime's bitcode, made part of a module: retargeted, stripped of its build's traces, and internal.

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::memory_buffer::MemoryBuffer;
use inkwell::module::{Linkage, Module};

use crate::error::Error;
use crate::shell::Shell;

/// String attributes that tie code to the machine or options that rustc compiled it for.
const STRIPPED_TEXTS: [&str; 6] =
    ["target-cpu", "target-features", "tune-cpu", "probe-stack", "frame-pointer", "no-trapping-math"];
/// Enum attributes likewise.
const STRIPPED: [&str; 5] = ["uwtable", "nonlazybind", "sspstrong", "sspreq", "ssp"];

/// Links the runtime into a module. Its functions become internal; the unused ones go with the module's
/// cleanup.
pub(crate) fn link(shell: &Shell<'_, '_>) -> Result<(), Error> {
    let buffer = MemoryBuffer::create_from_memory_range_copy(tgc_runtime::BITCODE, "runtime");
    let runtime = Module::parse_bitcode_from_buffer(&buffer, shell.context)
        .map_err(|message| Error::llvm("reading the runtime", message))?;
    runtime.set_triple(&shell.module.get_triple());
    runtime.set_data_layout(&shell.module.get_data_layout());
    runtime.strip_debug_info();
    let mut defined = vec![];
    for function in runtime.get_functions() {
        strip(&function);
        if function.count_basic_blocks() > 0 {
            defined.push(function.get_name().to_string_lossy().into_owned());
        }
    }
    for global in runtime.get_globals() {
        global.set_linkage(Linkage::Private);
    }
    shell.module.link_in_module(runtime).map_err(|message| Error::llvm("linking the runtime", message))?;
    for name in defined {
        let function = shell.module.get_function(&name).expect("invariant: linking keeps names");
        function.set_linkage(Linkage::Internal);
        shell.mark(function, AttributeLoc::Function, "nounwind");
        if name.starts_with("tgc_rt_fail") {
            shell.mark(function, AttributeLoc::Function, "cold");
        }
    }
    Ok(())
}

fn strip(function: &inkwell::values::FunctionValue<'_>) {
    for name in STRIPPED_TEXTS {
        function.remove_string_attribute(AttributeLoc::Function, name);
    }
    for name in STRIPPED {
        function.remove_enum_attribute(AttributeLoc::Function, Attribute::get_named_enum_kind_id(name));
    }
}
