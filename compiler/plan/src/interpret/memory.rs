//! The bytes that a call touches, by buffer.

use tgc_graph::array::Array;
use tgc_graph::dim::Dim;
use tgc_graph::dtype::DType;
use tgc_scalar::ScalarType;

use super::{CallError, GARBAGE, Sizes};
use crate::{BufferId, FunctionPlan, ModelPlan, Storage};

/// All memory of one call. States are copied in, and back by [`Memory::read_state`].
pub(super) struct Memory {
    /// The workspace, then each input, output, state and constant.
    regions: Vec<Vec<u8>>,
    /// Where each buffer lies.
    slots: Vec<Slot>,
    /// Types of the outputs.
    outputs: Vec<(DType, Vec<usize>)>,
    first_output: usize,
    first_state: usize,
}

#[derive(Clone, Copy)]
struct Slot {
    region: usize,
    start: usize,
    elements: usize,
    scalar: ScalarType,
    parts: usize,
}

const WORKSPACE: usize = 0;

impl Memory {
    pub(super) fn new(
        plan: &ModelPlan,
        function: FunctionPlan<'_>,
        sizes: &Sizes,
        inputs: &[Array],
        states: &[Array],
    ) -> Result<Memory, CallError> {
        let too_large = |what: &str| CallError::TooLarge {
            function: function.signature.name.clone(),
            what: what.to_owned(),
        };
        let bytes = |size: Option<u64>, what: &str| {
            size.and_then(|n| usize::try_from(n).ok()).ok_or_else(|| too_large(what))
        };
        let workspace = bytes(function.body.workspace.evaluate(&|id| sizes.of(id)), "the workspace")?;
        let mut regions = vec![vec![GARBAGE; workspace]];
        regions.extend(inputs.iter().map(|a| a.bytes().to_vec()));
        let first_output = regions.len();
        let mut outputs = vec![];
        for output in &function.signature.outputs {
            let shape: Option<Vec<usize>> = output.ty.shape.iter().map(|d| extent(d, sizes)).collect();
            let shape = shape.ok_or_else(|| too_large(&output.name))?;
            let size = shape.iter().try_fold(output.ty.dtype.bytes(), |n, &d| n.checked_mul(d));
            regions.push(vec![GARBAGE; size.ok_or_else(|| too_large(&output.name))?]);
            outputs.push((output.ty.dtype, shape));
        }
        let first_state = regions.len();
        regions.extend(states.iter().map(|a| a.bytes().to_vec()));
        let first_constant = regions.len();
        regions.extend(plan.interface.constants.iter().map(|a| a.bytes().to_vec()));

        let mut slots = vec![];
        for buffer in &function.body.buffers {
            let (region, start) = match &buffer.storage {
                Storage::Input(index) => (1 + index, 0),
                Storage::Output(index) => (first_output + index, 0),
                Storage::State(index) => (first_state + index, 0),
                Storage::Constant(index) => (first_constant + index, 0),
                Storage::Workspace { offset } => {
                    (WORKSPACE, bytes(offset.evaluate(&|id| sizes.of(id)), &buffer.name)?)
                }
            };
            let elements = buffer
                .shape
                .iter()
                .try_fold(1usize, |n, d| n.checked_mul(extent(d, sizes)?))
                .filter(|n| n.checked_mul(buffer.dtype.bytes()).is_some())
                .ok_or_else(|| too_large(&buffer.name))?;
            let end = start + elements * buffer.dtype.bytes();
            assert!(end <= regions[region].len(), "`{}` ends beyond its memory", buffer.name);
            let (scalar, parts) = (buffer.dtype.scalar_type(), buffer.dtype.parts());
            slots.push(Slot { region, start, elements, scalar, parts });
        }
        Ok(Memory { regions, slots, outputs, first_output, first_state })
    }

