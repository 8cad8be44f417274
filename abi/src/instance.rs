//! What generated code and the runtime share behind the header: the instance, and the constants that describe
//! a model.
//!
//! Pointers lie in slots, integers have eight bytes, so each struct has one layout on all targets.

use crate::header::{AllocateFn, InitFn, ParallelForFn, ReleaseFn, WsBytesFn};
use crate::layout::Struct;
use crate::slot::Slot;
use crate::status::Status;
use crate::{BLOCK_ALIGN, CTX_BYTES, ERROR_BYTES};

functions! {
    /// The variants that the processor can run: bit `i` for the one of index `i`.
    fn RunnableFn() -> u64;
    /// The exported `NAME_init_shared`; an instance is written to `out`.
    fn InitSharedFn(
        parent: *mut u8,
        config: *const u8,
        ctx: *mut u8,
        ws: *mut u8,
        ws_bytes: u64,
        out: *mut *mut u8,
    ) -> Status;
}

structs! {
    /// An instance of a model. It lies at the start of its block and holds all that a call needs besides its
    /// arguments.
    #[repr(align(64))]
    struct Context = "tgc_rt_context" {
        /// The hash of the model that built it.
        hash: u64,
        /// The state block, its own or its parent's; null if the model has no state.
        state: Slot<*mut u8>,
        /// The workspace; null if it has no bytes.
        ws: Slot<*mut u8>,
        /// The bytes of the workspace.
        ws_bytes: u64,
        /// The pool's hook; without one the calling thread runs all rows at once.
        parallel_for: Slot<Option<ParallelForFn>>,
        /// The model.
        model: Slot<*const ModelDesc>,
        /// A copy of the allocator that `create` used; null functions stand for malloc and free.
        alloc: Alloc,
        /// A set of bits: [`OWNS_BLOCK`](crate::OWNS_BLOCK).
        owns: u64,
        /// The first argument of the pool's hook.
        pool_user: Slot<*mut u8>,
        /// What the allocator returned, if the instance owns a block.
        block: Slot<*mut u8>,
        /// The bytes that the allocator was asked for.
        block_bytes: u64,
        /// The last error as one line of UTF-8, ended by NUL; empty if there was none.
        error: [u8; ERROR_BYTES],
        /// The index of the variant in use.
        variant: u64,
        /// Zeros, kept for later versions.
        reserved: [u8; 144],
    }

    /// An allocator's hooks in slots.
    #[derive(Clone, Copy)]
    struct Alloc = "tgc_rt_alloc" {
        /// The first argument of both hooks.
        user: Slot<*mut u8>,
        /// Takes memory; null means malloc.
        allocate: Slot<Option<AllocateFn>>,
        /// Gives memory back; null means free.
        release: Slot<Option<ReleaseFn>>,
    }

    /// A model as a constant of the emitted library.
    #[derive(Clone, Copy)]
    struct ModelDesc = "tgc_rt_model" {
        /// The model's name, ended by NUL.
        name: Slot<*const u8>,
        /// The hash over the text of the emitted header.
        hash: u64,
        /// The bytes of a state block.
        state_bytes: u64,
        /// The dimensions of the config, in its order.
        dims: Slot<*const DimDesc>,
        /// How many dimensions there are.
        dim_count: u64,
        /// The states, in the order of their data in an image.
        states: Slot<*const StateDesc>,
        /// How many states there are.
        state_count: u64,
        /// The safetensors prefix of an image: the length of the JSON text as eight little-endian bytes, then
        /// the text.
        save_header: Slot<*const u8>,
        /// The bytes of the prefix.
        save_header_bytes: u64,
        /// The bytes of an image: the prefix and the data of all states without gaps.
        save_bytes: u64,
        /// The workspace that every function together needs; null if none needs any.
        ws_bytes: Slot<Option<WsBytesFn>>,
        /// Asks the processor; null if it can run every variant, as all of the target's can.
        runnable: Slot<Option<RunnableFn>>,
        /// The variants' names, each ended by NUL, from the least demanding to the best.
        variants: Slot<*const VariantDesc>,
        /// How many variants there are, 64 at most.
        variant_count: u64,
        /// The bytes of a pointer on the target: 4 or 8.
        pointer_bytes: u64,
    }

    /// A symbolic dimension of a config.
    #[derive(Clone, Copy)]
    struct DimDesc = "tgc_rt_dim" {
        /// Its name, ended by NUL.
        name: Slot<*const u8>,
        /// The smallest size.
        min: i64,
        /// The largest size.
        max: i64,
    }

    /// Code for one machine.
    #[derive(Clone, Copy)]
    struct VariantDesc = "tgc_rt_variant" {
        /// Its name, ended by NUL.
        name: Slot<*const u8>,
    }

    /// A shared variable.
    #[derive(Clone, Copy)]
    struct StateDesc = "tgc_rt_state" {
        /// Its name, ended by NUL.
        name: Slot<*const u8>,
        /// Where it starts in the state block, a multiple of [`BLOCK_ALIGN`].
        offset: u64,
        /// Its bytes.
        bytes: u64,
        /// Its initial value or a pattern that repeats to fill it.
        initial: Slot<*const u8>,
        /// The bytes of `initial`: equal to `bytes` for a whole value, less for a pattern, 0 for a value of
        /// zeros.
        initial_bytes: u64,
        /// Where its data starts, counted from the start of an image.
        data_offset: u64,
        /// 1 where its elements are `bool`, whose bytes must be 0 or 1, else 0.
        is_bool: u64,
    }

    /// The arrays of a function with many arguments, whose calls keep them in words at the start of the
    /// workspace.
    #[derive(Clone, Copy)]
    struct CallDesc = "tgc_rt_call" {
        /// The function's name, ended by NUL.
        name: Slot<*const u8>,
        /// Its sizes, which are the first words.
        sizes: Slot<*const DimDesc>,
        /// How many sizes there are.
        size_count: u64,
        /// The arrays: inputs, then outputs.
        arrays: Slot<*const ArrayDesc>,
        /// How many arrays there are.
        array_count: u64,
        /// How many of them are inputs.
        input_count: u64,
        /// Indices of the states that a call updates.
        updates: Slot<*const u64>,
        /// How many there are.
        update_count: u64,
        /// The word from which on an array's bytes stand, one word for each array; behind them is a word for
        /// each output that the runtime may use.
        bytes_word: u64,
    }

    /// An array that a call is given.
    #[derive(Clone, Copy)]
    struct ArrayDesc = "tgc_rt_array" {
        /// Its name, ended by NUL.
        name: Slot<*const u8>,
        /// The alignment of an element, a power of two.
        align: u64,
        /// The word that holds its address.
        word: u64,
    }

    /// What `create`, `share` and `destroy` know of a model. Their archive member refers to exported names
    /// alone.
    #[derive(Clone, Copy)]
    struct CreateDesc = "tgc_rt_create" {
        /// The bytes of a state block.
        state_bytes: u64,
        /// The dimensions of the config, in its order.
        dims: Slot<*const DimDesc>,
        /// How many dimensions there are.
        dim_count: u64,
        /// The bytes of a pointer on the target: 4 or 8.
        pointer_bytes: u64,
        /// The workspace that every function together needs; null if none needs any.
        ws_bytes: Slot<Option<WsBytesFn>>,
        /// The exported `NAME_init`.
        init: Slot<InitFn>,
        /// The exported `NAME_init_shared`.
        init_shared: Slot<InitSharedFn>,
    }
}

/// Every struct of this file, those first that others hold.
pub const OWNED: [&Struct; 9] = [
    &Alloc::TABLE,
    &DimDesc::TABLE,
    &StateDesc::TABLE,
    &VariantDesc::TABLE,
    &ModelDesc::TABLE,
    &ArrayDesc::TABLE,
    &CallDesc::TABLE,
    &CreateDesc::TABLE,
    &Context::TABLE,
];

const _: () = {
    let mut index = 0;
    while index < OWNED.len() {
        assert!(OWNED[index].is_fixed());
        index += 1;
    }
    assert!(size_of::<Context>() as u64 == CTX_BYTES);
    assert!(align_of::<Context>() as u64 == BLOCK_ALIGN);
};
