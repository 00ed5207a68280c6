//! `query=`: JMESPath over an answer as `json` prints it. The library rounds numbers and sorts fields, so all that it only
//! hands on is taken from the answer itself, and what it makes is put in the order of the expression.

use std::collections::HashMap;

use jmespath::ast::Ast;
use jmespath::{
    Context, DEFAULT_RUNTIME, ErrorReason, JmespathError, Rcvar, RuntimeError, Variable, interpret,
};

use crate::error::{Error, Result};
use crate::record::{Record, Value};

/// The library reads an expression by calling itself at these; with more of them that could bring it down.
const STEPS: &[char] = &[
    '(', '[', '{', '!', '&', '|', '.', '<', '>', '=', '*', ':', ',',
];
const MOST_STEPS: usize = 200;
/// The library counts in 32 bits and does not look where they end; no list is so long.
const FARTHEST: i32 = 1 << 30;
/// Whole numbers up to here are themselves as the library counts.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An expression that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    text: String,
    tree: Ast,
}

impl Query {
    /// Reads an expression; an error names the place where it is none, or calls what there is not.
    pub fn read(text: &str) -> Result<Query> {
        let steps = text.matches(STEPS).count();
        if steps > MOST_STEPS {
            return Err(Error::line(format!(
                "query: the expression has {steps} operators and brackets, and {MOST_STEPS} is the most"
            )));
        }
        let tree = jmespath::parse(text).map_err(|why| Error::line(told(&why)).hint(HINT))?;
        let mut wrong = None;
        walk(&tree, &mut |part| {
            if wrong.is_none() {
                wrong = problem(text, part);
            }
        });
        match wrong {
            Some(what) => Err(Error::line(what).hint(HINT)),
            None => Ok(Query {
                text: text.into(),
                tree,
            }),
        }
    }

    /// What the expression makes of a document; an error where a function is given what it does not take.
    pub fn of(&self, document: &Value) -> Result<Value> {
        let mut known = HashMap::new();
        let input = handed(document, &mut known);
        let mut context = Context::new(&self.text, &DEFAULT_RUNTIME);
        let found = interpret(&input, &self.tree, &mut context)
            .map_err(|why| Error::local(told(&why)).hint(HINT))?;
        let mut orders = Vec::new();
        walk(&self.tree, &mut |part| {
            if let Ast::MultiHash { elements, .. } = part {
                orders.push(elements.iter().map(|pair| pair.key.as_str()).collect());
            }
        });
        Ok(Back { known, orders }.value(&found))
    }
}

const HINT: &str = "it is JMESPath over the answer as `json` prints it, as in query='virtualmachine[?memory>`512`].name'";

fn told(why: &JmespathError) -> String {
    let reason = match &why.reason {
        ErrorReason::Parse(reason) => reason.clone(),
        ErrorReason::Runtime(reason) => reason.to_string(),
    };
    format!("query: {} (column {})", reason.trim(), why.column + 1)
}

/// What of a part of an expression goes wrong whatever the answer is.
fn problem(text: &str, part: &Ast) -> Option<String> {
    let far = |number: &i32| !(-FARTHEST..=FARTHEST).contains(number);
    match part {
        Ast::Index { idx, .. } if far(idx) => Some(format!("query: no list has an item {idx}")),
        Ast::Slice {
            start, stop, step, ..
        } if [*start, *stop, Some(*step)].iter().flatten().any(far) => {
            Some("query: no list is as long as the slice".into())
        }
        Ast::Slice { step: 0, .. } => Some("query: a slice has a step of 0".into()),
        Ast::Function { offset, name, args } => {
            let mut context = Context::new(text, &DEFAULT_RUNTIME);
            context.offset = *offset;
            let Some(function) = DEFAULT_RUNTIME.get_function(name) else {
                let reason = ErrorReason::Runtime(RuntimeError::UnknownFunction(name.clone()));
                return Some(told(&JmespathError::from_ctx(&context, reason)));
            };
            // With nothing for all arguments only their number can be wrong.
            let nothing = vec![Rcvar::new(Variable::Null); args.len()];
            let why = function.evaluate(&nothing, &mut context).err()?;
            let miscounted = matches!(
                why.reason,
                ErrorReason::Runtime(
                    RuntimeError::TooManyArguments { .. } | RuntimeError::NotEnoughArguments { .. }
                )
            );
            miscounted.then(|| format!("{}: {name}()", told(&why)))
        }
        _ => None,
    }
}

/// Gives every part of an expression.
fn walk<'a>(part: &'a Ast, each: &mut dyn FnMut(&'a Ast)) {
    each(part);
    match part {
        Ast::Comparison { lhs, rhs, .. }
        | Ast::Projection { lhs, rhs, .. }
        | Ast::And { lhs, rhs, .. }
        | Ast::Or { lhs, rhs, .. }
        | Ast::Subexpr { lhs, rhs, .. } => {
            walk(lhs, each);
            walk(rhs, each);
        }
        Ast::Condition {
            predicate, then, ..
        } => {
            walk(predicate, each);
            walk(then, each);
        }
        Ast::Expref { ast: node, .. }
        | Ast::Flatten { node, .. }
        | Ast::Not { node, .. }
        | Ast::ObjectValues { node, .. } => walk(node, each),
        Ast::Function { args, .. } => args.iter().for_each(|arg| walk(arg, each)),
        Ast::MultiList { elements, .. } => elements.iter().for_each(|item| walk(item, each)),
        Ast::MultiHash { elements, .. } => {
            elements.iter().for_each(|pair| walk(&pair.value, each));
        }
        Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. } => {}
    }
}

