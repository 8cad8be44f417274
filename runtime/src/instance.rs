//! Builds instances in blocks that the caller owns.
//!
//! Every check comes before the first write to a block. A failed call sets `*out` to NULL if `out` itself is
//! not NULL and lies in no block, and changes nothing else. The blocks stay the caller's; there is nothing to
//! destroy. The config's allocator is not used.

use core::ptr;

use tgc_abi::{BLOCK_ALIGN, CTX_BYTES, Context, ModelDesc, Slot, Status};

use crate::config::{Config, deliver};
use crate::region::Region;
use crate::state::tgc_rt_reset;
use crate::variant;

/// The most bytes of a workspace that an instance counts with: generated code adds the bytes of an array to
/// them.
const MOST_WS_BYTES: u64 = i64::MAX as u64;

/// The blocks of an instance.
#[derive(Clone, Copy)]
pub(crate) struct Blocks {
    ctx: *mut u8,
    state: *mut u8,
    state_bytes: u64,
    ws: *mut u8,
    ws_bytes: u64,
}

impl Blocks {
    /// # Safety
    ///
    /// `ctx` points to an instance.
    pub(crate) unsafe fn of(ctx: *mut Context, state_bytes: u64) -> Self {
        // SAFETY: The contract of this function.
        let (state, ws, ws_bytes) = unsafe { ((*ctx).state.value, (*ctx).ws.value, (*ctx).ws_bytes) };
        Self { ctx: ctx.cast(), state, state_bytes, ws, ws_bytes }
    }

    pub(crate) fn ctx(&self) -> Region {
        Region::new(self.ctx, CTX_BYTES)
    }

    pub(crate) fn state(&self) -> Region {
        Region::new(self.state, self.state_bytes)
    }

    pub(crate) fn ws(&self) -> Region {
        Region::new(self.ws, self.ws_bytes)
    }

    /// Whether a piece of memory shares a byte with one of them.
    pub(crate) fn meet(&self, region: Region) -> bool {
        self.ctx().meets(region) || self.state().meets(region) || self.ws().meets(region)
    }

    /// Whether two of the blocks share a byte.
    fn overlap(&self) -> bool {
        self.ctx().meets(self.state()) || self.ctx().meets(self.ws()) || self.state().meets(self.ws())
    }
}

/// Builds an instance over `ctx`, `state` and `ws` and resets its state to the initial values.
///
/// Checks in this order: `E_NULL` for out, ctx, config and, if the model has state, state; `E_VERSION` for a
/// config of another size or with flags; `E_DIM`; `E_VARIANT` and `E_CPU`; `E_ALIGN` for blocks off their
/// 64-byte alignment; `E_NULL` for a pool without a hook and for ws if any workspace is needed;
/// `E_WORKSPACE` if `ws_bytes` is too small; `E_ALIAS` for blocks that overlap each other, the config or its
/// pool. `E_ALIAS` for an `out` in a block comes before all.
///
/// # Safety
///
/// `desc` points to a descriptor that outlives the instance. Every other pointer is null or points to what
/// the emitted header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_init(
    desc: *const ModelDesc,
    config: *const u8,
    ctx: *mut u8,
    state: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut Context,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe {
        let blocks = Blocks { ctx, state, state_bytes: (*desc).state_bytes, ws, ws_bytes };
        if blocks.meet(Region::new(out.cast(), (*desc).pointer_bytes)) {
            return Status::Alias;
        }
        let stateless = (*desc).state_bytes == 0;
        let built =
            if state.is_null() && !stateless { Err(Status::Null) } else { build(desc, config, blocks, out) };
        if let Ok(instance) = built {
            tgc_rt_reset(instance);
        }
        deliver(built, out)
    }
}

