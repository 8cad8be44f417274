//! Constants of the structs that the runtime and the header know, built from the structs' own descriptions
//! ([`tgc_abi`]).
//!
//! LLVM lays the types out by the target's data layout, as C does. A slot on a target with short pointers is
//! a pointer and zeros up to eight bytes.

use inkwell::AddressSpace;
use inkwell::context::Context;
use inkwell::targets::TargetData;
use inkwell::types::{BasicTypeEnum, StructType};
use inkwell::values::BasicValue;
use tgc_abi::{DataLayout, Struct, Type};

use crate::ir::Val;

/// What a target's data layout says that shared structs depend on.
pub(crate) fn layout_of(context: &Context, data: &TargetData) -> DataLayout {
    DataLayout {
        pointer_bytes: u64::from(data.get_pointer_byte_size(None)),
        wide_align: u64::from(data.get_abi_alignment(&context.i64_type())),
    }
}

/// A constant struct of these fields, given with their names in the order of the struct.
///
/// # Panics
///
/// If the names or the types are not those of the description.
pub(crate) fn record<'c>(
    context: &'c Context,
    layout: DataLayout,
    table: &Struct,
    fields: &[(&str, Val<'c>)],
) -> Val<'c> {
    let names = table.fields.iter().map(|field| field.name);
    assert!(names.eq(fields.iter().map(|(name, _)| *name)), "{} has other fields", table.name);
    let parts = table.fields.iter().zip(fields).flat_map(|(field, (_, value))| {
        [Some(*value), slot_end(context, layout, &field.ty).map(|ty| ty.const_zero())].into_iter().flatten()
    });
    let value = context.const_struct(&parts.collect::<Vec<_>>(), false);
    assert_eq!(value.get_type(), struct_type(context, layout, table), "{} has other types", table.name);
    value.as_basic_value_enum()
}

/// A struct as LLVM has it.
fn struct_type<'c>(context: &'c Context, layout: DataLayout, table: &Struct) -> StructType<'c> {
    let parts = table.fields.iter().flat_map(|field| {
        [Some(field_type(context, layout, &field.ty)), slot_end(context, layout, &field.ty)]
            .into_iter()
            .flatten()
    });
    context.struct_type(&parts.collect::<Vec<_>>(), false)
}

/// What stands in the place of a field; behind a slot's pointer its end may follow.
fn field_type<'c>(context: &'c Context, layout: DataLayout, ty: &Type) -> BasicTypeEnum<'c> {
    match ty {
        Type::Void | Type::Char => context.i8_type().into(),
        Type::I32 | Type::U32 => context.i32_type().into(),
        Type::I64 | Type::U64 => context.i64_type().into(),
        Type::Bytes(bytes) => context.i8_type().array_type(*bytes as u32).into(),
        Type::Pointer { .. } | Type::Function(_) | Type::Slot(_) => {
            context.ptr_type(AddressSpace::default()).into()
        }
        Type::Struct(table) => struct_type(context, layout, table).into(),
    }
}

/// The bytes of a slot that its pointer leaves.
fn slot_end<'c>(context: &'c Context, layout: DataLayout, ty: &Type) -> Option<BasicTypeEnum<'c>> {
    let left = ty.bytes(layout).checked_sub(layout.pointer_bytes).filter(|bytes| *bytes > 0)?;
    matches!(ty, Type::Slot(_)).then(|| context.i8_type().array_type(left as u32).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data layouts as LLVM writes them, and what follows from them.
    const TARGETS: [(&str, DataLayout); 6] = [
        ("e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128", DataLayout::WIDE),
        (
            "e-m:e-p270:32:32-p271:32:32-p272:64:64-i8:8:32-i16:16:32-i64:64-i128:128-n32:64-S128-Fn32",
            DataLayout::WIDE,
        ),
        (
            "e-m:e-p:32:32-p270:32:32-p271:32:32-p272:64:64-i128:128-f64:32:64-f80:32-n8:16:32-S128",
            DataLayout::I386,
        ),
        ("e-m:e-p:32:32-Fi8-i64:64-v128:64:128-a:0:32-n32-S64", DataLayout::NARROW),
        ("e-m:e-p:32:32-i64:64-n32-S128", DataLayout::NARROW),
        ("e-m:e-p:32:32-p10:8:8-p20:8:8-i64:64-i128:128-n32:64-S128-ni:1:10:20", DataLayout::NARROW),
    ];

    fn tables() -> impl Iterator<Item = &'static Struct> {
        tgc_abi::HEADER.into_iter().chain(tgc_abi::OWNED)
    }

    #[test]
    fn layouts_follow_from_llvms() {
        let context = Context::create();
        for (text, layout) in TARGETS {
            assert_eq!(layout_of(&context, &TargetData::create(text)), layout, "{text}");
        }
    }

    #[test]
    fn llvm_puts_every_field_where_the_description_does() {
        let context = Context::create();
        for (text, layout) in TARGETS {
            let data = TargetData::create(text);
            for table in tables() {
                let ty = struct_type(&context, layout, table);
                assert_eq!(data.get_abi_size(&ty), table.bytes(layout), "{}", table.name);
                let mut element = 0;
                for (index, field) in table.fields.iter().enumerate() {
                    let offset = data.offset_of_element(&ty, element);
                    assert_eq!(offset, Some(table.offset(index, layout)), "{}.{}", table.name, field.name);
                    element += 1 + u32::from(slot_end(&context, layout, &field.ty).is_some());
                }
            }
        }
    }

    #[test]
    fn slots_end_in_zeros_where_pointers_are_short() {
        let context = Context::create();
        let pointer = context.ptr_type(AddressSpace::default()).const_null().into();
        let size = |n| context.i64_type().const_int(n, false).into();
        let fields = [("name", pointer), ("min", size(1)), ("max", size(2))];
        let text = |layout| record(&context, layout, &tgc_abi::DimDesc::TABLE, &fields).to_string();
        assert!(text(DataLayout::WIDE).contains("{ ptr, i64, i64 }"), "{}", text(DataLayout::WIDE));
        assert!(text(DataLayout::I386).contains("{ ptr, [4 x i8], i64, i64 }"), "{}", text(DataLayout::I386));
    }
}
