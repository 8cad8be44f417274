//! Graph to Plan: loop nests, buffers, schedule, and the interpreter of Plans.
