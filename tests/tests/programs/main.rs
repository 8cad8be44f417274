//! C and C++ programs against emitted libraries, by theme. The programs themselves check what they see.

mod contract;
mod frozen;
mod linking;
mod memory;
mod pools;
mod reflection;
mod stack;
mod training;
mod variants;
mod wrong;