/// Builds an instance over the state of `parent`, which has to outlive it. The state keeps its values.
///
/// Checks like [`tgc_rt_init`], and `E_VERSION` for a parent of another model. The two may share a workspace,
/// if no two threads call them at once, and no other block.
///
/// # Safety
///
/// As for [`tgc_rt_init`]; `parent` is null or points to an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_init_shared(
    desc: *const ModelDesc,
    parent: *mut Context,
    config: *const u8,
    ctx: *mut u8,
    ws: *mut u8,
    ws_bytes: u64,
    out: *mut *mut Context,
) -> Status {
    // SAFETY: The contract of this function; the parent is read only once it is known not to be null.
    unsafe {
        let none = Blocks { ctx, state: ptr::null_mut(), state_bytes: 0, ws, ws_bytes };
        let place = Region::new(out.cast(), (*desc).pointer_bytes);
        if none.meet(place) {
            return Status::Alias;
        }
        if parent.is_null() {
            return deliver(Err(Status::Null), out);
        }
        if (*parent).hash != (*desc).hash {
            return deliver(Err(Status::Version), out);
        }
        let old = Blocks::of(parent, (*desc).state_bytes);
        if old.meet(place) {
            return Status::Alias;
        }
        let blocks = Blocks { state: old.state, state_bytes: old.state_bytes, ..none };
        let distinct = !old.meet(blocks.ctx()) && !old.ctx().meets(blocks.ws());
        deliver(if distinct { build(desc, config, blocks, out) } else { Err(Status::Alias) }, out)
    }
}

/// Checks everything but the state pointer, then fills the context.
unsafe fn build(
    desc: *const ModelDesc,
    config: *const u8,
    blocks: Blocks,
    out: *mut *mut Context,
) -> Result<*mut Context, Status> {
    if out.is_null() || blocks.ctx.is_null() || config.is_null() {
        return Err(Status::Null);
    }
    // SAFETY: The callers pass on their own contract, and the pointers read here are not null.
    unsafe {
        let model = &*desc;
        let config = Config::check(config, model.dims, model.dim_count, model.pointer_bytes)?;
        let variant = variant::choose(model, config.variant())?;
        if !(is_aligned(blocks.ctx) && is_aligned(blocks.state) && is_aligned(blocks.ws)) {
            return Err(Status::Align);
        }
        let pool = config.pool()?;
        let needed = config.workspace(model.ws_bytes);
        if blocks.ws.is_null() && needed != 0 {
            return Err(Status::Null);
        }
        if needed > blocks.ws_bytes {
            return Err(Status::Workspace);
        }
        if blocks.overlap()
            || config.meets(blocks.ctx())
            || config.meets(blocks.state())
            || config.meets(blocks.ws())
        {
            return Err(Status::Alias);
        }
        let ctx = blocks.ctx.cast::<Context>();
        ctx.write_bytes(0, 1);
        (*ctx).hash = model.hash;
        (*ctx).state = Slot::new(blocks.state);
        if !blocks.ws.is_null() && blocks.ws_bytes != 0 {
            (*ctx).ws = Slot::new(blocks.ws);
            (*ctx).ws_bytes = if blocks.ws_bytes > MOST_WS_BYTES { MOST_WS_BYTES } else { blocks.ws_bytes };
        }
        (*ctx).model = Slot::new(desc);
        (*ctx).parallel_for = pool.parallel_for;
        (*ctx).pool_user = pool.user;
        (*ctx).variant = variant;
        Ok(ctx)
    }
}

fn is_aligned(block: *mut u8) -> bool {
    block.addr() & (BLOCK_ALIGN as usize).wrapping_sub(1) == 0
}

#[cfg(test)]
mod tests {
    use core::ptr;

    use super::*;
    use crate::fixture::{Arena, Blocks, CTX_AT, STATE_AT, ToyConfig, WS_BYTES};
    use crate::fixture::{error_line, initial_values, model, values};
    use tgc_abi::{CPool, DimDesc, OWNS_BLOCK, TaskFn};

    /// The arguments of one call, to be changed by a test.
    struct Call {
        model: ModelDesc,
        config: ToyConfig,
        no_config: bool,
        ctx: *mut u8,
        state: *mut u8,
        ws: *mut u8,
        ws_bytes: u64,
    }

    impl Call {
        fn new(blocks: &mut Blocks) -> Self {
            let (ctx, state, ws) = (blocks.ctx(), blocks.state(), blocks.ws());
            let config = ToyConfig::new(10, 2);
            Self { model: model(), config, no_config: false, ctx, state, ws, ws_bytes: WS_BYTES as u64 }
        }

        fn config(&self) -> *const u8 {
            if self.no_config { ptr::null() } else { self.config.start() }
        }

        /// Says that a pool lies there; nothing reads it but the check of its hook.
        fn pool_at(&mut self, place: *mut u8) {
            self.config.pool = place.cast();
        }

