//! Instances in memory of an allocator: `create`, `share` and `destroy`.
//!
//! This part is linked into an archive member of its own and reaches the model only through the functions in
//! its [`CreateDesc`]. A program that does without it does without malloc.
//!
//! An instance is one block: the context, its state unless shared, and its workspace, each aligned to 64
//! bytes. A call that fails releases the block and sets `*out` to NULL if `out` itself is not. Sizes are
//! computed without overflow.

use core::ptr;

use tgc_abi::{Alloc, BLOCK_ALIGN, CTX_BYTES, Context, CreateDesc, OWNS_BLOCK, Slot, Status};

use crate::config::{Config, deliver};
use crate::instance::Blocks;
use crate::region::Region;

unsafe extern "C" {
    fn malloc(bytes: usize) -> *mut u8;
    fn free(block: *mut u8);
}

/// Builds an instance with state and workspace for the dimensions of `config`, in memory of the config's
/// allocator.
///
/// `E_NULL` for a null argument or an allocator that lacks a hook, `E_VERSION` and `E_DIM` for the config,
/// `E_NOMEM` without memory, `E_ALIGN` if the allocator ignores the alignment, and whatever `NAME_init`
/// returns.
///
/// # Safety
///
/// `desc` points to a descriptor whose functions belong to one model; the other pointers are null or point to
/// what the emitted header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_create(
    desc: *const CreateDesc,
    config: *const u8,
    out: *mut *mut Context,
) -> Status {
    // SAFETY: The contract of this function.
    unsafe { deliver(build(desc, None, config, out), out) }
}

/// Builds an instance over the state of `parent`, which has to outlive it. Errors are those of
/// [`tgc_rt_create`], and `E_ALIAS` for an `out` in a block of the parent, which is then not written.
///
/// # Safety
///
/// As for [`tgc_rt_create`]; `parent` is null or points to an instance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_share(
    desc: *const CreateDesc,
    parent: *mut Context,
    config: *const u8,
    out: *mut *mut Context,
) -> Status {
    // SAFETY: The contract of this function; the parent is read only once it is known not to be null.
    unsafe {
        let place = Region::new(out.cast(), (*desc).pointer_bytes);
        if !parent.is_null() && Blocks::of(parent, (*desc).state_bytes).meet(place) {
            return Status::Alias;
        }
        deliver(build(desc, Some(parent), config, out), out)
    }
}

/// Releases what [`tgc_rt_create`] or [`tgc_rt_share`] built. Null and instances in the caller's blocks are
/// left alone.
///
/// # Safety
///
/// `ctx` is null or points to an instance that no one uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgc_rt_destroy(ctx: *mut Context) {
    // SAFETY: An instance that owns a block says how to release it. All of it is read before the block goes.
    unsafe {
        if !ctx.is_null() && (*ctx).owns & OWNS_BLOCK != 0 {
            let block = Block { start: (*ctx).block.value, bytes: (*ctx).block_bytes, alloc: (*ctx).alloc };
            block.release();
        }
    }
}

unsafe fn build(
    desc: *const CreateDesc,
    parent: Option<*mut Context>,
    config: *const u8,
    out: *mut *mut Context,
) -> Result<*mut Context, Status> {
    if out.is_null() || config.is_null() || parent.is_some_and(<*mut Context>::is_null) {
        return Err(Status::Null);
    }
    // SAFETY: The callers pass on their own contract, and the pointers read here are not null.
    unsafe {
        let model = &*desc;
        let checked = Config::check(config, model.dims, model.dim_count, model.pointer_bytes)?;
        let alloc = checked.alloc()?;
        let state_bytes = if parent.is_some() { 0 } else { model.state_bytes };
        let ws_bytes = checked.workspace(model.ws_bytes);
        let parts = Parts::new(state_bytes, ws_bytes, model.pointer_bytes).ok_or(Status::NoMem)?;
        let block = Block::take(alloc, parts.bytes).ok_or(Status::NoMem)?;
        let built = build_in(model, parent, config, &parts, block.aligned());
        match built {
            Ok(ctx) => block.give_to(ctx),
            Err(_) => block.release(),
        }
        built
    }
}

