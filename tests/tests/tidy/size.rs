//! How long functions, macros and comments may be.

use syn::spanned::Spanned;
use syn::visit::Visit;

use super::{File, is_test, none, sources};

/// The most lines of a function.
const FUNCTION: usize = 80;

/// The most lines of a macro.
const MACRO: usize = 60;

/// The most columns of a line of comment.
const COLUMNS: usize = 110;

/// Functions and macros of a file that are longer.
struct Long<'f> {
    file: &'f File,
    found: Vec<String>,
}

impl Long<'_> {
    fn measure(&mut self, what: &str, name: &syn::Ident, spanned: &impl Spanned, most: usize) {
        let (start, end) = (spanned.span().start().line, spanned.span().end().line);
        let lines = end + 1 - start;
        if lines > most {
            let path = &self.file.path;
            self.found
                .push(format!("{path}:{start}: the {what} {name} has {lines} lines, {most} is the most"));
        }
    }
}

impl<'ast> Visit<'ast> for Long<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure("function", &item.sig.ident, &item.block, FUNCTION);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure("function", &item.sig.ident, &item.block, FUNCTION);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(name) = &item.ident {
            self.measure("macro", name, &item.mac, MACRO);
        }
    }
}

#[test]
fn functions_and_macros_are_short() {
    let files = sources();
    let long = files.iter().filter(|file| !is_test(file)).flat_map(|file| {
        let syntax = syn::parse_file(&file.text).unwrap_or_else(|e| panic!("{}: {e}", file.path));
        let mut long = Long { file, found: vec![] };
        long.visit_file(&syntax);
        long.found
    });
    none(long.collect());
}

#[test]
fn comments_are_narrow() {
    let wide = sources().into_iter().flat_map(|file| {
        let is_wide = |line: &str| line.trim_start().starts_with("//") && line.chars().count() > COLUMNS;
        let lines = file.text.lines().enumerate().filter(|(_, line)| is_wide(line));
        let said =
            lines.map(|(i, line)| format!("{}:{}: {} columns", file.path, i + 1, line.chars().count()));
        said.collect::<Vec<_>>()
    });
    none(wide.collect());
}