/// Where the library has what of the answer.
type Known<'a> = HashMap<*const Variable, &'a Value>;

/// A value as the library has it; what it would not give back as it was is noted.
fn handed<'a>(value: &'a Value, known: &mut Known<'a>) -> Rcvar {
    let made = Rcvar::new(match value {
        Value::Null => Variable::Null,
        Value::Bool(value) => Variable::Bool(*value),
        Value::Number(spelling) => Variable::Number(number(spelling)),
        Value::String(text) => Variable::String(text.clone()),
        Value::List(items) => {
            Variable::Array(items.iter().map(|item| handed(item, known)).collect())
        }
        Value::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|(name, value)| (name.to_string(), handed(value, known)));
            Variable::Object(fields.collect())
        }
    });
    if matches!(value, Value::Number(_) | Value::Record(_)) {
        known.insert(Rcvar::as_ptr(&made), value);
    }
    made
}

fn number(spelling: &str) -> serde_json::Number {
    let whole = spelling.parse::<i64>().map(serde_json::Number::from);
    let large = || spelling.parse::<u64>().map(serde_json::Number::from);
    whole.or_else(|_| large()).unwrap_or_else(|_| {
        let float = spelling.parse::<f64>().unwrap_or(0.0);
        // What is larger than all it can count is its largest.
        serde_json::Number::from_f64(float.clamp(f64::MIN, f64::MAX)).unwrap_or_else(|| 0.into())
    })
}

/// The way back to the answer's own values.
struct Back<'a> {
    known: Known<'a>,
    /// The names of the records that the expression makes, in its order.
    orders: Vec<Vec<&'a str>>,
}

impl Back<'_> {
    fn value(&self, found: &Rcvar) -> Value {
        if let Some(value) = self.known.get(&Rcvar::as_ptr(found)) {
            return Value::clone(value);
        }
        match &**found {
            Variable::Null | Variable::Expref(_) => Value::Null,
            Variable::Bool(value) => Value::Bool(*value),
            Variable::Number(number) => Value::Number(spelt(number)),
            Variable::String(text) => Value::String(text.clone()),
            Variable::Array(items) => {
                Value::List(items.iter().map(|item| self.value(item)).collect())
            }
            Variable::Object(fields) => {
                let own = |order: &&Vec<&str>| {
                    order.len() == fields.len()
                        && order.iter().all(|name| fields.contains_key(*name))
                };
                let mut record = Record::default();
                match self.orders.iter().find(own) {
                    Some(order) => {
                        for name in order {
                            record.push(*name, self.value(&fields[*name]));
                        }
                    }
                    None => {
                        for (name, value) in fields {
                            record.push(name.as_str(), self.value(value));
                        }
                    }
                }
                Value::Record(record)
            }
        }
    }
}

/// A number that the library made; its sums of whole numbers are whole.
fn spelt(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT => {
            format!("{float:.0}")
        }
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::record::json;

    const ANSWER: &str = r#"{"count":2,"virtualmachine":[
        {"name":"web","id":"a","size":1.10,"big":12345678901234567890123,"memory":512},
        {"name":"db","id":"b","size":1E2,"memory":1024}]}"#;

    fn asked(text: &str) -> String {
        let found = Query::read(text).unwrap().of(&json::value(ANSWER)).unwrap();
        let mut out = Vec::new();
        json::compact(&found, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_handed_on_is_as_the_server_spelt_it() {
        for (text, found) in [
            ("virtualmachine[].name", r#"["web","db"]"#),
            ("virtualmachine[].size", "[1.10,1E2]"),
            ("virtualmachine[0].big", "12345678901234567890123"),
            (
                "virtualmachine[?memory>`600`]",
                r#"[{"name":"db","id":"b","size":1E2,"memory":1024}]"#,
            ),
            (
                "virtualmachine[].{name: name, id: id}",
                r#"[{"name":"web","id":"a"},{"name":"db","id":"b"}]"#,
            ),
            ("sort_by(virtualmachine, &memory)[-1].size", "1E2"),
            ("sum(virtualmachine[].memory)", "1536"),
            ("avg(virtualmachine[].memory)", "768"),
            ("length(virtualmachine)", "2"),
            ("nothing", "null"),
            ("virtualmachine[*].[id, size]", r#"[["a",1.10],["b",1E2]]"#),
        ] {
            assert_eq!(asked(text), found, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_told_before() {
        for text in [
            "",
            "a[",
            "a b",
            "nosuch(@)",
            "length()",
            "length(@, @)",
            "a[?nosuch(b)]",
            "[-2147483648]",
            "[::2147483647]",
            "a[::0]",
            "`{`",
        ] {
            let error = Query::read(text).unwrap_err();
            assert_eq!(error.kind, Kind::Line, "{text}");
            assert!(error.message.starts_with("query: "), "{error}");
        }
        for letter in ["(", "[", "!", "a.", "a|", "a||", "{a:", "&", "`", "*", "-"] {
            for times in [MOST_STEPS / letter.len(), 100_000] {
                let _ = Query::read(&letter.repeat(times));
            }
        }
    }

    #[test]
    fn what_only_the_answer_shows_to_be_wrong_is_no_wrong_line() {
        let query = Query::read("sum(virtualmachine[].name)").unwrap();
        let error = query.of(&json::value(ANSWER)).unwrap_err();
        assert_eq!(error.kind, Kind::Local);
    }
}
