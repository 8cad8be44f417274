//! The interpreter against direct computations in the same order.

use tgc_graph::array::Array;
use tgc_plan::interpret::Interpreter;
use tgc_plan::{Check, ModelPlan};

use crate::models::*;

fn call(plan: &ModelPlan, sizes: &[i64], inputs: &[Array]) -> Vec<Array> {
    Interpreter::new(plan).call(0, sizes, inputs).unwrap()
}

fn floats(array: &Array) -> Vec<f32> {
    array.to_vec().unwrap()
}

/// Values whose sum depends on its order.
fn uneven(count: usize) -> Vec<f32> {
    (0..count).map(|i| 1.0 / (1.0 + i as f32 * 0.37) * if i % 3 == 0 { -1e3 } else { 1.0 }).collect()
}

/// Element `i` goes to accumulator `i mod slots`; then `k` merges with `k + slots/2`.
fn sum_in_slots(values: &[f32], slots: usize) -> f32 {
    let mut sums = vec![0.0f32; slots];
    for (i, value) in values.iter().enumerate() {
        sums[i % slots] += value;
    }
    let mut count = slots;
    while count > 1 {
        count /= 2;
        for k in 0..count {
            sums[k] += sums[k + count];
        }
    }
    sums[0]
}

#[test]
fn a_map_visits_every_element_of_any_size() {
    let plan = map();
    for n in [0, 1, 7, 8, 19] {
        let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
        let want: Vec<f32> = x.iter().map(|x| 2.0 * x + 1.0).collect();
        assert_eq!(floats(&call(&plan, &[n], &[Array::from(x)])[0]), want);
    }
}

#[test]
fn a_reduce_merges_its_lanes_in_halves() {
    let x = uneven(3 * 37);
    for lanes in [1, 2, 8, 64] {
        let got = call(&row_sums(lanes), &[3, 37], &[Array::from_slice([3, 37], &x)]);
        let want: Vec<f32> = x.chunks(37).map(|row| sum_in_slots(row, lanes as usize)).collect();
        assert_eq!(floats(&got[0]), want, "{lanes} lanes");
    }
    assert_ne!(sum_in_slots(&x[..37], 1), sum_in_slots(&x[..37], 8), "the order must matter here");
}

#[test]
fn a_halved_tile_is_reduced_as_one_narrow_tile() {
    let x = uneven(37);
    let got = call(&prereduced_row_sums(8, 2), &[1, 37], &[Array::from_slice([1, 37], &x)]);
    let narrow = |tile: &[f32]| {
        let half: Vec<f32> = (0..4).map(|k| tile[k] + tile[k + 4]).collect();
        [half[0] + half[2], half[1] + half[3]]
    };
    let (whole, rest) = x.split_at(32);
    let left: Vec<f32> = whole.chunks(8).flat_map(narrow).chain(rest.iter().copied()).collect();
    assert_eq!(floats(&got[0]), [sum_in_slots(&left, 2)]);
    assert_ne!(sum_in_slots(&left, 2), sum_in_slots(&x, 2), "the order must matter here");
}

#[test]
fn a_reduce_over_nothing_gives_its_initial_value() {
    assert_eq!(floats(&call(&row_sums(4), &[2, 0], &[Array::zeros::<f32>([2, 0])])[0]), [0.0, 0.0]);
    assert_eq!(floats(&call(&row_sums(4), &[0, 9], &[Array::zeros::<f32>([0, 9])])[0]), [0.0; 0]);
}

#[test]
fn a_total_keeps_one_accumulator_for_each_row_that_runs_together() {
    for rows in [1, 4, 16] {
        for n in [0, 1, 5, 50] {
            let x = uneven(n);
            let got = call(&total(rows), &[n as i64], &[Array::from(x.clone())]);
            assert_eq!(floats(&got[0]), [sum_in_slots(&x, rows as usize)], "{n} elements, {rows} rows");
        }
    }
}

#[test]
fn blocks_of_a_row_pass_values_on() {
    let x = [[1.0f32, 4.0, 2.0, -1.0, 0.5], [0.0, 0.0, -3.0, 1.5, 1.25], [2.0, 1.0, 2.0, 1.0, 2.0]];
    let got = call(&normalized_rows(), &[3], &[Array::from(x)]);
    let want: Vec<f32> = x
        .iter()
        .flat_map(|row| {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let shifted: Vec<f32> = row.iter().map(|v| v - largest).collect();
            let weight = sum_in_slots(&shifted, 4);
            shifted.into_iter().map(move |v| v / weight)
        })
        .collect();
    assert_eq!(floats(&got[0]), want);
}

