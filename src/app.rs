//! stub
use leptos::prelude::*;
use crate::domain::AuthError;
pub fn shell(_options: LeptosOptions) -> impl IntoView { "x" }
pub fn error_page(_e:&AuthError, _id:&str)->String { String::new() }
