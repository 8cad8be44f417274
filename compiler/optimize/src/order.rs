//! The order of a commutative operation's operands: by structure, so that it survives renumbering.
//!
//! Constants come first, then what has one element, then the rest; shallow before deep. Ties are broken
//! by operation, by the first letters of the first leaf's name, and by a hash of the whole expression; only
//! expressions with equal hashes fall back to their ids.

use std::hash::{Hash, Hasher};

use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::ops::Op;

/// What a node is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    class: u8,
    height: u32,
    /// The position in [`Op::NAMES`].
    pub operation: u16,
    name: u64,
    hash: u64,
}

impl Key {
    /// The key of a node, given those of its operands.
    pub(crate) fn of(graph: &Graph, id: NodeId, keys: &[Key]) -> Key {
        let node = graph.node(id);
        let operands = || node.operands.iter().map(|o| &keys[o.index()]);
        let mut hasher = Mixer::default();
        hasher.write(node.op.name().as_bytes());
        node.op.hash(&mut hasher);
        operands().for_each(|key| hasher.write_u64(key.hash));
        let name = if let Op::Shared(shared) = &node.op { Some(&*shared.name) } else { node.op.input_name() };
        let name = name.map(first_letters).or_else(|| operands().map(|key| key.name).find(|name| *name > 0));
        let constant = matches!(node.op, Op::Constant(_));
        let class = match constant {
            true => 0,
            false if node.ty.shape.iter().all(|d| d.is_one()) => 1,
            false => 2,
        };
        Key {
            class,
            height: operands().map(|key| key.height + 1).max().unwrap_or(0),
            operation: node.op.index(),
            name: name.unwrap_or(0),
            hash: hasher.finish(),
        }
    }
}

fn first_letters(name: &str) -> u64 {
    let mut letters = [0; 8];
    for (to, from) in letters.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    u64::from_be_bytes(letters)
}

/// A hash that is the same in every process and on every host of one word size: FNV-1a by words, with the
/// finalizer of MurmurHash3. The first discriminant is left out: an operation's moves when another joins the
/// list.
struct Mixer {
    state: u64,
    discriminated: bool,
}

impl Default for Mixer {
    fn default() -> Mixer {
        Mixer { state: 0xcbf2_9ce4_8422_2325, discriminated: false }
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.state = (self.state ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_isize(&mut self, discriminant: isize) {
        if std::mem::replace(&mut self.discriminated, true) {
            self.write(&discriminant.to_le_bytes());
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.state = (self.state ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    fn finish(&self) -> u64 {
        let mut h = self.state;
        h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ (h >> 33)
    }
}
