//! Random small graphs.

use tgc_graph::prelude::*;

use crate::harness::{Random, check_within};

/// One more value from those that exist.
fn grow<'m>(random: &mut Random, values: &[Tensor<'m>]) -> Option<Tensor<'m>> {
    let x = values[random.below(values.len())];
    let rank = x.rank();
    let axis = |random: &mut Random| random.below(rank) as i64;
    Some(match random.below(18) {
        0 => sigmoid(x),
        1 => exp(x * 0.125),
        2 => x * 0.5 + 1.0,
        3 => x.cast([F32, F64][random.below(2)]),
        4 if rank > 0 => x.sum_over([axis(random)]) * 0.125,
        5 if rank > 1 => x.t(),
        6 if rank > 0 => {
            let axis = axis(random);
            let order: Vec<Option<usize>> = (0..rank)
                .map(|i| if i as i64 == axis { None } else { Some(i - usize::from(i as i64 > axis)) })
                .collect();
            x - x.sum_over([axis]).dimshuffle(order) * 0.125
        }
        7 | 8 => {
            let same: Vec<_> = values.iter().filter(|v| shape(v) == shape(&x)).collect();
            let y = *same[random.below(same.len())];
            if random.below(2) == 0 { x + y } else { sigmoid(x) * y }
        }
        9 | 10 => {
            let last = shape(&x).last().cloned()?;
            let fit: Vec<_> = values
                .iter()
                .filter(|v| {
                    let s = shape(v);
                    !s.is_empty() && s[s.len().saturating_sub(2)] == last && s.len() + rank < 6
                })
                .collect();
            if fit.is_empty() {
                return None;
            }
            dot(x, *fit[random.below(fit.len())]) * 0.0625
        }
        11 if rank > 0 => x.flip([axis(random)]),
        12 if rank > 0 => x.cumsum(axis(random)) * 0.125,
        13 if rank > 0 => concatenate([x, x * 0.5], axis(random)),
        14 if rank > 1 => x.flatten(1 + random.below(rank - 1)),
        15 if rank > 0 && shape(&x)[0].as_const().is_some_and(|n| n > 1) => {
            x.set_subtensor(0, x.index(1)) - x.inc_subtensor((1.., Ellipsis), x.index((..-1, Ellipsis)))
        }
        16 if rank > 0 && shape(&x)[0].as_const().is_some_and(|n| n > 1) => {
            let places = x.model().constant([1i64, -1, 0, 1]);
            x.take(places, 0) + x.inc_subtensor(places, x.take(places, 0)).take(places, 0)
        }
        _ if rank == 0 => fill(values[random.below(values.len())], x.cast(F32)).cast(F32),
        _ => x / (x * x + 2.0),
    })
}

fn shape(x: &Tensor<'_>) -> Vec<tgc_graph::dim::Dim> {
    x.ty().unwrap().shape
}

#[test]
fn random_graphs_give_what_the_evaluator_gives() {
    for seed in 0..200 {
        let mut random = Random(seed * 7919 + 13);
        let m = Model::new("m");
        let (n, k) = (m.dim("N"), m.dim("K"));
        let a = m.input("a", F32, [n, k]);
        let b = m.input("b", F64, [k, n]);
        let c = m.input("c", F32, [k]);
        let d = m.input("d", F32, [n, 1.into()]);
        let w = m.shared("w", random.array(F64, &[3, 4]));
        let u = m.shared("u", random.array(F64, &[4]));
        let mut values = vec![a, b, c, d, w, u];
        for _ in 0..(3 + random.below(14)) {
            values.extend(grow(&mut random, &values));
        }
        let mut function = m.function("f").inputs([a, b, c, d]).allow_unused();
        for i in 0..(1 + random.below(4)) {
            let late = values.len() - 1 - random.below(values.len().min(5));
            function = function.output(&format!("o{i}"), values[late]);
        }
        for variable in [w, u] {
            let fit: Vec<_> = values.iter().filter(|v| shape(v) == shape(&variable)).collect();
            if random.below(3) > 0 {
                function = function.update(variable, (*fit[random.below(fit.len())]).cast(F64));
            }
        }
        function.finish().unwrap();
        let sizes: [&[i64]; 5] = [&[3, 5], &[0, 2], &[1, 1], &[9, 2], &[2, 0]];
        check_within(&m.module(), &sizes, |_| 1e-3);
    }
}
