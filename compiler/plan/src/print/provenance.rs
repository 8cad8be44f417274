//! What a step computes and why it is one, as comments above it.

use crate::{Apart, Provenance, Tensor};

/// The most names of one line.
const MOST_NAMES: usize = 6;

pub(super) fn lines(provenance: &Provenance) -> String {
    let tensors = provenance.tensors.iter().map(tensor);
    tensors.chain(provenance.apart.iter().map(apart)).map(|line| format!("  # {line}\n")).collect()
}

fn apart(Apart { from, why, after }: &Apart) -> String {
    let after = if after.is_empty() { String::new() } else { format!(", which computes {}", names(after)) };
    format!("not fused with {}: {why}{after}", names(from))
}

fn tensor(tensor: &Tensor) -> String {
    let Tensor { name, op, origin, materialized } = tensor;
    let mut line = format!("{name}: {op}");
    if !origin.is_unknown() {
        line.push_str(&format!(" at {origin}"));
    }
    if let Some(why) = materialized {
        line.push_str(&format!("; materialized: {why}"));
    }
    line
}

fn names(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