        fn init(&self) -> (Status, *mut Context) {
            let mut out = ptr::dangling_mut();
            let Self { ctx, state, ws, ws_bytes, .. } = *self;
            // SAFETY: The blocks are real or null.
            let status =
                unsafe { tgc_rt_init(&self.model, self.config(), ctx, state, ws, ws_bytes, &mut out) };
            (status, out)
        }

        fn init_shared(&self, parent: *mut Context) -> (Status, *mut Context) {
            let mut out = ptr::dangling_mut();
            let Self { ctx, ws, ws_bytes, .. } = *self;
            // SAFETY: The blocks are real or null.
            let status = unsafe {
                tgc_rt_init_shared(&self.model, parent, self.config(), ctx, ws, ws_bytes, &mut out)
            };
            (status, out)
        }
    }

    /// Changes a good call of both functions, which must then refuse it and write nothing.
    fn refuses(expected: Status, change: impl Fn(&mut Call)) {
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        change(&mut call);
        assert_eq!(call.init(), (expected, ptr::null_mut()));
        assert!(blocks.are_untouched());

        let mut parent = Blocks::new();
        let parent = parent.instance();
        assert_eq!(call.init_shared(parent), (expected, ptr::null_mut()));
        assert!(blocks.are_untouched());
        assert_eq!(values(parent), initial_values());
    }

    #[test]
    fn an_instance_starts_with_initial_values_and_no_error() {
        let mut blocks = Blocks::new();
        let call = Call::new(&mut blocks);
        let (status, ctx) = call.init();
        assert_eq!((status, ctx.cast()), (Status::Ok, call.ctx));
        assert_eq!(values(ctx), initial_values());
        assert_eq!(error_line(ctx), "");
        // SAFETY: The instance was just built.
        let context = unsafe { &*ctx };
        assert_eq!(context.hash, call.model.hash);
        assert_eq!((context.ws.value, context.ws_bytes), (call.ws, WS_BYTES as u64));
        assert!(context.parallel_for.value.is_none());
        assert_eq!(context.owns & OWNS_BLOCK, 0);
    }

    #[test]
    fn a_shared_instance_sees_the_parents_state_and_does_not_reset_it() {
        let (mut first, mut second) = (Blocks::new(), Blocks::new());
        let parent = first.instance();
        // SAFETY: The state has bytes.
        unsafe { *(*parent).state.value = 9 };
        let (status, child) = Call::new(&mut second).init_shared(parent);
        assert_eq!(status, Status::Ok);
        assert_eq!(values(child).0[0], 9);
        assert_eq!(values(child), values(parent));
    }

    #[test]
    fn null_blocks_and_configs_are_refused() {
        refuses(Status::Null, |call| call.ctx = ptr::null_mut());
        refuses(Status::Null, |call| call.no_config = true);
        refuses(Status::Null, |call| call.ws = ptr::null_mut());
    }

    #[test]
    fn a_null_state_is_refused_unless_the_model_has_none() {
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        call.state = ptr::null_mut();
        assert_eq!(call.init(), (Status::Null, ptr::null_mut()));
        call.model.state_bytes = 0;
        call.model.state_count = 0;
        assert_eq!(call.init().0, Status::Ok);
    }

    #[test]
    fn a_null_result_pointer_is_refused() {
        let mut blocks = Blocks::new();
        let call = Call::new(&mut blocks);
        let (model, config, out) = (&call.model, call.config(), ptr::null_mut());
        // SAFETY: The blocks are real.
        let status = unsafe { tgc_rt_init(model, config, call.ctx, call.state, call.ws, call.ws_bytes, out) };
        assert_eq!(status, Status::Null);
        assert!(blocks.are_untouched());
    }

    #[test]
    fn a_null_workspace_is_enough_if_none_is_needed() {
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        (call.ws, call.ws_bytes, call.config.n) = (ptr::null_mut(), 0, 0);
        assert_eq!(call.init().0, Status::Ok);
        call.config.n = 10;
        call.model.ws_bytes = Slot::new(None);
        assert_eq!(call.init().0, Status::Ok);
    }

