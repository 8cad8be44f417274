//! The C names of a library, checked before any code is made.
//!
//! What a header may hold is said in [`tgc_graph::verify::header`], which checks a model under its own name.
//! Here the same check runs for the name that the library gets, and names are put together.

pub use tgc_graph::verify::header::NameError;
use tgc_graph::verify::header::{FunctionNames, HeaderNames, Named};
pub(crate) use tgc_graph::verify::names::FUNCTIONS;
use tgc_plan::{Argument, Interface, Signature};

/// The checked names of one library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    upper: String,
}

impl Names {
    /// Checks every name that a header of this plan would hold. `prefix` takes the place of the model's name.
    pub fn check(interface: &Interface, prefix: Option<&str>) -> Result<Names, NameError> {
        let prefix = prefix.unwrap_or(&interface.name);
        let states = interface.states.iter().map(|state| state.name.as_str());
        let frozen = interface.frozen.iter().map(|frozen| frozen.name.as_str());
        let names = HeaderNames {
            prefix,
            shared: states.chain(frozen).map(Named::new).collect(),
            functions: interface.functions.iter().map(function_names).collect(),
        };
        names.check()?;
        Ok(Names { prefix: prefix.to_owned(), upper: prefix.to_ascii_uppercase() })
    }

    /// The prefix of functions and types, as given.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of a function, a type or a state's getter: `logreg_train`.
    pub fn lower(&self, name: &str) -> String {
        format!("{}_{name}", self.prefix)
    }

    /// The name of a macro: `LOGREG_N_MAX`.
    pub fn upper(&self, name: &str) -> String {
        format!("{}_{}", self.upper, name.to_ascii_uppercase())
    }

    /// Every function that the library exports, in the header's order, without the prefix.
    pub(crate) fn exported<'p>(&self, interface: &'p Interface) -> Vec<&'p str> {
        let functions = interface.functions.iter().map(|f| f.name.as_str());
        let states = interface.states.iter().map(|s| s.name.as_str());
        let frozen = interface.frozen.iter().map(|f| f.name.as_str());
        FUNCTIONS.into_iter().chain(functions).chain(states).chain(frozen).chain(["model"]).collect()
    }
}

fn function_names(function: &Signature) -> FunctionNames<'_> {
    let inputs = function.inputs.iter();
    FunctionNames {
        name: &function.name,
        sizes: function.symbols.iter().map(|(_, symbol)| symbol.name.as_str()).collect(),
        inputs: inputs
            .map(|input| Named { has_default: has_default_macro(input), ..Named::new(&input.name) })
            .collect(),
        outputs: function.outputs.iter().map(|output| Named::new(&output.name)).collect(),
    }
}

/// A size or an argument in prototypes, macros and the config: nobody else's names end so.
pub(crate) fn argument(name: &str) -> String {
    format!("{name}_")
}

/// True for inputs that arrive by value and may be left out: their default is a macro.
pub(crate) fn has_default_macro(input: &Argument) -> bool {
    input.default.is_some() && input.is_by_value()
}
