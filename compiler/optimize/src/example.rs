//! Small expressions as text.
