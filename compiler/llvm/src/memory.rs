//! Elements in memory: where they are, and how a tile of them is loaded and stored.
//!
//! A tile is some iterations of one axis that run together, one a lane. Along that axis an element's address
//! stays, moves to the next element or the one before, or moves by a stride: a splat, a vector access, or one
//! access a lane. Bool is one byte in memory, `!= 0` on the way in, 0 or 1 on the way out. Parts of complex
//! elements lie side by side.

use inkwell::IntPredicate;
use inkwell::types::BasicTypeEnum;
use inkwell::values::{InstructionOpcode as Op, IntValue, PointerValue};
use tgc_graph::dtype::DType;
use tgc_plan::Prefetch;
use tgc_scalar::{ScalarType, stored_scalar};

use crate::ir::{Ir, Val, basic};
use crate::scalar::{Parts, build_const, scalar_type};

/// How an address moves along an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stride<'c> {
    /// Not at all.
    Same,
    /// To the next element.
    Next,
    /// To the element before.
    Back,
    /// By this many elements.
    By(IntValue<'c>),
}

/// An element at the start of an axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<'c> {
    pub(crate) dtype: DType,
    pub(crate) address: PointerValue<'c>,
    pub(crate) stride: Stride<'c>,
}

impl<'c> Spot<'c> {
    /// The same some steps along the axis.
    pub(crate) fn at(self, ir: &Ir<'_, 'c>, index: IntValue<'c>) -> Spot<'c> {
        let elements = match self.stride {
            Stride::Same => return self,
            Stride::Next => index,
            Stride::Back => ir.sub(ir.int(0), index),
            Stride::By(stride) => ir.mul(index, stride),
        };
        Spot { address: element_address(ir, self.dtype, self.address, elements), ..self }
    }

    /// Loads the element, whatever the axis does.
    pub(crate) fn load_one(self, ir: &Ir<'_, 'c>) -> Parts<'c> {
        Spot { stride: Stride::Same, ..self }.load(ir, 1)
    }

    /// Loads `width` steps along the axis.
    pub(crate) fn load(self, ir: &Ir<'_, 'c>, width: u32) -> Parts<'c> {
        let scalar = stored_scalar(self.dtype);
        let parts = match self.stride {
            Stride::Same => self.load_scalar(ir).into_iter().map(|part| ir.splat(part, width)).collect(),
            _ if width == 1 => self.load_scalar(ir),
            Stride::Next => self.load_dense(ir, width),
            Stride::Back => reversed(ir, self.last(ir, width).load_dense(ir, width), width),
            Stride::By(_) => self.load_lanes(ir, width),
        };
        parts.into_iter().map(|part| from_memory(ir, scalar, part)).collect()
    }

    /// The last of `width` steps along the axis.
    fn last(self, ir: &Ir<'_, 'c>, width: u32) -> Spot<'c> {
        self.at(ir, ir.int(i64::from(width) - 1))
    }

    /// Asks for what lies some elements, or as many bytes as a prefetch goes at most, behind `width` steps
    /// along the axis. It need not exist.
    pub(crate) fn prefetch(self, ir: &Ir<'_, 'c>, elements: IntValue<'c>, width: u32, how: &Prefetch) {
        let size = self.dtype.bytes() as i64;
        let distance = ir.min(ir.mul(elements, ir.int(size)), ir.int(how.distance));
        for line in (0..i64::from(width) * size).step_by(how.line as usize) {
            ir.prefetch(self.address, ir.add(distance, ir.int(line)));
        }
    }

    fn load_scalar(self, ir: &Ir<'_, 'c>) -> Parts<'c> {
        let ty = memory_type(ir, self.dtype, 1);
        let part = |i| ir.load(ty, ir.element(self.address, ty, ir.int(i)), self.align());
        (0..self.dtype.parts() as i64).map(part).collect()
    }

    fn load_dense(self, ir: &Ir<'_, 'c>, width: u32) -> Parts<'c> {
        let parts = self.dtype.parts() as u32;
        let all = ir.load(memory_type(ir, self.dtype, width * parts), self.address, self.align());
        if parts == 1 {
            return vec![all];
        }
        let every_second = |first| (0..width).map(|k| 2 * k + first).collect::<Vec<_>>();
        (0..parts).map(|part| ir.shuffle(all, all, &every_second(part))).collect()
    }

    fn load_lanes(self, ir: &Ir<'_, 'c>, width: u32) -> Parts<'c> {
        let lanes: Vec<Parts> =
            (0..width).map(|k| self.at(ir, ir.int(i64::from(k))).load_scalar(ir)).collect();
        (0..self.dtype.parts())
            .map(|part| ir.gather(&lanes.iter().map(|l| l[part]).collect::<Vec<_>>()))
            .collect()
    }

    /// Stores `width` steps along the axis. Where the address stays, the last one is what remains.
    pub(crate) fn store(self, ir: &Ir<'_, 'c>, width: u32, parts: &[Val<'c>]) {
        let scalar = stored_scalar(self.dtype);
        let parts: Parts = parts.iter().map(|part| to_memory(ir, scalar, *part, width)).collect();
        match self.stride {
            Stride::Same => self.store_scalar(ir, &lane_of(ir, &parts, width - 1)),
            _ if width == 1 => self.store_scalar(ir, &parts),
            Stride::Next => self.store_dense(ir, width, &parts),
            Stride::Back => self.last(ir, width).store_dense(ir, width, &reversed(ir, parts, width)),
            Stride::By(_) => {
                for k in 0..width {
                    self.at(ir, ir.int(i64::from(k))).store_scalar(ir, &lane_of(ir, &parts, k));
                }
            }
        }
    }

    fn store_scalar(self, ir: &Ir<'_, 'c>, parts: &[Val<'c>]) {
        for (i, part) in parts.iter().enumerate() {
            ir.store(*part, ir.element(self.address, part.get_type(), ir.int(i as i64)), self.align());
        }
    }

    fn store_dense(self, ir: &Ir<'_, 'c>, width: u32, parts: &[Val<'c>]) {
        let all = match parts {
            [re, im] => {
                let lanes: Vec<u32> = (0..width).flat_map(|k| [k, width + k]).collect();
                ir.shuffle(*re, *im, &lanes)
            }
            _ => parts[0],
        };
        ir.store(all, self.address, self.align());
    }

    fn align(self) -> usize {
        stored_scalar(self.dtype).bytes()
    }
}

/// One lane of each part.
pub(crate) fn lane_of<'c>(ir: &Ir<'_, 'c>, parts: &[Val<'c>], lane: u32) -> Parts<'c> {
    parts.iter().map(|part| ir.extract(*part, lane)).collect()
}

