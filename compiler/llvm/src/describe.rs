//! Constants that describe a model: to the runtime (`…Desc`) and to generic loaders (reflection, the header's
//! `tgc_model`).
//!
//! [`tgc_abi`] has the structs, and says what their fields mean.

use std::mem::offset_of;

use inkwell::module::Linkage as Visibility;
use inkwell::types::BasicType;
use inkwell::values::{FunctionValue, PointerValue};
use tgc_abi::{
    CArgument, CFunction, CModel, CSize, CState, CTX_BYTES, Context as Instance, CreateDesc, DataLayout,
    DimDesc, ModelDesc, StateDesc, Struct, VariantDesc,
};
use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, Symbol};
use tgc_graph::dtype::DType;
use tgc_graph::ty::TensorType;
use tgc_plan::{Argument, Interface, ModelPlan, Signature, State};

use crate::body::load_slot;
use crate::ir::{Ir, Val};
use crate::record::record;
use crate::shell::Shell;

/// What the linked names and the images of a library carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linkage {
    /// What every name starts with.
    pub prefix: String,
    /// The hash over the emitted header.
    pub hash: u64,
    /// The hash as every linked name ends with.
    pub suffix: String,
    /// The safetensors header of an image.
    pub save_header: Vec<u8>,
    /// The bytes of an image.
    pub save_bytes: u64,
}

impl Linkage {
    /// The linked name of a function, a state's getter or the model's constant.
    pub fn name(&self, short: &str) -> String {
        format!("{}_{short}_{}", self.prefix, self.suffix)
    }

    /// The linked name of what the members of an archive share and no program sees; no name of C has a point.
    pub(crate) fn hidden(&self, short: &str) -> String {
        format!("{}.{}_{}", self.prefix, short.replace('-', "_"), self.suffix)
    }

    /// The linked name of a function's kernel in a variant.
    pub(crate) fn kernel(&self, function: &str, variant: &str) -> String {
        self.hidden(&format!("{function}.{variant}"))
    }
}

/// Builds the constants of one model.
pub(crate) struct Describe<'b, 'c> {
    pub(crate) shell: &'b Shell<'b, 'c>,
    pub(crate) plan: &'b ModelPlan,
    pub(crate) model: &'b Interface,
    pub(crate) linkage: &'b Linkage,
    /// The names of the variants, the best last.
    pub(crate) variants: Vec<&'b str>,
    /// How the target lays out structs.
    pub(crate) layout: DataLayout,
}

/// The functions that descriptions point to.
pub(crate) struct Functions<'c> {
    pub(crate) init: FunctionValue<'c>,
    pub(crate) ws_bytes: FunctionValue<'c>,
    /// One for each state.
    pub(crate) getters: Vec<FunctionValue<'c>>,
    /// One for each function of the model.
    pub(crate) packed: Vec<FunctionValue<'c>>,
}

/// The address of a function.
pub(crate) fn address_of<'c>(function: FunctionValue<'c>) -> Val<'c> {
    function.as_global_value().as_pointer_value().into()
}

