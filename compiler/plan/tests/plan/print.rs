//! What a reader of a plan sees.

use tgc_graph::dim::{Dim, Symbol};
use tgc_graph::dtype::DType;
use tgc_plan::print::Detail;
use tgc_plan::size::Size;
use tgc_plan::*;
use tgc_scalar::{Binary, Predicate, Program};

use crate::models::*;

/// Compares the lines after the first one, which names the machine.
fn check(plan: &ModelPlan, detail: Detail, want: &str) {
    let text = plan.display(detail).to_string();
    let (head, body) = text.split_once('\n').unwrap();
    assert_eq!(head, "model m for vectors of 32 bytes");
    assert_eq!(body.trim_end(), want.trim_start_matches('\n').trim_end());
}

#[test]
fn a_training_step_reads_top_to_bottom() {
    let mut plan = regression_step(784);
    plan.interface.functions[0].checks.push(Check {
        left_name: "y axis 0".to_owned(),
        left: symbol(0),
        right_name: "z axis 1".to_owned(),
        right: &symbol(0) * &known(2),
    });
    plan.variants[0].bodies[0].workspace = Size::Const(3136).add(Size::of(&symbol(0), 4));
    check(
        &plan,
        Detail::Loops,
        "
state w: f32[784] at byte 0
function f(N) x: f32[N,784], y: f32[N] -> prediction: f32[N], loss: f32[]
  reads w
  updates w
  check N == 2*N (y axis 0, z axis 1)
  workspace 3136 + align64(4*N) bytes
  buffer w: f32[784] state 0
  buffer gw: f32[784] workspace+0
  once
    for i < 784 lanes=8
      gw[i] = 0.0
  for row < N rows=4
    for i < 784 lanes=8
      reduce r0 = r0 + x[row,i] * w[i] from 0.0
    let t0 = r0 - y[row]
    r1 = t0
    reduce rows loss = loss + t0 * t0 from 0.0
    prediction[row] = r0
    for i < 784 lanes=8
      accumulate gw[i] = gw[i] + r1 * x[row,i]
  once
    for i < 784 lanes=8
      w[i] = w[i] - 0.125 * gw[i] (in place)
",
    );
    let structure = plan.function(0).structure();
    assert_eq!(structure.to_string(), "nests=3 matmuls=0 loops=5 parallel=0 copies=0 slots=1");
    assert_eq!(structure.nests_reading("x"), 1, "the big input is read from memory once");
    assert_eq!(structure.nests_reading("w"), 2);
    assert_eq!(structure.nests_reading("gw"), 1);
    assert_eq!(structure.nests_reading("no such buffer"), 0);
}

#[test]
fn rows_in_three_sweeps_are_one_nest() {
    let mut plan = normalized_rows();
    nest_mut(&mut plan, 0).parallel = Some(Parallel { rows_per_chunk: 64 });
    check(
        &plan,
        Detail::Loops,
        "
function f(N) x: f32[N,5] -> y: f32[N,5]
  workspace 0 bytes
  for row < N rows=2 parallel=64
    for i < 5 lanes=4
      reduce r0 = select(x[row,i] > r0, x[row,i], r0) from -inf
    for i < 5 lanes=4
      let t0 = x[row,i] - r0
      y[row,i] = t0
      reduce r1 = r1 + t0 from 0.0
    for i < 5 lanes=4
      y[row,i] = y[row,i] / r1 (in place)
",
    );
    let structure = plan.function(0).structure();
    assert_eq!(structure.to_string(), "nests=1 matmuls=0 loops=4 parallel=1 copies=0 slots=0");
}

#[test]
fn a_matmul_says_its_tiles_and_its_epilogue() {
    check(
        &matrix_matmul(),
        Detail::Loops,
        "
function f(N) a: f32[N,30], b: f32[30,20] -> y: f32[N,20]
  workspace 3584 bytes
  buffer sums: f32[1,2,12,16] workspace+0
  buffer right: f32[1,2,16,16] workspace+1536
  matmul i < N, j < 20, k < 30 tile=6x16 lanes=8 mc=12 nc=32 kc=16
    sum = fma(a[i,k], b[k,j], sum) from 0.0
    pack right into right where it sticks out
    y[i,j] = select(sum < 0.0, 0.0, sum)
",
    );
}

#[test]
fn all_detail_lists_every_program() {
    check(
        &row_sums(4),
        Detail::Programs,
        "
function f(N, K) x: f32[N,K] -> s: f32[N]
  workspace 0 bytes
  for row < N
    for i < K lanes=4
      let p0 = 1 instruction on x[row,i]
        %0 = param f32 0
        return %0
      reduce s[row] = s[row] + p0 from 0.0
        step
          %0 = param f32 0
          %1 = param f32 1
          %2 = add f32 %0, %1
          return %2
        merge
          %0 = param f32 0
          %1 = param f32 1
          %2 = add f32 %0, %1
          return %2
",
    );
}

#[test]
fn places_that_data_says_are_shown_with_it() {
    check(
        &looked_up(),
        Detail::Loops,
        "
function f(N) x: f32[N,3], i: i64[N] -> y: f32[N,3]
  workspace 0 bytes
  check i within N (i, axis 0 of x)
  for row < N
    for i < 3
      y[row,i] = x[i[row],i]
  for row < N
    scatter y[i[row],0] = y[i[row],0] + x[row,0]
",
    );
}

