//! Refusals that several operations describe in the same words; those of all operations are added by `openapi`.

use utoipa::IntoResponses;

use super::problem::Problem;

/// You are no administrator.
#[derive(IntoResponses)]
#[response(status = 403, content_type = "application/problem+json")]
pub struct NoAdministrator(#[expect(dead_code, reason = "only described")] Problem);

/// There is no such account.
#[derive(IntoResponses)]
#[response(status = 404, content_type = "application/problem+json")]
pub struct NoSuchAccount(#[expect(dead_code, reason = "only described")] Problem);

/// It is the last active administrator.
#[derive(IntoResponses)]
#[response(status = 409, content_type = "application/problem+json")]
pub struct LastAdministrator(#[expect(dead_code, reason = "only described")] Problem);

/// Too many wrong passwords, for this account or from this address; `Retry-After` says for how long.
#[derive(IntoResponses)]
#[response(status = 429, content_type = "application/problem+json")]
pub struct TooManyGuesses(#[expect(dead_code, reason = "only described")] Problem);

/// A new e-mail address needs current_password, or a sign-in less than five minutes old.
#[derive(IntoResponses)]
#[response(status = 403, content_type = "application/problem+json")]
pub struct NoProof(#[expect(dead_code, reason = "only described")] Problem);
