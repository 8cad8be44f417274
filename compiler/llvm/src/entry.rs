//! How kernels are entered: what holds for a function in every variant.

use std::rc::Rc;

use inkwell::types::BasicTypeEnum;
use tgc_plan::size::Size;
use tgc_plan::{Argument, Body, ModelPlan, Reach, Signature, Storage};

use crate::body::scalar_type;
use crate::ir::basic;
use crate::shell::Shell;

/// A function as callers enter it.
pub(crate) struct Entry<'b> {
    pub(crate) signature: &'b Signature,
    /// What a call checks when it enters, of each variant.
    pub(crate) reaches: Vec<&'b Reach>,
    /// Bytes of workspace that are enough for each variant.
    pub(crate) workspace: Size,
    /// The states that a kernel is given: those that it reads or updates in some variant, ascending.
    pub(crate) states: Rc<[usize]>,
}

impl<'b> Entry<'b> {
    /// The function of an index.
    pub(crate) fn new(plan: &'b ModelPlan, index: usize) -> Entry<'b> {
        let signature = &plan.interface.functions[index];
        let bodies = || plan.variants.iter().map(|variant| &variant.bodies[index]);
        let mut reaches: Vec<&Reach> = vec![];
        for reach in bodies().flat_map(|body| &body.reaches) {
            if !reaches.contains(&reach) {
                reaches.push(reach);
            }
        }
        let states = touched_states(signature, bodies());
        Entry { signature, reaches, workspace: plan.workspace(index), states }
    }
}

fn touched_states<'b>(signature: &Signature, bodies: impl Iterator<Item = &'b Body>) -> Rc<[usize]> {
    let mut states: Vec<usize> = signature.reads.iter().chain(&signature.updates).copied().collect();
    states.extend(bodies.flat_map(|body| &body.buffers).filter_map(|buffer| match buffer.storage {
        Storage::State(state) => Some(state),
        Storage::Input(_) | Storage::Output(_) | Storage::Constant(_) | Storage::Workspace { .. } => None,
    }));
    states.sort_unstable();
    states.dedup();
    states.into()
}

/// The types of a kernel's sizes, or of what leads to them.
pub(crate) fn size_types<'c>(shell: &Shell<'_, 'c>, signature: &Signature) -> Vec<BasicTypeEnum<'c>> {
    match signature.frame() {
        Some(_) => vec![shell.pointer_type()],
        None => vec![basic(shell.context.i64_type()); signature.symbols.len()],
    }
}

/// The type of an input as a kernel is given it.
pub(crate) fn input_type<'c>(shell: &Shell<'_, 'c>, input: &Argument) -> BasicTypeEnum<'c> {
    match input.is_by_value() {
        true => scalar_type(shell, input.ty.dtype),
        false => shell.pointer_type(),
    }
}

/// The parameters of a kernel that is given so many states, the workspace and the context last.
pub(crate) fn param_types<'c>(
    shell: &Shell<'_, 'c>,
    signature: &Signature,
    states: usize,
) -> Vec<BasicTypeEnum<'c>> {
    let (mut types, pointer) = (size_types(shell, signature), shell.pointer_type());
    if signature.frame().is_none() {
        types.extend(signature.inputs.iter().map(|input| input_type(shell, input)));
        types.extend(vec![pointer; signature.outputs.len() + states + 1]);
    }
    types.push(pointer);
    types
}
