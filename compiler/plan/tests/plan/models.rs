//! Handmade plans, and the pieces they are made from.

use tgc_graph::array::Array;
use tgc_graph::dim::{Dim, Symbol, SymbolId, Symbols};
use tgc_graph::dtype::DType;
use tgc_graph::ty::TensorType;
use tgc_plan::machine::Machine;
use tgc_plan::size::Size;
use tgc_plan::*;
use tgc_scalar::{Binary, Builder, Element, Predicate, Program, ScalarType};

pub const F32: DType = DType::F32;
pub const ROW: Axis = Axis::Row;
pub const I: Axis = Axis::Inner(0);

/// A symbol's dim, by id.
pub fn symbol(id: u32) -> Dim {
    Dim::symbol(SymbolId(id))
}

pub fn known(size: i64) -> Dim {
    Dim::Const(size)
}

/// A model of one function with these symbols, each from 0 to 1000.
pub fn model(names: &[&str]) -> ModelPlan {
    let mut symbols = Symbols::default();
    for name in names {
        symbols.push(Symbol { name: (*name).to_owned(), min: 0, max: 1000, hint: None });
    }
    let sizes = symbols.iter().map(|(_, s)| s.clone()).collect();
    let interface = Interface {
        name: "m".to_owned(),
        sizes,
        states: vec![],
        constants: vec![],
        frozen: vec![],
        functions: vec![Signature::new("f", symbols)],
    };
    ModelPlan {
        interface,
        variants: vec![Variant { machine: Machine::X86_64_V3, bodies: vec![Body::default()] }],
    }
}

fn buffer(plan: &mut ModelPlan, name: &str, dtype: DType, shape: &[Dim], storage: Storage) -> BufferId {
    let body = &mut plan.variants[0].bodies[0];
    body.buffers.push(Buffer { name: name.to_owned(), dtype, shape: shape.to_vec(), storage });
    BufferId(body.buffers.len() as u32 - 1)
}

pub fn input(plan: &mut ModelPlan, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
    let inputs = &mut plan.interface.functions[0].inputs;
    inputs.push(Argument { name: name.to_owned(), ty: TensorType::new(dtype, shape), default: None });
    let storage = Storage::Input(inputs.len() - 1);
    buffer(plan, name, dtype, shape, storage)
}

pub fn output(plan: &mut ModelPlan, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
    let outputs = &mut plan.interface.functions[0].outputs;
    outputs.push(Argument { name: name.to_owned(), ty: TensorType::new(dtype, shape), default: None });
    let storage = Storage::Output(outputs.len() - 1);
    buffer(plan, name, dtype, shape, storage)
}

/// A state that the function reads and updates.
pub fn state(plan: &mut ModelPlan, name: &str, initial: Array) -> BufferId {
    let index = plan.interface.states.len();
    let shape: Vec<Dim> = initial.shape().iter().map(|&d| known(d as i64)).collect();
    let dtype = initial.dtype();
    plan.interface.states.push(State { name: name.to_owned(), initial, offset: 64 * index as u64 });
    plan.interface.functions[0].reads.push(index);
    plan.interface.functions[0].updates.push(index);
    buffer(plan, name, dtype, &shape, Storage::State(index))
}

/// A buffer at the end of the workspace.
pub fn scratch(plan: &mut ModelPlan, name: &str, dtype: DType, shape: &[Dim]) -> BufferId {
    let offset = plan.variants[0].bodies[0].workspace.clone();
    let elements = shape.iter().fold(known(1), |n, d| &n * d);
    plan.variants[0].bodies[0].workspace = offset.clone().add(Size::of(&elements, dtype.bytes()));
    buffer(plan, name, dtype, shape, Storage::Workspace { offset })
}

/// A nest of these rows and blocks.
pub fn nest(plan: &mut ModelPlan, extent: Option<Dim>, rows: u32, values: &[DType], blocks: Vec<Block>) {
    plan.variants[0].bodies[0].steps.push(Step::Nest(Nest {
        extent,
        rows,
        parallel: None,
        row_values: values.to_vec(),
        blocks,
        provenance: Provenance::default(),
    }));
}

