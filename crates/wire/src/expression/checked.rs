//! Whether an expression can be asked of outcomes, found out without one: every attribute there is, every type right, and a
//! truth value in the end. Entry point: [`check`].

use super::attribute::{ATTRIBUTES, Attribute, CLASSES, Type};
use super::parse;
use cel::common::ast::{CallExpr, Expr, IdedExpr, ListExpr, LiteralValue, SelectExpr, SourceInfo, operators};
use cel::parser::ParseErrors;
use std::fmt;
use viridian_core::declared::{Asks, LONGEST_EXPRESSION, Load};

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The character it begins at, from 1.
    at: usize,
    message: String,
}

/// What an expression asks of outcomes.
#[derive(Debug)]
pub struct Meaning {
    /// The attributes it reads.
    pub reads: Vec<&'static Attribute>,
}

/// Checks an expression.
///
/// # Errors
/// It cannot be asked of outcomes.
pub fn check(text: &str) -> Result<Meaning, Complaint> {
    compile(text).map(|(_, meaning)| meaning)
}

/// Checks an expression and makes it ready to be asked.
pub(super) fn compile(text: &str) -> Result<(IdedExpr, Meaning), Complaint> {
    if text.len() > LONGEST_EXPRESSION {
        let message = format!("it is longer than {LONGEST_EXPRESSION} bytes");
        return Err(Complaint { at: LONGEST_EXPRESSION, message });
    }
    let (expression, source) = parse(text)?;
    let mut types = Types { source, reads: Vec::new() };
    match types.of(&expression)? {
        Type::Boolean => Ok((expression, Meaning { reads: types.reads })),
        other => Err(types.complaint(
            &expression,
            format!("it is {other}, and has to be true or false; compare it with something"),
        )),
    }
}

impl Meaning {
    /// What has to be known of an outcome.
    pub fn asks(&self) -> Asks {
        self.reads.iter().map(|attribute| attribute.asks).max().unwrap_or(Asks::Passing)
    }

    /// Whether load matters.
    pub fn load(&self) -> Load {
        self.reads.iter().map(|attribute| attribute.load).max().unwrap_or(Load::Indifferent)
    }
}

/// Finds the types of expressions.
struct Types {
    source: SourceInfo,
    reads: Vec<&'static Attribute>,
}

impl Types {
    fn complaint(&self, at: &IdedExpr, message: impl Into<String>) -> Complaint {
        let at = self.source.offset_for(at.id).map_or(0, |(start, _)| start as usize);
        Complaint { at: at + 1, message: message.into() }
    }

