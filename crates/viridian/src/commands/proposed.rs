//! What is to be rolled out, as the control plane is asked for it: a manifest, or the fields of one.

use super::files::read;
use crate::args::ProposedArgs;
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