/// Lets the model's own function build the instance in `start` and the bytes behind it.
unsafe fn build_in(
    model: &CreateDesc,
    parent: Option<*mut Context>,
    config: *const u8,
    parts: &Parts,
    start: *mut u8,
) -> Result<*mut Context, Status> {
    let mut ctx: *mut u8 = ptr::null_mut();
    // SAFETY: The block has the bytes of all parts; a part of no bytes is passed as null.
    let status = unsafe {
        let ws = if parts.ws_bytes == 0 { ptr::null_mut() } else { start.add(parts.ws_offset as usize) };
        match parent {
            Some(parent) => {
                (model.init_shared.value)(parent.cast(), config, start, ws, parts.ws_bytes, &mut ctx)
            }
            None => {
                let no_state = model.state_bytes == 0;
                let state = if no_state { ptr::null_mut() } else { start.add(CTX_BYTES as usize) };
                (model.init.value)(config, start, state, ws, parts.ws_bytes, &mut ctx)
            }
        }
    };
    if status == Status::Ok { Ok(ctx.cast()) } else { Err(status) }
}

/// Where the parts of an instance lie in its block: the context first, then the state, then the workspace.
struct Parts {
    ws_offset: u64,
    ws_bytes: u64,
    bytes: u64,
}

impl Parts {
    /// None if there are not enough addresses for the bytes.
    fn new(state_bytes: u64, ws_bytes: u64, pointer_bytes: u64) -> Option<Self> {
        let ws_offset = CTX_BYTES.checked_add(state_bytes)?.checked_next_multiple_of(BLOCK_ALIGN)?;
        let bytes = ws_offset.checked_add(ws_bytes)?;
        if is_addressable(bytes, pointer_bytes) { Some(Self { ws_offset, ws_bytes, bytes }) } else { None }
    }
}

/// Whether `bytes` and the slack of an alignment are fewer than half of the addresses.
fn is_addressable(bytes: u64, pointer_bytes: u64) -> bool {
    let limit = if pointer_bytes == 4 { i32::MAX as u64 } else { i64::MAX as u64 };
    bytes <= limit.wrapping_sub(BLOCK_ALIGN)
}

/// Memory of an allocator.
struct Block {
    start: *mut u8,
    bytes: u64,
    alloc: Alloc,
}

impl Block {
    /// At least `bytes` bytes from the first aligned address on, for an addressable number of bytes.
    unsafe fn take(alloc: Alloc, bytes: u64) -> Option<Self> {
        // SAFETY: The hooks came with their argument; malloc takes any size.
        let (start, bytes) = unsafe {
            match alloc.allocate.value {
                Some(allocate) => (allocate(alloc.user.value, bytes, BLOCK_ALIGN), bytes),
                None => {
                    let bytes = bytes.wrapping_add(BLOCK_ALIGN);
                    (malloc(bytes as usize), bytes)
                }
            }
        };
        (!start.is_null()).then_some(Self { start, bytes, alloc })
    }

    /// Where the instance goes. A hook promises the alignment, and the model refuses a block without it;
    /// malloc promises less, so the block has slack.
    fn aligned(&self) -> *mut u8 {
        let mask = (BLOCK_ALIGN as usize).wrapping_sub(1);
        let slack = self.start.addr().wrapping_neg() & mask;
        if self.alloc.allocate.value.is_some() { self.start } else { self.start.wrapping_add(slack) }
    }

    /// Records the block in the instance that lies in it.
    unsafe fn give_to(self, ctx: *mut Context) {
        // SAFETY: The model's function has just built the instance in this block.
        unsafe {
            (*ctx).alloc = self.alloc;
            (*ctx).block = Slot::new(self.start);
            (*ctx).block_bytes = self.bytes;
            (*ctx).owns = OWNS_BLOCK;
        }
    }