    #[test]
    fn a_processor_that_runs_no_variant_is_refused() {
        unsafe extern "C" fn none() -> u64 {
            0
        }
        unsafe extern "C" fn first() -> u64 {
            1
        }
        refuses(Status::Cpu, |call| call.model.runnable = Slot::new(Some(none)));
        refuses(Status::Cpu, |call| {
            call.model.runnable = Slot::new(Some(first));
            call.config.variant = c"new".as_ptr().cast();
        });
        refuses(Status::Variant, |call| call.config.variant = c"newest".as_ptr().cast());
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        call.model.runnable = Slot::new(Some(first));
        let (status, instance) = call.init();
        // SAFETY: The instance was just built.
        assert_eq!((status, unsafe { (*instance).variant }), (Status::Ok, 0));
    }

    #[test]
    fn configs_of_other_versions_are_refused() {
        refuses(Status::Version, |call| call.config.struct_bytes -= 8);
        refuses(Status::Version, |call| call.config.struct_bytes += 8);
        refuses(Status::Version, |call| call.config.flags = 1);
    }

    #[test]
    fn dimensions_outside_their_ranges_are_refused() {
        for (n, m) in [(-1, 2), (101, 2), (10, 0), (10, 9), (i64::MIN, 2), (10, i64::MAX)] {
            refuses(Status::Dim, |call| (call.config.n, call.config.m) = (n, m));
        }
        for (n, m) in [(0, 1), (0, 8), (100, 1)] {
            let mut blocks = Blocks::new();
            let mut call = Call::new(&mut blocks);
            (call.config.n, call.config.m) = (n, m);
            assert_eq!(call.init().0, Status::Ok);
        }
    }

    #[test]
    fn unaligned_blocks_are_refused() {
        refuses(Status::Align, |call| call.ctx = call.ctx.wrapping_add(32));
        refuses(Status::Align, |call| call.ws = call.ws.wrapping_add(1));
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        call.state = call.state.wrapping_add(16);
        assert_eq!(call.init(), (Status::Align, ptr::null_mut()));
    }

    #[test]
    fn a_small_workspace_is_refused() {
        let needed = 10 * 2 * 64;
        refuses(Status::Workspace, |call| call.ws_bytes = needed - 1);
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        call.ws_bytes = needed;
        assert_eq!(call.init().0, Status::Ok);
    }

    #[test]
    fn a_pool_is_copied_and_must_have_its_hook() {
        unsafe extern "C" fn hook(_: *mut u8, _: i32, _: TaskFn, _: *mut u8) {}
        let mut user = 0;
        let mut pool = CPool { user: &mut user, parallel_for: Some(hook) };
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        call.config.pool = &raw const pool;
        let (_, ctx) = call.init();
        // SAFETY: The instance was just built.
        unsafe {
            assert!((*ctx).parallel_for.value.is_some());
            assert_eq!((*ctx).pool_user.value, pool.user);
        }
        pool.parallel_for = None;
        let pool = &raw const pool;
        refuses(Status::Null, |call| call.config.pool = pool);
    }

    #[test]
    fn a_null_workspace_has_no_bytes_whatever_the_caller_says() {
        let mut blocks = Blocks::new();
        let mut call = Call::new(&mut blocks);
        (call.ws, call.config.n) = (ptr::null_mut(), 0);
        let (status, ctx) = call.init();
        // SAFETY: The instance was just built.
        assert_eq!((status, unsafe { (*ctx).ws_bytes }), (Status::Ok, 0));
    }

    /// Nothing may lie behind such a workspace: all else is in front of it.
    #[test]
    fn a_workspace_ends_where_addresses_end() {
        let mut arena = Arena([0; 3072]);
        let (start, config, model) = (arena.0.as_mut_ptr(), ToyConfig::new(10, 2), model());
        // SAFETY: All parts lie in the arena.
        unsafe {
            start.cast::<ToyConfig>().write(config);
            let (out, ws) = (start.add(256).cast::<*mut Context>(), start.add(2560));
            let status =
                tgc_rt_init(&model, start, start.add(CTX_AT), start.add(STATE_AT), ws, u64::MAX, out);
            assert_eq!((status, (**out).ws_bytes), (Status::Ok, i64::MAX as u64));
        }
    }

