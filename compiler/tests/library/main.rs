//! What `tgc-compiler` makes of handmade plans and of models: names, headers,
//! archives, libraries that C programs link.

mod archive;
mod build;
mod header;
mod names;
mod plans;
mod session;
mod sizes;
mod system;
