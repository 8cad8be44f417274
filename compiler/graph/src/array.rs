//! Dense row-major arrays of any element type: initial values, constants, arguments and results. They come
//! from Rust's slices, vectors and arrays, from those of the crate ndarray, and from files.

mod check;
mod error;
mod file;
mod literal;
#[cfg(feature = "ndarray")]
mod nd;
mod npy;
mod npz;
mod safetensors;

use std::fmt;
use std::sync::Arc;

use half::{bf16, f16};
use num_complex::Complex;

use tgc_scalar::dtype::DType;

pub use error::ArrayFileError;

/// A Rust type that is the element of an array.
pub trait Scalar: Copy + 'static {
    /// Its element type.
    const DTYPE: DType;
    /// The bits of each part, zero-extended.
    fn to_parts(self) -> [u64; 2];
    /// The inverse of [`Scalar::to_parts`].
    fn from_parts(parts: [u64; 2]) -> Self;
}

macro_rules! real_scalars {
    ($($ty:ty, $dtype:ident, $to:expr, $from:expr;)*) => {$(
        impl Scalar for $ty {
            const DTYPE: DType = DType::$dtype;
            fn to_parts(self) -> [u64; 2] {
                let to: fn($ty) -> u64 = $to;
                [to(self), 0]
            }
            fn from_parts(parts: [u64; 2]) -> $ty {
                let from: fn(u64) -> $ty = $from;
                from(parts[0])
            }
        }
    )*};
}

real_scalars! {
    bool, Bool, |v| u64::from(v), |b| b != 0;
    i8, I8, |v| u64::from(v as u8), |b| b as i8;
    i16, I16, |v| u64::from(v as u16), |b| b as i16;
    i32, I32, |v| u64::from(v as u32), |b| b as i32;
    i64, I64, |v| v as u64, |b| b as i64;
    u8, U8, |v| u64::from(v), |b| b as u8;
    u16, U16, |v| u64::from(v), |b| b as u16;
    u32, U32, |v| u64::from(v), |b| b as u32;
    u64, U64, |v| v, |b| b;
    f16, F16, |v| u64::from(v.to_bits()), |b| f16::from_bits(b as u16);
    bf16, BF16, |v| u64::from(v.to_bits()), |b| bf16::from_bits(b as u16);
    f32, F32, |v| u64::from(v.to_bits()), |b| f32::from_bits(b as u32);
    f64, F64, |v| v.to_bits(), f64::from_bits;
}

impl Scalar for Complex<f32> {
    const DTYPE: DType = DType::C64;
    fn to_parts(self) -> [u64; 2] {
        [u64::from(self.re.to_bits()), u64::from(self.im.to_bits())]
    }
    fn from_parts(parts: [u64; 2]) -> Self {
        Complex::new(f32::from_bits(parts[0] as u32), f32::from_bits(parts[1] as u32))
    }
}

impl Scalar for Complex<f64> {
    const DTYPE: DType = DType::C128;
    fn to_parts(self) -> [u64; 2] {
        [self.re.to_bits(), self.im.to_bits()]
    }
    fn from_parts(parts: [u64; 2]) -> Self {
        Complex::new(f64::from_bits(parts[0]), f64::from_bits(parts[1]))
    }
}

/// A dense array: element type, static shape, elements row-major.
///
/// The bytes are little-endian and start at an 8-byte boundary; clones share them.
#[derive(Clone, PartialEq, Eq)]
pub struct Array {
    dtype: DType,
    shape: Vec<usize>,
    words: Arc<Vec<u64>>,
}

impl Array {
    /// An array of zeros (`false`, `0`, `0.0`).
    pub fn zeros_of(dtype: DType, shape: impl Into<Vec<usize>>) -> Array {
        let shape = shape.into();
        let bytes = shape.iter().product::<usize>() * dtype.bytes();
        Array { dtype, shape, words: Arc::new(vec![0; bytes.div_ceil(8)]) }
    }

    /// An array of zeros of a Rust element type.
    pub fn zeros<T: Scalar>(shape: impl Into<Vec<usize>>) -> Array {
        Array::zeros_of(T::DTYPE, shape)
    }

    /// An array of one value.
    pub fn full<T: Scalar>(shape: impl Into<Vec<usize>>, value: T) -> Array {
        Array::splat(T::DTYPE, shape, value.to_parts())
    }

    /// An array of one value given by the bits of its parts.
    pub fn splat(dtype: DType, shape: impl Into<Vec<usize>>, parts: [u64; 2]) -> Array {
        let mut array = Array::zeros_of(dtype, shape);
        for i in 0..array.len() {
            array.set(i, parts);
        }
        array
    }

    /// An array of these elements.
    ///
    /// # Panics
    ///
    /// If the number of elements is not the product of the shape.
    #[track_caller]
    pub fn from_slice<T: Scalar>(shape: impl Into<Vec<usize>>, elements: &[T]) -> Array {
        let mut array = Array::zeros::<T>(shape);
        assert_eq!(
            array.len(),
            elements.len(),
            "the shape {:?} holds another number of elements",
            array.shape
        );
        for (i, element) in elements.iter().enumerate() {
            array.set(i, element.to_parts());
        }
        array
    }

    /// An array over little-endian bytes; `None` if they are more or fewer, or no elements of the type (see
    /// [`Array::is_valid`]).
    pub fn from_bytes(dtype: DType, shape: impl Into<Vec<usize>>, bytes: &[u8]) -> Option<Array> {
        let mut array = Array::zeros_of(dtype, shape);
        if bytes.len() != array.bytes().len() {
            return None;
        }
        array.bytes_mut().copy_from_slice(bytes);
        array.is_valid().then_some(array)
    }