    #[test]
    fn blocks_over_each_other_are_refused() {
        refuses(Status::Alias, |call| call.ws = call.ctx);
        refuses(Status::Alias, |call| call.ws = call.ctx.wrapping_add(512 - 64));
        refuses(Status::Alias, |call| call.ws = call.ctx.wrapping_sub(call.ws_bytes as usize - 64));
        refuses(Status::Alias, |call| call.pool_at(call.ctx.wrapping_add(504)));
        refuses(Status::Alias, |call| call.pool_at(call.ws.wrapping_add(64)));
        let mut blocks = Blocks::new();
        for part in 0..3 {
            let mut call = Call::new(&mut blocks);
            call.state = [call.ctx, call.ws, call.ws.wrapping_add(WS_BYTES - 64)][part];
            assert_eq!(call.init(), (Status::Alias, ptr::null_mut()));
        }
        assert!(blocks.are_untouched());
    }

    #[test]
    fn parents_keep_their_blocks() {
        let (mut first, mut second) = (Blocks::new(), Blocks::new());
        let parent = first.instance();
        let (ctx, state, ws) = (first.ctx(), first.state(), first.ws());
        for place in [ctx, state.wrapping_add(320), ws.wrapping_add(WS_BYTES - 64)] {
            let mut call = Call::new(&mut second);
            call.ctx = place;
            assert_eq!(call.init_shared(parent), (Status::Alias, ptr::null_mut()));
        }
        for place in [ctx, state] {
            let mut call = Call::new(&mut second);
            call.ws = place;
            assert_eq!(call.init_shared(parent), (Status::Alias, ptr::null_mut()));
        }
        assert!(second.are_untouched());
        assert_eq!(values(parent), initial_values());
        // A workspace holds nothing between calls.
        let mut call = Call::new(&mut second);
        call.ws = ws;
        assert_eq!(call.init_shared(parent).0, Status::Ok);
    }

    #[test]
    fn a_result_pointer_in_a_block_is_refused_and_not_written() {
        let (mut first, mut second) = (Blocks::new(), Blocks::new());
        let parent = first.instance();
        let call = Call::new(&mut second);
        let (model, config) = (&call.model, call.config());
        let own = [call.ctx, call.ctx.wrapping_add(504), call.ws, call.ws.wrapping_add(WS_BYTES - 8)];
        let parents = [first.ctx(), first.state(), first.ws()];
        // SAFETY: The blocks are real.
        unsafe {
            for out in own {
                let status =
                    tgc_rt_init(model, config, call.ctx, call.state, call.ws, call.ws_bytes, out.cast());
                assert_eq!(status, Status::Alias);
            }
            for out in own.into_iter().chain(parents) {
                let status =
                    tgc_rt_init_shared(model, parent, config, call.ctx, call.ws, call.ws_bytes, out.cast());
                assert_eq!(status, Status::Alias);
            }
        }
        assert!(second.are_untouched());
        assert_eq!(values(parent), initial_values());
    }

    #[test]
    fn parents_must_be_of_the_same_model() {
        let (mut first, mut second) = (Blocks::new(), Blocks::new());
        let parent = first.instance();
        let mut call = Call::new(&mut second);
        call.model.hash += 1;
        assert_eq!(call.init_shared(parent), (Status::Version, ptr::null_mut()));
        assert_eq!(call.init_shared(ptr::null_mut()), (Status::Null, ptr::null_mut()));
        assert!(second.are_untouched());
    }

    #[test]
    fn a_model_without_dimensions_reads_the_hooks_behind_the_flags() {
        #[repr(C)]
        struct Bare {
            struct_bytes: u32,
            flags: u32,
            pointers: [*const u8; 3],
        }
        let config = Bare { struct_bytes: size_of::<Bare>() as u32, flags: 0, pointers: [ptr::null(); 3] };
        let mut blocks = Blocks::new();
        let mut model = model();
        model.dims = Slot::new(ptr::null::<DimDesc>());
        model.dim_count = 0;
        model.ws_bytes = Slot::new(None);
        let mut out = ptr::null_mut();
        let (ctx, state) = (blocks.ctx(), blocks.state());
        let start = ptr::from_ref(&config).cast();
        // SAFETY: The blocks are real.
        let status = unsafe { tgc_rt_init(&model, start, ctx, state, ptr::null_mut(), 0, &mut out) };
        assert_eq!(status, Status::Ok);
    }
}
