//! What `tgc-compiler` makes of handmade plans: names, header, archive.

mod archive;
mod header;
mod names;
mod plans;
