//! C and C++ programs built against emitted libraries; differential tests.
