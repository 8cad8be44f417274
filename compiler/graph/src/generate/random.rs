//! Random numbers, element types, elements and arrays: the same seed gives the same ones.

use tgc_scalar::ScalarType;
use tgc_scalar::dtype::DType;

use super::Options;
use crate::array::Array;
use crate::dim::Symbol;
use crate::ops::Constant;

/// The generator of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number less than `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    pub(super) fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    pub(super) fn pick<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).cloned()
    }

    pub(super) fn symbol(&mut self, name: &str) -> Symbol {
        let min = self.below(2) as i64;
        let max = min + 1 + self.below(64) as i64;
        let hint = self.chance(2).then(|| min + self.below((max - min) as usize) as i64);
        Symbol { name: name.to_owned(), min, max, hint }
    }

    pub(super) fn dtype(&mut self, options: &Options) -> DType {
        match (options.all_dtypes, self.below(16)) {
            (true, _) => DType::ALL[self.below(DType::ALL.len())],
            (false, 0) => DType::I64,
            (false, 1) => DType::Bool,
            (false, n) if n % 2 == 0 => DType::F32,
            (false, _) => DType::F64,
        }
    }

    /// The bits of an element's parts.
    pub(super) fn element(&mut self, dtype: DType, options: &Options) -> [u64; 2] {
        let mut parts = [0; 2];
        for part in parts.iter_mut().take(dtype.parts()) {
            *part = self.scalar_type(dtype.scalar_type(), options);
        }
        parts
    }

    fn scalar_type(&mut self, scalar: ScalarType, options: &Options) -> u64 {
        let width = crate::text::mask(scalar);
        let any = self.bits();
        if scalar == ScalarType::Bool {
            return any & 1;
        }
        if options.odd_values && self.chance(2) {
            // All ones in the exponent now and then: infinities and NaNs.
            let high =
                if self.chance(3) && scalar.is_float() { width & !(width >> (scalar.bits() / 2)) } else { 0 };
            return (any | high) & width;
        }
        let small = (self.below(4001) as f64 - 2000.0) / 1000.0;
        let dtype = DType::ALL.into_iter().find(|d| d.scalar_type() == scalar && d.parts() == 1);
        let dtype = dtype.expect("invariant: every scalar is an element type");
        let splat =
            Constant::splat(dtype, vec![], if scalar.is_integer() { (small * 3.0).trunc() } else { small });
        splat.as_splat().map_or(0, |parts| parts[0])
    }

    pub(super) fn array(&mut self, dtype: DType, shape: &[usize], options: &Options) -> Array {
        let splat = self.chance(3).then(|| self.element(dtype, options));
        let mut array = Array::zeros_of(dtype, shape);
        for i in 0..array.len() {
            let parts = splat.unwrap_or_else(|| self.element(dtype, options));
            array.set(i, parts);
        }
        array
    }
}
