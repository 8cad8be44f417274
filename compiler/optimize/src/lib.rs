//! Graph to graph: rules as data, one ordered list of stages.