/// The nest at this step.
pub fn nest_mut(plan: &mut ModelPlan, step: usize) -> &mut Nest {
    match &mut plan.variants[0].bodies[0].steps[step] {
        Step::Nest(nest) => nest,
        Step::Matmul(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => {
            panic!("step {step} is no nest")
        }
    }
}

pub fn block(axes: &[Dim], lanes: u32, reads: Vec<Read>, program: Program, sinks: Vec<Sink>) -> Block {
    Block {
        axes: axes.to_vec(),
        lanes,
        fission: None,
        reads,
        joins_rows: false,
        prefetch: None,
        program,
        sinks,
    }
}

pub fn at(buffer: BufferId, strides: &[(Axis, Dim)]) -> Access {
    Access { buffer, strides: strides.to_vec(), offset: known(0) }
}

pub fn read(buffer: BufferId, strides: &[(Axis, Dim)]) -> Read {
    Read::Buffer(at(buffer, strides))
}

pub fn store(result: usize, buffer: BufferId, strides: &[(Axis, Dim)]) -> Sink {
    Sink::Store { result, to: at(buffer, strides) }
}

/// A program of `f32` parameters.
pub fn program(params: usize, build: impl FnOnce(&mut Builder, &[Element]) -> Vec<Element>) -> Program {
    let mut b = Builder::new(&vec![F32; params]);
    let elements: Vec<Element> = (0..params).map(|i| b.param(i)).collect();
    let results = build(&mut b, &elements);
    b.finish(results)
}

/// The product of two parameters.
pub fn matmul() -> Program {
    program(2, |b, p| vec![b.mul(p[0], p[1])])
}

pub fn constant(b: &mut Builder, value: f64) -> Element {
    Element::real(F32, b.float(ScalarType::F32, value))
}

pub fn bits(value: f32) -> [u64; 2] {
    [u64::from(value.to_bits()), 0]
}

/// The sum of `f32`s.
pub fn sum() -> Reducer {
    let add = program(2, |b, p| vec![b.add(p[0], p[1])]);
    Reducer { accumulators: vec![F32], init: vec![bits(0.0)], step: add.clone(), merge: add }
}

/// The largest of `f32`s.
pub fn maximum() -> Reducer {
    let larger = program(2, |b, p| {
        let above = b.compare(Predicate::Gt, p[1].re(), p[0].re());
        vec![Element::real(F32, b.select(above, p[1].re(), p[0].re()))]
    });
    Reducer {
        accumulators: vec![F32],
        init: vec![bits(f32::NEG_INFINITY)],
        step: larger.clone(),
        merge: larger,
    }
}

/// `y[i] = 2*x[i] + 1` over `f32[N]`.
pub fn map() -> ModelPlan {
    let mut plan = model(&["N"]);
    let n = symbol(0);
    let x = input(&mut plan, "x", F32, &[n.clone()]);
    let y = output(&mut plan, "y", F32, &[n.clone()]);
    let double = program(1, |b, p| {
        let two = constant(b, 2.0);
        let one = constant(b, 1.0);
        let twice = b.mul(two, p[0]);
        vec![b.add(twice, one)]
    });
    let along = [(I, known(1))];
    let blocks = vec![block(&[n], 8, vec![read(x, &along)], double, vec![store(0, y, &along)])];
    nest(&mut plan, None, 1, &[], blocks);
    plan
}

/// [`map`] in two segments, between which the product is spilled.
pub fn staged() -> ModelPlan {
    let mut plan = map();
    let buffer = scratch(&mut plan, "spills", DType::U8, &[known(64)]);
    let block = &mut nest_mut(&mut plan, 0).blocks[0];
    let cuts = vec![block.program.insts.len() - 1];
    block.fission = Some(Fission { strip: 16, cuts, buffer });
    plan
}

/// `s[n] = sum(x[n,k])` over `f32[N,K]`, in this many lanes.
pub fn row_sums(lanes: u32) -> ModelPlan {
    let mut plan = model(&["N", "K"]);
    let (n, k) = (symbol(0), symbol(1));
    let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
    let s = output(&mut plan, "s", F32, &[n.clone()]);
    let to = vec![Target::Buffer(at(s, &[(ROW, known(1))]))];
    let reducer = Sink::Reduce { reducer: sum(), results: vec![0], to, prereduction: None };
    let reads = vec![read(x, &[(ROW, k.clone()), (I, known(1))])];
    let blocks = vec![block(&[k], lanes, reads, Program::identity(F32), vec![reducer])];
    nest(&mut plan, Some(n), 1, &[], blocks);
    plan
}

/// The same, with tiles that are prereduced so often first.
pub fn prereduced_row_sums(lanes: u32, times: u32) -> ModelPlan {
    let mut plan = row_sums(lanes);
    let Step::Nest(nest) = &mut plan.variants[0].bodies[0].steps[0] else { unreachable!() };
    let Sink::Reduce { reducer, prereduction, .. } = &mut nest.blocks[0].sinks[0] else { unreachable!() };
    *prereduction = Some(Prereduction { times, add: reducer.step.clone() });
    plan
}

/// `t = sum(x)` over `f32[N]` by a total of this many rows.
pub fn total(rows: u32) -> ModelPlan {
    let mut plan = model(&["N"]);
    let x = input(&mut plan, "x", F32, &[symbol(0)]);
    let t = output(&mut plan, "t", F32, &[]);
    let reads = vec![read(x, &[(ROW, known(1))])];
    let sink = Sink::ReduceRows { reducer: sum(), results: vec![0], to: vec![t] };
    let blocks = vec![block(&[], 1, reads, Program::identity(F32), vec![sink])];
    nest(&mut plan, Some(symbol(0)), rows, &[], blocks);
    plan
}

/// `y[n,k] = (x[n,k] - max) / sum(x[n,k] - max)` over `f32[N,5]`: three sweeps of a row that stays near.
pub fn normalized_rows() -> ModelPlan {
    let mut plan = model(&["N"]);
    let (n, k) = (symbol(0), known(5));
    let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
    let y = output(&mut plan, "y", F32, &[n.clone(), k.clone()]);
    let here = [(ROW, k.clone()), (I, known(1))];
    let (largest, weight) = (RowId(0), RowId(1));
    let subtract = program(2, |b, p| vec![b.sub(p[0], p[1])]);
    let divide = program(2, |b, p| vec![b.div(p[0], p[1])]);
    let reduce = |reducer, to| Sink::Reduce {
        reducer,
        results: vec![0],
        to: vec![Target::Row(to)],
        prereduction: None,
    };
    let reads = vec![read(x, &here)];
    let first = block(&[k.clone()], 4, reads, Program::identity(F32), vec![reduce(maximum(), largest)]);
    let reads = vec![read(x, &here), Read::Row(largest)];
    let sinks = vec![store(0, y, &here), reduce(sum(), weight)];
    let second = block(&[k.clone()], 4, reads, subtract, sinks);
    let reads = vec![read(y, &here), Read::Row(weight)];
    let third = block(&[k], 4, reads, divide, vec![store(0, y, &here)]);
    nest(&mut plan, Some(n), 2, &[F32, F32], vec![first, second, third]);
    plan
}

/// One step of linear regression on `x: f32[N,K]`, `y: f32[N]` with weights `w: f32[K]`: predictions, the sum
/// of squared errors, and `w -= rate * gradient` in place. Reads `x` once.
pub fn regression_step(features: i64) -> ModelPlan {
    let mut plan = model(&["N"]);
    let (n, k) = (symbol(0), known(features));
    let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
    let y = input(&mut plan, "y", F32, &[n.clone()]);
    let prediction = output(&mut plan, "prediction", F32, &[n.clone()]);
    let loss = output(&mut plan, "loss", F32, &[]);
    let w = state(&mut plan, "w", Array::full([features as usize], 0.5f32));
    let gw = scratch(&mut plan, "gw", F32, &[k.clone()]);
    let along = [(I, known(1))];
    let here = [(ROW, k.clone()), (I, known(1))];
    let (dot, error) = (RowId(0), RowId(1));

    let zero = program(0, |b, _| vec![constant(b, 0.0)]);
    let clear = block(&[k.clone()], 8, vec![], zero, vec![store(0, gw, &along)]);
    nest(&mut plan, None, 1, &[], vec![clear]);

    let reducer =
        Sink::Reduce { reducer: sum(), results: vec![0], to: vec![Target::Row(dot)], prereduction: None };
    let reads = vec![read(x, &here), read(w, &along)];
    let dots = block(&[k.clone()], 8, reads, matmul(), vec![reducer]);
    let subtract = program(2, |b, p| {
        let error = b.sub(p[0], p[1]);
        vec![error, b.mul(error, error), p[0]]
    });
    let sinks = vec![
        Sink::Row { result: 0, row: error },
        Sink::ReduceRows { reducer: sum(), results: vec![1], to: vec![loss] },
        store(2, prediction, &[(ROW, known(1))]),
    ];
    let errors = block(&[], 1, vec![Read::Row(dot), read(y, &[(ROW, known(1))])], subtract, sinks);
    let accumulate = Sink::Accumulate { reducer: sum(), results: vec![0], to: vec![at(gw, &along)] };
    let gradients =
        block(&[k.clone()], 8, vec![Read::Row(error), read(x, &here)], matmul(), vec![accumulate]);
    nest(&mut plan, Some(n), 4, &[F32, F32], vec![dots, errors, gradients]);

    let descend = program(2, |b, p| {
        let rate = constant(b, 0.125);
        let change = b.mul(rate, p[1]);
        vec![b.sub(p[0], change)]
    });
    let reads = vec![read(w, &along), read(gw, &along)];
    let update = block(&[k], 8, reads, descend, vec![store(0, w, &along)]);
    nest(&mut plan, None, 1, &[], vec![update]);
    plan
}

/// `z[n,:] = (a[n,:], b[n,:])` over `f32[N,K]` each.
pub fn joined_columns() -> ModelPlan {
    let mut plan = model(&["N", "K"]);
    let (n, k) = (symbol(0), symbol(1));
    let a = input(&mut plan, "a", F32, &[n.clone(), k.clone()]);
    let b = input(&mut plan, "b", F32, &[n.clone(), k.clone()]);
    let wide = &k * &known(2);
    let z = output(&mut plan, "z", F32, &[n.clone(), wide.clone()]);
    let half = |from, offset: Dim| {
        let to = Access { buffer: z, strides: vec![(ROW, wide.clone()), (I, known(1))], offset };
        let reads = vec![read(from, &[(ROW, k.clone()), (I, known(1))])];
        block(std::slice::from_ref(&k), 8, reads, Program::identity(F32), vec![Sink::Store { result: 0, to }])
    };
    let blocks = vec![half(a, known(0)), half(b, k.clone())];
    nest(&mut plan, Some(n), 4, &[], blocks);
    plan
}

/// `y[n,:] = x[i[n],:]`, then `y[i[n],0] += x[n,0]` for `x, y: f32[N,3]`: reads and writes where data says.
pub fn looked_up() -> ModelPlan {
    let mut plan = model(&["N"]);
    let (n, k) = (symbol(0), known(3));
    let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
    let i = input(&mut plan, "i", DType::I64, &[n.clone()]);
    let y = output(&mut plan, "y", F32, &[n.clone(), k.clone()]);
    plan.variants[0].bodies[0].steps.push(Step::Check(IndexCheck {
        index: i,
        extent: n.clone(),
        index_name: "i".to_owned(),
        data_name: "x".to_owned(),
        axis: 0,
        place: String::new(),
    }));
    let index = || vec![IndirectIndex { read: 0, extent: n.clone(), stride: known(3) }];
    // What only says a place is a parameter all the same.
    let second = || {
        let mut b = Builder::new(&[DType::I64, F32]);
        let value = b.param(1);
        b.finish(vec![value])
    };
    let say = read(i, &[(ROW, known(1))]);
    let gather = Read::Gather(Indirect { access: at(x, &[(I, known(1))]), indices: index() });
    let here = [(ROW, known(3)), (I, known(1))];
    let reads = vec![say.clone(), gather];
    let block_of = |axes: &[Dim], reads, sink| block(axes, 1, reads, second(), vec![sink]);
    nest(&mut plan, Some(n.clone()), 1, &[], vec![block_of(&[k], reads, store(0, y, &here))]);
    let add = program(2, |b, p| vec![b.add(p[0], p[1])]);
    let to = Indirect { access: at(y, &[]), indices: index() };
    let scatter = Sink::Scatter { result: 0, to, add: Some(add) };
    let reads = vec![say, read(x, &[(ROW, known(3))])];
    nest(&mut plan, Some(n), 1, &[], vec![block_of(&[], reads, scatter)]);
    plan
}

/// Running sums of `x: f32[N,K]` down its columns, which wait in `carry`, and along its rows.
pub fn running_sums() -> ModelPlan {
    let mut plan = model(&["N", "K"]);
    let (n, k) = (symbol(0), symbol(1));
    let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
    let down = output(&mut plan, "down", F32, &[n.clone(), k.clone()]);
    let along = output(&mut plan, "along", F32, &[n.clone(), k.clone()]);
    let carry = scratch(&mut plan, "carry", F32, &[k.clone()]);
    let here = [(ROW, k.clone()), (I, known(1))];
    let scan = || Scan {
        accumulators: vec![F32],
        first: Program::identity(F32),
        step: program(2, |b, p| vec![b.add(p[0], p[1])]),
        finish: Program::identity(F32),
    };
    let sums =
        |along, carry, to| Sink::Scan { scan: scan(), results: vec![0], along, carry, to: at(to, &here) };
    let block_of = |lanes, sink| {
        block(std::slice::from_ref(&k), lanes, vec![read(x, &here)], Program::identity(F32), vec![sink])
    };
    let blocks = vec![
        block_of(8, sums(ROW, vec![at(carry, &[(I, known(1))])], down)),
        block_of(1, sums(I, vec![], along)),
    ];
    nest(&mut plan, Some(n), 4, &[], blocks);
    plan
}

/// `Binary` on two `i32`s: for programs that the verifier must refuse or accept.
pub fn float_program(op: Binary) -> Program {
    let mut b = Builder::new(&[DType::F32, DType::F32]);
    let (x, y) = (b.param(0), b.param(1));
    let result = Element::real(DType::F32, b.binary(op, x.re(), y.re()));
    b.finish(vec![result])
}

/// `y = max(a · b, 0)`, the terms in pieces of 16.
pub fn matrix_matmul() -> ModelPlan {
    let mut plan = model(&["N"]);
    let axes = [symbol(0), known(20), known(30)];
    let a = input(&mut plan, "a", F32, &[symbol(0), known(30)]);
    let b = input(&mut plan, "b", F32, &[known(30), known(20)]);
    let y = output(&mut plan, "y", F32, &[symbol(0), known(20)]);
    let sums = scratch(&mut plan, "sums", F32, &[known(1), known(2), known(12), known(16)]);
    let right = scratch(&mut plan, "right", F32, &[known(1), known(2), known(16), known(16)]);
    let (j, k) = (Axis::Inner(1), Axis::Inner(2));
    let step = program(3, |b, p| vec![Element::real(F32, b.fma(p[1].re(), p[2].re(), p[0].re()))]);
    let relu = program(1, |b, p| {
        let zero = constant(b, 0.0);
        let is_negative = b.compare(Predicate::Lt, p[0].re(), zero.re());
        vec![Element::real(F32, b.select(is_negative, zero.re(), p[0].re()))]
    });
    let stores = vec![store(0, y, &[(I, known(20)), (j, known(1))])];
    plan.variants[0].bodies[0].steps.push(Step::Matmul(Box::new(Matmul {
        left: at(a, &[(I, known(30)), (k, known(1))]),
        right: at(b, &[(j, known(1)), (k, known(20))]),
        reducer: Reducer { step, ..sum() },
        tile: RegisterTile { mr: 6, nr: 16, lanes: 8 },
        blocks: Blocking { mc: 12, nc: 32, kc: 16, packed_k: 16 },
        parallel: None,
        pack_left: None,
        pack_right: Some(Pack { buffer: right, least: None }),
        sums,
        epilogue: block(&axes[..2], 16, vec![Read::Sum], relu, stores),
        axes: axes.to_vec(),
        provenance: Provenance::default(),
    })));
    plan
}

/// The only step, a matmul.
pub fn matmul_mut(plan: &mut ModelPlan) -> &mut Matmul {
    match &mut plan.variants[0].bodies[0].steps[0] {
        Step::Matmul(matmul) => matmul,
        Step::Nest(_) | Step::Copy { .. } | Step::Check(_) | Step::Call(_) => {
            panic!("the step is no matmul")
        }
    }
}