    fn of(&mut self, expression: &IdedExpr) -> Result<Type, Complaint> {
        match &expression.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Ok(Type::Boolean),
                LiteralValue::Int(_) | LiteralValue::UInt(_) => Ok(Type::Integer),
                LiteralValue::Double(_) => Ok(Type::Double),
                LiteralValue::String(_) => Ok(Type::Text),
                LiteralValue::Null => Ok(Type::Anything),
                LiteralValue::Bytes(_) => {
                    Err(self.complaint(expression, "nothing of an outcome is of bytes"))
                }
            },
            Expr::Ident(name) => Err(self.unknown(expression, name)),
            Expr::Select(select) => self.of_selected(expression, select),
            Expr::Call(call) => self.of_call(expression, call),
            Expr::List(list) => self.of_list(expression, list),
            Expr::Comprehension(_) => Err(self.complaint(
                expression,
                "macros that walk over lists are not taken; ask whether something is 'in' a list",
            )),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                Err(self.complaint(expression, "objects are not taken"))
            }
        }
    }

    fn unknown(&self, at: &IdedExpr, name: &str) -> Complaint {
        let distance = |known: &Attribute| strsim::damerau_levenshtein(name, known.name);
        let nearest = ATTRIBUTES.iter().min_by_key(|known| distance(known));
        // A third of the letters behind the dot may differ.
        let letters = |known: &Attribute| known.name.split('.').next_back().map_or(0, str::len);
        let meant = nearest.filter(|known| distance(known) * 3 <= letters(known));
        let hint = meant.map_or_else(
            || {
                let names: Vec<&str> = ATTRIBUTES.iter().map(|known| known.name).collect();
                format!("there are {}", names.join(", "))
            },
            |meant| format!("did you mean {}?", meant.name),
        );
        self.complaint(at, format!("an outcome has no attribute '{name}'; {hint}"))
    }

    /// An attribute, or a field of what an answer's JSON is.
    fn of_selected(&mut self, at: &IdedExpr, select: &SelectExpr) -> Result<Type, Complaint> {
        let is = match path(&select.operand).map(|root| format!("{root}.{}", select.field)) {
            Some(name) => match ATTRIBUTES.iter().find(|known| known.name == name) {
                Some(known) => {
                    self.reads.push(known);
                    known.is
                }
                None if name.matches('.').count() == 1 => return Err(self.unknown(at, &name)),
                None => self.of_field(at, select)?,
            },
            None => self.of_field(at, select)?,
        };
        Ok(if select.test { Type::Boolean } else { is })
    }

    fn of_field(&mut self, at: &IdedExpr, select: &SelectExpr) -> Result<Type, Complaint> {
        match self.of(&select.operand)? {
            Type::Anything => Ok(Type::Anything),
            other => Err(self.complaint(at, format!("{other} has no field '{}'", select.field))),
        }
    }

    fn of_list(&mut self, at: &IdedExpr, list: &ListExpr) -> Result<Type, Complaint> {
        for element in &list.elements {
            let is = self.of(element)?;
            if is != Type::Text {
                return Err(self.complaint(element, format!("lists are of texts, and this is {is}")));
            }
        }
        if list.elements.is_empty() {
            return Err(self.complaint(at, "nothing is in an empty list"));
        }
        Ok(Type::Texts)
    }

    fn of_call(&mut self, at: &IdedExpr, call: &CallExpr) -> Result<Type, Complaint> {
        let of_class = call.args.iter().any(|argument| matches!(&argument.expr, Expr::Select(select) if path(&select.operand) == Some("outcome") && select.field == "class"));
        if of_class {
            self.check_classes(&call.args)?;
        }
        let given = call.target.as_deref().into_iter().chain(&call.args);
        let given: Vec<Type> = given.map(|each| self.of(each)).collect::<Result<_, _>>()?;
        result(&call.func_name, &given).ok_or_else(|| {
            let known = KNOWN.iter().find(|(function, _)| *function == call.func_name);
            match known {
                Some((_, takes)) => {
                    let found: Vec<String> = given.iter().map(ToString::to_string).collect();
                    self.complaint(at, format!("{takes}, and not {}", found.join(" and ")))
                }
                None => {
                    let names = "size, contains, startsWith, endsWith, int, double";
                    self.complaint(
                        at,
                        format!("there is no function '{}'; there are {names}", call.func_name),
                    )
                }
            }
        })
    }

    /// A class that there is not would be equal to none.
    fn check_classes(&self, given: &[IdedExpr]) -> Result<(), Complaint> {
        for argument in given {
            let elements = match &argument.expr {
                Expr::List(list) => &list.elements[..],
                _ => std::slice::from_ref(argument),
            };
            for element in elements {
                if let Expr::Literal(LiteralValue::String(word)) = &element.expr
                    && !CLASSES.contains(&word.inner())
                {
                    let message = format!(
                        "no outcome is of the class '{}'; there are {}",
                        word.inner(),
                        CLASSES.join(", ")
                    );
                    return Err(self.complaint(element, message));
                }
            }
        }
        Ok(())
    }
}

/// The one name an expression is, if it is one.
fn path(expression: &IdedExpr) -> Option<&str> {
    match &expression.expr {
        Expr::Ident(name) => Some(name),
        _ => None,
    }
}

/// What functions and operators take, for people.
const KNOWN: [(&str, &str); 24] = [
    (operators::LOGICAL_AND, "'&&' stands between two truth values"),
    (operators::LOGICAL_OR, "'||' stands between two truth values"),
    (operators::LOGICAL_NOT, "'!' stands before a truth value"),
    (operators::CONDITIONAL, "'?' stands behind a truth value and before two values of one type"),
    (operators::EQUALS, "'==' compares values of one type"),
    (operators::NOT_EQUALS, "'!=' compares values of one type"),
    (operators::LESS, "'<' compares two numbers or two texts"),
    (operators::LESS_EQUALS, "'<=' compares two numbers or two texts"),
    (operators::GREATER, "'>' compares two numbers or two texts"),
    (operators::GREATER_EQUALS, "'>=' compares two numbers or two texts"),
    (
        operators::ADD,
        "'+' adds two numbers of one type; write 2.0 or double(…) beside a number with a fraction",
    ),
    (
        operators::SUBSTRACT,
        "'-' takes two numbers of one type; write 2.0 or double(…) beside a number with a fraction",
    ),
    (
        operators::MULTIPLY,
        "'*' takes two numbers of one type; write 2.0 or double(…) beside a number with a fraction",
    ),
    (
        operators::DIVIDE,
        "'/' takes two numbers of one type; write 2.0 or double(…) beside a number with a fraction",
    ),
    (operators::MODULO, "'%' takes two whole numbers"),
    (operators::NEGATE, "'-' stands before a number"),
    (operators::INDEX, "'[…]' stands behind a list or JSON"),
    (operators::IN, "'in' asks whether a text is in a list"),
    ("size", "size takes a text or a list"),
    ("contains", "contains asks a text for a text"),
    ("startsWith", "startsWith asks a text for a text"),
    ("endsWith", "endsWith asks a text for a text"),
    ("int", "int takes a number"),
    ("double", "double takes a number"),
];

