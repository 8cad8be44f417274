//! Sizes to try a claim with: what fails for one of them does not hold.

use super::{Dim, Solved, SymbolId, Symbols};

impl Solved {
    /// The samples of symbols in which those that others determine have the values that these give them,
    /// where all are in their ranges and these sizes are equal.
    pub fn samples(&self, symbols: &Symbols, equal: &[(&Dim, &Dim)]) -> Vec<Vec<i64>> {
        let mut samples = symbols.samples();
        for sample in &mut samples {
            for (symbol, value) in self.values() {
                let solved = value.evaluate(&|id| sample[id.0 as usize]);
                sample[symbol.0 as usize] = solved.unwrap_or(-1);
            }
        }
        samples.retain(|sample| {
            let size = |id: SymbolId| sample[id.0 as usize];
            let in_range = symbols.iter().all(|(id, s)| (s.min..=s.max).contains(&size(id)));
            in_range && equal.iter().all(|(a, b)| a.evaluate(&size) == b.evaluate(&size))
        });
        samples
    }
}

impl Symbols {
    /// A size for each symbol, several times: small ones, ends of ranges and hints, alike for all symbols and
    /// mixed. Always the same ones.
    pub fn samples(&self) -> Vec<Vec<i64>> {
        let choices: Vec<Vec<i64>> = self
            .iter()
            .map(|(_, s)| {
                let near = [s.min, s.min.saturating_add(1), s.min.saturating_add(2), 3, 7, 33, 100, 1000];
                let wide = [s.hint.unwrap_or(s.min), s.max];
                near.into_iter().chain(wide).map(|v| v.clamp(s.min, s.max.max(s.min))).collect()
            })
            .collect();
        let kinds = 10;
        let mut samples: Vec<Vec<i64>> =
            (0..kinds).map(|kind| choices.iter().map(|c| c[kind]).collect()).collect();
        // A linear congruence (Knuth, TAOCP 2, 3.3.4, table 1, line 26) mixes the choices.
        let mut state = 1u64;
        for _ in 0..64 {
            let mut pick = |c: &Vec<i64>| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                c[(state >> 33) as usize % kinds]
            };
            samples.push(choices.iter().map(&mut pick).collect());
        }
        samples
    }
}
