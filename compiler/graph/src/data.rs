//! Tensor data by content: equal arrays have equal ids, and passes move ids, not bytes.

use std::collections::BTreeMap;
use std::fmt;

use crate::array::Array;

/// The content address of an array: the first half of the BLAKE3 hash of its type, shape and bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DataId(pub u128);

impl DataId {
    /// Hashes an array once.
    pub fn of(array: &Array) -> DataId {
        let mut hasher = blake3::Hasher::new();
        hasher.update(array.dtype().name().as_bytes());
        for size in array.shape() {
            hasher.update(b",");
            hasher.update(size.to_string().as_bytes());
        }
        hasher.update(b":");
        hasher.update(array.bytes());
        let mut half = [0; 16];
        half.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        DataId(u128::from_le_bytes(half))
    }
}

impl fmt::Debug for DataId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Arrays by id. Clones share the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataStore(BTreeMap<DataId, Array>);

impl DataStore {
    /// Keeps an array and returns its id.
    pub fn insert(&mut self, array: Array) -> DataId {
        let id = DataId::of(&array);
        self.0.entry(id).or_insert(array);
        id
    }

    /// The array of this id.
    pub fn get(&self, id: DataId) -> Option<&Array> {
        self.0.get(&id)
    }

    /// All arrays in id order.
    pub fn iter(&self) -> impl Iterator<Item = (DataId, &Array)> {
        self.0.iter().map(|(id, array)| (*id, array))
    }

    /// Takes over every array of another store.
    pub fn extend(&mut self, other: &DataStore) {
        for (id, array) in &other.0 {
            self.0.entry(*id).or_insert_with(|| array.clone());
        }
    }
}
