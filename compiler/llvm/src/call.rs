//! Elementary functions that code calls: one function of the module for each, by scalar and width.
//!
//! Values are passed and returned in registers. Nothing but the arguments decides what is returned, which the
//! functions say of themselves, so that equal calls are made once.

use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::types::{BasicMetadataTypeEnum, BasicType};
use inkwell::values::FunctionValue;
use tgc_scalar::{Elementary, ScalarType};

use crate::ir::{Ir, Val};
use crate::scalar::{Parts, build_program, scalar_type};
use crate::shell::Shell;

/// The attribute for functions that touch no memory, and its value.
const MEMORY: (&str, u64) = ("memory", 0);

/// Emits a call.
pub(crate) fn build_call<'c>(
    ir: &Ir<'_, 'c>,
    function: Elementary,
    scalar: ScalarType,
    width: u32,
    operands: &[Val<'c>],
) -> Val<'c> {
    let callee = callee(ir, function, scalar, width, operands.len());
    ir.call(callee, operands).expect("invariant: an elementary function returns a value")
}

/// The function of the module, made when it is first asked for.
fn callee<'c>(
    ir: &Ir<'_, 'c>,
    function: Elementary,
    scalar: ScalarType,
    width: u32,
    arity: usize,
) -> FunctionValue<'c> {
    let name = format!("tgc.{}.{}x{width}", function.name(), scalar.name());
    ir.shell.module.get_function(&name).unwrap_or_else(|| {
        let value = scalar_type(ir, scalar, width);
        let ty = value.fn_type(&vec![BasicMetadataTypeEnum::from(value); arity], false);
        let callee = ir.shell.kernel_function(&name, ty);
        mark_pure(ir.shell, callee);
        let body = Ir::new(ir.shell, callee);
        let params: Vec<Parts> = callee.get_params().into_iter().map(|param| vec![param]).collect();
        let results = build_program(&body, &function.program(scalar), width, &params);
        body.return_value(results[0][0]);
        body.finish();
        callee
    })
}

fn mark_pure<'c>(shell: &Shell<'_, 'c>, function: FunctionValue<'c>) {
    shell.mark(function, AttributeLoc::Function, "willreturn");
    let kind = Attribute::get_named_enum_kind_id(MEMORY.0);
    let attribute = shell.context.create_enum_attribute(kind, MEMORY.1);
    function.add_attribute(AttributeLoc::Function, attribute);
}
