//! Parses CEL text, within bounds that no text can make the parser leave.

use cel::common::ast::Expr as Cel;

/// The longest text of one expression, in bytes.
const MAX_EXPRESSION_BYTES: usize = 1024;

/// The most opening brackets in one expression, so that it cannot nest deeper.
const MAX_BRACKETS: usize = 64;

/// The parser recurses deeply: without optimisation, a dozen nested brackets fill the 2 MB stack of an
/// ordinary thread. This holds some hundred.
const PARSER_STACK_BYTES: usize = 16 << 20;

/// Parses one expression.
///
/// # Errors
/// Returns what is wrong with it.
pub(super) fn parse(source: &str) -> Result<Cel, String> {
    if source.len() > MAX_EXPRESSION_BYTES {
        return Err(format!(
            "expression is longer than {MAX_EXPRESSION_BYTES} bytes"
        ));
    }
    if source.bytes().filter(|b| b"([{".contains(b)).count() > MAX_BRACKETS {
        return Err(format!(
            "expression has more than {MAX_BRACKETS} opening brackets"
        ));
    }
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
        let parser = builder
            .spawn_scoped(scope, || parse_unbounded(source))
            .map_err(|error| format!("no thread to parse in: {error}"))?;
        parser
            .join()
            .unwrap_or_else(|_| Err("not a CEL expression: the parser gave up on it".to_owned()))
    })
}

fn parse_unbounded(source: &str) -> Result<Cel, String> {
    let parser = cel::Env::default().with_optional_support(false).parser();
    let parsed = parser.parse(source).map_err(|errors| {
        let reasons: Vec<String> = errors
            .errors
            .iter()
            .map(|error| format!("column {}: {}", error.pos.1, error.msg))
            .collect();
        format!("not a CEL expression: {}", reasons.join("; "))
    })?;
    Ok(parsed.expr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_nesting_neither_overflows_the_stack_nor_passes_unbounded() {
        for (open, close) in [
            ("(", ")"),
            ("older_than(", ", 3)"),
            ("[\"a\"].all(x, ", ")"),
            ("true || (", ")"),
            ("true ? ", " : true"),
            ("!", ""),
            ("-", ""),
            ("[", "]"),
            ("{\"a\": ", "}"),
        ] {
            for depth in [20, MAX_BRACKETS, MAX_BRACKETS + 1, 500] {
                let source = format!("{}true{}", open.repeat(depth), close.repeat(depth));
                // What counts is that it returns.
                let parsed = parse(&source);
                let nests = open.contains(['(', '[', '{']);
                assert!(!nests || depth <= MAX_BRACKETS || parsed.is_err());
            }
        }
        assert!(parse(&format!("{}true{}", "(".repeat(64), ")".repeat(64))).is_ok());
    }
}
