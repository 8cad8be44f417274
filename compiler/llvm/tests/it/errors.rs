//! What wrappers refuse, with which status and line, and that nothing has changed then.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType::{F32, I64};
use tgc_llvm::{ArgumentMemory, Instance, Jit};
use tgc_plan::{Check, ModelPlan, Reach};
use tgc_scalar::Program;

use crate::plans::*;

/// out = x, w += y, with a scalar k that has a default.
fn plan() -> ModelPlan {
    let mut plan = model(vec![], vec![("w", Array::zeros::<f32>([8]))]);
    let mut f = Fun::new("train", &["N", "M"]);
    let x = f.input("x", F32, &[s(0)]);
    let y = f.input("y", F32, &[n(8)]);
    f.input("k", I64, &[]);
    let out = f.output("out", F32, &[s(0)]);
    let w = f.state(&plan, 0, true);
    f.workspace("temporary", F32, &[s(1)]);
    let step = [(inner(0), n(1))];
    let copy = |from, to, size| {
        block(&[size], 8, vec![read(from, &step)], Program::identity(F32), vec![store(0, to, &step)])
    };
    f.nest(None, 1, &[], vec![copy(x, out, s(0))]);
    f.nest(None, 1, &[], vec![copy(y, w, n(8))]);
    f.signature.symbols.get_mut(tgc_graph::dim::SymbolId(0)).max = 100;
    f.signature.inputs[1].default = Some(Array::full([8], 3.0f32));
    f.signature.inputs[2].default = Some(Array::from(1i64));
    f.signature.checks.push(Check {
        left_name: "x axis 0".into(),
        left: s(0),
        right_name: "M".into(),
        right: &s(1) - &n(1),
    });
    f.signature.checks.push(Check {
        left_name: "y axis 0".into(),
        left: tgc_graph::dim::Dim::min(&(&n(95) - &s(0)), &n(1), &f.signature.symbols),
        right_name: "the least".into(),
        right: n(1),
    });
    f.body.reaches = vec![Reach {
        of: "y".into(),
        elements: n(8),
        offset: &n(40) - &s(0),
        loops: vec![(n(-2), n(3)), (n(2), &s(0) - &n(32)), (n(0), &n(38) - &s(0))],
    }];
    plan.interface.sizes = f.signature.symbols.iter().map(|(_, s)| s.clone()).collect();
    plan.interface.functions.push(f.signature);
    plan.variants[0].bodies.push(f.body);
    plan
}

type Train = unsafe extern "C" fn(*mut u8, i64, i64, *const u8, *const u8, i64, *mut u8) -> i32;

fn with_instance(run: impl FnOnce(&mut Instance, Train)) {
    let plan = plan();
    let jit = Jit::new(&plan, &linkage(&plan)).unwrap();
    let address = jit.address("m_train_9abcdef0").unwrap();
    // SAFETY: The wrapper's parameters are the context, two sizes, two inputs by pointer, one by value and an
    // output.
    let train = unsafe { std::mem::transmute::<usize, Train>(address) };
    run(&mut jit.instance(&[10, 20]).unwrap(), train);
}

#[test]
fn sizes_and_pointers_are_checked() {
    with_instance(|instance, train| {
        let (x, mut out) = ([1f32; 64], [9f32; 64]);
        let (px, po) = (x.as_ptr().cast::<u8>(), out.as_mut_ptr().cast::<u8>());
        let null = std::ptr::null_mut();
        let context = instance.context();
        let mut refused =
            |status: i32, line: &str, n: i64, m: i64, x: *const u8, y: *const u8, out: *mut u8| {
                // SAFETY: Pointers are NULL or lead to 64 floats, more than any size here that is not refused
                // first.
                let got = unsafe { train(context, n, m, x, y, 5, out) };
                assert_eq!((got, instance.error().as_str()), (status, line));
                assert!(instance.state(0).iter().all(|b| *b == 0));
            };
        refused(2, "train: N=101, allowed 0..100", 101, 102, px, px, po);
        refused(2, "train: N=-1, allowed 0..100", -1, 0, px, px, po);
        refused(
            2,
            "train: x axis 0 is 4, M is 4; they must be equal".replace("M is 4", "M is 8").as_str(),
            4,
            9,
            px,
            px,
            po,
        );
        refused(2, "train: y axis 0 is -1, and must be at least 1", 96, 97, px, px, po);
        let outside = "train: at these sizes element -1 of y is asked for, which has 8; give others";
        refused(2, outside, 37, 38, px, px, po);
        let outside = "train: at these sizes element 9 of y is asked for, which has 8; give others";
        refused(2, outside, 35, 36, px, px, po);
        refused(1, "train: x is NULL", 4, 5, null, px, po);
        refused(1, "train: out is NULL", 4, 5, px, px, null);
        refused(5, "train: x is not aligned to 4 bytes", 4, 5, px.wrapping_add(2), px, po);
        refused(5, "train: out is not aligned to 4 bytes", 4, 5, px, px, po.wrapping_add(1));
        refused(
            4,
            "train: output out overlaps x; give it memory of its own",
            4,
            5,
            po,
            px,
            po.wrapping_add(12),
        );
        refused(
            4,
            "train: output out overlaps y; give it memory of its own",
            4,
            5,
            px,
            po,
            po.wrapping_add(28),
        );
        let own = "train: output out overlaps the instance's state; give it memory of its own";
        // SAFETY: The context's second slot holds the state block, its third the workspace.
        let (state, workspace) =
            unsafe { (*context.cast::<*mut u8>().add(1), *context.cast::<*mut u8>().add(2)) };
        refused(4, own, 4, 5, px, px, state.wrapping_sub(4));
        refused(4, &own.replace("state", "workspace"), 4, 5, px, px, workspace);
        refused(
            4,
            "train: input y overlaps w, which the call updates; give it memory of its own",
            4,
            5,
            px,
            state,
            po,
        );
        refused(
            6,
            "train: needs 192 bytes of workspace, the instance has 128; build it with larger dimensions in its config",
            40,
            41,
            px,
            px,
            po,
        );
        assert!(out.iter().all(|v| *v == 9.0));
    });
}