    /// How many elements a buffer has.
    pub(super) fn elements(&self, buffer: BufferId) -> i64 {
        self.slots[buffer.0 as usize].elements as i64
    }

    /// The bits of the parts of an element; any nonzero `bool` byte is 1.
    pub(super) fn load(&self, buffer: BufferId, element: i64) -> [u64; 2] {
        let slot = self.slots[buffer.0 as usize];
        let at = slot.byte_of(element);
        let bytes = &self.regions[slot.region];
        match slot.parts {
            1 => [load_scalar(slot.scalar, &bytes[at..]), 0],
            _ => [
                load_scalar(slot.scalar, &bytes[at..]),
                load_scalar(slot.scalar, &bytes[at + slot.scalar.bytes()..]),
            ],
        }
    }

    pub(super) fn store(&mut self, buffer: BufferId, element: i64, parts: [u64; 2]) {
        let slot = self.slots[buffer.0 as usize];
        let at = slot.byte_of(element);
        let bytes = &mut self.regions[slot.region];
        store_scalar(slot.scalar, parts[0], &mut bytes[at..]);
        if slot.parts == 2 {
            store_scalar(slot.scalar, parts[1], &mut bytes[at + slot.scalar.bytes()..]);
        }
    }

    /// Copies a whole buffer over another.
    pub(super) fn copy(&mut self, from: BufferId, to: BufferId) {
        let (from, to) = (self.slots[from.0 as usize], self.slots[to.0 as usize]);
        let bytes = self.regions[from.region][from.start..][..from.bytes()].to_vec();
        assert_eq!(from.bytes(), to.bytes(), "the buffers of a copy differ in size");
        self.regions[to.region][to.start..][..to.bytes()].copy_from_slice(&bytes);
    }

    /// Takes over the value of a state.
    pub(super) fn read_state(&self, index: usize, state: &mut Array) {
        let bytes = &self.regions[self.first_state + index];
        if state.bytes() != bytes {
            state.bytes_mut().copy_from_slice(bytes);
        }
    }

    /// The value of an output.
    pub(super) fn output(&self, index: usize) -> Array {
        let (dtype, shape) = &self.outputs[index];
        Array::from_bytes(*dtype, shape.clone(), &self.regions[self.first_output + index])
            .expect("invariant: the region was made for this shape")
    }
}

impl Slot {
    fn bytes(&self) -> usize {
        self.elements * self.scalar.bytes() * self.parts
    }

    fn byte_of(&self, element: i64) -> usize {
        let inside = usize::try_from(element).is_ok_and(|e| e < self.elements);
        assert!(inside, "element {element} of a buffer of {}", self.elements);
        self.start + element as usize * self.scalar.bytes() * self.parts
    }
}

fn extent(dim: &Dim, sizes: &Sizes) -> Option<usize> {
    usize::try_from(dim.evaluate(&|id| sizes.of(id))?).ok()
}

fn load_scalar(scalar: ScalarType, bytes: &[u8]) -> u64 {
    match (scalar, scalar.bytes()) {
        (ScalarType::Bool, _) => u64::from(bytes[0] != 0),
        (_, 1) => u64::from(bytes[0]),
        (_, 2) => u64::from(u16::from_le_bytes([bytes[0], bytes[1]])),
        (_, 4) => u64::from(u32::from_le_bytes(bytes[..4].try_into().expect("invariant: four bytes"))),
        (_, _) => u64::from_le_bytes(bytes[..8].try_into().expect("invariant: eight bytes")),
    }
}

fn store_scalar(scalar: ScalarType, bits: u64, bytes: &mut [u8]) {
    match scalar.bytes() {
        1 => bytes[0] = bits as u8,
        2 => bytes[..2].copy_from_slice(&(bits as u16).to_le_bytes()),
        4 => bytes[..4].copy_from_slice(&(bits as u32).to_le_bytes()),
        _ => bytes[..8].copy_from_slice(&bits.to_le_bytes()),
    }
}