    unsafe fn release(self) {
        // SAFETY: The block came from the other half of the same allocator.
        unsafe {
            match self.alloc.release.value {
                Some(release) => release(self.alloc.user.value, self.start, self.bytes),
                None => free(self.start),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Blocks, ToyConfig, create_desc, initial_values, values};
    use crate::state::tgc_rt_reset;
    use tgc_abi::{CAlloc, DimDesc};

    /// An allocator that knows what is out, and that can fail or misalign.
    #[derive(Default)]
    struct Ledger {
        out: Vec<(usize, u64, std::alloc::Layout)>,
        calls: usize,
        fails_at: Option<usize>,
        misplaces: bool,
    }

    unsafe extern "C" fn allocate(user: *mut u8, bytes: u64, align: u64) -> *mut u8 {
        // SAFETY: The user data of these hooks is a ledger.
        let ledger = unsafe { &mut *user.cast::<Ledger>() };
        ledger.calls += 1;
        if ledger.fails_at == Some(ledger.calls - 1) {
            return ptr::null_mut();
        }
        let shift = if ledger.misplaces { 16 } else { 0 };
        let layout = std::alloc::Layout::from_size_align(bytes as usize + shift, align as usize).unwrap();
        // SAFETY: The size is not 0.
        let block = unsafe { std::alloc::alloc(layout).add(shift) };
        ledger.out.push((block.addr(), bytes, layout));
        block
    }

    unsafe extern "C" fn release(user: *mut u8, block: *mut u8, bytes: u64) {
        // SAFETY: The user data of these hooks is a ledger.
        let ledger = unsafe { &mut *user.cast::<Ledger>() };
        let entry = ledger.out.iter().position(|entry| (entry.0, entry.1) == (block.addr(), bytes));
        let (.., layout) = ledger.out.swap_remove(entry.expect("a block that is out, with its size"));
        let shift = layout.size() - bytes as usize;
        // SAFETY: The block came from `allocate` with this layout.
        unsafe { std::alloc::dealloc(block.sub(shift), layout) };
    }

    fn hooks(ledger: &mut Ledger) -> CAlloc {
        CAlloc { user: ptr::from_mut(ledger).cast(), allocate: Some(allocate), release: Some(release) }
    }

    fn config(alloc: &CAlloc) -> ToyConfig {
        ToyConfig { alloc, ..ToyConfig::new(10, 2) }
    }

    fn create_with(desc: &CreateDesc, config: &ToyConfig) -> (Status, *mut Context) {
        let mut out = ptr::dangling_mut();
        // SAFETY: Descriptor and config are real.
        let status = unsafe { tgc_rt_create(desc, config.start(), &mut out) };
        (status, out)
    }

    fn create(config: &ToyConfig) -> (Status, *mut Context) {
        create_with(&create_desc(), config)
    }

    fn share(parent: *mut Context, config: &ToyConfig) -> (Status, *mut Context) {
        let mut out = ptr::dangling_mut();
        // SAFETY: Descriptor and config are real.
        let status = unsafe { tgc_rt_share(&create_desc(), parent, config.start(), &mut out) };
        (status, out)
    }

    /// Writes every byte of the workspace and of the state, so that a short block would be noticed.
    fn use_all(ctx: *mut Context) {
        // SAFETY: The instance owns these bytes.
        unsafe {
            (*ctx).ws.value.write_bytes(0x55, (*ctx).ws_bytes as usize);
            tgc_rt_reset(ctx);
        }
        assert_eq!(values(ctx), initial_values());
    }

    #[test]
    fn malloc_gives_an_aligned_instance() {
        for n in [0, 1, 10, 100] {
            let (status, ctx) = create(&ToyConfig::new(n, 2));
            assert_eq!(status, Status::Ok);
            assert_eq!(ctx.addr() % 64, 0);
            // SAFETY: The instance was just built.
            unsafe {
                assert_eq!((*ctx).ws_bytes, n as u64 * 2 * 64);
                assert_eq!((*ctx).ws.value.is_null(), n == 0);
                use_all(ctx);
                tgc_rt_destroy(ctx);
            }
        }
    }

    #[test]
    fn an_allocator_gets_back_what_it_gave() {
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let (status, ctx) = create(&config(&alloc));
        assert_eq!(status, Status::Ok);
        assert_eq!((ledger.out.len(), ledger.out[0].1), (1, 512 + 384 + 1280));
        use_all(ctx);
        // SAFETY: The instance was just built.
        unsafe { tgc_rt_destroy(ctx) };
        assert!(ledger.out.is_empty());
    }

    #[test]
    fn a_child_has_a_workspace_of_its_own_and_the_parents_state() {
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let (_, parent) = create(&ToyConfig::new(5, 1));
        let (status, child) = share(parent, &config(&alloc));
        assert_eq!(status, Status::Ok);
        assert_eq!(ledger.out[0].1, 512 + 1280);
        // SAFETY: Both instances were just built; the child goes first.
        unsafe {
            assert_eq!((*child).state.value, (*parent).state.value);
            assert_ne!((*child).ws.value, (*parent).ws.value);
            use_all(child);
            tgc_rt_destroy(child);
            assert!(ledger.out.is_empty());
            use_all(parent);
            tgc_rt_destroy(parent);
        }
    }

    #[test]
    fn a_failing_allocator_leaves_nothing_behind() {
        let mut ledger = Ledger { fails_at: Some(0), ..Ledger::default() };
        let alloc = hooks(&mut ledger);
        assert_eq!(create(&config(&alloc)), (Status::NoMem, ptr::null_mut()));
        assert!(ledger.out.is_empty());

        ledger.fails_at = Some(2);
        let (status, parent) = create(&config(&alloc));
        assert_eq!(status, Status::Ok);
        assert_eq!(share(parent, &config(&alloc)), (Status::NoMem, ptr::null_mut()));
        assert_eq!((ledger.calls, ledger.out.len()), (3, 1), "one block for each instance");
        // SAFETY: The parent was built above.
        unsafe { tgc_rt_destroy(parent) };
        assert!(ledger.out.is_empty());
    }

    #[test]
    fn a_misaligned_block_is_released_and_refused() {
        let mut ledger = Ledger { misplaces: true, ..Ledger::default() };
        let alloc = hooks(&mut ledger);
        assert_eq!(create(&config(&alloc)), (Status::Align, ptr::null_mut()));
        assert_eq!((ledger.calls, ledger.out.len()), (1, 0));
    }

    #[test]
    fn what_the_model_refuses_is_released() {
        unsafe extern "C" fn refuse(
            _: *const u8,
            _: *mut u8,
            _: *mut u8,
            _: *mut u8,
            _: u64,
            _: *mut *mut u8,
        ) -> Status {
            Status::Cpu
        }
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let desc = CreateDesc { init: Slot::new(refuse), ..create_desc() };
        assert_eq!(create_with(&desc, &config(&alloc)), (Status::Cpu, ptr::null_mut()));
        assert_eq!(create_with(&desc, &ToyConfig::new(1, 1)), (Status::Cpu, ptr::null_mut()));
        assert_eq!((ledger.calls, ledger.out.len()), (1, 0));
    }

    #[test]
    fn bad_configs_are_refused_before_any_allocation() {
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let good = config(&alloc);
        let null = ptr::null_mut();
        assert_eq!(create(&ToyConfig { struct_bytes: 8, ..good }), (Status::Version, null));
        assert_eq!(create(&ToyConfig { flags: 2, ..good }), (Status::Version, null));
        for (n, m) in [(-1, 1), (101, 1), (1, 0), (1, 9), (i64::MAX, i64::MAX)] {
            assert_eq!(create(&ToyConfig { n, m, ..good }), (Status::Dim, null));
        }
        assert_eq!(ledger.calls, 0);
    }

    #[test]
    fn null_arguments_are_refused() {
        let config = ToyConfig::new(1, 1);
        let mut out = ptr::dangling_mut();
        // SAFETY: Null or real.
        unsafe {
            assert_eq!(tgc_rt_create(&create_desc(), config.start(), ptr::null_mut()), Status::Null);
            assert_eq!(tgc_rt_create(&create_desc(), ptr::null(), &mut out), Status::Null);
            assert!(out.is_null());
            tgc_rt_destroy(ptr::null_mut());
        }
        assert_eq!(share(ptr::null_mut(), &config), (Status::Null, ptr::null_mut()));
    }

    #[test]
    fn an_allocator_must_have_both_hooks() {
        let mut ledger = Ledger::default();
        let without_release = CAlloc { release: None, ..hooks(&mut ledger) };
        let without_allocate = CAlloc { allocate: None, ..hooks(&mut ledger) };
        assert_eq!(create(&config(&without_release)), (Status::Null, ptr::null_mut()));
        assert_eq!(create(&config(&without_allocate)), (Status::Null, ptr::null_mut()));
        assert_eq!(ledger.calls, 0);
    }

    #[test]
    fn sizes_beyond_the_addresses_are_refused_before_any_allocation() {
        unsafe extern "C" fn all(_: *const i64) -> u64 {
            u64::MAX
        }
        unsafe extern "C" fn half(_: *const i64) -> u64 {
            i64::MAX as u64
        }
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let config = config(&alloc);
        for ws_bytes in [all, half] {
            let desc = CreateDesc { ws_bytes: Slot::new(Some(ws_bytes)), ..create_desc() };
            assert_eq!(create_with(&desc, &config), (Status::NoMem, ptr::null_mut()));
        }
        for state_bytes in [u64::MAX, u64::MAX - 511, u64::MAX - 600, i64::MAX as u64] {
            let desc = CreateDesc { state_bytes, ..create_desc() };
            assert_eq!(create_with(&desc, &config), (Status::NoMem, ptr::null_mut()));
        }
        assert_eq!(ledger.calls, 0);
    }

    #[test]
    fn four_byte_pointers_reach_two_gigabytes() {
        assert!(is_addressable(i32::MAX as u64 - 64, 4));
        assert!(!is_addressable(i32::MAX as u64 - 63, 4));
        assert!(is_addressable(i32::MAX as u64, 8));
    }

    #[test]
    fn an_instance_in_the_callers_blocks_is_left_alone() {
        let mut blocks = Blocks::new();
        let ctx = blocks.instance();
        // SAFETY: A live instance.
        unsafe { tgc_rt_destroy(ctx) };
        assert_eq!(values(ctx), initial_values());
    }

    #[test]
    fn a_model_without_state_or_workspace_is_only_a_context() {
        unsafe extern "C" fn accept(
            _: *const u8,
            ctx: *mut u8,
            state: *mut u8,
            ws: *mut u8,
            ws_bytes: u64,
            out: *mut *mut u8,
        ) -> Status {
            assert!(state.is_null() && ws.is_null() && ws_bytes == 0);
            // SAFETY: The context block and the result pointer of `create`.
            unsafe {
                ctx.write_bytes(0, 512);
                *out = ctx;
            }
            Status::Ok
        }
        let mut ledger = Ledger::default();
        let alloc = hooks(&mut ledger);
        let desc = CreateDesc {
            state_bytes: 0,
            ws_bytes: Slot::new(None),
            init: Slot::new(accept),
            dims: Slot::new(create_desc().dims.value.cast::<DimDesc>()),
            ..create_desc()
        };
        let (status, ctx) = create_with(&desc, &config(&alloc));
        assert_eq!((status, ledger.out[0].1), (Status::Ok, 512));
        // SAFETY: The instance was just built.
        unsafe { tgc_rt_destroy(ctx) };
        assert!(ledger.out.is_empty());
    }
}