    /// Whether every element is a value of its type, which all bits are but those of a `bool` that is neither
    /// 0 nor 1. Code relies on it, so models, calls and states refuse others.
    pub fn is_valid(&self) -> bool {
        self.dtype != DType::Bool || self.bytes().iter().all(|byte| *byte <= 1)
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Size of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// True when an axis has size 0.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes of the elements.
    pub fn bytes(&self) -> &[u8] {
        &bytemuck::cast_slice(self.words.as_slice())[..self.len() * self.dtype.bytes()]
    }

    /// The bytes of the elements, to change; copies them first if they are shared.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let bytes = self.len() * self.dtype.bytes();
        &mut bytemuck::cast_slice_mut(Arc::make_mut(&mut self.words).as_mut_slice())[..bytes]
    }

    /// The bits of element `index`'s parts.
    pub fn get(&self, index: usize) -> [u64; 2] {
        let width = self.dtype.scalar_type().bytes();
        let part = |i: usize| {
            let mut word = [0; 8];
            word[..width].copy_from_slice(&self.bytes()[i * width..][..width]);
            u64::from_le_bytes(word)
        };
        match self.dtype.parts() {
            1 => [part(index), 0],
            _ => [part(2 * index), part(2 * index + 1)],
        }
    }

    /// Writes element `index` by the bits of its parts.
    pub fn set(&mut self, index: usize, parts: [u64; 2]) {
        let (width, count) = (self.dtype.scalar_type().bytes(), self.dtype.parts());
        let bytes = self.bytes_mut();
        for (part, bits) in parts.iter().enumerate().take(count) {
            let at = (index * count + part) * width;
            bytes[at..at + width].copy_from_slice(&bits.to_le_bytes()[..width]);
        }
    }

    /// The elements as a vector, if `T` is their type.
    pub fn to_vec<T: Scalar>(&self) -> Option<Vec<T>> {
        (T::DTYPE == self.dtype).then(|| (0..self.len()).map(|i| T::from_parts(self.get(i))).collect())
    }

    /// The bits of the only value, when all elements have the same bits and there is at least one.
    pub fn as_splat(&self) -> Option<[u64; 2]> {
        let width = self.dtype.bytes();
        let bytes = self.bytes();
        let first = bytes.get(..width)?;
        bytes.chunks_exact(width).all(|c| c == first).then(|| self.get(0))
    }

    /// The same elements in another shape of equal size.
    pub fn reshaped(&self, shape: impl Into<Vec<usize>>) -> Option<Array> {
        let shape = shape.into();
        (shape.iter().product::<usize>() == self.len()).then(|| Array {
            dtype: self.dtype,
            shape,
            words: self.words.clone(),
        })
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{:?}(", self.dtype, self.shape)?;
        for i in 0..self.len().min(16) {
            let text = element_to_text(self.dtype, self.get(i));
            write!(f, "{}{text}", if i == 0 { "" } else { ", " })?;
        }
        write!(f, "{})", if self.len() > 16 { ", …" } else { "" })
    }
}

/// One element as text that reads back to the same bits, NaN payloads aside.
pub fn element_to_text(dtype: DType, parts: [u64; 2]) -> String {
    use tgc_scalar::constant_to_text;
    match dtype.parts() {
        1 => constant_to_text(dtype.scalar_type(), parts[0]),
        _ => format!(
            "{}:{}",
            constant_to_text(dtype.scalar_type(), parts[0]),
            constant_to_text(dtype.scalar_type(), parts[1])
        ),
    }
}

/// A value with its own shape: what `shared`, `constant` and givens accept.
impl<T: Scalar> From<T> for Array {
    fn from(value: T) -> Array {
        Array::full::<T>(vec![], value)
    }
}

impl<T: Scalar, const N: usize> From<[T; N]> for Array {
    fn from(values: [T; N]) -> Array {
        Array::from_slice(vec![N], &values)
    }
}

impl<T: Scalar, const N: usize, const M: usize> From<[[T; M]; N]> for Array {
    fn from(rows: [[T; M]; N]) -> Array {
        Array::from_slice(vec![N, M], &rows.concat())
    }
}

impl<T: Scalar> From<&[T]> for Array {
    fn from(values: &[T]) -> Array {
        Array::from_slice(vec![values.len()], values)
    }
}

impl<T: Scalar> From<Vec<T>> for Array {
    fn from(values: Vec<T>) -> Array {
        Array::from(values.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_round_trip_in_every_type() {
        for dtype in DType::ALL {
            let mut array = Array::zeros_of(dtype, [2, 3]);
            array.set(4, [1, if dtype.parts() == 2 { 1 } else { 0 }]);
            assert_eq!(array.get(4)[0], 1, "{dtype}");
            assert_eq!(array.get(3), [0, 0], "{dtype}");
            assert_eq!(array.bytes().len(), 6 * dtype.bytes());
            assert_eq!(Array::from_bytes(dtype, [2, 3], array.bytes()), Some(array));
        }
    }

    #[test]
    fn splats_are_recognised() {
        assert_eq!(Array::full([3], 2.5f32).as_splat(), Some(2.5f32.to_parts()));
        assert_eq!(Array::from([0.0f64, -0.0]).as_splat(), None);
        assert_eq!(Array::zeros::<i8>([0]).as_splat(), None);
    }
}
