//! What a request declares of its answer: the form of the text, and the functions that may be called. Entry points:
//! [`Expected::of`] and [`Expected::judge`].

use super::heard::{Call, Heard, Said};
use super::schemas::Schemas;
use crate::peek::Peek;
use serde_json::Value;
use viridian_core::routing::table::Reads;
use viridian_wire::openai::completion::{ResponseFormat, Tool};

/// What an answer is held against.
#[derive(Default)]
pub(crate) struct Expected {
    output: Option<Output>,
    /// Absent when nobody asks, or nothing is declared that can be understood.
    tools: Option<Vec<Declared>>,
    /// Whether expressions ask for the text.
    is_told: bool,
}

/// The form a text is to have.
enum Output {
    /// A JSON object.
    Object,
    /// JSON that satisfies a schema.
    Schema(String),
}

/// A function that may be called.
struct Declared {
    name: String,
    /// The schema of what it is called with.
    parameters: Option<String>,
}

impl Expected {
    /// What the body that is sent declares, as far as it is asked for.
    pub(crate) fn of(body: &[u8], reads: Reads) -> Self {
        let untold = Self { is_told: reads.text, ..Self::default() };
        if !reads.output && !reads.tool_calls {
            return untold;
        }
        let Ok(peek) = Peek::at(body) else { return untold };
        Self {
            is_told: reads.text,
            output: if reads.output { output(&peek) } else { None },
            tools: if reads.tool_calls { tools(&peek) } else { None },
        }
    }

    /// Whether the answer's texts are needed.
    pub(super) const fn wants_text(&self) -> bool {
        self.output.is_some() || self.tools.is_some() || self.is_told
    }

    /// Whether expressions ask for the answer's text.
    pub(super) const fn tells_text(&self) -> bool {
        self.is_told
    }

    /// Whether the text, and whether the calls, are not as declared; nothing where nothing was declared or said.
    pub(super) fn judge(&self, heard: &Heard, schemas: &mut Schemas) -> (Option<bool>, Option<bool>) {
        let output = self.output.as_ref().and_then(|output| {
            // An answer that declines, or that asks for functions to be called first, has no such text yet.
            let texts = heard.choices().iter().filter(|said| !said.is_refusal() && said.calls.is_empty());
            any(texts.map(|said| output.is_missed_by(said, schemas)))
        });
        let tools = self.tools.as_ref().and_then(|tools| {
            let calls = heard.choices().iter().flat_map(|said| &said.calls);
            any(calls.map(|call| is_invalid(call, tools, schemas)))
        });
        (output, tools)
    }
}

/// Whether any is bad; nothing when none is known.
fn any(known: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    known.flatten().reduce(|one, other| one || other)
}

impl Output {
    fn is_missed_by(&self, said: &Said, schemas: &mut Schemas) -> Option<bool> {
        let Ok(value) = serde_json::from_str::<Value>(&said.text) else { return Some(true) };
        match self {
            Self::Object => Some(!value.is_object()),
            Self::Schema(schema) => schemas.holds(schema, &value).map(|holds| !holds),
        }
    }
}

/// A call is invalid when it names a function that was not declared, or when what it is called with is no JSON or not as
/// declared.
fn is_invalid(call: &Call, tools: &[Declared], schemas: &mut Schemas) -> Option<bool> {
    let Some(declared) = tools.iter().find(|tool| tool.name == call.name) else { return Some(true) };
    // Functions without parameters are called with nothing.
    let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Some(true) };
    match &declared.parameters {
        Some(schema) => schemas.holds(schema, &value).map(|holds| !holds),
        None => Some(!value.is_object()),
    }
}

fn output(peek: &Peek<'_>) -> Option<Output> {
    let format: ResponseFormat<'_> = serde_json::from_str(peek.raw("response_format")?).ok()?;
    match &*format.kind {
        "json_object" => Some(Output::Object),
        "json_schema" => Some(Output::Schema(format.json_schema?.schema?.get().to_owned())),
        _ => None,
    }
}

fn tools(peek: &Peek<'_>) -> Option<Vec<Declared>> {
    let tools: Vec<Tool<'_>> = serde_json::from_str(peek.raw("tools")?).ok()?;
    let declared = tools.into_iter().filter_map(|tool| tool.function).map(|function| Declared {
        name: function.name.into_owned(),
        parameters: function.parameters.map(|schema| schema.get().to_owned()),
    });
    Some(declared.collect())
}
