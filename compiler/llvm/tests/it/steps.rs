//! Functions of many steps: they are cut, and steps that do the same share code.

use tgc_graph::array::Array;
use tgc_graph::dtype::DType::{Bool, F32, I64};
use tgc_llvm::{ArgumentMemory, Jit, Options, Target};
use tgc_plan::*;
use tgc_scalar::{Element, Program};

use crate::check::{check, noise};
use crate::plans::*;

/// More than a function of the code has steps.
const STEPS: i64 = 60;

/// `out[k] = x[k] + (k even ? a : b)` for blocks k of N elements each: a step for each sum, a check of
/// indices, a step for each copy to the output. The scalars come by value, and so does a flag without which
/// nothing is added. With `more` outputs the function has a frame.
fn long(more: usize) -> ModelPlan {
    let mut f = Fun::new("long", &["N"]);
    let x = f.input("x", F32, &[n(STEPS), s(0)]);
    let scalars = [f.input("a", F32, &[]), f.input("b", F32, &[])];
    let flag = f.input("flag", Bool, &[]);
    let index = f.input("index", I64, &[n(2)]);
    let out = f.output("out", F32, &[n(STEPS), s(0)]);
    let others: Vec<_> = (0..more).map(|i| f.output(&format!("more{i}"), F32, &[s(0)])).collect();
    let sums = f.workspace("sums", F32, &[n(STEPS), s(0)]);
    for k in 0..STEPS {
        let reads = vec![Read::Buffer(part(x, k)), read(scalars[k as usize % 2], &[]), read(flag, &[])];
        step(&mut f, reads, sum_if(), part(sums, k));
    }
    let (index_name, data_name) = ("index".into(), "y".into());
    let place = String::new();
    let check = IndexCheck { index, extent: n(3), index_name, data_name, axis: 0, place };
    f.body.steps.push(Step::Check(check));
    for k in 0..STEPS {
        step(&mut f, vec![Read::Buffer(part(sums, k))], Program::identity(F32), part(out, k));
    }
    for other in others {
        step(&mut f, vec![Read::Buffer(part(x, 0))], Program::identity(F32), part(other, 0));
    }
    let frame = f.signature.frame();
    f.body = f.body.behind(frame);
    model(vec![f], vec![])
}

/// A block of N elements.
fn part(buffer: BufferId, k: i64) -> Access {
    Access { offset: &n(k) * &s(0), ..at(buffer, &[(inner(0), n(1))]) }
}

fn step(f: &mut Fun, reads: Vec<Read>, program: Program, to: Access) {
    f.nest(None, 1, &[], vec![block(&[s(0)], 8, reads, program, vec![Sink::Store { result: 0, to }])]);
}

fn sum_if() -> Program {
    program(&[F32, F32, Bool], |b, e| {
        let sum = b.add(e[0], e[1]);
        vec![Element::real(F32, b.select(e[2].re(), sum.re(), e[0].re()))]
    })
}

fn inputs(size: usize, index: [i64; 2]) -> Vec<Array> {
    let scalars = [Array::from(2f32), Array::from(-3f32), Array::from(true)];
    let index = Array::from(index);
    std::iter::once(noise(F32, &[STEPS as usize, size], 1)).chain(scalars).chain([index]).collect()
}

#[test]
fn many_steps_give_what_one_after_the_other_gives() {
    for more in [0, 30] {
        let plan = long(more);
        assert_eq!(plan.interface.functions[0].frame().is_some(), more > 0);
        for size in [0, 1, 13] {
            check(&plan, &[(0, &[size], inputs(size as usize, [0, -3]))]);
        }
    }
}

/// Nine steps that write sixty buffers each.
fn wide() -> ModelPlan {
    let mut f = Fun::new("wide", &["N"]);
    let x = f.input("x", F32, &[n(9), s(0)]);
    for k in 0..9 {
        let blocks = (0..60).map(|i| {
            let out = f.output(&format!("out{k}_{i}"), F32, &[s(0)]);
            let to = at(out, &[(inner(0), n(1))]);
            let reads = vec![Read::Buffer(part(x, k))];
            block(&[s(0)], 8, reads, Program::identity(F32), vec![Sink::Store { result: 0, to }])
        });
        let blocks = blocks.collect();
        f.nest(None, 1, &[], blocks);
    }
    let frame = f.signature.frame();
    f.body = f.body.behind(frame);
    model(vec![f], vec![])
}

#[test]
fn few_steps_that_touch_many_buffers_are_cut() {
    let plan = wide();
    for size in [0, 1, 13] {
        check(&plan, &[(0, &[size], vec![noise(F32, &[9, size as usize], 1)])]);
    }
    let target = Target::new(Some(Target::list()[0]), None, "").unwrap();
    let text =
        tgc_llvm::ir(&plan, &linkage(&plan), std::slice::from_ref(&target), &Options::default()).unwrap();
    assert!(text.contains("@wide.steps1"));
}

#[test]
fn a_check_that_fails_ends_the_call() {
    for more in [0, 30] {
        let plan = long(more);
        let jit = Jit::new(&plan, &linkage(&plan)).unwrap();
        let mut instance = jit.instance(&[4]).unwrap();
        let inputs = inputs(4, [0, 3]);
        let mut outputs = vec![Array::full([STEPS as usize, 4], 9f32)];
        outputs.resize(1 + more, Array::full([4], 9f32));
        let mut args: Vec<ArgumentMemory> = inputs.iter().map(|a| ArgumentMemory::Input(a.bytes())).collect();
        args.extend(outputs.iter_mut().map(|o| ArgumentMemory::Output(o.bytes_mut())));
        let error = instance.call(0, &[4], &mut args).unwrap_err();
        assert!(format!("{error:?}").contains("index"), "{error:?}");
        for output in outputs {
            assert_eq!(output, Array::full(output.shape().to_vec(), 9f32));
        }
    }
}

#[test]
fn steps_that_do_the_same_are_one_function() {
    for more in [0, 30] {
        let plan = long(more);
        let target = Target::new(Some(Target::list()[0]), None, "").unwrap();
        let text =
            tgc_llvm::ir(&plan, &linkage(&plan), std::slice::from_ref(&target), &Options::default()).unwrap();
        let defined = text.lines().filter(|line| {
            line.starts_with("define") && line.contains("@long.step") && !line.contains("@long.steps")
        });
        // The sum and the copy.
        assert_eq!(defined.count(), 2);
    }
}
