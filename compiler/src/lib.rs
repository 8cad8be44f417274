//! The facade: a model and options in, a static library and a C header out.
