//! Arrays from files and to files. What is allocated is bounded by the file's length: no size that a file
//! states is believed before the bytes are there.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use super::error::{ArrayFileError, ReadError};
use super::{Array, npy, npz, safetensors};
use crate::output::replace;
use crate::quote;

impl Array {
    /// Reads a file that NumPy's `np.save` wrote: numbers of any element type, byte order and memory order.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("weights.npy");
    /// Array::from([[1.0f32, 2.0], [3.0, 4.0]]).to_npy(&path)?;
    /// let m = Model::new("example");
    /// let w = m.shared("w", Array::from_npy(&path)?);
    /// assert_eq!(w.sum().eval()?, 10.0f32.into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the file system, and if the file is cut off or holds something else than numbers.
    pub fn from_npy(path: impl AsRef<Path>) -> Result<Array, ArrayFileError> {
        let read = |path: &Path| {
            let (file, length) = open(path)?;
            npy::read(&mut BufReader::new(file), length)
        };
        read(path.as_ref()).map_err(|error| error.reading(path.as_ref()))
    }

    /// Writes a file that `np.load` reads: beside it first, then in its place.
    ///
    /// # Errors
    ///
    /// Those of the file system; the file is then as it was.
    pub fn to_npy(&self, path: impl AsRef<Path>) -> Result<(), ArrayFileError> {
        let path = path.as_ref();
        let write = |to: &mut dyn Write| {
            to.write_all(&npy::head(self))?;
            to.write_all(self.bytes())
        };
        replace(path, write).map_err(|error| {
            let path = quote::path(path);
            ArrayFileError::File { action: "write", path, error }
        })
    }

    /// The bytes of the file that [`Array::to_npy`] writes.
    pub fn npy_bytes(&self) -> Vec<u8> {
        [&npy::head(self), self.bytes()].concat()
    }

    /// Reads all arrays of a file that `np.savez` or `np.savez_compressed` wrote, by name.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let path = "tests/data/files/savez.npz";
    /// let m = Model::new("example");
    /// // np.savez(path, w=np.float32([[1, 2], [3, 4]]), b=0.5)
    /// for (name, weights) in Array::from_npz(path)? {
    ///     m.shared(&name, weights);
    /// }
    /// assert_eq!(Array::from_npz_entry(path, "b")?, 0.5.into());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Array::from_npy`].
    pub fn from_npz(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>, ArrayFileError> {
        let read = |path: &Path| {
            let (file, length) = open(path)?;
            npz::read_all(BufReader::new(file), length)
        };
        read(path.as_ref()).map_err(|error| error.reading(path.as_ref()))
    }

    /// Reads one array of such a file, and no other one.
    ///
    /// # Errors
    ///
    /// As [`Array::from_npy`], and if there is none of this name.
    pub fn from_npz_entry(path: impl AsRef<Path>, name: &str) -> Result<Array, ArrayFileError> {
        let read = |path: &Path| {
            let (file, length) = open(path)?;
            npz::read_one(BufReader::new(file), length, name)
        };
        read(path.as_ref()).map_err(|error| error.reading(path.as_ref()))
    }

    /// Reads all tensors of a safetensors file, by name. The states that a library saves are such a file; it
    /// has its complex tensors as pairs of real numbers along a last axis.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let path = "tests/data/files/types.safetensors";
    /// let tensors = Array::from_safetensors(path)?;
    /// let m = Model::new("example");
    /// let scale = m.shared("scale", tensors["scalar"].clone());
    /// assert_eq!(scale.eval()?, 2.5.into());
    /// assert_eq!(Array::from_safetensors_entry(path, "empty")?.shape(), [0, 3]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the file system, if the file is cut off, and if a tensor's element type is none of
    /// [`DType`](tgc_scalar::dtype::DType).
    pub fn from_safetensors(path: impl AsRef<Path>) -> Result<BTreeMap<String, Array>, ArrayFileError> {
        let read = |path: &Path| {
            let (file, length) = open(path)?;
            safetensors::read_all(BufReader::new(file), length)
        };
        read(path.as_ref()).map_err(|error| error.reading(path.as_ref()))
    }

    /// Reads one tensor of such a file, and no other one.
    ///
    /// # Errors
    ///
    /// As [`Array::from_safetensors`], and if there is none of this name.
    pub fn from_safetensors_entry(path: impl AsRef<Path>, name: &str) -> Result<Array, ArrayFileError> {
        let read = |path: &Path| {
            let (file, length) = open(path)?;
            safetensors::read_one(BufReader::new(file), length, name)
        };
        read(path.as_ref()).map_err(|error| error.reading(path.as_ref()))
    }
}

fn open(path: &Path) -> Result<(File, u64), ReadError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    match metadata.is_file() {
        true => Ok((file, metadata.len())),
        false => Err(ReadError::Io(io::Error::other("it is no regular file; name one"))),
    }
}
