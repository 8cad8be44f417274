//! How much stack calls take, as code generation lays it out.
//!
//! LLVM reports each function's frame while it writes an object. What a call takes is the frames of the
//! deepest chain of functions that it can reach, return addresses and alignment included. A function whose
//! address is passed on counts as called, as a pool may run a task in the calling thread. What functions of
//! the C library take is not known here.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_void};

use inkwell::attributes::AttributeLoc;
use inkwell::context::{AsContextRef, Context};
use inkwell::llvm_sys::LLVMDiagnosticSeverity;
use inkwell::llvm_sys::core::{
    LLVMContextSetDiagnosticHandler, LLVMDisposeMessage, LLVMGetBasicBlockParent, LLVMGetDiagInfoDescription,
    LLVMGetDiagInfoSeverity, LLVMGetFirstUse, LLVMGetInstructionParent, LLVMGetNextUse, LLVMGetUser,
    LLVMIsAInstruction,
};
use inkwell::llvm_sys::prelude::LLVMDiagnosticInfoRef;
use inkwell::module::Module;
use inkwell::values::{AsValueRef, FunctionValue};

use crate::error::Error;

/// Asks LLVM for the frame of a function.
const REPORT: (&str, &str) = ("warn-stack-size", "0");

/// A return address, and what keeps the next frame aligned to 16.
const CALL: u64 = 16;

/// How much stack the calls of a library take, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// For each function of the model, however it is called.
    pub functions: Vec<u64>,
    /// For any call of the library, but those that allocate.
    pub most: u64,
}

/// What LLVM said while it generated code.
#[derive(Default)]
struct Said {
    frames: BTreeMap<String, u64>,
    errors: Vec<String>,
}

/// Frames by function, while an object is written.
pub(crate) fn observe<T>(
    context: &Context,
    module: &Module<'_>,
    write: impl FnOnce() -> Result<T, Error>,
) -> Result<(T, Frames), Error> {
    let ask = context.create_string_attribute(REPORT.0, REPORT.1);
    for function in module.get_functions().filter(|f| f.count_basic_blocks() > 0) {
        function.add_attribute(AttributeLoc::Function, ask);
    }
    let mut said = Said::default();
    // SAFETY: The handler gets the address of `said` while that is alive and nothing else uses it, and none
    // afterwards.
    unsafe {
        let place = (&raw mut said).cast::<c_void>();
        LLVMContextSetDiagnosticHandler(context.as_ctx_ref(), Some(hear), place);
    }
    let written = write();
    // SAFETY: A context.
    unsafe { LLVMContextSetDiagnosticHandler(context.as_ctx_ref(), None, std::ptr::null_mut()) };
    match said.errors.first() {
        Some(error) => Err(Error::llvm("writing an object", error)),
        None => {
            let names = module.get_functions().map(name_of).collect();
            Ok((written?, Frames { own: said.frames, callees: callees(module), names }))
        }
    }
}

/// Notes a frame or an error.
extern "C" fn hear(info: LLVMDiagnosticInfoRef, said: *mut c_void) {
    // SAFETY: LLVM passes a diagnostic and what `observe` gave it; the text is its own until it is disposed
    // of.
    let (text, is_error, said) = unsafe {
        let raw = LLVMGetDiagInfoDescription(info);
        let text = CStr::from_ptr(raw).to_string_lossy().into_owned();
        LLVMDisposeMessage(raw);
        let is_error = LLVMGetDiagInfoSeverity(info) == LLVMDiagnosticSeverity::LLVMDSError;
        (text, is_error, &mut *said.cast::<Said>())
    };
    match frame_of(&text) {
        Some((name, bytes)) => drop(said.frames.insert(name.to_owned(), bytes)),
        None if is_error => said.errors.push(text),
        None => {}
    }
}

/// `<unknown>:0:0: stack frame size (264) exceeds limit (0) in function 'f.kernel'`
fn frame_of(text: &str) -> Option<(&str, u64)> {
    let (_, rest) = text.split_once("stack frame size (")?;
    let (bytes, rest) = rest.split_once(')')?;
    let (_, name) = rest.split_once("in function '")?;
    Some((name.strip_suffix('\'')?, bytes.parse().ok()?))
}

/// What an object's functions take.
pub(crate) struct Frames {
    /// Bytes of each function's frame; functions without one are left out.
    own: BTreeMap<String, u64>,
    callees: BTreeMap<String, Vec<String>>,
    names: Vec<String>,
}

impl Frames {
    /// The stack that calls of these functions take, and the most of all. `vector` is the alignment that a
    /// frame with vectors in it may add; of functions of other objects it is known what they take.
    pub(crate) fn stack(&self, functions: &[String], vector: u64, known: &BTreeMap<String, u64>) -> Stack {
        let mut chains = Chains { frames: self, vector, known: known.clone() };
        let most = self.names.iter().map(|name| chains.deepest(name)).max().unwrap_or(0);
        Stack { functions: functions.iter().map(|name| chains.deepest(name)).collect(), most }
    }
}

fn name_of(function: FunctionValue<'_>) -> String {
    function.get_name().to_string_lossy().into_owned()
}

/// The functions that each one calls or passes on.
fn callees(module: &Module<'_>) -> BTreeMap<String, Vec<String>> {
    let mut callees: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for function in module.get_functions() {
        for caller in users(function) {
            callees.entry(caller).or_default().push(name_of(function));
        }
    }
    callees.values_mut().for_each(|list| {
        list.sort_unstable();
        list.dedup();
    });
    callees
}

/// The functions whose instructions name a function.
fn users(function: FunctionValue<'_>) -> Vec<String> {
    let mut names = vec![];
    // SAFETY: The uses of a function of a module that is alive, each by an instruction in a function or by a
    // constant.
    unsafe {
        let mut place = LLVMGetFirstUse(function.as_value_ref());
        while !place.is_null() {
            let user = LLVMIsAInstruction(LLVMGetUser(place));
            if !user.is_null() {
                let caller = LLVMGetBasicBlockParent(LLVMGetInstructionParent(user));
                names.extend(FunctionValue::new(caller).map(name_of));
            }
            place = LLVMGetNextUse(place);
        }
    }
    names
}

/// The depth of calls.
struct Chains<'m> {
    frames: &'m Frames,
    vector: u64,
    known: BTreeMap<String, u64>,
}

impl Chains<'_> {
    /// No function calls itself, so this ends.
    fn deepest(&mut self, name: &str) -> u64 {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let own = self.frames.own.get(name).map_or(0, |bytes| bytes + self.vector);
        let below = self.frames.callees.get(name).cloned().unwrap_or_default();
        let below = below.iter().map(|callee| self.deepest(callee)).max().unwrap_or(0);
        self.known.insert(name.to_owned(), own + CALL + below);
        own + CALL + below
    }
}

#[cfg(test)]
mod tests {
    use super::frame_of;

    #[test]
    fn frames_are_read_from_what_llvm_says() {
        let text = "<unknown>:0:0: stack frame size (264) exceeds limit (0) in function 'f.kernel'";
        assert_eq!(frame_of(text), Some(("f.kernel", 264)));
        assert_eq!(frame_of("inline assembly requires more registers than available"), None);
    }
}