/// What a function of arguments of these types is; nothing when there is none.
fn result(function: &str, given: &[Type]) -> Option<Type> {
    use Type::{Anything, Boolean, Double, Integer, Text, Texts};
    let is = |found: Type, wanted: Type| found == wanted || found == Anything;
    let is_number = |found: Type| matches!(found, Integer | Double | Anything);
    // Of two values of JSON nobody knows that they are numbers; and texts that grow are not taken.
    let add = |a: Type, b: Type| (a == b && a != Anything) || (a == Anything) != (b == Anything);
    let agree = |a: Type, b: Type| a == b || a == Anything || b == Anything || (is_number(a) && is_number(b));
    match (function, given) {
        (operators::LOGICAL_AND | operators::LOGICAL_OR, given)
            if given.iter().all(|each| is(*each, Boolean)) =>
        {
            Some(Boolean)
        }
        (operators::LOGICAL_NOT, [a]) if is(*a, Boolean) => Some(Boolean),
        (operators::CONDITIONAL, [condition, a, b]) if is(*condition, Boolean) && (a == b) => Some(*a),
        (operators::EQUALS | operators::NOT_EQUALS, [a, b]) if agree(*a, *b) => Some(Boolean),
        (
            operators::LESS | operators::LESS_EQUALS | operators::GREATER | operators::GREATER_EQUALS,
            [a, b],
        ) if (is_number(*a) && is_number(*b)) || (is(*a, Text) && is(*b, Text)) => Some(Boolean),
        (operators::ADD | operators::SUBSTRACT | operators::MULTIPLY | operators::DIVIDE, [a, b])
            if is_number(*a) && is_number(*b) && add(*a, *b) =>
        {
            Some(if *a == Anything { *b } else { *a })
        }
        (operators::MODULO, [a, b]) if is(*a, Integer) && is(*b, Integer) => Some(Integer),
        (operators::NEGATE, [a]) if is_number(*a) => Some(*a),
        (operators::INDEX, [Anything, Integer | Text | Anything]) => Some(Anything),
        (operators::INDEX, [Texts, at]) if is(*at, Integer) => Some(Text),
        (operators::IN, [a, b]) if is(*a, Text) && is(*b, Texts) => Some(Boolean),
        (operators::IN, [_, Anything]) => Some(Boolean),
        ("size", [Text | Texts | Anything]) => Some(Integer),
        ("contains" | "startsWith" | "endsWith", [a, b]) if is(*a, Text) && is(*b, Text) => Some(Boolean),
        ("int", [a]) if is_number(*a) => Some(Integer),
        ("double", [a]) if is_number(*a) => Some(Double),
        _ => None,
    }
}

impl Complaint {
    /// What the parser found.
    pub(super) fn of_form(text: &str, errors: &ParseErrors) -> Self {
        let Some(first) = errors.errors.first() else {
            return Self { at: 1, message: "it cannot be read".to_owned() };
        };
        let (line, column) = first.pos;
        let before: usize = text
            .split_inclusive('\n')
            .take(usize::try_from(line - 1).unwrap_or_default())
            .map(|line| line.chars().count())
            .sum();
        let reason = first.msg.split(" expecting ").next().unwrap_or_default();
        let reason = reason.strip_prefix("Syntax error: ").unwrap_or(reason);
        let reason = if reason.contains("<EOF>") { "it ends too soon" } else { reason };
        let at = before + usize::try_from(column).unwrap_or_default().max(1);
        Self { at, message: format!("it is no expression: {reason}") }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at character {}: {}", self.at, self.message)
    }
}

impl std::error::Error for Complaint {}

/// With its article.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a truth value",
            Self::Integer => "a whole number",
            Self::Double => "a number with a fraction",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Anything => "a value of JSON",
        })
    }
}