impl<'c> Describe<'_, 'c> {
    // Pieces.

    pub(crate) fn u64(&self, value: u64) -> Val<'c> {
        self.shell.context.i64_type().const_int(value, false).into()
    }

    fn i64(&self, value: i64) -> Val<'c> {
        self.u64(value as u64)
    }

    fn i32(&self, value: usize) -> Val<'c> {
        self.shell.context.i32_type().const_int(value as u64, false).into()
    }

    pub(crate) fn text(&self, text: &str) -> Val<'c> {
        self.shell.text(text).into()
    }

    fn null(&self) -> Val<'c> {
        self.shell.pointer_type().into_pointer_type().const_null().into()
    }

    pub(crate) fn record(&self, table: &Struct, fields: &[(&str, Val<'c>)]) -> Val<'c> {
        record(self.shell.context, self.layout, table, fields)
    }

    fn pointer_bytes(&self) -> Val<'c> {
        self.u64(self.layout.pointer_bytes)
    }

    /// A constant array, or NULL for none. All items have one layout.
    pub(crate) fn table(&self, name: &str, items: &[Val<'c>]) -> Val<'c> {
        match items {
            [] => self.null(),
            _ => self.shell.constant(name, &self.shell.context.const_struct(items, false), 8).into(),
        }
    }

    // The runtime's descriptors.

    /// `int64_t` sizes of a config, to the workspace that all functions need.
    pub(crate) fn build_ws_bytes(&self) -> FunctionValue<'c> {
        let ty = self.shell.context.i64_type().fn_type(&[self.shell.pointer_type().into()], false);
        let function = self.shell.internal_function("ws_bytes", ty);
        let ir = Ir::new(self.shell, function);
        let sizes = function.get_first_param().expect("invariant: one parameter").into_pointer_value();
        let mut most = ir.int(0);
        for plan in self.plan.functions() {
            *ir.sizes.borrow_mut() =
                plan.symbols().iter().map(|(_, symbol)| self.load_size(&ir, sizes, symbol)).collect();
            most = ir.max(most, ir.size(&plan.body.workspace));
        }
        ir.return_value(most.into());
        ir.finish();
        function
    }

    /// A size of a config, or the nearest that the function of this symbol admits.
    fn load_size(
        &self,
        ir: &Ir<'_, 'c>,
        sizes: PointerValue<'c>,
        symbol: &Symbol,
    ) -> inkwell::values::IntValue<'c> {
        let at = self.model.sizes.iter().position(|size| size.name == symbol.name);
        let at = at.expect("invariant: the config names every symbol of the functions");
        let size = ir.load(ir.int_type().into(), ir.offset(sizes, ir.int(8 * at as i64)), 8).into_int_value();
        let model = &self.model.sizes[at];
        let size = if symbol.min > model.min { ir.max(size, ir.int(symbol.min)) } else { size };
        if symbol.max < model.max { ir.min(size, ir.int(symbol.max)) } else { size }
    }

    /// `DimDesc` for each size.
    pub(crate) fn dims<'s>(&self, sizes: impl Iterator<Item = &'s Symbol>) -> Val<'c> {
        self.table("sizes", &sizes.map(|size| self.size(&DimDesc::TABLE, size)).collect::<Vec<_>>())
    }

    fn size(&self, table: &Struct, size: &Symbol) -> Val<'c> {
        let (min, max) = (self.i64(size.min), self.i64(size.max));
        self.record(table, &[("name", self.text(&size.name)), ("min", min), ("max", max)])
    }

    /// `ModelDesc`.
    pub(crate) fn model_desc(
        &self,
        ws_bytes: FunctionValue<'c>,
        runnable: Option<FunctionValue<'c>>,
    ) -> PointerValue<'c> {
        let header = &self.linkage.save_header;
        let fields = [
            ("name", self.text(&self.model.name)),
            ("hash", self.u64(self.linkage.hash)),
            ("state_bytes", self.u64(self.model.state_bytes())),
            ("dims", self.dims(self.model.sizes.iter())),
            ("dim_count", self.u64(self.model.sizes.len() as u64)),
            ("states", self.state_descs()),
            ("state_count", self.u64(self.model.states.len() as u64)),
            ("save_header", self.shell.bytes("save_header", header, 1).into()),
            ("save_header_bytes", self.u64(header.len() as u64)),
            ("save_bytes", self.u64(self.linkage.save_bytes)),
            ("ws_bytes", address_of(ws_bytes)),
            ("runnable", runnable.map_or_else(|| self.null(), address_of)),
            ("variants", self.variant_descs()),
            ("variant_count", self.u64(self.variants.len() as u64)),
            ("pointer_bytes", self.pointer_bytes()),
        ];
        self.shell.constant("model_desc", &self.record(&ModelDesc::TABLE, &fields), 8)
    }

    /// `VariantDesc` for each variant.
    fn variant_descs(&self) -> Val<'c> {
        let item = |name: &&str| self.record(&VariantDesc::TABLE, &[("name", self.text(name))]);
        self.table("variant_descs", &self.variants.iter().map(item).collect::<Vec<_>>())
    }

    /// `StateDesc` for each state; the data in an image follow the header without gaps.
    fn state_descs(&self) -> Val<'c> {
        let mut data_offset = self.linkage.save_header.len() as u64;
        let mut item = |state: &State| {
            let bytes = state.initial.bytes().len() as u64;
            let pattern = initial_pattern(&state.initial);
            let initial = match pattern.is_empty() {
                true => self.null(),
                false => self.shell.bytes("initial", &pattern, 16).into(),
            };
            let fields = [
                ("name", self.text(&state.name)),
                ("offset", self.u64(state.offset)),
                ("bytes", self.u64(bytes)),
                ("initial", initial),
                ("initial_bytes", self.u64(pattern.len() as u64)),
                ("data_offset", self.u64(data_offset)),
                ("is_bool", self.u64(u64::from(state.initial.dtype() == DType::Bool))),
            ];
            data_offset += bytes;
            self.record(&StateDesc::TABLE, &fields)
        };
        let items: Vec<Val> = self.model.states.iter().map(&mut item).collect();
        self.table("state_descs", &items)
    }

    /// `CreateDesc`.
    pub(crate) fn create_desc(
        &self,
        ws_bytes: FunctionValue<'c>,
        init: Val<'c>,
        init_shared: Val<'c>,
    ) -> PointerValue<'c> {
        let fields = [
            ("state_bytes", self.u64(self.model.state_bytes())),
            ("dims", self.dims(self.model.sizes.iter())),
            ("dim_count", self.u64(self.model.sizes.len() as u64)),
            ("pointer_bytes", self.pointer_bytes()),
            ("ws_bytes", address_of(ws_bytes)),
            ("init", init),
            ("init_shared", init_shared),
        ];
        self.shell.constant("create_desc", &self.record(&CreateDesc::TABLE, &fields), 8)
    }

    // Functions over a descriptor.

    /// An exported function that passes its arguments to the runtime, the descriptor first if there is one.
    pub(crate) fn build_forward(&self, short: &str, desc: Option<PointerValue<'c>>) -> FunctionValue<'c> {
        let runtime = self.shell.module.get_function(&format!("tgc_rt_{short}"));
        let runtime = runtime.expect("invariant: the runtime defines the function");
        let all = runtime.get_type().get_param_types();
        let own = &all[usize::from(desc.is_some())..];
        let ty = match runtime.get_type().get_return_type() {
            Some(ty) => ty.fn_type(own, false),
            None => self.shell.context.void_type().fn_type(own, false),
        };
        let function = self.shell.function(&self.linkage.name(short), ty, Visibility::External);
        let ir = Ir::new(self.shell, function);
        let args: Vec<Val> = desc.map(Val::from).into_iter().chain(function.get_param_iter()).collect();
        match ir.call(runtime, &args) {
            Some(value) => ir.return_value(value),
            None => ir.return_void(),
        }
        ir.finish();
        function
    }

    /// `T *getter(ctx)`: the address of a state, or NULL for another model's instance.
    pub(crate) fn build_getter(&self, state: &State) -> FunctionValue<'c> {
        let pointer = self.shell.pointer_type();
        let ty = pointer.fn_type(&[pointer.into()], false);
        let function = self.shell.function(&self.linkage.name(&state.name), ty, Visibility::External);
        let ir = Ir::new(self.shell, function);
        let context = function.get_first_param().expect("invariant: one parameter").into_pointer_value();
        let refuse = ir.new_block("refuse");
        let given = ir.builder.build_is_not_null(context, "").expect("invariant: the builder is positioned");
        ir.continue_if(given, refuse);
        let hash = ir.load(ir.int_type().into(), context, 8).into_int_value();
        let same = ir.compare_int(inkwell::IntPredicate::EQ, hash, ir.int(self.linkage.hash as i64));
        ir.continue_if(same, refuse);
        let block = load_slot(&ir, context, offset_of!(Instance, state)).into_pointer_value();
        ir.return_value(ir.offset(block, ir.int(state.offset as i64)).into());
        ir.position(refuse);
        ir.return_value(self.null());
        ir.finish();
        function
    }

    /// `const T *getter(ctx)`: the address of a frozen variable, which is the same for every instance.
    pub(crate) fn build_frozen_getter(&self, name: &str, data: PointerValue<'c>) {
        let pointer = self.shell.pointer_type();
        let ty = pointer.fn_type(&[pointer.into()], false);
        let function = self.shell.function(&self.linkage.name(name), ty, Visibility::External);
        let ir = Ir::new(self.shell, function);
        ir.return_value(data.into());
        ir.finish();
    }

    // Reflection.

    /// Defines the exported constant.
    pub(crate) fn build_model(&self, functions: &Functions<'c>) {
        let model = self.model;
        let states: Vec<Val> =
            model.states.iter().zip(&functions.getters).map(|(state, get)| self.state(state, *get)).collect();
        let described: Vec<Val> = model
            .functions
            .iter()
            .zip(&functions.packed)
            .map(|(plan, call)| self.function(plan, *call))
            .collect();
        let variants: Vec<Val> = self.variants.iter().map(|name| self.text(name)).collect();
        let fields = [
            ("name", self.text(&model.name)),
            ("hash", self.u64(self.linkage.hash)),
            ("size_count", self.i32(model.sizes.len())),
            ("state_count", self.i32(model.states.len())),
            ("function_count", self.i32(model.functions.len())),
            ("variant_count", self.i32(self.variants.len())),
            ("sizes", self.sizes(model.sizes.iter())),
            ("states", self.table("states", &states)),
            ("functions", self.table("functions", &described)),
            ("ctx_bytes", self.u64(CTX_BYTES)),
            ("state_bytes", self.u64(model.state_bytes())),
            ("save_bytes", self.u64(self.linkage.save_bytes)),
            ("init", address_of(functions.init)),
            ("ws_bytes", address_of(functions.ws_bytes)),
            ("variants", self.table("variants", &variants)),
        ];
        let value = self.record(&CModel::TABLE, &fields);
        let global = self.shell.module.add_global(value.get_type(), None, &self.linkage.name("model"));
        global.set_initializer(&value);
        global.set_constant(true);
        global.set_alignment(8);
    }

    fn sizes<'s>(&self, sizes: impl Iterator<Item = &'s Symbol>) -> Val<'c> {
        self.table("sizes", &sizes.map(|size| self.size(&CSize::TABLE, size)).collect::<Vec<_>>())
    }

    fn state(&self, state: &State, get: FunctionValue<'c>) -> Val<'c> {
        let shape: Vec<Val> = state.initial.shape().iter().map(|&n| self.u64(n as u64)).collect();
        let (dtype, rank) = (self.dtype(state.initial.dtype()), self.i32(shape.len()));
        let (name, shape) = (self.text(&state.name), self.table("shape", &shape));
        let fields =
            [("name", name), ("dtype", dtype), ("rank", rank), ("shape", shape), ("get", address_of(get))];
        self.record(&CState::TABLE, &fields)
    }

    fn function(&self, plan: &Signature, call: FunctionValue<'c>) -> Val<'c> {
        let arguments = |args: &[Argument]| {
            let items: Vec<Val> = args.iter().map(|arg| self.argument(&arg.name, &arg.ty)).collect();
            self.table("arguments", &items)
        };
        let updates: Vec<Val> = plan.updates.iter().map(|&state| self.i32(state)).collect();
        let fields = [
            ("name", self.text(&plan.name)),
            ("size_count", self.i32(plan.symbols.len())),
            ("input_count", self.i32(plan.inputs.len())),
            ("output_count", self.i32(plan.outputs.len())),
            ("update_count", self.i32(plan.updates.len())),
            ("sizes", self.sizes(plan.symbols.iter().map(|(_, symbol)| symbol))),
            ("inputs", arguments(&plan.inputs)),
            ("outputs", arguments(&plan.outputs)),
            ("updates", self.table("updates", &updates)),
            ("call", address_of(call)),
        ];
        self.record(&CFunction::TABLE, &fields)
    }

    fn argument(&self, name: &str, ty: &TensorType) -> Val<'c> {
        let shape: Vec<Val> = ty.shape.iter().map(|dim| self.i64(shape_entry(dim))).collect();
        let (dtype, rank) = (self.dtype(ty.dtype), self.i32(shape.len()));
        let (name, shape) = (self.text(name), self.table("shape", &shape));
        self.record(&CArgument::TABLE, &[("name", name), ("dtype", dtype), ("rank", rank), ("shape", shape)])
    }

    fn dtype(&self, dtype: DType) -> Val<'c> {
        self.i32(
            DType::ALL.iter().position(|d| *d == dtype).expect("invariant: every element type is listed"),
        )
    }
}

/// How reflection writes one size of a shape.
fn shape_entry(dim: &Dim) -> i64 {
    match (dim.as_const(), dim.as_symbol()) {
        (Some(size), _) => size,
        (None, Some(symbol)) => -1 - i64::from(symbol.0),
        (None, None) => i64::MIN,
    }
}

/// The bytes that repeat to make an initial value: none for zeros, one element for a uniform value, else all.
fn initial_pattern(initial: &Array) -> Vec<u8> {
    let bytes = initial.bytes();
    if bytes.iter().all(|b| *b == 0) {
        return vec![];
    }
    match initial.as_splat() {
        Some(_) => bytes[..initial.dtype().bytes()].to_vec(),
        None => bytes.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initial_values_shrink_to_patterns() {
        assert_eq!(initial_pattern(&Array::zeros::<f32>([9])), vec![]);
        assert_eq!(initial_pattern(&Array::full([9], 7i16)), vec![7, 0]);
        assert_eq!(initial_pattern(&Array::from([1u8, 2, 0])), vec![1, 2, 0]);
        assert_eq!(initial_pattern(&Array::zeros::<f32>([0])), vec![]);
    }
}
