//! A module under construction: how its functions and constants are made.
//!
//! Functions never unwind. Constants are private, so that an object's symbol table holds functions and what
//! is exported.

use inkwell::AddressSpace;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::types::{BasicTypeEnum, FunctionType};
use inkwell::values::{BasicValue, FunctionValue, GlobalValue, PointerValue, UnnamedAddress};

use crate::target::Target;

/// A module under construction.
pub(crate) struct Shell<'a, 'c> {
    pub(crate) context: &'c Context,
    pub(crate) module: &'a Module<'c>,
    pub(crate) target: &'a Target,
}

impl<'c> Shell<'_, 'c> {
    /// The type of a pointer.
    pub(crate) fn pointer_type(&self) -> BasicTypeEnum<'c> {
        self.context.ptr_type(AddressSpace::default()).into()
    }

    /// A function that no other object sees. Nothing compares its address, so that equal ones may become one.
    pub(crate) fn internal_function(&self, name: &str, ty: FunctionType<'c>) -> FunctionValue<'c> {
        let function = self.function(name, ty, Linkage::Internal);
        function.as_global_value().set_unnamed_address(UnnamedAddress::Global);
        function
    }

    /// An internal function for the CPU of the target, which is not inlined.
    pub(crate) fn kernel_function(&self, name: &str, ty: FunctionType<'c>) -> FunctionValue<'c> {
        let function = self.internal_function(name, ty);
        self.mark(function, AttributeLoc::Function, "noinline");
        let features: Vec<String> = self.target.features().iter().map(|f| format!("+{f}")).collect();
        for (name, value) in [
            ("target-cpu", self.target.level_cpu()),
            ("target-features", &features.join(",")),
            ("tune-cpu", self.target.cpu()),
        ] {
            let attribute = self.context.create_string_attribute(name, value);
            function.add_attribute(AttributeLoc::Function, attribute);
        }
        function
    }

    /// A function that does not unwind.
    pub(crate) fn function(&self, name: &str, ty: FunctionType<'c>, linkage: Linkage) -> FunctionValue<'c> {
        let function = self.module.add_function(name, ty, Some(linkage));
        self.mark(function, AttributeLoc::Function, "nounwind");
        function
    }

    /// Adds an attribute that has no value.
    pub(crate) fn mark(&self, function: FunctionValue<'c>, place: AttributeLoc, name: &str) {
        let kind = Attribute::get_named_enum_kind_id(name);
        function.add_attribute(place, self.context.create_enum_attribute(kind, 0));
    }

    /// A private constant.
    pub(crate) fn constant(&self, name: &str, value: &dyn BasicValue<'c>, align: u32) -> PointerValue<'c> {
        let global = self.module.add_global(value.as_basic_value_enum().get_type(), None, name);
        global.set_initializer(value);
        global.set_constant(true);
        global.set_linkage(Linkage::Private);
        global.set_unnamed_addr(true);
        global.set_alignment(align);
        global.as_pointer_value()
    }

    /// The global of an address that [`Shell::constant`] gave.
    pub(crate) fn global_of(&self, constant: PointerValue<'c>) -> GlobalValue<'c> {
        let name = constant.get_name().to_str().expect("invariant: our own names are UTF-8");
        self.module.get_global(name).expect("invariant: a constant is a global of the module")
    }

    /// A private constant of bytes.
    pub(crate) fn bytes(&self, name: &str, bytes: &[u8], align: u32) -> PointerValue<'c> {
        self.constant(name, &self.context.const_string(bytes, false), align)
    }

    /// A text that ends in NUL.
    pub(crate) fn text(&self, text: &str) -> PointerValue<'c> {
        self.constant("text", &self.context.const_string(text.as_bytes(), true), 1)
    }
}
