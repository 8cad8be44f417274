//! The largest sizes that nobody chose: such that no tensor can have more than 2^62 bytes.
//!
//! A dim without a range can be [`Symbol::DEFAULT_MAX`](crate::dim::Symbol::DEFAULT_MAX). Where tensors of
//! three and more such axes would be too large, the largest size is lowered to a power of two, the same for
//! all of a tensor's dims without ranges. Ranges that the author gave stay; if they are to blame the verifier
//! says so.

use crate::dim::{Dim, SymbolId, Symbols};
use crate::limits::MAX_TENSOR_BYTES;
use crate::ops::Op;
use crate::ty::TensorType;
use crate::verify::most_bytes;

/// A node's sizes, as they are after solving.
#[derive(Debug)]
pub(super) struct Sizes {
    ty: TensorType,
    attributes: Vec<Dim>,
}

impl Sizes {
    /// Those of an operation and its type, given what sizes are.
    pub fn of(op: &Op, ty: &TensorType, solved: &dyn Fn(&Dim) -> Dim) -> Sizes {
        let attributes = op.definition().attributes();
        let attributes = attributes.iter().flat_map(|(_, value)| value.dims()).map(solved);
        let shape: Vec<Dim> = ty.shape.iter().map(solved).collect();
        Sizes { ty: TensorType::new(ty.dtype, shape), attributes: attributes.collect() }
    }

    fn dims(&self) -> impl Iterator<Item = &Dim> {
        self.ty.shape.iter().chain(&self.attributes)
    }

    fn fit(&self, symbols: &Symbols) -> bool {
        let is_small = |dim: &Dim| dim.bounds(symbols).magnitude <= MAX_TENSOR_BYTES;
        self.dims().all(is_small) && most_bytes(self.ty.dtype, &self.ty.shape, symbols) <= MAX_TENSOR_BYTES
    }

    /// Lowers the largest sizes of symbols that may be, as far as it takes and not below what is needed.
    pub fn lower(&self, symbols: &mut Symbols, may: &dyn Fn(SymbolId) -> bool) {
        if self.fit(symbols) {
            return;
        }
        let mut free: Vec<SymbolId> = self.dims().flat_map(Dim::symbols).filter(|id| may(*id)).collect();
        free.sort();
        free.dedup();
        let needed = |id: &SymbolId| symbols.get(*id).hint.unwrap_or(0).max(symbols.get(*id).min);
        let Some(least) = free.iter().map(needed).max() else { return };
        for cap in (0..62).rev().map(|log| 1i64 << log).take_while(|cap| *cap >= least) {
            let mut lowered = symbols.clone();
            for id in &free {
                let symbol = lowered.get_mut(*id);
                symbol.max = symbol.max.min(cap);
            }
            if self.fit(&lowered) {
                *symbols = lowered;
                return;
            }
        }
    }
}
