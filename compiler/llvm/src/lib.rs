//! Plan to LLVM module to object file. The only crate that names inkwell.