#[test]
fn context_and_defaults() {
    with_instance(|instance, train| {
        let (x, mut out) = ([1f32; 4], [9f32; 4]);
        let (px, po) = (x.as_ptr().cast::<u8>(), out.as_mut_ptr().cast::<u8>());
        let null = std::ptr::null_mut();
        // SAFETY: All arrays are as long as the sizes say, or NULL where that is allowed; NULL and foreign
        // contexts are refused.
        unsafe {
            assert_eq!(train(null, 4, 5, px, px, 5, po), 1);
            let mut foreign = [0u64; 64];
            assert_eq!(train(foreign.as_mut_ptr().cast(), 4, 5, px, px, 5, po), 10);
            assert_eq!(train(instance.context(), 4, 5, px, null, 5, po), 0);
            assert_eq!(out, [1.0; 4]);
            // Nothing to read or write needs no memory.
            assert_eq!(train(instance.context(), 0, 1, null, null, 5, null), 0);
        }
        assert_eq!(instance.state(0), [3f32; 8].map(f32::to_le_bytes).concat());
        instance.reset();
        assert_eq!(instance.state(0), [0; 32]);
    });
}

#[test]
fn images_go_and_come_back() {
    with_instance(|instance, _| {
        let (x, mut out) = (Array::full([2], 4f32), Array::zeros::<f32>([2]));
        let mut args = [
            ArgumentMemory::Input(x.bytes()),
            ArgumentMemory::Null,
            ArgumentMemory::Null,
            ArgumentMemory::Output(out.bytes_mut()),
        ];
        instance.call(0, &[2, 3], &mut args).unwrap();
        let image = instance.save().unwrap();
        assert_eq!(&image[..6], b"header");
        instance.reset();
        instance.load(&image).unwrap();
        assert_eq!(instance.state(0), [3f32; 8].map(f32::to_le_bytes).concat());
        assert_eq!(instance.load(&image[1..]).unwrap_err().status, 8);
        let refused = instance.call(
            0,
            &[2, 4],
            &mut [
                ArgumentMemory::Input(x.bytes()),
                ArgumentMemory::Null,
                ArgumentMemory::Null,
                ArgumentMemory::Null,
            ],
        );
        assert_eq!(refused.unwrap_err().status, 2);
    });
}

#[test]
fn instances_come_from_the_allocating_functions_too() {
    let plan = plan();
    let jit = Jit::new(&plan, &linkage(&plan)).unwrap();
    let create = jit.address("m_create_9abcdef0").unwrap();
    let destroy = jit.address("m_destroy_9abcdef0").unwrap();
    let config: [u64; 6] = [48, 10, 20, 0, 0, 0];
    let mut made: *mut u8 = std::ptr::null_mut();
    // SAFETY: The names belong to functions of these types; the config is as large as it says.
    unsafe {
        let create =
            std::mem::transmute::<usize, unsafe extern "C" fn(*const u64, *mut *mut u8) -> i32>(create);
        assert_eq!(create(config.as_ptr(), &mut made), 0);
        assert!(!made.is_null());
        std::mem::transmute::<usize, unsafe extern "C" fn(*mut u8)>(destroy)(made);
    }
}
