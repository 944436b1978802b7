//! What is to be rolled out, as the control plane is asked for it: a manifest, or the fields of one.

use super::files::read;
use crate::args::ProposedArgs;
use crate::client::Error;
use anyhow::Result;
use serde_json::json;
use viridian_wire::api::StartRequest;

/// The request that the arguments describe, for a start or for a plan.
pub(super) fn request(args: &ProposedArgs) -> Result<StartRequest> {
    let mut request = StartRequest::default();
    if let Some(path) = &args.file {
        request.manifest = Some(read(path)?);
    }
    for (field, name) in [("application", &args.application), ("candidate", &args.candidate)] {
        if let Some(name) = name {
            request.spec.insert(field.to_owned(), json!(name));
        }
    }
    Ok(request)
}

/// A refusal of the request, with its faults where the person wrote them: in the file, or nowhere when it came from words
/// of the command line.
pub(super) fn placed(error: Error, args: &ProposedArgs) -> Error {
    let Error::Refused(mut problem) = error else { return error };
    match &args.file {
        Some(path) => {
            for fault in &mut problem.errors {
                fault.file = path.display().to_string();
            }
        }
        None if problem.errors.is_empty() => {}
        None => {
            let messages: Vec<String> = problem.errors.drain(..).map(|fault| fault.message).collect();
            problem.detail = messages.join("; ");
        }
    }
    Error::Refused(problem)
}
