//! Expressions of the Common Expression Language over the attributes of one outcome, by which applications declare metrics
//! of their own. Entry points: [`check`] for what people write, [`Declarations`] for outcomes as they come.
//!
//! Only a part of the language is taken: attributes, literals, comparisons, arithmetic, `in`, the logical operators and a few
//! functions. Macros that walk over lists are not, nor is anything that makes texts longer, so that what an expression costs
//! is bounded by its length and by that of the answer's text. Types are checked before anything is run. What fails then, such
//! as a field that an answer's JSON does not have, makes the outcome unknown: neither good nor bad.

mod attribute;
mod checked;
mod facts;

pub use attribute::{ATTRIBUTES, Attribute, Type};
use cel::common::ast::{IdedExpr, SourceInfo};
use cel::parser::Parser;
use cel::{Context, Env, Value};
pub use checked::{Complaint, Meaning, check};
pub use facts::{LONGEST_TEXT, Said};
use std::sync::{Arc, LazyLock};
use viridian_core::declared::{Asks, Declared, Definition, Found};
use viridian_core::outcome::{Class, Outcome};

/// How deep an expression may be nested: far more than anyone reads, and little for a stack.
const DEEPEST: u16 = 24;

/// The functions of the language.
static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// The metrics that an application declares, ready to be asked of outcomes.
#[derive(Default)]
pub struct Declarations {
    each: Vec<Declaration>,
    /// Every attribute that some of them read.
    reads: Vec<&'static Attribute>,
}

/// One of them.
struct Declaration {
    metric: Declared,
    bad: Option<IdedExpr>,
    when: Option<Option<IdedExpr>>,
}

impl Declarations {
    /// Compiles definitions. One whose expressions this version does not understand finds every outcome unknown: traffic
    /// never waits for an expression.
    pub fn compile(definitions: &[Definition]) -> Self {
        let mut reads: Vec<&'static Attribute> = Vec::new();
        let mut expression = |text: &str| {
            let (expression, meaning) = checked::compile(text).ok()?;
            for attribute in meaning.reads {
                if !reads.iter().any(|known| known.name == attribute.name) {
                    reads.push(attribute);
                }
            }
            Some(expression)
        };
        let each = definitions
            .iter()
            .map(|definition| Declaration {
                metric: definition.metric,
                bad: expression(&definition.bad),
                when: definition.when.as_deref().map(&mut expression),
            })
            .collect();
        Self { each, reads }
    }

    /// What an outcome is by each metric that it counts for. One that asks what an answer says counts complete answers.
    pub fn find(&self, outcome: &Outcome, said: Option<&Said>) -> Vec<(Declared, Found)> {
        let is_complete = outcome.class == Class::Ok;
        let counts = |each: &&Declaration| each.metric.asks() == Asks::Passing || is_complete;
        let mut counted = self.each.iter().filter(counts).peekable();
        if counted.peek().is_none() {
            return Vec::new();
        }
        let mut context = Context::with_env(Arc::clone(&ENVIRONMENT));
        for (root, fields) in facts::of(&self.reads, outcome, said) {
            context.add_variable_from_value(root, fields);
        }
        counted.filter_map(|each| Some((each.metric, each.find(&context)?))).collect()
    }
}

impl Declaration {
    fn find(&self, context: &Context<'_, '_>) -> Option<Found> {
        let counts = self.when.as_ref().map_or(Some(true), |when| holds(when.as_ref(), context));
        match counts {
            None => Some(Found::Unknown),
            Some(false) => None,
            Some(true) => Some(match holds(self.bad.as_ref(), context) {
                None => Found::Unknown,
                Some(true) => Found::Bad,
                Some(false) => Found::Good,
            }),
        }
    }
}

/// Whether an expression is true of an outcome; nothing when that cannot be known.
fn holds(expression: Option<&IdedExpr>, context: &Context<'_, '_>) -> Option<bool> {
    match Value::resolve(expression?, context) {
        Ok(Value::Bool(holds)) => Some(holds),
        _ => None,
    }
}

/// Reads the form of an expression.
fn parse(text: &str) -> Result<(IdedExpr, SourceInfo), Complaint> {
    let parser = Parser::new().max_recursion_depth(DEEPEST).enable_optional_syntax(false);
    parser.parse_with_source_info(text).map_err(|errors| Complaint::of_form(text, &errors))
}

#[cfg(test)]
mod tests;