#[test]
fn running_reductions_say_where_they_go() {
    check(
        &running_sums(),
        Detail::Loops,
        "
function f(N, K) x: f32[N,K] -> down: f32[N,K], along: f32[N,K]
  workspace align64(4*K) bytes
  buffer carry: f32[K] workspace+0
  for row < N rows=4
    for i < K lanes=8
      scan down[row,i] along row: carry[i] = carry[i] + x[row,i] from x[row,i]
    for i < K
      scan along[row,i] along i: s0 = s0 + x[row,i] from x[row,i]
",
    );
}

#[test]
fn long_programs_are_counted() {
    let mut plan = map();
    nest_mut(&mut plan, 0).blocks[0].program = program(1, |b, p| {
        vec![(0..17).fold(p[0], |x, _| {
            let square = b.mul(x, x);
            b.add(square, p[0])
        })]
    });
    let text = plan.to_string();
    assert!(text.contains("      let p0 = 35 instructions on x[i]\n      y[i] = p0\n"), "{text}");
}

#[test]
fn copies_and_borrowed_names_are_shown() {
    let mut plan = map();
    plan.variants[0].bodies[0].steps = vec![Step::Copy { from: BufferId(0), to: BufferId(1) }];
    plan.variants[0].bodies[0].buffers[0].name = "x flat".to_owned();
    check(
        &plan,
        Detail::Loops,
        "
function f(N) x: f32[N] -> y: f32[N]
  workspace 0 bytes
  buffer x flat: f32[N] input 0
  copy y = x flat
",
    );
    assert_eq!(plan.function(0).structure().copies, 1);
}

#[test]
fn accesses_read_as_indices_where_they_can() {
    let (n, k) = (symbol(0), symbol(1));
    let check = |strides: &[(Axis, Dim)], offset: Dim, want: &str| {
        let mut plan = model(&["N", "K"]);
        let x = input(&mut plan, "x", F32, &[n.clone(), k.clone()]);
        let access = Access { buffer: x, strides: strides.to_vec(), offset };
        let reads = vec![Read::Buffer(access)];
        let keep = Sink::Row { result: 0, row: RowId(0) };
        let blocks = vec![block(&[known(1), known(1)], 1, reads, Program::identity(F32), vec![keep])];
        nest(&mut plan, Some(known(1)), 1, &[F32], blocks);
        let text = plan.to_string();
        assert!(text.ends_with(&format!(" r0 = {want}\n")), "{text} lacks {want}");
    };
    let (i, j) = (Axis::Inner(0), Axis::Inner(1));
    let one = || known(1);
    check(&[(ROW, k.clone()), (i, one())], known(0), "x[row,i]");
    check(&[(i, one()), (j, k.clone())], known(0), "x[j,i]");
    check(&[(ROW, k.clone()), (i, known(-1))], &k - &one(), "x[row,-i + K - 1]");
    check(&[(i, &k * &known(2)), (j, known(3))], k.clone(), "x[2*i + 1,3*j]");
    check(&[(i, one())], &k * &n, "x[N,i]");
    check(&[(i, &k + &one())], known(0), "x.flat[(K + 1)*i]");
    check(&[(ROW, n.clone()), (i, one())], known(7), "x.flat[N*row + i + 7]");
    check(&[], known(0), "x[0,0]");
}

#[test]
fn a_size_with_the_name_of_an_axis_renames_the_axes() {
    let mut plan = map();
    *plan.interface.functions[0].symbols.get_mut(tgc_graph::dim::SymbolId(0)) = Symbol::new("i");
    assert!(plan.to_string().contains("    for i0 < i lanes=8\n      y[i0] = 2.0 * x[i0] + 1.0\n"), "{plan}");
}

#[test]
fn expressions_keep_their_grouping() {
    let check = |program: Program, want: &str| {
        let mut plan = model(&[]);
        let buffers: Vec<BufferId> = program
            .params
            .iter()
            .enumerate()
            .map(|(i, dtype)| input(&mut plan, ["a", "b", "c"][i], *dtype, &[]))
            .collect();
        let out = output(&mut plan, "z", program.results[0].dtype, &[]);
        let reads = buffers.iter().map(|b| read(*b, &[])).collect();
        nest(&mut plan, None, 1, &[], vec![block(&[], 1, reads, program, vec![store(0, out, &[])])]);
        let text = plan.to_string();
        let (_, last) = text.trim_end().rsplit_once('\n').unwrap();
        assert_eq!(last.trim(), want);
    };
    check(
        program(3, |b, p| {
            let difference = b.sub(p[1], p[2]);
            let whole = b.sub(p[0], difference);
            vec![b.mul(whole, p[0])]
        }),
        "z = (a - (b - c)) * a",
    );
    check(
        program(3, |b, p| {
            let ratio = b.div(p[1], p[2]);
            let matmul = b.mul(p[0], ratio);
            vec![b.neg(matmul)]
        }),
        "z = -(a * (b / c))",
    );
    check(
        program(2, |b, p| {
            let sum = b.add(p[0], p[1]);
            let less = b.compare(Predicate::Le, sum.re(), p[1].re());
            vec![tgc_scalar::Element::real(DType::Bool, less)]
        }),
        "z = a + b <= b",
    );
    check(float_program(Binary::Xor), "z = a ^ b");
    check(Program::identity(DType::C64), "z = (a.re : a.im)");
}

#[test]
fn fission_says_how_many_segments_and_where_values_are_spilled() {
    check(
        &staged(),
        Detail::Loops,
        "
function f(N) x: f32[N] -> y: f32[N]
  workspace 64 bytes
  buffer spills: u8[64] workspace+0
  once
    for i < N lanes=8
      let p0 = 5 instructions on x[i] in 2 segments, strip=16 spills=spills
      y[i] = p0
",
    );
}