/// Each part in every lane.
pub(crate) fn splat<'c>(ir: &Ir<'_, 'c>, parts: &[Val<'c>], width: u32) -> Parts<'c> {
    parts.iter().map(|part| ir.splat(*part, width)).collect()
}

/// The lanes of each part from the last to the first.
fn reversed<'c>(ir: &Ir<'_, 'c>, parts: Parts<'c>, width: u32) -> Parts<'c> {
    let lanes: Vec<u32> = (0..width).rev().collect();
    parts.into_iter().map(|part| ir.shuffle(part, part, &lanes)).collect()
}

/// The address of an element of a dense buffer.
pub(crate) fn element_address<'c>(
    ir: &Ir<'_, 'c>,
    dtype: DType,
    base: PointerValue<'c>,
    index: IntValue<'c>,
) -> PointerValue<'c> {
    ir.element(base, memory_type(ir, dtype, 1), ir.mul(index, ir.int(dtype.parts() as i64)))
}

/// The type in memory of (one part of) this many elements.
pub(crate) fn memory_type<'c>(ir: &Ir<'_, 'c>, dtype: DType, width: u32) -> BasicTypeEnum<'c> {
    scalar_memory_type(ir, stored_scalar(dtype), width)
}

/// The type in memory of lanes.
pub(crate) fn scalar_memory_type<'c>(ir: &Ir<'_, 'c>, scalar: ScalarType, width: u32) -> BasicTypeEnum<'c> {
    if let ScalarType::Bool = scalar {
        ir.widen(basic(ir.context().i8_type()), width)
    } else {
        scalar_type(ir, scalar, width)
    }
}

/// A value as programs take it.
pub(crate) fn from_memory<'c>(ir: &Ir<'_, 'c>, scalar: ScalarType, value: Val<'c>) -> Val<'c> {
    let width = width_of(value);
    if let ScalarType::Bool = scalar {
        ir.compare(IntPredicate::NE, value, build_const(ir, ScalarType::U8, 0, width))
    } else {
        value
    }
}

/// A value as memory holds it.
pub(crate) fn to_memory<'c>(ir: &Ir<'_, 'c>, scalar: ScalarType, value: Val<'c>, width: u32) -> Val<'c> {
    if let ScalarType::Bool = scalar {
        ir.cast(Op::ZExt, value, scalar_memory_type(ir, scalar, width))
    } else {
        value
    }
}

fn width_of(value: Val<'_>) -> u32 {
    if let Val::VectorValue(v) = value { v.get_type().get_size() } else { 1 }
}
