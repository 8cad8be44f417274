//! Where a call with many arguments keeps them: words at the start of the workspace.
//!
//! A function with few arguments has its checks in its own code, and its arguments are passed on in
//! registers. With many, checks are loops of the runtime over the words of the frame, and no stack is needed
//! for what is passed on.

use crate::size::Size;
use crate::{Body, Signature, Storage};

/// The most parameters of a function without a frame.
const MOST_PARAMETERS: usize = 24;

/// The most pairs of arrays and states that a function without a frame holds against each other.
const MOST_PAIRS: usize = 96;

/// The words of a call, eight bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Sizes, inputs and outputs, in this order.
    pub parameters: usize,
    /// Behind them, the bytes of each array: inputs, then outputs.
    pub arrays: usize,
    /// Behind those, words for the check of outputs.
    pub outputs: usize,
}

impl Frame {
    /// Bytes of the workspace, a multiple of 64.
    pub fn bytes(&self) -> u64 {
        let words = self.parameters + self.arrays + self.outputs;
        (8 * words as u64).next_multiple_of(Size::ALIGN)
    }
}

impl Signature {
    /// The frame, if the function has many arguments.
    pub fn frame(&self) -> Option<Frame> {
        let (inputs, outputs) = (self.inputs.len(), self.outputs.len());
        let parameters = self.symbols.len() + inputs + outputs;
        let pairs = outputs * (inputs + outputs) + inputs * self.updates.len();
        let arrays = self.inputs.iter().filter(|input| !input.is_by_value()).count() + outputs;
        (parameters > MOST_PARAMETERS || pairs > MOST_PAIRS).then_some(Frame { parameters, arrays, outputs })
    }
}

impl Body {
    /// Puts the frame, if there is one, in front of what lies in the workspace.
    pub fn behind(mut self, frame: Option<Frame>) -> Body {
        let Some(frame) = frame else { return self };
        let moved = |size: &Size| size.clone().add(Size::Const(frame.bytes()));
        for buffer in &mut self.buffers {
            if let Storage::Workspace { offset } = &mut buffer.storage {
                *offset = moved(offset);
            }
        }
        self.workspace = moved(&self.workspace);
        self
    }
}
