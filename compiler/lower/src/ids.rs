//! Numbers of what the planner lists, each with a type of its own, which indexes lists of that alone.

/// A statement of the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StatementId(pub usize);

/// A nest, as it was made: those without rows may come to stand before earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NestId(pub usize);

/// A nest by when it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NestPlace(pub usize);

/// A piece of a nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PieceId(pub usize);

/// A block of a nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(pub usize);

impl BlockId {
    /// The block after this one.
    pub(crate) fn next(self) -> BlockId {
        BlockId(self.0 + 1)
    }
}

/// Lets a number index lists of an element: `indexes!(StatementId: Statement)`.
macro_rules! indexes {
    ($id:ident: $element:ty) => {
        impl std::ops::Index<$id> for Vec<$element> {
            type Output = $element;

            fn index(&self, id: $id) -> &$element {
                &self[id.0]
            }
        }

        impl std::ops::IndexMut<$id> for Vec<$element> {
            fn index_mut(&mut self, id: $id) -> &mut $element {
                &mut self[id.0]
            }
        }
    };
}
pub(crate) use indexes;

indexes!(NestPlace: NestId);