#[test]
fn a_step_updates_its_state_in_place() {
    let plan = regression_step(11);
    let (x, y) = (uneven(6 * 11), uneven(6));
    let mut interpreter = Interpreter::new(&plan);
    let inputs = [Array::from_slice([6, 11], &x), Array::from(y.clone())];
    let mut w = vec![0.5f32; 11];
    for _ in 0..2 {
        let outputs = interpreter.call(0, &[6], &inputs).unwrap();
        let dots: Vec<f32> = x
            .chunks(11)
            .map(|row| {
                let matmuls: Vec<f32> = row.iter().zip(&w).map(|(x, w)| x * w).collect();
                sum_in_slots(&matmuls, 8)
            })
            .collect();
        let errors: Vec<f32> = dots.iter().zip(&y).map(|(d, y)| d - y).collect();
        let squares: Vec<f32> = errors.iter().map(|e| e * e).collect();
        assert_eq!(floats(&outputs[0]), dots);
        assert_eq!(floats(&outputs[1]), [sum_in_slots(&squares, 4)]);
        for (k, w) in w.iter_mut().enumerate() {
            let gradient = x.chunks(11).zip(&errors).fold(0.0, |sum, (row, e)| sum + e * row[k]);
            *w -= 0.125 * gradient;
        }
        assert_eq!(floats(interpreter.state(0)), w);
    }
    interpreter.set_state(0, Array::full([11], 1.0f32)).unwrap();
    assert_eq!(floats(interpreter.state(0)), [1.0; 11]);
}

#[test]
fn memory_that_no_step_wrote_shows_garbage() {
    let mut plan = map();
    plan.variants[0].bodies[0].steps.clear();
    let got = call(&plan, &[2], &[Array::from([1.0f32, 2.0])]);
    assert_eq!(floats(&got[0]), [f32::from_bits(0xA5A5_A5A5); 2]);
}

#[test]
fn every_refused_call_says_what_was_expected() {
    let mut plan = regression_step(3);
    plan.interface.functions[0].checks.push(Check {
        left_name: "y axis 0".to_owned(),
        left: &symbol(0) * &known(2),
        right_name: "twice x axis 0".to_owned(),
        right: known(4),
    });
    let (x, y) = (Array::zeros::<f32>([2, 3]), Array::zeros::<f32>([2]));
    let mut interpreter = Interpreter::new(&plan);
    let mut refuse = |function, sizes: &[i64], inputs: &[Array], want: &str| {
        let error = interpreter.call(function, sizes, inputs).unwrap_err();
        assert_eq!(error.to_string(), want);
    };
    let good = [x.clone(), y.clone()];
    refuse(1, &[2], &good, "found function 1, expected less than 1: model `m` has no more");
    refuse(0, &[2, 3], &good, "function `f`: found 2 sizes, expected 1 (N)");
    refuse(0, &[1001], &good, "function `f`: found size N = 1001, expected 0..=1000");
    refuse(0, &[2], &good[..1], "function `f`: found 1 inputs, expected 2 (x, y)");
    let wide = [x.clone(), Array::zeros::<f64>([2])];
    refuse(0, &[2], &wide, "function `f`, input `y`: found f64[2], expected f32[N] with N = 2");
    let long = [x.clone(), Array::zeros::<f32>([5])];
    refuse(0, &[2], &long, "function `f`, input `y`: found f32[5], expected f32[N] with N = 2");
    let three = [Array::zeros::<f32>([3, 3]), Array::zeros::<f32>([3])];
    refuse(0, &[3], &three, "function `f`: found y axis 0 = 6 and twice x axis 0 = 4, expected equal sizes");
    let error = interpreter.set_state(0, Array::zeros::<f32>([4])).unwrap_err();
    assert_eq!(error.to_string(), "state `w`: found f32[4], expected f32[3]");
    assert!(interpreter.call(0, &[2], &good).is_ok());
}

#[test]
fn a_matmul_reductions_its_terms_piece_by_piece() {
    let (a, b) = (uneven(3 * 30), uneven(30 * 20));
    let inputs = [Array::from_slice([3, 30], &a), Array::from_slice([30, 20], &b)];
    let found = floats(&call(&matrix_matmul(), &[3], &inputs)[0]);
    let piece = |i: usize, j: usize, terms: std::ops::Range<usize>| {
        terms.fold(0.0f32, |sum, k| a[30 * i + k].mul_add(b[20 * k + j], sum))
    };
    for (at, found) in found.into_iter().enumerate() {
        let (i, j) = (at / 20, at % 20);
        assert_eq!(found, (piece(i, j, 0..16) + piece(i, j, 16..30)).max(0.0), "element {i}, {j}");
    }
}
